"""Whose descent is drawn, and what cannot be."""

import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import (
    CoefficientPathDisplay,
    DescentDisplay,
    GDLogisticRegression,
    LossCurveDisplay,
)


def test_a_pipeline_shows_its_last_step(binary):
    X, y = binary
    clf = GDLogisticRegression(0.1, tol=0, max_iter=5, store_path=True)
    pipeline = Pipeline([("scale", StandardScaler()), ("model", clf)]).fit(X, y)
    assert_array_equal(CoefficientPathDisplay.from_estimator(pipeline).coefs, clf.coef_path_[:, 0])
    curve = LossCurveDisplay.from_estimator(pipeline).curves["learning rate 0.1"]
    assert_array_equal(curve["training"], clf.loss_curve_)
    with pytest.raises(ValueError, match="give the last step of the Pipeline"):
        DescentDisplay.from_estimator(pipeline, X, y)


def test_a_search_shows_its_best(binary):
    X, y = binary
    clf = GDLogisticRegression(tol=0, max_iter=5, store_path=True)
    pipeline = Pipeline([("scale", StandardScaler()), ("model", clf)])
    search = GridSearchCV(pipeline, {"model__learning_rate": [1e-3, 0.1]}).fit(X, y)
    best = search.best_estimator_["model"]
    assert_array_equal(CoefficientPathDisplay.from_estimator(search).coefs, best.coef_path_[:, 0])
    (curve,) = LossCurveDisplay.from_estimator(search).curves.values()
    assert_array_equal(curve["training"], best.loss_curve_)
    with pytest.raises(ValueError, match="give the last step of the Pipeline"):
        DescentDisplay.from_estimator(search, X, y)


def test_what_was_not_stored_cannot_be_drawn(binary):
    X, y = binary
    for draw in (
        lambda clf: CoefficientPathDisplay.from_estimator(clf),
        lambda clf: DescentDisplay.from_estimator(clf, X, y),
    ):
        with pytest.raises(NotFittedError):
            draw(GDLogisticRegression())
        with pytest.raises(ValueError, match="has no coef_path_ to draw; fit with store_path=True"):
            draw(GDLogisticRegression().fit(X, y))
    with pytest.raises(ValueError, match="LogisticRegression has no loss_curve_ to draw"):
        LossCurveDisplay.from_estimator(LogisticRegression().fit(X, y))
    clf = GDLogisticRegression(store_path=True).fit(X, y)
    with pytest.raises(ValueError, match="y has the classes"):
        DescentDisplay.from_estimator(clf, X, y + 1)
    with pytest.raises(ValueError, match="class_index must be a row of coef_, which has 1; got 1"):
        DescentDisplay.from_estimator(clf, X, y, class_index=1)
    for pair in ((1, 1), "intercept"):
        with pytest.raises(ValueError, match="coefficients must name two; got"):
            DescentDisplay.from_estimator(clf, X, y, coefficients=pair)
    with pytest.raises(ValueError, match=r"coefficients must name two of the 4 columns.*got 9"):
        DescentDisplay.from_estimator(clf, X, y, coefficients=(0, 9))


def test_a_legend_that_is_too_high_leaves_the_axes_their_size(rng):
    heights = []
    for n in (1, 40):
        names = [f"x{j}" for j in range(n)]
        display = CoefficientPathDisplay([0, 1], rng.uniform(size=(2, n)), names).plot(n_labels=n)
        display.figure_.canvas.draw()
        heights.append(display.ax_.get_position().height)
    assert heights[0] == pytest.approx(heights[1], rel=0.02)
