"""A descent while it is being watched: what is remembered of it, when it stops and why."""

import copy
import math
import time
from contextlib import closing
from typing import NamedTuple

import numpy as np

from . import diagnosis


class End(NamedTuple):
    """Where a descent ended, and why."""

    coef: np.ndarray
    intercept: np.ndarray
    t: int
    coordinates: str
    stop_reason: str

    @classmethod
    def of(cls, step, run):
        """A step that became the model when the run had come to `run.last`."""
        name = run.last.coordinates.name
        # A callback sees the model of an iteration as if it had stopped there.
        reason = run.stop_reason or "callback"
        return cls(step.coef, step.intercept, run.last.t, name, reason)


class Run:
    """Follows the steps of a descent until one of them is the last.

    Parameters
    ----------
    problem : Problem
    max_iter : int
    tol : float
        Bounds the largest entry of the optimality violation; 0 asks for max_iter iterations.
    learning_rate : float, callable or str
        As the caller gave it: what to change depends on whose choice the rate was.
    kept : collection of int
        Iterations whose steps are wanted afterwards, besides the last.
    observers : sequence of observer
        Who else looks at every step.
    interruptible : bool
        Whether a KeyboardInterrupt ends the run as any other reason does.

    Attributes
    ----------
    last, best : Step
        The last step with a finite cost, and the one with the lowest.
    watched : Step
        The last that all observers have seen.
    chosen : Step
        The one that becomes the model: the last, unless an observer prefers another.
    stop_reason : str
        "converged", "max_iter", "stalled", "diverged", "interrupted", or an observer's.
    records : list of (float, float, float, float)
        Cost, optimality violation, learning rate (nan at the start) and seconds since the run
        began, at the start and after each iteration.
    steps : dict of int to Step
        Those that were to be kept.
    tried_rate : float
        The learning rate that led to the last step, or to the one whose cost is not finite.
    """

    def __init__(
        self,
        problem,
        *,
        max_iter,
        tol,
        learning_rate,
        kept=(),
        observers=(),
        interruptible=False,
    ):
        self.problem = problem
        self.max_iter = max_iter
        self.tol = tol
        self.learning_rate = learning_rate
        self.kept, self.steps = frozenset(kept), {}
        self.observers = observers
        self.interruptible = interruptible
        self.last = self.best = self.chosen = self.watched = self.stop_reason = None
        self.records = []
        self.began = time.perf_counter()

    def follow(self, steps):
        """Consume `steps` up to the one that ends the run."""
        try:
            with closing(steps):
                self._consume(steps)
            # What was interrupted between two lines may have written one and not the other.
            del self.records[self.last.t + 1 :]
            self.chosen = self.last
            for observer in self.observers:
                observer.close(self)
        finally:
            for observer in self.observers:
                observer.release()
        return self

    def _consume(self, steps):
        try:
            for step in steps:
                self.tried_rate = step.learning_rate
                self._watch(step)
                if self.stop_reason:
                    return
        except KeyboardInterrupt:
            if self.watched is None or not self.interruptible:
                raise
            self.last, self.stop_reason = self.watched, "interrupted"

    def _watch(self, step):
        """Remember the step, and see whether it is the last."""
        violation = self.problem.violation(step)
        if not (math.isfinite(step.cost) and math.isfinite(violation)):
            self.stop_reason = "diverged"
            return
        # tol=0 asks for max_iter iterations, whatever they do.
        stalled = self.tol > 0 and self._stands_still(step)
        seconds = time.perf_counter() - self.began
        self.records.append((step.cost, violation, step.learning_rate, seconds))
        self.last = self.chosen = step
        if self.best is None or step.cost < self.best.cost:
            self.best = step
        if step.t in self.kept:
            self.steps[step.t] = step
        if self.tol > 0 and violation <= self.tol:
            self.stop_reason = "converged"
        elif stalled:
            self.stop_reason = "stalled"
        elif step.t >= self.max_iter:
            self.stop_reason = "max_iter"
        for observer in self.observers:
            asked = observer.watch(step, self)
            self.stop_reason = self.stop_reason or asked
        self.watched = step

    def _stands_still(self, step):
        """Whether rounding ate the whole step: none that follows would go further."""
        # The cost, cheap to compare, is the same after nearly every step that moved nothing.
        return (
            self.last is not None
            and step.cost == self.last.cost
            and np.array_equal(step.wb, self.last.wb)
        )

    @property
    def costs(self):
        return [record[0] for record in self.records]

    @property
    def violations(self):
        return [record[1] for record in self.records]

    def until(self, max_iter):
        """This run as it would have been with a smaller `max_iter`, one of those in `kept`."""
        if max_iter not in self.steps:
            return self  # it ended before
        run = copy.copy(self)
        run.last = run.chosen = self.steps[max_iter]
        run.records = self.records[: max_iter + 1]
        if self.last.t > max_iter or self.stop_reason == "diverged":
            run.stop_reason = "max_iter"
        return run

    def warning(self, name_of):
        """What a user should be told about how the run ended; empty if there is nothing."""
        if self.stop_reason == "diverged":
            return diagnosis.diverged(self, name_of)
        if self.stop_reason == "interrupted":
            return diagnosis.interrupted(self)
        if (
            self.tol == 0
            or self.max_iter == 0
            or self.stop_reason in ("early_stopping", "callback")
        ):
            return ""
        sentences = []
        if self.stop_reason == "stalled":
            sentences.append(diagnosis.stalled(self, name_of))
        elif self.stop_reason == "max_iter":
            sentences.append(diagnosis.not_converged(self, name_of))
        if diagnosis.separable(self):
            sentences.append(diagnosis.SEPARABLE)
        return " ".join(sentences)
