"""The displays: scikit-learn's conventions, matplotlib imported only where something is drawn."""

from ._coefficient_path import CoefficientPathDisplay
from ._descent import DescentDisplay
from ._loss_curve import LossCurveDisplay
from ._search import GDSearchDisplay

__all__ = ["CoefficientPathDisplay", "DescentDisplay", "GDSearchDisplay", "LossCurveDisplay"]
