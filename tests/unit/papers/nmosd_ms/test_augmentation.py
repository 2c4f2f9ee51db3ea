import pytest
import torch

from scripts.papers.nmosd_ms.augmentation import shift_and_flip


def generator(seed):
    return torch.Generator().manual_seed(seed)


def block():
    image = torch.zeros(1, 10, 12, 14, dtype=torch.uint8)
    image[0, 4:6, 5:8, 6:7] = torch.arange(1, 7, dtype=torch.uint8).reshape(2, 3, 1)
    return image


def test_nothing_asked_nothing_done():
    assert torch.equal(shift_and_flip(block(), generator(1)), block())


def test_shifts_reach_their_bound_and_not_further():
    seen = set()
    for seed in range(200):
        moved = shift_and_flip(block(), generator(seed), shift_share=0.25)
        z, y, x = (places.min().item() for places in torch.nonzero(moved[0], as_tuple=True))
        seen.add((z - 4, y - 5, x - 6))
        assert torch.equal(moved[moved > 0], block()[block() > 0])  # nothing is lost, for no border is met
    for axis, most in enumerate((2, 3, 3)):
        assert {s[axis] for s in seen} == set(range(-most, most + 1))


def test_what_leaves_does_not_come_back_on_the_other_side():
    image = torch.ones(1, 8, 8, 8)
    for seed in range(30):
        moved = shift_and_flip(image, generator(seed), shift_share=0.5)
        full = torch.nonzero(moved[0])
        extent = (full.max(0).values - full.min(0).values + 1).prod()
        assert moved.sum() == extent  # still a block
    assert image.sum() == 512  # what was given stays as it was


@pytest.mark.parametrize(("axis", "dimension"), [("z", 1), ("y", 2), ("x", 3)])
def test_flips_mirror_one_axis_half_of_the_time(axis, dimension):
    image = block()
    count = 0
    for seed in range(200):
        moved = shift_and_flip(image, generator(seed), flip_axes=(axis,))
        if not torch.equal(moved, image):
            assert torch.equal(moved, image.flip(dimension))
            count += 1
    assert 75 < count < 125


def test_the_same_generator_gives_the_same_image():
    one, other = (shift_and_flip(block(), generator(9), 0.3, ("x", "y")) for _ in range(2))
    assert torch.equal(one, other)
