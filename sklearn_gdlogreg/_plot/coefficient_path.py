"""The coefficients over the iterations, or over C."""

import numpy as np

from .common import axes_for, descended, feature_names, ink, legend

# More lines than these are a surface of one colour, and take seconds to draw.
MOST_UNNAMED_LINES = 100


class CoefficientPathDisplay:
    """Coefficients against iteration, of a fit with ``store_path``; or against C, of a search.

    Use :meth:`from_estimator` to make one.

    Parameters
    ----------
    iterations : ndarray of shape (n_stored,)
        The iterations; or the values of C, ascending.

    coefs : ndarray of shape (n_stored, n_features)
        The coefficients there, of one class.

    names : list of str of length n_features
        Names of the features.

    xlabel : str, default="Iteration"
        What the coefficients are drawn over.

    chosen : float, default=None
        The C that is marked.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes that were drawn on.

    figure_ : matplotlib Figure
        Their figure.

    lines_ : list of matplotlib Line2D
        One for each feature; where bands stand for those that are not named, one for each other.

    bands_ : list of two matplotlib PolyCollection
        From the lowest to the highest of more than 100 coefficients that are not named, and of
        half of them; empty where these are few enough to have a line each.

    See Also
    --------
    LossCurveDisplay : The cost over the iterations.
    GDLogisticRegressionCV : Whose coefficients can be drawn over C.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_gdlogreg import CoefficientPathDisplay, GDLogisticRegression
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> clf = GDLogisticRegression(C=1.0, store_path=True).fit(X, y)
    >>> display = CoefficientPathDisplay.from_estimator(clf, class_index=2)
    >>> [line.get_label() for line in display.lines_]
    ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)']
    """

    def __init__(self, iterations, coefs, names, *, xlabel="Iteration", chosen=None):
        self.iterations = iterations
        self.coefs = coefs
        self.names = names
        self.xlabel = xlabel
        self.chosen = chosen

    @classmethod
    def from_estimator(cls, estimator, *, class_index=0, ax=None, **options):
        """Draw the path of a fitted estimator.

        Parameters
        ----------
        estimator : GDLogisticRegression, Pipeline that ends in one, or search over one
            Fitted with ``store_path``. Of a GDLogisticRegressionCV the coefficients are drawn
            over C: their means over the folds, at the l1_ratio that was chosen.

        class_index : int, default=0
            With three classes or more: whose coefficients, by their row in ``coef_``.

        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        **options : dict
            The options of :meth:`plot`.

        Returns
        -------
        display : CoefficientPathDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If its fit stored no path.
        """
        if hasattr(estimator, "coefs_paths_"):
            return cls._over_C(estimator, class_index).plot(ax, **{"xscale": "log", **options})
        last = descended(estimator, "coef_path_", "fit with store_path=True")
        path = last.coef_path_[:, class_index]
        return cls(last.iteration_path_, path, feature_names(last)).plot(ax, **options)

    @classmethod
    def _over_C(cls, search, class_index):
        order = np.argsort(search.Cs_)
        of_ratio = np.argmin(np.abs(search.l1_ratios_ - search.l1_ratio_))
        means = search.coefs_paths_[:, of_ratio, order, class_index].mean(axis=0)
        coefs = means[:, : search.n_features_in_]
        options = {"xlabel": "C", "chosen": search.C_}
        return cls(search.Cs_[order], coefs, feature_names(search), **options)

    def plot(self, ax=None, *, xscale="linear", n_labels=10):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        xscale : {"linear", "log"}, default="linear"
            The scale of the iterations; "log" is linear up to the first. That of C is
            logarithmic.

        n_labels : int, default=10
            The features with the largest coefficients that are named. The others are grey lines,
            and more than 100 of them grey bands: between the lowest and the highest, and between
            the quartiles.

        Returns
        -------
        display : CoefficientPathDisplay
            Itself.
        """
        self.ax_, self.figure_ = axes_for(self, ax)
        labelled = np.argsort(-np.abs(self.coefs).max(axis=0), kind="stable")[:n_labels]
        others = np.setdiff1d(np.arange(len(self.names)), labelled)
        self.lines_, self.bands_ = [], []
        banded = len(others) > MOST_UNNAMED_LINES
        for j in np.sort(labelled) if banded else range(len(self.names)):
            named = {"label": self.names[j], "zorder": 3}
            style = {"color": ink(0.2)} if j in others else named
            self.lines_ += self.ax_.plot(self.iterations, self.coefs[:, j], **style)
        if banded:
            lowest, low, high, highest = np.quantile(
                self.coefs[:, others], [0, 0.25, 0.75, 1], axis=1
            )
            for below, above, share, label in (
                (lowest, highest, 0.15, f"{len(others):,} others"),
                (low, high, 0.3, "half of them"),
            ):
                style = {"color": ink(share), "linewidth": 0, "label": label}
                self.bands_.append(self.ax_.fill_between(self.iterations, below, above, **style))
        self.ax_.axhline(0, color="0.5", linewidth=0.8, zorder=1)
        if self.chosen is not None:
            self.ax_.axvline(self.chosen, color=ink(0.5), linestyle="--", linewidth=1)
        if xscale == "log" and min(self.iterations) > 0:
            self.ax_.set_xscale("log")
        elif xscale == "log":
            self.ax_.set_xscale("symlog", linthresh=1)
            self.ax_.set_xlim(left=0)
        self.ax_.set(xlabel=self.xlabel, ylabel="Coefficient")
        named = self.lines_ if banded else [self.lines_[j] for j in np.sort(labelled)]
        # Over C the coefficients begin at 0, at the left.
        place = {"loc": "upper left"} if self.chosen is not None else {}
        legend(self.ax_, handles=[*named, *self.bands_], **place)
        return self
