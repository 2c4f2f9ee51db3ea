"""What is planted: shares and medians of many draws, the best score against a density written out, equal streams."""

import numpy as np
import pytest
from scipy import stats

from scripts.quantification.lung_regions import LOBE_OF, SEGMENTS
from scripts.seeds import generator
from scripts.simulation.covid_ct.groups import (
    FINDINGS,
    PRESENT,
    LesionModel,
    best_area,
    draw_all,
    draw_findings,
    draw_segments,
    lobe_superiority,
    log_odds,
)
from scripts.statistics.roc import area

MODEL = LesionModel()


def test_findings_have_their_chances():
    for g, group in enumerate(("covid", "other")):
        found = draw_findings(group, 20_000, MODEL, generator(1, group)).mean(axis=0)
        assert found == pytest.approx([pair[g] for pair in FINDINGS.values()], abs=0.015)


def test_one_finding_and_one_lobe_differ():
    assert [name for name, (p, q) in FINDINGS.items() if p != q] == ["air_bronchogram"]
    found = lobe_superiority(MODEL, 20_000, generator(1))
    assert found.pop("left_lower") < 0.35
    assert list(found.values()) == pytest.approx([0.5] * 4, abs=0.01)


def test_volumes_have_their_medians_and_correlation():
    volumes = draw_segments("other", 20_000, MODEL, generator(2))
    for k, name in enumerate(SEGMENTS):
        present = volumes[:, k] > 0
        assert present.mean() == pytest.approx(PRESENT[LOBE_OF[name]], abs=0.015)
        factor = MODEL.factor if LOBE_OF[name] == MODEL.lobe else 1
        assert np.median(volumes[present, k]) == pytest.approx(factor * MODEL.median_ml, rel=0.04)
    both = (volumes[:, 0] > 0) & (volumes[:, 6] > 0)
    r = np.corrcoef(np.log(volumes[both, 0]), np.log(volumes[both, 6]))[0, 1]
    t2, s2 = MODEL.patient_log_sd**2, MODEL.segment_log_sd**2
    assert r == pytest.approx(t2 / (t2 + s2), abs=0.04)


def test_the_log_odds_are_those_of_the_densities():
    volumes = draw_segments("covid", 12, MODEL, generator(3))
    findings = draw_findings("covid", 12, MODEL, generator(4))
    chances = np.array(list(FINDINGS.values()))
    for row, answers, found in zip(volumes, findings, log_odds(volumes, findings, MODEL), strict=True):
        k = np.flatnonzero(row)
        cov = MODEL.segment_log_sd**2 * np.eye(len(k)) + MODEL.patient_log_sd**2
        shift = np.array([np.log(MODEL.factor) * (LOBE_OF[SEGMENTS[i]] == MODEL.lobe) for i in k])
        x = np.log(row[k]) - np.log(MODEL.median_ml)
        expected = 0.0
        if len(k):
            expected = stats.multivariate_normal.logpdf(x, np.zeros(len(k)), cov) - (
                stats.multivariate_normal.logpdf(x, shift, cov)
            )
        expected += sum(
            stats.bernoulli.logpmf(answers, chances[:, 0]) - stats.bernoulli.logpmf(answers, chances[:, 1])
        )
        assert found == pytest.approx(expected)


def test_nothing_beats_the_best_score():
    best = best_area(MODEL, 8000, generator(5))["auc"]
    volumes = {g: draw_segments(g, 8000, MODEL, generator(6, g)) for g in ("covid", "other")}
    lobe = [LOBE_OF[name] == MODEL.lobe for name in SEGMENTS]
    totals = [-volumes[g][:, lobe].sum(axis=1) for g in ("covid", "other")]
    assert area(np.repeat([1, 0], 8000), np.concatenate(totals)) < best - 0.05
    assert 0.75 < best < 0.95


def test_more_patients_change_no_earlier_one():
    few = draw_all(["A", "B"], ["covid", "other"], 1, MODEL)
    many = draw_all(["A", "B", "C"], ["covid", "other", "covid"], 1, MODEL)
    assert few.equals(many.iloc[:2])
    assert not few.equals(draw_all(["A", "B"], ["covid", "other"], 2, MODEL))
