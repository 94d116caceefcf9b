"""The scores of a search: the data in the picture, and the picture."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression, GDSearchDisplay, LossCurveDisplay

matplotlib = pytest.importorskip("matplotlib")


@pytest.fixture
def search(binary):
    grid = {"learning_rate": [0.01, "auto", 1.0], "max_iter": [10, 1, 100], "C": [0.01, 10.0]}
    return GDGridSearchCV(GDLogisticRegression(tol=0), grid, scoring="neg_log_loss", cv=3).fit(
        *binary
    )


def test_lines_show_the_scores_of_each_learning_rate(search):
    display = GDSearchDisplay.from_estimator(search)
    assert display.learning_rates == [0.01, "auto", 1.0]
    assert_array_equal(display.max_iters, [1, 10, 100])
    results = search.cv_results_
    for row, line in enumerate(display.lines_):
        for column, (t, score) in enumerate(zip(*line.get_data(), strict=True)):
            parameters = {
                "learning_rate": display.learning_rates[row],
                "max_iter": t,
                "C": search.best_params_["C"],
            }
            index = results["params"].index(parameters)
            assert score == results["mean_test_score"][index]
            assert display.std_scores[row, column] == results["std_test_score"][index]
    (x,), (y,) = display.best_.get_data()
    assert (x, y) == (search.best_params_["max_iter"], search.best_score_)
    band = display.bands_[0].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx((display.mean_scores - display.std_scores)[0].min())
    assert display.ax_.get_xscale() == "log"
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["0.01", "auto", "1", "best"]


def test_a_schedule_is_called_by_its_name(binary):
    def slower(t):
        return 1 / t

    grid = {"learning_rate": [slower, 0.1], "max_iter": [1, 2]}
    search = GDGridSearchCV(GDLogisticRegression(tol=0), grid, cv=2).fit(*binary)
    ax = GDSearchDisplay.from_estimator(search, kind="heatmap").ax_
    assert [label.get_text() for label in ax.get_yticklabels()] == ["slower", "0.1"]


@dataclass(frozen=True)
class Constant:
    rate: float

    def __call__(self, t):
        return self.rate


def test_a_learning_rate_has_one_label_in_all_pictures(binary):
    rates = [10**-1.5, "auto", Constant(0.5)]
    labels = ["0.0316", "auto", "Constant(rate=0.5)"]
    clf = GDLogisticRegression(max_iter=2, tol=0)
    search = GDGridSearchCV(clf, {"learning_rate": rates, "max_iter": [1, 2]}, cv=2).fit(*binary)
    ax = GDSearchDisplay.from_estimator(search, kind="heatmap").ax_
    assert [label.get_text() for label in ax.get_yticklabels()] == labels
    fits = [clone(clf).set_params(learning_rate=rate).fit(*binary) for rate in rates]
    curves = LossCurveDisplay.from_estimator(fits).curves
    assert [name.removeprefix("learning rate ") for name in curves] == labels


def test_a_heat_map_shows_all_pairs(search):
    from matplotlib import pyplot

    figure, ax = pyplot.subplots()
    display = GDSearchDisplay.from_estimator(search, kind="heatmap", ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert_array_equal(display.image_.get_array(), display.mean_scores)
    row, column = display.best
    assert display.learning_rates[row] == search.best_params_["learning_rate"]
    assert display.max_iters[column] == search.best_params_["max_iter"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0.01", "auto", "1"]


def test_the_picture_shows_the_marked_maximum(search):
    """Rendered: the star's colour is where the best candidate is."""
    display = GDSearchDisplay.from_estimator(search, kind="heatmap")
    figure = display.figure_
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[::-1]
    row, column = display.best
    x, y = display.ax_.transData.transform((column, row))
    crimson = matplotlib.colors.to_rgb("crimson")
    assert_allclose(pixels[round(y), round(x), :3] / 255, crimson, atol=0.02)


def test_searches_over_a_pipeline_and_grid_search_cv_itself(binary):
    pipeline = Pipeline([("scale", StandardScaler()), ("model", GDLogisticRegression(tol=0))])
    grid = {"model__learning_rate": [0.1, 1.0], "model__max_iter": [1, 5]}
    for kind in (GDGridSearchCV, GridSearchCV):
        search = kind(pipeline, grid, scoring=["accuracy", "roc_auc"], refit="roc_auc", cv=2)
        display = GDSearchDisplay.from_estimator(search.fit(*binary))
        assert display.score_name == "Roc auc"
        assert display.mean_scores.shape == (2, 2)
        assert display.mean_scores[display.best] == search.best_score_
        other = GDSearchDisplay.from_estimator(search, metric="accuracy")
        assert other.mean_scores[other.best] == other.mean_scores.max()


@pytest.mark.parametrize("name", ["a", "z"])
def test_the_descents_own_parameters_are_drawn(name, binary):
    """Another step, before it in the alphabet or after it, has parameters of the same names."""
    other = SelectFromModel(SGDClassifier(eta0=0.1, tol=None, random_state=0))
    pipeline = Pipeline([(name, other), ("clf", GDLogisticRegression(tol=0))])
    of_clf = {"clf__learning_rate": [0.1, 1.0], "clf__max_iter": [3, 4]}
    of_other = {
        f"{name}__estimator__max_iter": [5, 6],
        f"{name}__estimator__learning_rate": ["constant", "optimal"],
    }
    of_one = {key: of_other[key] for key in of_other if key.endswith("max_iter")}
    for grid in (of_clf | of_one, of_clf | of_other):
        search = GridSearchCV(pipeline, grid, cv=2).fit(*binary)
        display = GDSearchDisplay.from_estimator(search)
        assert display.learning_rates == [0.1, 1.0]
        assert_array_equal(display.max_iters, [3, 4])
    del of_clf["clf__max_iter"]
    without = GridSearchCV(pipeline, of_clf | of_other, cv=2).fit(*binary)
    with pytest.raises(ValueError, match="no parameter clf__max_iter; put it into param_grid"):
        GDSearchDisplay.from_estimator(without)


def test_what_cannot_be_drawn_is_said(binary, search):
    with pytest.raises(NotFittedError):
        GDSearchDisplay.from_estimator(GDGridSearchCV(GDLogisticRegression(), {}))
    with pytest.raises(ValueError, match=r"metric must be one of \['score'\]; got 'auc'"):
        GDSearchDisplay.from_estimator(search, metric="auc")
    with pytest.raises(ValueError, match="kind must be 'lines' or 'heatmap'; got 'bars'"):
        GDSearchDisplay.from_estimator(search, kind="bars")
    without = GDGridSearchCV(GDLogisticRegression(tol=0), {"max_iter": [1, 2]}, cv=2).fit(*binary)
    with pytest.raises(ValueError, match="no parameter learning_rate; put it into param_grid"):
        GDSearchDisplay.from_estimator(without)
    grids = [{"max_iter": [5], "C": [1.0]}, {"learning_rate": [1e-9], "C": [1.0]}]
    apart = GDGridSearchCV(GDLogisticRegression(tol=0), grids, cv=2).fit(*binary)
    mixed = [*grids, {"learning_rate": [0.1, 1.0], "max_iter": [100]}]
    some = GDGridSearchCV(GDLogisticRegression(tol=0), mixed, cv=2).fit(*binary)
    assert GDSearchDisplay.from_estimator(some).mean_scores.shape == (2, 1)
    with pytest.raises(ValueError, match="put both into one param_grid"):
        GDSearchDisplay.from_estimator(apart)
