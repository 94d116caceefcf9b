"""Gradient descent: one step after another, for ever. When to stop is the caller's business."""

import math
from dataclasses import replace
from functools import cached_property, partial
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

from .._check import quiet
from .._sklearn import Interval, Options, StrOptions
from .coordinates import Raw, Standardized
from .decorrelation import Decorrelation, map_fits_in_memory
from .eigenvalues import lipschitz
from .learning_rate import LINE_SEARCHES, RULES, inverse, rule_for

# What `descend` and GDLogisticRegression accept, in the form of scikit-learn's own estimators.
DESCENT_PARAMETERS = {
    "learning_rate": [
        Interval(Real, 0, None, closed="neither"),
        StrOptions(set(RULES)),
        callable,
    ],
    "C": [Interval(Real, 0, None, closed="right")],
    "l1_ratio": [Interval(Real, 0, 1, closed="both")],
    "fit_intercept": ["boolean"],
    "n_jobs": [None, Interval(Integral, 1, None, closed="left"), Options(Integral, {-1})],
    "coordinates": [StrOptions({"auto", "raw", "standardized", "decorrelated"})],
}


class Step(NamedTuple):
    """Where the descent stands after t iterations.

    Attributes
    ----------
    t : int
        The number of iterations made; 0 is the start.
    coef : ndarray of shape (n_features,) or (n_classes, n_features)
        w, in the units of X.
    intercept : float or ndarray of shape (n_classes,)
        b.
    cost : float
        J(w, b), the penalty included.
    gradient : tuple of ndarray
        (dw, db), shaped as coef and intercept; of all but the L1 penalty, which has no gradient.
    learning_rate : float
        The alpha of the iteration that led here; nan at the start.
    wb, dwb : ndarray
        The point and its gradient in the coordinates of the descent, the intercept's last.
    coordinates : Raw, Standardized or Decorrelated
        These coordinates.
    memory : tuple of float
        What the learning-rate rule carries from this step to the next.
    """

    t: int
    coef: np.ndarray
    intercept: np.ndarray
    cost: float
    gradient: tuple
    learning_rate: float
    wb: np.ndarray
    dwb: np.ndarray
    coordinates: object
    memory: tuple = ()


class Problem:
    """An objective, seen in the coordinates of the descent.

    From iteration `stale_at` on it is better seen in coordinates that `decorrelation` makes where
    the descent has come to.
    """

    def __init__(self, objective, coordinates, decorrelation=None, stale_at=math.inf):
        self.objective = objective
        self.coordinates = coordinates
        self.decorrelation = decorrelation
        self.stale_at = stale_at
        self.penalty = objective.penalty
        self.dtype = objective.dtype

    def start(self, w, b):
        """Step 0: where the descent begins."""
        return self._step(0, self.coordinates.pack(w, b), np.nan, w, b)

    def move(self, here, learning_rate):
        """One iteration: w := w - alpha dw, b := b - alpha db, then the penalty's prox."""
        wb = here.wb - learning_rate * here.dwb
        if not self.penalty.smooth:
            wb[..., :-1] = self.penalty.prox(wb[..., :-1], learning_rate, self.coordinates.scale)
        return self._step(here.t + 1, wb, learning_rate, *self.coordinates.unpack(wb))

    def _step(self, t, wb, learning_rate, w, b):
        J, dw, db = self.objective.cost_and_gradient(w, b)
        dwb = self.coordinates.pull_back(dw, db)
        return Step(t, w, b, J, (dw, db), learning_rate, wb, dwb, self.coordinates)

    def decorrelated(self, here):
        """The same problem in coordinates made for where the descent stands; `here` in them."""
        coordinates = self.decorrelation.at(here.coef, here.intercept, here.t)
        problem = self._seen_in(coordinates)
        here = here._replace(
            wb=coordinates.pack(here.coef, here.intercept),
            dwb=coordinates.pull_back(*here.gradient),
            coordinates=coordinates,
            memory=(),
        )
        return problem, here

    def _seen_in(self, coordinates):
        """The same problem in decorrelated coordinates, until they are stale, if ever."""
        t, _, _ = coordinates.made_at
        ever = math.isfinite(self.stale_at)
        stale_at = t + self.decorrelation.period if ever else math.inf
        return Problem(self.objective, coordinates, self.decorrelation, stale_at)

    def resumed(self, here, made_at):
        """This problem, made for the start, as it was at a later step; `here` in it.

        `made_at` is what decorrelated coordinates were made at, None where there were none.
        """
        problem = self
        if made_at is not None:
            t, w, b = made_at
            problem = self._seen_in(self.decorrelation.at(w, b, t))
        return problem, here._replace(coordinates=problem.coordinates)

    def holding_blas(self):
        """The context of every step: threads of BLAS would be in the way of ours."""
        return self.objective.rows.holding_blas()

    def close(self):
        """End the threads that the sums over rows have started."""
        self.objective.rows.close()

    def violation(self, step):
        """The largest entry of what keeps `step` from being optimal: 0 at the minimum."""
        if self.penalty.smooth:
            return float(np.maximum.reduce(np.abs(step.dwb), axis=None))
        u, du = step.wb[..., :-1], step.dwb[..., :-1]
        features = self.penalty.violation(u, du, step.coordinates.scale)
        return float(max(features.max(), np.abs(step.dwb[..., -1]).max()))

    @cached_property
    def first_learning_rate(self):
        """1 / a bound of the curvature that needs no look at X: on the safe side."""
        bound = self.objective.loss.curvature_bound
        curvature = self.coordinates.curvature(*self.objective.moments, bound, self.penalty.l2)
        return inverse(curvature, self.dtype)

    @cached_property
    def lipschitz(self):
        """L: the largest curvature of the cost is below it at every point."""
        return lipschitz(self.objective, self.coordinates)

    @property
    def longest_safe_rate(self):
        """1 / L: a constant learning rate that needs no look at the cost."""
        return inverse(self.lipschitz, self.dtype)


def iterate(problem, rule, here):
    """The descent itself: yields `here`, then the step that follows it, and so on for ever."""
    try:
        while True:
            yield here
            # Around the step alone: a generator must not change its caller's state between two.
            with quiet(), problem.holding_blas():
                if here.t >= problem.stale_at:
                    problem, here = problem.decorrelated(here)
                    rule = replace(rule, first=problem.first_learning_rate)
                here = rule.take(here, partial(problem.move, here))
    finally:
        problem.close()


def standardized(objective):
    mean, deviation = objective.moments
    if not objective.fit_intercept:
        # Nothing can take up a shift of the features: they are measured from 0.
        mean, deviation = np.zeros_like(mean), np.hypot(mean, deviation)
    return Standardized(mean, deviation, objective.penalty.l2)


def check_coordinates(coordinates, objective):
    """Refuse decorrelated coordinates where they cannot be made."""
    if coordinates != "decorrelated":
        return
    if not objective.penalty.smooth:
        raise ValueError(
            "coordinates='decorrelated' mixes the features, which the soft threshold of an L1 "
            "penalty must tell apart; use coordinates='standardized', or l1_ratio=0."
        )
    if not map_fits_in_memory(objective):
        raise ValueError(
            f"coordinates='decorrelated' needs matrices of {objective.n} x {objective.n} for "
            "every class, too large for these features; use coordinates='standardized'."
        )


def problem_for(objective, w, b, *, learning_rate, coordinates):
    """The problem in the coordinates that a `coordinates` parameter stands for."""
    check_coordinates(coordinates, objective)
    if coordinates == "raw" or (coordinates == "auto" and learning_rate != "auto"):
        return Problem(objective, Raw)
    start = standardized(objective)
    if coordinates == "standardized" or not objective.penalty.smooth:
        return Problem(objective, start)
    decorrelation = Decorrelation(objective, start)
    first_at = 0 if coordinates == "decorrelated" else decorrelation.first_at
    if first_at > 0:
        return Problem(objective, start, decorrelation, first_at)
    # A rule that knows nothing of the cost would not notice that its coordinates have changed.
    adapts = isinstance(learning_rate, str) and learning_rate in LINE_SEARCHES
    stale_at = decorrelation.period if adapts else math.inf
    return Problem(objective, decorrelation.at(w, b), decorrelation, stale_at)


def begin(objective, w, b, *, learning_rate, coordinates, resumed=None):
    """The problem, and its descent from (w, b): what all that descend have in common.

    Or from a later step, with `resumed`: the step, and what its coordinates were made at.
    """
    with quiet(), objective.rows.holding_blas():
        problem = problem_for(objective, w, b, learning_rate=learning_rate, coordinates=coordinates)
        if resumed is not None:
            problem, start = problem.resumed(*resumed)
        rule = rule_for(learning_rate, problem)
        if resumed is None:
            start = problem.start(w, b)
    if not (np.isfinite(start.cost) and np.isfinite(start.dwb).all()):
        raise ValueError(
            "The cost at the start is not finite: coef_init is too large for the scale of X. Start "
            "from smaller coefficients, or from none."
        )
    return problem, iterate(problem, rule, start)
