"""What users may pass, and how the rest is refused in a sentence."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_gdlogreg import GDLogisticRegression

from .helpers import fitted, pandas

# ---------------------------------------------------------------------------- what is taken


def readonly(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def wide_index(X):
    X = sparse.csr_array(X)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


def polars():
    return pytest.importorskip("polars")


SAME = {
    "list": np.ndarray.tolist,
    "F order": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "reversed": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": readonly,
    "object": lambda X: X.astype(object),
    "pandas": lambda X: pandas().DataFrame(X, columns=list("abcd")),
    "pandas nullable": lambda X: pandas().DataFrame(X, columns=list("abcd")).convert_dtypes(),
    "polars": lambda X: polars().DataFrame(X, schema=list("abcd")),
    "csr_array": sparse.csr_array,
    "csc_matrix": sparse.csc_matrix,
    "coo_array": sparse.coo_array,
    "int64 indices": wide_index,
}


@pytest.mark.parametrize("form", SAME)
def test_every_form_of_X_gives_the_same_model(form, binary):
    X, y = binary
    expected = fitted(X, y)
    X = SAME[form](X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf = fitted(X, y)
        proba = clf.predict_proba(X)
    # Sums in another order, over a few dozen iterations.
    assert_allclose(clf.coef_, expected.coef_, rtol=1e-9)
    assert_allclose(proba, expected.predict_proba(binary[0]), rtol=1e-9)
    named = form.startswith(("pandas", "polars"))
    assert hasattr(clf, "feature_names_in_") == named
    if named:
        assert_array_equal(clf.feature_names_in_, list("abcd"))


def test_a_memory_map_is_fitted_as_it_is(binary, tmp_path):
    X, y = binary
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert_array_equal(fitted(mapped, y).coef_, fitted(X, y).coef_)


@pytest.mark.parametrize(
    "labels",
    [
        [False, True],
        ["no", "yes"],
        np.array(["no", "yes"], dtype=object),
        [-1, 1],
        [-1.0, 1.0],
        [3, 10],
        ["b", "a"],
        np.array([250, 3], dtype=np.uint8),
    ],
)
def test_labels_may_be_of_any_type(labels, binary):
    X, y = binary
    labels = np.asarray(labels)
    clf = fitted(X, labels[y])
    assert_array_equal(clf.classes_, np.sort(labels))
    assert clf.classes_.dtype == labels.dtype
    assert_array_equal(clf.predict(X), labels[fitted(X, y).predict(X)])


def test_labels_may_be_columns_of_frames(binary):
    X, y = binary
    names = np.array(["no", "yes"])[y]
    pd, pl = pandas(), polars()
    for column in (pd.Series(names, dtype="category"), pd.Series(names), pl.Series(names)):
        assert_array_equal(fitted(X, column).classes_, ["no", "yes"])
    assert_array_equal(fitted(X, pd.Series(y, dtype="Int64")).predict(X), fitted(X, y).predict(X))


# ---------------------------------------------------------------------------- what is refused


BAD_DATA = [
    ({"X": np.full((150, 4), np.nan)}, "Input X contains NaN"),
    ({"X": np.full((150, 4), np.inf)}, "Input X contains infinity"),
    ({"X": np.ones(150)}, "Expected 2D array"),
    ({"X": np.ones((150, 0))}, "0 feature"),
    ({"X": np.ones((149, 4))}, "inconsistent numbers of samples"),
    ({"X": np.ones((150, 4)) * 1j}, "Complex data not supported"),
    ({"y": np.ones(150)}, "only one class: 1.0"),
    ({"y": ["a"] * 150}, "only one class: 'a'"),
    ({"y": np.linspace(0, 1, 150)}, "Unknown label type: continuous"),
    ({"y": np.eye(150, 2)}, r"y should be a 1d array"),
    ({"y": None}, "requires y to be passed"),
    ({"y": [np.nan, *range(149)]}, "Input y contains NaN"),
    ({"sample_weight": -np.ones(150)}, "Negative values in data passed to `sample_weight`"),
    ({"sample_weight": np.zeros(150)}, "[Ss]ample.weights? .*zero"),
    ({"sample_weight": np.ones(149)}, "sample_weight.shape"),
    ({"sample_weight": np.full(150, np.nan)}, "sample_weight contains NaN"),
    ({"coef_init": np.ones((2, 4))}, r"coef_init must have the shape \(4,\) or \(1, 4\)"),
    ({"coef_init": np.ones(5)}, r"coef_init must have the shape"),
    ({"intercept_init": np.ones(2)}, r"intercept_init must have the shape"),
    ({"coef_init": np.full((1, 4), np.inf)}, "coef_init must be finite"),
    ({"coef_init": np.full((1, 4), 1e308)}, "cost at the start is not finite"),
]


def snapshot(clf):
    return pickle.dumps(clf)


@pytest.mark.parametrize(("change", "message"), BAD_DATA)
def test_bad_data_is_named_and_leaves_an_earlier_fit_alone(change, message, binary):
    X, y = binary
    clf = fitted(X, y)
    before = snapshot(clf)
    good = {"X": X, "y": y, "sample_weight": None, "coef_init": None, "intercept_init": None}
    with pytest.raises(ValueError, match=message):
        clf.fit(**good | change)
    assert snapshot(clf) == before


@pytest.mark.parametrize("where", ["learning_rate", "C", "tol"])
def test_an_integer_beyond_all_floats_is_named(where, binary):
    with pytest.raises(ValueError, match=f"{where} is too large for a float"):
        GDLogisticRegression(**{where: 10**400}).fit(*binary)
    with pytest.raises(ValueError, match=r"learning_rate\(1\) is too large"):
        GDLogisticRegression(lambda t: 10**400).fit(*binary)
    with pytest.raises(ValueError, match="class_weight must hold finite numbers"):
        GDLogisticRegression(class_weight={0: 10**400, 1: 1}).fit(*binary)


def test_a_start_beyond_float32_is_refused_where_X_is_float32(binary):
    X, y = binary
    with pytest.raises(ValueError, match="coef_init is too large for float32"):
        GDLogisticRegression().fit(X.astype(np.float32), y, coef_init=[[1e39, 0, 0, 0]])
