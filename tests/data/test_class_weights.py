"""A class weight is a weight of each of its examples."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_gdlogreg import GDLogisticRegression

pytestmark = pytest.mark.sklearn


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


@pytest.mark.parametrize(
    ("given", "mistakes"), [({"a": 1, "b": 2, "z": 9}, "'z'"), ({0: 1, "b": 1, "C": 3}, "0, 'C'")]
)
def test_a_name_of_no_class_is_the_mistake(given, mistakes, multiclass):
    X, y = multiclass
    message = (
        f"class_weight names {mistakes}, which y has not; the classes of y are 'a', 'b', 'c', of "
        "which not in class_weight: "
    )
    with pytest.raises(ValueError, match=message):
        GDLogisticRegression(class_weight=given).fit(X, np.array(list("abc"))[y])


@pytest.mark.parametrize("given", [{"a": 2}, {"a": 1, "b": 2, "c": 3, "z": 9}])
def test_a_class_may_be_left_out_and_one_too_many_named_as_in_scikit_learn(given, multiclass):
    X, y = multiclass
    labels = np.array(list("abc"))[y]
    clf = GDLogisticRegression(C=1.0, class_weight=given).fit(X, labels)
    weights = [given.get(label, 1) for label in labels]
    expected = GDLogisticRegression(C=1.0).fit(X, labels, sample_weight=weights)
    assert_allclose(clf.coef_, expected.coef_, rtol=1e-10)


def test_balanced_ignores_a_class_that_weighs_nothing(multiclass):
    X, y = multiclass
    clf = GDLogisticRegression(C=1.0, class_weight="balanced")
    clf.fit(X, y, sample_weight=(y != 2).astype(float))
    assert np.isfinite(clf.coef_).all()
    assert not (clf.predict(X) == 2).any()


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
