"""The way of a descent over the cost: the data in the picture, and the picture."""

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
