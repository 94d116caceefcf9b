"""Collections of arrays, and the descents of both beside each other."""

import numpy as np
from numpy.testing import assert_allclose


def lazy(array, length=150, columns=-1):
    import dask.array as da

    chunks = (length, columns) if array.ndim > 1 else length
    return da.from_array(array, chunks=chunks)


def lazy_rows(X, y, s=None):
    return lazy(X), lazy(y), None if s is None else lazy(s)


def unknown(collection):
    """The same without its lengths."""
    import dask.array as da

    return collection[da.ones(len(collection), chunks=collection.chunks[0]) > 0]


def with_nan(X):
    X = X.copy()
    X[333, 2] = np.nan
    return X


def assert_same_descent(found, expected, rtol=1e-10):
    """Every iterate, the cost and the end."""
    assert found.n_iter_ == expected.n_iter_
    assert found.stop_reason_ == expected.stop_reason_
    for coef, of_arrays in zip(found.coef_path_, expected.coef_path_, strict=True):
        assert_allclose(coef, of_arrays, rtol=0, atol=rtol * np.abs(of_arrays).max())
    assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=rtol)
