"""Which coordinates a descent moves in, from when on, and when they are made anew."""

import math
from dataclasses import dataclass

import numpy as np

from .._objective.objective import Objective
from .coordinates import Coordinates, Raw, Standardized
from .decorrelation import Decorrelation, map_fits_in_memory
from .learning_rate import Rule

# Of the digits of the gradient of a standardized column; a tenth of what `tol` is by default.
# How large the rounding of a standardized column's gradient may be: as `tol` is by default.
MOST_ROUNDING = 1e-4


@dataclass(frozen=True)
class Plan:
    """The coordinates of a descent at each of its iterations.

    Attributes
    ----------
    objective : Objective
        What is descended, in the precision that the coordinates need.
    first : Coordinates
        Those before the first map.
    decorrelation : Decorrelation or None
        Who makes maps.
    first_at : int or inf
        The iteration to make the first map in; inf for never.
    period : int or inf
        How many steps a map is kept.
    """

    objective: Objective
    first: Coordinates
    decorrelation: Decorrelation | None = None
    first_at: float = math.inf
    period: float = math.inf

    def coordinates_at_start(self, w, b):
        return self.coordinates_at(0, w, b) if self.first_at == 0 else self.first

    def coordinates_at(self, t, w, b):
        """Made for where the descent stands after t iterations."""
        return self.decorrelation.at(w, b, t)

    def coordinates_made_at(self, made_at):
        """Those of a descent that goes on, which were made at (t, w, b); at none, the first."""
        return self.first if made_at is None else self.coordinates_at(*made_at)

    def stale_at(self, coordinates):
        """The iteration from which on others are better."""
        if coordinates.made_at is None:
            return self.first_at
        t, _, _ = coordinates.made_at
        return t + self.period


def check_coordinates(coordinates, objective):
    """Refuse decorrelated coordinates where they cannot be made."""
    if coordinates != "decorrelated":
        return
    if not objective.penalty.smooth:
        raise ValueError(
            "coordinates='decorrelated' mixes the features, which the soft threshold of an L1 "
            "penalty must tell apart; use coordinates='standardized', or l1_ratio=0."
        )
    if not map_fits_in_memory(objective):
        raise ValueError(
            f"coordinates='decorrelated' needs matrices of {objective.n} x {objective.n} for "
            "every class, too large for these features; use coordinates='standardized'."
        )


def plan_for(objective, rule: Rule, coordinates: str) -> Plan:
    """The plan that a `coordinates` parameter stands for."""
    check_coordinates(coordinates, objective)
    if coordinates == "raw" or (coordinates == "auto" and not rule.chooses_coordinates):
        return Plan(objective, Raw())
    objective = precise(objective)
    first = standardized(objective)
    if coordinates == "standardized" or not objective.penalty.smooth:
        return Plan(objective, first)
    decorrelation = Decorrelation(objective, first)
    first_at = 0 if coordinates == "decorrelated" else decorrelation.first_at
    # A rule that knows nothing of the cost would not notice that its coordinates have changed.
    period = decorrelation.period if rule.adapts else math.inf
    return Plan(objective, first, decorrelation, first_at, period)


def precise(objective):
    """The cost, in float64 where float32 would lose what tells a column from a constant one.

    Standardized, a column whose mean is r times its deviation has r roundings for one. Rows in
    float32 are rounded no further by that: products with them are made in float64.
    """
    rounding = objective.off_centre.max() * np.finfo(objective.dtype).eps
    lost = objective.rows.promotes and rounding > MOST_ROUNDING
    return objective.computed_in(np.float64) if lost else objective


def standardized(objective):
    mean, deviation = (each.astype(objective.dtype) for each in objective.moments)
    if not objective.fit_intercept:
        # Nothing can take up a shift of the features: they are measured from 0.
        mean, deviation = np.zeros_like(mean), np.hypot(mean, deviation)
    return Standardized(mean, deviation, objective.penalty.l2)
