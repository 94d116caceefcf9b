"""Rows of X, their labels and weights: how they are cut for a sum over them.

A part is what one thread (or one Dask worker, or one device) adds up at a time; its blocks are
what fits the cache. Both are cut by the shape of X alone: the sum is the same, to the last bit,
for any number of threads.
"""

import copy
import math
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn import get_config

# A block of rows is read twice, for z and for dw, the second time from the cache. Measured on 2
# cores with 2 MB of second-level cache each: 1 MB is 7% faster on one thread, but two threads gain
# nothing from each other there, as they hand the interpreter's lock back and forth too often.
BLOCK_BYTES = 2**21
# Of long rows it takes more bytes: a block costs some ten calls, and threads hand the lock round
# in each. Beyond these bytes that is no more worth what the cache no longer holds.
BLOCK_ROWS, MOST_BLOCK_BYTES = 400, 2**23
# X in memory is cut into this many parts at most: few, so that little is to be added up.
MOST_PARTS = 32
# A batch is what is copied at a time, to be centred or scaled: 2^16 float64 are 512 KB, which
# stays in the cache.
BATCH_ENTRIES = 2**16
GOLDEN = (math.sqrt(5) - 1) / 2
# A chunk of a memory map is what may be in memory at a time.
CHUNK_BYTES = 2**26


def batches(m, size):
    """Slices of at most `size` that cover 0 .. m - 1.

    sklearn.utils.gen_batches, without the 30 microseconds it takes to check its arguments: as much
    as a whole step on a few hundred rows.
    """
    return [slice(start, min(start + size, m)) for start in range(0, m, size)]


def stored_bytes(X):
    """What is read when X is read once."""
    return X.data.nbytes + X.indices.nbytes if sparse.issparse(X) else X.nbytes


def within_working_memory(size):
    """So many bytes, or fewer, if scikit-learn is told so."""
    return min(size, int(get_config()["working_memory"] * 2**20))


def chunks(X):
    """Slices of rows of X that are no larger than `CHUNK_BYTES` as float64."""
    most = within_working_memory(CHUNK_BYTES)
    return batches(len(X), max(1, most // (8 * max(1, X[0].size))))


def block_length(m, size):
    """How many of m rows, of `size` bytes together, make a block; all, if they nearly do."""
    of_long_rows = min(BLOCK_ROWS * size // max(m, 1), MOST_BLOCK_BYTES)
    most = within_working_memory(max(BLOCK_BYTES, of_long_rows))
    return max(m, 1) if size <= 2 * most else max(1, m * most // size)


def sampled(first, stop, stride):
    """The numbers of the sampled rows from `first` to `stop`: one of every `stride` rows.

    Which one is for chance to decide, as rows may repeat with a period; but the same chance every
    time, whatever parts the rows are cut into. The fractions of multiples of the golden ratio lie
    evenly, and keep step with no period.
    """
    k = np.arange(first // stride, -(-stop // stride))
    rows = k * stride + (stride * ((k * GOLDEN) % 1)).astype(np.intp)
    return rows[(rows >= first) & (rows < stop)]


class Block(NamedTuple):
    """Some of the rows: views, nothing is copied.

    `absent` says which rows have no weight: whatever they hold, they count for nothing. None
    where there are none of them.
    """

    X: object
    y: np.ndarray
    share: np.ndarray
    absent: np.ndarray | None = None


class Part:
    """Some of the rows, in one place.

    Parameters
    ----------
    X : ndarray or CSR of shape (m, n)
    y : ndarray of shape (m,)
        For the sigmoid 0.0 or 1.0, in the dtype of X; for the softmax 0 .. K - 1.
    share : ndarray of shape (..., m)
        Each row's share of the mean, s_i / sum s.
    first : int
        The number of the first row, among all rows.
    length : int
        How many rows make a block.
    """

    # The library whose functions work on the arrays, by NumPy's names.
    xp = np
    batch_entries = BATCH_ENTRIES

    def __init__(self, X, y, share, first=0, length=None):
        self.X, self.y, self.share = X, y, share
        self.first = first
        self.block_length = length or block_length(X.shape[0], stored_bytes(X))

    @property
    def m(self):
        return self.X.shape[0]

    def __sizeof__(self):
        """What it costs to send it elsewhere: Dask's scheduler asks."""
        return stored_bytes(self.X) + self.y.nbytes

    @cached_property
    def blocks(self):
        """All rows, in blocks that fit the cache."""
        return [self._block(rows) for rows in batches(self.m, self.block_length)]

    def _block(self, rows):
        X = SparseRows(self.X, rows) if sparse.issparse(self.X) else self.X[rows, :]
        absent = None if self.absent is None else self.absent[rows]
        return Block(X, self.y[rows], self.share[..., rows], absent)

    @cached_property
    def absent(self):
        """Which rows have no weight: whatever they hold counts for nothing; None for none."""
        absent = self.share == 0
        if absent.ndim > 1:
            absent = absent.all(axis=0)
        return absent if self.xp.count_nonzero(absent) else None

    def sample(self, stride):
        """One row of every `stride` rows, counted among all rows; all of them for 1."""
        if stride == 1:
            return self
        chosen = self._sampled(stride)
        return self._with(*(self._take(rows, chosen) for rows in (self.X, self.y, self.share)))

    def sampled_share(self, stride):
        """The shares of the sampled rows alone."""
        return self._take(self.share, self._sampled(stride))

    def _sampled(self, stride):
        """The numbers that the sampled rows have here."""
        return sampled(self.first, self.first + self.m, stride) - self.first

    def _take(self, rows, chosen):
        return rows[chosen] if sparse.issparse(rows) else np.take(rows, chosen, axis=0)

    def rows_at(self, rows, places):
        """Some rows, by their numbers here."""
        return self._take(rows, self.here(places))

    @staticmethod
    def here(array):
        """An array of NumPy as one of the library that the rows are in."""
        return array

    def select_columns(self, columns):
        """Some columns of sparse rows."""
        everything = len(columns) == self.X.shape[1]
        return self if everything else self._with(self.X[:, columns], self.y, self.share)

    def of_columns(self, columns):
        """The same rows with some of their columns alone, copied."""
        X = self.X
        X = X[:, columns] if sparse.issparse(X) else np.take(X, columns, axis=1)
        return Part(X, self.y, self.share, self.first)

    def _with(self, X, y, share):
        """Other rows in the same place."""
        return Part(X, y, share)

    def batches(self, entries_a_row, at_least=1):
        """Slices of as many rows as are worked on at a time, all nearly of the same length."""
        most = max(at_least, self.batch_entries // max(1, entries_a_row))
        # None for no rows: a part may be shorter than the stride of a sample.
        return batches(self.m, max(1, -(-self.m // max(1, round(self.m / most)))))

    @staticmethod
    def on_host(array):
        """As a NumPy array."""
        return array


def cut_into_parts(X, y, share, extra=0, first=0):
    """All rows, in parts; with `extra` bytes that are at work beside X."""
    m = X.shape[0]
    length = block_length(m, stored_bytes(X) + extra)
    n_blocks = -(-m // length)
    rows_of_part = length * -(-n_blocks // MOST_PARTS)
    return [
        Part(
            _row_view(X, rows),
            y[rows],
            share[..., rows],
            first + rows.start,
            length,
        )
        for rows in batches(m, rows_of_part)
    ]


def _row_view(X, rows):
    """A view of some rows; of a memory map too, without the pages' bookkeeping in every view."""
    if sparse.issparse(X):
        return SparseRows(X, rows).rows
    return np.asarray(X)[rows]


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
