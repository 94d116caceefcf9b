"""How far a step is from the optimum, as far as a descent can tell at little cost."""

import math

import numpy as np

from .._descent.row_space import AT_ONCE
from .._descent.steps import Step

# So many steps are looked at; with L1 and bounds, where some features rest for many of them, more.
ENOUGH, ENOUGH_WITH_KINKS = 10, 40
# In coordinates that make all curvatures 1, a longer rate is a sign that they no longer do.
STILL_TRUE = 2


def to_be_had(step: Step, records, penalty, enough: float = math.inf) -> float:
    """By how much the cost may still fall from a step, estimated by the steps before.

    Or less, if that is more than enough.

    Where the curvature is 1 / alpha it falls by alpha / 2 |dwb|^2, with L1 and bounds by what a
    step says that ends where they let it; and the longest of the last steps has met the least
    curvature. Infinite, where there are too few steps to tell.
    """
    since = step.coordinates.since
    if since > step.t - ENOUGH and since and not step.coordinates.hessian_is_identity:
        return math.inf  # too few steps to have met the least curvature
    # Metrics that follow each other are much alike, where coordinates are turned; and the steps of
    # a softmax that are much longer than others, which meet the least curvature, are far between.
    met = (ENOUGH, since) if penalty.smooth else (ENOUGH_WITH_KINKS, 0)
    first = max(step.t - met[0], met[1]) + 1
    measured = step.coordinates.hessian_is_identity
    recent = (record for record in records[first : step.t + 1] if record.measured == measured)
    longest = max((record.learning_rate for record in recent), default=1.0)
    # The first map is of a bound of all curvatures, and those of the softmax leave out some.
    allowed = STILL_TRUE * (2 if step.dwb.ndim > 1 else 1) * (4 if since == 0 else 1)
    if penalty.smooth and step.coordinates.hessian_is_identity and longest > allowed:
        return math.inf  # some direction is curved less by now than when the map was made
    if not penalty.smooth and step.memory:
        # The next step, which is to be made in any case, says how far it falls at least.
        following = step.memory[0]
        by_next = step.coordinates.fall(step.wb, step.dwb, following, penalty)
        if by_next > enough or following >= longest:
            return by_next
    return step.coordinates.fall(step.wb, step.dwb, longest, penalty)


class LateGradients:
    """The largest entries of gradients over many columns, made for several steps at once.

    In the row space dw has an entry for every row. All its entries take a product with X, which is
    as long as many steps; one product with many gradients is not.
    """

    def __init__(self, tol):
        self.tol = tol
        self.steps = []
        self.known = None  # the last dw of which the largest entry is known, and that

    def add(self, step, norm):
        """Remember the step; whether its largest entry must be known now."""
        self.steps.append(step)
        return len(self.steps) == AT_ONCE or (self.tol > 0 and self._may_be_small(step, norm))

    def _may_be_small(self, step, norm):
        """Whether the largest entry, which `norm` is no less than, may be within tol."""
        if norm > self.tol * math.sqrt(step.space.rows.n * step.dwb[..., -1].size + 1):
            return False
        if self.known is None:
            return True
        dwb, largest = self.known
        return largest - np.linalg.norm(step.dwb - dwb) <= self.tol

    def largest_entries(self):
        """The iterations that have been added, and the largest entry of each; then forget them."""
        if not self.steps:
            return []
        steps, self.steps = self.steps, []
        of_w = steps[0].space.largest_entries(np.array([step.dw for step in steps]))
        of_b = [np.abs(step.db).max() for step in steps]
        largest = np.maximum(of_w, of_b).tolist()
        self.known = steps[-1].dwb, largest[-1]
        return [(step.t, each) for step, each in zip(steps, largest, strict=True)]
