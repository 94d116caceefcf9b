"""What a fit says when it did not end well: the right thing, once, with true numbers."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sklearn_gdlogreg import GDLogisticRegression

from ..helpers import message_of


@pytest.fixture
def standardized(binary):
    X, y = binary
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def number_after(text, message):
    return float(re.search(re.escape(text) + r" ?([-+.\de]+\d)", message)[1])


def test_a_converged_fit_says_nothing(standardized):
    assert message_of(GDLogisticRegression(), *standardized) == ""


@pytest.mark.parametrize("rule", [0.01, "lipschitz", "auto"])
def test_max_iter_says_how_far_it_got_and_what_to_change(rule, standardized):
    clf = GDLogisticRegression(rule, max_iter=4, tol=1e-5)
    message = message_of(clf, *standardized)
    assert message.startswith("Stopped at max_iter=4 before convergence")
    assert number_after("largest entry of the gradient is", message) == pytest.approx(
        clf.gradient_norms_[-1], rel=1e-2
    )
    assert number_after("tol=", message) == 1e-5
    J = clf.loss_curve_
    decrease = number_after("lowered the cost by", message)
    assert decrease == pytest.approx((J[-2] - J[-1]) / J[-2], rel=0.1)
    assert "raise max_iter" in message.lower()
    assert ("learning_rate='auto'" in message) == (rule != "auto")
    # They are standardized already.
    assert "StandardScaler" not in message


@pytest.mark.parametrize(("factor", "shift"), [(10, 0), (0.1, 0), (0.1, 0.7)])
def test_where_standardizing_would_help_a_slow_descent_that_is_said(factor, shift, standardized):
    X, y = standardized
    message = message_of(GDLogisticRegression(1e-3, max_iter=4), X * factor + shift, y)
    assert "put a StandardScaler before, or raise max_iter" in message


def test_one_iteration_is_compared_with_the_start(standardized):
    clf = GDLogisticRegression(0.01, max_iter=1)
    message = message_of(clf, *standardized)
    J = clf.loss_curve_
    assert number_after("lowered the cost by", message) == pytest.approx(1 - J[1] / J[0], rel=0.1)


@pytest.mark.parametrize("options", [{"tol": 0}, {"max_iter": 0}])
def test_nothing_is_said_where_convergence_was_not_asked_for(options, standardized):
    clf = GDLogisticRegression(0.01, **{"max_iter": 4} | options)
    assert message_of(clf, *standardized) == ""


@pytest.fixture
def valley():
    """A wide feature beside a narrow one, and the rate beyond which their descent oscillates."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 2)) * [30, 1]
    y = (X @ [0.02, 1] + rng.logistic(size=500) > 0).astype(int)
    optimum = GDLogisticRegression(tol=1e-10).fit(X, y)
    a = optimum.predict_proba(X)[:, 1]
    ones = np.column_stack([X, np.ones(500)])
    hessian = (ones.T * (a * (1 - a))) @ ones / 500
    bound = ones.T @ ones / 2000
    return X, y, *(2 / np.linalg.eigvalsh(matrix).max() for matrix in (hessian, bound))


@pytest.mark.parametrize("factor", [1.02, 1.3, 1.7])
def test_oscillation_is_compared_with_the_curvature_of_the_valley(factor, valley):
    X, y, stable, never_rises = valley
    clf = GDLogisticRegression(factor * stable, max_iter=201)
    pd = pytest.importorskip("pandas")
    message = message_of(clf, pd.DataFrame(X, columns=["wide", "narrow"]), y)
    rises = np.diff(clf.loss_curve_[101:]) > 0
    assert rises.any()
    assert number_after("The cost rose in", message) == rises.sum()
    assert number_after("of the last", message) == len(rises)
    above = clf.loss_curve_[-1] > clf.loss_curve_[0]
    ended = "ended above where it began" if above else "is oscillating"
    assert f"{ended}: the learning rate is too large" in message
    assert number_after("The learning rate is", message) == pytest.approx(factor * stable, rel=1e-3)
    # At the lowest cost seen: near the minimum, not at it, and on the safe side of the rate.
    found = number_after("2 / lambda_max(Hessian) =", message)
    assert 0.99 * never_rises < found < factor * stable
    best = np.argmin(clf.loss_curve_)
    assert number_after("at the lowest cost seen, iteration", message) == best
    assert number_after("2 / L =", message) == pytest.approx(never_rises, rel=1e-2)
    assert "'wide' (30)" in message
    assert "StandardScaler" in message


def test_just_below_that_curvature_the_run_settles(valley):
    X, y, stable, never_rises = valley
    assert stable > never_rises  # 2 / L is not the limit
    clf = GDLogisticRegression(0.98 * stable, max_iter=50_000, tol=1e-6)
    assert message_of(clf, X, y) == ""


def test_growth_is_told_from_oscillation():
    X, y = load_breast_cancer(return_X_y=True)
    message = message_of(GDLogisticRegression(0.5, max_iter=100), X, y)
    assert "ended above where it began: the learning rate is too large" in message
    assert "column 23" in message
    assert number_after("2 / lambda_max(Hessian) =", message) < 1e-4


@pytest.mark.parametrize("factor", [1, 0.01])
def test_features_no_larger_than_standardized_are_not_blamed(factor, standardized):
    X, y = standardized
    clf = GDLogisticRegression(100.0, max_iter=50, C=1e-2)
    message = message_of(clf, X * factor, y)
    assert "too large" in message or "finite" in message
    assert "StandardScaler" not in message


def test_a_diverged_fit_keeps_its_last_finite_iterate(standardized):
    X, y = standardized
    clf = GDLogisticRegression(50.0, C=1e-4, max_iter=10_000, tol=0)
    message = message_of(clf, X, y)
    n_iter = clf.n_iter_[0]
    assert clf.stop_reason_ == "diverged"
    assert message.startswith(f"The cost stopped being finite in iteration {n_iter + 1}.")
    assert number_after("2 / lambda_max(Hessian) =", message) < 50
    assert np.isfinite(clf.loss_curve_).all()
    assert clf.loss_curve_.shape == (n_iter + 1,)
    assert np.isfinite(clf.coef_).all()
    assert np.isfinite(clf.predict_proba(X)).all()


def test_a_rule_that_diverges_names_the_features_not_the_rate(binary):
    X, y = binary
    message = message_of(GDLogisticRegression("backtracking"), X * [1, 1, 1e300, 1], y)
    assert "column 2" in message
    assert "Rescale them" in message
    assert "The learning rate is" not in message


def test_a_diverging_candidate_of_a_grid_search_just_scores_low(standardized):
    X, y = standardized
    clf = GDLogisticRegression(C=1e-3, max_iter=300, tol=0)
    grid = {"learning_rate": [1e4, 0.01]}
    search = GridSearchCV(clf, grid, scoring="neg_log_loss", error_score="raise")
    with pytest.warns(ConvergenceWarning, match="stopped being finite"):
        search.fit(X, y)
    assert search.best_params_ == {"learning_rate": 0.01}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("dtype", "shift"), [("f", 1e5), ("d", 1e8)])
def test_a_tolerance_below_the_rounding_ends_the_descent_and_names_the_reason(
    dtype, shift, sign, binary
):
    X, y = binary
    X = sign * (X + np.array([0, 0, shift, 0]))
    clf = GDLogisticRegression("barzilai-borwein", C=1.0, max_iter=50_000, tol=1e-14)
    message = message_of(clf, X.astype(dtype), y)
    assert clf.stop_reason_ == "stalled"
    assert clf.n_iter_[0] < 50_000
    assert message.startswith(f"Rounding ended the descent in iteration {clf.n_iter_[0]}")
    assert "The mean of column 2 is" in message
    assert ("or use float64" in message) == (dtype == "f")


@pytest.mark.parametrize(
    ("dtype", "shift", "tol", "remedy"),
    [("f", 500, 1e-6, "The mean of column"), ("d", 0, 1e-300, "Use a larger tol")],
)
def test_steps_that_only_move_the_rounding_are_not_asked_to_go_on(
    dtype, shift, tol, remedy, standardized
):
    X, y = standardized
    clf = GDLogisticRegression(C=1.0, tol=tol, max_iter=300)
    message = message_of(clf, (X + shift).astype(dtype), y)
    # Where the steps happen to come to rest, that is said.
    expected = f"No more can be expected of float{32 if dtype == 'f' else 64}"
    assert (expected if clf.stop_reason_ == "max_iter" else "Rounding ended") in message
    assert remedy in message
    assert "aise max_iter" not in message


def test_a_tolerance_below_the_rounding_of_plain_data_says_so(standardized):
    clf = GDLogisticRegression(0.5, C=1.0, max_iter=50_000, tol=1e-18)
    message = message_of(clf, *standardized)
    assert clf.stop_reason_ == "stalled"
    assert "Use a larger tol" in message


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ({"coordinates": "raw"}, "Use coordinates='auto'"),
        ({}, "Raise max_iter, or set a penalty, such as C=1."),
        ({"C": 0.1}, "Raise max_iter, or strengthen the penalty"),
    ],
)
def test_the_remedy_is_one_that_is_not_in_use_already(options, remedy, standardized):
    assert remedy in message_of(GDLogisticRegression(max_iter=2, **options), *standardized)


def separable_blobs(n_classes):
    rng = np.random.default_rng(0)
    y = np.arange(60) % n_classes
    return rng.uniform(-1, 1, (60, 2)) + 6 * np.array([[0, 0], [1, 0], [0, 1]])[y], y


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("rule", ["auto", 0.1])
def test_separable_classes_without_a_penalty_are_said_to_be(n_classes, rule):
    X, y = separable_blobs(n_classes)
    message = message_of(GDLogisticRegression(rule, max_iter=200), X, y)
    assert "linearly separable" in message
    assert "C=1" in message
    penalized = GDLogisticRegression(rule, C=1.0, max_iter=20_000)
    assert "separable" not in message_of(penalized, X, y)


def test_rows_without_weight_do_not_hide_that_the_rest_is_separable():
    X, y = separable_blobs(2)
    s = np.ones(60)
    y[0], s[0] = 1 - y[0], 0
    with pytest.warns(ConvergenceWarning, match="linearly separable"):
        GDLogisticRegression().fit(X, y, sample_weight=s)


def test_overlapping_classes_are_not_said_to_be_separable(standardized):
    message = message_of(GDLogisticRegression(max_iter=3), *standardized)
    assert "separable" not in message


def test_a_start_so_far_out_that_nothing_is_curved_there_is_survived(rng):
    X = rng.normal(size=(60, 1)) * 1e123
    y = rng.integers(0, 2, 60)
    clf = GDLogisticRegression(0.1, max_iter=10)
    with pytest.warns(ConvergenceWarning, match="the cost never rises below 2 / L") as caught:
        clf.fit(X, y, coef_init=[[1.0]])
    assert "lambda_max" not in str(caught[0].message)


def test_a_column_that_varies_too_little_to_be_learned_is_named(binary):
    X, y = binary
    X = X.copy()
    X[:, 2] = 1e15 + np.arange(len(y)) % 5
    assert "Of column 2 nothing was learned" in message_of(GDLogisticRegression(C=1.0), X, y)
    # One that is constant, or nearly as constant as rounding lets it be, is nothing to speak of.
    X[:, 2] = 0.3 + np.arange(len(y)) % 2 * np.spacing(0.3)
    GDLogisticRegression(C=1.0).fit(X, y)


@pytest.mark.parametrize("learning_rate", [0.1, 1e-3, 1e-5])
@pytest.mark.parametrize("random_state", range(6))
def test_early_stopping_never_keeps_the_start_in_silence(learning_rate, random_state):
    clf = GDLogisticRegression(learning_rate, early_stopping=True, random_state=random_state)
    message = message_of(clf, *load_breast_cancer(return_X_y=True))
    if clf.best_iteration_ == 0:
        assert message.startswith("Early stopping kept the start: none of")
    if learning_rate > 1e-4:
        assert "the learning rate is too large" in message
        assert "column 23 (" in message


def test_early_stopping_on_examples_of_another_kind_says_how_the_cost_went(standardized):
    X, y = standardized
    clf = GDLogisticRegression(early_stopping=True)
    with pytest.warns(ConvergenceWarning, match="kept the start.*The cost on the others went from"):
        clf.fit(X, y, X_val=X, y_val=1 - y)
    assert not np.any(clf.coef_)


def test_early_stopping_that_works_says_nothing(standardized):
    assert (
        message_of(GDLogisticRegression(0.1, early_stopping=True, random_state=0), *standardized)
        == ""
    )


def test_a_diverged_fit_with_early_stopping_tells_the_iteration_that_was_kept():
    X, y = load_breast_cancer(return_X_y=True)
    clf = GDLogisticRegression(1e300, early_stopping=True, random_state=0, n_iter_no_change=50)
    assert "The model is that of iteration 0," in message_of(clf, X * 1e6, y)
    assert clf.stop_reason_ == "diverged"


@pytest.mark.parametrize("max_iter", [1, 2, 25])
def test_without_a_tolerance_too_large_a_rate_is_told_all_the_same(max_iter):
    X, y = load_breast_cancer(return_X_y=True)
    message = message_of(GDLogisticRegression(0.01, max_iter=max_iter, tol=0), X, y)
    assert re.match(r"The cost (rose in [1-9]\d* of|ended above where it began)", message)
    assert "the learning rate is too large" in message


def test_a_rule_that_may_rise_for_a_moment_is_not_taken_for_an_oscillation(standardized):
    for rule in ("auto", "barzilai-borwein", "silver", "adaptive"):
        clf = GDLogisticRegression(rule, C=1.0, max_iter=40, tol=0)
        assert message_of(clf, *standardized) == ""


def test_a_small_gradient_of_a_small_cost_is_no_convergence(rng):
    """With twenty times as many columns as rows and hardly a penalty, the cost is nearly 0."""
    X, y = rng.normal(size=(60, 1200)), rng.integers(0, 2, 60)
    clf = GDLogisticRegression(C=1e4, coordinates="standardized", max_iter=25, tol=1e-3)
    message = message_of(clf, X, y)
    assert clf.gradient_norms_[-1] < 1e-3
    assert "not above tol=0.001, but the cost may still fall by about" in message
