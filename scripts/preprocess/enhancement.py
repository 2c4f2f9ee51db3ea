"""Contrast enhancement in a dynamic series: which phase shows it, and subtraction of the precontrast image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scripts.errors import CaseError
from scripts.preprocess.settings import expect, is_whole
from scripts.volumes import Volume, compare_geometry

RULES = ("third_postcontrast", "highest_enhancement")
BRIGHTEST_SHARE = 0.01  # of the voxels: where the highest enhancement is looked for


@dataclass(frozen=True)
class PhaseSettings:
    """Which phase is taken.

    Parameters
    ----------
    chosen : `third_postcontrast` (the paper's), `highest_enhancement`, or a number: 1 is the first after contrast.
    """

    chosen: str | int = "third_postcontrast"

    def __post_init__(self) -> None:
        expect(
            self.chosen in RULES or is_whole(self.chosen, 1),
            "phases.chosen", f"one of {', '.join(RULES)}, or a whole number from 1", self.chosen,
        )  # fmt: skip


def subtraction(postcontrast: Volume, precontrast: Volume) -> Volume:
    """Enhancement = postcontrast - precontrast, float32, voxel by voxel in the unit of the images.

    Raises
    ------
    CaseError : the two do not lie on the same grid.
    """
    _same_grid(precontrast, postcontrast, "postcontrast")
    difference = postcontrast.array.astype(np.float64) - precontrast.array
    return precontrast.with_array(difference.astype(np.float32))


def chosen_phase(phases: Sequence[Volume], rule: str | int, tumour: Volume | None = None) -> int:
    """The place of the phase that a rule takes; 0 is the precontrast image and is never taken.

    `highest_enhancement` takes the phase of the greatest mean enhancement over the tumour, or, without one, over the
    hundredth of the voxels (at least one) that enhance most in any phase. Of equal phases the earliest.

    Parameters
    ----------
    phases : precontrast first, then the others in order of time, on one grid.
    rule : see `PhaseSettings`.
    tumour : on the same grid, not 0 in the tumour; only `highest_enhancement` looks at it.

    Raises
    ------
    CaseError : fewer phases than the rule needs, phases of several grids, or an empty tumour.
    InputError : no such rule.
    """
    expect(
        rule in RULES or is_whole(rule, 1),
        "phases.chosen", f"one of {', '.join(RULES)}, or a whole number from 1", rule,
    )  # fmt: skip
    count = len(phases) - 1
    place = {"third_postcontrast": 3, "highest_enhancement": 1}.get(rule, rule)
    if count < place:
        raise CaseError(f"expected at least {place} postcontrast phase(s) ('{rule}'), found {max(count, 0)}")
    if rule != "highest_enhancement":
        return int(place)
    for k, phase in enumerate(phases[1:], 1):
        _same_grid(phases[0], phase, f"phase {k}")
    if tumour is not None:
        _same_grid(phases[0], tumour, "tumour")
        where = tumour.array != 0
        if not where.any():
            raise CaseError("expected a tumour to look for the highest enhancement in, found an empty mask")
    else:
        where = _most_enhancing(phases)
    means = [phase.array[where].mean(dtype=np.float64) for phase in phases[1:]]
    return 1 + int(np.argmax(means))


def _most_enhancing(phases: Sequence[Volume]) -> np.ndarray:
    """(z, y, x) bool: the hundredth of the voxels whose greatest enhancement is highest."""
    peak = np.maximum.reduce([phase.array.astype(np.float32) for phase in phases[1:]])
    peak -= phases[0].array
    wanted = max(1, round(BRIGHTEST_SHARE * peak.size))
    return peak >= np.partition(peak, peak.size - wanted, axis=None)[peak.size - wanted]


def _same_grid(precontrast: Volume, other: Volume, name: str) -> None:
    differences = compare_geometry(precontrast, other, names=("precontrast", name))
    if differences:
        raise CaseError(f"precontrast image and {name} do not lie on the same grid: {'; '.join(differences)}")
