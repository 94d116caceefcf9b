"""What users pass, turned into what the numerical rooms expect, or refused with a remedy."""

import copy
import math
from contextlib import contextmanager

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.utils import assert_all_finite, check_X_y, gen_batches
from sklearn.utils.multiclass import check_classification_targets

from ._sklearn import (
    _check_sample_weight,
    _is_numpy_namespace,
    _safe_indexing,
    get_namespace_and_device,
    move_to,
)


def quiet():
    """Overflow is reported once, in words, by whoever reads the numbers, not by NumPy."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore")


def library_of(X):
    """The library of X and its device, where X is to stay; None for NumPy and all it converts."""
    if not get_config()["array_api_dispatch"]:
        return None
    xp, is_array_api, device = get_namespace_and_device(X)
    return None if not is_array_api or _is_numpy_namespace(xp) else (xp, device)


def on_host(array):
    """As a NumPy array, wherever it is; what is no array is left as it is."""
    if hasattr(array, "dtype") and library_of(array) is not None:
        return move_to(without_gradient(array), xp=np, device="cpu")
    return array


def without_gradient(array):
    """A tensor that records what is done with it cannot be looked at from outside."""
    return array.detach() if getattr(array, "requires_grad", False) else array


def check_rows(X, y, caller):
    """X as C- or F-ordered floats or CSR, not copied where it is that already, and y as a vector.

    CSR has one entry for each place, in order. A memory map is not copied in any order. `caller`
    (an estimator or a name) stands in the messages.
    """
    mapped = is_mapped(X)
    if mapped:
        _refuse_to_load(X)
        X = np.asarray(X)
    if isinstance(y, np.memmap):
        y = np.asarray(y)
    if _is_plain(X, y):
        return X, y
    try:
        # It looks for nan and inf in a sum, which may overflow.
        with quiet(), refusing_huge("X or y has a number"):
            X, y = check_X_y(
                X, y, accept_sparse="csr", dtype=(np.float64, np.float32), estimator=caller
            )
    except ValueError as error:
        if "inconsistent numbers of samples" not in str(error):
            raise
        raise ValueError(f"X and y must have the same number of rows. {error}") from error
    if sparse.issparse(X):
        X = _canonical(X)
    if not (sparse.issparse(X) or mapped or X.flags.c_contiguous or X.flags.f_contiguous):
        # Every matrix product with a strided view would copy it again.
        X = np.ascontiguousarray(X)
    return X, y


def _canonical(X):
    """CSR whose entries for the same place are added up: of these alone, squares say nothing."""
    X = copy.copy(X)  # keeps what it has been found to be; the caller's own stays as it was
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
        assert_all_finite(X, input_name="X")
    return X


def is_lazy(X):
    """Whether X is a Dask collection, which most functions would quietly load."""
    return hasattr(X, "__dask_graph__")


def refuse_lazy(name, X):
    """Say what to use for a Dask collection."""
    if is_lazy(X):
        raise TypeError(
            f"{name} is a Dask collection, which would have to be loaded as a whole. Use "
            "sklearn_gdlogreg.dask.DaskGDLogisticRegression, or pass the result of its compute()."
        )


def is_mapped(X):
    """Whether X lies in a file that is mapped into memory, and may be larger than that."""
    while isinstance(X, np.ndarray):
        if isinstance(X, np.memmap):
            return True
        X = X.base
    return False


def _refuse_to_load(X):
    """A map that is to be converted would come into memory as a whole."""
    if X.dtype in (np.float64, np.float32):
        return
    needed, allowed = X.size * 8 / 2**20, get_config()["working_memory"]
    if needed > allowed:
        raise ValueError(
            f"X is a memory map of {X.dtype}, which takes {needed:,.0f} MiB as float64; more than "
            f"scikit-learn's working_memory, {allowed:,.0f} MiB. Write the file as float32 or "
            "float64, which is used where it is, or raise sklearn.set_config(working_memory=...)."
        )


def _is_plain(X, y):
    """Whether check_X_y would change nothing and refuse nothing: it takes longer to find out.

    As long as three steps on a few hundred rows.
    """
    if not (type(X) is np.ndarray and type(y) is np.ndarray and X.ndim == 2 and y.ndim == 1):
        return False
    if X.dtype not in (np.float64, np.float32) or y.dtype.kind not in "iub" or len(X) != len(y):
        return False
    if X.size == 0 or not (X.flags.c_contiguous or X.flags.f_contiguous):
        return False
    with quiet():
        return math.isfinite(np.add.reduce(X, axis=None))


def check_rows_as_examples(X, y, caller):
    """X and y as `check_rows` gives them; whoever comes from the course may have turned them."""
    X, y = on_host(X), on_host(y)
    with remedied(X, y):
        if turned := _turned(np.shape(X), np.shape(y)):
            raise ValueError(f"X has the shape {np.shape(X)} and y {np.shape(y)}. {turned}")
        return check_rows(X, y, caller)


def _turned(of_X, of_y):
    """What to do where examples are columns, as in the course; empty where they are not."""
    rows, *columns = of_X or (0,)
    if of_y == (1, *columns) or (of_y == (*columns,) != (rows,)):
        return (
            "Examples are rows here, columns in the course: pass X.T, and y with one dimension, "
            "y.ravel()."
        )
    return ""


@contextmanager
def remedied(X, y=None, name="X", n_features=None):
    """Around checks whose errors are others': they keep their type, and end with what to do.

    The data are looked at only once there is an error. `n_features` is how many X should have.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        remedy = _remedy(str(error), X, y, name, n_features)
        if remedy:
            error.args = (f"{str(error).removesuffix('.')}.\n{remedy}",)
        raise


def _remedy(message, X, y, name, n_features):
    """What to do about others' error; empty where their message says it all, or it is our own."""
    for each, what in ((name, X), (name.replace("X", "y"), y)):
        if type(what).__name__ == "LazyFrame":
            return f"{each} is a LazyFrame, which has no values yet: pass {each}.collect()."
    of_X, of_y = _shape(X), _shape(y)
    if "dim 3" in message or "dim 4" in message:
        return (
            f"{name} has the shape {of_X}. An example is one row here, an image too: pass "
            f"{name}.reshape(len({name}), -1){', and y.ravel()' * (of_y[:-1] == (1,))}."
        )
    if "1d array" in message and len(of_y) == 2 and of_y[0] == 1:
        return _turned(of_X, of_y) or "y has one dimension here: pass y.ravel()."
    if "same number of rows" in message:
        return _turned(of_X, of_y)
    if "features as input" in message and len(of_X) == 2 and of_X[0] == n_features:
        return f"Examples are rows here, columns in the course: pass {name}.T."
    if any(said in message for said in ABOUT_COLUMNS) and len(of_X) == 2:
        return _remedy_for_columns(on_host(X), name)
    if any(said in message for said in ABOUT_MISSING_LABELS) and len(of_y) == 1:
        return _remedy_for_labels(on_host(y), name.replace("X", "y"))
    return ""


# By what others' messages are known.
ABOUT_COLUMNS = (
    "Input X contains",
    "could not convert",
    "could not be promoted",
    "float() argument",
)
ABOUT_MISSING_LABELS = (
    "Input y contains NaN",
    "Input contains NaN",
    "NA is ambiguous",
    "label type: unknown",
    "labels of different types",
)


def _shape(array):
    """Its shape; none for lists of lists of unlike lengths."""
    try:
        return tuple(np.shape(array))
    except ValueError:
        return ()


def _remedy_for_columns(X, name):
    """Which columns are no numbers or not finite, and what makes them so."""
    found = {"text": [], "dates": [], "missing": [], "infinite": []}
    for column, defects in _defects(X):
        for defect in defects:
            found[defect].append(column)
    named = hasattr(X, "columns")

    def listed(defect):
        shown = [repr(each) if named else f"column {each}" for each in found[defect][:3]]
        return ", ".join(shown) + ", ..." * (len(found[defect]) > 3)

    encoder = f"(OneHotEncoder(handle_unknown='ignore'), {_shortened(found['text'])})"
    remedies = {
        "text": f"{name} has text in {listed('text')}: encode it, by a Pipeline that begins with "
        f"make_column_transformer({encoder}, remainder='passthrough').",
        "dates": f"{name} has dates in {listed('dates')}: make numbers of them, such as the days "
        "since the first.",
        "missing": f"{name} lacks values in {listed('missing')}: fill them in, by a Pipeline that "
        "begins with SimpleImputer(), or leave these rows out.",
        "infinite": f"{name} has infinite values in {listed('infinite')}: replace them by numbers.",
    }
    return " ".join(remedies[defect] for defect in found if found[defect])


def _defects(X):
    """(name or number, what keeps its values from being finite numbers) of every column."""
    if hasattr(X, "columns"):
        for j, column in enumerate(X.columns):
            yield column, _defects_of(np.asarray(_safe_indexing(X, j, axis=1)))
    elif sparse.issparse(X):
        X = X.tocsc()
        for j in range(X.shape[1]):
            yield j, _defects_of(X.data[X.indptr[j] : X.indptr[j + 1]])
    elif getattr(X, "dtype", None) in (np.float64, np.float32):
        # By rows: X may be a memory map, of which every column is on every page.
        some = [X[rows] for rows in gen_batches(len(X), max(1, 2**20 // X.shape[1]))]
        missing, infinite = (
            np.logical_or.reduce([is_so(rows).any(axis=0) for rows in some])
            for is_so in (np.isnan, np.isinf)
        )
        for j in range(X.shape[1]):
            yield j, ["missing"] * bool(missing[j]) + ["infinite"] * bool(infinite[j])
    else:
        # NumPy would make text of all that stands in a list with a text.
        X = np.asarray(X, dtype=getattr(X, "dtype", object))
        for j in range(X.shape[1]):
            yield j, _defects_of(X[:, j])


def _defects_of(values):
    """What keeps values from being finite numbers."""
    if values.dtype.kind in "mM":
        return ["dates"]
    missing = _missing(values)
    try:
        infinite = np.isinf(values[~missing].astype(np.float64)).any()
    except (TypeError, ValueError):
        return ["text"]
    return ["missing"] * bool(missing.any()) + ["infinite"] * bool(infinite)


def _missing(values):
    """Which values are None, NaN, or pandas' NA or NaT."""
    if values.dtype.kind != "O":
        return np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
    return np.array(
        [
            value is None
            or type(value).__name__ in ("NAType", "NaTType")
            or (isinstance(value, float) and math.isnan(value))
            for value in values
        ],
        dtype=bool,
    )


def _remedy_for_labels(y, name):
    """Which rows have no label."""
    missing = np.flatnonzero(_missing(np.asarray(y)))
    if not len(missing):
        return ""
    return (
        f"{name} has no label in {len(missing)} of its {len(y)} rows, the first of them row "
        f"{missing[0]}, counted from 0: leave these rows out."
    )


def check_fits(finite, dtype):
    """Refuse validation data that are no longer finite in the dtype of X."""
    if not finite:
        raise ValueError(f"X_val has values too large for {dtype}, which X has; scale both.")


def check_labels(y):
    """Refuse numbers that are no classes."""
    if y.dtype.kind not in "iubUS":
        # Integers and strings are classes; finding that out takes longer than a small fit.
        try:
            check_classification_targets(y)
        except TypeError as error:
            raise ValueError(
                "y has labels of different types, which cannot be sorted, such as strings and "
                f"numbers; use one type: {error}."
            ) from error


def check_classes(classes, at_least=2):
    """Refuse a single class."""
    if len(classes) < at_least:
        raise ValueError(
            "y must have at least 2 classes to tell apart; it has only one class: "
            f"{classes.tolist()[0]!r}."
        )


def check_weights(sample_weight, X, *, all_zero=False, dtype=np.float64):
    """Weights as float64, not negative and, unless they may be, not all zero; None stays None."""
    if sample_weight is None:
        return None
    if library_of(X) is None:
        sample_weight = on_host(sample_weight)
    # In float64 also for float32 X, where a weight of 1e300 would be inf.
    with refusing_huge("sample_weight has a number"):
        return _check_sample_weight(
            sample_weight,
            X,
            dtype=dtype,
            ensure_non_negative=True,
            allow_all_zero_weights=all_zero,
        )


def check_float(name, value):
    """A number as a float; integers may be too large for one."""
    with refusing_huge(f"{name} is"):
        return float(value)


@contextmanager
def refusing_huge(subject):
    """Refuse integers that are too large for a float; `subject` begins the message."""
    try:
        yield
    except OverflowError:
        raise ValueError(f"{subject} too large for a float: an integer of many digits.") from None


def check_number_array(name, value):
    """An array of finite float64."""
    value = value.toarray() if sparse.issparse(value) else on_host(value)
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be an array of numbers; got {value!r}.") from None
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; got {_shortened(array.ravel())}.")
    return array


def check_codes(y, n_classes=None):
    """y as integers 0 .. n_classes - 1; without n_classes, these and all of them."""
    if y.dtype.kind == "O":
        y = check_number_array("y", y)
    labels = np.unique(y)
    accepted = np.arange(n_classes or max(2, len(labels)))
    # Compared as they are: a label of 2^63 or 1e300 has no integer code.
    if y.dtype.kind not in "biuf" or not np.isin(labels, accepted).all():
        expected = "0 and 1" if len(accepted) == 2 else f"0, 1, ..., {len(accepted) - 1}"
        raise ValueError(
            f"y must hold the labels {expected}; got {_shortened(labels)}. GDLogisticRegression "
            "takes labels of any kind."
        )
    return y.astype(np.intp)


def check_start(given, objective):
    """w of shape (*outputs, n) and b of shape (*outputs,), zeros where nothing is given; its names.

    `given` names the two as the caller's parameters are named: {"coef_init": ...,
    "intercept_init": ...}. For two classes coef may also have the shape (1, n), and intercept
    (1,), as coef_ and intercept_ have them. Where 0 is outside the bounds, a start that is not
    given is the nearest number within them.
    """
    (coef_name, coef), (intercept_name, intercept) = given.items()
    n, outputs, dtype = objective.n, objective.outputs, objective.dtype
    w = _check_initial(coef_name, coef, (*outputs, n), (1, n), dtype)
    b = _check_initial(intercept_name, intercept, outputs, (1,), dtype)
    if not objective.fit_intercept and np.any(b != 0):
        raise ValueError(
            f"{intercept_name} is {intercept!r}, but fit_intercept=False keeps the intercept at 0: "
            "leave it out, or set fit_intercept=True."
        )
    within = objective.penalty.clipped(w)
    if coef is not None:
        _check_within(coef_name, w, within)
    return within, b, " and ".join(name for name, value in given.items() if value is not None)


def _check_within(name, w, within):
    """Refuse a start outside the bounds, by more than the rounding of its dtype."""
    outside = np.abs(w - within) > 2 * np.finfo(w.dtype).eps * np.abs(w)
    if outside.any():
        place = tuple(np.argwhere(outside)[0].tolist())
        of_class = f" and class number {place[0]}" if len(place) > 1 else ""
        raise ValueError(
            f"{name} is outside the bounds: {w[place].item()!r} for feature {place[-1]}{of_class}, "
            f"where the nearest allowed is {within[place].item()!r}. Start within them, for "
            "instance by leaving it out, or change bounds."
        )


def _check_initial(name, value, shape, binary_shape, dtype):
    if value is None:
        return np.zeros(shape, dtype)
    array = check_number_array(name, value)
    accepted = [shape] if len(shape) == len(binary_shape) else [shape, binary_shape]
    if array.shape not in accepted:
        shapes = " or ".join(str(shape) if shape else "()" for shape in accepted)
        raise ValueError(f"{name} must have the shape {shapes}; got {array.shape}.")
    if np.abs(array).max(initial=0) > np.finfo(dtype).max:
        raise ValueError(f"{name} is too large for {dtype}; got {_shortened(array.ravel())}.")
    return array.reshape(shape).astype(dtype)


def _shortened(values):
    """A list of values for a message: the first few of them."""
    shown = ", ".join(repr(value) for value in np.asarray(values)[:5].tolist())
    return f"[{shown}, ...]" if len(values) > 5 else f"[{shown}]"
