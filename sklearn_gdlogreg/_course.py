"""The functions of the course: the cost and its gradient, the descent, gradient checking."""

import math
from collections.abc import Callable, Generator
from numbers import Real
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from ._check import (
    check_codes,
    check_float,
    check_number_array,
    check_rows_as_examples,
    check_start,
    check_weights,
    quiet,
)
from ._descent.parameters import DESCENT_PARAMETERS
from ._descent.steps import Step, begin
from ._objective.objective import Objective
from ._sklearn import validate_params

MatrixLike: TypeAlias = ArrayLike | sparse.sparray | sparse.spmatrix


def cost_and_gradient(
    X: MatrixLike,
    y: ArrayLike,
    coef: ArrayLike,
    intercept: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> tuple[float, np.ndarray, float | np.ndarray]:
    r"""Cost of logistic regression and its gradient: the course's ``propagate``.

    .. code-block:: text

        z = w.x + b,  a = sigmoid(z),  J = -(1/m) sum [y log a + (1 - y) log(1 - a)]
        dz = a - y,   dw = (1/m) sum dz x,   db = (1/m) sum dz

    Rows of `X` are examples, as everywhere in scikit-learn: the transpose of the course's X.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The examples.
    y : array-like of shape (n_samples,)
        Their labels, 0 or 1. With a `coef` of one row for each of K classes, 0 ... K - 1, and the
        softmax takes the place of the sigmoid.
    coef : array-like of shape (n_features,), (1, n_features) or (n_classes, n_features)
        The coefficients w, or the ``coef_`` of a fitted model.
    intercept : float or array-like of shape (1,) or (n_classes,)
        The intercept b, or the ``intercept_`` of a fitted model.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights s, not negative. The mean becomes ``sum(s_i * loss_i) / sum(s_i)``.

    Returns
    -------
    J : float
        The cost, in nats per example.
    dw : ndarray, shaped as coef
        Its derivative with respect to w.
    db : float or ndarray, shaped as intercept
        Its derivative with respect to b.

    Raises
    ------
    ValueError
        If shapes do not fit, X or the parameters are not finite, a label is none of 0 ... K - 1,
        or weights are negative or all zero.

    See Also
    --------
    check_gradient : The same, beside finite differences.
    descend : Follows the gradient.

    References
    ----------
    Ng, Katanforoosh and Bensouda Mourri, Neural Networks and Deep Learning, week 2,
    "Logistic Regression Gradient Descent" and "Vectorizing Logistic Regression".

    Examples
    --------
    The course's example; its columns are the rows here:

    >>> from sklearn_gdlogreg import cost_and_gradient
    >>> J, dw, db = cost_and_gradient(X=[[1, 3], [2, 4]], y=[1, 0], coef=[1, 2], intercept=2)
    >>> print(f"{J:.11f}")
    6.00006477319
    >>> print(dw)
    [0.99993216 1.99980262]
    >>> print(f"{db:.12f}")
    0.499935230625
    """
    X, y = check_rows_as_examples(X, y, "cost_and_gradient")
    given_w = check_number_array("coef", coef)
    given_b = check_number_array("intercept", intercept)
    n_classes = len(given_w) if given_w.ndim == 2 and len(given_w) > 1 else 2
    codes = check_codes(y, n_classes)
    weights = check_weights(sample_weight, X)
    objective = Objective.in_memory(X, codes, n_classes, sample_weight=weights)
    w, b, _ = check_start({"coef": given_w, "intercept": given_b}, objective)
    with quiet():
        J, dw, db = objective.cost_and_gradient(w, b)
    if not math.isfinite(J):
        raise ValueError("The cost is not finite: coef is too large for the scale of X.")
    db = np.reshape(db, given_b.shape)
    return J, dw.reshape(given_w.shape), db if db.ndim else float(db)


@validate_params(DESCENT_PARAMETERS, prefer_skip_nested_validation=True)
def descend(
    X: MatrixLike,
    y: ArrayLike,
    learning_rate: float | str | Callable[[int], float] = 0.1,
    *,
    sample_weight: ArrayLike | None = None,
    C: float = np.inf,
    l1_ratio: float = 0.0,
    fit_intercept: bool = True,
    coordinates: str = "auto",
    coef_init: ArrayLike | None = None,
    intercept_init: ArrayLike | None = None,
    n_jobs: int | None = None,
) -> Generator[Step]:
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
    w, b, named = check_start(given, objective)
    return begin(objective, w, b, given=named, learning_rate=learning_rate, coordinates=coordinates)


class GradientCheck(NamedTuple):
    """A gradient, beside its approximation by finite differences.

    Attributes
    ----------
    difference : float
        The largest relative difference; below 1e-7 the formulas are right.
    table : list of (str, float, float, float)
        For each coefficient: its name, the derivative by the formula, by finite differences, and
        their relative difference.
    """

    difference: float
    table: list

    def __str__(self):
        width = max(len(name) for name, *_ in self.table)
        rows = [f"{'':{width}}  {'formula':>14}  {'nudged':>14}  {'difference':>10}"]
        rows += [
            f"{name:{width}}  {formula:14.8f}  {nudged:14.8f}  {difference:10.1e}"
            for name, formula, nudged, difference in self.table
        ]
        return "\n".join(rows)


def check_gradient(
    X: MatrixLike,
    y: ArrayLike,
    coef: ArrayLike,
    intercept: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    nudge: float = 1e-5,
) -> GradientCheck:
    r"""Compare dw and db with finite differences: nudge each coefficient, and see J move.

    .. code-block:: text

        dJ/dw_j  ~  (J(w_j + h) - J(w_j - h)) / (2 h)

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The examples.

    y : array-like of shape (n_samples,)
        Their labels, as in :func:`cost_and_gradient`.

    coef : array-like of shape (n_features,), (1, n_features) or (n_classes, n_features)
        The coefficients w.

    intercept : float or array-like of shape (1,) or (n_classes,)
        The intercept b.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights, not negative.

    nudge : float, default=1e-5
        The h above, relative to the size of each coefficient where that is above 1. Differences
        err by h^2, and by the rounding of J divided by h.

    Returns
    -------
    check : GradientCheck
        ``check.difference`` is the largest relative difference, abs(a - b) / max(abs(a) + abs(b),
        1e-3 of the largest derivative); below 1e-7 the formulas are right. ``check.table`` is a
        list of tuples (name, by the formula, by finite differences, difference), which
        ``print(check)`` prints.

    Raises
    ------
    ValueError
        As :func:`cost_and_gradient`, or if `nudge` is not a positive number.

    See Also
    --------
    cost_and_gradient : The formulas.

    References
    ----------
    Ng, Katanforoosh and Bensouda Mourri, Neural Networks and Deep Learning, week 2,
    "Derivatives" (the nudge); Improving Deep Neural Networks, week 1, "Gradient checking".

    Examples
    --------
    >>> from sklearn_gdlogreg import check_gradient
    >>> check = check_gradient(X=[[1, 3], [2, 4]], y=[1, 0], coef=[1, 2], intercept=2)
    >>> check.difference < 1e-8
    True
    >>> print(check)  # doctest: +ELLIPSIS
                      formula          nudged  difference
    coef[0]        0.99993216      0.99993216     ...
    coef[1]        1.99980262      1.99980262     ...
    intercept      0.49993523      0.49993523     ...
    """
    if not (isinstance(nudge, Real) and 0 < nudge < np.inf) or isinstance(nudge, bool):
        raise ValueError(f"nudge must be a positive, finite number; got {nudge!r}.")
    X, y = check_rows_as_examples(X, y, "check_gradient")
    X = X.astype(np.float64, copy=False)  # float32 would show its own rounding
    given = (X, y, coef, intercept, sample_weight)
    _, dw, db = cost_and_gradient(*given)
    coef, intercept = np.array(coef, dtype=float), np.array(intercept, dtype=float)
    formula, nudged, names = [], [], []
    for name, parameter, derivative in (
        ("coef", coef, np.asarray(dw)),
        ("intercept", intercept, np.asarray(db)),
    ):
        for place in np.ndindex(parameter.shape):
            before = parameter[place]
            h = nudge * max(1.0, abs(before))
            costs = []
            for moved in (before + h, before - h):
                parameter[place] = moved
                costs.append(cost_and_gradient(X, y, coef, intercept, sample_weight)[0])
            parameter[place] = before
            names.append(name + (str(list(map(int, place))) if place else ""))
            formula.append(float(derivative[place]))
            nudged.append((costs[0] - costs[1]) / (2 * h))
    formula, nudged = np.array(formula), np.array(nudged)
    # A derivative near 0 beside large ones is all rounding: its own size is no measure.
    size = np.maximum(np.abs(formula) + np.abs(nudged), 1e-3 * np.abs(formula).max())
    relative = np.abs(formula - nudged) / np.where(size > 0, size, 1)
    table = list(zip(names, formula.tolist(), nudged.tolist(), relative.tolist(), strict=True))
    return GradientCheck(float(relative.max()), table)
