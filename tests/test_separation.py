"""`check_separation`: what linear programs find is what there is."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sklearn_gdlogreg import GDLogisticRegression, check_separation

from .helpers import pandas


def constraints(X, y):
    """What a direction of the coefficients and the intercept is multiplied by, for every margin."""
    x = np.column_stack([X, np.ones(len(X))])
    K, p = y.max() + 1, x.shape[1]
    if K == 2:
        return (2 * y - 1)[:, None] * x
    A = []
    for row, own in zip(x, y, strict=True):
        for other in set(range(K)) - {own}:
            a = np.zeros((K, p))
            a[own], a[other] = row, -row
            A.append(a.ravel())
    return np.array(A)


def edges(A):
    """Directions of which all with A v >= 0 are sums, up to those with A v = 0.

    On an edge of the cone all but one of the dimensions that A has are spent on margins of 0.
    """
    rank = np.linalg.matrix_rank(A)
    _, _, basis = np.linalg.svd(A)
    basis = basis[:rank]
    rows = np.unique(np.round(A @ basis.T, 10), axis=0)
    found = []
    for chosen in itertools.combinations(rows, rank - 1):
        _, singular, directions = np.linalg.svd(np.array(chosen).reshape(-1, rank))
        if len(singular) and singular[-1] < 1e-9:
            continue
        for v in (directions[-1], -directions[-1]):
            if (rows @ v >= -1e-9).all():
                found.append(v @ basis)
    return np.array(found).reshape(-1, A.shape[1])


def exhaustively(X, y):
    """The kind of separation, and which coefficients fall and rise: by all edges of the cone."""
    A = constraints(X, y)
    rays = edges(A)
    moves = A @ rays.T
    moved = (moves > 1e-9).any(axis=1)
    kind = "complete" if moved.all() else "quasi-complete" if moved.any() else "none"
    rows, p = max(1, (y.max() + 1) * (y.max() > 1)), X.shape[1] + 1
    ways = [
        (sign * rays > 1e-9).any(axis=0).reshape(rows, p)[:, :-1] if len(rays) else False
        for sign in (-1, 1)
    ]
    n_moved = moved.reshape(len(X), -1).any(axis=1).sum()
    return kind, n_moved, *(np.broadcast_to(way, (rows, X.shape[1])) for way in ways)


def ends(separation, n, K):
    """The coefficients that fall and that rise, as arrays."""
    down, up = np.zeros((2, K if K > 2 else 1, n), bool)
    for name, end in separation.infinite.items():
        column, _, label = name.partition(" of ")
        place = int(label or 0), int(column.removeprefix("column "))
        down[place], up[place] = "-" in end, "+" in end
    return down, up


@pytest.mark.parametrize("chunk", range(20))
def test_it_is_what_exhaustive_reasoning_finds_for_two_classes(chunk):
    """A thousand problems, of small integers: rows coincide, lie on lines, and touch."""
    kinds = []
    for seed in range(50 * chunk, 50 * chunk + 50):
        rng = np.random.default_rng(seed)
        m, n = rng.integers(4, 12), rng.integers(1, 4)
        X = rng.integers(0, rng.integers(2, 5), (m, n)).astype(float)
        y = (X @ rng.normal(size=n) + rng.logistic(size=m) * rng.choice([0, 0.3]) > 0.5).astype(int)
        y[:2] = 0, 1
        kind, n_moved, down, up = exhaustively(X, y)
        found = check_separation(X, y)
        kinds.append(kind)
        assert found.kind == kind, seed
        assert found.n_separated == n_moved, seed
        if np.linalg.matrix_rank(np.column_stack([X, np.ones(m)])) == n + 1:
            assert_array_equal(ends(found, n, 2), (down, up), err_msg=str(seed))
    assert len(set(kinds)) == 3


@pytest.mark.parametrize("chunk", range(4))
def test_it_is_what_exhaustive_reasoning_finds_for_three_classes(chunk):
    for seed in range(10 * chunk, 10 * chunk + 10):
        rng = np.random.default_rng(seed)
        m, n = rng.integers(4, 8), 1
        X = rng.integers(0, 4, (m, n)).astype(float)
        y = rng.integers(0, 3, m)
        y[:3] = 0, 1, 2
        kind, n_moved, *_ = exhaustively(X, y)
        found = check_separation(X, y)
        assert found.kind == kind, seed
        assert found.n_separated == n_moved, seed


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_its_direction_separates_what_it_says_and_contradicts_no_row(data, request):
    X, y = request.getfixturevalue(data)
    X = np.column_stack([X, np.isin(np.arange(len(y)), np.flatnonzero(y == 1)[:9])])
    found = check_separation(X, y)
    assert found.kind == "quasi-complete"
    z = X @ found.coef.T + found.intercept
    z = np.column_stack([-z, z]) if z.shape[1] == 1 else z
    own = z[np.arange(len(y)), y]
    others = np.where(np.arange(z.shape[1]) == y[:, None], -np.inf, z)
    lead = own - others.max(axis=1)
    assert lead.min() >= -2e-7  # of which linear programs make no difference
    assert found.n_separated == 9 == (own - z.min(axis=1) > 1e-6).sum()
    name = "column 4" if z.shape[1] == 2 else "column 4 of 1"
    assert found.infinite[name] == "+inf"
    assert all(key.startswith("column 4") for key in found.infinite)


def test_rows_that_overlap_are_told(binary):
    found = check_separation(*binary)
    assert not found
    assert found.kind == "none"
    assert found.infinite == {}
    assert str(found) == "The rows overlap: without a penalty all coefficients are finite."
    assert found.n_rows == 150
    assert_array_equal(found.coef, 0)


def test_of_many_rows_those_that_contradict_are_asked_too(rng):
    """One row in 40,000 says that they overlap, or that a rare feature is of both classes."""
    m = 40_000
    X = rng.normal(size=(m, 3))
    y = (X[:, 0] > 0).astype(int)
    X[:, 0] += np.sign(X[:, 0])
    assert check_separation(X, y).kind == "complete"
    y[17] = 1 - y[17]
    X[17, 0] *= 10
    assert check_separation(X, y).kind == "none"

    y = (X[:, 0] + rng.logistic(size=m) > 0).astype(int)
    rare = np.zeros(m)
    rare[np.flatnonzero(y)[-3:]] = 1
    found = check_separation(np.column_stack([X, rare]), y)
    assert (found.kind, found.infinite, found.n_separated) == (
        "quasi-complete",
        {"column 3": "+inf"},
        3,
    )
    rare[np.flatnonzero(y == 0)[-1]] = 1
    assert check_separation(np.column_stack([X, rare]), y).kind == "none"


def test_columns_of_any_scale_and_storage_are_told_alike(binary):
    X, y = binary
    X = np.column_stack([X, y * (np.arange(150) < 75)])
    expected = check_separation(X, y)
    for other in (
        X * [1e-6, 1, 1e6, 1, 1e9] + [0, 1e3, 0, 5, 0],
        sparse.csr_array(X),
        X.astype("f"),
    ):
        found = check_separation(other, y)
        assert (found.kind, found.infinite) == (expected.kind, expected.infinite)
        assert found.kind == "quasi-complete"


def test_rows_of_no_weight_count_for_nothing(binary):
    X, y = binary
    rare = (y == 1) & (np.arange(150) < 40)
    other = np.flatnonzero(y == 0)[0]
    rare[other] = True
    X = np.column_stack([X, rare])
    assert not check_separation(X, y)
    weights = np.ones(150)
    weights[other] = 0
    found = check_separation(X, y, sample_weight=weights)
    assert found.infinite == {"column 4": "+inf"}
    assert found.n_rows == 149


def test_bounds_keep_coefficients_from_separating(binary):
    X, y = binary
    X = np.column_stack([X, (y == 1) & (np.arange(150) < 40)])
    assert check_separation(X, y, bounds={4: (0, None)}).infinite == {"column 4": "+inf"}
    assert not check_separation(X, y, bounds={4: (None, 10)})
    assert not check_separation(X, y, bounds=(-10, 10))


def test_without_an_intercept_the_boundary_goes_through_zero():
    X, y = [[1.0], [2.0], [3.0]], [0, 1, 1]
    assert check_separation(X, y).kind == "complete"
    assert check_separation(X, y, fit_intercept=False).kind == "none"


def test_it_names_features_and_classes(binary):
    X, y = binary
    frame = pandas().DataFrame(X, columns=list("abcd"))
    frame["rare"] = (y == 1) & (np.arange(150) < 40)
    found = check_separation(frame, np.array(["no", "yes"])[y])
    assert found.infinite == {"rare": "+inf"}
    text = str(found)
    assert "rare   +inf" in text
    assert "bounds={'rare': (-5, 5)}" in text
    assert repr(found) == "Separation(kind='quasi-complete', infinite={'rare': '+inf'})"
    three = np.array(["no", "yes", "maybe"])[np.where(np.arange(150) > 120, 2, y)]
    assert check_separation(frame, three).infinite["rare of yes"] == "+inf"


def test_too_many_coefficients_are_refused(rng):
    X = rng.normal(size=(30, 600))
    with pytest.raises(ValueError, match="X has 600 features, more than 500 coefficients"):
        check_separation(X, np.arange(30) % 2)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="at least 2 classes"):
        check_separation([[1.0], [2.0]], [1, 1])


@pytest.mark.parametrize("seed", range(20))
def test_a_fit_says_no_minimum_where_it_finds_none(seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 3, (40, 3)).astype(float)
    y = ((X - 1) @ rng.normal(size=3) + rng.logistic(size=40) / 4 > 0).astype(int)
    found = check_separation(X, y)
    clf = GDLogisticRegression()
    if found:
        with pytest.warns(match="no minimum"):
            clf.fit(X, y)
    else:
        clf.fit(X, y)


def test_rows_that_a_sample_misses_are_asked(rng):
    """Ten rows of five thousand have a weight; and a thousand rows of one class come first."""
    X = rng.normal(size=(5000, 2))
    y = (np.arange(5000) >= 4000).astype(int)
    weights = np.zeros(5000)
    weights[3996:4006] = 1
    X[3996:4006, 0] = np.arange(10)
    found = check_separation(X, y, sample_weight=weights)
    assert (found.kind, found.n_rows) == ("complete", 10)
    X[3997, 0] = 20
    X[3996:4006, 1] = 0
    assert check_separation(X, y, sample_weight=weights).kind == "none"


def test_columns_of_float32_far_from_zero_are_told_as_in_float64(rng):
    year = np.round(rng.normal(size=200) * 10) + 2000
    y = (year + rng.logistic(size=200) * 5 > 2000).astype(int)
    X = np.column_stack([year, (y == 1) & (np.arange(200) < 60)])
    for dtype in ("f", "d"):
        found = check_separation(X.astype(dtype), y)
        assert found.infinite == {"column 1": "+inf"}
        assert found.n_separated == X[:, 1].sum()
