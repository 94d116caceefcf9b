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

from sklearn_gdlogreg import (
    GDGridSearchCV,
    GDLogisticRegression,
    GDLogisticRegressionCV,
    GDSearchDisplay,
    LossCurveDisplay,
)

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
    display = GDSearchDisplay.from_estimator(without)
    assert display.parameters == (f"{name}__estimator__max_iter", "clf__learning_rate")
    assert_array_equal(display.max_iters, [0.1, 1.0])


ONE = {
    "C": ([10.0, 0.1, 1.0], "log"),
    "learning_rate": ([0.1, 0.2, 0.3], "linear"),
    "max_iter": ([1, 2, 4, 8, 16], "log"),
    "l1_ratio": ([0.0, 0.5], "linear"),
}


@pytest.mark.parametrize("name", ONE)
def test_a_search_over_one_parameter_is_a_curve_over_it(name, binary):
    values, scale = ONE[name]
    clf = GDLogisticRegression(C=1.0, tol=0, max_iter=5)
    search = GridSearchCV(clf, {name: values, "tol": [0]}, scoring="neg_log_loss", cv=2)
    display = GDSearchDisplay.from_estimator(search.fit(*binary))
    ((x, scores),) = [line.get_data() for line in display.lines_]
    assert_array_equal(x, sorted(values))
    order = np.argsort(values)
    assert_array_equal(scores, search.cv_results_["mean_test_score"][order])
    assert display.ax_.get_xscale() == scale
    assert name in display.ax_.get_xlabel()
    (best,), (score,) = display.best_.get_data()
    assert (best, score) == (search.best_params_[name], search.best_score_)
    image = GDSearchDisplay.from_estimator(search, kind="heatmap").image_.get_array()
    assert_array_equal(image, [scores])


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.01, np.inf], ["0.01", "inf"]),
        ([None, "balanced", {0: 1.0, 1: 2.0}], ["None", "balanced", "{0: 1.0, 1: 2.0}"]),
    ],
)
def test_values_that_have_no_place_on_an_axis_stand_side_by_side(values, labels, binary):
    name = "C" if np.inf in values else "class_weight"
    search = GridSearchCV(GDLogisticRegression(), {name: values}, cv=2).fit(*binary)
    display = GDSearchDisplay.from_estimator(search)
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == labels
    (line,) = display.lines_
    assert_array_equal(line.get_ydata(), search.cv_results_["mean_test_score"])


@pytest.mark.parametrize(
    ("grid", "drawn"),
    [
        ({"C": [0.1, 1.0, 10.0], "learning_rate": [0.1, 1.0]}, ("learning_rate", "C")),
        ({"C": [0.1, 1.0], "learning_rate": [0.1, 0.5, 1.0]}, ("C", "learning_rate")),
        ({"C": [0.1, 1.0, 10.0], "max_iter": [1, 2]}, ("C", "max_iter")),
        ({"C": [0.1, 1.0], "class_weight": [None, "balanced", {}]}, ("class_weight", "C")),
        ({"C": [0.1, 1.0], "coordinates": ["raw"]}, ("C",)),
        ({"C": [0.1]}, ("C",)),
        ({"C": [0.1, 1.0], "learning_rate": [0.1], "max_iter": [1]}, ("learning_rate", "max_iter")),
    ],
)
def test_of_two_that_vary_one_is_the_axis_and_the_other_has_lines(grid, drawn, binary):
    clf = GDLogisticRegression(0.5, tol=0, max_iter=3)
    search = GridSearchCV(clf, grid, cv=2).fit(*binary)
    display = GDSearchDisplay.from_estimator(search)
    assert display.parameters == drawn
    if len(drawn) == 2 and "coordinates" not in grid:
        assert_array_equal(display.max_iters, grid[drawn[1]])
        assert display.learning_rates == grid[drawn[0]]
        assert display.ax_.get_legend().get_title().get_text() == drawn[0]


def test_a_parameter_that_is_named_is_drawn(search):
    display = GDSearchDisplay.from_estimator(search, parameters=["learning_rate", "C"])
    assert display.learning_rates == [0.01, "auto", 1.0]
    assert_array_equal(display.max_iters, [0.01, 10.0])
    params, scores = search.cv_results_["params"], search.cv_results_["mean_test_score"]
    for rate, row in zip(display.learning_rates, display.mean_scores, strict=True):
        for C, score in zip(display.max_iters, row, strict=True):
            each = {"learning_rate": rate, "C": C, "max_iter": search.best_params_["max_iter"]}
            assert scores[params.index(each)] == score
    (line,) = GDSearchDisplay.from_estimator(search, parameters=["C"]).lines_
    assert line.get_ydata().max() == search.best_score_
    with pytest.raises(ValueError, match=r"has tol and C to draw; its parameters are \['C', 'l"):
        GDSearchDisplay.from_estimator(search, parameters=["tol", "C"])
    for wrong in ("C", [], ["C", "max_iter", "learning_rate"]):
        with pytest.raises(ValueError, match="parameters must name one or two; got"):
            GDSearchDisplay.from_estimator(search, parameters=wrong)


def test_lines_can_be_told_from_the_background_of_any_style(search):
    from matplotlib import pyplot

    for style in ("default", "dark_background"):
        with pyplot.style.context(style):
            display = GDSearchDisplay.from_estimator(search)
        ground = np.array(display.ax_.get_facecolor()[:3])
        for line in display.lines_:
            assert np.abs(np.array(matplotlib.colors.to_rgb(line.get_color())) - ground).max() > 0.4


def test_what_cannot_be_drawn_is_said(binary, search):
    with pytest.raises(NotFittedError):
        GDSearchDisplay.from_estimator(GDGridSearchCV(GDLogisticRegression(), {}))
    with pytest.raises(ValueError, match=r"metric must be one of \['score'\]; got 'auc'"):
        GDSearchDisplay.from_estimator(search, metric="auc")
    with pytest.raises(ValueError, match="kind must be 'lines' or 'heatmap'; got 'bars'"):
        GDSearchDisplay.from_estimator(search, kind="bars")
    nothing = GDGridSearchCV(GDLogisticRegression(tol=0, max_iter=1), {}, cv=2).fit(*binary)
    with pytest.raises(ValueError, match="no parameter to draw; put one into param_grid"):
        GDSearchDisplay.from_estimator(nothing)


def test_of_several_grids_one_that_has_both_or_the_best_is_drawn(binary):
    grids = [{"max_iter": [5], "C": [1.0]}, {"learning_rate": [1e-9, 1e-8], "C": [1.0]}]
    clf = GDLogisticRegression(0.01, tol=0, max_iter=1)
    apart = GDGridSearchCV(clf, grids, scoring="neg_log_loss", cv=2).fit(*binary)
    assert apart.best_params_ == {"C": 1.0, "max_iter": 5}
    display = GDSearchDisplay.from_estimator(apart)
    assert display.mean_scores.tolist() == [[apart.best_score_]]
    mixed = [*grids, {"learning_rate": [0.1, 1.0], "max_iter": [100]}]
    some = GDGridSearchCV(clf, mixed, cv=2).fit(*binary)
    assert GDSearchDisplay.from_estimator(some).mean_scores.shape == (2, 1)


@pytest.mark.parametrize("l1_ratios", [[0.0], [0.5, 0.0, 1.0]])
def test_the_scores_of_a_cross_validation_are_drawn_over_C(l1_ratios, binary):
    clf = GDLogisticRegressionCV(Cs=[10.0, 0.1, 1.0], l1_ratios=l1_ratios, cv=3).fit(*binary)
    display = GDSearchDisplay.from_estimator(clf)
    assert len(display.lines_) == len(l1_ratios)
    for row, line in enumerate(display.lines_):
        x, y = line.get_data()
        assert_array_equal(x, [0.1, 1.0, 10.0])
        assert_array_equal(y, clf.scores_[:, row, [1, 2, 0]].mean(axis=0))
    (C,), (score,) = display.best_.get_data()
    assert (C, score) == (clf.C_, clf.scores_.mean(axis=0).max())
    assert display.ax_.get_xlabel() == "C"
    assert display.ax_.get_ylabel() == "Neg log loss"
    if len(l1_ratios) > 1:
        assert display.ax_.get_legend().get_title().get_text() == "l1_ratio"
