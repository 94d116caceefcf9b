"""Rows in the memory of this process, or mapped into it: who adds them up is its threads.

Whoever adds up rows that lie elsewhere has the same attributes and methods: `_objective.py` asks
for nothing else.
"""

from collections.abc import Callable

import numpy as np

from .cross_entropy import labels_for_loss
from .rows import Block, cut_into_parts
from .threads import Workers, n_threads
from .weights import weighting

# What a function of a part returns, and what puts two of them together.
Sums = tuple
Combine = Callable[[Sums, Sums], Sums]


def added(a: Sums, b: Sums) -> Sums:
    """The sum of two tuples, entry by entry."""
    return tuple(x + y for x, y in zip(a, b, strict=True))


def accumulated(a: Sums, b: Sums) -> Sums:
    """The same sum, in the arrays of `a`: large ones take longer to be made than to be added to."""
    return tuple(
        np.add(x, y, out=x) if isinstance(x, np.ndarray) and x.flags.writeable else x + y
        for x, y in zip(a, b, strict=True)
    )


def largest(a: Sums, b: Sums) -> Sums:
    """The larger of the entries of two tuples."""
    return tuple(np.maximum(x, y) for x, y in zip(a, b, strict=True))


class InMemory:
    """Rows in memory, cut into parts.

    Parameters
    ----------
    parts : list of Part
        Of all rows, in their order.
    n_classes : int, at least 2
        How many classes the labels are of.
    total_weight : float
        The sum of the sample weights.
    n_jobs : None or int
        The number of threads; the numbers do not depend on it.
    whole : Block or None
        The rows of all parts as one, where they lie together.

    Attributes
    ----------
    m, n : int
        The number of rows and of columns.
    dtype : dtype
        Of X, and of all that is computed from it.
    stored : int or None
        The number of stored entries, where X is sparse.
    promotes : bool
        Whether products of X in float32 with w in float64 can be made.
    """

    promotes = True

    def __init__(self, parts, n_classes, total_weight, n_jobs=None, whole=None):
        self.parts, self.whole = parts, whole
        self.m = sum(part.m for part in parts)
        X = parts[0].X
        self.n, self.dtype = X.shape[1], X.dtype
        self.stored = sum(part.X.nnz for part in parts) if hasattr(X, "nnz") else None
        self.n_classes = n_classes
        self.total_weight, self.n_jobs = total_weight, n_jobs
        self.workers = Workers(min(n_threads(n_jobs), len(parts)) if len(parts) > 1 else 1)

    @classmethod
    def of(cls, X, codes, n_classes, *, sample_weight=None, of_class=None, n_jobs=None):
        """Arrays, cut into parts.

        Parameters
        ----------
        X : ndarray or CSR of shape (m, n), float32 or float64
        codes : ndarray of shape (m,)
            Integers 0 .. n_classes - 1.
        n_classes : int, at least 2
        sample_weight : None or float64 ndarray of shape (m,)
            Not negative, not all zero.
        of_class : None or ndarray of shape (n_classes,)
            The weights of the classes, which multiply those of the rows.
        n_jobs : None or int
        """
        share, total = weighting(codes, n_classes, sample_weight, of_class, X.dtype)
        y = labels_for_loss(codes, n_classes, X.dtype)
        return cls(cut_into_parts(X, y, share), n_classes, total, n_jobs, Block(X, y, share))

    def total(self, function: Callable[..., Sums], *arguments, combine: Combine = added) -> Sums:
        """The sum of function(part, *arguments), a tuple, over all parts."""
        return self.workers.fold(lambda part: function(part, *arguments), self.parts, combine)

    def of_columns(self, columns):
        """The same rows with some of their columns alone, copied."""
        (parts,) = self.total(lambda part: ([part.of_columns(columns)],))
        return InMemory(parts, self.n_classes, self.total_weight, self.n_jobs)

    def holding_blas(self):
        """The context of several sums and of what is between them."""
        return self.workers.holding_blas()

    def close(self):
        """End what was started for the sums; another sum would start it again."""
        self.workers.close()
