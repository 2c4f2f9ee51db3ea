import os
import random
import signal
import time

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from scripts.errors import InputError
from scripts.training import checkpoints
from scripts.training.batches import EpochBatches
from scripts.training.fit import fit
from scripts.training.loop import learning_rate
from scripts.training.settings import TrainingSettings
from scripts.training.tasks import Task
from tests.unit.training.tiny import dataset, jitter, network, same, task

ALL = {
    "optimizer": "adamw", "learning_rate": 0.003, "schedule": "cosine", "epochs": 8, "batch_size": 8,
    "early_stopping": {"patience": 6}, "gradient_clip": 1.0, "class_weights": True, "label_smoothing": 0.1,
    "l2_head": 0.001, "weight_decay": 0.01,
}  # fmt: skip


class Killed(BaseException):
    """Stands for the end of the process."""


def trained(settings, folder=None, net=None, observe=None, seed=5, validation=True, train=None, workers=0):
    """(network, result) of a small training with everything that draws."""
    net = network() if net is None else net
    train = dataset(0, 33, augment=jitter, seed=3) if train is None else train
    settings = TrainingSettings.read(settings)
    result = fit(
        net, task(settings, train), train, dataset(100, 120) if validation else None, settings, seed, folder,
        observe=observe, every_s=0, workers=workers,
    )  # fmt: skip
    return net, result


def killed_in(epoch, settings, folder, **options):
    """A training that ends like a killed one in the given epoch, after its checkpoint of the epoch before."""

    def observe(number, net):
        if number == epoch:
            raise Killed

    with pytest.raises(Killed):
        trained(settings, folder, observe=observe, **options)


@pytest.mark.parametrize(
    ("settings", "rates"),
    [
        ({"learning_rate": 0.1}, [0.1] * 4),
        # "the learning rate is reduced by 10% every ten steps"
        ({"learning_rate": 0.1, "schedule": "step", "step_epochs": 2, "step_factor": 0.9}, [0.1, 0.1, 0.09, 0.09]),
        ({"learning_rate": 1.0, "schedule": "cosine", "epochs": 4}, [1, 0.8535534, 0.5, 0.1464466]),
    ],
)  # fmt: skip
def test_learning_rates_of_the_epochs(settings, rates):
    read = TrainingSettings.read(settings)
    assert np.allclose([learning_rate(read, epoch) for epoch in range(4)], rates)


def test_learning_rates_are_those_of_torchs_schedulers():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.3)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=9)
    settings = TrainingSettings(learning_rate=0.3, schedule="cosine", epochs=9)
    for epoch in range(9):
        assert learning_rate(settings, epoch) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-6)
        optimizer.step()
        theirs.step()


def test_a_training_is_that_of_a_loop_written_out_by_hand():
    settings = TrainingSettings(
        learning_rate=0.05,
        momentum=0.9,
        weight_decay=0.01,
        epochs=3,
        batch_size=8,
        keep="last",
        schedule="step",
        step_epochs=1,
        step_factor=0.5,
    )
    train = dataset(0, 33)
    mine, by_hand = network(), network()
    for layer in (mine, by_hand):
        layer[4].p = 0.0
    fit(mine, task(settings, train), train, None, settings, 5)
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.05, momentum=0.9, weight_decay=0.01)
    by_hand.train()
    for epoch in range(3):
        optimizer.param_groups[0]["lr"] = 0.05 * 0.5**epoch
        for batch in EpochBatches(33, 8, seed=5, epoch=epoch):
            images = torch.stack([train[key]["image"] for key in batch])
            targets = torch.stack([train[key]["target"] for key in batch])
            optimizer.zero_grad()
            functional.cross_entropy(by_hand(images), targets).backward()
            optimizer.step()
    assert same(mine, by_hand)


def test_the_history_has_means_over_samples_and_the_best_epoch_is_kept():
    net, result = trained({"epochs": 6, "batch_size": 8, "learning_rate": 0.02})
    history = result.history
    assert list(history["epoch"]) == [1, 2, 3, 4, 5, 6]
    assert list(history.columns) == [
        "epoch", "training_loss", "training_accuracy", "validation_loss", "validation_accuracy", "learning_rate",
        "kept",
    ]  # fmt: skip
    assert result.best_epoch == int(history["validation_loss"].idxmin()) + 1
    assert list(history.loc[history["kept"], "epoch"]) == [result.best_epoch]
    assert (result.stopped, result.accumulation, result.device, result.precision) == (
        "all 6 epochs",
        1,
        "cpu",
        "32",
    )
    assert len(result.seconds) == 6
    validation = dataset(100, 120)
    images = torch.stack([validation[k]["image"] for k in range(20)])
    targets = torch.stack([validation[k]["target"] for k in range(20)])
    with torch.no_grad():
        logits = net(images)
    assert not net.training
    kept = history.set_index("epoch").loc[result.best_epoch]
    assert kept["validation_loss"] == pytest.approx(
        float(functional.cross_entropy(logits, targets)), rel=1e-5
    )
    assert kept["validation_accuracy"] == pytest.approx(float((logits.argmax(1) == targets).float().mean()))


def test_the_last_epoch_is_kept_where_that_is_asked():
    best, by_best = trained({"epochs": 6, "batch_size": 8, "learning_rate": 0.02})
    last, by_last = trained({"epochs": 6, "batch_size": 8, "learning_rate": 0.02, "keep": "last"})
    assert by_last.best_epoch == 6
    assert by_last.history.drop(columns="kept").equals(by_best.history.drop(columns="kept"))
    assert same(best, last) == (by_best.best_epoch == 6)


def test_a_training_ends_when_nothing_gets_better():
    rule = {
        "metric": "validation_accuracy",
        "patience": 2,
        "min_delta": 1.1,
    }  # nothing is ever that much better
    _, result = trained({"epochs": 9, "batch_size": 8, "early_stopping": rule})
    assert len(result.history) == 3
    assert result.stopped == "validation_accuracy was no better for 2 epochs"


def test_a_training_without_validation_may_end_by_its_own_loss():
    rule = {"metric": "training_loss", "patience": 1, "min_delta": 100.0}
    settings = {"epochs": 9, "batch_size": 8, "early_stopping": rule, "keep": "last"}
    _, result = trained(settings, validation=False)
    assert len(result.history) == 2
    assert not [name for name in result.history if name.startswith("validation")]


def test_two_trainings_with_one_seed_are_the_same_and_another_seed_differs():
    one, first = trained(ALL)
    torch.rand(5)
    other, second = trained(ALL)
    assert same(one, other)
    assert first.history.equals(second.history)
    assert not same(one, trained(ALL, seed=6)[0])


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("epoch", [2, 5])
def test_a_killed_training_ends_with_the_weights_of_one_that_was_not(tmp_path, optimizer, epoch):
    settings = ALL | {"optimizer": optimizer, "epochs": 6}
    whole, first = trained(settings)
    killed_in(epoch, settings, tmp_path)
    state = torch.get_rng_state()
    torch.manual_seed(12345)  # what another process would have drawn by now
    again, second = trained(settings, tmp_path, net=network(seed=99))
    torch.set_rng_state(state)
    assert same(whole, again)
    assert first.history.equals(second.history)
    assert (first.best_epoch, first.stopped) == (second.best_epoch, second.stopped)
    assert len(second.seconds) == 6


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_that_load_change_no_number_before_and_after_a_kill(tmp_path):
    settings = ALL | {"epochs": 3}
    whole, _ = trained(settings)
    killed_in(2, settings, tmp_path, workers=1)
    again, _ = trained(settings, tmp_path, net=network(seed=99), workers=1)
    assert same(whole, again)


def test_a_training_killed_after_it_had_ended_early_does_not_go_on(tmp_path):
    settings = {"epochs": 9, "batch_size": 8, "early_stopping": {"patience": 2, "min_delta": 9.0}}
    whole, first = trained(settings, tmp_path)
    assert len(first.history) == 3
    again, second = trained(settings, tmp_path, net=network(seed=99))
    assert same(whole, again)
    assert second.history.equals(first.history)
    assert second.stopped == first.stopped


def test_killed_while_early_stopping_counts(tmp_path):
    settings = {"epochs": 9, "batch_size": 8, "early_stopping": {"patience": 4, "min_delta": 9.0}}
    whole, first = trained(settings)
    killed_in(4, settings, tmp_path)
    again, second = trained(settings, tmp_path, net=network(seed=99))
    assert len(second.history) == 5
    assert second.history.equals(first.history)
    assert same(whole, again)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_killed_five_times_at_random_the_weights_are_those_of_an_uninterrupted_training(tmp_path):
    """kill -9 of a process that trains, at random moments: between, inside and while checkpoints are written."""
    settings = ALL | {"epochs": 30, "early_stopping": None}
    begin = time.monotonic()
    whole, result = trained(settings, tmp_path / "whole")
    longest = time.monotonic() - begin
    drawn = random.Random(11)
    kills = beyond_the_first = 0
    for _ in range(60):
        child = os.fork()
        if not child:
            try:
                trained(
                    settings,
                    tmp_path / "killed",
                    net=network(seed=99 if checkpoints.load(tmp_path / "killed") else 1),
                )
            finally:
                os._exit(0)
        time.sleep(drawn.uniform(0.02, 0.18) * longest)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        kills += os.WIFSIGNALED(status)
        state = checkpoints.load(tmp_path / "killed")
        beyond_the_first += bool(state and not state["ends"])
        if kills == 5 or (state and state["ends"]):
            break
    assert kills == 5
    assert beyond_the_first > 0
    again, second = trained(settings, tmp_path / "killed", net=network(seed=99 if state else 1))
    assert same(whole, again)
    assert second.history.equals(result.history)
    assert list(second.history["epoch"]) == list(range(1, 31))
    assert [path.name for path in (tmp_path / "killed").iterdir() if path.suffix == ".safetensors"] == [
        "last.safetensors"
    ]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_training_that_is_told_to_end_does_so_within_its_epoch(told, tmp_path):
    steps = tmp_path / "steps"

    class Slow(nn.Module):
        def forward(self, images):
            time.sleep(0.5)
            with steps.open("a") as file:
                file.write("x")
            return images.mean((1, 2, 3))[:, None].repeat(1, 2) * self.scale

        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

    child = os.fork()
    if not child:
        # as in a terminal, however the tests themselves were started
        signal.signal(told, signal.default_int_handler if told == signal.SIGINT else signal.SIG_DFL)
        try:
            trained({"epochs": 2, "batch_size": 1}, net=Slow())
        except KeyboardInterrupt:
            os._exit(130)
        finally:
            os._exit(0)
    while not steps.exists():
        time.sleep(0.05)
    os.kill(child, told)
    _, status = os.waitpid(child, 0)
    assert len(steps.read_text()) < 10  # an epoch has 34
    if told == signal.SIGTERM:
        assert os.WTERMSIG(status) == signal.SIGTERM
    else:
        assert os.waitstatus_to_exitcode(status) == 130


def test_what_is_observed_of_an_epoch_outlives_a_kill(tmp_path):
    def observe(epoch, net):
        assert not net.training
        assert not torch.is_grad_enabled()
        return {"bias": net[5].bias} if epoch in (1, 3) else {}

    settings = ALL | {"epochs": 4}
    _, whole = trained(settings, observe=observe)

    def killed(epoch, net):
        if epoch == 3:
            raise Killed
        return observe(epoch, net)

    with pytest.raises(Killed):
        trained(settings, tmp_path, observe=killed)
    _, again = trained(settings, tmp_path, observe=observe)
    assert list(again.observed) == [1, 3]
    assert all(torch.equal(again.observed[e]["bias"], whole.observed[e]["bias"]) for e in (1, 3))
    assert same(trained(settings)[0], trained(settings, observe=observe)[0])  # looking changes nothing


class Small(nn.Module):
    """Takes batches of a few samples and no more, as a device would."""

    def __init__(self, inner, most):
        super().__init__()
        self.inner, self.most = inner, most

    def forward(self, images):
        if self.training and len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return self.inner(images)


def without_normalisation():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 2))


def test_a_batch_that_does_not_fit_is_halved_with_the_gradient_of_the_whole(capsys):
    settings = {"epochs": 3, "batch_size": 8, "gradient_clip": 0.5, "l2_head": 0.01}
    whole, first = trained(settings, net=Small(without_normalisation(), 99))
    halved, second = trained(settings, net=Small(without_normalisation(), 3))
    assert (first.accumulation, second.accumulation) == (1, 4)
    said = capsys.readouterr().out
    assert "A batch of 8 does not fit the device: 2 parts of at most 5, gradients accumulated." in said
    assert "4 parts of at most 3" in said
    for one, other in zip(whole.parameters(), halved.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    columns = ["training_loss", "validation_loss"]
    assert np.allclose(first.history[columns], second.history[columns], atol=1e-6)


def test_a_sample_that_does_not_fit_is_a_message():
    with pytest.raises(InputError, match="expected a sample that fits the device, found 'CUDA out of memory"):
        trained({"epochs": 1, "batch_size": 4}, net=Small(without_normalisation(), 0))


def test_other_errors_of_torch_are_not_taken_for_a_lack_of_memory():
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        trained({"epochs": 1}, net=nn.Sequential(nn.Flatten(), nn.Linear(3, 2)))


def test_halving_outlives_a_kill(tmp_path):
    settings = {"epochs": 3, "batch_size": 8}
    whole, _ = trained(settings, net=Small(without_normalisation(), 5))
    killed_in(2, settings, tmp_path, net=Small(without_normalisation(), 5))
    again, result = trained(settings, tmp_path, net=Small(without_normalisation(), 5))
    assert result.accumulation == 2
    assert same(whole, again)


def test_the_penalty_on_the_head_is_lambda_times_the_sum_of_squares():
    net = without_normalisation()
    flat = Task(lambda outputs, batch: 0 * outputs.sum())  # nothing but the penalty
    before = net[1].weight.detach().clone()
    bias = net[1].bias.detach().clone()
    train = dataset(0, 8)
    settings = TrainingSettings(
        learning_rate=0.1, momentum=0, epochs=1, batch_size=8, l2_head=0.25, keep="last"
    )
    fit(net, flat, train, None, settings, 1)
    assert torch.allclose(net[1].weight, before * (1 - 0.1 * 2 * 0.25))
    assert torch.equal(net[1].bias, bias)


def test_frozen_parameters_stay():
    net = network()
    net[0].requires_grad_(False)
    before = net[0].weight.detach().clone()
    trained({"epochs": 2, "batch_size": 8, "weight_decay": 0.5}, net=net)
    assert torch.equal(net[0].weight, before)


def test_another_task_than_classes():
    """A reconstruction: the loss has the image itself for its target."""
    net = nn.Conv2d(1, 1, 3, padding=1)
    task = Task(
        lambda outputs, batch: functional.mse_loss(outputs, batch["image"]),
        lambda outputs, batch: {"largest": (outputs - batch["image"]).abs().max()},
    )
    settings = TrainingSettings(epochs=4, batch_size=8, learning_rate=0.01)
    result = fit(net, task, dataset(0, 16), dataset(100, 108), settings, 1)
    assert result.history["training_loss"].is_monotonic_decreasing
    assert "validation_largest" in result.history


@pytest.mark.parametrize(
    ("settings", "options", "message"),
    [
        ({}, {"validation": False}, "expected validation samples for validation_loss, found none"),
        ({"keep": "last", "early_stopping": {}}, {"validation": False}, "expected validation samples"),
        ({}, {"train": dataset(0, 0)}, "expected at least one training sample"),
        ({"learning_rate": 1e38}, {"net": without_normalisation()}, "a finite loss, found (nan|inf) in"),
        ({"early_stopping": {"metric": "validation_auc"}}, {}, "expected one of .*validation_accuracy, found 'val"),
        ({"precision": "16-mixed"}, {}, "expected a precision that a CPU has"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_a_message(settings, options, message):
    with pytest.raises(InputError, match=message):
        trained(settings, **options)


def test_half_precision_on_a_cpu_trains_and_repeats():
    settings = {"epochs": 2, "batch_size": 8, "precision": "bf16-mixed"}
    (one, result), (other, _) = trained(settings), trained(settings)
    assert result.precision == "bf16-mixed"
    assert same(one, other)
    assert not same(one, trained({"epochs": 2, "batch_size": 8})[0])
