"""Decision curves for censored outcomes: is acting on a model's risk better than on everybody or nobody?

Net benefit at a threshold p_t (Vickers, Cronin, Elkin and Gönen, BMC Med Inform Decis Mak 2008):
(1 - S+) P+  -  S+ P+ p_t / (1 - p_t), with P+ the part of patients whose predicted risk is p_t or more, and
S+ their Kaplan-Meier survival at the horizon.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.survival.kaplan_meier import survival_before
from scripts.survival.outcome import read_months, read_outcome, read_scores

WHERE = "decision curve"
TREAT_ALL, TREAT_NONE = "treat all", "treat none"


def decision_curve(
    time, event, predicted_risk: dict[str, np.ndarray], months: float, thresholds
) -> pd.DataFrame:
    """Net benefit per patient of each model, of acting on everybody, and of acting on nobody.

    Parameters
    ----------
    time, event : (n,) months above 0; 1 recurrence, 0 censored.
    predicted_risk : model name to (n,) probabilities of a recurrence by `months`.
    thresholds : probabilities above 0 and below 1; a patient is acted on from the threshold up.

    Returns
    -------
    DataFrame[model, threshold, net_benefit], a row a model and threshold, 'treat all' and 'treat none' last.
    Where the last of those acted on is censored before `months`, their last Kaplan-Meier estimate counts.
    """
    time, event = read_outcome(time, event, where=WHERE)
    months = read_months(months, WHERE)
    if time.max() < months:
        raise InputError(WHERE, f"patients followed for {months:g} months", f"none beyond {time.max():g}")
    thresholds = np.atleast_1d(np.asarray(thresholds, dtype=float))
    if thresholds.ndim != 1 or thresholds.size == 0 or not ((thresholds > 0) & (thresholds < 1)).all():
        raise InputError(WHERE, "thresholds above 0 and below 1", f"{thresholds.tolist()}")
    taken = [name for name in predicted_risk if name in (TREAT_ALL, TREAT_NONE)]
    if taken:
        raise InputError(WHERE, f"model names other than '{TREAT_ALL}' and '{TREAT_NONE}'", f"'{taken[0]}'")
    risks = {name: _risk(risk, time.size, name) for name, risk in predicted_risk.items()}
    risks[TREAT_ALL] = np.ones(time.size)
    parts = []
    for name, risk in risks.items():
        benefit = [
            _net_benefit(time, event, risk >= threshold, months, threshold) for threshold in thresholds
        ]
        parts.append(pd.DataFrame({"model": name, "threshold": thresholds, "net_benefit": benefit}))
    parts.append(pd.DataFrame({"model": TREAT_NONE, "threshold": thresholds, "net_benefit": 0.0}))
    return pd.concat(parts, ignore_index=True)


def _risk(risk, n: int, name: str) -> np.ndarray:
    risk = read_scores(risk, n, f"the risk by '{name}'", where=WHERE)
    if risk.min() < 0 or risk.max() > 1:
        found = f"{risk.min():g} to {risk.max():g}"
        raise InputError(
            WHERE, f"probabilities of recurrence by '{name}'", found, "A linear predictor is none."
        )
    return risk


def _net_benefit(
    time: np.ndarray, event: np.ndarray, treated: np.ndarray, months: float, threshold: float
) -> float:
    share = float(treated.mean())
    survival = survival_before(time[treated], event[treated], months)
    return (1 - survival) * share - survival * share * threshold / (1 - threshold)
