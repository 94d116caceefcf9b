"""Many descents that share: grids and folds."""

from .cross_validation import GDLogisticRegressionCV
from .search import GDGridSearchCV, GDRandomizedSearchCV

__all__ = ["GDGridSearchCV", "GDLogisticRegressionCV", "GDRandomizedSearchCV"]
