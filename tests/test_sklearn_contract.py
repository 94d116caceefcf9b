"""scikit-learn's own checks, for every kind of configuration."""

from functools import partial

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_gdlogreg import GDLogisticRegression, GDLogisticRegressionCV
from sklearn_gdlogreg._descent.learning_rate import RULES

pytestmark = pytest.mark.sklearn

# The differences that `adaptive` divides by amplify rounding, so that equal data in another order
# meet only at the optimum, if there is one: it gets a tol for that, as scikit-learn's own checks
# give one to solvers of LogisticRegression.
EXACT = {"adaptive": {"tol": 1e-11, "max_iter": 20_000}}

# 1 / sqrt(t). The names of these tests hold what it is printed as: a function of our own would be
# printed with its address, which is another one in every process.
SCHEDULE = partial(pow, exp=-0.5)

CONFIGURATIONS = [
    *(
        configuration
        for rule in (0.1, SCHEDULE, *RULES)
        for configuration in (
            GDLogisticRegression(rule),
            GDLogisticRegression(rule, C=1.0, l1_ratio=0.5, **EXACT.get(str(rule), {})),
        )
    ),
    GDLogisticRegression(C=1.0),
    GDLogisticRegression(C=1.0, l1_ratio=1.0),
    GDLogisticRegression(tol=0, max_iter=50),
    GDLogisticRegression(class_weight="balanced", C=1.0),
    GDLogisticRegression(warm_start=True, C=1.0),
    GDLogisticRegression("lipschitz", coordinates="standardized"),
    GDLogisticRegression("auto", coordinates="raw"),
    GDLogisticRegressionCV(Cs=3, cv=3),
    GDLogisticRegressionCV(Cs=[0.1, 10], l1_ratios=[0, 0.5], cv=3, scoring=None, refit=False),
    # Without an intercept, LogisticRegression fails check_class_weight_classifiers too: a
    # boundary through the origin cannot put nearly every row on one side.
]


# The checks fit tiny, often separable sets; that they do not converge is not what is checked.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
# One of them has a class of two members for three folds.
@pytest.mark.filterwarnings("ignore:The least populated class in y has only 2 members")
@parametrize_with_checks(CONFIGURATIONS)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
