"""Decorrelated coordinates: what they are, what they cost, and that they change no optimum."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sklearn_gdlogreg import GDLogisticRegression, descend
from sklearn_gdlogreg._descent import decorrelation as decorrelation_room
from sklearn_gdlogreg._descent.decorrelation import LONGEST, SHORTEST, Decorrelation
from sklearn_gdlogreg._descent.plan import standardized
from sklearn_gdlogreg._objective.cross_entropy import Softmax, labels_for_loss
from sklearn_gdlogreg._objective.in_memory import InMemory
from sklearn_gdlogreg._objective.objective import Objective
from sklearn_gdlogreg._objective.rows import Part, sampled

from ..helpers import fitted


def decorrelation(X, y, **options):
    objective = Objective.in_memory(X, y, y.max() + 1, **options)
    return Decorrelation(objective, standardized(objective))


def hessian_in(coordinates, objective, w, b):
    """The full second derivative at (w, b), in these coordinates, column by column."""
    shape = coordinates.pack(w, b).shape
    columns = [
        coordinates.pull_back(
            *objective.hessian_product(w, b)(*coordinates.unpack(e.reshape(shape)))
        ).ravel()
        for e in np.eye(np.prod(shape))
    ]
    return np.array(columns)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_second_derivative_is_the_identity_there(storage, weighted, binary, weights, rng):
    X, y = binary
    made = decorrelation(storage(X), y, sample_weight=weights if weighted else None, C=2.0)
    for w, b in (
        (rng.normal(size=4) / 10, 0.1),
        (np.array([0.5, 0, 0, 0]), 0.0),
        (np.zeros(4), 0.5),
    ):
        # Up to the floor under small eigenvalues, the square root of the rounding.
        H = hessian_in(made.at(w, np.float64(b)), made.objective, w, np.float64(b))
        assert_allclose(H, np.eye(5), atol=1e-6)


def test_directions_that_no_feature_distinguishes_stay_flat_and_the_others_are_the_identity(binary):
    X, y = binary
    made = decorrelation(np.column_stack([X, X[:, 0], np.zeros(150)]), y)
    w, b = np.zeros(6), np.float64(0)
    curvatures = np.linalg.eigvalsh(hessian_in(made.at(w, b), made.objective, w, b))
    # A copy and a column of zeros: two directions without curvature beside five with 1.
    assert_allclose(curvatures, [0, 0, 1, 1, 1, 1, 1], atol=1e-6)


@pytest.mark.parametrize(
    ("size", "rarer", "C"), [(1.0, 0.0, 2.0), (1.0, 20.0, np.inf), (0.0, 0.0, 2.0)]
)
def test_of_the_softmax_every_classs_own_block_is_the_identity(size, rarer, C, multiclass, rng):
    X, y = multiclass
    made = decorrelation(X, y, C=C)
    w, b = size * rng.normal(size=(3, 4)), np.array([2.0, 0.0, -2.0]) - [rarer, 0, 0]
    w, b = w - w.mean(axis=0), b - b.mean()
    coordinates = made.at(w, b)
    d = Softmax.second_derivative(w @ X.T + b[:, None])
    d = np.maximum(d, d.max(axis=1, keepdims=True) / 1e12) / len(X)
    base = made.standardized
    x = np.column_stack([(X - base.mean) * base.scale, np.ones(len(X))])
    l2 = np.diag([*(made.objective.penalty.l2 * base.scale**2), 0])
    for k in range(3):
        H = (x.T * d[k]) @ x + l2
        A = coordinates.to_standardized[k]
        assert_allclose(A.T @ H @ A, np.eye(5), atol=1e-6)


def test_at_the_start_the_bound_takes_the_place_of_the_curvature(binary):
    X, y = binary
    made = decorrelation(X, y)
    w, b = np.zeros(4), np.float64(0)
    # At w = 0 they are the same for the sigmoid.
    assert_allclose(hessian_in(made.at(w, b), made.objective, w, b), np.eye(5), atol=1e-6)


def test_the_first_step_from_zero_is_newtons(binary):
    X, y = binary
    _, there = itertools.islice(descend(X, y, "auto", coordinates="decorrelated"), 2)
    ones = np.column_stack([X, np.ones(150)])
    newton = np.linalg.solve(ones.T @ ones / 4, ones.T @ (y - 0.5))
    assert there.learning_rate == 1
    assert_allclose([*there.coef, there.intercept], newton, rtol=1e-5)


def test_a_start_where_nothing_is_curved_is_survived(binary):
    """At an intercept of 800 every probability is 1, to the last bit."""
    X, y = binary
    clf = GDLogisticRegression(coordinates="decorrelated").fit(X, y, intercept_init=[800.0])
    assert_allclose(clf.coef_, GDLogisticRegression().fit(X, y).coef_, atol=1e-3)


def test_without_an_intercept_none_appears(binary):
    for step in itertools.islice(
        descend(*binary, "auto", coordinates="decorrelated", fit_intercept=False), 30
    ):
        assert step.intercept == 0


def test_the_sum_over_the_classes_stays_zero(multiclass):
    for step in itertools.islice(descend(*multiclass, "auto"), 30):
        assert_allclose(step.coef.sum(axis=0), 0, atol=1e-12)
        assert_allclose(step.intercept.sum(), 0, atol=1e-12)


def test_lipschitz_in_decorrelated_coordinates_is_one(binary):
    step = list(itertools.islice(descend(*binary, "lipschitz", coordinates="decorrelated"), 2))[1]
    assert step.learning_rate == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("options", [{}, {"C": 1.0}, {"C": 1.0, "fit_intercept": False}])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_the_optimum_is_that_of_standardized_coordinates(options, data, weights, request):
    X, y = request.getfixturevalue(data)
    models = [
        GDLogisticRegression(coordinates=name, tol=1e-10, max_iter=20_000, **options)
        .fit(X, y, sample_weight=weights)
        for name in ("standardized", "decorrelated")
    ]  # fmt: skip
    assert models[1].n_iter_[0] < models[0].n_iter_[0]
    # A gradient of 1e-10 over a smallest curvature of about 1e-2.
    assert_allclose(models[0].coef_, models[1].coef_, atol=1e-7)
    assert_allclose(models[0].predict_proba(X), models[1].predict_proba(X), atol=1e-8)


def one_hot(rng):
    codes = rng.integers(0, 4, (300, 2))
    X = np.hstack([np.eye(4)[codes[:, 0]], np.eye(4)[codes[:, 1]]])
    return X, (codes.sum(axis=1) + rng.normal(size=300) * 2 > 3).astype(int)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_singular_second_derivatives_are_no_obstacle(dtype, rng):
    """One-hot columns beside an intercept, a duplicated, a constant and an empty column."""
    X, y = one_hot(rng)
    X = np.column_stack([X, X[:, 0], np.ones(300), np.zeros(300)]).astype(dtype)
    tol = 1e-8 if dtype == np.float64 else 1e-4
    clf = GDLogisticRegression(tol=tol).fit(X, y)
    assert clf.coordinates_ == "decorrelated"
    assert clf.stop_reason_ == "converged"
    other = GDLogisticRegression(coordinates="standardized", tol=tol).fit(X, y)
    # Coefficients of equal columns are not unique; probabilities are, up to tol over curvature.
    assert_allclose(clf.predict_proba(X), other.predict_proba(X), atol=1e4 * tol / 10)


def test_a_sample_of_many_rows_does_not_forget_a_rare_feature(rng):
    X = rng.normal(size=(4000, 3))
    rare = np.zeros(4000)
    rare[np.setdiff1d(np.arange(4000), sampled(0, 4000, 8))[[1, 3, 1001]]] = 1
    X = np.column_stack([X, rare])
    y = (X[:, 0] + 3 * rare + rng.logistic(size=4000) > 0).astype(int)
    made = decorrelation(X, y, C=1.0)
    assert made.stride == 8
    assert not X[sampled(0, 4000, made.stride), 3].any()
    clf = GDLogisticRegression(C=1.0, tol=1e-9).fit(X, y)
    assert clf.n_iter_[0] < 40
    other = GDLogisticRegression(C=1.0, coordinates="standardized", tol=1e-9, max_iter=10_000)
    assert_allclose(clf.coef_, other.fit(X, y).coef_, atol=1e-5)


@pytest.mark.parametrize("m", [1000, 4000])
@pytest.mark.parametrize(("unit", "C"), [(1e-3, np.inf), (1.0, np.inf), (1e3, np.inf), (1.0, 0.3)])
def test_a_feature_too_rare_for_the_sample_has_its_own_variance_there(unit, C, m, rng):
    X = np.column_stack([rng.normal(size=(m, 3)), np.zeros(m)])
    stride = {1000: 2, 4000: 8}[m]
    X[np.setdiff1d(np.arange(m), sampled(0, m, stride))[[1, 3, 301]], 3] = 1
    made = decorrelation(X * unit, np.arange(m) % 2, C=C)
    assert made.stride == stride
    w, b = np.zeros(4), np.float64(0)
    H = hessian_in(made.at(w, b), made.objective, w, b)
    # The identity, but for what a sample of 500 rows is off by.
    assert_allclose(H, np.eye(5), atol=0.3)
    assert H[3, 3] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("n_weighted", [39, 1000])
def test_weights_on_few_rows_are_not_sampled_away(n_weighted, rng):
    X, y = rng.normal(size=(4000, 3)), rng.integers(0, 2, 4000)
    s = np.zeros(4000)
    s[1 : 1 + n_weighted] = 1
    assert decorrelation(X, y).stride == 10
    assert decorrelation(X, y, sample_weight=s).stride == 1
    assert decorrelation(X, y, sample_weight=rng.uniform(1, 2, 4000)).stride == 10


def test_rows_without_weight_do_not_change_the_map(binary):
    """Not by their curvature either, of which the floor is a share."""
    X, y = binary
    X = X + np.array([1000, 0, 0, 0])
    w, b = np.array([0.02, 0, 0, 0]), np.float64(0)  # z is about 20: a (1 - a) about 1e-9
    alone = decorrelation(X, y).at(w, b)
    beside = np.vstack([X, np.zeros((3, 4))]), np.append(y, [0, 1, 0])
    weighted = decorrelation(*beside, sample_weight=np.repeat([1.0, 0.0], [150, 3])).at(w, b)
    assert_allclose(weighted.from_gradient, alone.from_gradient, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_how_rows_are_cut_into_parts_does_not_change_the_map(n_classes, storage, rng):
    """Not even a part that is shorter than the stride, of which no row is in the sample."""
    X, y = storage(rng.normal(size=(2000, 1))), rng.integers(0, n_classes, 2000)
    share, rows = np.full(2000, 1 / 2000), (slice(0, 991), slice(991, 999), slice(999, 2000))
    codes = labels_for_loss(y, n_classes, X.dtype)
    parts = [Part(X[some], codes[some], share[some], some.start) for some in rows]
    whole = Objective.in_memory(X, y, n_classes)
    cut = Objective(InMemory(parts, n_classes, 2000.0, n_jobs=1))
    w, b = rng.normal(size=(*whole.outputs, 1)), np.ones(whole.outputs)
    for left, right in zip(whole.cost_and_gradient(w, b), cut.cost_and_gradient(w, b), strict=True):
        assert_allclose(left, right, rtol=1e-12)
    # Nearly every row is saturated: it matters how large the largest curvature is.
    w, b = 10 * w, 30 * np.arange(1.0, n_classes + 1) if b.ndim else 30 * b
    left, right = (Decorrelation(J, standardized(J)).at(w, b) for J in (whole, cut))
    assert_allclose(left.from_gradient, right.from_gradient, rtol=1e-9)


def test_the_price_grows_with_the_columns_and_decides(sparse_rows):
    y = np.arange(3000) % 2
    prices = [decorrelation(np.ones((3000, n), np.float32), y, C=1.0) for n in (3, 30, 300, 1000)]
    assert all(a.price < b.price for a, b in itertools.pairwise(prices))
    assert [made.first_at for made in prices[:2]] == [0, 0]
    assert 0 < prices[3].first_at < 200
    assert all(SHORTEST <= made.period <= LONGEST for made in prices)
    wide = sparse_rows(3000, 20_000, density=1e-3)
    assert decorrelation(wide, y, C=1.0).first_at == np.inf
    dear = decorrelation(sparse_rows(3000, 2000, density=1e-3), y, C=1.0)
    assert dear.fits_in_memory
    assert dear.first_at == np.inf


def test_at_the_start_one_map_serves_all_classes(rng):
    X, y = rng.normal(size=(3000, 64)), np.arange(3000) % 10
    made = decorrelation(X, y, C=1.0)
    assert made.price > 20
    assert made.first_at == 0
    assert made.at(np.zeros((10, 64)), np.zeros(10)).from_gradient.shape == (65, 65)


def test_a_map_may_take_as_much_memory_as_the_rows(rng, sparse_rows):
    few = decorrelation(sparse_rows(100, 5000, density=0.01), np.arange(100) % 2, C=1.0)
    assert not few.fits_in_memory  # 200 MB, beside 4 MB were the rows dense
    assert few.first_at == np.inf
    many = sparse_rows(6000, 5000, density=1e-4), np.arange(6000) % 2
    assert decorrelation(*many, C=1.0).fits_in_memory


@pytest.mark.parametrize(("n", "n_classes", "shared"), [(4, 3, False), (200, 40, True)])
def test_many_classes_share_a_map(n, n_classes, shared, rng):
    made = decorrelation(rng.normal(size=(3000, n)), np.arange(3000) % n_classes, C=1.0)
    assert made.shared == shared
    assert made.first_at == 0
    w = rng.normal(size=(n_classes, n))
    one = (n + 1, n + 1)
    assert made.at(w, w[:, 0]).from_gradient.shape == (one if shared else (n_classes, *one))


def test_a_shared_map_is_of_every_class_where_they_differ_by_a_factor(rng):
    """Rare and frequent classes, w = 0: a (1 - a) is the same for all rows of a class."""
    X, y = rng.normal(size=(2000, 6)), rng.integers(0, 4, 2000)
    made = decorrelation(X, y, C=1e6)
    w, b = np.zeros((4, 6)), np.log([0.7, 0.2, 0.08, 0.02])
    separate = made.at(w, b)
    made.shared = True
    shared = made.at(w, b)
    point = rng.normal(size=(4, 7))
    for a, c in zip(shared.unpack(point), separate.unpack(point), strict=True):
        assert_allclose(a, c, rtol=1e-4, atol=1e-4)  # the penalty is none of the factor's
    gradient = rng.normal(size=(4, 6)), rng.normal(size=4)
    assert_allclose(shared.pull_back(*gradient), separate.pull_back(*gradient), rtol=1e-4)
    packed = shared.pack(*shared.unpack(point))
    # All but what is the same for all classes comes back.
    assert_allclose(shared.unpack(packed)[0], shared.unpack(point)[0], atol=1e-12)


@pytest.mark.parametrize("C", [0.1, 10.0])
def test_a_shared_map_leads_to_the_same_minimum(C, multiclass, monkeypatch):
    expected = fitted(*multiclass, C=C, tol=1e-9)
    monkeypatch.setattr(decorrelation_room, "HIGH_PRICE_OF_MANY", 0)
    shared = fitted(*multiclass, C=C, tol=1e-9)
    assert not np.array_equal(shared.loss_curve_, expected.loss_curve_)
    assert_allclose(shared.coef_, expected.coef_, atol=1e-6)


def test_more_columns_than_rows_are_decorrelated_if_there_is_a_penalty(rng):
    for n in (20, 30):  # as many are too many beside an intercept
        X, y = rng.normal(size=(20, n)), np.arange(20) % 2
        assert decorrelation(X, y).first_at == np.inf
        assert decorrelation(X, y, C=1.0).first_at == 0


def test_many_rows_of_which_few_are_sampled_are_decorrelated(rng):
    X, y = rng.normal(size=(100_000, 1)), np.arange(100_000) % 2
    assert decorrelation(X, y).first_at == 0


@pytest.mark.parametrize("period", [2, 10, 13])
def test_rows_that_repeat_with_a_period_are_no_worse_than_shuffled_ones(period, rng):
    """Sensors in turn: a sample of every 10th row would see one of them."""
    m = 13_000
    X = rng.normal(size=(m, 4)) @ rng.normal(size=(4, 12))
    X += rng.normal(size=(period, 12))[np.arange(m) % period]
    y = (X[:, 0] - X[:, 1] + rng.logistic(size=m) > 0).astype(int)
    clf = GDLogisticRegression().fit(X, y)
    assert clf.stop_reason_ == "converged"
    assert clf.n_iter_[0] <= 15
