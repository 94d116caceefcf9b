"""Logistic regression by gradient descent, for scikit-learn."""

# Before the imports: what is imported writes it into pickles.
__version__ = "0.2.0"

from ._checkpoint import Checkpoint
from ._course import check_gradient, cost_and_gradient, descend
from ._estimator import GDLogisticRegression
from ._plot import CoefficientPathDisplay, DescentDisplay, GDSearchDisplay, LossCurveDisplay
from ._search import GDGridSearchCV, GDLogisticRegressionCV, GDRandomizedSearchCV
from ._separation import check_separation

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
    "check_separation",
    "cost_and_gradient",
    "descend",
]
