"""The 25 SVHN sub-policies of AutoAugment, taken apart into 56 fixed operations.

Section 2.4: probabilities 'were ignored in the experiment to generate fixed image production; therefore, the two
operations in each subpolicy were separated into three groups: operation 1, operation 2, and operation 1 and 2. At this
time, some single operations repeated and were removed. These 56 subpolicies expanded the dataset to 57-fold larger.'

The published table gives a magnitude to every operation, also to the three that have none (Invert, Equalize,
AutoContrast). Counted as printed there are 32 single operations and 24 pairs (sub-policies 2 and 7 are one without
their probabilities): the paper's 56. Counted by what they do to an image, 24 and 21 are left: 45.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Operation(NamedTuple):
    """An operation of AutoAugment and its magnitude, 0 to 9."""

    name: str
    magnitude: int


class SubPolicy(NamedTuple):
    """Two operations, each with the probability that AutoAugment applies it with."""

    first: Operation
    first_probability: float
    second: Operation
    second_probability: float


Steps = tuple[Operation, ...]

WITHOUT_MAGNITUDE = ("Invert", "Equalize", "AutoContrast")


def _sub_policy(first: str, p: float, m: int, second: str, q: float, n: int) -> SubPolicy:
    return SubPolicy(Operation(first, m), p, Operation(second, n), q)


# Cubuk et al. 2018 (arXiv 1805.09501), appendix, 'AutoAugment policy found on reduced SVHN', sub-policies 0 to 24.
SVHN = (
    _sub_policy("ShearX", 0.9, 4, "Invert", 0.2, 3),
    _sub_policy("ShearY", 0.9, 8, "Invert", 0.7, 5),
    _sub_policy("Equalize", 0.6, 5, "Solarize", 0.6, 6),
    _sub_policy("Invert", 0.9, 3, "Equalize", 0.6, 3),
    _sub_policy("Equalize", 0.6, 1, "Rotate", 0.9, 3),
    _sub_policy("ShearX", 0.9, 4, "AutoContrast", 0.8, 3),
    _sub_policy("ShearY", 0.9, 8, "Invert", 0.4, 5),
    _sub_policy("ShearY", 0.9, 5, "Solarize", 0.2, 6),
    _sub_policy("Invert", 0.9, 6, "AutoContrast", 0.8, 1),
    _sub_policy("Equalize", 0.6, 3, "Rotate", 0.9, 3),
    _sub_policy("ShearX", 0.9, 4, "Solarize", 0.3, 3),
    _sub_policy("ShearY", 0.8, 8, "Invert", 0.7, 4),
    _sub_policy("Equalize", 0.9, 5, "TranslateY", 0.6, 6),
    _sub_policy("Invert", 0.9, 4, "Equalize", 0.6, 7),
    _sub_policy("Contrast", 0.3, 3, "Rotate", 0.8, 4),
    _sub_policy("Invert", 0.8, 5, "TranslateY", 0.0, 2),
    _sub_policy("ShearY", 0.7, 6, "Solarize", 0.4, 8),
    _sub_policy("Invert", 0.6, 4, "Rotate", 0.8, 4),
    _sub_policy("ShearY", 0.3, 7, "TranslateX", 0.9, 3),
    _sub_policy("ShearX", 0.1, 6, "Invert", 0.6, 5),
    _sub_policy("Solarize", 0.7, 2, "TranslateY", 0.6, 7),
    _sub_policy("ShearY", 0.8, 4, "Invert", 0.8, 8),
    _sub_policy("ShearX", 0.7, 9, "TranslateY", 0.8, 3),
    _sub_policy("ShearY", 0.8, 5, "AutoContrast", 0.7, 3),
    _sub_policy("ShearX", 0.7, 2, "Invert", 0.1, 5),
)


def fixed_operations(policy: Sequence[SubPolicy] = SVHN) -> tuple[Steps, ...]:
    """Operation 1, operation 2, and operations 1 and 2 of every sub-policy, each once, in the order of the table.

    Two are one where their operations have the names and magnitudes that the table prints: 56 for the SVHN policy.
    """
    groups = (steps for s in policy for steps in ((s.first,), (s.second,), (s.first, s.second)))
    return tuple(dict.fromkeys(groups))


def effect_of(steps: Steps) -> tuple[tuple[str, int | None], ...]:
    """What steps do to an image: names and magnitudes, None for operations without one."""
    return tuple((o.name, None if o.name in WITHOUT_MAGNITUDE else o.magnitude) for o in steps)


def copies_of_others(operations: Sequence[Steps]) -> dict[int, int]:
    """Place of each member that does what an earlier one does -> the place of that one."""
    first: dict[object, int] = {}
    places = {k: first.setdefault(effect_of(steps), k) for k, steps in enumerate(operations)}
    return {k: earlier for k, earlier in places.items() if earlier != k}


def steps_label(steps: Steps) -> str:
    """'ShearX 4 + Invert': as Figure 4 names an image."""
    return " + ".join(name if m is None else f"{name} {m}" for name, m in effect_of(steps)) or "original"
