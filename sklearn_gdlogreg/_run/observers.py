"""Who else looks at every step of a run: progress, early stopping, the path, callbacks.

An observer changes nothing about the steps.
"""

import importlib.util
import sys

import numpy as np

from .._sklearn import context_around


class Observer:
    """What a run calls; one that has nothing to say there leaves it as it is here.

    Attributes
    ----------
    saved : tuple of str
        The names of what a checkpoint must hold, which is `state()`, to `restore` the observer.
    """

    saved = ()

    def watch(self, step, run):
        """A reason to stop at this step, or None."""
        raise NotImplementedError

    def close(self, run):
        """The run has ended, for `run.stop_reason`, at `run.last`."""
        raise NotImplementedError

    def release(self):
        """It will not be called again; the run may have failed."""

    def attributes(self):
        """What a fitted estimator gets from it, by name."""
        return {}


class EarlyStopping(Observer):
    """Ends a run whose loss on other rows has not fallen for some iterations.

    Attributes
    ----------
    losses, scores : list of float
        Mean loss and accuracy on the other rows, at the start and after each iteration.
    best : Step
        The step with the lowest loss.
    """

    saved = ("losses", "scores", "best_t", "best_coef", "best_intercept")

    def __init__(self, objective, n_iter_no_change):
        self.objective = objective
        self.n_iter_no_change = n_iter_no_change
        self.losses, self.scores = [], []
        self.best = self.before = None

    def watch(self, step, run):
        loss, score = self.objective.evaluate(step.coef, step.intercept)
        self.losses.append(loss)
        self.scores.append(score)
        if self.best is None or not loss >= self.losses[self.best.t]:
            self.best, self.before = step, self.best
        run.chosen = self.best
        if step.t - self.best.t >= self.n_iter_no_change:
            return "early_stopping"
        return None

    def state(self):
        """What a checkpoint must hold."""
        return {
            "losses": self.losses,
            "scores": self.scores,
            "best_t": self.best.t,
            "best_coef": self.best.coef,
            "best_intercept": self.best.intercept,
        }

    def restore(self, state, here):
        """Be as before step `here`, which is about to be watched again."""
        self.losses = state["losses"].tolist()[: here.t]
        self.scores = state["scores"].tolist()[: here.t]
        if state["best_t"] < here.t:
            self.best = here._replace(
                t=int(state["best_t"]),
                coef=state["best_coef"],
                intercept=state["best_intercept"],
            )

    def close(self, run):
        del self.losses[run.last.t + 1 :], self.scores[run.last.t + 1 :]
        if self.best.t > run.last.t:
            self.best = self.before  # the step that an interrupt came in between
        run.chosen = self.best

    def release(self):
        self.objective.rows.close()

    def attributes(self):
        return {
            "validation_loss_curve_": np.array(self.losses),
            "validation_scores_": np.array(self.scores),
            "best_iteration_": self.best.t,
        }


class Path(Observer):
    """Keeps the coefficients of the start, of every k-th iteration and of the last."""

    saved = ("iterations", "coefs", "intercepts")

    def __init__(self, every):
        self.every = every
        self.iterations, self.coefs, self.intercepts = [], [], []

    def watch(self, step, run):
        if step.t % self.every == 0:
            self._add(step)

    def _add(self, step):
        self.coefs.append(step.coef)
        self.intercepts.append(step.intercept)
        self.iterations.append(step.t)

    def state(self):
        """What a checkpoint must hold."""
        return {
            "iterations": self.iterations,
            "coefs": np.array(self.coefs),
            "intercepts": np.array(self.intercepts),
        }

    def restore(self, state, here):
        """Be as before step `here`, which is about to be watched again."""
        n = int(np.searchsorted(state["iterations"], here.t))
        self.iterations = state["iterations"].tolist()[:n]
        self.coefs, self.intercepts = list(state["coefs"][:n]), list(state["intercepts"][:n])

    def close(self, run):
        n = sum(t <= run.last.t for t in self.iterations)
        del self.iterations[n:], self.coefs[n:], self.intercepts[n:]
        if self.iterations[-1] < run.last.t:
            self._add(run.last)

    def attributes(self):
        coefs = np.array(self.coefs)
        intercepts = np.array(self.intercepts)
        return {
            # In scikit-learn's shapes, one for each stored iteration.
            "coef_path_": coefs.reshape(len(coefs), -1, coefs.shape[-1]),
            "intercept_path_": intercepts.reshape(len(intercepts), -1),
            "iteration_path_": np.array(self.iterations),
        }


class Callbacks(Observer):
    """Tells scikit-learn's callbacks of every iteration; any of them may ask to stop.

    Parameters
    ----------
    context : CallbackContext
        Of the fit.
    estimator : estimator
    about : dict
        X, y and metadata of the fit.
    made_of : callable
        What makes a fitted estimator of a step and its run.
    identity : callable
        What a checkpoint is to be recognized by.
    """

    def __init__(self, context, estimator, about, made_of, identity):
        self.context = context
        self.estimator = estimator
        self.about = about
        self.made_of = made_of
        self.identity = identity
        self.iteration = None

    def watch(self, step, run):
        stop = False
        self.estimator._descent_so_far = run, self.identity
        if self.iteration is not None:
            iteration, self.iteration = self.iteration, None
            stop = iteration.call_on_fit_task_end(
                estimator=self.estimator,
                reconstruction_attributes=lambda: self.made_of(run.chosen, run),
                **self.about,
            )
        if not stop and not run.stop_reason:
            self.iteration = self.context.subcontext(task_name="iteration").call_on_fit_task_begin(
                estimator=self.estimator, **self.about
            )
        return "callback" if stop else None

    def close(self, run):
        self.context.call_on_fit_task_end(
            estimator=self.estimator,
            reconstruction_attributes=lambda: self.made_of(run.chosen, run),
            **self.about,
        )

    def release(self):
        vars(self.estimator).pop("_descent_so_far", None)


def is_outermost(estimator):
    """Whether Ctrl-C during its fit is meant for it: not for a search or an ensemble around it."""
    context = context_around(estimator)
    while context is not None and context.estimator_name == "Pipeline":
        context = context.parent
    return context is None


def progress(verbose):
    """What `verbose` asks for: a line that moves where it can, else one after the other."""
    live = verbose == 1 and sys.stdout.isatty() and importlib.util.find_spec("rich")
    return LiveProgress() if live else PlainProgress(verbose)


class PlainProgress(Observer):
    """verbose=1 shows iterations 0, 1, 2, 5, 10, 20, 50, ...; verbose=2 shows them all."""

    def __init__(self, verbose):
        self.verbose = verbose

    def watch(self, step, run):
        if self.verbose > 1 or str(step.t).rstrip("0") in ("", "1", "2", "5"):
            sys.stdout.write(f"iteration {step.t:6d}  {described(step, run)}\n")

    def close(self, run):
        sys.stdout.write(f"stopped after iteration {run.last.t}: {run.stop_reason}\n")


class LiveProgress(Observer):
    """One line at the foot of a terminal, by rich."""

    def __init__(self):
        from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.progress = Progress(
            MofNCompleteColumn(), TextColumn("{task.fields[state]}"), TimeElapsedColumn()
        )
        self.task = None

    def watch(self, step, run):
        if self.task is None:
            self.progress.start()
            self.task = self.progress.add_task("", total=run.max_iter, state="")
        self.progress.update(self.task, completed=step.t, state=described(step, run))

    def close(self, run):
        state = f"{described(run.last, run)}  {run.stop_reason}"
        self.progress.update(self.task, completed=run.last.t, state=state, refresh=True)

    def release(self):
        self.progress.stop()


def described(step, run):
    rate = f"  learning rate {step.learning_rate:.4g}" if step.t else ""
    return f"cost {step.cost:.8g}  gradient {run.records[step.t][1]:.3e}{rate}"
