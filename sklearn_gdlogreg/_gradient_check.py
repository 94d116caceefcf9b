"""Gradient checking: the course's nudge, for every coefficient."""

from numbers import Real
from typing import NamedTuple

import numpy as np

from ._check import check_rows_as_examples
from ._objective import cost_and_gradient


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


def check_gradient(X, y, coef, intercept, *, sample_weight=None, nudge=1e-5):
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
