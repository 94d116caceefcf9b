"""Decision values z, and what they stand for: finite for every finite row, and as probabilities."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import validate_data

from .._check import is_mapped, library_of, on_host, quiet, refusing_huge, remedied
from .._objective.cross_entropy import Sigmoid, Softmax
from .._objective.rows import BATCH_ENTRIES, batches, chunks
from .._sklearn import move_to
from .array_api import Namespace


def decisions(estimator, X, coef, intercept):
    """z = w . x + b for rows that are to be predicted; of a memory map, chunk by chunk."""
    if is_mapped(X) and X.ndim == 2 and len(X):
        # What must be converted or copied is a chunk at a time, not the whole.
        parts = (rows_to_predict(estimator, np.asarray(X)[rows]) for rows in chunks(X))
        return np.concatenate([decision_values(part, coef, intercept) for part in parts])
    return decision_values(rows_to_predict(estimator, X), coef, intercept)


def rows_to_predict(estimator, X):
    """X, checked, as floats, as in `fit`."""
    # NumPy's products promote; those of other libraries want the dtype of the coefficients.
    dtype = (np.float64, np.float32) if library_of(X) is None else estimator.coef_.dtype
    # It looks for nan and inf in a sum, which may overflow.
    expected = estimator.n_features_in_
    with quiet(), refusing_huge("X has a number"), remedied(X, n_features=expected):
        return validate_data(estimator, X, accept_sparse="csr", dtype=dtype, reset=False)


@quiet()  # what overflows is computed again, and what underflows is 0
def decision_values(X, coef, intercept):
    """z = w . x + b, of shape (m,) or (m, n_classes), finite for every finite row."""
    z = safe_sparse_dot(X, coef.T, dense_output=True) + intercept
    library = library_of(z)
    xp, device = library or (np, None)
    # Of values below this the differences are finite.
    largest = float(xp.finfo(z.dtype).max) / 4
    if z.shape[0] and not xp.max(xp.abs(z)) < largest:
        # Only the rows that overflow are brought to the host, where NumPy has powers of 2.
        z = np.array(on_host(z))
        rows = np.flatnonzero(~(np.abs(z).max(axis=1) < largest))
        few = X[rows] if library is None else xp.take(X, xp.asarray(rows, device=device), axis=0)
        coef = coef.toarray() if issparse(coef) else coef
        z[rows] = _without_overflow(*map(on_host, (few, coef, intercept)), largest)
        z = z if library is None else xp.asarray(z, device=device)
    return z[:, 0] if z.shape[1] == 1 else z


def _without_overflow(few, coef, intercept, largest):
    """The decision values of rows where a sum of terms up to 1e308 has become inf or nan.

    A multiple of the values that is not too large, for the same order and the same signs.
    """
    few = few.astype(np.float64)
    size = abs(few).max(axis=1)
    size = np.asarray(size.todense() if issparse(size) else size).reshape(-1, 1)
    # Rows, coefficients and intercepts in powers of 2 of their own, then in one that holds all.
    of_row, of_coef, of_intercept = (
        np.frexp(most)[1] for most in (size, np.abs(coef).max(), np.abs(intercept).max())
    )
    if issparse(few):
        few.data = np.ldexp(few.data, np.repeat(-of_row, np.diff(few.indptr)))
    else:
        few = np.ldexp(few, -of_row)
    power = np.maximum(of_row + of_coef, of_intercept)
    relative = np.ldexp(
        few @ np.ldexp(coef.astype(np.float64), -of_coef).T, of_row + of_coef - power
    )
    relative += np.ldexp(intercept.astype(np.float64), -power)
    greatest = np.abs(relative).max(axis=1, keepdims=True)
    reached = np.minimum(np.ldexp(greatest, power), largest)
    values = np.divide(relative, greatest, out=np.zeros_like(relative), where=greatest > 0)
    return values * reached


@quiet()  # exp(-1000) is 0, whatever the caller wants to be told of
def class_probabilities(name, z):
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


def predicted(classes, z):
    """The labels that decision values stand for, in the library that these are of."""
    library, z = library_of(z), on_host(z)
    codes = (z > 0).astype(np.intp) if z.ndim == 1 else z.argmax(axis=1)
    labels = on_host(classes)[codes]
    if library is None or labels.dtype.kind not in "biuf":
        return labels
    return move_to(labels, xp=library[0], device=library[1])
