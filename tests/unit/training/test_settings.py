import pytest

from scripts.errors import InputError
from scripts.training.settings import EarlyStopping, TrainingSettings, lower_is_better


def test_defaults_stand_in_for_what_a_card_leaves_out():
    settings = TrainingSettings.read({"epochs": 3, "precision": 32})
    assert (settings.epochs, settings.precision, settings.optimizer) == (3, "32", "sgd")
    assert settings.metric == "validation_loss"


def test_early_stopping_is_read_from_a_mapping_and_names_the_metric():
    settings = TrainingSettings.read({"early_stopping": {"metric": "validation_accuracy", "patience": 4}})
    assert settings.early_stopping == EarlyStopping("validation_accuracy", 4, 0.0)
    assert settings.metric == "validation_accuracy"
    assert TrainingSettings.read({"early_stopping": None}).early_stopping is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"optimiser": "sgd"}, "training.optimiser: expected one of .* Did you mean 'optimizer'?"),
        ({"optimizer": "adamv"}, "training.optimizer: expected one of sgd, adam, adamw, found 'adamv'"),
        ({"epochs": 0}, "training.epochs: expected a whole number from 1 on, found 0"),
        ({"epochs": 2.5}, "training.epochs: expected a whole number from 1 on, found 2.5"),
        ({"batch_size": True}, "training.batch_size: expected a whole number"),
        ({"learning_rate": 0}, "training.learning_rate: expected a number above 0, found 0"),
        ({"learning_rate": float("inf")}, "training.learning_rate: expected a number above 0, found inf"),
        ({"learning_rate": float("nan")}, "training.learning_rate: expected a number above 0, found nan"),
        ({"weight_decay": -1}, "training.weight_decay: expected a number from 0 on, found -1"),
        ({"momentum": 1.0}, "momentum and label_smoothing below 1"),
        ({"gradient_clip": 0}, "training.gradient_clip: expected a number above 0"),
        ({"class_weights": 1}, "training.class_weights: expected true or false, found 1"),
        ({"early_stopping": 3}, "training.early_stopping: expected metric, patience and min_delta, or null"),
        (
            {"early_stopping": {"patiense": 3}},
            "training.early_stopping.patiense: .* Did you mean 'patience'?",
        ),
        ({"early_stopping": {"patience": 0}}, "training.early_stopping.patience: expected a whole number"),
        ({"early_stopping": {"metric": "loss"}}, "training.early_stopping.metric: expected a metric"),
    ],
)
def test_what_cannot_be_is_refused_in_words(given, message):
    with pytest.raises(InputError, match=message):
        TrainingSettings.read(given)


@pytest.mark.parametrize(
    ("metric", "less"),
    [("validation_loss", True), ("validation_accuracy", False), ("validation_error", True)],
)
def test_which_way_a_metric_is_better(metric, less):
    assert lower_is_better(metric) is less
