"""Means, deviations and second moments of the columns: more sums over the rows of X.

They run over batches of rows, so that no temporary is as large as X. Shapes: X (m, n); share,
mean, deviation (m,), (n,), (n,).
"""

import numpy as np
from scipy import sparse

# About so many rows, spread over all, say where the columns lie.
NEARBY = 256
# So many rows that what they add to a matrix takes longer to make than to add.
LONG_BATCH = 512


def moments(rows, stride=1, unit=1.0):
    """Mean and standard deviation of the columns, each row counting by its share.

    In one pass, around the mean of a few rows. Of a column for which that says nothing (constant,
    or nearly; far from those rows; with squares beyond the range of a float) in three.

    Parameters
    ----------
    rows : InMemory, or another that adds up
    stride, unit : int, float
        Of every stride-th row alone, whose shares sum to `unit`.

    Returns
    -------
    mean, deviation : float64 ndarray of shape (n,)
    """
    if rows.stored is None:
        total, count = rows.total(_sum_of_some, max(1, rows.m // NEARBY))
        near = (total / max(1, count)).astype(rows.dtype)
    else:
        near = np.zeros(
            rows.n, rows.dtype
        )  # sparse columns are mostly 0, and are best measured from there
    common, square = rows.total(_sums_around, near, stride, unit)
    mean, variance = near + common, square - np.square(common)
    # Squares of which many digits are lost, or that are no ordinary numbers, are not believed.
    tiny = np.finfo(rows.dtype).tiny ** 0.75
    believed = (variance > 0.01 * square) & (square > tiny) & (square < 1 / tiny)
    deviation = np.sqrt(np.where(believed, variance, 0))
    if not believed.all():
        others = np.flatnonzero(~believed)
        mean[others], deviation[others] = _careful_moments(rows, others, stride, unit)
    return mean, deviation


def second_moments_in(part, weights, mean, scale):
    """sum_i weights_i x_i x_i' with x_i = ((X_i - mean) * scale, 1).

    Centred and scaled batch by batch, in the cache, because what is subtracted afterwards from
    sums of large numbers is mostly their rounding.

    Parameters
    ----------
    part : Part
        With X of shape (m, n).
    weights : array of shape (m,) or (K, m)
        Not negative.
    mean, scale : array of shape (n,)

    Returns
    -------
    array of shape (n + 1, n + 1) or (K, n + 1, n + 1), float64 in NumPy
    """
    X, xp = part.X, part.xp
    n = X.shape[1]
    root = xp.sqrt(weights)
    total = None
    shift = mean * scale
    # A product of few rows is soon made, but added to as many numbers as one of many.
    for batch in part.batches(n, at_least=min(n, LONG_BATCH)):
        block = X[batch, :].toarray() if sparse.issparse(X) else X[batch, :]
        block = _present(block, part, batch)
        centred = block * scale
        centred -= shift
        x = xp.empty((block.shape[0], n + 1), centred.dtype)
        x[:, :-1] = centred
        x[:, -1] = 1
        total = _with_products(total, x, root[..., batch], part)
    return np.zeros((*weights.shape[:-1], n + 1, n + 1)) if total is None else total


def _with_products(total, x, roots, part):
    """The sum so far and x' diag(roots^2) x, for one or several diagonals."""
    # A matrix times its own transpose is half the work, which NumPy recognizes.
    if roots.ndim == 1:
        x *= roots[:, None]
        product = part.on_host(x.T @ x)
        if total is None:
            return np.require(product, np.float64, "W")
        total += product
        return total
    if total is None:
        total = np.zeros((roots.shape[0], x.shape[1], x.shape[1]))
    for k in range(roots.shape[0]):
        weighted = x * roots[k, :, None]
        total[k] += part.on_host(weighted.T @ weighted)
    return total


def _present(X, part, rows):
    """Some rows of a part, 0 for those without weight: infinity times 0 would be no number."""
    return X if part.absent is None else part.xp.where(part.absent[rows][:, None], 0.0, X)


def _sum_of_some(part, stride):
    """The sum of every stride-th row that has a weight, and their number."""
    sample = part.sample(stride)
    count = int(part.xp.count_nonzero(sample.share > 0))
    X = _present(sample.X, sample, slice(None))
    return part.on_host(part.xp.sum(X, axis=0)).astype(np.float64), count


def _sums_around(part, near, stride, unit):
    """Sums of x - near and of its squares: the first two moments around a point."""
    sample = part.sample(stride)
    X, shares = sample.X, sample.share / unit
    if sparse.issparse(X):
        return _sparse_sums_around(sample, shares)
    common = square = np.zeros(X.shape[1])
    for batch in sample.batches(X.shape[1]):
        d = _present(X[batch, :] - near, sample, batch)
        common = common + part.on_host(shares[batch] @ d)
        d *= d
        square = square + part.on_host(shares[batch] @ d)
    return common, square


def _sparse_sums_around(sample, shares):
    """The first two moments around 0, from the stored entries alone."""
    n = sample.X.shape[1]
    common, square = np.zeros(n), np.zeros(n)
    for entries, columns, of_entries in _stored(sample, shares):
        common += np.bincount(columns, of_entries * entries, minlength=n)
        square += np.bincount(columns, of_entries * np.square(entries), minlength=n)
    return common, square


def _stored(sample, shares):
    """The stored entries, their columns and the shares of their rows, in batches."""
    X = sample.X
    for batch in sample.batches(X.nnz // max(1, sample.m)):
        stored = slice(X.indptr[batch.start], X.indptr[batch.stop])
        counts = np.diff(X.indptr[batch.start : batch.stop + 1])
        entries, of_entries = X.data[stored], np.repeat(shares[batch], counts)
        if sample.absent is not None:
            entries = np.where(of_entries > 0, entries, 0)  # as `_present` does
        yield entries, X.indices[stored], of_entries


def _careful_moments(rows, columns, stride, unit):
    """Mean and deviation of some columns, in units of each column's own size.

    A feature of scale 1e-300 has no variance that a float could hold, but it has a deviation. The
    size is that of the largest entry: units of a mean would be tiny, and squares in them infinite,
    where only rows that hardly count have entries.
    """
    mean, size = rows.total(_mean_and_size_in, columns, stride, unit, combine=_added_and_largest)
    size = np.where(size > 0, size, 1)
    center, size = (mean / size).astype(rows.dtype), size.astype(rows.dtype)
    common, square = rows.total(_deviations_in, columns, center, size, stride, unit)
    # What the mean is off by, having been rounded, is a deviation that all rows have in common:
    # it comes out again, so that a constant column deviates by nothing.
    return size * (center + common), size * np.sqrt(np.maximum(square - common**2, 0))


def _added_and_largest(a, b):
    """The sums of two means, and the larger of two sizes."""
    return a[0] + b[0], np.maximum(a[1], b[1])


def _mean_and_size_in(part, columns, stride, unit):
    """A part's share of the means, and the size of the largest entry that has a weight."""
    sample = part.sample(stride)
    shares = sample.share / unit
    n = columns.shape[0]
    mean, size = np.zeros(n), np.zeros(n)
    if sparse.issparse(sample.X):
        sample = sample.select_columns(columns)
        for entries, columns, of_entries in _stored(sample, shares):
            mean += np.bincount(columns, of_entries * entries, minlength=n)
            np.maximum.at(size, columns, np.abs(entries))
        return mean, size
    for batch in sample.batches(n):
        x = sample.xp.take(sample.X[batch, :], columns, axis=1)
        x = _present(x, sample, batch)
        mean += sample.on_host(shares[batch] @ x)
        size = np.maximum(size, sample.on_host(sample.xp.max(abs(x), axis=0)))
    return mean, size


def _deviations_in(part, columns, center, size, stride, unit):
    """Sums of d = x / size - center and of its square."""
    sample = part.sample(stride)
    shares = sample.share / unit
    if sparse.issparse(sample.X):
        return _sparse_deviations_in(sample.select_columns(columns), shares, center, size)
    common, square = np.zeros(columns.shape[0]), np.zeros(columns.shape[0])
    for batch in sample.batches(columns.shape[0]):
        d = sample.xp.take(sample.X[batch, :], columns, axis=1) / size
        d -= center
        d = _present(d, sample, batch)
        common += sample.on_host(shares[batch] @ d)
        square += sample.on_host(shares[batch] @ (d * d))
    return common, square


def _sparse_deviations_in(sample, shares, center, size):
    """The sums of `_deviations_in`; entries that are not stored deviate by the center."""
    n = len(size)
    common, square, stored = (np.zeros(n) for _ in range(3))
    for entries, columns, of_entries in _stored(sample, shares):
        d = entries / size[columns] - center[columns]
        common += np.bincount(columns, of_entries * d, minlength=n)
        square += np.bincount(columns, of_entries * np.square(d), minlength=n)
        stored += np.bincount(columns, of_entries, minlength=n)
    total = float(shares.sum(dtype=np.float64))
    absent = total - stored
    absent[absent < sample.m * np.finfo(float).eps * total] = 0  # all are there, to rounding
    return common - absent * center, square + absent * np.square(center)
