"""What is descended, made of X and y."""

import numpy as np

from sklearn_gdlogreg._descent.steps import problem_for
from sklearn_gdlogreg._objective.objective import Objective


def problem_of(X, y, coordinates="raw", sample_weight=None, **options):
    objective = Objective.in_memory(X, y, y.max() + 1, sample_weight=sample_weight, **options)
    w, b = np.zeros((*objective.outputs, objective.n)), np.zeros(objective.outputs)
    return problem_for(objective, w, b, learning_rate="lipschitz", coordinates=coordinates)
