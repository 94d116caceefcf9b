"""An L1 penalty on many columns: the metric of those that matter, while the others stand still.

Where the optimum is sparse, most columns never leave 0. Their gradients, one pass over X like any
other, say which of them should; the rest of a step knows nothing of them.
"""

import bisect
from functools import cached_property, partial

import numpy as np

from .coordinates import Measured, join
from .decorrelation import SHORTEST, Decorrelation, map_fits_in_memory
from .learning_rate import Rule
from .row_space import is_mapped

# So many columns may join those that are kept, or this part of them: with more than there are rows,
# a metric is nearly singular. Fewer columns than these all have a metric at once.
FEWEST, GROWTH, MANY_COLUMNS = 50, 1 / 4, 200
# A set may cost so many evaluations for every step that was made, as standardized descents that end
# early have ended before; and no more than this, while others still may.
PRICE_OF_A_STEP, HIGHEST_PRICE = 4, 40
# Where more than this part of the columns is kept, the optimum is not sparse enough.
MOST_KEPT = 1 / 3
# What the first may cost. Columns of few entries are hardly correlated: there it is nothing.
PRICE_AT_START = 2
# Where a column's squared correlations with all others sum to less than this, standardized
# coordinates are nearly as good as any, and are given so many steps.
UNCORRELATED, STEPS_APART = 0.5, 20


class WorkingSet(Measured):
    """Standardized coordinates, of which some columns move, in the metric of their own H.

    Parameters
    ----------
    standardized : Standardized
    columns : ndarray of shape (k,)
        In ascending order; all that are not 0 are among them.
    metric : Metric
        Of these columns and the intercept.
    penalty : ElasticNet
    made_at : tuple
    """

    def __init__(self, standardized, columns, metric, penalty, made_at):
        self.standardized = standardized.with_columns(columns, metric.standardized)
        self.scale, self.made_at = self.standardized.scale, made_at
        self.columns, self.metric, self.penalty = columns, metric, penalty
        self.moving = np.append(columns, len(self.scale))
        self.curvature = np.trace(metric.reduced) / len(columns)

    def solved(self, wb, dwb, learning_rate, penalty):
        there = wb.copy()
        there[self.moving] = self.metric.moved(
            wb[self.moving], dwb[self.moving], learning_rate, penalty
        )
        return there

    def squared_length(self, s):
        return self.metric.squared_length(s[self.moving])

    def squared_length_of_gradient(self, y):
        return self.metric.squared_length_of_gradient(y[self.moving])

    def fall(self, wb, dwb, learning_rate, penalty):
        # Of the others no more is known than what the columns of the set are curved on average.
        others = penalty.violation(wb[:-1], dwb[:-1], self.scale)
        others[self.columns] = 0
        of_set = super().fall(wb, dwb, learning_rate, penalty)
        return of_set + learning_rate / 2 * np.vdot(others, others) / self.curvature

    def outgrown(self, wb, dwb):
        """Whether the largest violation is that of a column which stands still."""
        violations = self.penalty.violation(wb[:-1], dwb[:-1], self.scale)
        inside = violations[self.columns].max()
        return bool(violations.max() > max(inside, abs(dwb[-1])))


class WorkingSets(Decorrelation):
    """Makes such coordinates at the points of a descent, if they are worth their price there.

    References
    ----------
    Bertrand, Klopfenstein, Bannier, Gidel and Massias, Beyond L1: faster and better sparse models
    with skglm, NeurIPS 2022, arXiv:2204.07826: the order of the columns, and how many.
    """

    first_at = 0
    period = SHORTEST

    def __init__(self, objective, standardized, whatever_they_cost=False):
        super().__init__(objective, standardized)
        self.whatever_they_cost = whatever_they_cost

    @property
    def most_in_memory(self):
        """How many columns a set may have for its metric to take no more than X."""
        columns = range(self.objective.n + 1)
        fits = partial(map_fits_in_memory, self.objective, 1)
        return bisect.bisect(columns, False, key=lambda n: not fits(n)) - 1

    @staticmethod
    def pay(objective, rule: Rule):
        """Whether a descent may take sets: they change with it, and are copied from memory."""
        sparse_optimum = objective.penalty.has_one_threshold and not objective.outputs
        whole = getattr(objective.rows, "whole", None)
        in_memory = whole is not None and not is_mapped(whole.X)
        return rule.adapts and sparse_optimum and in_memory and objective.n >= MANY_COLUMNS

    def at(self, w, b, t=0, gradient=None):
        if gradient is None:
            _, *gradient = self.objective.cost_and_gradient(w, b)
        columns = self._columns(w, *gradient, t)
        if columns is None:
            return self.standardized.made(t, w, b)
        objective = self.objective.over(self.objective.rows.of_columns(columns))
        of_columns = Decorrelation(objective, self.standardized.of_columns(columns))
        metric = of_columns.at(w[columns], b, t)
        return WorkingSet(self.standardized, columns, metric, objective.penalty, (t, w, b))

    @cached_property
    def correlation(self):
        """The sum of a column's squared correlations with all others, in the mean over columns.

        The H of standardized coordinates has 1/4 on its diagonal at the start, 0 for a constant
        column; and |H v|^2 is, in the mean over random signs v, the sum of its entries' squares.
        Of so many columns one v tells enough.
        """
        objective, n = self.objective, self.objective.n
        # Fixed, so that a descent that goes on from a checkpoint has the same.
        signs = np.random.default_rng(0).choice([-1.0, 1.0], n).astype(objective.dtype)
        product = objective.mean_hessian_product(np.zeros(n), np.zeros(()))
        dw, dc, _ = product(*self.standardized.unpack(join(signs, 0.0)))
        image = 4 * self.standardized.pull_back(dw, dc)[:-1]
        varying = max(1, n - np.count_nonzero(self.standardized.constant))
        return float(np.vdot(image, image)) / varying - 1

    def _most_columns(self, kept, t):
        """How many columns a set may have after t steps, of which so many are not 0."""
        sizes = range(self.most_in_memory + 1)
        if self.whatever_they_cost or t >= self.price + self.period * self.price_of_step:
            return sizes[-1]
        if kept > MOST_KEPT * self.objective.n:
            return 0
        # A pass takes the columns out, and a lasso of twice as many as are kept is made for a step.
        at_start = PRICE_AT_START if self.objective.rows.stored is None else 0
        most = min(at_start + PRICE_OF_A_STEP * t, HIGHEST_PRICE)
        most -= 1 + self._price_of_lassos(2 * kept)
        if most < 0 or (t < STEPS_APART and self.correlation < UNCORRELATED):
            return 0
        return bisect.bisect(sizes, most, key=self._price) - 1

    def _columns(self, w, dw, db, t):
        """Those that are not 0, and some others, of the largest violations; None, if too few."""
        dv = self.standardized.pull_back(dw, db)[:-1]
        # Of columns that violate nothing, those that are next to do so.
        priorities = np.abs(dv) - self.objective.penalty.l1 * self.standardized.scale
        kept = np.count_nonzero(w)
        most = self._most_columns(kept, t)
        priorities[w != 0] = np.inf
        size = min(kept + max(FEWEST, int(GROWTH * kept)), len(w), most)
        if size < min(kept + FEWEST, len(w)):
            return None
        return np.sort(np.argpartition(-priorities, size - 1)[:size])
