"""The cost over the iterations."""

from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np

from .common import axes_for, descended, legend, value_label

AXES = {"iteration": "Iteration", "seconds": "Seconds"}


class LossCurveDisplay:
    """Cost against iteration, or against time, of one descent or of several.

    Use :meth:`from_estimator` to make one.

    Parameters
    ----------
    curves : dict of str to dict of str to ndarray
        For each name, the arrays "iteration", "seconds" (if it is to be drawn against them) and
        "training" (the cost), and with early stopping "validation" (mean loss on the other
        examples) and "best" (the iteration kept).

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes that were drawn on.

    figure_ : matplotlib Figure
        Their figure.

    lines_ : dict of (str, str) to matplotlib Line2D
        By name and kind, "training", "validation" or "best".

    See Also
    --------
    CoefficientPathDisplay : The coefficients over the iterations.
    DescentDisplay : The way over the cost surface.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_gdlogreg import GDLogisticRegression, LossCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> rates = {f"{rate}": GDLogisticRegression(rate, tol=0, max_iter=50) for rate in (0.01, 0.05)}
    >>> display = LossCurveDisplay.from_estimator(
    ...     {name: estimator.fit(X, y) for name, estimator in rates.items()}
    ... )
    >>> [round(float(curve["training"][-1]), 2) for curve in display.curves.values()]
    [0.84, 0.54]
    """

    def __init__(self, curves):
        self.curves = curves

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, **options):
        """Draw the costs of fitted estimators.

        Parameters
        ----------
        estimator : estimator, sequence of them, or dict of str to estimator
            Fitted, each a GDLogisticRegression, a Pipeline that ends in one, or a search over one,
            of which the best is drawn. A dict names them; otherwise their learning rate does.

        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        **options : dict
            The options of :meth:`plot`.

        Returns
        -------
        display : LossCurveDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            If one is not fitted.
        ValueError
            If one has no loss curve.
        """
        if isinstance(estimator, Mapping):
            named = dict(estimator)
        else:
            several = isinstance(estimator, Sequence) and not hasattr(estimator, "fit")
            named = {}
            for each in estimator if several else [estimator]:
                name = _name(descended(each, "loss_curve_", "give a fitted GDLogisticRegression"))
                named[name if name not in named else f"{name} ({len(named)})"] = each
        curves = {}
        for name, each in named.items():
            last = descended(each, "loss_curve_", "give a fitted GDLogisticRegression")
            curves[name] = {
                "iteration": np.arange(len(last.loss_curve_)),
                "seconds": last.seconds_,
                "training": last.loss_curve_,
            }
            if hasattr(last, "validation_loss_curve_"):
                curves[name]["validation"] = last.validation_loss_curve_
                curves[name]["best"] = last.best_iteration_
        return cls(curves).plot(ax, **options)

    def plot(self, ax=None, *, x="iteration", distance=False, xscale="linear", yscale=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        x : {"iteration", "seconds"}, default="iteration"
            What the cost is drawn against.

        distance : bool, default=False
            Whether to draw how far each cost is above the lowest of all, in place of the cost.

        xscale, yscale : {"linear", "log"}, default="linear", None
            The scales; for y, None is "log" for distances, else "linear". A logarithmic x
            begins at 0 all the same: it is linear up to the first iteration.

        Returns
        -------
        display : LossCurveDisplay
            Itself.
        """
        if x not in AXES:
            raise ValueError(f"x must be 'iteration' or 'seconds'; got {x!r}.")
        self.ax_, self.figure_ = axes_for(self, ax)
        self.lines_ = {}
        for number, (name, curve) in enumerate(self.curves.items()):
            color = f"C{number}"
            (self.lines_[name, "training"],) = self.ax_.plot(
                curve[x], self._drawn("training", curve, distance), color=color, label=name
            )
            if "validation" in curve:
                losses = self._drawn("validation", curve, distance)
                best = int(curve["best"])
                (self.lines_[name, "validation"],) = self.ax_.plot(
                    curve[x], losses, "--", color=color, label=f"{name}, validation"
                )
                (self.lines_[name, "best"],) = self.ax_.plot(
                    curve[x][best], losses[best], "o", color=color, label=f"{name}, kept"
                )
        what = "Cost above the lowest" if distance else "Cost"
        self.ax_.set(
            xlabel=AXES[x],
            ylabel=what,
            yscale=yscale or ("log" if distance else "linear"),
        )
        if xscale == "log":
            # Linear up to the first iteration: the start has a place too.
            places = np.concatenate([curve[x] for curve in self.curves.values()])
            self.ax_.set_xscale("symlog", linthresh=min(places[places > 0], default=1))
            self.ax_.set_xlim(left=0)
        else:
            self.ax_.set_xscale(xscale)
        legend(self.ax_)
        return self

    def _drawn(self, kind, curve, distance):
        if not distance:
            return curve[kind]
        lowest = min(each[kind].min() for each in self.curves.values() if kind in each)
        above = curve[kind] - lowest
        # The lowest itself is at 0, which a logarithmic axis has no place for, and what is nearer
        # to it than rounding is noise: a gap, not a fall.
        return np.where(above > 8 * np.finfo(float).eps * abs(lowest), above, np.nan)


def _name(estimator):
    """What a rule or a schedule is called; a number alone would not say what it is."""
    label = value_label(estimator.learning_rate)
    return f"learning rate {label}" if isinstance(estimator.learning_rate, Real) else label
