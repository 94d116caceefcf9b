"""Examples: what each counts for, and which of them are set aside to stop by."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.model_selection import train_test_split

from sklearn_gdlogreg import GDLogisticRegression


def test_class_weight_is_a_sample_weight(multiclass, weights):
    X, y = multiclass
    by_class = {0: 2.0, 1: 0.5, 2: 3.0}
    of_row = np.array([by_class[label] for label in y])
    expected = GDLogisticRegression(C=1.0).fit(X, y, sample_weight=weights * of_row)
    clf = GDLogisticRegression(C=1.0, class_weight=by_class).fit(X, y, sample_weight=weights)
    assert_allclose(clf.coef_, expected.coef_, rtol=1e-10)
    balanced = GDLogisticRegression(class_weight="balanced").fit(X, y, sample_weight=weights)
    total = np.bincount(y, weights)
    expected = GDLogisticRegression().fit(X, y, sample_weight=weights / total[y])
    assert_allclose(balanced.coef_, expected.coef_, rtol=1e-8)


def test_balanced_ignores_a_class_that_weighs_nothing(multiclass):
    X, y = multiclass
    clf = GDLogisticRegression(C=1.0, class_weight="balanced")
    clf.fit(X, y, sample_weight=(y != 2).astype(float))
    assert np.isfinite(clf.coef_).all()
    assert not (clf.predict(X) == 2).any()


# ---------------------------------------------------------------------------- to stop by


@pytest.mark.parametrize("given", [True, False])
def test_a_class_of_which_nothing_is_learned_asks_nothing(given, rng):
    X = rng.normal(size=(400, 4))
    y, weights = np.zeros(400, int), np.ones(400)
    y[[5, 300]], y[7:80] = 1, 2
    weights[[5, 300]] = 0
    validation = {"X_val": X, "y_val": y} if given else {}
    clf = GDLogisticRegression(early_stopping=True, class_weight="balanced", random_state=0)
    clf.fit(X, y, sample_weight=weights, **validation)
    assert np.isfinite(clf.validation_loss_curve_).all()


def test_rows_that_are_set_aside_do_not_make_up_for_too_few(rng):
    X, y = rng.normal(size=(44, 40)), np.arange(44) % 2
    options = {"early_stopping": True, "validation_fraction": 0.2, "random_state": 0}
    assert GDLogisticRegression(**options).fit(X, y).coordinates_ == "standardized"


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


def test_validation_weights_count_as_repeated_rows(binary, rng):
    X, y = binary
    s = rng.integers(0, 3, 50)
    options = {"early_stopping": True, "class_weight": {0: 1.0, 1: 3.0}, "max_iter": 20, "tol": 0}
    weighted = GDLogisticRegression(**options).fit(
        X[50:], y[50:], X_val=X[:50], y_val=y[:50], sample_weight_val=s
    )
    rows = np.repeat(np.arange(50), s)
    repeated = GDLogisticRegression(**options).fit(X[50:], y[50:], X_val=X[rows], y_val=y[rows])
    assert_allclose(weighted.validation_loss_curve_, repeated.validation_loss_curve_, rtol=1e-13)
    assert_allclose(weighted.validation_scores_, repeated.validation_scores_, rtol=1e-13)


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


def test_validation_columns_in_another_order_are_refused(binary):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(binary[0], columns=list("abcd"))
    clf = GDLogisticRegression(early_stopping=True)
    with pytest.raises(ValueError, match="same order"):
        clf.fit(X, binary[1], X_val=X[list("dcba")], y_val=binary[1])
    small, large = binary[0].astype(np.float32), binary[0] * 1e300
    with pytest.raises(ValueError, match="X_val has values too large for float32"):
        clf.fit(small, binary[1], X_val=large, y_val=binary[1])


def test_too_large_a_validation_set_is_refused(binary):
    with pytest.raises(ValueError, match="validation_fraction=150 sets more examples aside"):
        GDLogisticRegression(early_stopping=True, validation_fraction=150).fit(*binary)


def test_a_class_of_one_cannot_be_split(binary):
    X, y = binary
    with pytest.raises(ValueError, match=r"validation_fraction=0.1 cannot be set aside.*or pass"):
        GDLogisticRegression(early_stopping=True).fit(X, np.r_[2, y[1:]])
