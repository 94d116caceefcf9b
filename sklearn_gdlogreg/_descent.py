"""Gradient descent: one step after another, for ever. When to stop is the caller's business."""

import math
from dataclasses import replace
from functools import cached_property, partial
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

# scikit-learn has no public way to declare what a parameter may be; its estimators and most
# third-party ones use this module.
from sklearn.utils._param_validation import Interval, Options, StrOptions, validate_params

from ._check import (
    check_codes,
    check_float,
    check_rows_as_examples,
    check_start,
    check_weights,
    quiet,
)
from ._coordinates import Raw, Standardized
from ._curvature import lipschitz
from ._decorrelation import Decorrelation
from ._learning_rate import LINE_SEARCHES, RULES, inverse, rule_for
from ._objective import Objective

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


def problem_for(objective, w, b, *, learning_rate, coordinates):
    """The problem in the coordinates that a `coordinates` parameter stands for."""
    explicit = coordinates == "decorrelated"
    if explicit and not objective.penalty.smooth:
        raise ValueError(
            "coordinates='decorrelated' mixes the features, which the soft threshold of an L1 "
            "penalty must tell apart; use coordinates='standardized', or l1_ratio=0."
        )
    if coordinates == "raw" or (coordinates == "auto" and learning_rate != "auto"):
        return Problem(objective, Raw)
    start = standardized(objective)
    if coordinates == "standardized" or not objective.penalty.smooth:
        return Problem(objective, start)
    decorrelation = Decorrelation(objective, start)
    if explicit and not decorrelation.fits_in_memory:
        raise ValueError(
            f"coordinates='decorrelated' needs matrices of {objective.n} x {objective.n} for "
            "every class, too large for these features; use coordinates='standardized'."
        )
    first_at = 0 if explicit else decorrelation.first_at
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


@validate_params(DESCENT_PARAMETERS, prefer_skip_nested_validation=True)
def descend(
    X,
    y,
    learning_rate=0.1,
    *,
    sample_weight=None,
    C=np.inf,
    l1_ratio=0.0,
    fit_intercept=True,
    coordinates="auto",
    coef_init=None,
    intercept_init=None,
    n_jobs=None,
):
    r"""Gradient descent, one step at a time, until you have seen enough.

    .. code-block:: text

        w := w - alpha dw,  b := b - alpha db

    from ``w = 0, b = 0``. A generator: it yields the start (``step.t == 0``), then every iterate,
    and never ends by itself, not even where the cost is no longer finite.
    :class:`GDLogisticRegression` is a consumer of it.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The examples, one a row.
    y : array-like of shape (n_samples,)
        Their labels: 0 and 1, or 0 ... K - 1 for the softmax over K classes.
    learning_rate : float, callable or str, default=0.1
        The constant alpha, or a schedule, or the name of a rule: as in
        :class:`GDLogisticRegression`.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights, not negative.
    C : float in (0, inf], default=inf
        Inverse of the strength of the penalty, as in LogisticRegression; inf means none.
    l1_ratio : float in [0, 1], default=0.0
        The share of L1 in the penalty.
    fit_intercept : bool, default=True
        Whether b moves at all.
    coordinates : {"auto", "raw", "standardized", "decorrelated"}, default="auto"
        As in :class:`GDLogisticRegression`.
    coef_init : array-like of shape (n_features,) or (n_classes, n_features), default=None
        Coefficients w at the start; zeros if None.
    intercept_init : float or array-like of shape (n_classes,), default=None
        Intercept b at the start; zero if None.
    n_jobs : int, default=None
        Threads, as in :class:`GDLogisticRegression`.

    Returns
    -------
    steps : generator of Step
        Named tuples: ``t``, ``coef`` and ``intercept`` (w and b, in the units of X), ``cost``,
        ``gradient`` (dw and db, of all but the L1 penalty) and ``learning_rate`` (of the iteration
        that led here; nan at the start). Their arrays are new at every step.

    Raises
    ------
    ValueError
        At the call, before any step, if a parameter or the data are invalid.

    See Also
    --------
    GDLogisticRegression : The estimator, which also decides when to stop.
    cost_and_gradient : J, dw and db at one point.

    References
    ----------
    Ng, Katanforoosh and Bensouda Mourri, Neural Networks and Deep Learning, week 2,
    "Gradient Descent".

    Examples
    --------
    >>> from sklearn_gdlogreg import descend
    >>> for step in descend([[0.0], [1.0], [3.0]], [0, 0, 1], learning_rate=1.0):
    ...     print(step.t, round(step.cost, 4), step.coef.round(4), round(float(step.intercept), 4))
    ...     if step.t == 3:
    ...         break
    0 0.6931 [0.] 0.0
    1 0.5847 [0.3333] -0.1667
    2 0.5191 [0.4558] -0.399
    3 0.4653 [0.5596] -0.6125
    """
    X, y = check_rows_as_examples(X, y, "descend")
    codes = check_codes(y)
    objective = Objective.in_memory(
        X,
        codes,
        n_classes=max(2, int(codes.max()) + 1),
        sample_weight=check_weights(sample_weight, X),
        C=check_float("C", C),
        l1_ratio=check_float("l1_ratio", l1_ratio),
        fit_intercept=fit_intercept,
        n_jobs=n_jobs,
    )
    given = {"coef_init": coef_init, "intercept_init": intercept_init}
    w, b = check_start(given, objective)
    _, steps = begin(objective, w, b, learning_rate=learning_rate, coordinates=coordinates)
    return steps
