"""Names of lobes and segments: eighteen, each in one lobe."""

import pytest

from scripts.quantification.lung_regions import LOBE_OF, LOBES, REGIONS, SEGMENTS, WORDS, label_faults


def test_ten_segments_on_the_right_and_eight_on_the_left():
    assert len(SEGMENTS) == 18
    assert sum(name.startswith("right") for name in SEGMENTS) == 10
    assert len(set(REGIONS)) == 1 + 5 + 18
    assert set(WORDS) == set(REGIONS)


def test_every_segment_is_in_one_lobe_of_its_side():
    assert set(LOBE_OF) == set(SEGMENTS)
    assert all(LOBE_OF[name].split("_")[0] == name.split("_")[0] for name in SEGMENTS)
    counts = [list(LOBE_OF.values()).count(lobe) for lobe in LOBES]
    assert counts == [3, 2, 5, 4, 4]


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        ([1, 2, 3, 4], "4 labels for 5 regions"),
        ([1, 2, 3, 4, 4], "a label twice"),
        ([0, 1, 2, 3, 4], "no whole number from 1 up"),
        ([1.5, 2, 3, 4, 5], "no whole number from 1 up"),
    ],
)
def test_labels_that_name_no_region_or_two(labels, fault):
    assert any(fault in found for found in label_faults(labels, LOBES))
    assert label_faults([10, 11, 12, 13, 14], LOBES) == []
