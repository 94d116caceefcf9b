"""The way of a descent over the surface of its cost."""

import math

import numpy as np
from sklearn.utils.validation import validate_data

from .._check import quiet
from .._fit import objective_for
from .common import axes_for, descended, feature_names, ink, legend


class DescentDisplay:
    """The cost over two coefficients, as contours, and the path of the descent on it.

    The other coefficients are held where the descent ended; its path is seen from above.

    Use :meth:`from_estimator` to make one.

    Parameters
    ----------
    values : list of two ndarray of shape (n_grid,)
        The values of the two coefficients that the cost was computed for.

    costs : ndarray of shape (n_grid, n_grid)
        The cost; rows go with the second coefficient.

    path : ndarray of shape (n_stored, 2)
        Where the descent was.

    names : list of two str
        Names of the two coefficients.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes that were drawn on.

    figure_ : matplotlib Figure
        Their figure.

    contours_ : matplotlib QuadContourSet
        The contours.

    path_ : matplotlib Line2D
        The path.

    See Also
    --------
    LossCurveDisplay : The cost over the iterations.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn_gdlogreg import DescentDisplay, GDLogisticRegression
    >>> X, y = make_classification(n_features=2, n_redundant=0, random_state=0)
    >>> clf = GDLogisticRegression(0.5, tol=0, max_iter=30, store_path=True).fit(X, y)
    >>> display = DescentDisplay.from_estimator(clf, X, y)
    >>> display.path.shape, display.costs.shape
    ((31, 2), (40, 40))
    """

    def __init__(self, values, costs, path, names):
        self.values = values
        self.costs = costs
        self.path = path
        self.names = names

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        sample_weight=None,
        coefficients=(0, 1),
        class_index=0,
        n_grid=40,
        margin=0.25,
        ax=None,
        **options,
    ):
        """Compute the cost around the path of a fitted estimator, and draw both.

        Parameters
        ----------
        estimator : GDLogisticRegression
            Fitted to X and y with ``store_path``.

        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples it was fitted to.

        y : array-like of shape (n_samples,)
            Their labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Their weights.

        coefficients : pair of int, str or "intercept", default=(0, 1)
            Which two: columns of X, by number or name, or the intercept.

        class_index : int, default=0
            With three classes or more: of which class, by its row in ``coef_``.

        n_grid : int, default=40
            The cost is computed at n_grid x n_grid points, each a pass over X.

        margin : float, default=0.25
            How far the contours reach beyond the path, as a share of its extent.

        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        **options : dict
            The options of :meth:`plot`.

        Returns
        -------
        display : DescentDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If its fit stored no path, or there are no such coefficients.
        """
        last = descended(estimator, "coef_path_", "fit with store_path=True")
        if hasattr(getattr(estimator, "best_estimator_", estimator), "steps"):
            raise ValueError(
                "DescentDisplay computes costs from the features that the descent saw: give the "
                "last step of the Pipeline, and X transformed by those before it."
            )
        validate_data(last, X, reset=False, skip_check_array=True)
        names = feature_names(last)
        if isinstance(coefficients, str) or len(set(coefficients)) != 2:
            raise ValueError(f"coefficients must name two; got {coefficients!r}.")
        columns = [_column(which, names) for which in coefficients]
        if not 0 <= class_index < last.coef_.shape[0]:
            raise ValueError(
                f"class_index must be a row of coef_, which has {last.coef_.shape[0]}; got "
                f"{class_index!r}."
            )
        # One row for each stored iteration: the coefficients, then the intercept.
        points = np.column_stack(
            [last.coef_path_[:, class_index], last.intercept_path_[:, class_index]]
        )
        path = points[:, columns]
        low, high = path.min(axis=0), path.max(axis=0)
        reach = margin * np.where(high > low, high - low, 1)
        values = [np.linspace(a, b, n_grid) for a, b in zip(low - reach, high + reach, strict=True)]

        examples = last._load(X, y, sample_weight, caller=last)
        classes = examples.schema.classes
        if not np.array_equal(classes, last.classes_):
            raise ValueError(
                f"y has the classes {classes.tolist()}, but the estimator was fitted to "
                f"{last.classes_.tolist()}; give the examples it was fitted to."
            )
        objective = objective_for(last, examples)
        wb = np.column_stack([last.coef_path_[-1], last.intercept_path_[-1]])
        costs = np.empty((n_grid, n_grid))
        with quiet(), objective.rows.holding_blas():
            for row, second in enumerate(values[1]):
                for column, first in enumerate(values[0]):
                    wb[class_index, columns] = first, second
                    w, b = wb[:, :-1].astype(objective.dtype), wb[:, -1].astype(objective.dtype)
                    if not objective.outputs:
                        w, b = w[0], b[0]
                    costs[row, column], _, _ = objective.cost_and_gradient(w, b)
        objective.rows.close()
        shown = [(*names, "intercept")[column] for column in columns]
        return cls(values, costs, path, shown).plot(ax, **options)

    def plot(self, ax=None, *, levels=25, cmap="viridis"):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        levels : int, default=25
            The number of contours; they lie denser near the lowest cost.

        cmap : str or matplotlib Colormap, default="viridis"
            Their colours.

        Returns
        -------
        display : DescentDisplay
            Itself.
        """
        low, high = self.costs.min(), self.costs.max()
        if low == high:
            raise ValueError(
                f"The cost is {low:.6g} at every point of the picture: it has no contours to draw."
            )
        self.ax_, self.figure_ = axes_for(self, ax)
        # Evenly spaced contours would leave the valley empty.
        heights = np.unique(low + (high - low) * np.linspace(0.02, 1, levels) ** 2)
        self.contours_ = self.ax_.contour(*self.values, self.costs, heights, cmap=cmap, zorder=1)
        ticks = heights[:: max(1, len(heights) // 6)]
        bar = self.figure_.colorbar(self.contours_, ax=self.ax_, label="Cost")
        bar.set_ticks(ticks, labels=_distinct(ticks))
        (self.path_,) = self.ax_.plot(
            *self.path.T,
            "o-",
            color="crimson",
            markersize=3,
            linewidth=1,
            label="descent",
            zorder=2,
        )
        self.ax_.plot(*self.path[0], "s", color=ink(), markersize=6, label="start", zorder=3)
        self.ax_.plot(*self.path[-1], "*", color=ink(), markersize=11, label="end", zorder=3)
        self.ax_.set(xlabel=_label(self.names[0]), ylabel=_label(self.names[1]))
        # Numbers of many digits would run into each other: a power of ten stands at the axis.
        self.ax_.ticklabel_format(scilimits=(-2, 4))
        legend(self.ax_)
        return self


def _column(which, names):
    """The column of a coefficient, the intercept's being the last."""
    if which == "intercept":
        return len(names)
    if which in names:
        return names.index(which)
    if isinstance(which, int | np.integer) and 0 <= which < len(names):
        return int(which)
    raise ValueError(
        f"coefficients must name two of the {len(names)} columns, by number or name, or "
        f"'intercept'; got {which!r}."
    )


def _label(name):
    return "Intercept" if name == "intercept" else f"Coefficient of {name}"


def _distinct(heights):
    """Ascending costs in as many digits as it takes to tell each from the next."""
    largest = np.abs(heights).max()
    smallest = np.diff(heights).min(initial=largest)
    digits = 1 + math.ceil(math.log10(largest / smallest))
    return [f"{height:.{digits}g}" for height in heights]
