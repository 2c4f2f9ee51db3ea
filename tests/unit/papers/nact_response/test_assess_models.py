"""What features and models are held against: areas by another library, a study whose features are known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from scripts.classification.inclusion import SvmSettings
from scripts.classification.selection import fit_classifier
from scripts.papers.nact_response.assess_models import (
    assess,
    feature_rows,
    main,
    model_rows,
    read_off,
    scores_with_true_factors,
    slope_row,
    true_factors,
)
from scripts.papers.nact_response.feature_sets import MODELS, SUBTYPES, columns_of, patients_of
from scripts.papers.nact_response.fit_models import fit_model
from scripts.papers.nact_response.recovery_rows import COLUMNS
from scripts.seeds import generator
from scripts.simulation.nact_response.draw_patients import draw_patients, true_changes
from scripts.simulation.nact_response.response import LATENTS, ResponseModel, visible
from scripts.simulation.nact_response.scanners import HOSPITALS
from scripts.simulation.nact_response.truth import describe_truth
from scripts.tables import read_table, write_json, write_table

SETTINGS = SvmSettings(n_folds=4, c_grid=(0.5, 4.0), gamma_grid=(0.25, 1.0), max_features=6, inclusion_step=2)
NOISE = 6  # features of an image that tell nothing
SEED = 11


@pytest.fixture(scope="module")
def study():
    """150 + 90 patients whose features are what the images show, and noise."""
    clinical, latents, drawn = draw_patients(150, 90, "T", HOSPITALS["development"], SEED)
    truth = describe_truth(drawn, HOSPITALS["development"], ResponseModel(), true_changes(latents))
    random = np.random.default_rng(1)
    factors = latents[list(LATENTS)].to_numpy()
    images = {}
    for image in ("baseline", "follow_up", "jacobian"):
        shown = np.exp(factors @ visible(image).T)  # positive, as equation 2 wants it
        shown *= np.exp(0.01 * random.normal(size=shown.shape))
        values = np.hstack([shown, np.exp(random.normal(size=(len(shown), NOISE)))])
        images[image] = pd.DataFrame(values, columns=[f"original_f_{k}" for k in range(values.shape[1])])
        images[image].insert(0, "patient", latents["patient"])
    patients = patients_of(images, clinical, "missing", 14)
    return SimpleNamespace(
        images=images, clinical=clinical, patients=patients, latents=latents, truth=truth,
        predictions=predictions(patients),
    )  # fmt: skip


def predictions(patients):
    """What fit_models and apply_model make of patients."""
    own, rows = patients.known("development"), []
    for model in MODELS:
        names, always = columns_of(model, own.values)
        x, stream = own.values[names].to_numpy(), generator(SEED, "fit_model", model)
        classifier, _ = fit_classifier(x, own.response, SETTINGS, stream, always)
        scores = classifier.score(patients.values[names].to_numpy()[:, classifier.columns])
        rows.append(pd.DataFrame({"patient": patients.values.index, "model": model, "score": scores}))
    return pd.concat(rows, ignore_index=True)


def by_quantity(rows):
    return {row["quantity"]: row for row in rows}


def test_true_factors_by_hand(study):
    latents = study.latents.set_index("patient")
    first = latents.iloc[0]
    x, always = true_factors("delta", latents, study.patients, "always")
    before, after = 0.18, 0.36
    change = (after * 0.3 - before) * first["heterogeneity"]
    change += after * np.sqrt(0.91) * first["residual_heterogeneity"]
    assert x.shape == (240, 3)
    assert x[0, :2] == pytest.approx([-0.30 * first["shrinkage"], change])
    assert not always.any()
    x, always = true_factors("fusion_subtype", latents, study.patients, "always")
    assert x[:, :8] == pytest.approx(latents[list(LATENTS)].to_numpy())
    assert (x[:, 8:] == study.patients.values[list(SUBTYPES)].to_numpy()).all()
    assert always.tolist() == [False] * 8 + [True] * 4
    assert not true_factors("fusion_subtype", latents, study.patients, "ranked")[1].any()


@pytest.mark.parametrize("model", ["baseline", "follow_up", "jacobian"])
def test_the_classifier_on_true_factors_is_the_papers_own(study, model):
    """Where the features are the factors themselves, the frozen model and its rival are one."""
    latents = study.latents.set_index("patient")
    factors, _ = true_factors(model, latents, study.patients, "always")
    own = (study.patients.clinical["cohort"] == "development").to_numpy()
    names = [f"{model}.{k}" for k in range(factors.shape[1])]
    as_features = type(study.patients)(
        study.patients.clinical, pd.DataFrame(factors, columns=names, index=study.patients.values.index)
    )
    entry, _, _ = fit_model(model, as_features.take(own), SETTINGS, "always", SEED)
    columns = [names.index(f"{f['image']}.{f['name']}") for f in entry["features"]]
    found = scores_with_true_factors(model, study.patients, latents, SETTINGS, "always", SEED)
    mean, sd = (np.array([f[key] for f in entry["features"]]) for key in ("mean", "sd"))
    z = (factors[:, columns] - mean) / sd
    kernel = np.exp(-entry["gamma"] * ((z[:, None] - np.array(entry["support_vectors"])) ** 2).sum(axis=2))
    assert found == pytest.approx(kernel @ np.array(entry["coefficients"]) + entry["intercept"])


def test_the_regression_learns_from_the_development_set_alone():
    random = np.random.default_rng(3)
    x = random.normal(size=(200, 30))
    planted = x[:, :3] @ [1.0, -0.5, 0.2]
    x[7, 5] = np.nan
    development = np.arange(200) < 120
    told = read_off(x * 50 + 1000, planted, development)
    assert np.corrcoef(told[~development], planted[~development])[0, 1] > 0.95
    other = np.where(development, planted, 0.0)
    assert (read_off(x * 50 + 1000, other, development) == told).all()
    moved = np.where(development[:, None], x, 7 * x + 3)
    assert (read_off(moved * 50 + 1000, planted, development) == told)[development].all()
    nothing = read_off(random.normal(size=(200, 30)), planted, development)
    assert abs(np.corrcoef(nothing[~development], planted[~development])[0, 1]) < 0.3


def test_features_that_hold_the_planted_score_and_features_of_other_patients(study):
    planted = pd.DataFrame(study.truth["patients"]).set_index("patient")
    rows = feature_rows(study.patients, planted)
    assert len(rows) == 4
    assert all(row["group"] == "Testing set" and row["planted"] == 1 for row in rows)
    assert all(
        row["ok"] and row["found"] > 0.8 and row["lower"] < row["found"] < row["upper"] for row in rows
    )
    values = study.patients.values
    strange = values.set_index(pd.Index(np.random.default_rng(4).permutation(values.index))).loc[values.index]
    rows = feature_rows(type(study.patients)(study.patients.clinical, strange), planted)
    assert not any(row["ok"] for row in rows)


def delong(y, a, b):
    """Difference and standard error, pair by pair from the definition."""
    high, low = np.flatnonzero(y == 1), np.flatnonzero(y == 0)

    def wins(s):
        return (s[high][:, None] > s[low]) + 0.5 * (s[high][:, None] == s[low])

    gain = wins(a) - wins(b)
    variance = gain.mean(axis=1).var(ddof=1) / len(high) + gain.mean(axis=0).var(ddof=1) / len(low)
    return gain.mean(), np.sqrt(variance)


@pytest.fixture
def scored():
    random = np.random.default_rng(5)
    y = (np.arange(60) % 5 < 2).astype(int)
    good = y + 0.8 * random.normal(size=60)
    return y, good, good + 0.3 * random.normal(size=60), random.normal(size=60)


def test_a_model_against_the_true_factors_by_hand(scored):
    y, good, near, nothing = scored
    found = {"follow_up": near, "fusion": nothing}
    bayes = {"follow_up": 0.82, "fusion": 0.86}
    rows = by_quantity(model_rows(y, found, {"follow_up": good, "fusion": good}, bayes, "Testing set"))
    for label, scores, best, ok in (
        ("AUC, Follow-up image", near, 0.82, True),
        ("AUC, Feature fusion", nothing, 0.86, False),
    ):
        row = rows[label]
        difference, error = delong(y, scores, good)
        z = stats.norm.ppf(1 - 0.05 / 2 / 2)  # two models share the 5%
        assert row["planted"] == pytest.approx(roc_auc_score(y, good))
        assert row["found"] == pytest.approx(roc_auc_score(y, scores))
        assert row["lower"] == pytest.approx(row["planted"] + difference - z * error)
        assert row["upper"] == pytest.approx(row["planted"] + difference + z * error)
        assert (row["bayes"], row["ok"]) == (best, ok)
    better = model_rows(y, {"fusion": good}, {"fusion": nothing}, bayes, "Testing set")[0]
    assert better["ok"]  # more than the true factors gave is no loss


def test_the_slope_over_the_models(scored):
    y, good, near, nothing = scored
    planted = {"baseline": 0.6, "follow_up": 0.8, "fusion": 0.9}
    found = {"baseline": nothing, "follow_up": near, "fusion": good}
    row = slope_row(y, found, planted, "Testing set")
    areas = [roc_auc_score(y, scores) for scores in found.values()]
    assert row["found"] == pytest.approx(stats.linregress(list(planted.values()), areas).slope)
    assert row["ok"]
    assert 0 < row["lower"] < row["found"] < row["upper"]
    turned = slope_row(y, {"baseline": good, "follow_up": near, "fusion": nothing}, planted, "Testing set")
    assert turned["found"] < 0
    assert not turned["ok"]
    alike = slope_row(y, {"baseline": near, "follow_up": good, "fusion": good}, planted, "Testing set")
    assert not alike["ok"]


def test_all_lines_of_a_study_and_of_one_with_features_of_other_patients(study):
    shared = {
        "truth": study.truth,
        "latents": study.latents,
        "settings": SETTINGS,
        "subtype": "always",
        "seed": SEED,
    }
    table = assess(study.patients.known(), study.predictions, **shared)
    assert tuple(table.columns) == COLUMNS
    assert table["ok"].all(), table[~table["ok"]]
    assert len(table) == 4 + 6 + 1
    auc = table.set_index("quantity")["bayes"].dropna()
    assert auc["AUC, DeltaRAD"] == study.truth["auc"]["testing"]["delta"]["population"]
    values = study.patients.values
    strange = values.set_index(pd.Index(np.random.default_rng(4).permutation(values.index))).loc[values.index]
    broken = type(study.patients)(study.patients.clinical, strange)
    lines = assess(broken.known(), predictions(broken), **shared).set_index("quantity")["ok"]
    assert not lines["AUC, Feature fusion"]
    assert not lines["AUC, DeltaRAD"]
    assert not lines["Slope of the models' AUCs on the Bayes AUCs"]
    assert not lines.filter(like="Planted score").any()


def test_a_cohort_of_one_class_has_no_line_of_a_model(study):
    kept = (study.patients.clinical["cohort"] == "development") | (study.patients.clinical["response"] == 1)
    table = assess(
        study.patients.take(kept), study.predictions, study.truth, study.latents, SETTINGS, "always", SEED
    )
    assert len(table) == 4
    assert table["quantity"].str.startswith("Planted score").all()


def test_the_step(study, tmp_path):
    for name, table in {**study.images, "clinical": study.clinical, "latents": study.latents,
                        "predictions": study.predictions}.items():  # fmt: skip
        write_table(table, tmp_path / f"{name}.parquet")
    write_json(study.truth, tmp_path / "truth.json")
    names = (*study.images, "clinical", "latents", "predictions")

    class Names(dict):
        __getattr__ = dict.__getitem__

    job = SimpleNamespace(
        input=Names(
            {n: str(tmp_path / f"{n}.parquet") for n in names} | {"truth": str(tmp_path / "truth.json")}
        ),
        output=SimpleNamespace(model_recovery=tmp_path / "model_recovery.parquet"),
        settings={
            "delta": {"zero_denominator": "missing"},
            "outcome": {"ki67_threshold": 14},
            "svm": SETTINGS.to_dict() | {"subtype": "always"},
        },
        seed=SEED,
    )
    main(job)
    table = read_table(tmp_path / "model_recovery.parquet")
    expected = assess(
        study.patients.known(), study.predictions, study.truth, study.latents, SETTINGS, "always", SEED
    )
    pd.testing.assert_frame_equal(table, expected)
