"""Scaling and Gaussian support vector machines against R's e1071 (libsvm with tolerance 1e-10): 1e-6 absolute."""

from __future__ import annotations

import pytest

from scripts.classification.scaling import Scaling
from scripts.classification.svm import fit_machine, gaussian_kernel, squared_distances

COLUMNS = [f"f{j:02d}" for j in range(1, 16)]


@pytest.mark.parametrize("case", range(3))
def test_decision_values(case, read_input, read_expected, agree):
    table, in_r = read_input("primary"), read_expected("svm")["machines"][case]
    values, classes = table[COLUMNS].to_numpy()[:120], table["event"].to_numpy()[:60]
    scaled = Scaling.learn(values[:60]).apply(values)
    kernel = gaussian_kernel(squared_distances(scaled, scaled[:60]), in_r["gamma"])
    machine = fit_machine(kernel[:60], classes, in_r["c"], tolerance=1e-10)
    decision = machine.decision(kernel)
    assert len(machine.support) == in_r["n_support"]
    agree("SVM: training scores", decision[:60], in_r["training"], relative=0, absolute=1e-6)
    agree("SVM: other patients", decision[60:], in_r["tested"], relative=0, absolute=1e-6)
