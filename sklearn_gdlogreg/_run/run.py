"""A descent while it is being watched: what is remembered of it, when it stops and why."""

import dataclasses
import math
import time
from collections.abc import Collection, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .._descent.learning_rate import Rule
from .._descent.steps import Step, violation
from .._objective.objective import Objective
from .observers import Observer
from .optimality import LateGradients, to_be_had


class Record(NamedTuple):
    """What is remembered of the start and of every iteration.

    Attributes
    ----------
    cost, violation, learning_rate : float
        Of its step: J, the largest entry of what keeps it from being optimal, and the alpha that
        led there (nan at the start).
    seconds : float
        Since the run began.
    measured : bool
        Whether the alpha is one of coordinates that make all curvatures 1.
    """

    cost: float
    violation: float
    learning_rate: float
    seconds: float
    measured: bool = False


class End(NamedTuple):
    """Where a descent ended, and why."""

    coef: np.ndarray
    intercept: np.ndarray
    t: int
    coordinates: str
    stop_reason: str


@dataclass(frozen=True)
class Result:
    """What a run has come to.

    Attributes
    ----------
    objective : Objective
    rule : Rule
    max_iter, tol
        As in Run.
    last, best : Step
        The last step with a finite cost, and the one with the lowest.
    chosen : Step
        The one that becomes the model: the last, unless an observer prefers another.
    stop_reason : str
        "converged", "max_iter", "stalled", "diverged", "interrupted", or an observer's; None
        while the run goes on.
    records : tuple of Record
        The start's, and one for each iteration.
    tried_rate : float
        The learning rate that led to the last step, or to the one whose cost is not finite.
    steps : dict of int to Step
        Those that were to be kept.
    observed : dict
        What the observers add to a fitted estimator, by the name of the attribute.
    """

    objective: Objective
    rule: Rule
    max_iter: int
    tol: float
    last: Step
    best: Step
    chosen: Step
    stop_reason: str | None
    records: tuple[Record, ...]
    tried_rate: float
    steps: dict[int, Step] = field(default_factory=dict)
    observed: dict[str, object] = field(default_factory=dict)

    @property
    def costs(self) -> list[float]:
        return [record.cost for record in self.records]

    @property
    def violations(self) -> list[float]:
        return [record.violation for record in self.records]

    @property
    def end(self) -> End:
        # A callback sees the model of an iteration as if it had stopped there.
        reason = self.stop_reason or "callback"
        chosen, last = self.chosen, self.last
        return End(chosen.coef, chosen.intercept, last.t, last.coordinates.name, reason)

    def until(self, max_iter: int) -> "Result":
        """This run as it would have been with a smaller `max_iter`, one of those in `steps`."""
        if max_iter not in self.steps:
            return self  # it ended before
        last = self.steps[max_iter]
        went_on = self.last.t > max_iter or self.stop_reason == "diverged"
        return dataclasses.replace(
            self,
            last=last,
            chosen=last,
            records=self.records[: max_iter + 1],
            stop_reason="max_iter" if went_on else self.stop_reason,
        )


class Run:
    """Follows the steps of a descent until one of them is the last.

    Parameters
    ----------
    objective : Objective
    rule : Rule
        What to change in the end depends on whose choice its rates were.
    max_iter : int
    tol : float
        Bounds the largest entry of the optimality violation and what the cost may still fall by;
        0 asks for max_iter iterations.
    kept : collection of int
        Iterations whose steps are wanted afterwards, besides the last.
    observers : sequence of Observer
        Who else looks at every step.
    interruptible : bool
        Whether a KeyboardInterrupt ends the run as any other reason does.
    records : sequence of Record
        Those of an earlier run that this one goes on from.
    seconds : float
        How long that had taken.
    best : Step or None
        Its step of the lowest cost.

    Attributes
    ----------
    last : Step
        The last step with a finite cost.
    watched : Step
        The last that all observers have seen.
    stop_reason : str or None
        None while the run goes on.
    """

    def __init__(
        self,
        objective: Objective,
        rule: Rule,
        *,
        max_iter: int,
        tol: float,
        kept: Collection[int] = (),
        observers: Sequence[Observer] = (),
        interruptible: bool = False,
        records: Sequence[Record] = (),
        seconds: float = 0.0,
        best: Step | None = None,
    ):
        self.objective, self.rule = objective, rule
        self.max_iter, self.tol = max_iter, tol
        self.kept = frozenset(kept)
        self.steps: dict[int, Step] = {}
        self.observers = observers
        self.interruptible = interruptible
        self._records = list(records)
        self._gradients = LateGradients(tol)
        # Steps, once there is a first.
        self.best: Any = best
        self.last: Any = None
        self.watched: Any = None
        self.stop_reason: str | None = None
        self.tried_rate = math.nan
        self.began = time.perf_counter() - seconds

    def follow(self, steps: Generator[Step]) -> Result:
        """Consume `steps` up to the one that ends the run."""
        try:
            with closing(steps):
                self._consume(steps)
            # What was interrupted between two lines may have written one and not the other.
            del self._records[self.last.t + 1 :]
            for observer in self.observers:
                observer.finish(self.last)
            result = self.result()
            for observer in self.observers:
                observer.close(result)
            return result
        finally:
            for observer in self.observers:
                observer.release()

    @property
    def records(self) -> list[Record]:
        """What is remembered of the start and of every iteration."""
        for t, violated in self._gradients.largest_entries():
            if t < len(self._records):
                self._records[t] = self._records[t]._replace(violation=violated)
        return self._records

    def result(self) -> Result:
        """What the run has come to, by now."""
        preferred = [each.preferred for each in self.observers if each.preferred is not None]
        observed = {}
        for observer in self.observers:
            observed.update(observer.attributes())
        return Result(
            objective=self.objective,
            rule=self.rule,
            max_iter=self.max_iter,
            tol=self.tol,
            last=self.last,
            best=self.best,
            chosen=preferred[0] if preferred else self.last,
            stop_reason=self.stop_reason,
            records=tuple(self.records),
            tried_rate=self.tried_rate,
            steps=self.steps,
            observed=observed,
        )

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
        late = step.space is not None and step.coordinates.name == "raw"
        # At first a bound of it, where it is of many columns and made for many steps at once.
        violated = (
            float(np.linalg.norm(step.dwb)) if late else violation(step, self.objective.penalty)
        )
        if not (math.isfinite(step.cost) and math.isfinite(violated)):
            self.stop_reason = "diverged"
            return
        # tol=0 asks for max_iter iterations, whatever they do.
        stalled = self.tol > 0 and self._stands_still(step)
        seconds = time.perf_counter() - self.began
        measured = step.coordinates.hessian_is_identity
        self._records.append(Record(step.cost, violated, step.learning_rate, seconds, measured))
        self.last = step
        if late and self._gradients.add(step, violated):
            violated = self.records[-1].violation
        if self.best is None or step.cost < self.best.cost:
            self.best = step
        if step.t in self.kept:
            self.steps[step.t] = step
        if self.tol > 0 and violated <= self.tol and self._little_is_left(step):
            self.stop_reason = "converged"
        elif stalled:
            self.stop_reason = "stalled"
        elif step.t >= self.max_iter:
            self.stop_reason = "max_iter"
        for observer in self.observers:
            asked = observer.watch(step, self)
            self.stop_reason = self.stop_reason or asked
        self.watched = step

    def _little_is_left(self, step):
        """Whether the cost could fall by a tenth of tol of itself, as far as the descent can tell.

        A gradient alone says little where the cost is small, as with more columns than rows. A
        tenth: where columns are many, less than 1% of new rows change their label then.
        """
        # A cost that has no minimum falls for ever; a given rate has met no curvature.
        if not (self.objective.penalty and self.rule.adapts):
            return True
        little = self.tol / 10 * step.cost
        return to_be_had(step, self._records, self.objective.penalty, little) <= little

    def _stands_still(self, step):
        """Whether rounding ate the whole step: none that follows would go further."""
        # The cost, cheap to compare, is the same after nearly every step that moved nothing.
        return (
            self.last is not None
            and step.cost == self.last.cost
            and np.array_equal(step.wb, self.last.wb)
        )
