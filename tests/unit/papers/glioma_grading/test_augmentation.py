"""The fixed operations against torchvision's AutoAugment, and against what they say they do."""

import pytest
import torch
from torchvision.transforms import AutoAugment, InterpolationMode
from torchvision.transforms.autoaugment import _apply_op

from scripts.papers.glioma_grading.augmentation import COPIES, OPERATIONS, amount, apply_operation, expand
from scripts.papers.glioma_grading.policy import WITHOUT_MAGNITUDE, Operation, copies_of_others, effect_of

SIDE = 33


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def image():
    """A tumour-like picture: bright, uneven, black outside a disc."""
    stream = torch.Generator().manual_seed(1)
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    inside = (y - 15) ** 2 + (x - 17) ** 2 < 13**2
    noise = torch.randint(0, 60, (SIDE, SIDE), generator=stream)
    return ((10 + 2 * noise + 3 * x) * inside).to(torch.uint8)[
        None
    ]  # with every threshold of Solarize inside


SINGLES = sorted({steps[0] for steps in OPERATIONS if len(steps) == 1})


@pytest.mark.parametrize("operation", SINGLES, ids=lambda o: f"{o.name}{o.magnitude}")
def test_an_operation_is_torchvisions(operation, image):
    space = AutoAugment()._augmentation_space(10, (SIDE, SIDE))[operation.name][0]
    magnitude = float(space[operation.magnitude]) if space.ndim else 0.0
    theirs = _apply_op(image, operation.name, magnitude, InterpolationMode.NEAREST, [0.0])
    assert torch.equal(apply_operation(image, operation), theirs)
    if operation.name not in WITHOUT_MAGNITUDE:
        side = SIDE if operation.name.startswith("Translate") else 1
        assert side * amount(operation) == pytest.approx(magnitude)


def test_the_whole_range_runs_from_the_largest_negative_to_the_largest_positive():
    assert amount(Operation("Rotate", 0), "whole_range") == -30
    assert amount(Operation("ShearX", 9), "whole_range") == pytest.approx(0.3)
    assert amount(Operation("Contrast", 3), "whole_range") == pytest.approx(-0.3)
    assert amount(Operation("Solarize", 0), "whole_range") == 255
    with pytest.raises(ValueError, match="'Invert' has no magnitude"):
        amount(Operation("Invert", 3))
    with pytest.raises(ValueError, match="expected a sign"):
        amount(Operation("Rotate", 3), "negative")


def test_the_set_is_57_fold_and_45_members_differ_from_the_image_and_each_other(image):
    members = [expand(image, copy) for copy in range(COPIES)]
    assert len(members) == 57
    assert all(m.dtype == torch.uint8 and m.shape == image.shape for m in members)
    assert len({bytes(m.numpy().tobytes()) for m in members}) == 46
    for k, first in copies_of_others(OPERATIONS).items():
        assert torch.equal(members[k + 1], members[first + 1])


def test_members_are_the_same_at_every_call_and_leave_the_image_alone(image):
    before = image.clone()
    for copy in (0, 3, 20, 56):
        assert torch.equal(expand(image, copy), expand(image, copy))
    assert torch.equal(image, before)


def test_two_operations_are_done_in_the_order_of_the_table(image):
    pair = next(
        k for k, steps in enumerate(OPERATIONS) if effect_of(steps) == (("Equalize", None), ("Solarize", 6))
    )
    first, second = OPERATIONS[pair]
    wanted = apply_operation(apply_operation(image, first), second)
    assert torch.equal(expand(image, pair + 1), wanted)
    assert not torch.equal(apply_operation(apply_operation(image, second), first), wanted)


def test_what_comes_from_outside_is_black():
    white = torch.full((1, SIDE, SIDE), 255, dtype=torch.uint8)
    down = apply_operation(white, Operation("TranslateY", 6))
    moved = int(6 / 9 * 150 / 331 * SIDE)  # 9 rows
    assert moved == 9
    assert (down[0, :moved] == 0).all()
    assert (down[0, moved:] == 255).all()
    assert apply_operation(white, Operation("Rotate", 3))[0, 0, 0] == 0


def test_a_member_that_is_none_is_refused(image):
    for copy in (-1, 57):
        with pytest.raises(IndexError, match="expected a copy from 0 to 56"):
            expand(image, copy)
