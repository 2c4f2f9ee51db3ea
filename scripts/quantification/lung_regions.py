"""Names of lung lobes and segments, and which label of a map stands for which.

The eighteen segments are those of Boyden's counting: ten in the right lung and eight in the left, where the apical
and the posterior segment (1+2) and the anterior and the medial basal one (7+8) are counted once (Jackson and Huber
1943; Boyden 1955). Segments are named by side and number: `right_1` to `right_10`, `left_1_2`, `left_3`, ...

Standard library only.
"""

from __future__ import annotations

from collections.abc import Sequence

LUNG = "lung"
LOBES = ("right_upper", "right_middle", "right_lower", "left_upper", "left_lower")
LOBE_WORDS = {
    "right_upper": "Right upper lobe",
    "right_middle": "Right middle lobe",
    "right_lower": "Right lower lobe",
    "left_upper": "Left upper lobe",
    "left_lower": "Left lower lobe",
}
SEGMENTS_OF = {
    "right_upper": ("right_1", "right_2", "right_3"),
    "right_middle": ("right_4", "right_5"),
    "right_lower": ("right_6", "right_7", "right_8", "right_9", "right_10"),
    "left_upper": ("left_1_2", "left_3", "left_4", "left_5"),
    "left_lower": ("left_6", "left_7_8", "left_9", "left_10"),
}
SEGMENT_WORDS = {
    "right_1": "R1 apical",
    "right_2": "R2 posterior",
    "right_3": "R3 anterior",
    "right_4": "R4 lateral",
    "right_5": "R5 medial",
    "right_6": "R6 superior",
    "right_7": "R7 medial basal",
    "right_8": "R8 anterior basal",
    "right_9": "R9 lateral basal",
    "right_10": "R10 posterior basal",
    "left_1_2": "L1+2 apicoposterior",
    "left_3": "L3 anterior",
    "left_4": "L4 superior lingular",
    "left_5": "L5 inferior lingular",
    "left_6": "L6 superior",
    "left_7_8": "L7+8 anteromedial basal",
    "left_9": "L9 lateral basal",
    "left_10": "L10 posterior basal",
}
SEGMENTS = tuple(SEGMENT_WORDS)
LOBE_OF = {segment: lobe for lobe, segments in SEGMENTS_OF.items() for segment in segments}
REGIONS = (LUNG, *LOBES, *SEGMENTS)
WORDS = {LUNG: "Both lungs", **LOBE_WORDS, **SEGMENT_WORDS}


def label_faults(labels: Sequence[int], names: Sequence[str]) -> list[str]:
    """What keeps `labels` from naming each region once, in words; [] where nothing does."""
    faults = []
    if len(labels) != len(names):
        faults.append(f"{len(labels)} labels for {len(names)} regions ({', '.join(names)})")
    if len(set(labels)) < len(labels):
        faults.append("a label twice")
    if any(isinstance(label, bool) or not isinstance(label, int) or label < 1 for label in labels):
        faults.append("a label that is no whole number from 1 up")
    return faults
