"""Who else looks at every step of a run: early stopping, the path of the coefficients.

An observer changes nothing about the steps.
"""

import math
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from .._descent.steps import Step

if TYPE_CHECKING:
    from .run import Result, Run


class Observer:
    """What a run calls; one that has nothing to say there leaves it as it is here.

    Attributes
    ----------
    preferred : Step or None
        The step that it would have as the model, in place of the last.
    saved : tuple of str
        The names of what a checkpoint must hold, which is `state()`, to `restore` the observer.
    """

    preferred: Step | None = None
    saved: tuple[str, ...] = ()

    def watch(self, step: Step, run: "Run") -> str | None:
        """A reason to stop at this step, or None."""
        raise NotImplementedError

    def finish(self, last: Step) -> None:
        """The run has ended at `last`: what was seen beyond, as Ctrl-C came, is to be forgotten."""

    def close(self, result: "Result") -> None:
        """The run has ended, and this is what it came to."""

    def release(self) -> None:
        """It will not be called again; the run may have failed."""

    def attributes(self) -> dict[str, object]:
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
        if self.best is None or _ranked(loss) < _ranked(self.losses[self.best.t]):
            self.best, self.before = step, self.best
        if step.t - self.best.t >= self.n_iter_no_change:
            return "early_stopping"
        return None

    @property
    def preferred(self):
        return self.best

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
                w=state["best_coef"],
                b=state["best_intercept"],
                space=None,
            )

    def finish(self, last):
        del self.losses[last.t + 1 :], self.scores[last.t + 1 :]
        if self.best.t > last.t:
            self.best = self.before  # the step that an interrupt came in between

    def release(self):
        self.objective.rows.close()

    def attributes(self):
        return {
            "validation_loss_curve_": np.array(self.losses),
            "validation_scores_": np.array(self.scores),
            "best_iteration_": self.best.t,
        }


def _ranked(loss):
    """A loss to compare by: one that is no number is as bad as can be."""
    return math.inf if math.isnan(loss) else loss


class CoefficientPath(Observer):
    """Keeps the coefficients of the start, of every k-th iteration and of the last."""

    saved = ("iterations", "coefs", "intercepts")

    def __init__(self, every):
        self.every = every
        self.iterations = []
        self.kept = []  # what `Step.coef` and `Step.intercept` are made of: (w, b, space)

    def watch(self, step, run):
        if step.t % self.every == 0:
            self._add(step)

    def _add(self, step):
        self.kept.append((step.w, step.b, step.space))
        self.iterations.append(step.t)

    def state(self):
        """What a checkpoint must hold."""
        coefs, intercepts = self._made()
        return {"iterations": self.iterations, "coefs": coefs, "intercepts": intercepts}

    def _made(self):
        """All coefficients and intercepts, those of one space at once."""
        coefs, intercepts = [], []
        for space, kept in groupby(self.kept, key=itemgetter(2)):
            w, b = (np.array(each) for each in list(zip(*kept, strict=True))[:2])
            coefs.append(w if space is None else space.coefs(w))
            intercepts.append(b if space is None else space.intercept(w, b))
        return np.concatenate(coefs), np.concatenate(intercepts)

    def restore(self, state, here):
        """Be as before step `here`, which is about to be watched again."""
        n = int(np.searchsorted(state["iterations"], here.t))
        self.iterations = state["iterations"].tolist()[:n]
        self.kept = [
            (w, b, None) for w, b in zip(state["coefs"][:n], state["intercepts"][:n], strict=True)
        ]

    def finish(self, last):
        n = sum(t <= last.t for t in self.iterations)
        del self.iterations[n:], self.kept[n:]
        if self.iterations[-1] < last.t:
            self._add(last)

    def attributes(self):
        coefs, intercepts = self._made()
        return {
            # In scikit-learn's shapes, one for each stored iteration.
            "coef_path_": coefs.reshape(len(coefs), -1, coefs.shape[-1]),
            "intercept_path_": intercepts.reshape(len(intercepts), -1),
            "iteration_path_": np.array(self.iterations),
        }
