"""DaskGDLogisticRegression: the numbers of arrays in memory, whoever adds them up."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_gdlogreg import Checkpoint, GDGridSearchCV, GDLogisticRegression

from .helpers import assert_same_descent, lazy, lazy_rows, unknown

pd = pytest.importorskip("pandas")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")

from sklearn_gdlogreg.dask import DaskGDLogisticRegression  # noqa: E402

STORAGES = {
    "dense": lambda X: X,
    "columns": lambda X: X.rechunk({1: 4}),
    "csr": lambda X: X.map_blocks(sparse.csr_matrix, meta=sparse.csr_matrix((0, 0))),
}
OPTIONS = {
    "constant": {"learning_rate": 0.01, "max_iter": 40, "tol": 0},
    "auto": {"C": 1.0},
    "auto, no penalty": {"tol": 1e-6},
    "decorrelated": {"C": 0.1, "coordinates": "decorrelated", "fit_intercept": False},
    "L1": {"C": 0.1, "l1_ratio": 0.5},
    "lipschitz": {"learning_rate": "lipschitz", "max_iter": 20, "tol": 0},
    "backtracking": {"learning_rate": "backtracking", "max_iter": 20, "tol": 0},
    "adaptive": {"learning_rate": "adaptive", "max_iter": 20, "tol": 0},
    "silver": {"learning_rate": "silver", "max_iter": 20, "tol": 0},
}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_iterate_is_that_of_arrays(options, n_classes, where, rows):
    X, y, s = rows
    y = np.minimum(y, n_classes - 1)
    expected = GDLogisticRegression(store_path=True, **OPTIONS[options])
    found = DaskGDLogisticRegression(store_path=True, **OPTIONS[options])
    assert_same_descent(found.fit(lazy(X), lazy(y)), expected.fit(X, y))
    expected.set_params(class_weight="balanced")
    found.set_params(class_weight="balanced")
    assert_same_descent(
        found.fit(lazy(X), lazy(y), sample_weight=lazy(s)), expected.fit(X, y, sample_weight=s)
    )


# The checks fit tiny, often separable arrays.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([DaskGDLogisticRegression(C=1.0)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("options", ["constant", "auto"])
def test_however_X_is_stored(storage, n_classes, options, where, rows):
    X, y, _ = rows
    y = np.minimum(y, n_classes - 1)
    X = np.where(np.abs(X) > 0.5, X, 0)
    expected = GDLogisticRegression(store_path=True, **OPTIONS[options])
    found = DaskGDLogisticRegression(store_path=True, **OPTIONS[options])
    stored = STORAGES[storage](lazy(X))
    assert_same_descent(found.fit(stored, lazy(y, 90)), expected.fit(X, y))
    assert_allclose(found.predict_proba(stored), expected.predict_proba(X), rtol=1e-7)


def test_many_rows_are_sampled_alike(where, rng):
    X = rng.normal(size=(4000, 3))
    y = (X[:, 0] > rng.logistic(size=4000)).astype(int)
    # Below a gradient of 1e-7, costs differ by their rounding, and so do the steps it decides.
    expected = GDLogisticRegression(C=1.0, store_path=True, tol=1e-7).fit(X, y)
    found = DaskGDLogisticRegression(C=1.0, store_path=True, tol=1e-7)
    # One partition is shorter than the stride of the sample, and one begins between two rows.
    X, y = (da.from_array(a, chunks=((3, 1501, 2496), *[-1] * (a.ndim - 1))) for a in (X, y))
    assert_same_descent(found.fit(X, y), expected)


@pytest.mark.parametrize("labels", ["strings", "categories", "booleans"])
def test_frames_of_unknown_lengths(labels, where, rows):
    X, y, s = rows
    y = {
        "strings": lambda y: np.array(["no", "maybe", "yes"])[y],
        "categories": lambda y: pd.Categorical(np.array(["no", "maybe", "yes"])[y]),
        "booleans": lambda y: y > 0,
    }[labels](y)
    table = pd.DataFrame(X, columns=list("abcdef")).assign(y=y, s=s)
    frame = dd.from_pandas(table, npartitions=4)
    frame = frame[frame.a < 1]
    table = table[table.a < 1]
    features = list("abcdef")
    expected = GDLogisticRegression(C=1.0, store_path=True)
    expected.fit(table[features], table.y, sample_weight=table.s)
    found = DaskGDLogisticRegression(C=1.0, store_path=True)
    found.fit(frame[features], frame.y, sample_weight=frame.s)
    assert_same_descent(found, expected)
    assert_array_equal(found.feature_names_in_, expected.feature_names_in_)
    assert_array_equal(found.classes_, expected.classes_)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        lazily = getattr(found, method)(frame[features])
        at_once = getattr(expected, method)(table[features])
        assert isinstance(lazily, da.Array)
        assert lazily.dtype == at_once.dtype
        if method == "predict":
            assert_array_equal(lazily.compute(), at_once)
        else:
            assert_allclose(lazily.compute(), at_once, rtol=1e-7)
    score = found.score(frame[features], frame.y, frame.s)
    assert score == pytest.approx(expected.score(table[features], table.y, table.s))
    with pytest.raises(ValueError, match="feature names"):
        found.predict(frame[features[::-1]])


def test_predictions_are_lazy_for_collections_and_at_once_for_arrays(where, rows):
    X, y, _ = rows
    clf = DaskGDLogisticRegression(learning_rate=0.01, max_iter=3, tol=0, store_path=True)
    with pytest.raises(NotFittedError):
        clf.predict(lazy(X))
    clf.fit(lazy(X), lazy(y))
    for name in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        at_once, lazily = getattr(clf, name)(X), getattr(clf, name)(lazy(X))
        assert type(at_once) is np.ndarray
        assert lazily.chunks[0] == lazy(X).chunks[0]
        assert_allclose(lazily.compute(), at_once, rtol=1e-12)
    for name in ("staged_predict", "staged_predict_proba", "staged_decision_function"):
        stages = list(zip(getattr(clf, name)(X), getattr(clf, name)(lazy(X)), strict=True))
        assert len(stages) == 4
        for at_once, lazily in stages:
            assert isinstance(lazily, da.Array)
            assert_allclose(lazily.compute(), at_once, rtol=1e-12)
    with pytest.raises(ValueError, match="expecting 6 features"):
        clf.predict(lazy(X[:, 1:]))
    assert pickle.loads(pickle.dumps(clf)).score(X, y) == clf.score(lazy(X), lazy(y))


def test_a_checkpoint_goes_on_where_it_was(where, rows, tmp_path):
    X, y, s = rows
    path = tmp_path / "checkpoint.npz"
    clf = DaskGDLogisticRegression(C=1.0, tol=0, max_iter=30)
    clf.set_callbacks(Checkpoint(path, every=12)).fit(*lazy_rows(X, y, s))
    resumed = clone(clf).fit(*lazy_rows(X, y, s), resume_from=path)
    # The order of a sum depends on which worker has what.
    assert_allclose(resumed.coef_, clf.coef_, rtol=0, atol=1e-10 * np.abs(clf.coef_).max())
    with pytest.raises(ValueError, match="data: X, y or the weights"):
        clone(clf).fit(*lazy_rows(X + 1, y, s), resume_from=path)


def test_a_warm_start_and_arrays(where, rows):
    X, y, _ = rows
    clf = DaskGDLogisticRegression(0.01, max_iter=5, tol=0, warm_start=True)
    clf.fit(lazy(X), lazy(y)).fit(X, y)  # on arrays it is its parent
    whole = GDLogisticRegression(0.01, max_iter=10, tol=0).fit(X, y)
    assert_allclose(clf.coef_, whole.coef_, rtol=1e-10)


@pytest.mark.parametrize("named", [False, True])
def test_a_warning_names_the_column(named, where, rows):
    X, y, _ = rows
    frame = dd.from_pandas(pd.DataFrame(X, columns=list("abcdef")), npartitions=3)
    given = (frame, dd.from_pandas(pd.Series(y), npartitions=3)) if named else (lazy(X), lazy(y))
    with pytest.warns(ConvergenceWarning, match=r"'b' \(" if named else r"column 1 \("):
        DaskGDLogisticRegression(1.0, max_iter=20).fit(*given)


def test_float32_stays_what_it_is(where, rows):
    X, y, _ = rows
    clf = DaskGDLogisticRegression(0.01, max_iter=5, tol=0).fit(lazy(X.astype(np.float32)), lazy(y))
    assert clf.coef_.dtype == np.float32
    assert clf.decision_function(lazy(X.astype(np.float32))).compute().dtype == np.float32
    mixed = da.concatenate([lazy(X[:300].astype(np.float32)), lazy(X[300:])])
    clf.fit(mixed, da.concatenate([lazy(y[:300]), lazy(y[300:])]))
    assert clf.coef_.dtype == np.float64


def test_what_would_quietly_be_loaded_is_refused(rows):
    X, y, _ = rows
    clf = GDLogisticRegression(0.01, max_iter=2, tol=0)
    for given in ((lazy(X), y), (X, lazy(y))):
        with pytest.raises(TypeError, match=r"Dask collection.*DaskGDLogisticRegression"):
            clf.fit(*given)
    with pytest.raises(TypeError, match="Dask collection"):
        clf.fit(X, y).predict(lazy(X))
    with pytest.raises(TypeError, match="Dask collection"):
        clf.set_params(early_stopping=True).fit(X, y, X_val=lazy(X), y_val=y)
    with pytest.raises(TypeError, match=r"GDGridSearchCV.*DaskGDLogisticRegression"):
        GDGridSearchCV(clf, {"C": [1.0]}).fit(lazy(X), lazy(y))


def test_what_cannot_be_scored_is_refused(where, rows):
    X, y, s = rows
    clf = DaskGDLogisticRegression(0.01, max_iter=3, tol=0).fit(lazy(X), lazy(y))
    for given, message in (
        ((lazy(X), None), "y is None"),
        ((lazy(X), lazy(y.astype(str))), "different types"),
        ((lazy(X), lazy(np.where(y == 1, np.nan, y))), "NaN"),
        ((unknown(lazy(X)), unknown(da.from_array(y, chunks=((140,) * 5,)))), "the same rows"),
        ((lazy(X), lazy(y), lazy(-s)), "Negative"),
        ((lazy(X), lazy(y), lazy(s * 0)), "nothing to score"),
    ):
        with pytest.raises(ValueError, match=message):
            clf.score(*given)
    with pytest.raises(ValueError, match="y is None"):
        clf.fit(lazy(X), None)
    with pytest.raises(TypeError, match="X is an array, but y or sample_weight is a Dask"):
        clf.fit(X, lazy(y))
