"""Whether a cost without a penalty has a minimum: what a fit says of quasi-separated classes."""

import re
import warnings

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from sklearn_gdlogreg import GDLogisticRegression

from ..helpers import message_of


def with_a_rare_feature(X, y, label, others=0):
    """A column that 9 rows of one class have, and `others` rows of every other."""
    has = np.zeros(len(y))
    for k in np.unique(y):
        has[np.flatnonzero(y == k)[: 9 if k == label else others]] = 1
    return np.column_stack([X, has])


@pytest.mark.parametrize(
    ("rule", "coordinates"),
    [
        ("auto", "auto"),
        ("auto", "standardized"),
        ("auto", "raw"),
        ("lipschitz", "raw"),
        ("lipschitz", "decorrelated"),
        ("backtracking", "auto"),
        ("barzilai-borwein", "raw"),
        ("adaptive", "standardized"),
        ("silver", "standardized"),
        (1.0, "standardized"),
    ],
)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("mixed", [False, True])
def test_a_feature_of_one_class_alone_is_said_to_leave_no_minimum(
    rule, coordinates, data, mixed, request, rng
):
    X, y = request.getfixturevalue(data)
    X = with_a_rare_feature((X - X.mean(axis=0)) / X.std(axis=0), y, label=1)
    if mixed:
        X = X @ np.linalg.qr(rng.normal(size=(5, 5)))[0]
    clf = GDLogisticRegression(rule, coordinates=coordinates, max_iter=50_000)
    message = message_of(clf, X, y)
    assert clf.stop_reason_ == "converged"
    assert "quasi-separation" in message
    assert "quasi" not in message_of(clf.set_params(C=10.0), X, y)


@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_it_is_said_at_every_tolerance_and_in_every_storage(tol, dtype, binary):
    X, y = binary
    X = with_a_rare_feature(X, y, label=0).astype(dtype)
    for storage in (np.asfortranarray, sparse.csr_array):
        assert "quasi-separation" in message_of(GDLogisticRegression(tol=tol), storage(X), y)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_one_row_of_every_other_class_in_it_gives_the_cost_a_minimum(data, request):
    X, y = request.getfixturevalue(data)
    assert message_of(GDLogisticRegression(), with_a_rare_feature(X, y, label=1, others=1), y) == ""


@pytest.mark.parametrize("seed", range(30))
def test_rows_that_have_every_label_overlap_however_little_one_of_them_weighs(seed):
    """Coefficients as large as the logarithm of the weights, and finite."""
    rng = np.random.default_rng(seed)
    K, m, n = rng.integers(2, 4), rng.integers(20, 100), rng.integers(1, 5)
    X = rng.standard_t(2, size=(m, n)) * 10.0 ** rng.uniform(-2, 2, n)
    y = np.argmax((X - np.median(X, axis=0)) @ rng.normal(size=(n, K)), axis=1)
    weights = np.concatenate([np.ones(m), np.full(m * (K - 1), 10.0 ** rng.uniform(-8, 0))])
    labels = np.concatenate([(y + k) % K for k in range(K)])
    clf = GDLogisticRegression(coordinates=rng.choice(["auto", "standardized", "raw"]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clf.fit(np.tile(X, (K, 1)), labels, weights)
    assert not re.search("separa", " ".join(str(each.message) for each in caught))


@pytest.mark.parametrize("seed", range(40))
def test_there_is_said_to_be_no_minimum_where_linear_programming_finds_none(seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 3, (50, 3)).astype(float)
    y = ((X - 1) @ rng.normal(size=3) + rng.logistic(size=50) / 4 > 0).astype(int)
    moves = np.column_stack([X, np.ones(50)]) * (2 * y - 1)[:, None]
    found = linprog(-moves.sum(axis=0), A_ub=-moves, b_ub=np.zeros(50), bounds=(-1, 1))
    message = message_of(GDLogisticRegression(), X, y)
    assert ("no minimum" in message) == (found.fun < -1e-6)
