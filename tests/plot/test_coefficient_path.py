"""Coefficients over the iterations: the data in the picture."""

import numpy as np
from numpy.testing import assert_array_equal

from sklearn_gdlogreg import (
    CoefficientPathDisplay,
    GDLogisticRegression,
    GDLogisticRegressionCV,
)


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


def test_thousands_of_coefficients_are_a_few_lines_and_bands(rng):
    coefs = np.outer(np.arange(5), rng.normal(size=12_288))
    coefs[:, 7], coefs[:, 11] = 100, -100
    names = [f"x{j}" for j in range(12_288)]
    display = CoefficientPathDisplay(np.arange(5), coefs, names).plot(n_labels=2)
    assert [line.get_label() for line in display.lines_] == ["x7", "x11"]
    assert_array_equal(display.lines_[1].get_ydata(), coefs[:, 11])
    others = np.delete(coefs, [7, 11], axis=1)
    for band, shares in zip(display.bands_, [(0, 1), (0.25, 0.75)], strict=True):
        heights = band.get_paths()[0].vertices[:, 1]
        assert (heights.min(), heights.max()) == tuple(np.quantile(others[-1], shares))
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["x7", "x11", "12,286 others", "half of them"]


def test_a_hundred_unnamed_coefficients_have_lines_and_one_more_has_bands(rng):
    for n, lines, bands in ((103, 103, 0), (104, 3, 2)):
        coefs, names = rng.normal(size=(2, n)), [f"x{j}" for j in range(n)]
        display = CoefficientPathDisplay([0, 1], coefs, names).plot(n_labels=3)
        assert (len(display.lines_), len(display.bands_)) == (lines, bands)


def test_unnamed_lines_are_fainter_than_named_ones_in_any_style(rng):
    from matplotlib import colors, pyplot

    for style in ("default", "dark_background"):
        with pyplot.style.context(style):
            coefs = rng.normal(size=(2, 3))
            display = CoefficientPathDisplay([0, 1], coefs, ["a", "b", "c"]).plot(n_labels=1)
        ground = np.array(display.ax_.get_facecolor()[:3])
        apart = {
            line.get_label() in "abc": np.abs(colors.to_rgb(line.get_color()) - ground).max()
            for line in display.lines_
        }
        assert 0.1 < apart[False] < 0.3 < apart[True]


def test_of_a_cross_validation_they_are_drawn_over_C(multiclass):
    clf = GDLogisticRegressionCV(Cs=[10.0, 0.1, 1.0], l1_ratios=[0.0, 1.0]).fit(*multiclass)
    display = CoefficientPathDisplay.from_estimator(clf, class_index=1)
    (of_ratio,) = np.flatnonzero(clf.l1_ratios_ == clf.l1_ratio_)
    for j, line in enumerate(display.lines_):
        x, path = line.get_data()
        assert_array_equal(x, [0.1, 1.0, 10.0])
        assert_array_equal(path, clf.coefs_paths_[:, of_ratio, [1, 2, 0], 1, j].mean(axis=0))
    assert display.ax_.get_xlabel() == "C"
    assert display.ax_.get_xscale() == "log"
    assert clf.C_ in [line.get_xdata()[0] for line in display.ax_.lines]
