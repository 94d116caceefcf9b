"""Bounds and penalty factors: where fits end, the loop they are, and what else fits have."""

import itertools
import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import Bounds, minimize
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import (
    Checkpoint,
    GDGridSearchCV,
    GDLogisticRegression,
    GDLogisticRegressionCV,
    descend,
)
from sklearn_gdlogreg._course import cost_and_gradient
from sklearn_gdlogreg._descent.learning_rate import RULES

from .conftest import overlapping
from .helpers import first, fitted

EXACT = {"tol": 1e-10, "max_iter": 20_000}
FACTORS = np.array([0.0, 0.3, 1.0, 5.0])
BOX = (np.array([-np.inf, 0.1, -0.2, -0.05]), np.array([0.3, np.inf, 0.2, 0.05]))


def fitted_quietly(X, y, **options):
    """To the last digit that rounding lets be reached."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return GDLogisticRegression(**EXACT | options).fit(X, y)


def by_scipy(X, y, *, C=np.inf, penalty_factors=1.0, bounds=(-np.inf, np.inf), l1_ratio=0.0):
    """coef_ and intercept_ of the same problem by L-BFGS-B; |w| as the sum of its two parts."""
    K, n = len(np.unique(y)), X.shape[1]
    rows = 1 if K == 2 else K
    spread = X.std(axis=0)
    strengths = penalty_factors / (C * len(y)) * np.ones(n)

    def split(p):
        parts = p[: 2 * rows * n].reshape(2, rows, n) / spread
        return parts[0], parts[1], p[2 * rows * n :]

    def function(p):
        up, down, b = split(p)
        w = up - down
        J, dw, db = cost_and_gradient(X - X.mean(axis=0), y, w, b)
        J += (strengths * (l1_ratio * (up + down) + (1 - l1_ratio) / 2 * w**2)).sum()
        dw = dw + strengths * (1 - l1_ratio) * w
        l1 = strengths * l1_ratio
        slopes = np.stack([dw + l1, -dw + l1]) / spread
        return J, np.concatenate([slopes.ravel(), np.ravel(db)])

    low, high = (np.broadcast_to(end, (rows, n)) * spread for end in bounds)
    ends = np.stack([np.maximum(low, 0), np.maximum(-high, 0)])
    tops = np.stack([np.maximum(high, 0), np.maximum(-low, 0)])
    b = np.full(rows, np.inf)
    ends, tops = np.append(ends.ravel(), -b), np.append(tops.ravel(), b)
    options = {"maxiter": 10**5, "maxfun": 10**6, "ftol": 0, "gtol": 1e-12, "maxcor": 30}
    found = minimize(
        function, np.clip(0, ends, tops), jac=True, method="L-BFGS-B",
        bounds=Bounds(ends, tops), options=options,
    )  # fmt: skip
    up, down, b = split(found.x)
    return up - down, b - (up - down) @ X.mean(axis=0)


def assert_optimal(clf, X, y, *, C=np.inf, penalty_factors=1.0, bounds=BOX, l1_ratio=0.0, atol):
    """The optimality conditions, in units of columns of spread 1: no reference is needed."""
    w, b = clf.coef_, clf.intercept_
    _, dw, db = cost_and_gradient(X, y, w, b)
    assert_allclose(db, 0, atol=atol)
    spread, mean = X.std(axis=0), X.mean(axis=0)
    strengths = penalty_factors / (C * len(y))
    dw = dw + strengths * (1 - l1_ratio) * w - np.multiply.outer(np.ravel(db), mean)
    l1 = strengths * l1_ratio * np.ones(w.shape)
    low, high = (np.broadcast_to(end, w.shape) for end in bounds)
    assert ((low <= w) & (w <= high)).all()
    below = np.where(w == low, -np.inf, dw + np.where(w > 0, l1, -l1))
    above = np.where(w == high, np.inf, dw + np.where(w < 0, -l1, l1))
    assert (below / spread <= atol).all()
    assert (above / spread >= -atol).all()


PENALTIES = {
    "none": {},
    "l2": {"C": 0.5},
    "l1": {"C": 0.2, "l1_ratio": 1.0},
    "elastic net": {"C": 0.2, "l1_ratio": 0.4},
    "factors": {"C": 0.5, "penalty_factors": FACTORS},
    "l1 with factors": {"C": 0.2, "l1_ratio": 1.0, "penalty_factors": FACTORS},
    "elastic net with factors": {"C": 0.2, "l1_ratio": 0.4, "penalty_factors": FACTORS},
}


@pytest.mark.parametrize("coordinates", ["standardized", "decorrelated", "auto"])
@pytest.mark.parametrize("bounds", [BOX, None])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_a_fit_ends_where_the_optimality_conditions_hold(
    data, penalty, bounds, coordinates, request
):
    X, y = request.getfixturevalue(data)
    options = PENALTIES[penalty]
    clf = fitted_quietly(X, y, bounds=bounds, coordinates=coordinates, **options)
    no_bounds = (-np.inf, np.inf)
    assert_optimal(clf, X, y, **options | {"bounds": bounds or no_bounds}, atol=1e-8)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_is_that_of_l_bfgs_b(seed, n_classes, penalty):
    rng = np.random.default_rng(seed)
    X, y = overlapping(rng, m=200, n=4, n_classes=n_classes)
    if seed % 2:
        X = (X - X.mean(axis=0)) / X.std(axis=0)
    options = PENALTIES[penalty]
    low = rng.choice([-np.inf, -0.2, 0.0, 0.1], (*[n_classes] * (n_classes > 2), 4))
    high = np.where(np.isinf(low), 0, low) + rng.choice([0.1, 0.5, np.inf], low.shape)
    clf = fitted_quietly(X, y, bounds=(low, high), **options)
    coef, intercept = by_scipy(X, y, bounds=(low, high), **options)
    if n_classes > 2:  # without a penalty the softmax leaves some sums open: z is what counts
        z, z_ours = (X @ w.T + b for w, b in ((coef, intercept), (clf.coef_, clf.intercept_)))
        assert_allclose(*(each - each.mean(axis=1)[:, None] for each in (z_ours, z)), atol=1e-6)
    else:
        assert_allclose(clf.coef_, coef, atol=1e-6)
        assert_allclose(clf.intercept_, intercept, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_optimum_is_that_of_an_interior_method(seed):
    rng = np.random.default_rng(seed)
    X, y = overlapping(rng, m=120, n=3)
    low, high = np.array([0.0, -0.1, -np.inf]), np.array([np.inf, 0.1, 0.2])

    def function(p):
        J, dw, db = cost_and_gradient(X, y, p[:-1], p[-1])
        return J, np.append(dw, db)

    found = minimize(
        function, np.zeros(4), jac=True, method="trust-constr",
        bounds=Bounds(np.append(low, -np.inf), np.append(high, np.inf)),
        options={"gtol": 1e-12, "xtol": 1e-12, "barrier_tol": 1e-12, "maxiter": 5000},
    )  # fmt: skip
    clf = fitted_quietly(X, y, bounds=(low, high))
    # An interior method stays off the bounds by about its last barrier.
    assert_allclose(np.append(clf.coef_, clf.intercept_), found.x, atol=1e-6)


@pytest.mark.parametrize("penalty", ["none", "l2", "l1", "elastic net with factors"])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_a_constant_rate_is_the_loop_of_step_and_clip_to_the_last_digit(data, penalty, request):
    X, y = request.getfixturevalue(data)
    options = PENALTIES[penalty]
    factors = options.get("penalty_factors", np.ones(4))
    strengths = factors * (1 / options.get("C", np.inf) / len(y))
    l1_ratio, alpha = options.get("l1_ratio", 0.0), 0.3
    K = y.max() + 1
    w, b = np.zeros((K, 4) if K > 2 else 4), np.zeros(K) if K > 2 else 0.0
    w = np.clip(w, *BOX)
    steps = first(30, descend(X, y, alpha, bounds=BOX, **options))
    for step in steps:
        assert_array_equal(step.coef, w)
        assert_array_equal(step.intercept, b)
        _, dw, db = cost_and_gradient(X, y, w, b)
        w = w - alpha * (dw + strengths * (1 - l1_ratio) * w)
        w = np.sign(w) * np.maximum(np.abs(w) - alpha * (strengths * l1_ratio), 0)
        w, b = np.clip(w, *BOX), b - alpha * db
    assert (step.coef == np.clip(step.coef, *BOX)).all()
    assert (step.coef == BOX[0]).any()


@pytest.mark.parametrize("rule", [r for r in RULES if r != "lipschitz"])
@pytest.mark.parametrize("coordinates", ["standardized", "decorrelated"])
def test_every_rule_keeps_the_bounds_at_every_step_and_arrives(rule, coordinates, binary):
    X, y = binary
    options = {"coordinates": coordinates, "bounds": BOX, "C": 1.0, "tol": 1e-7}
    clf = fitted_quietly(X, y, learning_rate=rule, store_path=True, **options)
    path = clf.coef_path_
    assert ((BOX[0] <= path) & (path <= BOX[1])).all()
    assert_optimal(clf, X, y, C=1.0, atol=1e-5)


def test_a_rate_below_one_over_L_never_raises_the_cost_between_bounds(binary):
    X, y = binary
    for coordinates in ("raw", "standardized", "decorrelated"):
        steps = descend(X, y, "lipschitz", coordinates=coordinates, bounds=BOX)
        costs = [step.cost for step in itertools.islice(steps, 100)]
        assert (np.diff(costs) <= 1e-14).all()


# ---------------------------------------------------------------------------- what does nothing


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0, 0.4])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_factors_of_one_and_infinite_bounds_change_nothing(data, l1_ratio, request):
    X, y = request.getfixturevalue(data)
    plain = fitted(X, y, l1_ratio=l1_ratio)
    same = fitted(
        X, y, l1_ratio=l1_ratio, penalty_factors=np.ones(4), bounds=(-np.inf, np.full(4, np.inf))
    )
    assert_array_equal(same.coef_, plain.coef_)
    assert_array_equal(same.loss_curve_, plain.loss_curve_)


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0, 0.4])
def test_factors_that_are_all_f_divide_C_by_f(l1_ratio, binary):
    X, y = binary
    ours = fitted(X, y, C=1.0, l1_ratio=l1_ratio, penalty_factors=dict.fromkeys(range(4), 4.0))
    assert_array_equal(ours.coef_, fitted(X, y, C=0.25, l1_ratio=l1_ratio).coef_)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_an_l2_factor_is_another_unit_of_the_feature(data, request):
    """f w^2 is the penalty of a coefficient of sqrt(f) w, that of the feature over sqrt(f)."""
    X, y = request.getfixturevalue(data)
    factors = np.array([0.25, 4.0, 1.0, 9.0])
    ours = fitted_quietly(X, y, C=0.1, penalty_factors=factors)
    theirs = fitted_quietly(X / np.sqrt(factors), y, C=0.1)
    assert_allclose(ours.coef_, theirs.coef_ / np.sqrt(factors), atol=1e-8)


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_a_free_feature_is_fitted_as_if_there_were_no_penalty_on_it(l1_ratio, binary):
    X, y = binary
    options = {"C": 1e-6, "l1_ratio": l1_ratio, "penalty_factors": {1: 0.0}}
    ours = fitted_quietly(X, y, **options)
    alone = fitted_quietly(X[:, [1]], y)
    # The others are all but 0.
    assert_allclose(ours.coef_[0, 1], alone.coef_[0, 0], rtol=1e-3)
    assert np.abs(np.delete(ours.coef_, 1)).max() < 1e-3


def test_bounds_that_the_optimum_is_within_leave_it_where_it_is(binary):
    X, y = binary
    free = fitted_quietly(X, y, C=1.0)
    ours = fitted_quietly(X, y, C=1.0, bounds=(free.coef_ - 0.1, free.coef_ + 0.1))
    assert_allclose(ours.coef_, free.coef_, atol=1e-8)


def test_a_coefficient_of_one_value_leaves_the_others_to_a_fit_without_its_feature(binary):
    X, y = binary
    ours = fitted_quietly(X, y, C=1.0, bounds={2: (0, 0)})
    assert ours.coef_[0, 2] == 0
    assert_allclose(
        np.delete(ours.coef_, 2), fitted_quietly(X[:, [0, 1, 3]], y, C=1.0).coef_[0], atol=1e-8
    )


def test_the_mirrored_problem_has_the_mirrored_solution(binary):
    X, y = binary
    low, high = BOX
    ours = fitted_quietly(X, y, C=1.0, bounds=BOX)
    mirrored = fitted_quietly(X, 1 - y, C=1.0, bounds=(-high, -low))
    assert_allclose(mirrored.coef_, -ours.coef_, atol=1e-8)


# ---------------------------------------------------------------------------- every kind of X


@pytest.mark.parametrize("options", [{"penalty_factors": FACTORS}, {"bounds": BOX}])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_sparse_float32_and_mapped_rows_have_the_same_optimum(data, options, request, tmp_path):
    X, y = request.getfixturevalue(data)
    options = options | {"C": 0.5}
    expected = fitted_quietly(X, y, **options).coef_
    np.save(tmp_path / "X.npy", X)
    for rows in (sparse.csr_array(X), np.load(tmp_path / "X.npy", mmap_mode="r")):
        assert_allclose(fitted_quietly(rows, y, **options).coef_, expected, atol=1e-8)
    single = fitted_quietly(X.astype("f"), y, **options | {"tol": 1e-5})
    assert single.coef_.dtype == np.float32
    assert_allclose(single.coef_, expected, atol=2e-3)
    if "bounds" in options:
        assert ((BOX[0] <= single.coef_) & (single.coef_ <= BOX[1])).all()


@pytest.mark.parametrize("options", [{"penalty_factors": {0: 0.0}}, {"bounds": (0, None)}])
def test_more_columns_than_rows(options, rng):
    X = rng.normal(size=(40, 900))
    y = (X[:, 0] + rng.logistic(size=40) > 0).astype(int)
    clf = fitted_quietly(X, y, C=1.0, tol=1e-7, **options)
    factors, bounds = np.ones(900), (-np.inf, np.inf)
    if "bounds" in options:
        bounds = (0, np.inf)
    else:
        factors[0] = 0
    assert_optimal(clf, X, y, C=1.0, penalty_factors=factors, bounds=bounds, atol=1e-6)


def test_any_number_of_threads_gives_the_same_bits(rng):
    X = rng.normal(size=(60_000, 12))
    y = (X @ rng.normal(size=12) + rng.logistic(size=60_000) > 0).astype(int)
    models = [
        GDLogisticRegression(C=1.0, bounds=(-0.5, 0.5), max_iter=6, tol=0, n_jobs=n).fit(X, y)
        for n in (1, 2)
    ]
    assert_array_equal(models[0].coef_, models[1].coef_)


# ---------------------------------------------------------------------------- the start


def test_the_start_is_the_nearest_to_zero_within_the_bounds(binary):
    clf = GDLogisticRegression(bounds=([1, -3, -1, -np.inf], [2, -2, 1, np.inf]), max_iter=0)
    assert_array_equal(clf.fit(*binary).coef_, [[1, -2, 0, 0]])


def test_a_start_outside_the_bounds_is_refused(binary, multiclass):
    clf = GDLogisticRegression(bounds=(0, 1))
    with pytest.raises(ValueError, match=r"coef_init is outside the bounds: 1.5 for feature 2"):
        clf.fit(*binary, coef_init=[0, 0.5, 1.5, -1])
    with pytest.raises(ValueError, match="for feature 1 and class number 2"):
        clf.fit(*multiclass, coef_init=[[0] * 4, [0] * 4, [0, -1, 0, 0]])
    clf = GDLogisticRegression(max_iter=5, tol=0, warm_start=True).fit(*binary)
    with pytest.raises(ValueError, match=r"coef_ of the earlier fit, .* is outside the"):
        clf.set_params(bounds=(10, 11)).fit(*binary)


def test_a_start_at_a_bound_is_within_it_in_float32_too(binary):
    X, y = binary
    clf = GDLogisticRegression(bounds=(-0.1, 0.1), max_iter=0)
    coef = clf.fit(X.astype("f"), y, coef_init=[0.1, -0.1, 0.1, 0]).coef_
    assert (np.abs(coef.astype(float)) <= 0.1).all()


def test_a_warm_start_between_bounds_is_where_it_was(binary):
    clf = GDLogisticRegression(bounds=BOX, tol=1e-9, warm_start=True).fit(*binary)
    before = clf.coef_
    assert_array_equal(clf.set_params(max_iter=0).fit(*binary).coef_, before)


# ---------------------------------------------------------------------------- what else there is


def test_factors_of_no_penalty_have_no_effect_and_say_so(binary):
    with pytest.warns(UserWarning, match="penalty_factors have no effect, because C=inf"):
        GDLogisticRegression(penalty_factors=FACTORS).fit(*binary)


GRIDS = {
    "side by side": {"learning_rate": [0.05, 0.2], "C": [0.1, 1.0]},
    "one by one": {"coordinates": ["standardized"], "C": [0.1, 1.0]},
}


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_a_search_over_them_is_that_of_scikit_learn(grid, data, request):
    X, y = request.getfixturevalue(data)
    grid = {
        "bounds": [None, (0, None), {1: (-0.1, 0.1)}],
        "penalty_factors": [None, FACTORS, {0: 0}],
        "l1_ratio": [0.0, 0.7],
        **GRIDS[grid],
    }
    estimator = GDLogisticRegression(max_iter=40, tol=0)
    ours, theirs = (
        search(estimator, grid, scoring="neg_log_loss", cv=2, refit=False).fit(X, y)
        for search in (GDGridSearchCV, GridSearchCV)
    )
    scores = (each.cv_results_["mean_test_score"] for each in (ours, theirs))
    assert_allclose(*scores, rtol=1e-10)


def test_side_by_side_they_keep_their_bounds(multiclass):
    grid = {"bounds": [(0, None), (-0.1, [[0.1] * 4, [0.2] * 4, [0.3] * 4])]}
    search = GDGridSearchCV(GDLogisticRegression(0.2, max_iter=200, tol=0), grid, cv=2)
    assert np.isfinite(search.fit(*multiclass).cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("options", [{"bounds": BOX}, {"penalty_factors": FACTORS + 0.1}, {}])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_a_path_over_C_ends_where_fits_of_their_own_do(data, options, l1_ratio, request):
    X, y = request.getfixturevalue(data)
    Cs = [0.01, 0.1, 1.0]
    clf = GDLogisticRegression(tol=1e-9, l1_ratio=l1_ratio, max_iter=5000, **options)
    search = GDGridSearchCV(clf, {"C": Cs}, scoring="neg_log_loss", cv=2, refit=False).fit(X, y)
    alone = GridSearchCV(clf, {"C": Cs}, scoring="neg_log_loss", cv=2, refit=False).fit(X, y)
    scores = (each.cv_results_["mean_test_score"] for each in (search, alone))
    assert_allclose(*scores, rtol=1e-6)
    chosen = GDLogisticRegressionCV(
        Cs=Cs, l1_ratios=[l1_ratio], cv=2, tol=1e-9, max_iter=5000, **options
    ).fit(X, y)
    expected = clone(clf).set_params(C=chosen.C_).fit(X, y)
    assert_allclose(chosen.coef_, expected.coef_, atol=1e-6)
    if "bounds" in options:
        for coef in (chosen.coef_, chosen.coefs_paths_[..., :-1]):
            assert ((BOX[0] <= coef) & (coef <= BOX[1])).all()


def test_a_fit_that_was_killed_goes_on_with_them_and_with_no_others(binary, tmp_path):
    path = tmp_path / "fit.npz"
    clf = GDLogisticRegression(C=1.0, bounds=BOX, penalty_factors=FACTORS, max_iter=12, tol=0)
    whole = clone(clf).set_params(max_iter=20).fit(*binary)
    clf.set_callbacks(Checkpoint(path, every=6)).fit(*binary)
    resumed = clone(clf).set_params(max_iter=20).fit(*binary, resume_from=path)
    assert_array_equal(resumed.coef_, whole.coef_)
    assert_array_equal(resumed.loss_curve_, whole.loss_curve_)
    others = [{"bounds": (0, None)}, {"bounds": None}, {"penalty_factors": 2 * FACTORS}]
    for other in others:
        with pytest.raises(ValueError, match=f"parameters: {next(iter(other))} was"):
            clone(clf).set_params(**other).fit(*binary, resume_from=path)


def test_early_stopping_stops_between_bounds(binary):
    clf = fitted(*binary, bounds=BOX, early_stopping=True, random_state=0, learning_rate=0.1)
    assert ((BOX[0] <= clf.coef_) & (clf.coef_ <= BOX[1])).all()


def test_to_sklearn_carries_the_model_over_and_says_what_it_cannot(binary):
    X, y = binary
    clf = fitted(X, y, bounds=BOX, penalty_factors=FACTORS)
    with pytest.warns(UserWarning, match="no penalty_factors and no bounds: the model predicts"):
        model = clf.to_sklearn()
    assert_allclose(model.predict_proba(X), clf.predict_proba(X), rtol=1e-12)


def test_it_is_cloned_and_pickled(binary):
    clf = clone(GDLogisticRegression(C=1.0, bounds=BOX, penalty_factors={1: 0.5})).fit(*binary)
    assert_array_equal(pickle.loads(pickle.dumps(clf)).coef_, clf.coef_)


def test_in_a_pipeline_bounds_are_on_what_reaches_the_estimator():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    scaler = StandardScaler().set_output(transform="pandas")
    clf = make_pipeline(scaler, GDLogisticRegression(C=1.0, bounds={"mean radius": (0, None)}))
    clf.fit(X, y)
    assert clf[-1].coef_[0, 0] == 0


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("features", [6, 250])
def test_with_l1_many_columns_or_classes_end_where_few_do(n_classes, features, rng):
    X = rng.normal(size=(120, features))
    y = np.argmax(X[:, :n_classes] + rng.gumbel(size=(120, n_classes)), axis=1)
    options = {
        "C": 0.5,
        "l1_ratio": 0.8,
        "penalty_factors": {0: 0.5, 3: 2.0},
        "bounds": {1: (0, 0.2), 2: (None, 0.0)},
        "tol": 1e-8,
        "max_iter": 20_000,
    }
    auto = GDLogisticRegression(**options).fit(X, y)
    plain = GDLogisticRegression(coordinates="standardized", **options).fit(X, y)
    assert_allclose(auto.coef_, plain.coef_, atol=1e-5)
    assert 0 <= auto.coef_[:, 1].min() <= auto.coef_[:, 1].max() <= 0.2
