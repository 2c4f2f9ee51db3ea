"""The printed tables again: counts by R's numbers, moments by hand, power against the paper's sentence."""

import numpy as np
import pytest
from scipy import stats

from scripts.papers.covid_ct.assess_power import PRINTED, power_curve
from scripts.statistics.power import z_test_power


def test_every_count_of_tables_1_and_2_is_there(made_up_tables, reported):
    table = made_up_tables["printed_counts"]
    assert (table["family"] == "findings").sum() == 8
    assert (table["family"] == "characteristics").sum() == 12  # the two rows of sex are one variable
    row = table[table["printed"] == "Patchy consolidation"].iloc[0]
    assert (row["x_covid"], row["x_other"], row["printed_p"]) == (15, 28, 0.15)
    assert row["p_value"] == pytest.approx(
        stats.chi2_contingency([[15, 37], [28, 52]], correction=False).pvalue
    )


def test_means_under_both_readings(made_up_tables):
    table = made_up_tables["printed_means"]
    lobe = table[(table["printed"] == "Left lower lobe") & (table["measure"] == "volume")].set_index("spread")
    error = np.hypot(22.98, 32.03)  # as standard errors
    assert lobe.loc["standard error", "sd_covid"] == pytest.approx(22.98 * np.sqrt(52))
    z = (48.42 - 105.76) / error
    assert lobe.loc["standard error", "p_value"] == pytest.approx(2 * stats.norm.sf(abs(z)), abs=0.006)
    assert lobe.loc["standard deviation", "p_value"] < 1e-6
    assert (table["table"] == "Table 3").sum() == 20
    assert set(table.loc[table["table"] == "Table 1", "spread"]) == {"standard deviation"}


def test_the_printed_power_holds_near_no_proportion_of_one_half(settings):
    curve = power_curve(PRINTED, settings).set_index("p_other")
    assert curve.loc[0.5, "z_test"] == pytest.approx(z_test_power(0.7, 0.5, 52, 80))
    assert curve.loc[0.5, "z_test"] < 0.70 < curve.loc[0.1, "z_test"]
    assert curve.loc[0.5, "half"] == pytest.approx(z_test_power(0.6, 0.5, 52, 80))
    assert curve.loc[0.9, "p_covid"] == pytest.approx(0.7)  # downwards, where upwards would pass 1
    assert ((curve["fisher"] <= curve["exact"]) & (curve["size"] < 0.07)).all()


def test_power_of_findings_at_their_own_proportion(made_up_tables):
    table = made_up_tables["power_findings"].set_index("quantity")
    row = table.loc["ground_glass"]
    assert row["power_down"] == pytest.approx(z_test_power(row["p_other"] - 0.2, row["p_other"], 52, 80))
    assert np.isnan(table.loc["lymphadenopathy", "power_down"])
    found = row["p_other"] + row["detectable"]
    assert np.isnan(found) or z_test_power(found, row["p_other"], 52, 80) == pytest.approx(0.8)
