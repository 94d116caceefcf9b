"""The displays: the data in the picture, and the picture."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import (
    CoefficientPathDisplay,
    DescentDisplay,
    GDGridSearchCV,
    GDLogisticRegression,
    GDSearchDisplay,
    LossCurveDisplay,
)

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


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


@pytest.mark.parametrize("x", ["iteration", "seconds"])
def test_a_logarithmic_axis_has_a_place_for_the_start(binary, x):
    clf = GDLogisticRegression(0.1, max_iter=20, tol=0).fit(*binary)
    ax = LossCurveDisplay.from_estimator(clf, x=x, xscale="log").ax_
    start, first, *_, last = ax.transData.transform(ax.lines[0].get_xydata())[:, 0]
    left, right = ax.transAxes.transform([[0, 0], [1, 0]])[:, 0]
    assert left - 1e-6 <= start < first < last < right


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


# ---------------------------------------------------------------------------- of one descent


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
