"""What is summed, made of X and y; what X may be stored in."""

import numpy as np
from scipy import sparse

from sklearn_gdlogreg._objective.objective import Objective


def objective(X, y, sample_weight=None, **options):
    return Objective.in_memory(X, y, y.max() + 1, sample_weight=sample_weight, **options)


STORAGES = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "float32": lambda X: X.astype(np.float32),
    "csr": sparse.csr_array,
}
