"""LASSO-penalised Cox regression: the path and the cross-validated penalty that R's glmnet computes.

The fitted criterion is  -log L(beta) / n + lambda * sum |beta_j|  with Breslow's partial likelihood L and
covariates standardised by their 1/n variance (Friedman, Hastie, Tibshirani, J Stat Softw 2010; Simon,
Friedman, Hastie, Tibshirani, J Stat Softw 2011). Each lambda is solved by Newton steps over the active
coefficients with their signs held, the longest step on which no sign changes, until the optimality conditions
hold to 1e-8 of lambda. glmnet itself stops at a looser threshold: compare with its `thresh = 1e-14`.

scikit-survival's CoxnetSurvivalAnalysis is not used: with tied times its deviance ratio ignores the ties, and
its stopping rule, which also ends a path of given penalties, then cuts the path short.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg.lapack import dposv
from threadpoolctl import threadpool_limits

from scripts.errors import InputError
from scripts.survival.outcome import read_outcome

WHERE = "LASSO-Cox"
TOLERANCE = 1e-8  # largest violation of the optimality conditions, in units of lambda
MAX_STEPS = 300  # Newton steps allowed at one lambda
SMALLEST_RISK = 1e-280  # of the hazards at risk, the largest hazard being 1
# glmnet's rules for its own Cox sequences: after at least 5 lambdas, stop where the deviance ratio exceeds
# 0.99 or grew over the last 4 lambdas by less than 0.1 % of itself
STOP_AFTER, MAX_DEVIANCE_RATIO, MIN_GAIN = 5, 0.99, 1e-3


@dataclass(frozen=True)
class LassoPath:
    """Coefficients along decreasing penalties.

    lambdas : (k,), decreasing.
    coefficients : (k, p), on the scale of x as given; positive = higher risk.
    deviance_ratio : (k,), the part of the null deviance explained.
    """

    lambdas: np.ndarray
    coefficients: np.ndarray
    deviance_ratio: np.ndarray


@dataclass(frozen=True)
class CrossValidation:
    """A cross-validated path: deviance and standard_error (k,) per event, n_nonzero (k,) of the whole fit.

    lambda_min has the smallest deviance; lambda_1se is the largest lambda whose deviance is within one
    standard error of it. `folds` (n,) are the fold numbers used.
    """

    lambdas: np.ndarray
    deviance: np.ndarray
    standard_error: np.ndarray
    n_nonzero: np.ndarray
    lambda_min: float
    lambda_1se: float
    path: LassoPath
    folds: np.ndarray = field(repr=False)


def fit_path(
    x,
    time,
    event,
    lambdas=None,
    n_lambda: int = 100,
    min_ratio: float | None = None,
    standardize: bool = True,
) -> LassoPath:
    """The LASSO path of a Cox model, as glmnet(x, Surv(time, event), family = "cox").

    Parameters
    ----------
    x : (n, p) finite covariates. Constant ones get coefficient 0; of identical ones the first is used.
    time, event : (n,) months above 0; 1 recurrence, 0 censored. Ties by Breslow.
    lambdas : penalties to solve, in any order; all of them are solved. Default: `n_lambda` values, equally
        spaced in log from the smallest lambda with all coefficients 0 down to `min_ratio` times it, ended
        early by glmnet's rules (deviance ratio above 0.99, or gaining less than 0.1 % over 4 steps), and where
        covariates separate recurrences so far that the solution is out of the range of numbers.
    min_ratio : default 1e-4, or 0.01 where n < p.

    Raises
    ------
    InputError : malformed input, no event, no covariate that varies, given penalties out of reach.
    """
    x, time, event = _check(x, time, event)
    return _fit(x, time, event, lambdas, n_lambda, min_ratio, standardize)


def assign_folds(event, n_folds: int, generator: np.random.Generator) -> np.ndarray:
    """Fold numbers 0..n_folds-1 (n,), at random, events and censored patients each spread evenly.

    Raises InputError where there are fewer events than folds.
    """
    event = np.asarray(event).astype(bool)
    n_events = int(event.sum())
    if not 2 <= n_folds <= n_events:
        raise InputError(
            WHERE, f"at least as many events as folds ({n_folds}), and at least 2 folds", f"{n_events} events"
        )
    folds = np.empty(event.size, dtype=int)
    start = 0
    for group in (np.flatnonzero(event), np.flatnonzero(~event)):
        folds[generator.permutation(group)] = (start + np.arange(group.size)) % n_folds
        start += group.size
    return folds


@threadpool_limits.wrap(limits=1, user_api="blas")
def cross_validate(
    x,
    time,
    event,
    folds,
    n_lambda: int = 100,
    min_ratio: float | None = None,
    standardize: bool = True,
    fold_lambdas: str = "own",
) -> CrossValidation:
    """Cross-validated partial-likelihood deviance, as cv.glmnet(family = "cox", foldid = folds).

    A fold's loss is the deviance of all patients minus that of the training patients, both at the
    coefficients of the training patients, per event of the fold (van Houwelingen et al., Stat Med 2006);
    folds are averaged with their numbers of events as weights.

    Parameters
    ----------
    x, time, event, n_lambda, min_ratio, standardize : as `fit_path`.
    folds : (n,) fold numbers (any integers); each fold needs an event, and so do the patients outside it.
    fold_lambdas : "own", as cv.glmnet does it by default: each training part has a lambda sequence of its
        own, interpolated linearly at those of the whole; or "shared", as cv.glmnet(lambda = ...) does it: the
        training parts are solved at the lambdas of the whole.
    """
    x, time, event = _check(x, time, event)
    folds = np.asarray(folds)
    if folds.shape != time.shape:
        raise InputError(WHERE, f"{time.size} fold numbers", f"an array of shape {folds.shape}")
    if fold_lambdas not in ("own", "shared"):
        raise InputError(WHERE, "fold_lambdas 'own' or 'shared'", f"'{fold_lambdas}'")
    numbers = np.unique(folds)
    weights = np.array([event[folds == number].sum() for number in numbers], dtype=float)
    if numbers.size < 2 or (weights == 0).any():
        without = ", ".join(str(number) for number in numbers[weights == 0])
        found = f"no event in fold {without}" if without else "one fold"
        raise InputError(WHERE, "two or more folds, each with an event", found, "Use fewer folds.")

    options = n_lambda, min_ratio, standardize
    path = _fit(x, time, event, None, *options)
    everyone = _RiskSets(time, event)
    loss = np.empty((numbers.size, path.lambdas.size))
    for row, number in enumerate(numbers):
        train = folds != number
        inputs = x[train], time[train], event[train]
        if fold_lambdas == "shared":
            coefficients = _fit(*inputs, path.lambdas, *options).coefficients
        else:
            coefficients = _interpolate(_fit(*inputs, None, *options), path.lambdas)
        predictor = coefficients @ x.T
        training = _RiskSets(time[train], event[train])
        loss[row] = everyone.deviance(predictor) - training.deviance(predictor[:, train])
    loss /= weights[:, None]
    share = weights / weights.sum()
    deviance = share @ loss
    standard_error = np.sqrt(share @ (loss - deviance) ** 2 / (numbers.size - 1))
    best = int(np.argmin(deviance))
    within = np.flatnonzero(deviance <= deviance[best] + standard_error[best])
    return CrossValidation(
        lambdas=path.lambdas,
        deviance=deviance,
        standard_error=standard_error,
        n_nonzero=np.count_nonzero(path.coefficients, axis=1),
        lambda_min=float(path.lambdas[best]),
        lambda_1se=float(path.lambdas[within[0]]),
        path=path,
        folds=folds,
    )


def _fit(x, time, event, lambdas, n_lambda, min_ratio, standardize) -> LassoPath:
    risk_sets = _RiskSets(time, event)
    n, p = x.shape
    centred = x - x.mean(axis=0)
    scale = np.sqrt(np.mean(centred**2, axis=0))
    varies = scale > 1e-10 * np.maximum(np.abs(x).max(axis=0), np.finfo(float).tiny)
    if not varies.any():
        raise InputError(WHERE, "at least one covariate that varies", f"{p} constant columns in {n} patients")
    divisor = scale[varies] if standardize else np.ones(int(varies.sum()))
    solver = _Solver((centred[:, varies] / divisor)[risk_sets.order].T, risk_sets)

    given = lambdas is not None
    if given:
        lambdas = np.sort(np.atleast_1d(np.asarray(lambdas, dtype=float)))[::-1]
        if lambdas.size == 0 or not (np.isfinite(lambdas).all() and lambdas[-1] > 0):
            raise InputError(WHERE, "penalties above 0", f"{lambdas.tolist()}")
    else:
        lambdas = _lambda_sequence(solver.lambda_max, n_lambda, min_ratio, n, p)
    coefficients = np.zeros((lambdas.size, p))
    ratio = np.zeros(lambdas.size)
    saturated, null = risk_sets.saturated, solver.null
    kept = lambdas.size
    for k, penalty in enumerate(lambdas):
        if penalty < solver.lambda_max * (1 - 1e-12):
            if not solver.solve(penalty):
                if not given and k > 1:
                    kept = k
                    break
                raise InputError(
                    WHERE,
                    "a penalty that can be solved",
                    f"{penalty:.4g} out of reach",
                    "Take larger penalties.",
                )
            coefficients[k, varies] = solver.beta / divisor
            ratio[k] = (solver.log_likelihood - null) / (saturated - null)
        if not given and k + 1 >= min(STOP_AFTER, lambdas.size):
            gain = ratio[k] - ratio[k + 1 - min(STOP_AFTER, lambdas.size)]
            if ratio[k] > MAX_DEVIANCE_RATIO or gain < MIN_GAIN * ratio[k]:
                kept = k + 1
                break
    return LassoPath(lambdas[:kept], coefficients[:kept], ratio[:kept])


def _check(x, time, event) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = np.asarray(x, dtype=float)
    if x.ndim != 2 or 0 in x.shape:
        raise InputError(WHERE, "a matrix of patients x covariates", f"an array of shape {x.shape}")
    if not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise InputError(WHERE, "finite covariates", f"{x[row, column]} in row {row}, column {column}")
    time, event = read_outcome(time, event, where=WHERE, n=x.shape[0])
    return x, time, event


def _lambda_sequence(largest: float, n_lambda: int, min_ratio: float | None, n: int, p: int) -> np.ndarray:
    if min_ratio is None:
        min_ratio = 0.01 if n < p else 1e-4
    if not (n_lambda >= 2 and 0 < min_ratio < 1):
        raise InputError(WHERE, "n_lambda >= 2 and 0 < min_ratio < 1", f"{n_lambda} and {min_ratio}")
    if not largest > 0:
        raise InputError(
            WHERE,
            "a covariate with some relation to the outcome",
            "none",
            "Events only at the last time say nothing.",
        )
    return largest * min_ratio ** (np.arange(n_lambda) / (n_lambda - 1))


def _interpolate(path: LassoPath, lambdas: np.ndarray) -> np.ndarray:
    """Coefficients (k, p) at `lambdas`: linear between those of `path`, constant beyond its ends."""
    ascending = path.lambdas[::-1]
    at = np.clip(lambdas, ascending[0], ascending[-1])
    left = np.clip(np.searchsorted(ascending, at, side="right") - 1, 0, max(ascending.size - 2, 0))
    right = np.minimum(left + 1, ascending.size - 1)
    width = ascending[right] - ascending[left]
    share = np.divide(at - ascending[left], width, out=np.zeros_like(at), where=width > 0)[:, None]
    coefficients = path.coefficients[::-1]
    return (1 - share) * coefficients[left] + share * coefficients[right]


class _RiskSets:
    """Who is at risk at each event time; all arrays are in order of decreasing time (`order`)."""

    def __init__(self, time: np.ndarray, event: np.ndarray) -> None:
        self.order = np.argsort(-time, kind="stable")
        time, self.event = time[self.order], event[self.order].astype(float)
        last = np.append(np.flatnonzero(np.diff(time)), time.size - 1)  # the last row of each distinct time
        deaths = np.diff(np.concatenate([[0.0], np.cumsum(self.event)[last]]))
        self.last, self.deaths = last[deaths > 0], deaths[deaths > 0]
        # the event times at or before a patient's own time are those from position `first` on
        self.first = np.searchsorted(self.last, np.arange(time.size), side="left")
        self.saturated = -float(self.deaths @ np.log(self.deaths))

    def deviance(self, predictor: np.ndarray) -> np.ndarray:
        """Twice the log partial likelihood short of the saturated one, for each row of predictors (k, n)."""
        predictor = predictor[:, self.order]
        log_at_risk = np.logaddexp.accumulate(predictor, axis=1)[:, self.last]
        log_likelihood = predictor @ self.event - log_at_risk @ self.deaths
        return 2 * (self.saturated - log_likelihood)


class _Solver:
    """Warm-started solutions at decreasing penalties; covariates (p, n), columns in `risk_sets.order`."""

    def __init__(self, x: np.ndarray, risk_sets: _RiskSets) -> None:
        self.x, self.risk_sets, self.n = np.ascontiguousarray(x), risk_sets, x.shape[1]
        self.norm = np.einsum("ij,ij->i", self.x, self.x)
        self.twin = np.zeros(x.shape[0], dtype=bool)  # the same covariate as one that is in the model already
        self.beta, self.sign = np.zeros(x.shape[0]), np.zeros(x.shape[0])
        self._evaluate(np.zeros(self.n))
        self.null = self.log_likelihood
        self.lambda_max = float(np.abs(self.gradient).max())
        self.penalty, self.previous = np.inf, (np.inf, self.beta)  # of the last solution, and the one before

    def solve(self, penalty: float) -> bool:
        """Bring `beta` and `log_likelihood` to the solution; False where it is out of reach (separation)."""
        self._extrapolate(penalty)
        for _ in range(MAX_STEPS):
            outside = (np.abs(self.gradient) > penalty * (1 + TOLERANCE)) & (self.sign == 0) & ~self.twin
            if outside.any():
                self._admit(np.flatnonzero(outside))
            active = np.flatnonzero(self.sign)
            excess = self.gradient[active] - penalty * self.sign[active]
            if np.abs(excess).max(initial=0.0) <= TOLERANCE * penalty:
                return True
            if not self._step(active, excess, penalty):
                break
        return False

    def _extrapolate(self, penalty: float) -> None:
        """Start where the last two solutions point to, signs held, if that is better than the last one."""
        last, last_penalty, (earlier_penalty, earlier) = self.beta, self.penalty, self.previous
        self.previous, self.penalty = (last_penalty, last.copy()), penalty
        if not penalty < last_penalty < earlier_penalty < np.inf:
            return
        guess = last + (last - earlier) * (last_penalty - penalty) / (earlier_penalty - last_penalty)
        guess = np.where(guess * last > 0, guess, last)
        loss = penalty * np.abs(last).sum() - self.log_likelihood / self.n
        self._evaluate(guess @ self.x)
        if penalty * np.abs(guess).sum() - self.log_likelihood / self.n < loss:
            self.beta = guess
        else:
            self._evaluate(last @ self.x)

    def _admit(self, newcomers: np.ndarray) -> None:
        """Let covariates into the active set, except those identical (up to sign) with one in it."""
        for j in newcomers:
            active = np.flatnonzero(self.sign)
            alike = np.abs(self.x[active] @ self.x[j])
            if (alike > (1 - 1e-12) * np.maximum(self.norm[active], self.norm[j])).any():
                self.twin[j] = True
            else:
                self.sign[j] = np.sign(self.gradient[j])

    def _step(self, active: np.ndarray, excess: np.ndarray, penalty: float) -> bool:
        """A Newton step of the active coefficients, cut where the first reaches 0, halved on overshoot.

        False where no step however small is an improvement.
        """
        information = self._information(active)
        while True:
            _, step, singular = dposv(information, excess)
            if singular:
                step = np.linalg.lstsq(information, excess)[0]
            backward = (self.beta[active] == 0) & (step * self.sign[active] <= 0)
            if not backward.any():
                break
            self.sign[active[backward]] = 0  # a newcomer that would turn round leaves again
            active, excess = active[~backward], excess[~backward]
            information = information[np.ix_(~backward, ~backward)]
        start = self.beta[active]
        reach = np.divide(-start, step, out=np.full(step.size, np.inf), where=start * step < 0)
        length = min(1.0, reach.min(initial=np.inf))
        before = penalty * np.abs(start).sum() - self.log_likelihood / self.n
        slack = 1e-13 * (1 + abs(before))
        for _ in range(60):
            self.beta[active] = np.where(reach <= length, 0.0, start + length * step)
            self._evaluate(self.beta @ self.x)
            if penalty * np.abs(self.beta).sum() - self.log_likelihood / self.n <= before + slack:
                self.sign[active] = np.sign(self.beta[active])
                return True
            length /= 2
        return False

    def _evaluate(self, predictor: np.ndarray) -> None:
        """Set the log partial likelihood and, over n, its gradient (p,) at a predictor (n,)."""
        sets = self.risk_sets
        peak = predictor.max()
        self.hazard = np.exp(predictor - peak)
        self.at_risk = np.cumsum(self.hazard)[sets.last]
        if self.at_risk.min() < SMALLEST_RISK:
            self.log_likelihood = -np.inf  # hazards too far apart for numbers: a step too long
            return
        self.increment = sets.deaths / self.at_risk
        total = np.append(np.cumsum(self.increment[::-1])[::-1], 0.0)
        self.expected = self.hazard * total[sets.first]  # events expected of each patient
        self.log_likelihood = float(predictor @ sets.event - sets.deaths @ (np.log(self.at_risk) + peak))
        self.gradient = self.x @ (sets.event - self.expected) / self.n

    def _information(self, active: np.ndarray) -> np.ndarray:
        """Minus the second derivative over n (a, a), with a trace of ridge against dependent covariates."""
        x = self.x[active]
        mean = np.cumsum(x * self.hazard, axis=1)[:, self.risk_sets.last]
        mean *= np.sqrt(self.risk_sets.deaths) / self.at_risk
        x *= np.sqrt(self.expected)
        information = x @ x.T
        information -= mean @ mean.T
        information /= self.n
        information.flat[:: active.size + 1] += 1e-11 * max(information.trace() / active.size, 1e-8)
        return information
