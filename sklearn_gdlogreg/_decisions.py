"""Decision values z, and what they stand for: finite for every finite row, and as probabilities."""

import numpy as np
from scipy.sparse import issparse

from ._array_api import Namespace, library_of
from ._check import quiet
from ._cross_entropy import Sigmoid, Softmax
from ._rows import BATCH_ENTRIES, batches


def largest_decision(dtype):
    """Differences of decision values below this are finite."""
    return float(np.finfo(dtype).max) / 4


def without_overflow(z, X, coef, intercept):
    """Decision values, finite for every finite row: a sum of terms up to 1e308 may be inf or nan.

    Where they are too large, a multiple of them that is not, for the same order and the same signs.
    """
    largest = largest_decision(z.dtype)
    z = z.copy()
    rows = np.flatnonzero(~(np.abs(z).reshape(len(z), -1).max(axis=1) < largest))
    few = X[rows].astype(np.float64)
    size = abs(few).max(axis=1)
    size = np.asarray(size.todense() if issparse(size) else size).reshape(-1, 1)
    # Rows, coefficients and intercepts in powers of 2 of their own, then in one that holds all.
    of_row, of_coef, of_intercept = (
        np.frexp(most)[1] for most in (size, np.abs(coef).max(), np.abs(intercept).max())
    )
    few = few.multiply(np.ldexp(1.0, -of_row)).tocsr() if issparse(few) else np.ldexp(few, -of_row)
    power = np.maximum(of_row + of_coef, of_intercept)
    relative = np.ldexp(
        few @ np.ldexp(coef.astype(np.float64), -of_coef).T, of_row + of_coef - power
    )
    relative += np.ldexp(intercept.astype(np.float64), -power)
    greatest = np.abs(relative).max(axis=1, keepdims=True)
    with quiet():
        reached = np.minimum(np.ldexp(greatest, power), largest)
    values = np.divide(relative, greatest, out=np.zeros_like(relative), where=greatest > 0)
    z[rows] = (values * reached).reshape(len(rows), *z.shape[1:])
    return z


def of_decisions(name, z):
    """The "probabilities" or "log_probabilities" of decision values."""
    function = getattr(Softmax if z.ndim > 1 else Sigmoid, name)
    library = library_of(z)
    if library is not None:
        of_classes = function(z.T if z.ndim > 1 else z, Namespace(*library))
        return of_classes.T if z.ndim > 1 else library[0].stack(of_classes, axis=1)
    result = z if z.ndim > 1 else np.empty((len(z), 2), z.dtype)
    # Block by block: the temporaries stay in the cache.
    for rows in batches(len(z), max(1, BATCH_ENTRIES // (4 * result.shape[1]))):
        for k, of_class in enumerate(function(z[rows].T)):
            result[rows, k] = of_class
    return result
