"""`check_separation`: whether the coefficients would be finite, and which would not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ._course import MatrixLike
from ._data.by_feature import BoundsLike, check_bounds
from ._data.loading import load
from ._descent.parameters import DESCENT_PARAMETERS
from ._descent.recession import MOST_COEFFICIENTS, can_be_asked, recession
from ._objective.objective import Objective
from ._run.diagnosis import separating
from ._sklearn import validate_params

# What the signs of all coefficients may take: a second or two.
MOST_ENTRIES = 2_000_000
# So many coefficients are printed.
SHOWN = 20


@dataclass(frozen=True, repr=False)
class Separation:
    """Whether classes are separated, and what that does to coefficients without a penalty.

    Attributes
    ----------
    kind : {"none", "quasi-complete", "complete"}
        Whether the rows overlap, so that there are finite coefficients; or a direction of the
        coefficients moves some rows away from other classes, and none towards one; or all rows away
        from all other classes.
    infinite : dict of str to str
        The coefficients that have no finite optimum, by the names of their features (for three
        classes or more by "feature of class"): "+inf", "-inf", or "+-inf" where some directions of
        separation have a positive and some a negative coefficient. Where it would take too long to
        find all, as with more than 2,000 rows and several such directions, those of the one below.
    coef : ndarray of shape (1, n_features) or (n_classes, n_features)
        A direction of separation that has few features; 0 where there is none.
    intercept : ndarray of shape (1,) or (n_classes,)
        Its intercept.
    n_rows, n_separated : int
        The rows that have a weight, and those of them that are separated.
    verdict : str
        All that in words, and what to do.
    """

    kind: str
    infinite: dict[str, str]
    coef: np.ndarray
    intercept: np.ndarray
    n_rows: int
    n_separated: int
    verdict: str

    def __bool__(self):
        return self.kind != "none"

    def __repr__(self):
        return f"Separation(kind={self.kind!r}, infinite={self.infinite!r})"

    def __str__(self):
        if not self.infinite:
            return self.verdict
        shown = list(self.infinite.items())[:SHOWN]
        width = max(len(name) for name, _ in shown)
        lines = [f"{name:{width}}  {end:>5}" for name, end in shown]
        if len(shown) < len(self.infinite):
            lines.append(f"... and {len(self.infinite) - len(shown):,} others.")
        return "\n".join([*lines, self.verdict])


@validate_params(
    {name: DESCENT_PARAMETERS[name] for name in ("bounds", "fit_intercept", "n_jobs")},
    prefer_skip_nested_validation=True,
)
def check_separation(
    X: MatrixLike,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    bounds: BoundsLike | None = None,
    fit_intercept: bool = True,
    n_jobs: int | None = None,
) -> Separation:
    r"""Whether the classes are separated, and which coefficients have no finite optimum.

    Without a penalty the cost of logistic regression has a minimum unless there is a direction v of
    the coefficients and the intercept with

    .. code-block:: text

        s_i (v . x_i) >= 0  for all rows,  > 0  for some,     s_i = 1 for y_i = 1, -1 for y_i = 0

    Along v the cost falls for ever, and coefficients grow with it [1]_. Where the left side can be
    positive for all rows the separation is complete, where for some only, quasi-complete: as by a
    rare feature that rows of one class alone have. Linear programs find out [2]_. For three classes
    or more, :math:`v_k` of each class, the same is asked of
    :math:`(v_{y_i} - v_k) \cdot x_i` for every other class k.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The examples.
    y : array-like of shape (n_samples,)
        Their labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights; rows of weight 0 count for nothing, and all others for the same.
    bounds : (low, high), dict or scipy.optimize.Bounds, default=None
        What the coefficients will be kept between, as in :class:`GDLogisticRegression`: those that
        have a finite bound on both sides cannot separate anything.
    fit_intercept : bool, default=True
        Whether there will be an intercept.
    n_jobs : int, default=None
        Threads, as in :class:`GDLogisticRegression`.

    Returns
    -------
    separation : Separation
        ``separation.kind`` is "none", "quasi-complete" or "complete"; ``separation.infinite`` says
        which coefficients have no finite optimum, and in which direction they grow;
        ``separation.coef`` and ``separation.intercept`` are a direction of separation with few
        features. ``print(separation)`` prints it, with what to do; it is true where classes are
        separated.

    Raises
    ------
    ValueError
        If the data or the bounds are invalid; if there are more than 500 coefficients, or the
        answer would take more than 5,000 rows (times other classes) in a linear program, which is
        the price that is allowed.

    See Also
    --------
    GDLogisticRegression : Whose fit names what it finds separated.

    Notes
    -----
    It takes some hundredths of a second for hundreds of rows, some seconds for a hundred columns.
    Of many rows a thousand are asked first, then those that contradict the answer. Coefficients are
    those that the descent from 0 would have: features that say the same share what they have.
    Classes that are less than 1e-5 standard deviations apart count as touching.

    References
    ----------
    .. [1] A. Albert and J. A. Anderson, "On the existence of maximum likelihood estimates in
       logistic regression models", Biometrika 71, 1984.
    .. [2] K. Konis, "Linear programming algorithms for detecting separated data in binary logistic
       regression models", DPhil thesis, University of Oxford, 2007.

    Examples
    --------
    Of the people who were treated, all recovered:

    >>> from sklearn_gdlogreg import check_separation
    >>> X = [[20, 0], [35, 0], [50, 0], [40, 0], [30, 1], [45, 1]]
    >>> recovered = [1, 0, 1, 0, 1, 1]
    >>> separation = check_separation(X, recovered)
    >>> separation.kind, separation.infinite
    ('quasi-complete', {'column 1': '+inf'})
    >>> print(check_separation(X, [1, 0, 1, 0, 1, 0]))
    The rows overlap: without a penalty all coefficients are finite.
    """
    examples = load(X, y, sample_weight, caller="check_separation")
    schema = examples.schema
    objective = Objective(
        examples.rows(n_jobs=n_jobs),
        fit_intercept=fit_intercept,
        bounds=check_bounds(bounds, schema),
    )
    try:
        found = recession(objective, MOST_ENTRIES)
    finally:
        objective.rows.close()
    if found is None:
        raise ValueError(
            f"X has {schema.n} features"
            + ("" if can_be_asked(objective) else f", more than {MOST_COEFFICIENTS} coefficients")
            + ": to find out takes more than it may. Ask of fewer columns or rows, or fit "
            "GDLogisticRegression, which says whether the classes are separable."
        )
    return described(found, schema)


def described(found, schema) -> Separation:
    """What linear programs found, by the names of features and classes."""
    infinite = {}
    w = np.atleast_2d(found.w)
    down, up = (w < 0, w > 0) if found.up is None else map(np.atleast_2d, (found.down, found.up))
    for k, j in np.argwhere(down | up):
        name = f"column {j}" if schema.names is None else schema.names[j]
        if len(w) > 1:
            name = f"{name} of {schema.classes[k]}"
        infinite[name] = "+-inf" if down[k, j] and up[k, j] else "+inf" if up[k, j] else "-inf"
    return Separation(
        found.kind,
        infinite,
        w,
        np.atleast_1d(found.b),
        found.rows,
        found.moved,
        _verdict(found, schema),
    )


def _verdict(found, schema):
    if found.kind == "none":
        return "The rows overlap: without a penalty all coefficients are finite."
    by = separating(found, schema.column_name)
    first = int(np.flatnonzero(np.atleast_2d(found.w).any(axis=0))[0])
    bounds = f"{{{first if schema.names is None else str(schema.names[first])!r}: (-5, 5)}}"
    what = (
        f"Complete separation by {by}: all {found.rows:,} rows are on their own sides, and without "
        "a penalty there is no finite optimum."
        if found.kind == "complete"
        else f"Quasi-complete separation by {by}: {found.moved:,} of {found.rows:,} rows are apart "
        "from others, none is contradicted, and without a penalty there is no finite optimum."
    )
    return (
        f"{what} Set a penalty, such as C=1, or bounds, such as bounds={bounds}, or leave columns "
        "out."
    )
