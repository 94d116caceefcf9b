"""Which coordinates a descent moves in, from when on, and when they are made anew."""

import math
from dataclasses import dataclass, replace

import numpy as np

from .._objective.objective import Objective
from .coordinates import Coordinates, Raw, Standardized
from .decorrelation import HIGH_PRICE, Decorrelation, map_fits_in_memory
from .learning_rate import Rule
from .low_rank import LowRankMaps
from .row_space import RowSpace, Unfit, pays, price
from .working_sets import WorkingSets

# How large the rounding of a standardized column's gradient may be: as `tol` is by default.
MOST_ROUNDING = 1e-4
# Wide data take standardized descents hundreds of steps: a basis of their rows is worth more
# evaluations than a map that may or may not be needed.
PRICE_OF_MANY_STEPS = 150


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
    low_rank : LowRankMaps or None
        Who makes maps of some directions before that.
    adapts : bool
        Whether maps are made anew: a rule that knows nothing of the cost would not notice that its
        coordinates have changed.
    enters_at : int or inf
        The iteration to enter the row space in; inf for never.
    centred : bool
        Whether its rows are to be measured from their mean.
    space : RowSpace or None
        The row space that all this is in.
    least_l2 : float
        The weakest L2 penalty that it has to serve.
    """

    objective: Objective
    first: Coordinates
    decorrelation: Decorrelation | None = None
    first_at: float = math.inf
    low_rank: LowRankMaps | None = None
    adapts: bool = False
    enters_at: float = math.inf
    centred: bool = False
    space: RowSpace | None = None
    least_l2: float = 0.0

    def in_row_space(self, w):
        """The plan that goes on from w there; this one, if the rows are of no use for it."""
        mean = self.objective.moments[0].astype(np.float64) if self.centred else None
        try:
            space = RowSpace(self.objective, mean, w, self.least_l2)
        except Unfit:
            if self.first_at == 0 and not map_fits_in_memory(self.objective):
                raise too_large(self.objective) from None
            return replace(self, enters_at=math.inf)
        if self.first.name == "raw":
            return Plan(space.objective, self.first, space=space)
        # A map of so few coordinates costs less than they did: it is made at once.
        first = standardized(space.objective)
        decorrelation = Decorrelation(space.objective, first)
        first_at = 0 if decorrelation.fits_in_memory else math.inf
        return Plan(
            space.objective, first, decorrelation, first_at, adapts=self.adapts, space=space
        )

    def under(self, penalty):
        """This plan for another penalty, no weaker than the one that it was made for."""
        objective = self.objective.under(penalty)
        if self.first.name == "raw":
            return replace(self, objective=objective)
        first = standardized(objective)
        decorrelation, low_rank = self.decorrelation, self.low_rank
        if decorrelation is not None:
            decorrelation = decorrelation.under(objective, first)
        if low_rank is not None:
            low_rank = LowRankMaps(objective, first)
        return replace(
            self, objective=objective, first=first, decorrelation=decorrelation, low_rank=low_rank
        )

    def coordinates_like(self, here):
        """What the coordinates of a step are under this penalty, which is not theirs."""
        made_at = here.coordinates.made_at
        if made_at is None:
            return self.first
        return self.decorrelation.again(here) if made_at[0] >= self.first_at else here.coordinates

    def coordinates_at(self, t, w, b, gradient=None):
        """Made for where the descent stands after t iterations; a gradient saves a pass over X."""
        if t >= self.first_at:
            return self.decorrelation.at(w, b, t, gradient)
        if self.low_rank is not None and t >= self.low_rank.first_at:
            return self.low_rank.at(w, b, t)
        return self.first

    def coordinates_at_start(self, w, b):
        """Those that say what the gradient is; sets are made of it."""
        sets = isinstance(self.decorrelation, WorkingSets)
        return self.first if sets else self.coordinates_at(0, w, b)

    def coordinates_made_at(self, made_at):
        """Those of a descent that goes on, which were made at (t, w, b); at none, the first."""
        return self.first if made_at is None else self.coordinates_at(*made_at)

    def stale_at(self, coordinates):
        """The iteration from which on others are better."""
        if coordinates.made_at is None:
            return self.first_at if self.low_rank is None else self.low_rank.first_at
        t, _, _ = coordinates.made_at
        if t < self.first_at:
            return min(t + self.low_rank.period, self.first_at)
        return t + self.decorrelation.period if self.adapts else math.inf


def check_coordinates(coordinates, objective):
    """Refuse decorrelated coordinates where they cannot be made."""
    if coordinates != "decorrelated":
        return
    if not has_prox_in_metric(objective.penalty):
        raise ValueError(
            "coordinates='decorrelated' mixes the features, which the prox of this penalty must "
            "tell apart; use coordinates='standardized'."
        )
    if not (map_fits_in_memory(objective) or spans_all(objective)):
        raise too_large(objective)


def too_large(objective):
    """The error of maps of more columns than there is memory for."""
    return ValueError(
        f"coordinates='decorrelated' needs matrices of {objective.n} x {objective.n} for every "
        "class, too large for these features; use coordinates='standardized'."
    )


def has_prox_in_metric(penalty):
    """Whether a step can be made that the features' correlation does not slow down."""
    return penalty.smooth or penalty.has_soft_threshold


def plan_for(objective, rule: Rule, coordinates: str) -> Plan:
    """The plan that a `coordinates` parameter stands for."""
    check_coordinates(coordinates, objective)
    if coordinates == "raw" or (coordinates == "auto" and not rule.chooses_coordinates):
        worth = pays(objective) and objective.n >= 2 * objective.m
        enters_at = _worth_at(price(objective), HIGH_PRICE) if worth else math.inf
        return Plan(objective, Raw(), enters_at=enters_at)
    objective = precise(objective)
    first = standardized(objective)
    if coordinates == "standardized" or not has_prox_in_metric(objective.penalty):
        return Plan(objective, first)
    wanted = coordinates == "decorrelated"
    if WorkingSets.pay(objective, rule):
        sets = WorkingSets(objective, first, whatever_they_cost=wanted)
        return Plan(objective, first, sets, sets.first_at, adapts=True)
    decorrelation = Decorrelation(objective, first, may_mix=rule.adapts)
    enters_at = math.inf
    if spans_all(objective):
        enters_at = 0 if wanted else _worth_at(price(objective), PRICE_OF_MANY_STEPS)
    first_at = 0 if wanted else decorrelation.first_at
    waits = min(first_at, enters_at) > LowRankMaps.first_at and LowRankMaps.pay(objective)
    return Plan(
        objective,
        first,
        decorrelation,
        first_at,
        LowRankMaps(objective, first) if waits else None,
        rule.adapts,
        enters_at=enters_at,
        centred=objective.fit_intercept,
        least_l2=objective.penalty.l2,
    )


def _worth_at(price, at_once):
    """The iteration to pay a price in: when as much has been spent without, if it is high."""
    return 0 if price <= at_once else int(price)


def spans_all(objective):
    """Whether a descent in the best of coordinates stays in the row space, and is cheaper there.

    With a penalty that is the same for all coefficients, every Newton step is a sum of rows.
    """
    return pays(objective) and objective.penalty.l2 > 0


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
