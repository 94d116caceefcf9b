"""What is descended, made of X and y."""

import numpy as np

from sklearn_gdlogreg._descent.learning_rate import rule_for
from sklearn_gdlogreg._descent.plan import plan_for
from sklearn_gdlogreg._descent.steps import Problem
from sklearn_gdlogreg._objective.objective import Objective


def problem_of(X, y, coordinates="raw", sample_weight=None, **options):
    objective = Objective.in_memory(X, y, y.max() + 1, sample_weight=sample_weight, **options)
    w, b = np.zeros((*objective.outputs, objective.n)), np.zeros(objective.outputs)
    return problem_at(objective, w, b, coordinates)


def problem_at(objective, w, b, coordinates):
    """The problem as a descent with a constant rate sees it that starts from (w, b)."""
    plan = plan_for(objective, rule_for("lipschitz"), coordinates)
    return Problem(objective, plan.coordinates_at(0, w, b))
