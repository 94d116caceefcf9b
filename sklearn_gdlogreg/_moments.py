"""Means, deviations and second moments of the columns: more sums over the rows of X.

They run over blocks of rows, so that no temporary is as large as X, and square deviations in
units of the column's own size: a feature of scale 1e-300 has no variance that a float could
hold, but it has a standard deviation. Shapes: X (m, n); share, mean, deviation (m,), (n,), (n,).
"""

import numpy as np
from scipy import sparse

# 2^16 float64 are 512 KB, which stays in the cache.
BLOCK_ENTRIES = 2**16


def batches(m, size):
    """Slices of at most `size` that cover 0 .. m - 1.

    sklearn.utils.gen_batches, without the 30 microseconds it takes to check its arguments: as much
    as a whole step on a few hundred rows.
    """
    return [slice(start, min(start + size, m)) for start in range(0, m, size)]


def moments(X, share):
    """Mean and standard deviation of the columns, each row counting by its share of 1."""
    if sparse.issparse(X):
        mean, deviation = _sparse_moments(X, share.astype(np.float64, copy=False))
    else:
        mean, deviation = _dense_moments(X, share)
    return mean.astype(X.dtype, copy=False), deviation.astype(X.dtype, copy=False)


def second_moments(X, weights, mean, scale):
    """sum_i weights_i x_i x_i' with x_i = ((X_i - mean) * scale, 1).

    Centred and scaled block by block, in the cache, because what is subtracted afterwards from
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
    total = np.zeros((*weights.shape[:-1], n + 1, n + 1))
    for rows in batches(m, max(256, BLOCK_ENTRIES // n)):
        block = X[rows].toarray() if sparse.issparse(X) else X[rows]
        x = np.ones((len(block), n + 1), X.dtype)
        np.multiply(block, scale, out=x[:, :-1])
        x[:, :-1] -= mean * scale
        # A matrix times its own transpose is half the work, which NumPy recognizes.
        if weights.ndim == 1:
            x *= root[rows, None]
            total += x.T @ x
        else:
            for k in range(len(weights)):
                weighted = x * root[k, rows, None]
                total[k] += weighted.T @ weighted
    return total


def _dense_moments(X, share):
    m, n = X.shape
    blocks = batches(m, max(1, BLOCK_ENTRIES // n))
    mean = sum(share[rows] @ X[rows] for rows in blocks)
    unit = _unit(sum(share[rows] @ np.abs(X[rows]) for rows in blocks))
    common, square = 0, 0
    for rows in blocks:
        d = X[rows] / unit - mean / unit
        common = common + share[rows] @ d
        square = square + share[rows] @ np.square(d, out=d)
    return _corrected(mean, unit, common, square)


def _sparse_moments(X, share):
    m, n = X.shape
    rows_a_block = max(1, BLOCK_ENTRIES // max(1, X.nnz // m))

    def column_sums(of_entries):
        """Sum over the stored entries of each column, a block of rows at a time."""
        total = np.zeros(n)
        for rows in batches(m, rows_a_block):
            entries = slice(X.indptr[rows.start], X.indptr[rows.stop])
            columns = X.indices[entries]
            counts = np.diff(X.indptr[rows.start : rows.stop + 1])
            weights = np.repeat(share[rows], counts) * of_entries(X.data[entries], columns)
            total += np.bincount(columns, weights, minlength=n)
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
