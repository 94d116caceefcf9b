"""Many descents at once: constant learning rates, in the coordinates of X.

Descents over the same rows that differ in learning rate, penalty and weights are rows of one W,

    Z = W X' + b,   dZ = sigmoid(Z) - y,   dW = dZ X

and share every read of X. Shapes for B descents: W (B, n), b (B,), Z (B, m), and for K classes
W (B, K, n), b (B, K), Z (B, K, m).
"""

import math
from functools import reduce

import numpy as np

from .._check import quiet
from .._objective.cross_entropy import Sigmoid
from .._objective.in_memory import added
from .._objective.objective import linear_in
from .._objective.penalty import ElasticNet
from .._objective.rows import cut_into_parts
from .._objective.weights import common_share
from .._run.run import End

# Every so many iterations it is seen whether a descent has left the range of ordinary numbers.
LOOK_EVERY = 16


def descend_side_by_side(objectives, learning_rates, stops, tol):
    """What separate fits with these learning rates and each of these `max_iter` end with.

    Parameters
    ----------
    objectives : list of Objective
        Of the same rows and classes; penalties and weights may differ.
    learning_rates : list of float
    stops : list of collection of int
        The values of max_iter that are asked of each descent.
    tol : float

    Returns
    -------
    list of (dict of int to End, or None)
        By max_iter, for each descent; None where numbers grew beyond what can be judged here,
        and the descent has to be made alone.
    """
    W, b = _start(objectives)
    running = np.arange(len(objectives))
    found = [{} for _ in objectives]
    events = set().union(*stops)
    cuts = [sorted(own) for own in stops]
    together = Together(objectives, learning_rates, running)
    limit = _ordinary(objectives[0].rows.whole.X)

    def end(i, row, t, reason):
        here = End(W[row].copy(), b[row].copy(), t, "raw", reason)
        found[i].update({cut: here for cut in cuts[i] if cut >= t})

    t = 0
    with quiet(), together.workers.holding_blas():
        while len(running):
            ended = np.zeros(len(running), bool)
            if t % LOOK_EVERY == 0 or t in events:
                size = np.abs(W.reshape(len(W), -1)).max(axis=1)
                for row in np.flatnonzero(~(size < limit)):
                    found[running[row]] = None
                    ended[row] = True
            if t in events:
                for row in np.flatnonzero(~ended):
                    i = running[row]
                    if t in stops[i]:
                        found[i][t] = End(W[row].copy(), b[row].copy(), t, "raw", "max_iter")
                    ended[row] = t >= cuts[i][-1]
            if tol == 0 and ended.all():
                break
            dW, db = together.gradient(W, b)
            if tol > 0:
                # As in a fit of its own: a gradient small enough ends it also where it ends anyway.
                for row in np.flatnonzero(together.violation(W, dW, db) <= tol):
                    if found[running[row]] is not None:
                        end(running[row], row, t, "converged")
                        ended[row] = True
            if ended.any():
                running, W, b, dW, db = (a[~ended] for a in (running, W, b, dW, db))
                together = Together(objectives, learning_rates, running)
                if not len(running):
                    break
            before, (W, b) = (W, b), together.step(W, b, dW, db)
            t += 1
            if tol > 0:
                stalled = _rowwise_equal(W, before[0]) & _rowwise_equal(b, before[1])
                if stalled.any():
                    for row in np.flatnonzero(stalled):
                        end(running[row], row, t, "stalled")
                    running, W, b = (a[~stalled] for a in (running, W, b))
                    together = Together(objectives, learning_rates, running)
    together.workers.close()
    return found


def _rowwise_equal(a, b):
    return (a == b).reshape(len(a), -1).all(axis=1)


def _start(objectives):
    first = objectives[0]
    shape = (len(objectives), *first.outputs)
    W = np.zeros((*shape, first.n), first.dtype)
    for w, objective in zip(W, objectives, strict=True):
        w[:] = objective.penalty.clipped(w)
    return W, np.zeros(shape, first.dtype)


def _penalty_of_all(penalties, dtype, shape):
    """The penalties of several descents as one of W, which has this shape."""

    def stacked(values):
        if not any(map(np.ndim, values)):
            return np.array(values, dtype).reshape(-1, *[1] * (len(shape) - 1))
        return np.array([np.broadcast_to(value, shape[1:]) for value in values], dtype)

    low = high = None
    if any(each.bounded for each in penalties):
        edges = [each.bounds_of(1.0) for each in penalties]
        low, high = (stacked(ends) for ends in zip(*edges, strict=True))
    l1, l2 = (stacked([getattr(each, name) for each in penalties]) for name in ("l1", "l2"))
    return ElasticNet(l1, l2, low, high)


def _ordinary(X):
    """Coefficients below this have finite costs, whatever the row."""
    data = X.data if hasattr(X, "nnz") else X
    largest = max(float(np.max(data, initial=0)), -float(np.min(data, initial=0)), 1.0)
    top = float(np.finfo(X.dtype).max)
    # Their squares (in an L2 penalty) and their products with a row, with room to spare.
    return min(top**0.3, top / 1e9 / (largest * X.shape[1]))


class Together:
    """The gradients and the steps of the descents that still run."""

    def __init__(self, objectives, learning_rates, running):
        chosen = [objectives[i] for i in running]
        first = objectives[0]
        self.loss, self.outputs, self.workers = first.loss, first.outputs, first.rows.workers
        self.fit_intercept = first.fit_intercept
        dtype = first.dtype
        # One number for each descent, in a shape that goes with W.
        self.shape = (len(chosen), *[1] * (len(self.outputs) + 1))
        self.learning_rate = np.array([learning_rates[i] for i in running], dtype)
        of_W = (len(chosen), *first.outputs, first.n)
        self.penalties = _penalty_of_all([o.penalty for o in chosen], dtype, of_W)
        X, y, share, _ = first.rows.whole
        shares = [o.rows.whole.share for o in chosen]
        if shares and all(np.array_equal(each, shares[0]) for each in shares):
            share = shares[0]
        elif shares:
            share = np.stack(shares)
        self.common_share = common_share(share)
        extra = dtype.itemsize * first.m * math.prod((len(chosen), *self.outputs))
        self.parts = cut_into_parts(X, y, share, extra)

    def gradient(self, W, b):
        """dW and db, without what the l1 part of the penalties adds."""
        dW, db = self.workers.fold(lambda part: self._gradient_in(part, W, b), self.parts, added)
        dW = dW.reshape(W.shape)
        dW += self.penalties.gradient(W)
        return dW, db if self.fit_intercept else db * 0

    def _gradient_in(self, part, W, b):
        return reduce(added, [self._block_gradient(block, W, b) for block in part.blocks])

    def _block_gradient(self, block, W, b):
        X, y, share, _ = block
        n = W.shape[-1]
        if self.loss is Sigmoid:
            # z / 2 and 2 dz: the halves are in W and in the sum, not in passes over Z.
            Z = linear_in(block, W / 2, b / 2, np)
            dZ, factor = Sigmoid.doubled_dz(Z, y), W.dtype.type(0.5)
        else:
            Z = linear_in(block, W.reshape(-1, n), b.ravel(), np)
            dZ, factor = self.loss.dz(Z.reshape(*b.shape, -1), y), W.dtype.type(1)
        if self.common_share is None:
            dZ *= share[:, None] if share.ndim == 2 and self.outputs else share
        else:
            factor = factor * self.common_share  # of the sum: no pass over Z
        dW = dZ.reshape(-1, dZ.shape[-1]) @ X
        return dW * factor, np.add.reduce(dZ, axis=-1) * factor

    def violation(self, W, dW, db):
        """The largest entry of what keeps each from being optimal."""
        smooth = self.penalties.smooth
        features = np.abs(dW) if smooth else self.penalties.violation(W, dW, 1.0)
        rows = len(W)
        return np.maximum(
            features.reshape(rows, -1).max(axis=1), np.abs(db).reshape(rows, -1).max(axis=1)
        )

    def step(self, W, b, dW, db):
        """w := w - alpha dw, b := b - alpha db, then the penalty's prox."""
        alpha = self.learning_rate.reshape(self.shape)
        W = W - alpha * dW
        if not self.penalties.smooth:
            W = self.penalties.prox(W, alpha, 1.0)
        return W, b - alpha[..., 0] * db
