"""The six models: what each may read, the steps from features to tables, and who is in them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.model.svm_bundle import feature_names, read_svm_bundle
from scripts.papers.nact_response import apply_model, compare_rivals, evaluate_models, fit_models, test_null
from scripts.papers.nact_response.feature_sets import (
    MODELS,
    SUBTYPES,
    columns_of,
    patients_of,
    subtype_indicators,
)
from scripts.statistics.roc import area, area_difference
from scripts.tables import read_json, read_table, write_table
from scripts.workflow.job import Job
from scripts.workflow.papers import pick, resolve_parameters

FEATURES = [f"original_firstorder_{j}" for j in range(8)]
BRANCHES = ("delta", "outcome.ki67_threshold", "svm", "evaluation", "rivals", "combat", "null", "radiomics")
SMALL = {
    "svm": {"n_folds": 3, "c_grid": [1.0, 8.0], "gamma_grid": [1.0], "max_features": 5, "outer_folds": 3,
            "outer_repeats": 1},
    "rivals": {"outer_folds": 2, "forest": {"n_trees": 20}, "xgboost": {"rounds": [10]}},
    "null": {"n_permutations": 3},
}  # fmt: skip


@pytest.fixture(scope="module")
def study():
    """(images, clinical) of 48 + 40 patients; the follow-up image tells most, the baseline image nothing."""
    rng = np.random.default_rng(12)
    n = 88
    y = (np.arange(n) % 5 < 2).astype(int)
    patients = [f"N-{i:02d}" for i in range(n)]
    images = {}
    for image, effect in (("baseline", 0.0), ("follow_up", 1.6), ("jacobian", 0.8)):
        values = 10 + rng.normal(size=(n, 8))
        values[:, :2] += effect * y[:, None]
        images[image] = pd.DataFrame(values, columns=FEATURES).assign(patient=patients)[
            ["patient", *FEATURES]
        ]
    clinical = pd.DataFrame(
        {
            "patient": patients,
            "cohort": ["development"] * 48 + ["testing"] * 40,
            "miller_payne": np.where(y == 1, 5.0, 2.0),
            "er": rng.choice(["positive", "negative"], n),
            "pr": "negative",
            "her2": rng.choice(["positive", "negative"], n),
            "ki67": rng.uniform(1, 60, n),
            "field_strength_t": [3.0] * 48 + [1.5] * 40,
        }
    )
    clinical.loc[[1, 60], "miller_payne"] = np.nan
    clinical.loc[5, "her2"] = None
    images["jacobian"] = images["jacobian"].drop(index=[2, 70])  # a registration that failed
    return images, clinical


@pytest.fixture(scope="module")
def settings():
    return pick(resolve_parameters("nact_response", simulated=True, overrides=SMALL), *BRANCHES) | {
        "simulated": True
    }


@pytest.fixture(scope="module")
def run(study, settings, tmp_path_factory):
    """step(module, outputs, changes of the settings, threads) on the study's files; and the folder."""
    folder = tmp_path_factory.mktemp("nact")
    images, clinical = study
    for name, table in {**images, "clinical": clinical}.items():
        write_table(table, folder / f"{name}.parquet")
    known = {name: str(folder / f"{name}.parquet") for name in (*images, "clinical", "predictions")}
    inputs = Names(known | {"model": str(folder / "model.json")})

    def step(module, outputs, threads=1, **changes):
        paths = Names(
            {name: str(folder / (f"{name}.json" if name == "model" else f"{name}.csv")) for name in outputs}
        )
        job = Job("rule", inputs, paths, {}, settings | changes, [], 7, threads, "code", None)
        module.main(job)
        return SimpleNamespace(**{n: read_table(p) for n, p in paths.items() if n != "model"})

    step.folder = folder
    return step


class Names(dict):
    """Named files, as Snakemake hands them to a step."""

    __getattr__ = dict.__getitem__


@pytest.fixture(scope="module")
def fitted(run):
    return run(fit_models, ("model", "selection_path", "ranking", "cross_validation"))


@pytest.fixture(scope="module")
def predictions(run, fitted):
    return run(apply_model, ("predictions",)).predictions


@pytest.fixture(scope="module")
def evaluated(run, predictions):
    return run(evaluate_models, ("performance", "performance_own_cutoff", "roc", "auc_comparison"))


def test_who_is_compared(study):
    images, clinical = study
    patients = patients_of(images, clinical, "missing", 14.0)
    assert len(patients.clinical) == 86  # without the two who have no Jacobian map
    assert len(patients.known("development").response) == 46
    assert len(patients.known("testing").response) == 38
    assert patients.values.index.equals(patients.clinical.index)
    ours = patients.values.loc["N-10"]
    change = images["baseline"].iloc[10, 3] / images["baseline"].iloc[10, 3]
    change -= images["follow_up"].iloc[10, 3] / images["baseline"].iloc[10, 3]
    assert ours[f"delta.{FEATURES[2]}"] == pytest.approx(change, rel=1e-12)
    assert ours[f"jacobian.{FEATURES[2]}"] == images["jacobian"].set_index("patient").loc["N-10", FEATURES[2]]


def test_which_features_a_model_may_use(study):
    values = patients_of(*study, "missing", 14.0).values
    for model, n, n_always in [
        ("baseline", 8, 0), ("follow_up", 8, 0), ("delta", 8, 0), ("jacobian", 8, 0), ("fusion", 32, 0),
        ("fusion_subtype", 36, 4),
    ]:  # fmt: skip
        names, always = columns_of(model, values)
        assert (len(names), always.sum()) == (n, n_always)
        if n == 8:
            assert {name.split(".")[0] for name in names} == {model}
    names, always = columns_of("fusion_subtype", values, "ranked")
    assert (len(names), always.sum()) == (36, 0)


def test_indicators_of_the_subtype():
    table = subtype_indicators(pd.Series(["luminal_b", None, "basal_like"]))
    assert table.iloc[0].to_dict() == {name: float(name.endswith("luminal_b")) for name in SUBTYPES}
    assert table.iloc[1].isna().all()


def test_the_tables_of_the_fit(fitted, run):
    models = read_svm_bundle(run.folder / "model.json")["models"]
    assert set(models) == set(MODELS)
    chosen = fitted.selection_path[fitted.selection_path["chosen"]].set_index("model")
    assert chosen.index.tolist() == list(MODELS)
    for model in MODELS:
        ranking = fitted.ranking[fitted.ranking["model"] == model]
        assert ranking["rank"].tolist() == list(range(1, len(ranking) + 1))
        n = int(chosen.loc[model, "n_features"])
        assert feature_names(models[model]) == ranking["feature"].head(n).tolist()
        assert models[model]["c"] == chosen.loc[model, "c"]
        assert models[model]["cv_auc"] == chosen.loc[model, "cv_auc"]
    assert fitted.ranking.query("model == 'fusion_subtype'")["feature"].head(4).tolist() == list(SUBTYPES)
    validated = fitted.cross_validation
    assert validated[["model", "order"]].to_numpy().tolist() == [
        [m, o] for m in MODELS for o in ("honest", "leaky")
    ]
    assert (validated["lower"] <= validated["auc"]).all()
    assert (validated["auc"] <= validated["upper"]).all()
    honest = validated[validated["order"] == "honest"].set_index("model")["auc"]
    assert honest["follow_up"] > 0.75
    assert honest["baseline"] < 0.7


def test_testing_patients_do_not_touch_the_models(study, fitted, run, settings):
    """Other values and responses of the testing set, and none at all: the same bytes."""
    before = (run.folder / "model.json").read_bytes()
    images, clinical = study
    testing = clinical["cohort"] == "testing"
    changed = clinical.assign(miller_payne=clinical["miller_payne"].where(~testing, 1.0))
    write_table(changed[(~testing) | (changed.index % 2 == 0)], run.folder / "clinical.parquet")
    try:
        run(fit_models, ("model", "selection_path", "ranking", "cross_validation"), threads=2)
    finally:
        write_table(clinical, run.folder / "clinical.parquet")
    assert (run.folder / "model.json").read_bytes() == before


def test_predictions(predictions, run):
    assert list(predictions) == ["patient", "cohort", "response", "model", "score", "predicted"]
    assert predictions["model"].unique().tolist() == list(MODELS)
    assert len(predictions) == 6 * 86
    assert predictions["response"].isna().sum() == 6 * 2
    cutoffs = {m: e["cutoff"]["value"] for m, e in read_json(run.folder / "model.json")["models"].items()}
    called = predictions["score"] >= predictions["model"].map(cutoffs)
    assert (called.astype(int) == predictions["predicted"]).all()


def test_other_preparation_is_refused(run, fitted):
    with pytest.raises(Exception, match=r"radiomics\.bin_count: model 32, features 16"):
        run(apply_model, ("predictions",), radiomics={"bin_count": 16})


def test_performance(predictions, evaluated):
    table = evaluated.performance
    assert len(table) == 12
    tested = predictions[(predictions["cohort"] == "testing") & predictions["response"].notna()]
    wide = tested.pivot(index="patient", columns="model", values="score")
    y = tested.drop_duplicates("patient").set_index("patient")["response"].loc[wide.index].to_numpy()
    for row in table[table["cohort"] == "testing"].to_dict("records"):
        score = wide[row["model"]].to_numpy()
        assert (row["n"], row["n_responders"]) == (38, int(y.sum()))
        assert row["auc"] == area(y, score)
        called = score >= row["cutoff"]
        assert row["sensitivity"] == pytest.approx(called[y == 1].mean())
        assert row["npv"] == pytest.approx((y[~called] == 0).mean())
        if row["model"] == "fusion_subtype":
            assert np.isnan(row["p_value"])
        else:
            expected = area_difference(y, score, wide["fusion_subtype"].to_numpy()).p_value
            assert row["p_value"] == expected
    testing = table[table["cohort"] == "testing"].set_index("model")["auc"]
    assert testing["follow_up"] > 0.8 > testing["baseline"]


def test_the_papers_cutoff_is_the_best_of_the_same_cohort(evaluated):
    frozen, own = (
        t.set_index(["model", "cohort"])[["sensitivity", "specificity"]].sum(axis=1)
        for t in (evaluated.performance, evaluated.performance_own_cutoff)
    )
    assert (own >= frozen - 1e-12).all()
    assert (own > frozen + 1e-12).any()


def test_curves_and_comparisons(evaluated):
    areas = evaluated.performance.set_index(["cohort", "model"])["auc"]
    for place, curve in evaluated.roc.groupby(["cohort", "model"]):
        trapezoid = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
        assert trapezoid == pytest.approx(areas[place])
    assert len(evaluated.auc_comparison) == 2 * 15
    for row in evaluated.auc_comparison.to_dict("records"):
        gap = areas[row["cohort"], row["model_a"]] - areas[row["cohort"], row["model_b"]]
        assert row["difference"] == pytest.approx(gap, abs=1e-12)


def test_other_patients_are_one_cohort(run, predictions):
    names = ("performance", "performance_own_cutoff", "roc", "auc_comparison")
    table = run(evaluate_models, names, pooled=True).performance.set_index("model")
    run(evaluate_models, names)
    assert set(table["cohort"]) == {"all"}
    assert set(table["n"]) == {84}
    known = predictions[(predictions["model"] == "fusion") & predictions["response"].notna()]
    assert table.loc["fusion", "auc"] == area(known["response"].to_numpy(), known["score"].to_numpy())


def test_a_cohort_with_few_of_a_class_is_left_out(predictions, capsys):
    testing = predictions[(predictions["cohort"] == "testing") & predictions["response"].notna()]
    responders = testing.loc[testing["response"] == 1, "patient"].unique()
    for kept, rows in ((4, 0), (5, 6)):
        part = testing[~testing["patient"].isin(responders[kept:])]
        tables = evaluate_models.evaluate(part, dict.fromkeys(MODELS, 0.0), "wilson", fewest=5)
        assert len(tables["performance"]) == rows
    assert "fewer than 5" in capsys.readouterr().out


def test_a_cohort_of_one_class_has_no_rows(predictions, capsys):
    part = predictions[(predictions["cohort"] == "development") | (predictions["response"] == 1)]
    cutoffs = dict.fromkeys(MODELS, 0.0)
    tables = evaluate_models.evaluate(part, cutoffs, "wilson")
    assert set(tables["performance"]["cohort"]) == {"development"}
    assert "testing: responders or nonresponders are missing" in capsys.readouterr().out


def test_rivals(run):
    table = run(compare_rivals, ("rivals",)).rivals
    assert list(table) == ["rival", "combat", "cohort", "auc", "lower", "upper"]
    assert len(table) == 4 * 3 * 2
    wide = table.pivot(index=["rival", "cohort"], columns="combat", values="auc")
    # one field strength among training patients: nothing to take out, and the other's patients are left as they are
    assert (wide["none"] == wide["training"]).all()
    development, testing = (wide.xs(cohort, level="cohort") for cohort in ("development", "testing"))
    assert (development["none"] == development["own_values"]).all()
    assert (testing["none"] != testing["own_values"]).any()
    assert testing["none"].min() > 0.7


def test_every_rival_is_judged_on_the_same_folds(run, monkeypatch):
    seen = []

    def validated(fits, x, y, n_folds, n_repeats, stream):
        seen.append((n_folds, n_repeats, stream.integers(0, 2**31, 4).tolist()))
        return [SimpleNamespace(interval=lambda: (0.5, 0.4, 0.6))]

    monkeypatch.setattr(compare_rivals, "nested_validation", validated)
    run(compare_rivals, ("rivals",))
    assert len(seen) == 4
    assert all(found == seen[0] for found in seen)


def test_the_batch_is_the_cohort_where_a_field_strength_is_missing(study):
    clinical = study[1]
    assert set(compare_rivals.batches_of(clinical)) == {"3.0", "1.5"}
    clinical = clinical.assign(field_strength_t=clinical["field_strength_t"].where(clinical.index != 3))
    assert set(compare_rivals.batches_of(clinical)) == {"development", "testing"}


def test_the_null_cohort(run):
    found = run(test_null, ("null_cohort", "null_summary"))
    assert found.null_cohort["order"].value_counts().to_dict() == {"honest": 3, "leaky": 3}
    again = run(test_null, ("null_cohort", "null_summary"), threads=2)
    pd.testing.assert_frame_equal(found.null_cohort, again.null_cohort)
    row = found.null_summary.set_index("order").loc["honest"]
    areas = found.null_cohort.query("order == 'honest'")["auc"]
    # Student's t with 2 degrees of freedom: 4.302653
    assert row["upper"] - row["mean"] == pytest.approx(4.302653 * areas.std() / np.sqrt(3), rel=1e-6)
    assert row["mean"] == pytest.approx(areas.mean())
