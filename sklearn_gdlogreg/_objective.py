"""The cost and its gradient: one sum over the rows of X.

    J(w, b) = (1 / sum_i s_i) * sum_i s_i loss(z_i, y_i) + penalty(w),     z_i = w . x_i + b

Rows are examples here, as everywhere in scikit-learn; the course's X is the transpose.
Shapes: X (m, n), y (m,), and

    two classes         w (n,)      b ()        z, dz (m,)
    K classes           w (K, n)    b (K,)      z, dz (K, m)

so that the line z = w X' + b serves both, and dw = dz X too.
"""

import copy
import math
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from ._check import (
    check_codes,
    check_number_array,
    check_rows_as_examples,
    check_start,
    check_weights,
    quiet,
)
from ._cross_entropy import Sigmoid, Softmax
from ._moments import moments, second_moments
from ._penalty import ElasticNet
from ._rows import grouped, row_blocks, stored_bytes
from ._threads import Workers, n_threads


class Block(NamedTuple):
    """Some of the rows: views, nothing is copied."""

    X: object
    y: np.ndarray
    share: np.ndarray | np.floating


def blocks_of(X, y, share, extra=0):
    """All rows, in blocks that fit the cache; with `extra` bytes that are at work beside X."""
    return [
        Block(
            SparseRows(X, rows) if sparse.issparse(X) else X[rows],
            y[rows],
            share[..., rows] if np.ndim(share) else share,
        )
        for rows in row_blocks(X.shape[0], stored_bytes(X) + extra)
    ]


class SparseRows:
    """Rows of a CSR matrix, and their transpose, without a copy of their entries."""

    __array_ufunc__ = None  # dz @ rows is ours, not NumPy's

    def __init__(self, X, rows):
        start, stop = X.indptr[rows.start], X.indptr[rows.stop]
        entries = X.data[start:stop], X.indices[start:stop], X.indptr[rows.start : rows.stop + 1]
        shape = (rows.stop - rows.start, X.shape[1])
        self.rows = self._view(sparse.csr_array, shape, start, *entries)
        self.columns = self._view(sparse.csc_array, shape[::-1], start, *entries)

    @staticmethod
    def _view(kind, shape, start, data, indices, indptr):
        # The constructor would copy what is a small part of a larger array.
        view = kind(shape, dtype=data.dtype)
        view.data, view.indices, view.indptr = data, indices, indptr - start
        return view

    @property
    def T(self):
        transposed = copy.copy(self)
        transposed.rows, transposed.columns = self.columns, self.rows
        return transposed

    def __rmatmul__(self, v):
        return np.ascontiguousarray((self.columns @ v.T).T)


def linear(X, w, b):
    """z = w . x + b for every row: of shape (m,) or (K, m)."""
    z = w @ X.T
    z += b[:, None] if w.ndim > 1 else b
    return z


def added_up(parts):
    """The sum of (J, dw, db) triples, in their order."""
    return parts[0] if len(parts) == 1 else tuple(map(sum, zip(*parts, strict=True)))


class Objective:
    """J and its derivatives for given rows; everything else about a fit is somebody else's.

    Parameters
    ----------
    X : ndarray or CSR of shape (m, n), float32 or float64
    codes : ndarray of shape (m,)
        Integers 0 .. n_classes - 1.
    n_classes : int, at least 2
        The sigmoid serves two, the softmax more.
    sample_weight : None or float64 ndarray of shape (m,)
        Not negative, not all zero.
    weight_unit : float
        What a weight of 1 stands for; only the strength of the penalty depends on it.
    C, l1_ratio : float
        The penalty, as in LogisticRegression.
    n_jobs : None or int
        The number of threads; the numbers do not depend on it.
    fit_intercept : bool
        If false, db is 0, so that b stays where it starts.
    """

    def __init__(
        self,
        X,
        codes,
        n_classes,
        *,
        sample_weight=None,
        weight_unit=1.0,
        C=np.inf,
        l1_ratio=0.0,
        fit_intercept=True,
        n_jobs=None,
    ):
        self.X = X
        if n_classes == 2:
            self.loss, self.outputs, self.y = Sigmoid, (), codes.astype(X.dtype)
        else:
            self.loss, self.outputs, self.y = Softmax, (n_classes,), codes
        self.fit_intercept = fit_intercept
        self.m, self.n = X.shape
        # Each row's share of the mean, s_i / sum s: a number where all have the same.
        self.share, total = X.dtype.type(1 / self.m), float(self.m)
        if sample_weight is not None:
            # In units of the largest: a sum of weights can overflow, or be too small to divide by.
            largest = float(sample_weight.max())
            relative = sample_weight / largest
            total = float(relative.sum())
            self.share = (relative / total).astype(X.dtype)
            total *= largest * weight_unit
        self.groups = grouped(blocks_of(self.X, self.y, self.share))
        # Data in one piece are summed as they are, with whatever BLAS does on its own.
        several = len(self.groups) > 1
        n = min(n_threads(n_jobs), len(self.groups)) if several else 1
        self.workers = Workers(n, held=several)
        # Beyond this, w is 0 to the last bit; squares of it would overflow.
        strongest = math.sqrt(np.finfo(X.dtype).max)
        self.penalty = ElasticNet.from_C(C, l1_ratio, total, strongest)

    def cost_and_gradient(self, w, b):
        """J, dw and db: the sums of all blocks, and the penalty."""
        parts = self.workers.map(lambda blocks: self._sum(blocks, w, b), self.groups)
        J, dw, db = added_up(parts)
        if self.penalty:
            J, dw = J + self.penalty.value(w), dw + self.penalty.gradient(w)
        return J, dw, db

    def _sum(self, blocks, w, b):
        return added_up([self._of_block(block, w, b) for block in blocks])

    def _of_block(self, block, w, b):
        """One block's part of J, dw and db: forward from z to the loss, backward from dz."""
        X, y, share = block
        z = linear(X, w, b)
        loss, dz = self.loss.cross_entropy(z, y)
        if np.ndim(share):
            J = float(np.vdot(share, loss))
        else:
            J = float(np.add.reduce(loss, dtype=np.float64)) / self.m
        dw, db = self._backward(dz, X, share)
        return J, dw, db

    def evaluate(self, w, b):
        """The mean of the losses, without the penalty, and the share of rows that are right."""

        def of_blocks(blocks):
            return added_up([of_block(*block) for block in blocks])

        def of_block(X, y, share):
            z = linear(X, w, b)
            right = self.loss.predicts(z) == y
            loss, _ = self.loss.cross_entropy(z, y)
            return float(np.sum(share * loss)), float(np.sum(share * right))

        return added_up(self.workers.map(of_blocks, self.groups))

    def _backward(self, dz, X, share):
        """dw = (1/m) X' dz and db = (1/m) sum dz, or with each row's share in place of 1/m."""
        # Each row is divided before it is added: a sum of features near 1e308 would overflow.
        dz *= share
        db = np.add.reduce(dz, axis=-1)
        return dz @ X, db if self.fit_intercept else db * 0

    def hessian(self, w, b):
        """The second derivative of J at (w, b): a function from (v, c) to its product with them."""
        z = linear(self.X, w, b)

        def product(v, c):
            return self._curvature(lambda dz: self.loss.differential(z, dz), v, c)

        return product

    def hessian_bound(self):
        """The same for a matrix that the second derivative exceeds nowhere."""

        def product(v, c):
            return self._curvature(lambda dz: self.loss.curvature_bound * dz, v, c)

        return product

    def hessian_blocks(self, d, mean, scale, rows):
        """The second derivative for features (x - mean) * scale, without what mixes the classes.

        `d` holds the curvature of the loss in each z, of shape (m,) or (K, m), for the `rows`
        alone that stand for all of them; the result is of shape (n + 1, n + 1) or
        (K, n + 1, n + 1), the intercept last.
        """
        H = second_moments(self.X[rows], d, mean, scale, self.workers.map)
        features = np.arange(self.n)
        # The root first: the square of a scale of 1e300 is inf, and 0 * inf is nan.
        H[..., features, features] += (math.sqrt(self.penalty.l2) * scale) ** 2
        return H

    def loss_curvature(self, w, b, rows):
        """Of the loss in each z at (w, b), for these rows: of shape (m,) or (K, m)."""
        return self.loss.curvature(linear(self.X[rows], w, b))

    def separates(self, w, b):
        """Whether (w, b) puts every row that has a weight strictly on its own side."""
        z = linear(self.X, w, b)
        if np.ndim(self.share) == 0:
            return self.loss.separates(z, self.y)
        weighted = self.share > 0
        return self.loss.separates(z[..., weighted], self.y[weighted])

    @cached_property
    def moments(self):
        """Weighted mean and standard deviation of every column of X, each of shape (n,)."""
        share = self.share if np.ndim(self.share) else np.full(self.m, self.share)
        with quiet():
            return moments(self.X, share, self.workers.map)

    def _curvature(self, differential, v, c):
        dw, db = self._backward(differential(linear(self.X, v, c)), self.X, self.share)
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
    X, y = check_rows_as_examples(X, y, "cost_and_gradient")
    coef, intercept = check_number_array("coef", coef), check_number_array("intercept", intercept)
    n_classes = len(coef) if coef.ndim == 2 and len(coef) > 1 else 2
    codes = check_codes(y, n_classes)
    objective = Objective(X, codes, n_classes, sample_weight=check_weights(sample_weight, X))
    w, b = check_start({"coef": coef, "intercept": intercept}, objective.outputs, X)
    with quiet():
        J, dw, db = objective.cost_and_gradient(w, b)
    if not math.isfinite(J):
        raise ValueError("The cost is not finite: coef is too large for the scale of X.")
    db = np.reshape(db, intercept.shape)
    return J, dw.reshape(coef.shape), db if db.ndim else float(db)
