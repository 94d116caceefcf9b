"""At convergence the model is LogisticRegression's, for every penalty, weight and storage."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._sklearn import penalty_parameters

from .helpers import needs_sklearn

pytestmark = pytest.mark.sklearn

# The gradient is at most TOL at our optimum. The smallest curvature of these problems is about
# 1e-3, so coefficients are within about 1e3 * TOL = 1e-7 of the exact ones; the reference solvers
# stop at a similar distance.
TOL = 1e-10
ATOL = 2e-6


def reference(C, l1_ratio, **options):
    """The LogisticRegression that is exact for this penalty."""
    if l1_ratio == 0:
        return LogisticRegression(
            C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000, **options
        )
    return LogisticRegression(
        **penalty_parameters(C, l1_ratio), solver="saga", tol=1e-10, max_iter=100_000,
        random_state=0, **options,
    )  # fmt: skip


def assert_same_model(ours, theirs, X):
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=ATOL)
    assert_allclose(ours.coef_, theirs.coef_, atol=ATOL)
    # Adding one number to all intercepts of a softmax changes nothing but the intercepts.
    b, expected = ours.intercept_, theirs.intercept_
    if len(b) > 1:
        b, expected = b - b.mean(), expected - expected.mean()
    assert_allclose(b, expected, atol=5 * ATOL)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("C", [0.01, 1, 100])
@pytest.mark.parametrize("l1_ratio", [0, 0.5, 1])
def test_optimum_for_every_penalty(data, C, l1_ratio, request):
    X, y = request.getfixturevalue(data)
    ours = GDLogisticRegression(C=C, l1_ratio=l1_ratio, tol=TOL, max_iter=5000).fit(X, y)
    assert ours.stop_reason_ == "converged"
    if l1_ratio == 1 and C == 0.01:
        # Exactly 0, all of them, and then the best intercepts are known. saga, which measures
        # its progress against the largest coefficient, stops before it finds them.
        assert (ours.coef_ == 0).all()
        assert_allclose(ours.predict_proba(X[:1])[0], np.bincount(y) / len(y), atol=ATOL)
    else:
        assert_same_model(ours, reference(C, l1_ratio).fit(X, y), X)


VARIATIONS = {
    "weights": {"weighted": True},
    "class_weight": {"class_weight": {0: 1.0, 1: 3.0, 2: 0.5}},
    "balanced and weights": {"class_weight": "balanced", "weighted": True},
    "no intercept": {"fit_intercept": False},
    "sparse": {"storage": sparse.csr_array},
    "sparse, weights": {"storage": sparse.csc_matrix, "weighted": True},
}


# What "balanced" makes of weights LogisticRegression asks the weights for from 1.7 on.
NEEDS = {"balanced and weights": [needs_sklearn("1.7")]}


@pytest.mark.parametrize(
    "variation", [pytest.param(each, marks=NEEDS.get(each, ())) for each in VARIATIONS]
)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("l1_ratio", [0, 0.5, 1])
def test_optimum_for_every_variation(variation, data, l1_ratio, weights, request):
    X, y = request.getfixturevalue(data)
    options = dict(VARIATIONS[variation])
    s = weights if options.pop("weighted", False) else None
    X = options.pop("storage", np.asarray)(X)
    ours = GDLogisticRegression(C=1, l1_ratio=l1_ratio, tol=TOL, max_iter=5000, **options)
    ours.fit(X, y, sample_weight=s)
    assert ours.stop_reason_ == "converged"
    theirs = reference(1, l1_ratio, **options).fit(X, y, sample_weight=s)
    assert_same_model(ours, theirs, X)


# What scikit-learn 1.8 says of C=inf, its own spelling of no penalty.
@pytest.mark.filterwarnings("ignore:Setting penalty=None will ignore the C")
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_no_penalty_is_the_default(data, request):
    X, y = request.getfixturevalue(data)
    ours = GDLogisticRegression(tol=TOL, max_iter=5000).fit(X, y)
    assert_same_model(ours, reference(np.inf, 0).fit(X, y), X)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_optimality_conditions_without_any_reference(data, request):
    """The gradient of the losses balances the penalty's subdifferential, from the definition."""
    X, y = request.getfixturevalue(data)
    l1_ratio, C = 0.7, 0.03
    clf = GDLogisticRegression(C=C, l1_ratio=l1_ratio, tol=TOL, max_iter=5000).fit(X, y)
    proba = clf.predict_proba(X)
    target = np.eye(len(clf.classes_))[y]
    rows = slice(1, None) if len(clf.classes_) == 2 else slice(None)
    gradient = ((proba - target)[:, rows].T @ X) * C
    l1, l2 = l1_ratio, (1 - l1_ratio) * clf.coef_
    # In units where the losses are summed: 150 rows, and scale at most 2 from the coordinates.
    atol = TOL * len(X) * 10
    at_zero = clf.coef_ == 0
    assert at_zero.any()
    assert (np.abs(gradient[at_zero]) <= l1 + atol).all()
    assert_allclose((gradient + l2 + l1 * np.sign(clf.coef_))[~at_zero], 0, atol=atol)
    assert_allclose((proba - target).sum(axis=0), 0, atol=atol)
