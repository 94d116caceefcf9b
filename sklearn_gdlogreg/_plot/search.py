"""The scores of a search."""

from numbers import Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._estimator import GDLogisticRegression
from .common import axes_for, ink, legend, value_label


class GDSearchDisplay:
    """Scores of a search over learning rates and numbers of iterations, or over other parameters.

    Lines show the mean test score over ``max_iter``, one for each ``learning_rate``, with a band
    of one standard deviation over the folds; a heat map shows all pairs at a glance. The best
    candidate is marked. A search without one of the two is drawn over what it has: see
    `parameters` of :meth:`from_estimator`.

    Use :meth:`from_estimator` to make one.

    Parameters
    ----------
    learning_rates : list of length n_rates
        What the lines are for: learning rates (numbers, names of rules, or callables), or values
        of the other parameter that `parameters` names; one None if it names none.

    max_iters : ndarray of shape (n_counts,)
        What the scores are drawn over: the numbers of iterations, ascending, or values of the
        other parameter that `parameters` names; a list if they are not all finite numbers.

    mean_scores, std_scores : ndarray of shape (n_rates, n_counts)
        Mean test score and its standard deviation over the folds; nan where there was no such
        candidate, or its fit failed.

    best : tuple of int or None, default=None
        Row and column of the best candidate.

    score_name : str, default="Score"
        What the scores are.

    parameters : tuple of str, default=("learning_rate", "max_iter")
        Whose values these are: the lines', if there is more than one, and the axis's.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes that were drawn on.

    figure_ : matplotlib Figure
        Their figure.

    lines_ : list of matplotlib Line2D or None
        One for each learning rate, or whatever the lines are for; None in a heat map.

    bands_ : list of matplotlib PolyCollection or None
        The bands of one standard deviation, likewise.

    image_ : matplotlib AxesImage or None
        The heat map.

    best_ : matplotlib Line2D or None
        The mark of the best candidate.

    See Also
    --------
    GDGridSearchCV, GDLogisticRegressionCV : Searches.
    sklearn.model_selection.ValidationCurveDisplay : Scores over any one parameter.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression, GDSearchDisplay
    >>> grid = {"learning_rate": [0.01, 0.05], "max_iter": [10, 30, 100]}
    >>> search = GDGridSearchCV(GDLogisticRegression(tol=0), grid).fit(*load_iris(return_X_y=True))
    >>> display = GDSearchDisplay.from_estimator(search)
    >>> display.mean_scores.round(2)
    array([[0.33, 0.67, 0.68],
           [0.67, 0.71, 0.91]])
    """

    def __init__(
        self,
        learning_rates,
        max_iters,
        mean_scores,
        std_scores,
        *,
        best=None,
        score_name="Score",
        parameters=("learning_rate", "max_iter"),
    ):
        self.learning_rates = learning_rates
        self.max_iters = max_iters
        self.mean_scores = mean_scores
        self.std_scores = std_scores
        self.best = best
        self.score_name = score_name
        self.parameters = parameters

    @classmethod
    def from_estimator(cls, search, *, parameters=None, metric=None, kind="lines", ax=None):
        """Draw the scores of a fitted search.

        Parameters
        ----------
        search : GDGridSearchCV, GridSearchCV or another search, or GDLogisticRegressionCV
            A fitted search. Of a GDLogisticRegressionCV the axis is C, and there is a line for
            each l1_ratio.

        parameters : sequence of one or two str, default=None
            Which parameters to draw, by their names in the search: that of the axis, or that of
            the lines and that of the axis. None are ``learning_rate`` and ``max_iter`` if a
            candidate has both; else, of those that vary in the grid of the best candidate, one or
            two: the classifier's before those of other steps of a Pipeline, numbers before
            others, and along the axis ``max_iter`` or the one of more values. Of the parameters
            that are not drawn, the values of the best candidate are shown.

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
            If it has no candidates with such parameters, or no such metric.
        """
        if hasattr(search, "scores_"):
            return cls._over_C(search).plot(ax=ax, kind=kind)
        check_is_fitted(search, "cv_results_")
        results = search.cv_results_
        metric = _metric(search, metric)
        mean = results[f"mean_test_{metric}"]
        candidates = results["params"]
        refitted = metric in ("score", search.refit)

        def best_of(indices):
            if refitted and getattr(search, "best_index_", None) in indices:
                return int(search.best_index_)
            return max(indices, key=lambda i: (not np.isnan(mean[i]), mean[i], -i))

        if parameters is None:
            parameters = _drawn_parameters(search, candidates[best_of(range(len(candidates)))])
        elif isinstance(parameters, str) or len(parameters) not in (1, 2):
            raise ValueError(f"parameters must name one or two; got {parameters!r}.")
        drawable = [i for i, each in enumerate(candidates) if set(parameters) <= each.keys()]
        if not drawable:
            raise ValueError(
                f"No candidate of this search has {' and '.join(parameters)} to draw; its "
                f"parameters are {sorted({name for each in candidates for name in each})}."
            )
        best = best_of(drawable)
        shown = [i for i in drawable if _agree(candidates[i], candidates[best], parameters)]
        # Of one parameter there is one line, for no value of another.
        of_line, of_axis = [None, *parameters][-2:]
        rates = _distinct([candidates[i].get(of_line) for i in shown])
        counts = _distinct([candidates[i][of_axis] for i in shown])
        if _are_numbers(counts):
            counts = np.sort(counts)
        scores = np.full((2, len(rates), len(counts)), np.nan)
        marked = None
        for i in shown:
            place = (
                _index(rates, candidates[i].get(of_line)),
                _index(counts, candidates[i][of_axis]),
            )
            scores[(slice(None), *place)] = mean[i], results[f"std_test_{metric}"][i]
            marked = place if i == best else marked
        display = cls(
            rates,
            counts,
            *scores,
            best=marked,
            score_name=_score_name(metric),
            parameters=tuple(parameters),
        )
        return display.plot(ax=ax, kind=kind)

    @classmethod
    def _over_C(cls, search):
        order = np.argsort(search.Cs_)
        scores = search.scores_[:, :, order]
        mean = scores.mean(axis=0)
        several = len(search.l1_ratios_) > 1
        return cls(
            search.l1_ratios_.tolist() if several else [None],
            search.Cs_[order],
            mean,
            scores.std(axis=0),
            best=np.unravel_index(np.nanargmax(mean), mean.shape) if search.refit else None,
            score_name=_score_name(search.scoring or "accuracy"),
            parameters=("l1_ratio", "C") if several else ("C",),
        )

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
        numbers = _are_numbers(self.max_iters)
        x = np.asarray(self.max_iters) if numbers else np.arange(len(self.max_iters))
        # Dark to light, as the rates grow: their order is seen without reading the legend. The end
        # that is too near to the background is left out.
        ends = (0, 0.9) if sum(ink()) < 1.5 else (0.3, 1)
        colors = colormaps["viridis"](np.linspace(*ends, len(self.learning_rates)))
        self.lines_, self.bands_ = [], []
        for rate, mean, std, color in zip(
            self.learning_rates, self.mean_scores, self.std_scores, colors, strict=True
        ):
            label = value_label(rate) if self._lines_name else "mean"
            self.lines_ += ax.plot(x, mean, color=color, marker=".", label=label)
            self.bands_.append(
                ax.fill_between(x, mean - std, mean + std, color=color, alpha=0.15, linewidth=0)
            )
        if self.best is not None:
            row, column = self.best
            (self.best_,) = ax.plot(
                x[column],
                self.mean_scores[row, column],
                "*",
                color="crimson",
                markersize=13,
                label="best",
                zorder=3,
            )
        if not numbers:
            ax.set_xticks(x, map(value_label, self.max_iters))
        elif len(x) > 2 and x[0] > 0:
            steps = np.diff(x)
            if steps.max() > 5 * steps.min():
                ax.set_xscale("log")
        ax.set(xlabel=self._axis_name, ylabel=self.score_name)
        legend(ax, title=self._lines_name, loc="best")

    def _draw_heatmap(self):
        ax = self.ax_
        self.image_ = ax.imshow(self.mean_scores, aspect="auto", origin="lower", cmap="viridis")
        self.figure_.colorbar(self.image_, ax=ax, label=self.score_name)
        ax.set_xticks(range(len(self.max_iters)), map(value_label, self.max_iters), rotation=45)
        rows = self.learning_rates if self._lines_name else []
        ax.set_yticks(range(len(rows)), map(value_label, rows))
        if self.best is not None:
            row, column = self.best
            (self.best_,) = ax.plot(column, row, "*", color="crimson", markersize=13)
        ax.set(xlabel=self._axis_name, ylabel=self._lines_name)

    @property
    def _lines_name(self):
        """What the lines are for; None if there is no more than one."""
        return _short(self.parameters[0]) if len(self.parameters) > 1 else None

    @property
    def _axis_name(self):
        name = _short(self.parameters[-1])
        return "Iterations (max_iter)" if name == "max_iter" else name


def _score_name(metric):
    """What the scores of a metric are called at the axis."""
    named = isinstance(metric, str) and metric != "score"
    return metric.replace("_", " ").capitalize() if named else "Score"


def _metric(search, metric):
    metrics = [key.removeprefix("mean_test_") for key in search.cv_results_ if "mean_test_" in key]
    if metric is None:
        return search.refit if search.refit in metrics else metrics[0]
    if metric not in metrics:
        raise ValueError(f"metric must be one of {metrics}; got {metric!r}.")
    return metric


def _drawn_parameters(search, best):
    """The names of the parameters that are drawn: that of the lines, if there is one, the axis's.

    The names are longer in a Pipeline, where other steps may have such parameters too: those of a
    GDLogisticRegression come first.
    """
    candidates = search.cv_results_["params"]
    estimators = {"": search.estimator, **search.estimator.get_params()}

    def of_descent(name):
        return isinstance(estimators.get(name.rpartition("__")[0]), GDLogisticRegression)

    searched = sorted({name for each in candidates for name in each})
    for name in sorted(filter(of_descent, searched)) or searched:
        owner = name.rpartition("__")[0]
        pair = [f"{owner}__{each}".removeprefix("__") for each in ("learning_rate", "max_iter")]
        if any(set(pair) <= each.keys() for each in candidates):
            return pair
    if not best:
        raise ValueError("The search has no parameter to draw; put one into param_grid.")
    beside_it = [each for each in candidates if each.keys() == best.keys()]
    values = {name: _distinct([each[name] for each in beside_it]) for name in best}

    def precedence(name):
        varied = values[name]
        counted = _short(name) == "max_iter", len(varied)
        return len(varied) > 1, of_descent(name), _are_numbers(varied), *counted

    first, *others = sorted(best, key=precedence, reverse=True)
    return [name for name in others[:1] if len(values[name]) > 1] + [first]


def _short(name):
    """The name of a parameter without the step of the Pipeline that has it."""
    return name.rpartition("__")[2]


def _are_numbers(values):
    return all(
        isinstance(each, Real) and not isinstance(each, bool) and np.isfinite(each)
        for each in values
    )


def _same(one, other):
    """Whether two values of a parameter are one; some have no hash, and arrays no single truth."""
    plain = Real | str
    if isinstance(one, plain) and isinstance(other, plain):
        return one == other  # most are, and of a thousand candidates there are a million pairs
    return one is other or np.array_equal(one, other)


def _index(values, value):
    return next(i for i, each in enumerate(values) if _same(each, value))


def _distinct(values):
    """The values in the order in which they come, each once."""
    distinct = []
    for value in values:
        if not any(_same(value, each) for each in distinct):
            distinct.append(value)
    return distinct


def _agree(candidate, best, drawn):
    """Whether they have the same parameters, but for those that are drawn."""
    return candidate.keys() == best.keys() and all(
        _same(value, best[name]) for name, value in candidate.items() if name not in drawn
    )
