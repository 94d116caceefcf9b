"""GDLogisticRegression as an estimator: what it keeps, predicts and refuses."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression

from sklearn_gdlogreg import GDLogisticRegression, descend
from sklearn_gdlogreg._descent.learning_rate import RULES

from .helpers import fitted

pytestmark = pytest.mark.sklearn

# --- what a fit leaves behind


def test_the_estimator_consumes_the_same_descent(multiclass):
    X, y = multiclass
    clf = fitted(X, y, "auto", max_iter=12, tol=0)
    for step in descend(X, y, "auto", C=1.0):
        assert clf.loss_curve_[step.t] == step.cost
        if step.t == 12:
            break
    assert_array_equal(clf.coef_, step.coef)
    assert_array_equal(clf.intercept_, step.intercept)
    assert clf.learning_rates_[-1] == step.learning_rate


def test_shapes_are_logistic_regressions(binary, multiclass):
    for X, y in (binary, multiclass):
        ours, theirs = fitted(X, y), LogisticRegression().fit(X, y)
        for name in ("coef_", "intercept_", "classes_", "n_iter_"):
            assert getattr(ours, name).shape == getattr(theirs, name).shape


def test_tol_bounds_the_largest_entry_of_the_gradient(binary):
    X, y = binary
    clf = fitted(X, y, "backtracking", tol=1e-3)
    assert clf.stop_reason_ == "converged"
    assert clf.coordinates_ == "raw"
    error = clf.predict_proba(X)[:, 1] - y
    gradient = error @ X / len(X) + clf.coef_[0] / len(X)  # C = 1
    largest = max(np.abs(gradient).max(), abs(error.mean()))
    assert clf.gradient_norms_[-1] == pytest.approx(largest, rel=1e-10)
    assert clf.gradient_norms_[-1] <= 1e-3 < clf.gradient_norms_[-2]


def test_tol_zero_runs_max_iter_iterations_even_at_the_minimum(binary):
    X, y = binary
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf = fitted(X * 0, np.arange(len(y)) % 2, tol=0, max_iter=5, fit_intercept=False)
    assert_array_equal(clf.gradient_norms_, np.zeros(6))
    assert clf.n_iter_[0] == 5


def test_refit_gives_the_same_to_the_last_bit(multiclass):
    for rule in (0.1, *RULES):
        clf = GDLogisticRegression(rule, C=1.0, max_iter=30, tol=0)
        first = clf.fit(*multiclass).coef_
        assert_array_equal(clf.fit(*multiclass).coef_, first)


def test_history_is_the_descent_as_a_table(binary):
    pytest.importorskip("pandas")
    clf = GDLogisticRegression(early_stopping=True, C=1.0, random_state=0).fit(*binary)
    table = clf.history()
    assert table.index.name == "iteration"
    assert len(table) == clf.n_iter_[0] + 1
    assert_array_equal(table["cost"], clf.loss_curve_)
    assert_array_equal(table["learning_rate"][1:], clf.learning_rates_)
    assert np.isnan(table["learning_rate"][0])
    assert_array_equal(table["validation_cost"], clf.validation_loss_curve_)
    assert (np.diff(table["seconds"]) > 0).all()
    assert "validation_cost" not in GDLogisticRegression().fit(*binary).history()


# --- predictions


def test_predictions_agree_with_one_another(multiclass, binary):
    for X, y in (binary, multiclass):
        clf = fitted(X, y)
        proba = clf.predict_proba(X)
        assert_allclose(proba.sum(axis=1), 1, rtol=1e-15)
        assert_allclose(np.log(proba), clf.predict_log_proba(X), rtol=1e-12)
        assert_array_equal(clf.classes_[proba.argmax(axis=1)], clf.predict(X))
        assert clf.score(X, y) == np.mean(clf.predict(X) == y)
    z = fitted(*binary).decision_function(binary[0])
    assert_allclose(fitted(*binary).predict_proba(binary[0])[:, 1], 1 / (1 + np.exp(-z)))


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_many_rows_are_predicted_as_few_are(data, request):
    """In blocks, some 30,000 rows of which make more than one."""
    X, y = request.getfixturevalue(data)
    clf = fitted(X, y)
    for method in ("predict_proba", "predict_log_proba"):
        few, many = (getattr(clf, method)(rows) for rows in (X, np.tile(X, (300, 1))))
        # A product with more rows may round otherwise.
        assert_allclose(many, np.tile(few, (300, 1)), rtol=1e-13)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_log_probabilities_are_finite_where_probabilities_round_to_zero(data, request):
    X, y = request.getfixturevalue(data)
    clf = fitted(X, y)
    far = X * 1e6
    assert (clf.predict_proba(far) == 0).any()
    log_proba = clf.predict_log_proba(far)
    assert np.isfinite(log_proba).all()
    assert log_proba.min() < -1000


def test_a_probability_below_the_rounding_of_one_is_not_zero():
    clf = GDLogisticRegression(max_iter=0).fit([[0.0], [1.0]], [0, 1], coef_init=[[1.0]])
    p0, p1 = clf.predict_proba([[50.0]])[0]
    assert p0 == pytest.approx(np.exp(-50), rel=1e-14)
    assert p1 == 1.0


def test_sparsify_and_densify_keep_the_predictions(multiclass):
    X, y = multiclass
    clf = fitted(X, y, C=0.02, l1_ratio=1.0)
    assert (clf.coef_ == 0).any()
    expected = clf.predict_proba(X)
    assert sparse.issparse(clf.sparsify().coef_)
    assert_allclose(clf.predict_proba(X), expected, rtol=1e-14)
    assert_allclose(clf.densify().predict_proba(X), expected, rtol=1e-15)


def test_unfitted_says_so(binary):
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(GDLogisticRegression(), method)(binary[0])


# --- what X, y and weights may be


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("rule", [0.1, *RULES])
def test_float32_stays_float32_and_close_to_float64(data, rule, request):
    X, y = request.getfixturevalue(data)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    clf = fitted(X.astype(np.float32), y, rule, tol=0, max_iter=20)
    for name in ("coef_", "intercept_"):
        assert getattr(clf, name).dtype == np.float32
    assert clf.predict_proba(X.astype(np.float32)).dtype == np.float32
    # 20 iterations of rounding to 6e-8, some of it amplified by rules that divide differences.
    assert_allclose(clf.coef_, fitted(X, y, rule, tol=0, max_iter=20).coef_, atol=5e-3)


@pytest.mark.parametrize("rule", [0.1, *RULES])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_weight_k_is_the_row_k_times_at_every_iteration(rule, data, weights, request):
    X, y = request.getfixturevalue(data)
    times = weights.astype(int)
    options = {"C": 0.5, "max_iter": 15, "tol": 0}
    weighted = GDLogisticRegression(rule, **options).fit(X, y, sample_weight=weights)
    repeated = GDLogisticRegression(rule, **options)
    repeated.fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    # Rounding of one iteration, amplified by at most a factor of some ten in each further one.
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)
    assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-7, atol=1e-9)


# --- what is refused


BAD_PARAMETERS = [
    ({"learning_rate": 0}, "'learning_rate' parameter of GDLogisticRegression .* Got 0"),
    ({"learning_rate": -0.1}, "'learning_rate' parameter .* Got -0.1"),
    ({"learning_rate": np.nan}, "'learning_rate' parameter .* Got nan"),
    ({"learning_rate": np.inf}, "'learning_rate' parameter .* Got inf"),
    ({"learning_rate": "newton"}, "'learning_rate' parameter .*silver.* Got 'newton'"),
    ({"learning_rate": None}, "'learning_rate' parameter .* Got None"),
    ({"max_iter": -1}, "'max_iter' parameter .* Got -1"),
    ({"max_iter": 10.0}, "'max_iter' parameter .* Got 10.0"),
    ({"tol": -1e-4}, "'tol' parameter .* Got -0.0001"),
    ({"C": 0}, "'C' parameter .* Got 0"),
    ({"C": -1.0}, "'C' parameter .* Got -1.0"),
    ({"l1_ratio": 1.1}, "'l1_ratio' parameter .* Got 1.1"),
    ({"l1_ratio": "l1"}, "'l1_ratio' parameter .* Got 'l1'"),
    ({"l1_ratio": None}, "'l1_ratio' parameter .* Got None"),
    ({"fit_intercept": "yes"}, "'fit_intercept' parameter .* Got 'yes'"),
    ({"coordinates": "polar"}, "'coordinates' parameter .* Got 'polar'"),
    ({"class_weight": "equal"}, "'class_weight' parameter .* Got 'equal'"),
    ({"class_weight": {0: -1.0, 1: 1.0}}, "class_weight must hold finite numbers .*-1.0"),
    ({"class_weight": {0: np.nan, 1: 1.0}}, "class_weight must hold finite numbers .*nan"),
    ({"class_weight": {0: np.float32(np.inf)}}, "class_weight must hold finite numbers .*inf"),
    ({"class_weight": {0: 0.0, 1: 0.0}}, "leaves every example with weight 0"),
    ({"class_weight": {"a": 1.0}}, "not in class_weight"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD_PARAMETERS)
def test_bad_parameters_are_named_and_leave_an_earlier_fit_alone(parameters, message, binary):
    clf = fitted(*binary)
    before = {**vars(clf), **parameters}
    with pytest.raises(ValueError, match=message):
        clf.set_params(**parameters).fit(binary[0][:, :2], binary[1])
    assert vars(clf) == before


def test_another_number_of_features_is_refused(binary):
    X, y = binary
    with pytest.raises(
        ValueError, match="X has 3 features, but GDLogisticRegression is expecting 4"
    ):
        fitted(X, y).predict(X[:, :3])


# --- scikit-learn's machinery


def test_clone_pickle_and_repr(binary):
    X, y = binary
    clf = fitted(X, y, 0.1, max_iter=50, tol=0)
    copy = pickle.loads(pickle.dumps(clf))
    assert_array_equal(copy.predict_proba(X), clf.predict_proba(X))
    assert_array_equal(clone(clf).fit(X, y).coef_, clf.coef_)
    assert repr(clf) == "GDLogisticRegression(C=1.0, learning_rate=0.1, max_iter=50, tol=0)"
    assert "GDLogisticRegression" in clf._repr_html_()
    assert not hasattr(clone(clf), "coef_")


def test_a_convergence_warning_points_at_the_call_of_fit(binary):
    with pytest.warns(ConvergenceWarning) as record:
        GDLogisticRegression(max_iter=2).fit(*binary)
    assert record[0].filename == __file__


def test_a_start_that_is_too_far_out_is_called_what_was_given(binary):
    X, y = binary
    clf = GDLogisticRegression(0.1, max_iter=3, tol=0, warm_start=True).fit(X, y)
    clf.coef_[:] = 1e300
    far = {"coef_init": np.full((1, 4), 1e300)}
    for options, given in [
        ({}, "coef_ of the earlier fit, continued by warm_start=True, and intercept_ of the"),
        ({"intercept_init": [0.0]}, "continued by warm_start=True, and intercept_init, is too far"),
        (far, "the start, coef_init, is too far"),
    ]:
        with pytest.raises(ValueError, match=given):
            clf.fit(X * 1e20, y, **options)


HUGE = 10**400


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda clf, X, y: clf.fit([[HUGE, 1], [1, 2]], [0, 1]), "X or y has a number"),
        (lambda clf, X, y: clf.fit(X, y, sample_weight=[HUGE] * 150), "sample_weight has a number"),
        (lambda clf, X, y: clf.fit(X, y).predict([[HUGE, 1, 2, 3]]), "X has a number"),
        (
            lambda clf, X, y: clf.set_params(early_stopping=True).fit(
                X, y, X_val=[[1, 2, 3, -HUGE]], y_val=[0]
            ),
            "X or y has a number",
        ),
    ],
)
def test_an_integer_too_large_for_a_float_is_refused_in_a_sentence(call, message, binary):
    with pytest.raises(ValueError, match=f"{message} too large for a float: an integer"):
        call(GDLogisticRegression(), *binary)
