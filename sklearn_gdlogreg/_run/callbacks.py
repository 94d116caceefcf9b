"""scikit-learn's callbacks, told of every iteration."""

from .._sklearn import callback_context, callbacks_of, context_around
from .observers import Observer


def observers_for(estimator, X, y, sample_weight, fitted):
    """Who tells the callbacks that were set on an estimator of its fit, which begins now.

    Parameters
    ----------
    estimator : GDLogisticRegression
    X, y, sample_weight
        What its `fit` was given.
    fitted : callable
        From a Result to the attributes of a fitted estimator.
    """
    if not callbacks_of(estimator):
        return []  # what it takes to tell nobody is a share of every step
    context = callback_context(estimator, max_subtasks=estimator.max_iter)
    about = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}
    context.call_on_fit_task_begin(estimator=estimator, **about)
    return [Callbacks(context, estimator, about, fitted)]


class Callbacks(Observer):
    """Tells scikit-learn's callbacks of every iteration; any of them may ask to stop.

    Parameters
    ----------
    context : CallbackContext
        Of the fit.
    estimator : estimator
    about : dict
        X, y and metadata of the fit.
    fitted : callable
        From a Result to the attributes of a fitted estimator.
    """

    def __init__(self, context, estimator, about, fitted):
        self.context = context
        self.estimator = estimator
        self.about = about
        self.fitted = fitted
        self.iteration = None

    def watch(self, step, run):
        stop = False
        if self.iteration is not None:
            iteration, self.iteration = self.iteration, None
            stop = iteration.call_on_fit_task_end(
                estimator=self.estimator,
                reconstruction_attributes=lambda: self.fitted(run.result()),
                **self.about,
            )
        if not stop and not run.stop_reason:
            self.iteration = self.context.subcontext(task_name="iteration").call_on_fit_task_begin(
                estimator=self.estimator, **self.about
            )
        return "callback" if stop else None

    def close(self, result):
        self.context.call_on_fit_task_end(
            estimator=self.estimator,
            reconstruction_attributes=lambda: self.fitted(result),
            **self.about,
        )


def is_outermost(estimator):
    """Whether Ctrl-C during its fit is meant for it: not for a search or an ensemble around it."""
    context = context_around(estimator)
    while context is not None and context.estimator_name == "Pipeline":
        context = context.parent
    return context is None
