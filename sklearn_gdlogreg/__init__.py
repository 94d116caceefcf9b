"""Logistic regression by gradient descent, for scikit-learn."""

from ._checkpoint import Checkpoint
from ._descent import descend
from ._estimator import GDLogisticRegression
from ._objective import cost_and_gradient
from ._plot import GDSearchDisplay
from ._search import GDGridSearchCV

__version__ = "0.1.0"
__all__ = [
    "Checkpoint",
    "GDGridSearchCV",
    "GDLogisticRegression",
    "GDSearchDisplay",
    "__version__",
    "cost_and_gradient",
    "descend",
]
