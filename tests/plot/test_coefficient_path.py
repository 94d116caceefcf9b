"""Coefficients over the iterations: the data in the picture."""

import numpy as np
from numpy.testing import assert_array_equal

from sklearn_gdlogreg import CoefficientPathDisplay, GDLogisticRegression


def test_coefficients_over_the_iterations(multiclass):
    X, y = multiclass
    clf = GDLogisticRegression(0.1, tol=0, max_iter=10, store_path=3).fit(X, y)
    display = CoefficientPathDisplay.from_estimator(clf, class_index=2, n_labels=2, xscale="log")
    assert len(display.lines_) == 4
    for j, line in enumerate(display.lines_):
        x, path = line.get_data()
        assert_array_equal(x, [0, 3, 6, 9, 10])
        assert_array_equal(path, clf.coef_path_[:, 2, j])
    largest = np.argsort(-np.abs(clf.coef_path_[:, 2]).max(axis=0))[:2]
    labels = {text.get_text() for text in display.ax_.get_legend().get_texts()}
    assert labels == {f"x{j}" for j in largest}
