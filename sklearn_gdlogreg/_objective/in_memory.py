"""Rows in the memory of this process, or mapped into it: who adds them up is its threads.

Whoever adds up rows that lie elsewhere has the same attributes and methods: `_objective.py` asks
for nothing else.
"""

import numpy as np

from .cross_entropy import Sigmoid, Softmax
from .rows import Block, parts_of
from .threads import Workers, n_threads


def added(a, b):
    """The sum of two tuples, entry by entry."""
    return tuple(x + y for x, y in zip(a, b, strict=True))


def largest(a, b):
    """The larger of the entries of two tuples."""
    return tuple(np.maximum(x, y) for x, y in zip(a, b, strict=True))


def loss_of(n_classes):
    """The loss, and the shape of a row's z."""
    return (Sigmoid, ()) if n_classes == 2 else (Softmax, (n_classes,))


def labels_of(codes, n_classes, dtype):
    """Codes 0 .. n_classes - 1 as the loss takes them."""
    return codes.astype(dtype) if n_classes == 2 else codes


def shares_of(sample_weight, m, dtype, unit):
    """s_i / sum s, or a number where all weights are the same, and the sum in units of `unit`."""
    if sample_weight is None:
        return 1 / m, float(m)
    # In units of the largest: a sum of weights can overflow, or be too small to divide by.
    greatest = float(sample_weight.max())
    relative = sample_weight / greatest
    total = float(relative.sum())
    return (relative / total).astype(dtype), total * greatest * unit


class InMemory:
    """Rows in memory, cut into parts.

    Parameters
    ----------
    parts : list of Part
        Of all rows, in their order.
    n_classes : int, at least 2
        The sigmoid serves two, the softmax more.
    total_weight : float
        The sum of the sample weights.
    n_jobs : None or int
        The number of threads; the numbers do not depend on it.

    Attributes
    ----------
    m, n : int
        The number of rows and of columns.
    dtype : dtype
        Of X, and of all that is computed from it.
    stored : int or None
        The number of stored entries, where X is sparse.
    loss, outputs
        Sigmoid and (), or Softmax and (n_classes,).
    """

    def __init__(self, parts, n_classes, total_weight, n_jobs=None):
        self.parts = parts
        self.m = sum(part.m for part in parts)
        X = parts[0].X
        self.n, self.dtype = X.shape[1], X.dtype
        self.stored = sum(part.X.nnz for part in parts) if hasattr(X, "nnz") else None
        self.n_classes = n_classes
        self.loss, self.outputs = loss_of(n_classes)
        self.total_weight = total_weight
        # Data in one piece are summed as they are, with whatever BLAS does on its own.
        several = len(parts) > 1
        self.workers = Workers(min(n_threads(n_jobs), len(parts)) if several else 1, held=several)

    @classmethod
    def of(cls, X, codes, n_classes, *, sample_weight=None, weight_unit=1.0, n_jobs=None):
        """Of arrays.

        Parameters
        ----------
        X : ndarray or CSR of shape (m, n), float32 or float64
        codes : ndarray of shape (m,)
            Integers 0 .. n_classes - 1.
        n_classes : int, at least 2
        sample_weight : None or float64 ndarray of shape (m,)
            Not negative, not all zero.
        weight_unit : float
            What a weight of 1 stands for; only the strength of a penalty depends on it.
        n_jobs : None or int
        """
        share, total = shares_of(sample_weight, X.shape[0], X.dtype, weight_unit)
        y = labels_of(codes, n_classes, X.dtype)
        rows = cls(parts_of(X, y, share), n_classes, total, n_jobs)
        rows.whole = Block(X, y, share)
        return rows

    @property
    def weighted(self):
        """Whether the rows count differently."""
        return self.parts[0].weighted

    def total(self, function, *arguments, combine=added):
        """The sum of function(part, *arguments), a tuple, over all parts."""
        return self.workers.fold(lambda part: function(part, *arguments), self.parts, combine)

    def holding_blas(self):
        """The context of several sums and of what is between them."""
        return self.workers.holding_blas()

    def close(self):
        """End what was started for the sums; another sum would start it again."""
        self.workers.close()
