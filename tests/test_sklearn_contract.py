"""scikit-learn's own checks, for every kind of configuration."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._learning_rate import RULES

PENALTIES = [{}, {"C": 1.0}, {"C": 1.0, "l1_ratio": 1.0}, {"C": 1.0, "l1_ratio": 0.5}]


def schedule(t):
    return 1 / np.sqrt(t)


CONFIGURATIONS = [
    *(
        GDLogisticRegression(rule, **penalty)
        for rule in (0.1, schedule, *RULES)
        for penalty in PENALTIES
    ),
    GDLogisticRegression(tol=0, max_iter=50),
    GDLogisticRegression(fit_intercept=False),
    GDLogisticRegression(class_weight="balanced", C=1.0),
    GDLogisticRegression(warm_start=True, C=1.0),
    GDLogisticRegression("lipschitz", coordinates="standardized"),
    GDLogisticRegression("auto", coordinates="raw"),
]


# The checks fit tiny, often separable sets; that they do not converge is not what is checked.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(CONFIGURATIONS)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
