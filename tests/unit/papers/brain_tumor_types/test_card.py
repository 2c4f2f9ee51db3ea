"""The card and the printed numbers against each other and against arithmetic."""

import itertools

import pytest
import yaml

from scripts.splits.scheme import SplitScheme
from scripts.training.settings import TrainingSettings
from scripts.workflow.config import ROOT
from scripts.workflow.papers import pick, resolve_parameters

REPORTED = yaml.safe_load((ROOT / "resources/reported/brain_tumor_types.yaml").read_text())
VALUES = {name: entry["value"] for name, entry in REPORTED["values"].items()}


@pytest.mark.parametrize("simulated", [False, True])
def test_settings_that_the_stages_take(simulated):
    parameters = resolve_parameters("brain_tumor_types", simulated)
    splits = pick(parameters, "splits")["splits"]
    assert SplitScheme.read(splits["patient"], "patient").group == "patient"
    assert SplitScheme.read(splits["slice"], "slice").group == "sample"
    training = pick(parameters, "training")["training"]
    for model in pick(parameters, "models")["models"].values():
        TrainingSettings.read(training | model["training"])
    TrainingSettings.read(
        training | pick(parameters, "models.encoder.reconstruction")["models"]["encoder"]["reconstruction"]
    )


def test_reductions_leave_the_method():
    published, reduced = (
        pick(resolve_parameters("brain_tumor_types", s), "models", "training") for s in (False, True)
    )
    for model in published["models"]:
        assert published["models"][model]["network"] == reduced["models"][model]["network"]
    assert len(reduced["models"]["cnn"]["sizes"]["channels"]) == 6
    assert published["training"]["learning_rate"] == reduced["training"]["learning_rate"]


def test_printed_sums():
    assert (
        sum(VALUES[f"n_slices.{word}"] for word in ("meningioma", "glioma", "pituitary"))
        == VALUES["n_slices"]
    )
    assert (
        sum(VALUES[f"n_slices.{part}"] for part in ("training", "validation", "test")) == VALUES["n_slices"]
    )
    assert round(179 / 192, 4) == VALUES["vgg16.test_accuracy"]
    for table in REPORTED["tables"].values():
        for of in ("glioma", "meningioma", "pituitary"):
            precision, recall = table[of]["precision"], table[of]["recall"]
            assert 2 * precision * recall / (precision + recall) == pytest.approx(table[of]["f1"], abs=0.006)


def test_the_shares_of_the_split_are_the_papers():
    splits = pick(resolve_parameters("brain_tumor_types", False), "splits")["splits"]
    assert splits["slice"]["test_share"] == pytest.approx(192 / 3064, abs=1e-4)
    assert splits["slice"]["validation_share"] == pytest.approx(420 / 3064, abs=1e-3)


def test_no_count_of_32_is_92_percent():
    """The first disagreement: which counts of 32 round to 92%, and that Table 1 fits 30 of 32."""
    assert [k for k in range(33) if round(100 * k / 32) == 92] == []
    right, n = (13, 6, 11), (14, 7, 11)
    assert [round(100 * a / b) for a, b in zip(right, n, strict=True)] == [93, 86, 100]
    assert sum(n) == 32


def test_no_confusion_of_192_has_table_2_and_179_right():
    """The second disagreement: every combination of class sizes, right and called counts, half a percent of play."""
    table = REPORTED["tables"]["vgg16"]
    words = ("glioma", "meningioma", "pituitary")
    recall, precision = ([100 * table[word][m] for word in words] for m in ("recall", "precision"))

    def near(part, whole, percent):
        return whole > 0 and abs(100 * part / whole - percent) <= 0.5 + 1e-9

    rights = {n: [[t for t in range(n + 1) if near(t, n, p)] for p in recall] for n in range(1, 191)}
    called = [{t: [q for q in range(t, 193) if near(t, q, p)] for t in range(1, 193)} for p in precision]
    found = set()
    for g in range(5, 180):
        for m in range(5, 192 - g - 4):
            p = 192 - g - m
            for t in itertools.product(rights[g][0], rights[m][1], rights[p][2]):
                if sum(t) in found or not all(t):
                    continue
                last = set(called[2][t[2]])
                if any(192 - a - b in last for a in called[0][t[0]] for b in called[1][t[1]]):
                    found.add(sum(t))
    assert 179 not in found
    assert (min(found), max(found)) == (173, 178)
