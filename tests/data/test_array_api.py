"""Arrays of other libraries than NumPy: fitted and predicted where they are, to the same numbers.

array_api_strict has what the standard asks for and nothing else; PyTorch is tested where it is
installed.
"""

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
    check_separation,
    cost_and_gradient,
    descend,
)
from sklearn_gdlogreg._check import library_of, on_host
from sklearn_gdlogreg._data.array_api import WAYS_TO_HOST
from sklearn_gdlogreg._data.array_examples import ArrayExamples
from sklearn_gdlogreg._objective.objective import Objective, cost_and_gradient_in
from sklearn_gdlogreg._search.fold import Fold

from ..helpers import needs_sklearn

pytestmark = pytest.mark.sklearn

OPTIONS = {
    "constant": {"learning_rate": 0.05, "max_iter": 30, "tol": 0},
    "auto": {"C": 1.0},
    "auto, no penalty": {"tol": 1e-6},
    "decorrelated": {"C": 0.1, "coordinates": "decorrelated", "fit_intercept": False},
    "L1": {"C": 0.5, "l1_ratio": 0.5, "max_iter": 30, "tol": 0},
    "bounds": {"C": 0.5, "bounds": (0, None), "penalty_factors": {1: 0}},
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


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_a_step_waits_for_nothing_before_all_its_sums_are_asked_for(data, xp, request):
    """What is converted to a number of Python in between would keep a GPU idle."""
    X, y = map(xp.asarray, request.getfixturevalue(data))
    rows = ArrayExamples.checked(X, y, None, "test").rows()
    objective, (part,) = Objective(rows), rows.parts
    start = (xp.zeros((*objective.outputs, rows.n), dtype=X.dtype), xp.zeros(objective.outputs))
    sums = cost_and_gradient_in(part, objective.loss, *start)
    assert all(library_of(total) is not None for total in sums)


def test_steps_do_not_look_for_the_library_of_their_arrays(xp, binary, monkeypatch):
    """That takes scikit-learn longer than a step takes a GPU."""
    from sklearn_gdlogreg import _check

    asked = []

    def counting(*arrays):
        asked.append(arrays)
        return ask(*arrays)

    ask = _check.get_namespace_and_device
    monkeypatch.setattr(_check, "get_namespace_and_device", counting)
    X, y = map(xp.asarray, binary)
    numbers = []
    for max_iter in (2, 20):
        asked.clear()
        GDLogisticRegression(0.1, max_iter=max_iter, tol=0).fit(X, y)
        numbers.append(len(asked))
    assert numbers[0] == numbers[1] > 0


def test_arrays_of_a_gpu_are_fetched_the_way_their_library_has():
    class OfPyTorch:
        def cpu(self):
            return self

        def numpy(self):
            return "PyTorch's"

    class OfCuPy:
        def get(self):
            return "CuPy's"

    _, of_pytorch, of_cupy, _ = WAYS_TO_HOST
    assert (of_pytorch(OfPyTorch()), of_cupy(OfCuPy())) == ("PyTorch's", "CuPy's")


def test_many_rows_are_sampled_and_large_offsets_survive(xp, rng):
    X = rng.normal(size=(3000, 3)) * [1, 1e-3, 1] + [0, 100, 1e6]
    y = (X[:, 0] + rng.logistic(size=3000) > 0).astype(int)
    clf = GDLogisticRegression(C=1.0, store_path=True)
    found = clone(clf).fit(xp.asarray(X), xp.asarray(y))
    # The last column's rounding is 1e-10 of its deviation.
    assert_same_descent(found, clf.fit(X, y), rtol=1e-6)


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


def test_the_teaching_functions_compute_in_numpy(xp, binary):
    X, y = binary
    J, dw, _ = cost_and_gradient(xp.asarray(X), xp.asarray(y), xp.asarray(np.ones(4)), 0.5)
    expected = cost_and_gradient(X, y, np.ones(4), 0.5)
    assert expected[0] == J
    assert_array_equal(dw, expected[1])
    assert next(descend(xp.asarray(X), xp.asarray(y))).cost == pytest.approx(np.log(2))
    assert check_gradient(xp.asarray(X), xp.asarray(y), np.ones(4), 0.5).difference < 1e-6
    clf = GDLogisticRegression(early_stopping=True, C=1.0, random_state=0)
    clf.fit(X, y, X_val=xp.asarray(X), y_val=xp.asarray(y))
    assert isinstance(clf.coef_, np.ndarray)


@needs_sklearn("1.9")
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


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_separation_is_found_where_the_rows_are(data, xp, request):
    X, y = request.getfixturevalue(data)
    X = np.column_stack([X, (y == 1) & (np.arange(150) < 40)]).astype(float)
    expected = check_separation(X, y)
    found = check_separation(xp.asarray(X), xp.asarray(y))
    assert (found.kind, found.infinite) == (expected.kind, expected.infinite)
    with pytest.warns(match="a direction of column 4"):
        GDLogisticRegression().fit(xp.asarray(X), xp.asarray(y))
