"""What the displays share."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._data.array_api import in_numpy
from .._sklearn import check_matplotlib_support


def axes_for(display, ax):
    """The axes to draw on and their figure; new ones if None."""
    check_matplotlib_support(type(display).__name__)
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(layout="constrained")
    return ax, ax.figure


def descended(estimator, attribute, remedy):
    """The estimator itself, the last step of a Pipeline, or the best of a search.

    Its arrays are NumPy's.
    """
    check_is_fitted(estimator)
    estimator = getattr(estimator, "best_estimator_", estimator)
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    if not hasattr(last, attribute):
        raise ValueError(f"{type(last).__name__} has no {attribute} to draw; {remedy}.")
    return in_numpy(last)


def feature_names(estimator):
    """Names of the features, x0, x1, ... where they have none."""
    names = getattr(estimator, "feature_names_in_", None)
    return [f"x{j}" for j in range(estimator.n_features_in_)] if names is None else list(names)


def value_label(value):
    """The value of a parameter in a legend or at an axis: a learning rate's, for example.

    A number, the name of a rule, a schedule, or whatever else it may be.
    """
    if callable(value):
        return getattr(value, "__name__", repr(value))
    if isinstance(value, bool) or not isinstance(value, Real):
        return str(value)
    return f"{value:,}" if isinstance(value, Integral) else f"{value:.3g}"


def legend(ax, **options):
    """A legend on the axes, which keep their size though it be higher than they are."""
    ax.legend(fontsize="small", **options).set_in_layout(False)


def ink(share=1.0):
    """The colour of text, or with a smaller share a tint of it: seen on any style's background."""
    from matplotlib import colors, rcParams

    text, ground = (
        np.array(colors.to_rgb(rcParams[of])) for of in ("text.color", "axes.facecolor")
    )
    return tuple(share * text + (1 - share) * ground)
