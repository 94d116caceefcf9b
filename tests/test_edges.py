"""Numbers at the edge: every fit ends with a finite model and without a leaked warning."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._descent.learning_rate import RULES


def quiet_fit(X, y, *args, **options):
    """A fit in which every warning but a ConvergenceWarning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        clf = GDLogisticRegression(*args, **options).fit(X, y)
        proba = clf.predict_proba(X)
    for values in (clf.coef_, clf.intercept_, clf.loss_curve_, clf.gradient_norms_, proba):
        assert np.isfinite(values).all()
    return clf


def scaled(X, y):
    return X * [1e-300, 1e150, 1, 1e-10], y


def constant(X, y):
    return np.column_stack([X, np.full(len(X), 7.0), np.zeros(len(X)), np.full(len(X), 1e9)]), y


def duplicated(X, y):
    return np.hstack([X, X]), y


def far_out(X, y):
    return X * 1000, y


def near_a_large_mean(X, y):
    return X + 1e6, y


def wide(X, y):
    return np.tile(X[:20], (1, 25)) + np.arange(100) / 100, y[:20]


def one_row_a_class(X, y):
    return X[:2], np.array([0, 1])


def one_feature(X, y):
    return X[:, :1], y


EDGES = [
    scaled, constant, duplicated, far_out, near_a_large_mean, wide, one_row_a_class, one_feature,
]  # fmt: skip


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("rule", [0.1, *RULES])
@pytest.mark.parametrize("penalty", [{}, {"C": 1.0}, {"C": 1.0, "l1_ratio": 1.0}])
def test_every_rule_stays_finite_at_every_edge(edge, rule, penalty, binary):
    quiet_fit(*edge(*binary), rule, max_iter=100, **penalty)


@pytest.mark.parametrize("edge", [scaled, constant, duplicated, far_out, near_a_large_mean])
def test_auto_converges_at_the_edges_to_the_probabilities_of_plain_data(edge, binary):
    """None of these edges changes what can be predicted without a penalty."""
    expected = quiet_fit(*binary, tol=1e-6).predict_proba(binary[0])
    X, y = edge(*binary)
    clf = quiet_fit(X, y, tol=1e-6)
    assert clf.stop_reason_ == "converged"
    # A gradient of 1e-6 over the smallest curvature, about 1e-2 in standardized coordinates.
    assert_allclose(clf.predict_proba(X), expected, atol=2e-4)


@pytest.mark.parametrize("rule", ["auto", "lipschitz", "backtracking", 0.1])
def test_features_beyond_the_square_root_of_the_largest_number(rule, binary):
    X, y = binary
    clf = quiet_fit(X * [1e300, 1, 1e-300, 1], y, rule, max_iter=50)
    assert (clf.stop_reason_ == "converged") == (rule == "auto")


def test_denormal_features_do_no_harm(binary):
    X, y = binary
    quiet_fit(X * [5e-324, 1, 1e-310, 1], y, max_iter=50)


def test_margins_of_a_thousand_cost_a_thousand():
    X, y = np.array([[1000.0], [-1000.0]]), [0, 1]
    clf = GDLogisticRegression(max_iter=0).fit(X, y, coef_init=[[1.0]])
    assert clf.loss_curve_[0] == 1000
    clf = GDLogisticRegression(max_iter=0).fit(X, y, coef_init=[[-1.0]])
    assert 0 <= clf.loss_curve_[0] < 1e-300


def test_a_thousand_classes():
    rng = np.random.default_rng(0)
    y = np.arange(2500) % 1000
    X = rng.normal(size=(1000, 8))[y] * 3 + rng.normal(size=(2500, 8))
    clf = quiet_fit(X, y, C=1.0, max_iter=30)
    assert clf.coef_.shape == (1000, 8)
    assert clf.score(X, y) > 100 / 1000  # a hundred times what guessing would get
    assert_allclose(clf.predict_proba(X).sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("rule", [0.1, *RULES])
def test_float32_far_from_zero(rule, binary):
    X, y = binary
    clf = quiet_fit((X * 10 + 300).astype(np.float32), y, rule, max_iter=200)
    assert clf.coef_.dtype == np.float32


def test_auto_in_float32_predicts_as_in_float64(binary):
    X, y = binary
    X = X * 10 + 300
    single = quiet_fit(X.astype(np.float32), y, C=1.0)
    double = quiet_fit(X, y, C=1.0)
    assert single.stop_reason_ == "converged"
    # z is a difference of numbers near 300 * w, each rounded to 6e-8 of itself.
    assert_allclose(single.predict_proba(X), double.predict_proba(X), atol=5e-3)


def test_sparse_rows_without_entries_and_columns_without_entries(sparse_rows):
    X = sparse_rows(200, 30, density=0.05)
    y = np.arange(200) % 3
    sparse_fit = quiet_fit(X, y, C=1.0, tol=1e-8)
    dense_fit = quiet_fit(X.toarray(), y, C=1.0, tol=1e-8)
    assert_allclose(sparse_fit.coef_, dense_fit.coef_, atol=1e-6)


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine, load_digits])
def test_raw_data_ends_closer_to_the_optimum_than_logistic_regression(load):
    X, y = load(return_X_y=True)
    ours = quiet_fit(X, y, C=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = LogisticRegression(C=1).fit(X, y)
    start = {"coef_init": theirs.coef_, "intercept_init": theirs.intercept_}
    cost_of_theirs = GDLogisticRegression(C=1, max_iter=0).fit(X, y, **start).loss_curve_[0]
    assert ours.stop_reason_ == "converged"
    assert ours.loss_curve_[-1] < cost_of_theirs


@pytest.mark.parametrize(("dtype", "mean", "spread"), [("f", 1.7e9, 1e5), ("d", 1e13, 1.0)])
def test_a_feature_that_spreads_over_few_roundings_is_still_learned(dtype, mean, spread):
    """Timestamps in float32, say: a few hundred different values."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500)
    z = rng.normal(size=500) + 3 * y
    plain = GDLogisticRegression(C=1.0).fit(z[:, None], y)
    X = (mean + spread * z)[:, None].astype(dtype)
    clf = quiet_fit(X, y, C=1.0)
    assert clf.score(X, y) > plain.score(z[:, None], y) - 0.03


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize(
    ("dtype", "factor"), [("f", 1e20), ("f", 1e-20), ("d", 1e200), ("d", 1e-200)]
)
def test_one_scale_for_all_features_changes_no_probability(
    storage, fit_intercept, dtype, factor, binary
):
    X, y = binary
    options = {"fit_intercept": fit_intercept, "tol": 1e-3}
    expected = quiet_fit(storage(X.astype(dtype)), y, **options)
    clf = quiet_fit(storage((X * factor).astype(dtype)), y, **options)
    assert abs(int(clf.n_iter_[0]) - int(expected.n_iter_[0])) <= 2
    assert_allclose(
        clf.predict_proba(storage((X * factor).astype(dtype))),
        expected.predict_proba(storage(X.astype(dtype))),
        atol=1e-3 if dtype == "f" else 1e-9,
    )


@pytest.mark.parametrize(
    ("options", "weight"),
    [
        ({"C": 1e-300}, 1e-30),
        ({"C": 5e-324}, 1.0),
        ({"C": 1e300}, 1e300),
        ({"class_weight": {0: 1e300, 1: 1e300}}, 1e300),
        ({"class_weight": {0: 1e300, 1: 1}}, 1.0),
        ({"class_weight": {0: np.float32(2), 1: np.float16(1)}}, 1.0),
        ({"class_weight": "balanced"}, 1e308),
        ({"C": 1.0}, 1e-320),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_and_C_of_any_size(options, weight, dtype, binary):
    X, y = binary
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        clf = GDLogisticRegression(**options)
        clf.fit(X.astype(dtype), y, sample_weight=np.full(len(y), weight))
    assert np.isfinite(clf.coef_).all()
    assert np.isfinite(clf.loss_curve_).all()


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_predictions_far_beyond_the_largest_number_are_certain(data, request):
    X, y = request.getfixturevalue(data)
    clf = GDLogisticRegression().fit(X * 1e-3, y)  # coefficients of a thousand
    # Beside it, a number that is 0 in the units in which it is not too large.
    far = np.array([[1.7e308, 0.0, 0.0, 1e-300]])
    with np.errstate(all="raise"):
        for rows in (far, sparse.csr_array(far)):
            proba, log_proba = clf.predict_proba(rows), clf.predict_log_proba(rows)
            assert sorted(proba[0])[-1] == 1
            assert np.isfinite(log_proba).all()


@pytest.mark.parametrize("rule", ["auto", 0.01, "lipschitz", "backtracking"])
@pytest.mark.parametrize("fill", [9.97e36, 3e38])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_whatever_rows_without_weight_hold(rule, fill, data, request):
    X, y = request.getfixturevalue(data)
    X = X.astype(np.float32)
    options = {"learning_rate": rule, "max_iter": 10, "tol": 0, "C": 1.0}
    weights = np.arange(150) % 7 > 0
    expected = GDLogisticRegression(**options).fit(X[weights], y[weights])
    X[~weights] = fill
    X[~weights, 1] = -fill
    for storage in (np.asarray, sparse.csr_array):
        clf = GDLogisticRegression(**options).fit(storage(X), y, sample_weight=weights)
        # Ten steps in float32, where sums in another order differ by 1e-7 of their terms.
        assert_allclose(clf.coef_, expected.coef_, rtol=1e-2, atol=1e-3)
        assert_allclose(clf.loss_curve_, expected.loss_curve_, rtol=1e-4)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("options", [{}, {"C": 1.0}, {"C": 1.0, "l1_ratio": 1.0}])
def test_what_float32_tells_apart_is_learned_however_far_from_0(options, storage, rng):
    X = (rng.normal(size=(2000, 1)) + 1e6).astype(np.float32)
    y = X[:, 0] - 1e6 + rng.logistic(size=2000) > 0
    X = storage(X)
    clf = GDLogisticRegression(**options).fit(X, y)
    expected = GDLogisticRegression(**options).fit(X.astype(np.float64), y)
    assert clf.stop_reason_ == "converged"
    assert clf.coef_.dtype == np.float32
    assert_allclose(clf.coef_, expected.coef_, rtol=1e-6)
    # A coefficient and an intercept of float32 are off by half a rounding of 1e6 in the decision.
    z = expected.decision_function(X.astype(np.float64))
    assert_allclose(clf.decision_function(X), z, atol=0.1)
