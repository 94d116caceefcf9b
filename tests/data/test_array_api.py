"""Arrays of other libraries than NumPy: fitted and predicted where they are, to the same numbers.

array_api_strict has what the standard asks for and nothing else; PyTorch is tested where it is
installed.
"""

import importlib.util
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_gdlogreg import (
    Checkpoint,
    CoefficientPathDisplay,
    DescentDisplay,
    GDGridSearchCV,
    GDLogisticRegression,
    LossCurveDisplay,
    check_gradient,
    cost_and_gradient,
    descend,
)
from sklearn_gdlogreg._check import library_of, on_host
from sklearn_gdlogreg._search.fold import Fold

LIBRARIES = [
    name for name in ("array_api_strict", "torch") if importlib.util.find_spec(name) is not None
]


@pytest.fixture(params=LIBRARIES)
def xp(request):
    """A library, while scikit-learn passes its arrays through."""
    with config_context(array_api_dispatch=True):
        yield importlib.import_module(request.param)


OPTIONS = {
    "constant": {"learning_rate": 0.05, "max_iter": 30, "tol": 0},
    "auto": {"C": 1.0},
    "auto, no penalty": {"tol": 1e-6},
    "decorrelated": {"C": 0.1, "coordinates": "decorrelated", "fit_intercept": False},
    "L1": {"C": 0.5, "l1_ratio": 0.5, "max_iter": 30, "tol": 0},
    **{
        rule: {"learning_rate": rule, "max_iter": 15, "tol": 0}
        for rule in ("lipschitz", "backtracking", "barzilai-borwein", "adaptive", "silver")
    },
}


def assert_same_descent(found, expected, rtol):
    assert on_host(found.n_iter_) == expected.n_iter_
    assert found.stop_reason_ == expected.stop_reason_
    path = on_host(found.coef_path_)
    for coef, of_numpy in zip(path, expected.coef_path_, strict=True):
        assert_allclose(coef, of_numpy, rtol=0, atol=rtol * np.abs(of_numpy).max())
    assert_allclose(on_host(found.loss_curve_), expected.loss_curve_, rtol=rtol)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_every_iterate_is_numpys(options, data, xp, weights, request):
    X, y = request.getfixturevalue(data)
    for class_weight, s in ((None, None), ("balanced", weights)):
        clf = GDLogisticRegression(store_path=True, class_weight=class_weight, **OPTIONS[options])
        found = clone(clf).fit(xp.asarray(X), xp.asarray(y), sample_weight=s)
        # Libraries differ in the order of their sums; what that does grows along the way.
        assert_same_descent(found, clf.fit(X, y, sample_weight=s), rtol=1e-9)


def test_many_rows_are_sampled_and_large_offsets_survive(xp, rng):
    X = rng.normal(size=(3000, 3)) * [1, 1e-3, 1] + [0, 100, 1e6]
    y = (X[:, 0] + rng.logistic(size=3000) > 0).astype(int)
    clf = GDLogisticRegression(C=1.0, store_path=True)
    found = clone(clf).fit(xp.asarray(X), xp.asarray(y))
    # The last column's rounding is 1e-10 of its deviation.
    assert_same_descent(found, clf.fit(X, y), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_results_are_arrays_of_the_library_in_its_dtype(dtype, data, xp, request):
    X, y = request.getfixturevalue(data)
    X = X.astype(dtype)
    clf = GDLogisticRegression(C=1.0, store_path=5)
    expected = clone(clf).fit(X, y)
    clf.fit(xp.asarray(X), xp.asarray(y))
    kind = type(xp.asarray(X))
    for name, value in vars(clf).items():
        assert not isinstance(value, np.ndarray), name
    assert isinstance(clf.coef_, kind)
    assert clf.coef_.dtype == getattr(xp, dtype)
    # Steps that look at the cost see its rounding, in another order.
    tolerance = {"rtol": 1e-6, "atol": 1e-8} if dtype == "float64" else {"atol": 0.02}
    X_xp = xp.asarray(X)
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        result = getattr(clf, method)(X_xp)
        assert isinstance(result, kind)
        assert result.dtype == getattr(xp, dtype)
        assert_allclose(on_host(result), getattr(expected, method)(X), **tolerance)
    for method in ("staged_predict_proba", "staged_decision_function", "staged_predict"):
        stages = [on_host(stage) for stage in getattr(clf, method)(X_xp)]
        assert len(stages) == clf.iteration_path_.shape[0]
    assert_array_equal(stages[-1], on_host(clf.predict(X_xp)))
    assert np.mean(stages[-1] == expected.predict(X)) > 0.99
    again = pickle.loads(pickle.dumps(clf))
    assert_array_equal(on_host(again.coef_), on_host(clf.coef_))


def test_labels_may_be_of_another_library(xp, binary):
    X, y = binary
    expected = GDLogisticRegression(0.1, max_iter=5, tol=0).fit(X, y)
    strings = np.array(["no", "yes"])[y]
    for labels in (y, strings, xp.asarray(y == 1)):
        clf = GDLogisticRegression(0.1, max_iter=5, tol=0).fit(xp.asarray(X), labels)
        assert_allclose(on_host(clf.coef_), expected.coef_, rtol=1e-12)
        predicted = on_host(clf.predict(xp.asarray(X)))
        assert_array_equal(predicted, np.unique(on_host(labels))[expected.predict(X)])
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0).fit(X, xp.asarray(y))
    assert isinstance(clf.coef_, np.ndarray)
    assert_array_equal(clf.coef_, expected.coef_)


@pytest.mark.parametrize("weighted", [False, True])
def test_early_stopping(weighted, xp, multiclass, weights):
    X, y = multiclass
    s = weights if weighted else None
    clf = GDLogisticRegression(early_stopping=True, random_state=0, C=1.0)
    expected = clone(clf).fit(X, y, sample_weight=s)
    found = clone(clf).fit(xp.asarray(X), xp.asarray(y), sample_weight=s)
    for name in ("validation_loss_curve_", "validation_scores_", "coef_"):
        assert_allclose(on_host(getattr(found, name)), getattr(expected, name), rtol=1e-8)
    given = {"X_val": X[100:], "y_val": y[100:]}
    expected = clone(clf).fit(X[:100], y[:100], **given)
    given = {name: xp.asarray(value) for name, value in given.items()}
    found = clone(clf).fit(xp.asarray(X[:100]), xp.asarray(y[:100]), **given)
    assert_allclose(on_host(found.coef_), expected.coef_, rtol=1e-8)
    with pytest.raises(ValueError, match=r"X_val must be an array of .*, as X is"):
        clf.fit(xp.asarray(X), xp.asarray(y), X_val=X, y_val=y)
    with pytest.raises(ValueError, match="X_val has 3 features, but X has 4"):
        clf.fit(xp.asarray(X), xp.asarray(y), X_val=xp.asarray(X[:, 1:].copy()), y_val=y)
    with pytest.raises(ValueError, match="y_val has labels that y has not"):
        clf.fit(xp.asarray(X), xp.asarray(y), X_val=xp.asarray(X), y_val=xp.asarray(y + 1))
    with pytest.raises(ValueError, match="cannot be set aside"):
        clf.fit(xp.asarray(X), xp.asarray(np.where(np.arange(150) == 3, 9, y)))


def test_a_warm_start_and_a_given_start(xp, binary):
    X, y = (xp.asarray(a) for a in binary)
    half = GDLogisticRegression(0.1, max_iter=10, tol=0, warm_start=True)
    half.fit(X, y).fit(X, y)
    whole = GDLogisticRegression(0.1, max_iter=20, tol=0).fit(X, y)
    assert_array_equal(on_host(half.coef_), on_host(whole.coef_))
    ten = GDLogisticRegression(0.1, max_iter=10, tol=0).fit(X, y)
    given = ten.fit(X, y, coef_init=ten.coef_, intercept_init=ten.intercept_)
    assert_array_equal(on_host(given.coef_), on_host(whole.coef_))


def test_a_checkpoint_goes_on_to_the_same_bits(xp, binary, tmp_path):
    X, y = (xp.asarray(a) for a in binary)
    path = tmp_path / "checkpoint.npz"
    clf = GDLogisticRegression(C=1.0, tol=0, max_iter=30)
    clf.set_callbacks(Checkpoint(path, every=12)).fit(X, y)
    resumed = GDLogisticRegression(C=1.0, tol=0, max_iter=30).fit(X, y, resume_from=path)
    assert_array_equal(on_host(resumed.coef_), on_host(clf.coef_))


def test_history_and_displays(xp, binary):
    X, y = (xp.asarray(a) for a in binary)
    clf = GDLogisticRegression(0.1, max_iter=10, tol=0, store_path=True).fit(X, y)
    assert_allclose(clf.history()["cost"], on_host(clf.loss_curve_))
    pyplot = pytest.importorskip("matplotlib.pyplot")
    LossCurveDisplay.from_estimator(clf)
    CoefficientPathDisplay.from_estimator(clf)
    DescentDisplay.from_estimator(clf, X, y, n_grid=5)
    pyplot.close("all")


def test_a_search_of_such_arrays(xp, binary):
    X, y = binary
    grid = {"learning_rate": [0.01, 0.1], "max_iter": [5, 20]}
    search = GDGridSearchCV(GDLogisticRegression(tol=0), grid, cv=3)
    expected = clone(search).fit(X, y)
    if xp.__name__ == "array_api_strict":
        pytest.skip("scikit-learn's searches index arrays with NumPy's, which the standard forbids")
    found = search.fit(xp.asarray(X), xp.asarray(y))
    assert_allclose(found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"])
    assert type(found.best_estimator_.coef_) is type(xp.asarray(X))


def test_a_search_shares_the_iterations_of_descents_elsewhere(xp, binary, monkeypatch):
    """Rows in memory that a pipeline brings to the device."""
    counts = []
    one_descent = Fold._one_descent

    def counted(descent, *args):
        counts.append(len(descent))
        return one_descent(descent, *args)

    monkeypatch.setattr(Fold, "_one_descent", staticmethod(counted))
    pipeline = make_pipeline(FunctionTransformer(xp.asarray), GDLogisticRegression(tol=0))
    grid = {
        "gdlogisticregression__learning_rate": [0.01, 0.1],
        "gdlogisticregression__max_iter": [5, 20],
    }
    options = {"cv": 3, "scoring": "neg_log_loss", "refit": False}
    ours, theirs = (
        kind(pipeline, grid, **options).fit(*binary) for kind in (GDGridSearchCV, GridSearchCV)
    )
    scores = "mean_test_score"
    assert_allclose(ours.cv_results_[scores], theirs.cv_results_[scores], rtol=1e-12)
    assert counts == [2, 2] * 3


def test_errors_name_what_is_wrong(xp, binary):
    X, y = binary
    clf = GDLogisticRegression(0.1, max_iter=2, tol=0)
    bad = X.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        clf.fit(xp.asarray(bad), xp.asarray(y))
    with pytest.raises(ValueError, match="only one class: 1"):
        clf.fit(xp.asarray(X), xp.asarray(y * 0 + 1))
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        clf.fit(xp.asarray(X), xp.asarray(X[:, 0].copy()))
    with pytest.raises(ValueError, match="at least one non-zero"):
        clf.fit(xp.asarray(X), xp.asarray(y), sample_weight=np.zeros(150))
    with pytest.raises(ValueError, match="leaves every example with weight 0"):
        clone(clf).set_params(class_weight={0: 0, 1: 0}).fit(xp.asarray(X), xp.asarray(y))
    clf.fit(xp.asarray(X), xp.asarray(y))
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        with pytest.raises(ValueError, match="same namespace"):
            getattr(clf, method)(X)


def test_without_dispatch_arrays_are_converted(binary):
    X, y = binary
    torch = pytest.importorskip("torch")
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0).fit(torch.asarray(X), torch.asarray(y))
    assert isinstance(clf.coef_, np.ndarray)
    assert library_of(torch.asarray(X)) is None


def test_forms_that_users_have(xp, multiclass, binary):
    X, y = multiclass
    X_xp = xp.asarray(X)
    options = {"max_iter": 5, "tol": 0}
    expected = GDLogisticRegression(0.1, **options).fit(X, y, sample_weight=np.full(150, 2.0))
    names = np.array(["a", "b", "c"])
    clf = GDLogisticRegression(0.1, store_path=True, **options).fit(X_xp, names[y], 2.0)
    assert_allclose(on_host(clf.coef_), expected.coef_, rtol=1e-12)
    last = list(clf.staged_predict(X_xp))[-1]
    assert_array_equal(last, clf.predict(X_xp))
    clf.fit(X_xp, y, sample_weight=[2.0] * 150)
    assert_allclose(on_host(clf.coef_), expected.coef_, rtol=1e-12)
    whole = xp.asarray(np.round(X).astype(np.int32))
    clf.fit(whole, xp.asarray(y.astype(np.uint16)))
    assert on_host(clf.predict(whole)).shape == (150,)
    single = GDLogisticRegression(0.1, **options).fit(X_xp, y)
    single = single.predict_proba(xp.asarray(X.astype(np.float32)))
    assert_allclose(on_host(single), expected.predict_proba(X), atol=1e-6)
    with pytest.raises(ValueError, match="Complex data not supported"):
        clf.fit(xp.asarray(X + 1j), y)
    with pytest.raises(ValueError, match="too large for"):
        GDLogisticRegression(early_stopping=True).fit(
            xp.asarray(X.astype(np.float32)), y, X_val=xp.asarray(X * 1e300), y_val=y
        )
    small = np.where(y == 0, 1e-42, 1.0)
    clf = GDLogisticRegression(class_weight="balanced", **options)
    assert clf.fit(xp.asarray(X.astype(np.float32)), y, sample_weight=small).n_iter_[0] == 5


def test_the_teaching_functions_compute_in_numpy(xp, binary):
    X, y = binary
    J, dw, _ = cost_and_gradient(xp.asarray(X), xp.asarray(y), xp.asarray(np.ones(4)), 0.5)
    expected = cost_and_gradient(X, y, np.ones(4), 0.5)
    assert expected[0] == J
    assert_array_equal(dw, expected[1])
    assert next(descend(xp.asarray(X), xp.asarray(y))).cost == pytest.approx(np.log(2))
    assert check_gradient(xp.asarray(X), xp.asarray(y), np.ones(4), 0.5).difference < 1e-6
    clf = GDLogisticRegression(early_stopping=True, C=1.0)
    clf.fit(X, y, X_val=xp.asarray(X), y_val=xp.asarray(y))
    assert isinstance(clf.coef_, np.ndarray)


def test_tensors_that_record_gradients(binary):
    torch = pytest.importorskip("torch")
    X, y = binary
    with config_context(array_api_dispatch=True):
        X_torch = torch.tensor(X, requires_grad=True)
        clf = GDLogisticRegression(0.1, max_iter=5, tol=0).fit(X_torch, torch.asarray(y))
        assert not clf.coef_.requires_grad


def test_digits_on_a_library(xp):
    X, y = load_digits(return_X_y=True)
    expected = GDLogisticRegression(C=1.0).fit(X, y)
    found = GDLogisticRegression(C=1.0).fit(xp.asarray(X), xp.asarray(y))
    assert abs(int(on_host(found.n_iter_)[0]) - expected.n_iter_[0]) <= 2
    assert_allclose(on_host(found.coef_), expected.coef_, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_probabilities_of_the_largest_rows_are_numpys(dtype, data, xp, request):
    X, y = request.getfixturevalue(data)
    X = X.astype(dtype)
    # The coefficients given, and none of them 0, so that the sums of w . x do overflow.
    start = {"coef_init": np.array([[3.0, -2, 1, 4], [-1, 2, 5, -3], [2, 3, -4, 1]])}
    start["coef_init"] = start["coef_init"][: 1 if data == "binary" else 3]
    clf = GDLogisticRegression(0.1, max_iter=0, store_path=True)
    expected = clone(clf).fit(X, y, **start)
    clf.fit(xp.asarray(X), xp.asarray(y), **start)
    signs = np.array([[1, -1, 1, 1], [1, 1, 1, 1], [-1, 0, 0, 0], [0, 0, 0, 0]], dtype)
    rows = np.vstack([signs * np.finfo(dtype).max, X[:3]])
    for method in ("decision_function", "predict_proba", "predict_log_proba", "predict"):
        found = getattr(clf, method)(xp.asarray(rows))
        of_numpy = getattr(expected, method)(rows)
        assert np.isfinite(of_numpy).all()
        assert_allclose(on_host(found), of_numpy, rtol=1e-5)
        assert type(found) is type(clf.coef_)
    (stage,) = clf.staged_predict_proba(xp.asarray(rows))
    assert_allclose(on_host(stage), expected.predict_proba(rows), rtol=1e-5)
