"""A descent while it is being watched: what is remembered of it, when it stops and why."""

import copy
import math
import sys
from contextlib import closing
from typing import NamedTuple

import numpy as np

from . import _diagnosis


class End(NamedTuple):
    """Where a descent ended, and why."""

    t: int
    coef: np.ndarray
    intercept: np.ndarray
    coordinates: str
    stop_reason: str


class Run:
    """Follows the steps of a descent until one of them is the last.

    Parameters
    ----------
    problem : Problem
    max_iter : int
    tol : float
        Bounds the largest entry of the optimality violation; 0 asks for max_iter iterations.
    verbose : int
    learning_rate : float, callable or str
        As the caller gave it: what to change depends on whose choice the rate was.
    kept : collection of int
        Iterations whose steps are wanted afterwards, besides the last.

    Attributes
    ----------
    last, best : Step
        The last step with a finite cost, and the one with the lowest.
    stop_reason : {"converged", "max_iter", "stalled", "diverged"}
    costs, violations : list of float
        At the start and after each iteration.
    learning_rates : list of float
        Of each iteration.
    steps : dict of int to Step
        Those that were to be kept.
    tried_rate : float
        The learning rate that led to the last step, or to the one whose cost is not finite.
    """

    def __init__(self, problem, *, max_iter, tol, learning_rate, verbose=0, kept=()):
        self.problem = problem
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.learning_rate = learning_rate
        self.last = self.best = None
        self.kept, self.steps = frozenset(kept), {}
        self.costs, self.violations, self.learning_rates = [], [], []

    def follow(self, steps):
        """Consume `steps` up to the one that ends the run."""
        self.stop_reason = None
        with closing(steps):
            for step in steps:
                self.tried_rate = step.learning_rate
                self.stop_reason = self._watch(step)
                if self.stop_reason:
                    break
        if self.verbose:
            sys.stdout.write(f"stopped after iteration {self.last.t}: {self.stop_reason}\n")
        return self

    @property
    def end(self):
        last = self.last
        return End(last.t, last.coef, last.intercept, last.coordinates.name, self.stop_reason)

    def until(self, max_iter):
        """This run as it would have been with a smaller `max_iter`, one of those in `kept`."""
        if max_iter not in self.steps:
            return self  # it ended before
        run = copy.copy(self)
        run.last = self.steps[max_iter]
        run.costs = self.costs[: max_iter + 1]
        run.violations = self.violations[: max_iter + 1]
        run.learning_rates = self.learning_rates[:max_iter]
        if self.last.t > max_iter or self.stop_reason == "diverged":
            run.stop_reason = "max_iter"
        return run

    def _watch(self, step):
        """Remember the step; the reason to stop at it, or None."""
        violation = self.problem.violation(step)
        if not (math.isfinite(step.cost) and math.isfinite(violation)):
            return "diverged"
        stalled = self._stands_still(step)
        self.last = step
        if step.t in self.kept:
            self.steps[step.t] = step
        if self.best is None or step.cost < self.best.cost:
            self.best = step
        self.costs.append(step.cost)
        self.violations.append(violation)
        if step.t:
            self.learning_rates.append(step.learning_rate)
        if self._is_shown(step.t):
            self._show(step)
        # tol=0 asks for max_iter iterations, whatever they do.
        if self.tol > 0 and violation <= self.tol:
            return "converged"
        if self.tol > 0 and stalled:
            return "stalled"
        return "max_iter" if step.t >= self.max_iter else None

    def _stands_still(self, step):
        """Whether rounding ate the whole step: none that follows would go further."""
        # The cost, cheap to compare, is the same after nearly every step that moved nothing.
        return (
            self.last is not None
            and step.cost == self.last.cost
            and np.array_equal(step.wb, self.last.wb)
        )

    def warning(self, name_of):
        """What a user should be told about how the run ended; empty if there is nothing."""
        if self.stop_reason == "diverged":
            return _diagnosis.diverged(self, name_of)
        if self.tol == 0 or self.max_iter == 0:
            return ""
        sentences = []
        if self.stop_reason == "stalled":
            sentences.append(_diagnosis.stalled(self, name_of))
        elif self.stop_reason == "max_iter":
            sentences.append(_diagnosis.not_converged(self, name_of))
        if _diagnosis.separable(self):
            sentences.append(_diagnosis.SEPARABLE)
        return " ".join(sentences)

    def _is_shown(self, t):
        """verbose=1 shows iterations 0, 1, 2, 5, 10, 20, 50, ...; verbose=2 shows them all."""
        return self.verbose > 1 or (self.verbose and str(t).rstrip("0") in ("", "1", "2", "5"))

    def _show(self, step):
        rate = f"  learning rate {step.learning_rate:.4g}" if step.t else ""
        sys.stdout.write(
            f"iteration {step.t:6d}  cost {step.cost:.8g}  "
            f"gradient {self.violations[-1]:.3e}{rate}\n"
        )
