"""The scores of a search."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._estimator import GDLogisticRegression
from .common import axes_for, rate_label


class GDSearchDisplay:
    """Scores of a search over learning rates and numbers of iterations.

    Lines show the mean test score over ``max_iter``, one for each ``learning_rate``, with a band
    of one standard deviation over the folds; a heat map shows all pairs at a glance. The best
    candidate is marked.

    Use :meth:`from_estimator` to make one.

    Parameters
    ----------
    learning_rates : list of length n_rates
        The learning rates: numbers, names of rules, or callables.

    max_iters : ndarray of shape (n_counts,)
        The numbers of iterations, ascending.

    mean_scores, std_scores : ndarray of shape (n_rates, n_counts)
        Mean test score and its standard deviation over the folds; nan where there was no such
        candidate, or its fit failed.

    best : tuple of int or None, default=None
        Row and column of the best candidate.

    score_name : str, default="Score"
        What the scores are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes that were drawn on.

    figure_ : matplotlib Figure
        Their figure.

    lines_ : list of matplotlib Line2D or None
        One for each learning rate; None in a heat map.

    bands_ : list of matplotlib PolyCollection or None
        The bands of one standard deviation, likewise.

    image_ : matplotlib AxesImage or None
        The heat map.

    best_ : matplotlib Line2D or None
        The mark of the best candidate.

    See Also
    --------
    GDGridSearchCV : The search.
    sklearn.model_selection.ValidationCurveDisplay : Scores over any one parameter.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression, GDSearchDisplay
    >>> grid = {"learning_rate": [0.01, 0.1], "max_iter": [10, 30, 100]}
    >>> search = GDGridSearchCV(GDLogisticRegression(tol=0), grid).fit(*load_iris(return_X_y=True))
    >>> display = GDSearchDisplay.from_estimator(search)
    >>> display.mean_scores.round(2)
    array([[0.33, 0.67, 0.68],
           [0.67, 0.67, 0.72]])
    """

    def __init__(
        self, learning_rates, max_iters, mean_scores, std_scores, *, best=None, score_name="Score"
    ):
        self.learning_rates = learning_rates
        self.max_iters = max_iters
        self.mean_scores = mean_scores
        self.std_scores = std_scores
        self.best = best
        self.score_name = score_name

    @classmethod
    def from_estimator(cls, search, *, metric=None, kind="lines", ax=None):
        """Draw the scores of a fitted search.

        Parameters
        ----------
        search : GDGridSearchCV or GridSearchCV
            A fitted search whose candidates have a ``max_iter`` and a ``learning_rate`` (in a
            Pipeline, with the names that these have there). Of the other parameters, the values
            of the best candidate are shown.

        metric : str, default=None
            Which of several metrics; None is the one that was refitted for, or the first.

        kind : {"lines", "heatmap"}, default="lines"
            What to draw.

        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        display : GDSearchDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        ValueError
            If it has no candidates with a learning rate and a number of iterations, or no such
            metric.
        """
        check_is_fitted(search, "cv_results_")
        results = search.cv_results_
        metric = _metric(search, metric)
        mean = results[f"mean_test_{metric}"]
        rate_name, count_name = _drawn_parameters(search)
        drawable = [
            i for i, each in enumerate(results["params"]) if {rate_name, count_name} <= each.keys()
        ]
        if not drawable:
            raise ValueError(
                "No candidate of this search has both a learning_rate and a max_iter to draw; put "
                "both into one param_grid."
            )
        best = max(drawable, key=lambda i: (not np.isnan(mean[i]), mean[i], -i))
        if metric in ("score", search.refit) and getattr(search, "best_index_", None) in drawable:
            best = int(search.best_index_)
        others = _others(results["params"][best], rate_name, count_name)
        shown = [
            i for i in drawable if _others(results["params"][i], rate_name, count_name) == others
        ]
        candidates = [results["params"][index] for index in shown]
        rates = list(dict.fromkeys(each[rate_name] for each in candidates))
        counts = sorted({each[count_name] for each in candidates})
        scores = np.full((2, len(rates), len(counts)), np.nan)
        marked = None
        for index, each in zip(shown, candidates, strict=True):
            place = rates.index(each[rate_name]), counts.index(each[count_name])
            scores[(slice(None), *place)] = mean[index], results[f"std_test_{metric}"][index]
            marked = place if index == best else marked
        name = "Score" if metric == "score" else metric.replace("_", " ").capitalize()
        display = cls(rates, np.array(counts), *scores, best=marked, score_name=name)
        return display.plot(ax=ax, kind=kind)

    def plot(self, ax=None, *, kind="lines"):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        kind : {"lines", "heatmap"}, default="lines"
            What to draw.

        Returns
        -------
        display : GDSearchDisplay
            Itself.
        """
        if kind not in ("lines", "heatmap"):
            raise ValueError(f"kind must be 'lines' or 'heatmap'; got {kind!r}.")
        self.ax_, self.figure_ = axes_for(self, ax)
        self.lines_ = self.bands_ = self.image_ = self.best_ = None
        (self._draw_lines if kind == "lines" else self._draw_heatmap)()
        return self

    def _draw_lines(self):
        from matplotlib import colormaps

        ax = self.ax_
        # Dark to light, as the rates grow: their order is seen without reading the legend.
        colors = colormaps["viridis"](np.linspace(0, 0.9, len(self.learning_rates)))
        self.lines_, self.bands_ = [], []
        for rate, mean, std, color in zip(
            self.learning_rates, self.mean_scores, self.std_scores, colors, strict=True
        ):
            self.lines_ += ax.plot(
                self.max_iters, mean, color=color, marker=".", label=rate_label(rate)
            )
            self.bands_.append(
                ax.fill_between(
                    self.max_iters, mean - std, mean + std, color=color, alpha=0.15, linewidth=0
                )
            )
        if self.best is not None:
            row, column = self.best
            (self.best_,) = ax.plot(
                self.max_iters[column],
                self.mean_scores[row, column],
                "*",
                color="crimson",
                markersize=13,
                label="best",
                zorder=3,
            )
        if len(self.max_iters) > 2 and self.max_iters[0] > 0:
            steps = np.diff(self.max_iters)
            if steps.max() > 5 * steps.min():
                ax.set_xscale("log")
        ax.set(xlabel="Iterations (max_iter)", ylabel=self.score_name)
        ax.legend(title="learning_rate", fontsize="small", loc="best")

    def _draw_heatmap(self):
        ax = self.ax_
        self.image_ = ax.imshow(self.mean_scores, aspect="auto", origin="lower", cmap="viridis")
        self.figure_.colorbar(self.image_, ax=ax, label=self.score_name)
        ax.set_xticks(range(len(self.max_iters)), [f"{n:,}" for n in self.max_iters], rotation=45)
        ax.set_yticks(range(len(self.learning_rates)), map(rate_label, self.learning_rates))
        if self.best is not None:
            row, column = self.best
            (self.best_,) = ax.plot(column, row, "*", color="crimson", markersize=13)
        ax.set(xlabel="Iterations (max_iter)", ylabel="learning_rate")


def _metric(search, metric):
    metrics = [key.removeprefix("mean_test_") for key in search.cv_results_ if "mean_test_" in key]
    if metric is None:
        return search.refit if search.refit in metrics else metrics[0]
    if metric not in metrics:
        raise ValueError(f"metric must be one of {metrics}; got {metric!r}.")
    return metric


def _drawn_parameters(search):
    """What the search calls the learning_rate and the max_iter of one estimator.

    The names are longer in a Pipeline, where other steps may have such parameters too: those of a
    GDLogisticRegression are drawn, and of any other estimator only where it has none of them.
    """
    wanted = ("learning_rate", "max_iter")
    searched = [
        key.removeprefix("param_") for key in search.cv_results_ if key.startswith("param_")
    ]
    split = [key.rpartition("__") for key in searched]
    owners = [owner for owner, _, name in split if name in wanted]
    estimators = {"": search.estimator, **search.estimator.get_params()}

    def precedence(owner):
        return isinstance(estimators.get(owner), GDLogisticRegression), owners.count(owner)

    owner = max(owners, key=precedence, default="")
    names = [f"{owner}__{name}".removeprefix("__") for name in wanted]
    for name in names:
        if name not in searched:
            raise ValueError(f"The search has no parameter {name}; put it into param_grid.")
    return names


def _others(parameters, *names):
    return {key: value for key, value in parameters.items() if key not in names}
