"""Means, deviations and second moments of the columns: more sums over the rows of X.

They run over batches of rows, so that no temporary is as large as X. Shapes: X (m, n); share,
mean, deviation (m,), (n,), (n,). `map` applies a function to tasks, and may do so on threads.
"""

from functools import partial

import numpy as np
from scipy import sparse

from ._rows import MOST_GROUPS, batches, row_ranges, stored_bytes

# 2^16 float64 are 512 KB, which stays in the cache.
BLOCK_ENTRIES = 2**16
# The sums of different groups of rows are kept until all are there: no more than this of them.
MOST_BYTES = 2**24


def moments(X, share, map=map):
    """Mean and standard deviation of the columns, each row counting by its share of 1.

    In one pass, around the mean of a few rows. Of a column for which that says nothing (constant,
    or nearly; far from those rows; with squares beyond the range of a float) in three.
    """
    is_sparse = sparse.issparse(X)
    # Sparse columns are mostly 0, and are best measured from there.
    near = np.zeros(X.shape[1]) if is_sparse else X[:: max(1, len(X) // 256)].mean(axis=0)
    sums = partial(_sparse_sums if is_sparse else _dense_sums, X, share, near)
    ranges = row_ranges(X.shape[0], stored_bytes(X))
    common, square = (sum(part) for part in zip(*map(sums, ranges), strict=True))
    mean, variance = near + common, square - np.square(common)
    # Squares of which many digits are lost, or that are no ordinary numbers, are not believed.
    tiny = np.finfo(X.dtype).tiny ** 0.75
    believed = (variance > 0.01 * square) & (square > tiny) & (square < 1 / tiny)
    deviation = np.sqrt(np.where(believed, variance, 0))
    if not believed.all():
        others = np.flatnonzero(~believed)
        careful = _sparse_moments if is_sparse else _dense_moments
        mean[others], deviation[others] = careful(X, share, others)
    return mean.astype(X.dtype, copy=False), deviation.astype(X.dtype, copy=False)


def second_moments(X, weights, mean, scale, map=map):
    """sum_i weights_i x_i x_i' with x_i = ((X_i - mean) * scale, 1).

    Centred and scaled batch by batch, in the cache, because what is subtracted afterwards from
    sums of large numbers is mostly their rounding.

    Parameters
    ----------
    X : ndarray or CSR of shape (m, n)
    weights : ndarray of shape (m,) or (K, m)
        Not negative.
    mean, scale : ndarray of shape (n,)

    Returns
    -------
    ndarray of shape (n + 1, n + 1) or (K, n + 1, n + 1), float64
    """
    m, n = X.shape
    root = np.sqrt(weights).astype(X.dtype, copy=False)
    shape = (*weights.shape[:-1], n + 1, n + 1)
    shift = mean * scale

    def of_range(rows):
        total = np.zeros(shape)
        part, root_part = X[rows], root[..., rows]
        for batch in batches(part.shape[0], max(256, BLOCK_ENTRIES // n)):
            block = part[batch].toarray() if sparse.issparse(X) else part[batch]
            x = np.empty((len(block), n + 1), X.dtype)
            np.multiply(block, scale, out=x[:, :-1])
            x[:, :-1] -= shift
            x[:, -1] = 1
            # A matrix times its own transpose is half the work, which NumPy recognizes.
            if weights.ndim == 1:
                x *= root_part[batch, None]
                total += x.T @ x
            else:
                for k in range(len(weights)):
                    weighted = x * root_part[k, batch, None]
                    total[k] += weighted.T @ weighted
        return total

    most = max(1, MOST_BYTES // (8 * int(np.prod(shape))))
    return sum(map(of_range, row_ranges(m, m * n * X.dtype.itemsize, min(most, MOST_GROUPS))))


def _dense_sums(X, share, near, rows):
    """Of x - near and of its squares, over some of the rows."""
    X, share = X[rows], share[rows]
    common = square = 0
    for batch in batches(len(X), max(1, BLOCK_ENTRIES // X.shape[1])):
        d = X[batch] - near
        common = common + (share[batch] @ d).astype(np.float64)
        square = square + share[batch] @ np.square(d, out=d)
    return common, square


def _sparse_sums(X, share, near, rows):
    """The same around 0."""
    common, square = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for entries, columns, of_entries in _stored(X, share, rows):
        common += np.bincount(columns, of_entries * entries, minlength=X.shape[1])
        square += np.bincount(columns, of_entries * np.square(entries), minlength=X.shape[1])
    return common, square


def _stored(X, share, rows):
    """The stored entries of some rows, their columns and the shares of their rows, in batches."""
    m = X.shape[0]
    for batch in batches(rows.stop - rows.start, max(1, BLOCK_ENTRIES // max(1, X.nnz // m))):
        start, stop = rows.start + batch.start, rows.start + batch.stop
        stored = slice(X.indptr[start], X.indptr[stop])
        counts = np.diff(X.indptr[start : stop + 1])
        yield X.data[stored], X.indices[stored], np.repeat(share[start:stop], counts)


def _dense_moments(X, share, columns):
    """Mean and deviation of some columns, in units of each column's own size.

    A feature of scale 1e-300 has no variance that a float could hold, but it has a deviation.
    """
    blocks = batches(len(X), max(1, BLOCK_ENTRIES // len(columns)))
    mean = sum(share[rows] @ X[rows][:, columns] for rows in blocks)
    unit = _unit(sum(share[rows] @ np.abs(X[rows][:, columns]) for rows in blocks))
    common, square = 0, 0
    for rows in blocks:
        d = X[rows][:, columns] / unit - mean / unit
        common = common + share[rows] @ d
        square = square + share[rows] @ np.square(d, out=d)
    return _corrected(mean, unit, common, square)


def _sparse_moments(X, share, columns):
    X = X if len(columns) == X.shape[1] else X[:, columns]
    m, n = X.shape

    def column_sums(of_entries):
        """Sum over the stored entries of each column."""
        total = np.zeros(n)
        for entries, columns, shares in _stored(X, share, slice(0, m)):
            total += np.bincount(columns, shares * of_entries(entries, columns), minlength=n)
        return total

    mean = column_sums(lambda x, columns: x)
    unit = _unit(column_sums(lambda x, columns: np.abs(x)))
    center = mean / unit
    common = column_sums(lambda x, columns: x / unit[columns] - center[columns])
    square = column_sums(lambda x, columns: np.square(x / unit[columns] - center[columns]))
    # The entries that are not stored are 0 and deviate by the mean.
    absent = 1 - column_sums(lambda x, columns: np.ones(len(x)))
    absent[absent < m * np.finfo(float).eps] = 0  # they sum to 1, to rounding: none is absent
    return _corrected(mean, unit, common - absent * center, square + absent * center**2)


def _unit(size):
    return np.where(size > 0, size, 1)


def _corrected(mean, unit, common, square):
    """Mean and deviation, from deviations in `unit` around a mean that has been rounded.

    What that mean is off by is a deviation that all rows have in common: it comes out again, so
    that a constant column deviates by nothing.
    """
    return mean + unit * common, unit * np.sqrt(np.maximum(square - common**2, 0))
