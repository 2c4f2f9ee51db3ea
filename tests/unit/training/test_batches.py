import pytest
import torch

from scripts.training.batches import EpochBatches, batch_sizes


@pytest.mark.parametrize(
    ("n", "batch_size", "sizes"),
    [
        (8, 4, [4, 4]),
        (10, 4, [4, 4, 2]),
        (9, 4, [4, 5]),
        (1, 4, [1]),
        (3, 4, [3]),
        (5, 1, [1] * 5),
        (0, 4, []),
    ],
)
def test_a_single_item_that_is_left_over_joins_the_batch_before(n, batch_size, sizes):
    assert batch_sizes(n, batch_size) == sizes


def test_an_epoch_has_every_item_once_in_an_order_of_its_own():
    batches = EpochBatches(21, 4, seed=3)
    orders = []
    for epoch in (0, 1):
        batches.set_epoch(epoch)
        keys = [key for batch in batches for key in batch]
        assert {e for e, _ in keys} == {epoch}
        orders.append([item for _, item in keys])
        assert sorted(orders[-1]) == list(range(21))
    assert orders[0] != orders[1]
    again = EpochBatches(21, 4, seed=3, epoch=1)
    assert [item for batch in again for _, item in batch] == orders[1]
    assert [item for batch in EpochBatches(21, 4, seed=4) for _, item in batch] != orders[0]
    assert [len(batch) for batch in again] == [4, 4, 4, 4, 5]
    assert len(again) == 5


def test_without_shuffling_the_items_come_in_order():
    assert [i for batch in EpochBatches(5, 2, shuffle=False) for _, i in batch] == list(range(5))


@pytest.mark.parametrize(
    ("n", "batch_size", "parts"), [(21, 4, 2), (22, 8, 3), (20, 8, 8), (9, 5, 4), (3, 8, 4)]
)
def test_parts_of_a_batch_hold_its_items_and_their_shares_make_its_mean(n, batch_size, parts):
    whole = [[i for _, i in batch] for batch in EpochBatches(n, batch_size, seed=1)]
    batches = EpochBatches(n, batch_size, parts, seed=1)
    found = [[i for _, i in part] for part in batches]
    assert len(found) == len(batches)
    assert all(found)
    assert [i for part in found for i in part] == [i for batch in whole for i in batch]
    # the mean over each whole batch, from means over its parts, as gradients are accumulated: sum(share * mean) / parts
    values = torch.randn(n, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for place, batch in enumerate(whole):
        mine = [(k, part) for k, part in enumerate(found) if k // parts == place]
        mean = sum(batches.share(k, len(part)) * values[part].mean() for k, part in mine) / parts
        assert mean == pytest.approx(float(values[batch].mean()))


def test_more_parts_than_items_of_a_batch_are_refused():
    with pytest.raises(ValueError, match="expected 1 to 4 parts"):
        EpochBatches(8, 4, 5)
