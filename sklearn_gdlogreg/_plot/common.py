"""What the displays share."""

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


def rate_label(rate):
    """A learning rate in a legend or at an axis: a number, the name of a rule, or a schedule."""
    if callable(rate):
        return getattr(rate, "__name__", repr(rate))
    return rate if isinstance(rate, str) else f"{rate:.3g}"
