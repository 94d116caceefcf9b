"""What users may pass, and how the rest is refused in a sentence."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from sklearn_gdlogreg import GDLogisticRegression, cost_and_gradient, descend
from sklearn_gdlogreg._sklearn import VERSION

from .helpers import fitted, pandas

pytestmark = pytest.mark.sklearn

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


# ---------------------------------------------------------------------------- what to do about it


def frame(**columns):
    X = np.random.default_rng(0).normal(size=(20, 2))
    return pandas().DataFrame({"a": X[:, 0], "b": X[:, 1], **columns})


def with_entry(value):
    X = frame()
    X.iloc[3, 1] = value
    return X


TEXT = ["red", "blue"] * 10
LABELS = [0, 1] * 10
ENCODER = "make_column_transformer((OneHotEncoder(handle_unknown='ignore'), {}), remainder"

# What X is, how others' message begins, and what ours adds.
BAD_COLUMNS = {
    "text": (
        lambda: frame(s=TEXT),
        "could not convert string to float: 'red'.",
        "X has text in 's'",
    ),
    "categories": (
        lambda: frame(s=TEXT).astype({"s": "category"}),
        "could not convert string",
        ENCODER.format("['s']"),
    ),
    "text in an array": (
        lambda: frame(s=TEXT).to_numpy(),
        "could not convert string",
        ENCODER.format("[2]"),
    ),
    "text in a list": (
        lambda: frame(s=TEXT).to_numpy().tolist(),
        "could not convert string",
        "X has text in column 2:",
    ),
    "text in polars": (
        lambda: polars().DataFrame({"n": LABELS, "s": TEXT}),
        "could not convert string",
        "X has text in 's'",
    ),
    "four columns of text": (
        lambda: frame(s=TEXT, t=TEXT, u=TEXT, v=TEXT),
        "could not convert string",
        "X has text in 's', 't', 'u', ...:",
    ),
    "text and missing values": (
        lambda: with_entry(np.nan).assign(s=TEXT),
        "could not convert string",
        "X lacks values in 'b'",
    ),
    "dates": (
        lambda: frame(t=pandas().date_range("2024-01-01", periods=20)),
        "The DType",
        "X has dates in 't'",
    ),
    "a missing value": (
        lambda: with_entry(np.nan),
        "Input X contains NaN.\n",
        "X lacks values in 'b'",
    ),
    "pandas NA": (
        lambda: with_entry(np.nan).convert_dtypes(),
        "Input X contains NaN.\n",
        "X lacks values in 'b': fill them in, by a Pipeline that begins with SimpleImputer()",
    ),
    "a missing value in polars": (
        lambda: polars().DataFrame({"n": LABELS, "x": [None, *LABELS[1:]]}),
        "Input X contains NaN.\n",
        "X lacks values in 'x'",
    ),
    "a missing value in an array": (
        lambda: with_entry(np.nan).to_numpy(),
        "Input X contains NaN.\n",
        "X lacks values in column 1:",
    ),
    "a missing value in sparse rows": (
        lambda: sparse.coo_array(with_entry(np.nan).to_numpy()),
        "Input X contains NaN.\n",
        "X lacks values in column 1:",
    ),
    "infinity": (
        lambda: with_entry(-np.inf),
        "Input X contains infinity",
        "X has infinite values in 'b': replace them by numbers.",
    ),
    "infinity in float32": (
        lambda: with_entry(np.inf).to_numpy(np.float32),
        "Input X contains infinity",
        "X has infinite values in column 1:",
    ),
    "a LazyFrame": (
        lambda: polars().DataFrame({"n": LABELS}).lazy(),
        "setting an array element with a sequence.\n",
        "X is a LazyFrame, which has no values yet: pass X.collect().",
    ),
    "images": (
        lambda: np.ones((20, 4, 4, 3)),
        "Found array with dim 4, while dim <= 2 is required"
        if VERSION >= (1, 7)
        else "Found array with dim 4. GDLogisticRegression expected <= 2",
        "X has the shape (20, 4, 4, 3). An example is one row here, an image too: pass "
        "X.reshape(len(X), -1).",
    ),
}


def error_of_scikit_learn(X, y):
    """What scikit-learn's own estimator raises for these."""
    return told(LogisticRegression().fit, X, y)[0]


def told(call, *args, **options):
    """The error of a call, as a type and a text."""
    with pytest.raises((TypeError, ValueError)) as caught:
        call(*args, **options)
    return caught.type, str(caught.value)


@pytest.mark.parametrize("X", BAD_COLUMNS)
def test_others_messages_end_with_the_columns_and_the_remedy(X):
    make, begins, adds = BAD_COLUMNS[X]
    kind, message = told(GDLogisticRegression().fit, make(), LABELS)
    assert message.startswith(begins)
    assert adds in message.partition("\n")[2]
    assert kind is error_of_scikit_learn(make(), LABELS)


def test_what_is_predicted_and_what_stops_a_descent_is_looked_at_too(binary):
    X, y = binary
    X = pandas().DataFrame(X, columns=list("abcd"))
    clf = GDLogisticRegression(C=1.0).fit(X, y)
    worse = X.copy()
    worse.loc[7, "c"] = np.nan
    for predict in (clf.predict, clf.predict_proba, clf.decision_function):
        assert "\nX lacks values in 'c'" in told(predict, worse)[1]
    early = GDLogisticRegression(early_stopping=True)
    assert "\nX_val lacks values in 'c'" in told(early.fit, X, y, X_val=worse, y_val=y)[1]
    assert "\nX lacks values in 'c'" in told(cost_and_gradient, worse, y, np.ones(4), 0.0)[1]
    images = "X has the shape (150, 2, 2). An example is one row here, an image too"
    assert images in told(fitted(*binary).predict, np.ones((150, 2, 2)))[1]


def test_a_missing_value_in_a_memory_map_is_found(binary, tmp_path):
    X, y = binary
    X[100, 2] = np.nan
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert "\nX lacks values in column 2:" in told(GDLogisticRegression().fit, mapped, y)[1]


@pytest.mark.parametrize(
    "labels",
    [
        lambda: pandas().Series([0, pandas().NA, *LABELS[2:]], dtype="Int64"),
        lambda: pandas().Series(["a", pandas().NA, *TEXT[2:]], dtype="string"),
        lambda: pandas().Series(["a", None, *TEXT[2:]], dtype=object),
        lambda: pandas().Series(["a", None, *TEXT[2:]], dtype="category"),
        lambda: polars().Series([0, None, *LABELS[2:]]),
        lambda: polars().Series(["a", None, *TEXT[2:]]),
        lambda: np.array(["a", np.nan, *TEXT[2:]], dtype=object),
        lambda: [0.0, np.nan, *LABELS[2:]],
    ],
)
def test_rows_without_a_label_are_counted(labels):
    _, message = told(GDLogisticRegression().fit, frame(), labels())
    assert message.endswith(
        ".\ny has no label in 1 of its 20 rows, the first of them row 1, counted from 0: leave "
        "these rows out."
    )


def test_labels_in_a_lazy_frame():
    y = polars().DataFrame({"y": LABELS}).lazy()
    assert (
        "\ny is a LazyFrame, which has no values yet: pass y.collect()."
        in (told(GDLogisticRegression().fit, frame(), y)[1])
    )


TURN = "Examples are rows here, columns in the course: pass X.T"


@pytest.mark.parametrize(
    ("of_X", "of_y", "remedy"),
    [
        ((2, 20), (1, 20), f"{TURN}, and y with one dimension, y.ravel()."),
        ((2, 20), (20,), f"{TURN}, and y with one dimension, y.ravel()."),
        ((20, 20), (1, 20), f"{TURN}, and y with one dimension, y.ravel()."),
        ((20, 2), (1, 20), "y has one dimension here: pass y.ravel()."),
        ((20, 4, 4, 3), (1, 20), "pass X.reshape(len(X), -1), and y.ravel()."),
        ((19, 2), (20,), "inconsistent numbers of samples: [19, 20]"),
        ((20, 2), (20, 2), "got an array of shape (20, 2) instead."),
    ],
)
@pytest.mark.parametrize("caller", ["fit", "descend"])
def test_the_courses_shapes_are_turned(of_X, of_y, remedy, caller):
    X, y = np.ones(of_X), np.resize([0, 1], of_y)
    call = GDLogisticRegression().fit if caller == "fit" else descend
    assert told(call, X, y)[1].endswith(remedy)


def test_what_is_predicted_may_be_turned_too(binary):
    X, _ = binary
    clf = fitted(*binary)
    assert told(clf.predict, X[:9].T)[1].endswith(f"\n{TURN}.")
    assert told(clf.predict, X[:9, :3])[1].endswith("expecting 4 features as input.")


@pytest.mark.parametrize(
    ("X", "y"),
    [([[1, 2], [3]], [0, 1]), ("text", [0, 1]), (["a", "b"], [0, 1])],
)
def test_where_there_is_no_remedy_others_messages_stay_as_they_are(X, y):
    assert told(GDLogisticRegression().fit, X, y) == told(LogisticRegression().fit, X, y)
