"""The row space: a descent over many columns, as one over no more of them than there are rows.

    X = L Q,   Q Q' = 1,   w = Q' beta,   z = L beta + b,   |w| = |beta|

Every gradient is a sum of rows, so w never leaves their span, from 0 or from any other start whose
part outside is one more coordinate. Gradient descent commutes with rotations,

    beta - alpha d(beta) = Q w - alpha Q dw = Q (w - alpha dw),

so these are the very iterates that a descent over X has, at m x m instead of m x n a step. With
X X' = U S^2 U',

    L = U S,   Q = inv(S) U' X,   w = X' U inv(S) beta.

Each coordinate is divided by what it was multiplied by when it was made, so that even singular
values that are all rounding do no harm to w.
"""

import math

import numpy as np
from scipy import sparse

from .._objective.in_memory import InMemory
from .._objective.objective import Objective
from .._objective.rows import BATCH_ENTRIES, Block, batches, cut_into_parts
from .._objective.threads import Workers, n_threads

EPS = np.finfo(np.float64).eps
# The Gram matrix has the squares of the entries of X, summed: nothing of them may be lost.
SMALLEST, LARGEST = 1e-200, 1e200
# How far z may be off, by what the Gram matrix rounds.
ACCURACY = 1e-7
# What is left of w outside the span counts as rounding up to this share of it.
NOTHING = 1e-12
# A product of X with so many vectors takes little longer than with one.
AT_ONCE = 64
# Below, a step takes the time of its NumPy calls, which are as many in any coordinates.
LEAST_ENTRIES = 2**15


class Unfit(Exception):
    """The rows are of no use as coordinates: of scales that numbers cannot tell, say."""


class RowSpace:
    """The span of the rows of an objective, and of a point that a descent enters it at.

    Parameters
    ----------
    objective : Objective
        Over rows in memory, with a smooth penalty.
    mean : ndarray of shape (n,), or None
        What the rows are measured from. Then c = b + w . mean stands for the intercept.
    entered_at : ndarray of shape (n,) or (K, n)
        The w to begin with.
    least_l2 : float
        The weakest penalty that is to come.

    Attributes
    ----------
    objective : Objective
        The cost of beta and c: over L, of the same loss and penalty.
    entered_at : ndarray

    Raises
    ------
    Unfit
        If products of rows cannot tell what must be told.
    """

    def __init__(self, objective, mean, entered_at, least_l2):
        self.mean, self.entered_at = mean, entered_at
        self.rows = WideRows(objective.rows, mean)
        self.U, self.S, self.noise = self._factorized(least_l2)
        self.inside = self._inside(entered_at)
        self.outside, self.rest = self._left_out(entered_at)
        L = np.hstack([self.U * self.S, self.rows.times_columns(self.outside).T])
        self.objective = objective.over(self.rows.replaced_by(L))
        if mean is not None:
            self.along_mean = self.rows.times_columns(mean), self.outside @ mean

    def _factorized(self, least_l2):
        """U and S, and up to where S is nothing but rounding."""
        gram, largest_product = self.rows.gram()
        if not SMALLEST < np.trace(gram) < LARGEST:
            raise Unfit
        values, U = np.linalg.eigh(gram)
        # z is off by the rounding of the products times gamma, at a minimum -share * dz / l2.
        off = EPS * max(values[-1], largest_product) * float(self.rows.share.max())
        if self.mean is None or off <= ACCURACY * least_l2:
            S = np.sqrt(np.maximum(values, EPS * values[-1]))
            return U, S, 2 * math.sqrt(EPS) * S[-1]
        # The rows themselves, where their products lose what the penalty leaves.
        U, S, _ = np.linalg.svd(self.rows.triangle())
        return U, np.maximum(S, EPS * S[0]), 10 * EPS * S[0]

    def _left_out(self, w):
        """Orthonormal directions for what of w no row reaches, and how far it goes along them."""
        rest = w - self._spanned(self.inside)
        if np.linalg.norm(rest) <= NOTHING * np.linalg.norm(w):
            return np.zeros((0, self.rows.n)), np.zeros((*w.shape[:-1], 0))
        directions = np.linalg.qr(np.atleast_2d(rest).T)[0].T
        return directions, rest @ directions.T

    def _inside(self, w):
        beta = (self.rows.times_columns(w) @ self.U) / self.S
        return np.where(self.noise < self.S, beta, 0.0)

    def _spanned(self, beta):
        return self.rows.combined((beta / self.S) @ self.U.T)

    def entered(self, b):
        """(beta, c) for the w that it was made for, and b."""
        beta = np.concatenate([self.inside, self.rest], axis=-1)
        return beta, b if self.mean is None else b + self.entered_at @ self.mean

    def at(self, w, b):
        """(beta, c) for another (w, b) of the descent."""
        beta = np.concatenate([self._inside(w), w @ self.outside.T], axis=-1)
        return beta, b if self.mean is None else b + w @ self.mean

    def coef(self, beta):
        """w, in the units of X."""
        r = self.S.size
        return self._spanned(beta[..., :r]) + beta[..., r:] @ self.outside

    def intercept(self, beta, c):
        """b, for rows that are measured from 0."""
        if self.mean is None:
            return c
        r, (along_rows, along_outside) = self.S.size, self.along_mean
        inside = ((beta[..., :r] / self.S) @ self.U.T) @ along_rows
        return c - inside - beta[..., r:] @ along_outside

    def gradient(self, dbeta, dc):
        """dw and db, by the chain rule."""
        dw = self.coef(dbeta)
        return (dw if self.mean is None else dw + np.multiply.outer(dc, self.mean)), dc

    def coefs(self, betas):
        """The w of each of several steps."""
        return _at_once(self.coef, betas)

    def largest_entries(self, dbetas):
        """The largest entry of each of several dw, none of which is kept; rows measured from 0."""
        return _at_once(self._largest_entries, dbetas)

    def _largest_entries(self, dbetas):
        r = self.S.size
        flat = dbetas.reshape(-1, dbetas.shape[-1])
        outside = flat[:, r:] @ self.outside if len(self.outside) else None
        largest = self.rows.largest_combined((flat[:, :r] / self.S) @ self.U.T, outside)
        return largest.reshape(len(dbetas), -1).max(axis=-1)


def _at_once(function, points):
    """function(points), of AT_ONCE points at a time: of more or fewer it would round otherwise."""
    found = []
    for batch in batches(len(points), AT_ONCE):
        padded = np.zeros((AT_ONCE, *points.shape[1:]))
        padded[: batch.stop - batch.start] = points[batch]
        found.append(function(padded)[: batch.stop - batch.start])
    return np.concatenate(found)


class WideRows:
    """Rows of X with a weight, in float64 and without their mean, a few columns at a time."""

    def __init__(self, rows, mean):
        X, y, share, _ = rows.whole
        self.given, self.mean = rows, mean
        present = np.flatnonzero(share)
        self.present = None if len(present) == len(share) else present
        if self.present is not None:
            y, share = y[present], share[present]
            X = X[present] if sparse.issparse(X) else X
        self.X, self.y, self.share = X, y, share
        self.m, self.n = share.shape[-1], X.shape[1]
        self.columns = batches(self.n, max(1, 4 * BATCH_ENTRIES // max(1, self.m)))
        self.workers = Workers(min(n_threads(rows.n_jobs), len(self.columns)))

    def _block(self, columns):
        block = self.X[:, columns]
        if self.present is not None:
            block = block[self.present]
        block = block.astype(np.float64, copy=False)
        return block if self.mean is None else block - self.mean[columns]

    def _fold(self, function, combine):
        try:
            return self.workers.fold(function, self.columns, combine)
        finally:
            self.workers.close()

    def gram(self):
        """X X', and what its rounding is in proportion to besides its own size."""
        if not sparse.issparse(self.X):
            return self._fold(lambda columns: _gram(self._block(columns)), np.add), 0.0
        gram = (self.X @ self.X.T).toarray().astype(np.float64, copy=False)
        with_mean = float(np.trace(gram))
        if self.mean is not None:
            along = self.X @ self.mean
            gram += float(self.mean @ self.mean) - along - along[:, None]
        return gram, with_mean

    def triangle(self):
        """R' of X' = Q R: what X X' = R' R would lose of small directions beside large ones."""
        if sparse.issparse(self.X):
            raise Unfit
        R = np.zeros((0, self.m))
        for columns in batches(self.n, 4 * self.m):
            R = np.linalg.qr(np.vstack([R, self._block(columns).T]), mode="r")
        return R.T

    def times_columns(self, v):
        """X v for one or several v of shape (..., n)."""
        if sparse.issparse(self.X):
            product = (self.X @ v.T).T
            return product if self.mean is None else product - (v @ self.mean)[..., None]
        return self._fold(lambda columns: v[..., columns] @ self._block(columns).T, np.add)

    def combined(self, gamma):
        """X' gamma: sums of rows."""
        if sparse.issparse(self.X):
            return self._less_mean((self.X.T @ gamma.T).T, gamma)
        out = np.empty((*gamma.shape[:-1], self.n))

        def write(columns):
            out[..., columns] = gamma @ self._block(columns)
            return 0

        self._fold(write, np.add)
        return out

    def _less_mean(self, combined, gamma):
        if self.mean is None:
            return combined
        return combined - np.multiply.outer(gamma.sum(axis=-1), self.mean)

    def largest_combined(self, gamma, outside):
        """The largest entry of each row of X' gamma + outside."""
        if sparse.issparse(self.X):
            combined = self.combined(gamma)
            return np.abs(combined if outside is None else combined + outside).max(axis=-1)

        def largest(columns):
            combined = gamma @ self._block(columns)
            if outside is not None:
                combined += outside[:, columns]
            return np.maximum(combined.max(axis=-1), -combined.min(axis=-1))

        return self._fold(largest, np.maximum)

    def replaced_by(self, L):
        """Other rows, of the same labels and weights."""
        y = self.y if self.y.dtype.kind == "i" else self.y.astype(np.float64, copy=False)
        share = self.share.astype(np.float64, copy=False)
        given = self.given
        return InMemory(
            cut_into_parts(L, y, share),
            given.n_classes,
            given.total_weight,
            given.n_jobs,
            Block(L, y, share),
        )


def _gram(block):
    return block @ block.T


def pays(objective: Objective) -> bool:
    """Whether a step in the row space of these rows is cheaper than one over the columns."""
    whole = getattr(objective.rows, "whole", None)
    # Rows are coordinates only where all directions are penalized alike.
    rotates = objective.penalty.smooth and objective.penalty.same_for_all
    if whole is None or is_mapped(whole.X) or not rotates:
        return False
    if objective.rows.stored is not None and 2 * objective.m**2 > objective.rows.stored:
        return False
    return objective.n > objective.m and objective.m * objective.n >= LEAST_ENTRIES


def price(objective: Objective) -> float:
    """What it costs to enter, in evaluations of the cost and its gradient over the columns.

    In nanoseconds of one core, as measured from 200 x 5,000 to 1,000 x 10,000; only their ratios
    matter, and those only roughly.
    """
    m, n = objective.m, objective.n
    stored = objective.rows.stored
    evaluation = 0.8 * m * n if stored is None else 4 * stored
    gram = 0.025 * m * m * n if stored is None else 4 * stored * m / 10
    return (gram + 0.2 * m**3) / evaluation


def is_mapped(X):
    """Whether it is a view of a file, whose columns would be read page by page."""
    while isinstance(X, np.ndarray) and not isinstance(X, np.memmap):
        X = X.base
    return isinstance(X, np.memmap)
