import numpy as np
import pandas as pd
import pytest

from scripts.seeds import generator
from scripts.simulation.crc_nomogram.biology import LATENTS
from scripts.simulation.crc_nomogram.expression import (
    OVERLAPS,
    PLANTED,
    SHARED_GENES,
    gene_ids,
    gene_sets,
    set_activities,
    simulate_expression,
    write_gene_sets,
)


@pytest.fixture(scope="module")
def latents():
    table = pd.DataFrame(generator(1, "latents").standard_normal((3000, 5)), columns=list(LATENTS))
    table.insert(0, "patient", [f"P{k}" for k in range(3000)])
    return table


def test_fifty_hallmarks_of_invented_genes():
    sets = gene_sets()
    assert len(sets) == 50
    assert all(name.startswith("HALLMARK_") for name in sets)
    for genes in sets.values():
        assert len(set(genes)) == len(genes) >= 15
        assert set(genes) <= set(gene_ids())
    assert len(gene_ids()) == 1500
    assert len(set().union(*sets.values())) < 1400  # some genes are in no set


def test_only_the_named_sets_share_genes():
    sets = {name.removeprefix("HALLMARK_"): set(genes) for name, genes in gene_sets().items()}
    sharing = {(a, b): len(sets[a] & sets[b]) for a in sets for b in sets if a != b and sets[a] & sets[b]}
    assert {pair for pair in sharing if pair in OVERLAPS} == set(OVERLAPS)
    assert len(sharing) == 2 * len(OVERLAPS)
    assert set(sharing.values()) == {SHARED_GENES}
    assert not set(PLANTED) & {name for pair in sharing for name in pair}


def test_planted_activities_follow_their_factor_and_no_other_does(latents):
    activity = set_activities(latents, 1)
    for name in activity:
        planted = PLANTED.get(name.removeprefix("HALLMARK_"))
        for latent in LATENTS:
            expected = planted.correlation if planted and planted.latent == latent else 0.0
            found = np.corrcoef(activity[name], latents[latent])[0, 1]
            assert found == pytest.approx(expected, abs=0.07), (name, latent)  # 4 SE of r over 3000 patients
        assert activity[name].std() == pytest.approx(1, abs=0.06)


def test_a_sets_genes_rise_with_its_activity(latents):
    some = latents.iloc[:150]
    expression = simulate_expression(some, 1).set_index("patient")
    activity = set_activities(some, 1)
    for name, genes in gene_sets().items():
        found = np.corrcoef(expression[genes].mean(axis=1), activity[name])[0, 1]
        assert found > 0.8, name


def test_expression_is_on_a_log_scale_and_never_negative(latents):
    table = simulate_expression(latents.iloc[:53], 1)
    values = table.drop(columns="patient").to_numpy()
    assert table.shape == (53, 1501)
    assert values.min() >= 0
    assert np.median(values) == pytest.approx(7, abs=0.3)
    np.testing.assert_array_equal(values, values.round(3))


def test_a_patients_expression_depends_on_nobody_else(latents):
    few, many = simulate_expression(latents.iloc[3:5], 1), simulate_expression(latents.iloc[:20], 1)
    assert few.iloc[1].tolist() == many.iloc[4].tolist()


def test_gmt_has_a_set_a_line(tmp_path):
    write_gene_sets({"HALLMARK_X": ["SIMG0001", "SIMG0002"]}, tmp_path / "sets.gmt")
    assert (tmp_path / "sets.gmt").read_text() == "HALLMARK_X\tsimulated\tSIMG0001\tSIMG0002\n"
