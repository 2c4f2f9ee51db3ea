import numpy as np
import pytest
import torch

from scripts.training.datasets import SampleDataset, as_float, torch_generator
from tests.unit.training.tiny import Memory, dataset, image, jitter


def test_an_item_is_the_image_its_class_and_its_place():
    item = dataset(10, 14)[3]
    assert torch.equal(item["image"], torch.from_numpy(image(13)))
    assert (int(item["target"]), int(item["index"]), item["image"].dtype) == (1, 3, torch.float32)


def test_augmentation_is_a_function_of_seed_epoch_and_sample_alone():
    first = dataset(0, 6, augment=jitter, seed=4)
    again = dataset(2, 5, augment=jitter, seed=4)
    wanted = first[2, 3]["image"]  # epoch 2, sample 3
    torch.rand(7)
    first[0, 1], first[2, 4]
    assert torch.equal(first[2, 3]["image"], wanted)
    assert torch.equal(again[2, 1]["image"], wanted)  # sample 3 of another set
    assert not torch.equal(first[1, 3]["image"], wanted)
    assert not torch.equal(dataset(0, 6, augment=jitter, seed=5)[2, 3]["image"], wanted)
    assert torch.equal(first[3]["image"], first[0, 3]["image"])


def test_augmentation_leaves_torchs_own_generator_alone():
    torch.manual_seed(0)
    wanted = torch.rand(3)
    torch.manual_seed(0)
    dataset(0, 2, augment=jitter)[0, 1]
    assert torch.equal(torch.rand(3), wanted)


def test_copies_are_made_of_the_stored_image_before_the_transform():
    seen = []

    def expand(tensor, copy):
        seen.append((tensor.dtype, copy))
        return tensor + 10 * copy

    class Bytes(Memory):
        def read(self, sample):
            return np.full((1, 2, 2), int(sample), dtype=np.uint8)

    whole = SampleDataset(Bytes(), ["1", "2"], {"1": 0, "2": 1}, expand=expand, copies=3)
    assert len(whole) == 6
    values = [float(whole[k]["image"][0, 0, 0]) * 255 for k in range(6)]
    assert np.allclose(values, [1, 11, 21, 2, 12, 22])
    assert [int(whole[k]["target"]) for k in range(6)] == [0, 0, 0, 1, 1, 1]
    assert [int(whole[k]["index"]) for k in range(6)] == [0, 0, 0, 1, 1, 1]
    assert set(seen) == {(torch.uint8, 0), (torch.uint8, 1), (torch.uint8, 2)}
    plain = whole.without_augmentation()
    assert len(plain) == 2
    assert float(plain[1]["image"][0, 0, 0]) * 255 == pytest.approx(2)
    assert int(plain[1]["target"]) == 1


def test_each_copy_is_augmented_on_its_own():
    items = dataset(0, 2, augment=jitter, expand=lambda tensor, copy: tensor, copies=2)
    assert not torch.equal(items[0, 0]["image"], items[0, 1]["image"])


def test_an_augmentation_that_writes_into_the_image_does_not_change_the_sample():
    kept = image(3)

    class Kept(Memory):
        def read(self, sample):
            return kept

    items = SampleDataset(Kept(), ["3"], augment=lambda tensor, g: tensor.zero_())
    assert float(items[0]["image"].abs().sum()) == 0
    assert np.array_equal(kept, image(3))
    assert int(items[0]["target"]) == -1


def test_masks_come_with_their_sample():
    class Masked(Memory):
        def mask(self, sample):
            return np.full((8, 8), int(sample), dtype=np.uint8)

    item = SampleDataset(Masked(), ["5"], masks=True)[0]
    assert item["mask"].dtype == torch.uint8
    assert int(item["mask"].max()) == 5


def test_copies_need_a_way_to_make_them():
    with pytest.raises(ValueError, match="expected expand for 2 copies"):
        dataset(0, 2, copies=2)


def test_bytes_become_shares_of_255_and_floats_stay():
    assert torch.allclose(as_float(torch.tensor([0, 51, 255], dtype=torch.uint8)), torch.tensor([0, 0.2, 1]))
    assert torch.equal(as_float(torch.tensor([-3.5, 700.0])), torch.tensor([-3.5, 700.0]))


def test_generators_of_other_names_are_others():
    one, other = torch_generator(1, "a", 2), torch_generator(1, "a", 3)
    assert torch.rand(1, generator=one) != torch.rand(1, generator=other)
    assert torch.rand(1, generator=torch_generator(1, "b")) == torch.rand(
        1, generator=torch_generator(1, "b")
    )
