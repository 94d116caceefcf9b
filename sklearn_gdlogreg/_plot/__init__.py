"""The displays: scikit-learn's conventions, matplotlib imported only where something is drawn."""

from .coefficient_path import CoefficientPathDisplay
from .descent import DescentDisplay
from .loss_curve import LossCurveDisplay
from .search import GDSearchDisplay

__all__ = ["CoefficientPathDisplay", "DescentDisplay", "GDSearchDisplay", "LossCurveDisplay"]
