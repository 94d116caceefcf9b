"""The functions of the course: the cost and its gradient, the descent, gradient checking."""

import math
from collections.abc import Callable, Generator
from numbers import Integral, Real
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.utils.random import sample_without_replacement

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
from ._objective.objective import Objective, linear_in
from ._objective.rows import batches
from ._sklearn import Interval, validate_params

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
    objective, w, b = _at(X, y, coef, intercept, sample_weight)
    with quiet():
        J, dw, db = objective.cost_and_gradient(w, b)
    if not math.isfinite(J):
        raise ValueError("The cost is not finite: coef is too large for the scale of X.")
    db = np.reshape(db, np.shape(intercept))
    return J, dw.reshape(np.shape(coef)), db if db.ndim else float(db)


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
    descent = begin(
        objective, w, b, given=named, learning_rate=learning_rate, coordinates=coordinates
    )
    return descent.steps()


# What relative difference the course calls none.
SAME = 1e-7
# A table of more rows is printed in part.
LONGEST_TABLE = 40
# How many roundings the sums here, and those of the formulas, are taken to err by.
ROUNDINGS = 8
# The third derivative of the loss in a single z, a (1 - a) (1 - 2 a), is nowhere larger.
THIRD_DERIVATIVE_BOUND = 1 / (6 * math.sqrt(3))
# How many entries of moved z are at work at a time.
MOVED_ENTRIES = 2**18


class _GradientCheck(NamedTuple):
    difference: float
    table: list


class GradientCheck(_GradientCheck):
    """A gradient, beside its approximation by finite differences.

    Attributes
    ----------
    difference : float
        The largest relative difference; up to 1e-7 the formulas are right.
    table : list of (str, float, float, float)
        For each coefficient that was nudged: its name, the derivative by the formula, by finite
        differences, and their relative difference.
    verdict : str
        What follows, in words.
    """

    verdict: str

    def __new__(cls, difference, table, verdict=""):
        # Not a third field: whoever unpacks the two goes on doing so.
        check = super().__new__(cls, difference, table)
        check.verdict = verdict
        return check

    @property
    def passed(self) -> bool:
        """Whether no derivative differs by more than finite differences err."""
        return self.difference <= SAME

    def __repr__(self):
        return f"GradientCheck(difference={self.difference:.1e}, verdict={self.verdict!r})"

    def __str__(self):
        table = self.table
        if len(table) > LONGEST_TABLE:
            table = sorted(table, key=lambda row: -row[3])[: LONGEST_TABLE // 4]
        width = max(len(name) for name, *_ in table)
        lines = [f"{'':{width}}  {'formula':>14}  {'nudged':>14}  {'difference':>10}"]
        lines += [
            f"{name:{width}}  {_cell(formula)}  {_cell(nudged)}  {difference:10.1e}"
            for name, formula, nudged, difference in table
        ]
        if len(table) < len(self.table):
            lines.append(f"... and {len(self.table) - len(table):,} that differ no more.")
        return "\n".join([*lines, self.verdict])


def _cell(derivative):
    """A derivative in fourteen characters, its digits visible whatever its unit."""
    plain = derivative == 0 or 1e-4 <= abs(derivative) < 1e5
    return f"{derivative:14.8f}" if plain else f"{derivative:14.6e}"


@validate_params(
    {
        "C": DESCENT_PARAMETERS["C"],
        "l1_ratio": DESCENT_PARAMETERS["l1_ratio"],
        "max_coefficients": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def check_gradient(
    X: MatrixLike,
    y: ArrayLike,
    coef: ArrayLike,
    intercept: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    nudge: float | None = None,
    C: float = np.inf,
    l1_ratio: float = 0.0,
    max_coefficients: int | None = 1000,
    random_state: int | np.random.RandomState | None = None,
) -> GradientCheck:
    r"""Compare dw and db with finite differences: nudge each coefficient, and see J move.

    .. code-block:: text

        dJ/dw_j  ~  (J(w_j + h) - J(w_j - h)) / (2 h)

    which errs by less than

    .. code-block:: text

        h^2 / 6 * mean |x_j|^3 / (6 sqrt 3)  +  roundings of J / h  +  roundings of dJ/dw_j

    The course calls formulas right where the relative difference is below 1e-7. So it is here, with
    a derivative that is smaller than 1e7 times that error measured by it: a right formula passes
    at any point, and a wrong one fails wherever there is a derivative to tell it by.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The examples; float32 is computed in float64.

    y : array-like of shape (n_samples,)
        Their labels, as in :func:`cost_and_gradient`.

    coef : array-like of shape (n_features,), (1, n_features) or (n_classes, n_features)
        The coefficients w.

    intercept : float or array-like of shape (1,) or (n_classes,)
        The intercept b.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights, not negative.

    nudge : float, default=None
        The h above, relative to the size of each coefficient where that is above 1. None takes
        about 6e-6 (the cube root of the rounding), divided by the cube root of mean \|x_j\|^3:
        h^2 and the rounding over h are then of about one size, whatever the column's unit.

    C : float in (0, inf], default=inf
        Inverse of the strength of the penalty, as in :func:`descend`, which J then includes; inf
        means none. The penalty is nudged by half of each coefficient.

    l1_ratio : float in [0, 1], default=0.0
        The share of L1 in the penalty. At a coefficient of 0 that has no derivative: both nudges
        raise it by the same, and what is compared is the derivative of the rest of J.

    max_coefficients : int, default=1000
        Of more coefficients than that, so many are nudged, chosen at random; and the intercept,
        always. None nudges all.

    random_state : int, RandomState instance or None, default=None
        For that choice; an integer makes it the same at every call.

    Returns
    -------
    check : GradientCheck
        ``check.verdict`` says in words whether the formulas are right, and ``check.passed`` in one;
        ``check.difference`` is the largest relative difference, abs(a - b) / max(abs(a) + abs(b),
        1e7 times the error), which is up to 1e-7 for right formulas. ``check.table`` is a list of
        tuples (name, by the formula, by finite differences, difference). ``print(check)`` prints
        table and verdict; of more than 40 rows, the 10 that differ most.

    Raises
    ------
    ValueError
        As :func:`cost_and_gradient`, if `nudge` is not a positive number or so large that J is not
        finite, or if another parameter is invalid.

    See Also
    --------
    cost_and_gradient : The formulas.

    Notes
    -----
    A nudge of w_j moves every z = w.x + b by h x_j: z is computed once, and two costs of m losses
    each are all that a coefficient takes. A formula that is wrong by a factor shows nothing where
    all derivatives are 0, at the optimum: the verdict says so, and to check elsewhere.

    References
    ----------
    Ng, Katanforoosh and Bensouda Mourri, Neural Networks and Deep Learning, week 2,
    "Derivatives" (the nudge); Improving Deep Neural Networks, week 1, "Numerical approximation of
    gradients" and "Gradient checking".

    Press, Teukolsky, Vetterling and Flannery, Numerical Recipes, third edition, 2007, section 5.7:
    the step that balances truncation and rounding.

    Gill, Murray, Saunders and Wright, "Computing forward-difference intervals for numerical
    optimization", SIAM Journal on Scientific and Statistical Computing 4, 1983,
    doi:10.1137/0904025: a step for each variable, from a bound of the error.

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
    Right: all 3 derivatives are those of finite differences.
    """
    if nudge is not None and (
        not (isinstance(nudge, Real) and 0 < nudge < np.inf) or isinstance(nudge, bool)
    ):
        raise ValueError(f"nudge must be a positive, finite number; got {nudge!r}.")
    X, y = check_rows_as_examples(X, y, "check_gradient")
    X = X.astype(np.float64, copy=False)  # float32 would show its own rounding
    _, dw, db = cost_and_gradient(X, y, coef, intercept, sample_weight)
    objective, w, b = _at(X, y, coef, intercept, sample_weight, C=C, l1_ratio=l1_ratio)
    with quiet():
        # Without its L1 term, whose slope has the sign of w.
        dw = np.reshape(dw, w.shape) + objective.penalty.gradient(w)
        dw = dw + objective.penalty.l1 * np.sign(w)
    # The intercept is one column more: of ones.
    formula = np.column_stack([np.atleast_2d(dw), np.reshape(db, (-1, 1))])
    chosen = _choose(formula.shape, max_coefficients, random_state)
    nudged, error = _finite_differences(objective, w, b, chosen, nudge)
    formula = formula[chosen]
    _check_finite(formula, nudged, error, nudge)
    apart, size = np.abs(formula - nudged), np.abs(formula) + np.abs(nudged)
    relative = apart / np.maximum(np.maximum(size, error / SAME), np.finfo(float).tiny)

    names = _names(chosen, objective.n, np.ndim(coef), np.ndim(intercept))
    table = list(zip(names, formula.tolist(), nudged.tolist(), relative.tolist(), strict=True))
    telling = int(np.sum(np.maximum(np.abs(formula), np.abs(nudged)) > error))
    of_all = dw.size + np.size(db)
    return GradientCheck(float(relative.max()), table, _verdict(table, telling, of_all))


def _at(X, y, coef, intercept, sample_weight, **penalty):
    """The cost of these examples, and w and b in its shapes."""
    coef, intercept = (
        check_number_array(name, value)
        for name, value in (("coef", coef), ("intercept", intercept))
    )
    if coef.ndim == 2 and coef.shape == (X.shape[1], 1) and len(coef) > 1:
        raise ValueError(
            f"coef has the shape {coef.shape}, a column as in the course; here it is a row: pass "
            f"coef.ravel(), of shape ({len(coef)},)."
        )
    n_classes = len(coef) if coef.ndim == 2 and len(coef) > 1 else 2
    codes = check_codes(y, n_classes)
    penalty = {name: check_float(name, value) for name, value in penalty.items()}
    objective = Objective.in_memory(
        X, codes, n_classes, sample_weight=check_weights(sample_weight, X), **penalty
    )
    w, b, _ = check_start({"coef": coef, "intercept": intercept}, objective)
    return objective, w, b


def _choose(shape, most, random_state):
    """Which coefficients to nudge, as indices of an array of (classes, features and intercept)."""
    classes, n = shape[0], shape[1] - 1
    places = np.arange(classes * n)
    if most is not None and most < len(places):
        places = np.sort(sample_without_replacement(len(places), most, random_state=random_state))
    rows, columns = np.divmod(places, max(n, 1))
    every = np.arange(classes)
    return np.concatenate([rows, every]), np.concatenate([columns, np.full(classes, n)])


@quiet()  # what is not finite is told in words
def _finite_differences(objective, w, b, chosen, nudge):
    """The derivatives at chosen coefficients by central differences, and how far these may err."""
    nudged, error = _differences_of_loss(objective, w, b, chosen, nudge)
    of_w = chosen[1] < objective.n
    values = np.atleast_2d(w)[chosen[0][of_w], chosen[1][of_w]]
    slope, rounding = _differences_of_penalty(objective.penalty, values)
    nudged[of_w] += slope
    error[of_w] += rounding
    return nudged, error


def _differences_of_loss(objective, w, b, chosen, nudge):
    """Of the mean loss."""
    rows, loss = objective.rows, objective.loss
    X, y, share, _ = rows.whole
    z = np.concatenate(
        [linear_in(block, w, b, np) for part in rows.parts for block in part.blocks], axis=-1
    )
    losses, dz = loss.cross_entropy(z, y)
    dz, curvature = np.atleast_2d(dz), np.atleast_2d(loss.second_derivative(z))
    wb = np.column_stack([np.atleast_2d(w), np.atleast_1d(b)])
    unit = ROUNDINGS * np.finfo(float).eps
    of_losses = unit * ((1 + losses + np.abs(dz * z)) @ share)
    # z is a sum of terms that may be far larger than itself.
    of_dz = unit * share * (1 + curvature * _sums_of_sizes(X, wb))

    by_column = X.tocsc() if sparse.issparse(X) else X
    nudged, error = np.empty(len(chosen[0])), np.empty(len(chosen[0]))
    for k in range(len(wb)):
        own = np.flatnonzero(chosen[0] == k)
        for batch in batches(len(own), max(1, MOVED_ENTRIES // max(1, z.size))):
            places = own[batch]
            x = _columns_of(by_column, chosen[1][places])
            sizes = np.abs(x)
            cubic_mean = _cubic_means(sizes, share)
            h = _steps(cubic_mean, wb[k, chosen[1][places]], nudge)
            moved = sizes.any(axis=0)  # by sparse columns few rows are
            above, below = (
                _losses_at(loss, z[..., moved], y[moved], k, step[:, None] * x[:, moved])
                for step in (h, -h)
            )
            # Differences of every row, before the sum: its rounding is not divided by h.
            nudged[places] = (above - below) @ share[moved] / (2 * h)
            truncation = (h * cubic_mean) ** 2 * cubic_mean / 6 * THIRD_DERIVATIVE_BOUND
            error[places] = truncation + of_losses[k] / h + sizes @ of_dz[k]
    return nudged, error


def _steps(cubic_mean, coefficients, nudge):
    """How far to nudge each coefficient."""
    if nudge is not None:
        return nudge * np.maximum(1, np.abs(coefficients))
    unit = np.where(cubic_mean > 0, cubic_mean, 1)
    # A power of 2: neither h x nor the division by 2 h is rounded.
    h = np.exp2(np.round(np.log2(np.cbrt(np.finfo(float).eps) / unit)))
    return np.minimum(h, np.finfo(float).max / 4)


def _columns_of(X, columns):
    """Columns of X as rows, dense; that after the last is of ones."""
    m, n = X.shape
    x = np.ones((len(columns), m))
    within = columns < n
    found = X[:, columns[within]]
    x[within] = (found.toarray() if sparse.issparse(found) else found).T
    return x


def _cubic_means(sizes, share):
    """(mean s^3)^(1/3) for every row of sizes, none of which overflows."""
    greatest = sizes.max(axis=1)
    shares_of_it = sizes / np.where(greatest, greatest, 1)[:, None]
    return greatest * np.cbrt(shares_of_it**3 @ share)


def _losses_at(loss, z, y, k, by):
    """The losses where z of class k is moved `by`, of shape (n_moves, m)."""
    moved = np.repeat(z[..., None, :], len(by), axis=-2)
    moved.reshape(-1, *by.shape)[k] += by
    losses, _ = loss.cross_entropy(moved.reshape(*z.shape[:-1], -1), np.tile(y, len(by)))
    return losses.reshape(by.shape)


def _sums_of_sizes(X, wb):
    """|w_1 x_1| + |w_2 x_2| + ... + |b| for every class and row."""
    w, b = np.abs(wb[:, :-1]), np.abs(wb[:, -1:])
    rows = batches(X.shape[0], max(1, MOVED_ENTRIES // max(1, X.shape[1])))
    return np.concatenate([w @ abs(X[some]).T for some in rows], axis=1) + b


def _differences_of_penalty(penalty, w):
    """Of the penalty, each coefficient by itself: of a quadratic they are exact for any step."""
    # By half, which does not cross the edge that L1 has at 0.
    h = np.where(w, np.abs(w) / 2, 1)
    above, below = (
        np.array([penalty.value(np.array([value])) for value in moved]) for moved in (w + h, w - h)
    )
    return (above - below) / (2 * h), ROUNDINGS * np.finfo(float).eps * (above + below) / h


def _check_finite(formula, nudged, error, nudge):
    if not (np.isfinite(formula) & np.isfinite(nudged) & np.isfinite(error)).all():
        raise ValueError(
            "The cost is not finite: coef is too large for the scale of X or for the penalty."
            if nudge is None
            else f"The cost is not finite where it is nudged: nudge={nudge} is too large for the "
            "scale of X; leave it out."
        )


def _names(chosen, n, coef_ndim, intercept_ndim):
    """What to call the coefficients, by the indices that they have for the user."""
    return [
        ("intercept" + f"[{k}]" * intercept_ndim)
        if j == n
        else f"coef[{k}, {j}]"
        if coef_ndim == 2
        else f"coef[{j}]"
        for k, j in zip(*(each.tolist() for each in chosen), strict=True)
    ]


def _verdict(table, telling, of_all):
    """What a table says, in a sentence or two."""
    checked = f"{len(table):,}"
    which = f"all {checked}" if len(table) == of_all else f"the {checked} of {of_all:,}"
    which += " derivatives" if len(table) == of_all else " derivatives that were chosen at random"
    wrong = [row for row in table if not row[3] <= SAME]
    if wrong:
        worst = max(wrong, key=lambda row: row[3])
        return (
            f"Wrong: {len(wrong):,} of {checked} derivatives differ by more than finite "
            f"differences err, {worst[0]} the most."
        )
    if not telling:
        return (
            f"Nothing can be told here: {which} are 0 within the error of finite differences, as "
            "at an optimum. Check at another point, such as the start."
        )
    silent = len(table) - telling
    rest = f" {silent:,} of them are 0 within the error of these." if silent else ""
    return f"Right: {which} are those of finite differences.{rest}"
