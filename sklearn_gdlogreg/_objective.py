"""The cost and its gradient: one sum over the rows of X.

    J(w, b) = (1 / sum_i s_i) * sum_i s_i loss(z_i, y_i) + penalty(w),     z_i = w . x_i + b

Rows are examples here, as everywhere in scikit-learn; the course's X is the transpose.
Shapes: X (m, n), y (m,), and

    two classes         w (n,)      b ()        z, dz (m,)
    K classes           w (K, n)    b (K,)      z, dz (m, K)

so that `w.T` and `dz.T`, which do nothing to a vector, let one line serve both.
"""

from functools import cached_property

import numpy as np
from scipy import sparse
from sklearn.utils import gen_batches
from sklearn.utils.sparsefuncs import mean_variance_axis

from ._check import check_codes, check_rows, check_start, check_weights
from ._cross_entropy import Sigmoid, Softmax
from ._penalty import ElasticNet

# Rows are taken in blocks of about this many entries where a temporary as large as X would
# otherwise be needed: 2^16 float64 are 512 KB, which stays in the cache.
BLOCK_ENTRIES = 2**16


class Objective:
    """J and its derivatives for given rows; everything else about a fit is somebody else's.

    Parameters
    ----------
    X : ndarray or CSR of shape (m, n), float32 or float64
    codes : ndarray of shape (m,)
        Integers 0 .. n_classes - 1.
    n_classes : int, at least 2
        The sigmoid serves two, the softmax more.
    sample_weight : None or ndarray of shape (m,)
        Not negative, not all zero.
    C, l1_ratio : float
        The penalty, as in LogisticRegression.
    fit_intercept : bool
        If false, db is 0, so that b stays where it starts.
    """

    def __init__(
        self, X, codes, n_classes, *, sample_weight, C=np.inf, l1_ratio=0.0, fit_intercept=True
    ):
        self.X = X
        if n_classes == 2:
            self.loss, self.outputs, self.y = Sigmoid, (), codes.astype(X.dtype)
        else:
            self.loss, self.outputs, self.y = Softmax, (n_classes,), codes
        self.fit_intercept = fit_intercept
        self.m, self.n = X.shape
        # Each row's share of the mean: s_i / sum s, or nothing where every share is 1/m.
        self.share, total = None, self.m
        if sample_weight is not None:
            # The largest weight comes out first: a sum of weights can overflow, a mean cannot.
            largest = float(sample_weight.max())
            relative = sample_weight / largest
            total = float(relative.sum(dtype=np.float64))
            self.share = relative / total
            total *= largest
        self.penalty = ElasticNet.from_C(C, l1_ratio, total)

    def cost_and_gradient(self, w, b):
        """J, dw and db: forward from z to J, backward from dz to dw and db."""
        z = self.X @ w.T + b
        loss, dz = self.loss.cross_entropy(z, self.y)
        J = self._mean(loss) + self.penalty.value(w)
        dw, db = self._backward(dz)
        return J, dw + self.penalty.gradient(w), db

    def hessian(self, w, b):
        """The second derivative of J at (w, b): a function from (v, c) to its product with them."""
        z = self.X @ w.T + b

        def product(v, c):
            return self._curvature(lambda dz: self.loss.differential(z, dz), v, c)

        return product

    def hessian_bound(self):
        """The same for a matrix that the second derivative exceeds nowhere."""

        def product(v, c):
            return self._curvature(lambda dz: self.loss.curvature_bound * dz, v, c)

        return product

    def separates(self, w, b):
        """Whether (w, b) puts every row that has a weight strictly on its own side."""
        z = self.X @ w.T + b
        if self.share is None:
            return self.loss.separates(z, self.y)
        weighted = self.share > 0
        return self.loss.separates(z[weighted], self.y[weighted])

    @cached_property
    def moments(self):
        """Weighted mean and standard deviation of every column of X, each of shape (n,)."""
        if sparse.issparse(self.X):
            mean, variance = mean_variance_axis(self.X, axis=0, weights=self.share)
            return mean, np.sqrt(variance)
        share = np.full(self.m, 1 / self.m, self.X.dtype) if self.share is None else self.share
        blocks = list(gen_batches(self.m, max(1, BLOCK_ENTRIES // self.n)))
        mean = sum(share[rows] @ self.X[rows] for rows in blocks)
        # Deviations are squared in units of the column's own size: a feature of scale 1e-300
        # has no variance that a float could hold, but it has a standard deviation.
        size = sum(share[rows] @ np.abs(self.X[rows]) for rows in blocks)
        unit = np.where((size > 0) & np.isfinite(size), size, 1)
        square = sum(share[rows] @ np.square(self.X[rows] / unit - mean / unit) for rows in blocks)
        return mean, unit * np.sqrt(square)

    def _mean(self, loss):
        if self.share is None:
            return float(loss.sum(dtype=np.float64)) / self.m
        return float(np.vdot(self.share, loss))

    def _backward(self, dz):
        """dw = (1/m) X' dz and db = (1/m) sum dz, or with each row's share in place of 1/m."""
        if self.share is None:
            dw = dz.T @ self.X / self.m
            db = dz.sum(axis=0) / self.m
        else:
            dw = (dz.T * self.share) @ self.X
            db = dz.T @ self.share
        return dw, db if self.fit_intercept else db * 0

    def _curvature(self, differential, v, c):
        dw, db = self._backward(differential(self.X @ v.T + c))
        return dw + self.penalty.gradient(v), db


def cost_and_gradient(X, y, coef, intercept, sample_weight=None):
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
        w, or the ``coef_`` of a fitted model.
    intercept : float or array-like of shape (1,) or (n_classes,)
        b, or the ``intercept_`` of a fitted model.
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
    X, y = check_rows(X, y, "cost_and_gradient")
    codes, n_classes = check_codes(y)
    shape = np.shape(coef)
    if len(shape) == 2 and shape[0] > 2:
        n_classes = max(n_classes, shape[0])
    objective = Objective(X, codes, n_classes, sample_weight=check_weights(sample_weight, X))
    w, b = check_start(coef, intercept, objective.outputs, X)
    J, dw, db = objective.cost_and_gradient(w, b)
    db = np.reshape(db, np.shape(intercept))
    return J, dw.reshape(shape), db if db.ndim else float(db)
