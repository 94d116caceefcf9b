"""Examples to learn from, and others to stop by."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_gdlogreg import GDLogisticRegression

pytestmark = pytest.mark.sklearn


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
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


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
def test_rows_that_are_set_aside_do_not_make_up_for_too_few(rng):
    X, y = rng.normal(size=(44, 40)), np.arange(44) % 2
    options = {"early_stopping": True, "validation_fraction": 0.2, "random_state": 0}
    assert GDLogisticRegression(**options).fit(X, y).coordinates_ == "standardized"


def test_a_class_of_one_cannot_be_split(binary):
    X, y = binary
    with pytest.raises(ValueError, match=r"validation_fraction=0.1 cannot be set aside.*or pass"):
        GDLogisticRegression(early_stopping=True).fit(X, np.r_[2, y[1:]])


def test_too_few_rows_to_split_are_told_in_whole_sentences():
    message = r"equal to the number of classes = 2\. Change it, or pass X_val and y_val\.$"
    with pytest.raises(ValueError, match=message):
        GDLogisticRegression(early_stopping=True).fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])
