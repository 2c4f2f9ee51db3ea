"""Cox regression with Efron's ties: fit, baseline survival, prediction, test of proportional hazards.

The log partial likelihood is  sum over events of (eta - log(sum over those at risk of exp(eta))),  where of d
events at one time the l-th (l = 0 .. d-1) takes l/d of the events' own part out of the sum (Efron, JASA
1977). It is maximised by Newton steps on standardised covariates. Higher linear predictor = higher risk.

statsmodels and lifelines fit the same model (the tests compare), but have neither the score test of
proportional hazards nor the speed that some thousand refits in a bootstrap need.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

from scripts.errors import InputError, nearest
from scripts.survival.kaplan_meier import survival_steps
from scripts.survival.outcome import Z_95, read_months, read_outcome

WHERE = "Cox model"
MAX_STEPS = 50
DECREMENT = (
    1e-12  # gain in log-likelihood still expected at which Newton's steps end; the last is still taken
)
SMALLEST_RISK = 1e-280  # of the hazards at risk, the largest hazard being 1
TRANSFORMS = ("km", "rank", "identity", "log")


@dataclass(frozen=True)
class CoxFit:
    """A fitted Cox model; the coefficients are log hazard ratios per unit of a covariate.

    covariates : p names. coefficients, means : (p,). covariance : (p, p). log_likelihood is at the
        coefficients,
    null_log_likelihood at 0. `means` are those of the patients that were fitted.
    """

    covariates: list[str]
    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    null_log_likelihood: float
    n: int
    n_events: int
    means: np.ndarray

    def table(self) -> pd.DataFrame:
        """Coefficient, standard error, hazard ratio with 95 % Wald interval, z and p of each covariate."""
        error = np.sqrt(np.diag(self.covariance))
        z = self.coefficients / error
        reach = Z_95 * error
        return pd.DataFrame(
            {
                "covariate": self.covariates,
                "coefficient": self.coefficients,
                "standard_error": error,
                "hazard_ratio": np.exp(self.coefficients),
                "ci_low": np.exp(self.coefficients - reach),
                "ci_high": np.exp(self.coefficients + reach),
                "z": z,
                "p_value": 2 * ndtr(-np.abs(z)),
            }
        )

    def linear_predictor(self, x: pd.DataFrame) -> np.ndarray:
        """x times the coefficients (n,), not centred; columns are taken by name, others are left alone."""
        return covariate_matrix(x, self.covariates) @ self.coefficients


def fit_cox(x: pd.DataFrame, time, event, ties: str = "efron") -> CoxFit:
    """Fit a Cox model, as R's coxph(Surv(time, event) ~ ., x, ties = ties).

    Parameters
    ----------
    x : (n, p) numeric covariates without missing values.
    time, event : (n,) months above 0; 1 recurrence, 0 censored.
    ties : "efron" or "breslow".

    Raises
    ------
    InputError : missing or non-numeric values, no event, a constant covariate, covariates that depend on each
        other, or a coefficient without bound (a covariate that separates recurrences from the others).
    """
    if ties not in ("efron", "breslow"):
        raise InputError(WHERE, "ties 'efron' or 'breslow'", f"'{ties}'")
    values = covariate_matrix(x)
    names = [str(name) for name in x.columns]
    time, event = read_outcome(time, event, where=WHERE, n=len(values))
    model = _PartialLikelihood(time, event, efron=ties == "efron")
    coefficients, covariance, fitted, null = _maximise(model, values, names)
    return CoxFit(
        covariates=names,
        coefficients=coefficients,
        covariance=covariance,
        log_likelihood=fitted,
        null_log_likelihood=null,
        n=time.size,
        n_events=int(event.sum()),
        means=values.mean(axis=0),
    )


def cox_coefficients(x: np.ndarray, time, event) -> np.ndarray:
    """Coefficients (p,) of an array (n, p), Efron's ties: `fit_cox` for resampling; raises as it does."""
    x = np.asarray(x, dtype=float)
    if x.ndim != 2 or 0 in x.shape or not np.isfinite(x).all():
        raise InputError(
            WHERE, "a matrix of finite covariates", f"shape {x.shape}, or values that are missing"
        )
    time, event = read_outcome(time, event, where=WHERE, n=len(x))
    return _maximise(_PartialLikelihood(time, event), x, [f"column {j}" for j in range(x.shape[1])])[0]


def refit_and_predict(x: np.ndarray, time, event, patients: np.ndarray, months: float) -> np.ndarray:
    """Survival (m,) at `months` of `patients` (m, p), by a model of x (n, p): for resampling."""
    time, event = read_outcome(time, event, where=WHERE, n=len(x))
    if months > time.max():
        raise InputError(WHERE, f"patients followed for {months:g} months", f"none beyond {time.max():g}")
    model = _PartialLikelihood(time, event)
    coefficients = _maximise(model, x, [f"column {j}" for j in range(x.shape[1])])[0]
    centre = x.mean(axis=0)
    at, hazard = model.baseline_hazard((x - centre) @ coefficients)
    return np.exp(-hazard[at <= months].sum() * np.exp((patients - centre) @ coefficients))


def baseline_survival(fit: CoxFit, x: pd.DataFrame, time, event) -> pd.DataFrame:
    """S0(t) at linear predictor 0, so that S(t | x) = S0(t) ** exp(linear predictor).

    `x`, `time` and `event` are the patients fitted. The cumulative hazard is Efron's, as R's survfit(coxph)
    has it.

    Returns
    -------
    DataFrame[months, survival]: (0, 1), then a row for each event time, and a last one where follow-up ends.
    """
    predictor = fit.linear_predictor(x)
    time, event = read_outcome(time, event, where=WHERE, n=predictor.size)
    if abs(predictor.mean()) > 20:
        raise InputError(
            WHERE,
            "patients within 20 of linear predictor 0, where the baseline survival lies",
            f"a mean of {predictor.mean():.3g}",
            "Subtract the mean of each covariate first.",
        )
    months, hazard = _PartialLikelihood(time, event).baseline_hazard(predictor)
    survival = np.exp(-np.cumsum(hazard))
    if time.max() > months[-1]:
        months, survival = np.append(months, time.max()), np.append(survival, survival[-1])
    return pd.DataFrame({"months": np.append(0.0, months), "survival": np.append(1.0, survival)})


def survival_at(baseline: pd.DataFrame, linear_predictor, months: float) -> np.ndarray:
    """Predicted survival (n,) at `months` for linear predictors (n,): S0(months) ** exp(linear predictor).

    Raises InputError beyond the last row of `baseline`: nobody was followed that long.
    """
    months = read_months(months, WHERE)
    known = baseline["months"].to_numpy(dtype=float)
    if months > known[-1]:
        raise InputError(
            WHERE, f"a horizon within the follow-up of {known[-1]:g} months", f"{months:g} months"
        )
    at = baseline["survival"].to_numpy(dtype=float)[max(np.searchsorted(known, months, side="right") - 1, 0)]
    return float(at) ** np.exp(np.asarray(linear_predictor, dtype=float))


def proportional_hazards_test(
    fit: CoxFit, x: pd.DataFrame, time, event, transform: str = "km"
) -> pd.DataFrame:
    """Score test of proportional hazards, as R's cox.zph of survival 3.0 and later (terms = FALSE).

    Tests coefficients of x * g(t) beside those of x (Grambsch and Therneau, Biometrika 1994), with g the
    transform of time: "km" one minus the Kaplan-Meier estimate just before t, "rank", "identity" or "log".

    Returns
    -------
    DataFrame[covariate, chi_square, df, p_value], the last row GLOBAL.
    """
    if transform not in TRANSFORMS:
        known = ", ".join(TRANSFORMS)
        raise InputError(
            WHERE, f"transform one of {known}", f"'{transform}'", nearest(transform, TRANSFORMS).strip()
        )
    values = covariate_matrix(x, fit.covariates)
    time, event = read_outcome(time, event, where=WHERE, n=len(values))
    model = _PartialLikelihood(time, event)
    g = _transformed(time, event, transform)
    g = (g - g[event].mean())[model.order][model.death_rows]
    values = (values - values.mean(axis=0))[model.order]
    model.evaluate(values @ fit.coefficients)
    p = len(fit.covariates)
    score = np.append(np.zeros(p), model.score(values, g))
    cross = model.information(values, g)
    information = np.block([[model.information(values), cross], [cross.T, model.information(values, g**2)]])
    chi_square = []
    for tested in [[p + j] for j in range(p)] + [list(range(p, 2 * p))]:
        rows = np.array([*range(p), *tested])
        chi_square.append(score[rows] @ np.linalg.solve(information[np.ix_(rows, rows)], score[rows]))
    df = np.append(np.ones(p, dtype=int), p)
    return pd.DataFrame(
        {
            "covariate": [*fit.covariates, "GLOBAL"],
            "chi_square": chi_square,
            "df": df,
            "p_value": chdtrc(df, chi_square),
        }
    )


def _transformed(time: np.ndarray, event: np.ndarray, transform: str) -> np.ndarray:
    if transform == "km":
        steps = survival_steps(time, event)
        return 1 - np.append(1.0, steps.survival)[np.searchsorted(steps.months, time, side="left")]
    if transform == "rank":
        from scipy.stats import rankdata  # half a second to import, for one transform

        return rankdata(time)
    return {"identity": np.copy, "log": np.log}[transform](time)


def covariate_matrix(x: pd.DataFrame, names: list[str] | None = None) -> np.ndarray:
    """The named columns (default all) as floats (n, p), complete; an InputError names the column at fault."""
    if not isinstance(x, pd.DataFrame):
        raise InputError(WHERE, "a table of covariates", type(x).__name__)
    names = [str(name) for name in x.columns] if names is None else names
    if not names or len(x) == 0:
        raise InputError(WHERE, "at least one covariate and one patient", f"{len(names)} and {len(x)}")
    columns = {str(name): x[name] for name in x.columns}
    for name in names:
        if name not in columns:
            raise InputError(WHERE, f"covariate '{name}'", "none so named", nearest(name, columns).strip())
        if not pd.api.types.is_numeric_dtype(columns[name]):
            raise InputError(WHERE, f"numbers in covariate '{name}'", f"{columns[name].dtype} values")
    values = np.column_stack([columns[name].to_numpy(dtype=float, na_value=np.nan) for name in names])
    for name, missing in zip(names, (~np.isfinite(values)).sum(axis=0), strict=True):
        if missing:
            raise InputError(
                WHERE, f"covariate '{name}' without gaps", f"{missing} missing", "Take complete cases."
            )
    return values


def _maximise(model: _PartialLikelihood, x: np.ndarray, names: list[str]):
    """Coefficients, covariance, log-likelihood there and at 0, by Newton steps on standardised covariates."""
    mean, scale = x.mean(axis=0), x.std(axis=0)
    constant = scale <= 1e-10 * np.maximum(np.abs(mean), np.finfo(float).tiny)
    if constant.any():
        listed = ", ".join(f"'{names[j]}'" for j in np.flatnonzero(constant))
        raise InputError(
            WHERE, "covariates that vary", f"the same value everywhere in {listed}", "Leave them out."
        )
    z = ((x - mean) / scale)[model.order]
    beta = np.zeros(z.shape[1])
    null = value = model.evaluate(np.zeros(len(z)))
    for iteration in range(MAX_STEPS):
        information, score = model.information(z), model.score(z)
        eigenvalues, axes = np.linalg.eigh(information)
        flat = eigenvalues[0] <= 1e-11 * max(eigenvalues[-1], np.finfo(float).tiny)
        if flat and iteration == 0:
            raise InputError(
                WHERE,
                "covariates that differ among those at risk, none a combination of others",
                f"no information on {_combination(axes[:, 0], names)}",
                "Leave one of them out.",
            )
        if flat:
            break
        step = axes @ ((axes.T @ score) / eigenvalues)
        for _ in range(30):
            reached = model.evaluate(z @ (beta + step))
            if reached >= value - 1e-12 * abs(value):
                break
            step /= 2
        beta, value = beta + step, reached
        if score @ step < DECREMENT:
            break
    if flat or score @ step >= DECREMENT or np.abs(step).max() > 1e-4:
        worst = names[int(np.argmax(np.abs(beta)))]
        raise InputError(
            WHERE,
            "coefficients that converge",
            f"one without bound for '{worst}'",
            "It separates recurrences from the others: leave it out or join its levels.",
        )
    covariance = np.linalg.inv(model.information(z)) / np.outer(scale, scale)
    return beta / scale, covariance, value, null


def _combination(direction: np.ndarray, names: list[str]) -> str:
    """The covariates that take part in a direction, in words."""
    return " and ".join(
        f"'{names[j]}'" for j in np.flatnonzero(np.abs(direction) > 1e-3 * np.abs(direction).max())
    )


class _PartialLikelihood:
    """Efron's (or Breslow's) partial likelihood; covariates and predictors come in order of decreasing time.

    There is a row `r` for each event; `death_rows` are their patients, `last` the last patient at risk with
    them, and `fraction` the part of their time's events that is taken out of the risk set.
    """

    def __init__(self, time: np.ndarray, event: np.ndarray, efron: bool = True) -> None:
        self.order = np.lexsort((event, -time))
        time, event = time[self.order], event[self.order]
        self.event = event.astype(float)
        ends = np.append(np.flatnonzero(np.diff(time)), time.size - 1)
        group = np.searchsorted(ends, np.arange(time.size))
        self.death_rows = np.flatnonzero(event)
        self.time = time[self.death_rows]
        self.last = ends[group[self.death_rows]]
        _, self.tie, size = np.unique(group[self.death_rows], return_inverse=True, return_counts=True)
        self.tie_start = np.append(0, np.cumsum(size)[:-1])
        within = np.arange(self.tie.size) - self.tie_start[self.tie]
        self.fraction = within / size[self.tie] if efron else np.zeros(self.tie.size)
        self.tied = bool((self.fraction > 0).any())
        # the events at or before a patient's time are the rows from `first` on
        self.first = np.searchsorted(self.last, np.arange(time.size), side="left")

    def evaluate(self, predictor: np.ndarray) -> float:
        """The log partial likelihood at a predictor in `order`; the other methods then refer to it."""
        self.peak = predictor.max()
        self.hazard = np.exp(predictor - self.peak)
        self.at_risk = self._risk_sum(self.hazard)
        if self.at_risk.min() < SMALLEST_RISK:
            return -np.inf  # hazards too far apart for numbers: a step too long
        return float(np.sum(predictor[self.death_rows] - self.peak - np.log(self.at_risk)))

    def score(self, x: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
        """First derivative (p,), each event multiplied by its `weight`."""
        weight = np.ones(self.tie.size) if weight is None else weight
        return weight @ x[self.death_rows] - self._expected(weight) @ x

    def information(self, x: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
        """Minus the second derivative (p, p), each event multiplied by its `weight`."""
        weight = np.ones(self.tie.size) if weight is None else weight
        mean = self._risk_sum(x * self.hazard[:, None]) / self.at_risk[:, None]
        return (x * self._expected(weight)[:, None]).T @ x - (mean * weight[:, None]).T @ mean

    def baseline_hazard(self, predictor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Event times, ascending, and the hazard at each, for linear predictor 0."""
        self.evaluate(predictor[self.order])
        hazard = np.add.reduceat(1 / self.at_risk, self.tie_start) * np.exp(-self.peak)
        return self.time[self.tie_start][::-1], hazard[::-1]

    def _risk_sum(self, values: np.ndarray) -> np.ndarray:
        """Sum over those at risk at each event, less `fraction` of the sum over the events at its time."""
        total = np.cumsum(values, axis=0)[self.last]
        if self.tied:
            own = np.add.reduceat(values[self.death_rows], self.tie_start, axis=0)[self.tie]
            total -= (own.T * self.fraction).T
        return total

    def _expected(self, weight: np.ndarray) -> np.ndarray:
        """Weighted events expected of each patient (n,)."""
        increment = weight / self.at_risk
        total = np.append(np.cumsum(increment[::-1])[::-1], 0.0)[self.first]
        if self.tied:
            total[self.death_rows] -= np.add.reduceat(increment * self.fraction, self.tie_start)[self.tie]
        return self.hazard * total
