"""What users pass, turned into what the numerical rooms expect, or refused with a remedy."""

import numpy as np
from scipy import sparse
from sklearn.utils import check_X_y
from sklearn.utils.validation import _check_sample_weight


def check_rows(X, y, caller):
    """X as C- or F-ordered floats or CSR, not copied where it is that already, and y as a vector.

    `caller` (an estimator or a name) stands in the messages.
    """
    X, y = check_X_y(X, y, accept_sparse="csr", dtype=(np.float64, np.float32), estimator=caller)
    if not sparse.issparse(X) and not (X.flags.c_contiguous or X.flags.f_contiguous):
        # Every matrix product with a strided view would copy it again.
        X = np.ascontiguousarray(X)
    return X, y


def check_weights(sample_weight, X):
    """Weights in the dtype of X; None stays None."""
    if sample_weight is None:
        return None
    # _check_sample_weight is named by scikit-learn's developer guide as the one to use; it would
    # be replaced by a public `check_sample_weight`.
    return _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)


def check_codes(y):
    """y as integer codes 0 .. K - 1, and K, for the functions that take no other labels."""
    codes = np.asarray(y)
    if codes.dtype.kind not in "biuf" or (codes < 0).any() or (codes != np.floor(codes)).any():
        raise ValueError(
            "y must hold the labels 0 and 1 (or 0, 1, ..., K - 1 for K classes); got "
            f"{_shortened(np.unique(codes))}. GDLogisticRegression takes labels of any kind."
        )
    codes = codes.astype(np.intp)
    return codes, max(2, int(codes.max()) + 1)


def check_start(coef, intercept, outputs, X, fit_intercept=True):
    """w of shape (*outputs, n) and b of shape (*outputs,), zeros where nothing is given.

    For two classes coef may also have the shape (1, n), and intercept (1,), as coef_ and
    intercept_ have them.
    """
    n = X.shape[1]
    w = _check_initial("coef", coef, (*outputs, n), (1, n), X.dtype)
    b = _check_initial("intercept", intercept, outputs, (1,), X.dtype)
    if not fit_intercept and np.any(b != 0):
        raise ValueError(
            f"The initial intercept is {intercept!r}, but fit_intercept=False keeps it at 0: "
            "leave it out, or set fit_intercept=True."
        )
    return w, b


def _check_initial(name, value, shape, binary_shape, dtype):
    if value is None:
        return np.zeros(shape, dtype)
    if sparse.issparse(value):
        value = value.toarray()
    try:
        array = np.array(value, dtype=dtype)
    except (TypeError, ValueError):
        raise ValueError(f"The initial {name} must be numeric; got {value!r}.") from None
    accepted = [shape] if len(shape) == len(binary_shape) else [shape, binary_shape]
    if array.shape not in accepted:
        shapes = " or ".join(map(str, accepted))
        raise ValueError(f"The initial {name} must have the shape {shapes}; got {array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError(f"The initial {name} must be finite; got {_shortened(array.ravel())}.")
    return array.reshape(shape)


def _shortened(values):
    """A list of values for a message: the first few of them."""
    shown = ", ".join(repr(value) for value in np.asarray(values)[:5].tolist())
    return f"[{shown}, ...]" if len(values) > 5 else f"[{shown}]"
