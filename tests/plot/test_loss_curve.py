"""The costs of one or several descents: the data in the picture."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gdlogreg import GDLogisticRegression, LossCurveDisplay


def test_loss_curves_are_those_of_the_fits(binary):
    fits = {
        "slow": GDLogisticRegression(0.01, tol=0, max_iter=20).fit(*binary),
        "stopped": GDLogisticRegression("auto", early_stopping=True, random_state=0).fit(*binary),
    }
    display = LossCurveDisplay.from_estimator(fits)
    for name, clf in fits.items():
        x, y = display.lines_[name, "training"].get_data()
        assert_array_equal(x, np.arange(clf.n_iter_[0] + 1))
        assert_array_equal(y, clf.loss_curve_)
    _, y = display.lines_["stopped", "validation"].get_data()
    assert_array_equal(y, fits["stopped"].validation_loss_curve_)
    (x,), (y,) = display.lines_["stopped", "best"].get_data()
    best = fits["stopped"].best_iteration_
    assert (x, y) == (best, fits["stopped"].validation_loss_curve_[best])
    assert ("slow", "validation") not in display.lines_
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["slow", "stopped", "stopped, validation", "stopped, kept"]


def test_loss_curves_over_seconds_and_as_distances(binary):
    fits = [GDLogisticRegression(rate, C=1.0, max_iter=30, tol=0) for rate in (0.1, "auto")]
    display = LossCurveDisplay.from_estimator(
        [clf.fit(*binary) for clf in fits], x="seconds", distance=True
    )
    assert list(display.curves) == ["learning rate 0.1", "auto"]
    assert display.ax_.get_yscale() == "log"
    assert display.ax_.get_xlabel() == "Seconds"
    x, y = display.lines_["learning rate 0.1", "training"].get_data()
    assert_array_equal(x, fits[0].seconds_)
    lowest = min(clf.loss_curve_.min() for clf in fits)
    assert_allclose(y, fits[0].loss_curve_ - lowest)
    same = [GDLogisticRegression(0.1, max_iter=2, tol=0).fit(*binary) for _ in range(2)]
    display = LossCurveDisplay.from_estimator(same)
    assert list(display.curves) == ["learning rate 0.1", "learning rate 0.1 (1)"]
    schedule = GDLogisticRegression(lambda t: 1 / t, max_iter=2, tol=0).fit(*binary)
    assert list(LossCurveDisplay.from_estimator(schedule).curves) == ["<lambda>"]
    with pytest.raises(ValueError, match="x must be 'iteration' or 'seconds'; got 'time'"):
        display.plot(x="time")


@pytest.mark.parametrize("x", ["iteration", "seconds"])
def test_a_logarithmic_axis_has_a_place_for_the_start(binary, x):
    clf = GDLogisticRegression(0.1, max_iter=20, tol=0).fit(*binary)
    ax = LossCurveDisplay.from_estimator(clf, x=x, xscale="log").ax_
    start, first, *_, last = ax.transData.transform(ax.lines[0].get_xydata())[:, 0]
    left, right = ax.transAxes.transform([[0, 0], [1, 0]])[:, 0]
    assert left - 1e-6 <= start < first < last < right
