"""Logistic regression by gradient descent, for scikit-learn."""

# Before the imports: what is imported writes it into pickles.
__version__ = "0.1.0"

from ._checkpoint import Checkpoint
from ._course import check_gradient, cost_and_gradient, descend
from ._estimator import GDLogisticRegression
from ._plot import CoefficientPathDisplay, DescentDisplay, GDSearchDisplay, LossCurveDisplay
from ._search import GDGridSearchCV, GDLogisticRegressionCV, GDRandomizedSearchCV

__all__ = [
    "Checkpoint",
    "CoefficientPathDisplay",
    "DescentDisplay",
    "GDGridSearchCV",
    "GDLogisticRegression",
    "GDLogisticRegressionCV",
    "GDRandomizedSearchCV",
    "GDSearchDisplay",
    "LossCurveDisplay",
    "__version__",
    "check_gradient",
    "cost_and_gradient",
    "descend",
]
