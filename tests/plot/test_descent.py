"""The way of a descent over the cost: the data in the picture, and the picture."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_gdlogreg import DescentDisplay, GDLogisticRegression

matplotlib = pytest.importorskip("matplotlib")


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("pair", [(0, 1), ("b", "intercept")])
def test_the_contours_are_the_costs(data, pair, request, weights):
    pd = pytest.importorskip("pandas")
    X, y = request.getfixturevalue(data)
    X = pd.DataFrame(X, columns=list("abcd"))
    clf = GDLogisticRegression(0.2, C=5.0, tol=0, max_iter=25, store_path=2)
    clf.fit(X, y, weights)
    k = 1 if data == "multiclass" else 0
    display = DescentDisplay.from_estimator(
        clf, X, y, sample_weight=weights, coefficients=pair, class_index=k, n_grid=7
    )
    path = np.column_stack([clf.coef_path_[:, k], clf.intercept_path_[:, k]])
    columns = [0, 1] if pair == (0, 1) else [1, 4]
    assert_array_equal(display.path, path[:, columns])
    assert_array_equal(np.column_stack(display.path_.get_data()), display.path)
    # The cost of a fit that starts there and goes nowhere.
    coef, intercept = clf.coef_.copy(), clf.intercept_.copy()
    both = np.column_stack([coef, intercept])
    both[k, columns] = display.values[0][2], display.values[1][5]
    there = GDLogisticRegression(C=5.0, max_iter=0).fit(
        X, y, weights, coef_init=both[:, :-1], intercept_init=both[:, -1]
    )
    assert display.costs[5, 2] == pytest.approx(there.loss_curve_[0], rel=1e-12)
    for axis in (0, 1):
        assert display.values[axis][0] < display.path[:, axis].min()
        assert display.values[axis][-1] > display.path[:, axis].max()


def test_the_picture_shows_the_path(binary):
    """Rendered: where the descent was, its colour is."""
    X, y = binary
    clf = GDLogisticRegression(0.2, C=5.0, tol=0, max_iter=25, store_path=True).fit(X, y)
    display = DescentDisplay.from_estimator(clf, X, y, n_grid=9)
    display.figure_.canvas.draw()
    pixels = np.asarray(display.figure_.canvas.buffer_rgba())[::-1, :, :3] / 255
    x, y = display.ax_.transData.transform(display.path[3])
    around = pixels[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3].reshape(-1, 3)
    crimson = matplotlib.colors.to_rgb("crimson")
    assert np.abs(around - crimson).max(axis=1).min() < 0.02


def drawn(costs, low=-1.0, high=1.0, style="default"):
    from matplotlib import pyplot

    values = [np.linspace(low, high, 5)] * 2
    with pyplot.style.context(style):
        display = DescentDisplay(values, costs, np.array([[low, low], [high, high]]), ["a", "b"])
        display.plot()
        display.figure_.canvas.draw()
    return display


@pytest.mark.parametrize(
    ("level", "span"),
    [(0, 1e-7), (0, 1e3), (0.6931, 1e-7), (0.6931, 1e-4), (54_021.3, 1e-4), (1e12, 1e3)],
)
def test_each_cost_at_the_colour_bar_can_be_read_by_itself(level, span):
    display = drawn(level + span * np.add.outer(np.arange(5.0), np.arange(5.0)))
    axis = display.contours_.colorbar.ax.yaxis
    assert axis.get_offset_text().get_text() == ""
    ticks = axis.get_ticklocs()
    shown = [float(label.get_text()) for label in axis.get_ticklabels()]
    assert len(ticks) == len(set(shown)) == 7
    assert np.abs(ticks - shown).max() < np.diff(ticks).min()


@pytest.mark.parametrize("high", [1e-9, 1e-4, 1.0, 1e3, 1e6])
def test_numbers_at_the_axes_do_not_run_into_each_other(high):
    display = drawn(np.add.outer(np.arange(5.0), np.arange(5.0)), -1.1 * high, 0.3 * high)
    boxes = [label.get_window_extent() for label in display.ax_.get_xticklabels()]
    assert len(boxes) > 2
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_start_and_end_are_seen_on_a_dark_background():
    display = drawn(np.add.outer(np.arange(5.0), np.arange(5.0)), style="dark_background")
    _, start, end = display.ax_.lines
    assert (start.get_color(), end.get_color()) == ((1, 1, 1), (1, 1, 1))


def test_a_cost_that_is_the_same_everywhere_has_no_contours():
    with pytest.raises(ValueError, match=r"The cost is 0\.25 at every point of the picture"):
        drawn(np.full((5, 5), 0.25))
