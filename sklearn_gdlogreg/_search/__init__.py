"""Many descents that share: grids and folds."""

from .search import GDGridSearchCV

__all__ = ["GDGridSearchCV"]
