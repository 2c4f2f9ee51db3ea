"""Names of hip_dysplasia: structures, angles, classes and verdicts, in the order of the paper."""

from __future__ import annotations

SIDES = ("right", "left")
HEAD, ACETABULUM, FEMUR = "femoral_head", "acetabulum", "femur"
WEIGHT_BEARING, LATERAL_EDGE, LOWER_EDGE = "weight_bearing_edge", "lateral_edge", "lower_edge"
NEEDED = (ACETABULUM, HEAD, WEIGHT_BEARING)

ANGLES = ("ce", "sharp", "tonnis")
ANGLE_LABELS = {"ce": "CE", "sharp": "Sharp", "tonnis": "Tönnis", "ccd": "CCD"}
# The derived points that the angles are functions of, as Figures 2 and 3 of the paper use them
POINTS = ("a", "b", "g", "w")
POINT_LABELS = {
    "a": "centre of the femoral head",
    "b": "external upper edge of the acetabulum",
    "g": "lower edge of the acetabulum",
    "w": "lower edge of the weight-bearing area",
}

# By CE alone (Results): dysplasia below the first limit, borderline to the second one, both limits included
ABNORMAL, BORDERLINE, NORMAL = "abnormal", "borderline", "normal"
KNOWLEDGE = (NORMAL, BORDERLINE, ABNORMAL)
KNOWLEDGE_LABELS = {NORMAL: "normal", BORDERLINE: "borderline", ABNORMAL: "dysplasia"}

# By the ellipsoid: inside; outside with small CE, high Sharp and high Tönnis; outside elsewhere (Discussion)
INSIDE, DYSPLASIA, ATYPICAL = "normal", "dysplasia", "atypical"
VERDICTS = (INSIDE, DYSPLASIA, ATYPICAL)
VERDICT_LABELS = {
    INSIDE: "within the normal region",
    DYSPLASIA: "outside, on the side of dysplasia",
    ATYPICAL: "outside elsewhere: to be examined",
}
READERS = {"annotation": "first reader", "annotation_2": "second reader"}
FIRST, SECOND = tuple(READERS)
