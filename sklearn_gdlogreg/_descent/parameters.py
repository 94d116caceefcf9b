"""What `descend` and GDLogisticRegression accept, in the form of scikit-learn's own estimators."""

from numbers import Integral, Real

from scipy.optimize import Bounds

from .._sklearn import Interval, Options, StrOptions
from .learning_rate import RULES

DESCENT_PARAMETERS = {
    "learning_rate": [
        Interval(Real, 0, None, closed="neither"),
        StrOptions(set(RULES)),
        callable,
    ],
    "C": [Interval(Real, 0, None, closed="right")],
    "l1_ratio": [Interval(Real, 0, 1, closed="both")],
    "penalty_factors": ["array-like", dict, None],
    "bounds": ["array-like", dict, Bounds, None],
    "fit_intercept": ["boolean"],
    "n_jobs": [None, Interval(Integral, 1, None, closed="left"), Options(Integral, {-1})],
    "coordinates": [StrOptions({"auto", "raw", "standardized", "decorrelated"})],
}
