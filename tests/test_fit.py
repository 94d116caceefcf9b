"""The way through a fit: what it is to do, where it starts, what it leaves behind."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._descent.learning_rate import RULES

from .helpers import fitted, pandas

# ---------------------------------------------------------------------------- the task


@pytest.mark.parametrize("counts", ["to learn from", "to stop by"])
def test_weights_that_leave_nothing_to_learn_from_or_to_stop_by_are_refused(counts, binary):
    X, y = binary
    _, aside = train_test_split(np.arange(150), test_size=0.1, stratify=y, random_state=0)
    stop_by = np.isin(np.arange(150), aside)
    weights = stop_by if counts == "to stop by" else ~stop_by
    other = {"to stop by": "to learn from", "to learn from": "to stop by"}[counts]
    clf = GDLogisticRegression(early_stopping=True, random_state=0)
    with pytest.raises(ValueError, match=f"All examples {other} have weight 0"):
        clf.fit(X, y, sample_weight=weights)


def test_too_large_a_validation_set_is_refused(binary):
    with pytest.raises(ValueError, match="validation_fraction=150 sets more examples aside"):
        GDLogisticRegression(early_stopping=True, validation_fraction=150).fit(*binary)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"X_val": "X"}, "X_val is given, but y_val is not"),
        ({"y_val": "y"}, "X_val is not; pass both"),
        ({"X_val": "narrow", "y_val": "y"}, "X_val has 2 features, but X has 4"),
        ({"X_val": "X", "y_val": "other"}, r"y_val has labels that y has not: \[7\]"),
        ({"X_val": "X", "y_val": "y", "sample_weight_val": "zeros"}, "weight"),
    ],
)
def test_validation_data_that_do_not_fit_are_refused(given, match, binary):
    X, y = binary
    values = {"X": X, "y": y, "narrow": X[:, :2], "other": y + 7 * (y == 1), "zeros": y * 0.0}
    values["other"] = np.where(y == 1, 7, 0)
    clf = GDLogisticRegression(early_stopping=True)
    with pytest.raises(ValueError, match=match):
        clf.fit(X, y, **{name: values[value] for name, value in given.items()})
    assert not hasattr(clf, "coef_")


def test_validation_data_without_early_stopping_are_refused(binary):
    with pytest.raises(ValueError, match="early_stopping is False; set early_stopping=True"):
        GDLogisticRegression().fit(*binary, X_val=binary[0], y_val=binary[1])


def test_an_l1_ratio_that_would_be_ignored_is_warned_of(binary):
    with pytest.warns(UserWarning, match="l1_ratio=0.5 has no effect, because C=inf"):
        GDLogisticRegression(l1_ratio=0.5).fit(*binary)


# ---------------------------------------------------------------------------- the start


def test_max_iter_zero_leaves_the_start(multiclass, rng):
    X, y = multiclass
    coef, intercept = rng.normal(size=(3, 4)), rng.normal(size=3)
    clf = GDLogisticRegression(max_iter=0, coordinates="raw")
    clf.fit(X, y, coef_init=coef, intercept_init=intercept)
    assert_array_equal(clf.coef_, coef)
    assert_array_equal(clf.intercept_, intercept)
    assert clf.loss_curve_.shape == (1,)
    assert clf.learning_rates_.shape == (0,)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_two_warm_started_halves_are_one_descent(data, request):
    X, y = request.getfixturevalue(data)
    whole = GDLogisticRegression(0.1, max_iter=20, tol=0).fit(X, y)
    half = GDLogisticRegression(0.1, max_iter=10, tol=0, warm_start=True).fit(X, y).fit(X, y)
    assert_array_equal(half.coef_, whole.coef_)
    assert_array_equal(half.intercept_, whole.intercept_)
    assert_array_equal(half.n_iter_, [10])
    assert_array_equal(half.loss_curve_, whole.loss_curve_[10:])


def test_a_warm_start_at_the_optimum_stops_at_once(binary):
    clf = GDLogisticRegression(C=1.0, warm_start=True).fit(*binary).fit(*binary)
    assert clf.n_iter_[0] == 0
    assert clf.stop_reason_ == "converged"


def test_a_given_start_goes_before_a_warm_one(binary):
    clf = GDLogisticRegression(max_iter=0, warm_start=True).fit(*binary)
    clf.fit(*binary, coef_init=np.ones((1, 4)))
    assert_array_equal(clf.coef_, np.ones((1, 4)))
    assert_array_equal(clf.fit(*binary, intercept_init=2.0).coef_, np.ones((1, 4)))
    assert_array_equal(clf.intercept_, [2.0])


def test_a_warm_start_without_an_intercept_forgets_the_one_it_had(binary):
    clf = fitted(*binary, warm_start=True)
    clf.set_params(fit_intercept=False, max_iter=0).fit(*binary)
    assert_array_equal(clf.intercept_, [0.0])
    assert clf.coef_.all()


def test_a_sparsified_model_can_be_continued(binary):
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0, warm_start=True)
    clf.fit(*binary).sparsify().fit(*binary)
    assert_allclose(clf.coef_, clone(clf).set_params(max_iter=10).fit(*binary).coef_)


def test_warm_start_refuses_other_features_and_other_classes(binary):
    X, y = binary
    clf = fitted(X, y, warm_start=True)
    with pytest.raises(ValueError, match=r"continued by warm_start=True, must have the shape"):
        clf.fit(X[:, :3], y)
    with pytest.raises(ValueError, match=r"continues a fit of the classes \[0, 1\]"):
        clf.fit(X, y + 1)


def test_an_intercept_that_would_be_ignored_is_refused(binary):
    clf = GDLogisticRegression(fit_intercept=False)
    with pytest.raises(ValueError, match="fit_intercept=False keeps the intercept at 0"):
        clf.fit(*binary, intercept_init=1.0)


# ---------------------------------------------------------------------------- what is left behind


@pytest.mark.parametrize("rule", [0.1, *RULES])
def test_curves_have_a_value_for_every_iteration(rule, multiclass):
    clf = fitted(*multiclass, rule, max_iter=7, tol=0)
    assert_array_equal(clf.n_iter_, [7])
    assert clf.n_iter_.dtype.kind == "i"
    assert clf.loss_curve_.shape == clf.gradient_norms_.shape == (8,)
    assert clf.learning_rates_.shape == (7,)
    assert clf.loss_curve_[0] == pytest.approx(np.log(3), rel=1e-14)
    for curve in (clf.loss_curve_, clf.gradient_norms_, clf.learning_rates_):
        assert (curve > 0).all()
    assert clf.stop_reason_ == "max_iter"


def test_a_schedule_that_fails_on_the_way_leaves_an_earlier_fit_alone(binary):
    X, y = binary
    clf = fitted(X, y).set_params(learning_rate=lambda t: 0.1 if t < 3 else -1)
    before = dict(vars(clf))
    with pytest.raises(ValueError, match=r"learning_rate\(3\) returned -1"):
        clf.fit(pandas().DataFrame(X[:, :2], columns=["a", "b"]), y)
    assert vars(clf) == before


def test_a_refit_forgets_what_the_earlier_one_stored(binary):
    clf = GDLogisticRegression(store_path=True, early_stopping=True, random_state=0).fit(*binary)
    clf.set_params(store_path=False, early_stopping=False).fit(*binary)
    assert not {"coef_path_", "iteration_path_", "best_iteration_"} & vars(clf).keys()
