"""The course's functions, and its algorithm: loops, NumPy, this package and scikit-learn's MLP."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from sklearn_gdlogreg import (
    GDLogisticRegression,
    _course,
    check_gradient,
    cost_and_gradient,
    descend,
)
from sklearn_gdlogreg._objective.penalty import ElasticNet

from .helpers import first

# Every iterate is compared to this: the roundings of at most a hundred steps.
RTOL = 1e-12


def looped(X, y, learning_rate, n_iter):
    """The m-example loop of "Logistic Regression on m examples", with its loop over features."""
    m, n_x = len(X), len(X[0])
    w, b = [0.0] * n_x, 0.0
    yield w, b
    for _ in range(n_iter):
        dw, db = [0.0] * n_x, 0.0
        for i in range(m):
            z = b
            for j in range(n_x):
                z += w[j] * X[i][j]
            a = 1 / (1 + np.exp(-z))
            dz = a - y[i]
            for j in range(n_x):
                dw[j] += X[i][j] * dz
            db += dz
        for j in range(n_x):
            dw[j] /= m
        db /= m
        w = [w[j] - learning_rate * dw[j] for j in range(n_x)]
        b = b - learning_rate * db
        yield w, b


def vectorized(X, y, learning_rate, n_iter):
    """The course's vectorized form, with examples as columns as it has them."""
    X, Y = X.T, y[None, :]
    m = X.shape[1]
    w, b = np.zeros((X.shape[0], 1)), 0.0
    yield w[:, 0], b
    for _ in range(n_iter):
        A = 1 / (1 + np.exp(-(w.T @ X + b)))
        dZ = A - Y
        dw = X @ dZ.T / m
        db = np.sum(dZ) / m
        w = w - learning_rate * dw
        b = b - learning_rate * db
        yield w[:, 0], b


def perceptron(X, y, learning_rate, n_iter):
    """scikit-learn's network without a hidden layer: its full-batch SGD is the same descent."""
    network = MLPClassifier(
        hidden_layer_sizes=(),
        solver="sgd",
        batch_size=len(X),
        momentum=0,
        nesterovs_momentum=False,
        alpha=0,
        learning_rate_init=learning_rate,
        shuffle=False,
        max_iter=1,
        warm_start=True,
        tol=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(X, y)
        network.coefs_ = [np.zeros_like(network.coefs_[0])]
        network.intercepts_ = [np.zeros_like(network.intercepts_[0])]
        yield network.coefs_[0][:, 0].copy(), network.intercepts_[0][0]
        for _ in range(n_iter):
            network.fit(X, y)
            yield network.coefs_[0][:, 0].copy(), network.intercepts_[0][0]


def estimated(X, y, learning_rate, n_iter):
    """GDLogisticRegression, stopped after each number of iterations."""
    for max_iter in range(n_iter + 1):
        clf = GDLogisticRegression(learning_rate, max_iter=max_iter, tol=0).fit(X, y)
        yield clf.coef_[0], clf.intercept_[0]


@pytest.mark.parametrize("form", [looped, vectorized, perceptron, estimated])
def test_every_form_of_the_algorithm_makes_the_same_iterates(form, binary):
    X, y = binary
    reached = 0
    for step, (w, b) in zip(descend(X, y, 0.1), form(X, y, 0.1, 40), strict=False):
        assert_allclose(step.coef, w, rtol=RTOL, atol=1e-15)
        assert_allclose(step.intercept, b, rtol=RTOL, atol=1e-15)
        reached = step.t
    assert reached == 40


def test_the_courses_hundred_steps():
    X, y = np.array([[1.0, 3.0], [2.0, 4.0]]), [1, 0]
    clf = GDLogisticRegression(0.009, max_iter=100, tol=0)
    clf.fit(X, y, coef_init=[[1.0, 2.0]], intercept_init=[2.0])
    assert np.array2string(clf.coef_, precision=8) == "[[0.1124579  0.23106775]]"
    assert f"{clf.intercept_[0]:.11f}" == "1.55930492484"
    # The gradient that the course prints is the one that the last update was made with.
    clf.set_params(max_iter=99).fit(X, y, coef_init=[[1.0, 2.0]], intercept_init=[2.0])
    _, dw, db = cost_and_gradient(X, y, clf.coef_[0], clf.intercept_[0])
    assert np.array2string(dw, precision=8) == "[0.90158428 1.76250842]"
    assert f"{db:.12f}" == "0.430462071679"
    assert f"{clf.loss_curve_[0]:.11f}" == "6.00006477319"


# ---------------------------------------------------------------------------- cost_and_gradient


def test_the_courses_figures():
    J, dw, db = cost_and_gradient(
        X=np.array([[1.0, 2.0], [3.0, 4.0]]).T, y=[1, 0], coef=[1.0, 2.0], intercept=2.0
    )
    assert f"{J:.11f}" == "6.00006477319"
    assert np.array2string(dw, precision=8) == "[0.99993216 1.99980262]"
    assert f"{db:.12f}" == "0.499935230625"
    assert isinstance(J, float)
    assert isinstance(db, float)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_a_weight_in_cost_and_gradient_is_as_many_rows(data, weights, rng, request):
    X, y = request.getfixturevalue(data)
    times = weights.astype(int)
    coef, intercept = (
        (rng.normal(size=(3, 4)), rng.normal(size=3)) if y.max() > 1 else ([1.0] * 4, 0.5)
    )
    weighted = cost_and_gradient(X, y, coef, intercept, sample_weight=weights)
    repeated = cost_and_gradient(np.repeat(X, times, axis=0), np.repeat(y, times), coef, intercept)
    for left, right in zip(weighted, repeated, strict=True):
        assert_allclose(left, right, rtol=1e-13, atol=1e-15)


def test_cost_and_gradient_takes_a_fitted_models_coefficients(multiclass, rng):
    X, y = multiclass
    coef, intercept = rng.normal(size=(3, 4)), rng.normal(size=3)
    _, dw, db = cost_and_gradient(X, y, coef, intercept)
    assert dw.shape == coef.shape
    assert db.shape == intercept.shape
    _, dw, db = cost_and_gradient(X, y == 0, coef[:1], intercept[:1])
    assert dw.shape == (1, 4)
    assert db.shape == (1,)


def test_cost_and_gradient_of_some_classes_uses_the_softmax_over_all(multiclass, rng):
    X, y = multiclass
    coef, intercept = rng.normal(size=(3, 4)), rng.normal(size=3)
    part = y < 2
    J, _, db = cost_and_gradient(X[part], y[part], coef, intercept)
    z = X[part] @ coef.T + intercept
    expected = np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), y[part]])
    assert pytest.approx(expected, rel=1e-12) == J
    assert db.shape == (3,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [-1, 1]}, r"labels 0 and 1; got \[-1, 1\]"),
        ({"y": ["a", "b"]}, r"labels 0 and 1"),
        ({"y": [0.5, 1]}, r"labels 0 and 1"),
        ({"y": [1, 2]}, r"labels 0 and 1; got \[1, 2\]"),
        ({"y": np.array([0, 2**63], np.uint64)}, r"labels 0 and 1; got"),
        ({"y": [[0, 1]]}, r"pass X.T, and y with one dimension"),
        ({"X": np.ones((3, 2))}, r"Examples are rows here, columns in the course"),
        ({"coef": None}, r"coef must be finite|coef must be an array"),
        ({"coef": [1e308, 1e308], "X": [[1e200, 1], [1, 2]]}, r"cost is not finite"),
        ({"coef": [1.0, 2.0, 3.0]}, r"coef must have the shape \(2,\) or \(1, 2\)"),
        ({"intercept": [1.0, 2.0]}, r"intercept must have the shape"),
        ({"coef": [1.0, np.nan]}, r"coef must be finite"),
        ({"coef": ["a", "b"]}, r"coef must be an array of numbers"),
        ({"X": [[1.0, np.nan], [0, 1]]}, r"NaN"),
        ({"y": [0, 1, 1]}, r"inconsistent numbers of samples"),
        ({"sample_weight": [1.0, -1.0]}, r"[Nn]egative"),
        ({"sample_weight": [0.0, 0.0]}, r"[Zz]ero"),
        ({"sample_weight": [1.0]}, r"sample_weight"),
    ],
)
def test_bad_input_is_named(change, message):
    good = {"X": [[1.0, 2.0], [3.0, 4.0]], "y": [0, 1], "coef": [1.0, 2.0], "intercept": 0.0}
    with pytest.raises(ValueError, match=message):
        cost_and_gradient(**good | change)


# ---------------------------------------------------------------------------- descend


def test_descend_starts_where_it_is_told(binary):
    middle = first(6, descend(*binary, 0.1))[5]
    resumed = descend(*binary, 0.1, coef_init=middle.coef, intercept_init=middle.intercept)
    straight = first(11, descend(*binary, 0.1))[10]
    assert_array_equal(first(6, resumed)[5].coef, straight.coef)


@pytest.mark.parametrize(
    "options",
    [
        {"C": 0.1, "l1_ratio": 0.5},
        {"C": 0.1, "l1_ratio": 1.0, "learning_rate": "adaptive"},
        {"C": 0.5, "fit_intercept": False, "learning_rate": "auto"},
        {"coordinates": "standardized", "n_jobs": 2},
    ],
)
def test_the_estimator_is_at_every_step_where_descend_is(options, binary, weights):
    X, y = binary
    for step in first(4, descend(X, y, **{"learning_rate": 0.1} | options, sample_weight=weights)):
        clf = GDLogisticRegression(**{"learning_rate": 0.1} | options, max_iter=step.t, tol=0)
        clf.fit(X, y, sample_weight=weights)
        assert_array_equal(clf.coef_, [step.coef])
        assert_array_equal(clf.intercept_, [step.intercept])


def test_a_generator_leaves_its_callers_floating_point_state_alone(binary):
    before = np.geterr()
    for step in descend(*binary, 0.1):
        assert np.geterr() == before
        if step.t == 3:
            break


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0.0}, "'learning_rate' parameter"),
        ({"learning_rate": "fast"}, "'learning_rate' parameter"),
        ({"learning_rate": np.nan}, "'learning_rate' parameter"),
        ({"C": 0.0}, "'C' parameter"),
        ({"l1_ratio": 1.5}, "'l1_ratio' parameter"),
        ({"coordinates": "polar"}, "'coordinates' parameter"),
        ({"C": 10**400}, "C is too large for a float"),
        ({"learning_rate": 10**400}, "learning_rate is too large for a float"),
        ({"coef_init": [1.0]}, r"coef_init must have the shape \(4,\)"),
        (
            {"intercept_init": 1.0, "fit_intercept": False},
            "fit_intercept=False keeps the intercept at 0",
        ),
        ({"coef_init": [1e308] * 4}, "cost at the start is not finite"),
        ({"coef_init": [1e200] * 4, "C": 1.0}, "cost at the start is not finite"),
    ],
)
def test_bad_input_is_refused_at_the_call(options, message, binary):
    with pytest.raises(ValueError, match=message):
        descend(*binary, **options)


def test_all_classes_must_be_there():
    X = np.arange(6.0)[:, None]
    with pytest.raises(ValueError, match=r"labels 0 and 1; got \[0, 2\]"):
        descend(X, [0, 2, 0, 2, 0, 2])
    assert next(descend(X, [0, 2, 0, 2, 0, 1])).coef.shape == (3, 1)
    assert next(descend(X, np.array([0, 1, 0, 1, 0, 1], dtype=object))).coef.shape == (1,)


def test_the_courses_layout_is_recognized():
    with pytest.raises(ValueError, match=r"shape \(2, 6\) and y \(1, 6\).*pass X.T"):
        descend(np.ones((2, 6)), [[0, 1, 0, 1, 0, 1]])


# ---------------------------------------------------------------------------- check_gradient


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_formulas_pass(data, weighted, request, weights, rng):
    X, y = request.getfixturevalue(data)
    K = len(np.unique(y))
    shape = (4,) if K == 2 else (K, 4)
    coef, intercept = rng.normal(size=shape), rng.normal(size=shape[:-1])
    check = check_gradient(X, y, coef, intercept, sample_weight=weights if weighted else None)
    assert check.difference < 1e-7
    assert len(check.table) == coef.size + max(1, intercept.size)
    assert check.table[0][0] == ("coef[0]" if K == 2 else "coef[0, 0]")
    assert check.table[-1][0] == ("intercept" if K == 2 else "intercept[2]")
    assert str(check).count("\n") == len(check.table) + 1  # and the verdict
    assert check.verdict == f"Right: all {len(check.table)} derivatives are those of finite " + (
        "differences."
    )


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("nudge", [None, 1e-5, 0.1])
def test_the_difference_is_relative_to_both_or_to_the_error_of_differences(
    sign, nudge, binary, rng, monkeypatch
):
    errors = []
    differences = _course._finite_differences

    def watched(*args):
        nudged, error = differences(*args)
        errors.append(error)
        return nudged, error

    monkeypatch.setattr(_course, "_finite_differences", watched)
    X, y = binary
    X = sign * np.column_stack([X, np.full(150, 1e-9)])
    check = check_gradient(X, y, sign * rng.normal(size=5), -0.5, nudge=nudge)
    formula, nudged, difference = np.array([row[1:] for row in check.table]).T
    size = np.maximum(abs(formula) + abs(nudged), 1e7 * errors[0])
    assert_allclose(difference, abs(formula - nudged) / size, rtol=1e-12)
    assert check.difference == difference.max() < 1e-7


def test_a_derivative_near_zero_is_right(binary):
    X, y = binary
    check = check_gradient(np.column_stack([X, np.full(150, 1e-9)]), y, np.ones(5), 0.5)
    assert check.difference < 1e-7


def test_integers_are_numbers(binary):
    for coef, intercept in (([1, -2, 0, 3], 0.5), ([1.0, -2.0, 0.0, 3.0], 1)):
        assert check_gradient(*binary, coef, intercept).difference < 1e-7


def test_lists_and_float32_are_checked_in_float64(binary):
    X, y = binary
    assert check_gradient(X.tolist(), y.tolist(), [1.0] * 4, 0.5).difference < 1e-7
    assert check_gradient(X.astype(np.float32), y, np.ones(4), 0.5).difference < 1e-7


@pytest.mark.parametrize("sign", [1, -1])
def test_a_large_coefficient_is_nudged_by_more(sign, binary):
    X, y = binary
    check = check_gradient(X * 1e-6, y, np.full(4, sign * 1e6), 0.0)
    _, formula, nudged, _ = zip(*check.table[:4], strict=True)
    assert_allclose(nudged, formula, rtol=1e-8)


def test_a_gradient_of_zeros_is_right():
    check = check_gradient(np.zeros((2, 1)), [0, 1], [0.0], 0.0)
    assert check.difference == 0


def test_the_tables_columns_stand_below_each_other(binary):
    check = check_gradient(*binary, np.ones(4), 0.0)
    *table, verdict = str(check).splitlines()
    assert len({len(line) for line in table}) == 1
    assert verdict == check.verdict


def test_a_wrong_formula_fails(binary, monkeypatch):
    right = _course.cost_and_gradient

    def wrong(*args):
        J, dw, db = right(*args)
        return J, dw * 1.001, db

    monkeypatch.setattr(_course, "cost_and_gradient", wrong)
    check = check_gradient(*binary, np.ones(4), 0.5)
    assert 4e-4 < check.difference < 6e-4
    assert check.table[-1][3] < 1e-7  # the intercept's is right


def test_given_arrays_are_not_moved(binary):
    coef, intercept = np.ones((1, 4)), np.zeros(1)
    check_gradient(*binary, coef, intercept)
    assert (coef == 1).all()
    assert (intercept == 0).all()


@pytest.mark.parametrize("nudge", [0, -1e-5, np.inf, "small", True])
def test_the_nudge_must_be_a_positive_number(nudge, binary):
    with pytest.raises(ValueError, match="nudge must be a positive, finite number"):
        check_gradient(*binary, np.ones(4), 0.0, nudge=nudge)


def random_examples(rng, m, n):
    return rng.random((m, n)), rng.integers(0, 2, m)


def at_the_end_of_a_fit(max_iter=100, **penalty):
    X, y = load_breast_cancer(return_X_y=True)
    clf = GDLogisticRegression(tol=0, max_iter=max_iter, **penalty).fit(X, y)
    return {"X": X, "y": y, "coef": clf.coef_, "intercept": clf.intercept_, **penalty}


def at_random(rng, m, n, far=0.0, size=0.0):
    w = size * rng.normal(size=n)
    X, y = random_examples(rng, m, n)
    return {"X": X + far, "y": y, "coef": w, "intercept": -far * w.sum()}


PLACES = {
    "raw columns, after a fit": lambda rng: at_the_end_of_a_fit(max_iter=30),
    "raw columns, with a penalty": lambda rng: at_the_end_of_a_fit(30, C=1.0, l1_ratio=0.5),
    "more columns than rows, at 0": lambda rng: at_random(rng, 209, 500),
    "images, at 0": lambda rng: at_random(rng, 209, 12_288),
    "images, elsewhere": lambda rng: at_random(rng, 209, 12_288, size=1.0),
    "columns far from 0": lambda rng: at_random(rng, 100, 3, far=1e6, size=1.0),
    "saturated": lambda rng: at_random(rng, 100, 3, size=300.0),
}


@pytest.mark.parametrize("place", PLACES)
def test_right_formulas_are_right_wherever_they_are_checked(place, rng):
    check = check_gradient(**PLACES[place](rng))
    assert check.passed
    assert check.difference < 1e-7
    assert check.verdict.startswith("Right: ")


@pytest.mark.parametrize("C", [1.0, 100.0])
def test_at_an_optimum_nothing_is_told(C):
    check = check_gradient(**at_the_end_of_a_fit(300, C=C))
    assert check.passed
    assert check.verdict.startswith("Nothing can be told here: all 31 derivatives are 0 within")


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("C", [np.inf, 1.0])
def test_the_units_of_columns_and_the_strength_of_a_penalty_do_not_matter(start, C, rng):
    X = rng.normal(size=(100, 9))
    y = rng.integers(0, 2, 100)
    units = 10.0 ** np.arange(-8, 9, 2)
    check = check_gradient(X * units, y, start * rng.normal(size=9) / units, 0.5, C=C)
    assert check.verdict == "Right: all 10 derivatives are those of finite differences."


@pytest.mark.parametrize("kind", ["csr_array", "csc_array", "csr_matrix", "float32"])
@pytest.mark.parametrize("K", [2, 4])
def test_every_storage_weights_and_any_number_of_classes(kind, K, rng):
    X = rng.normal(size=(80, 5)) * (rng.random((80, 5)) < 0.4)
    X = X.astype(np.float32) if kind == "float32" else getattr(sparse, kind)(X)
    y, s = rng.integers(0, K, 80), rng.integers(0, 3, 80)
    w = rng.normal(size=(1 if K == 2 else K, 5))
    check = check_gradient(X, y, w, w[:, 0], sample_weight=s, C=0.1, l1_ratio=0.5)
    assert check.verdict.startswith(f"Right: all {6 * len(w)} derivatives are those")


def times(factor):
    return lambda J, dw, db: (J, factor * dw, factor * db)


def one_of(change):
    def wrong(J, dw, db):
        dw = dw.copy()
        dw.ravel()[2] = change(dw.ravel()[2])
        return J, dw, db

    return wrong


WRONG = {
    "the sign": times(-1),
    "a factor 2": times(2),
    "no 1/m": times(150),
    "no db": lambda J, dw, db: (J, dw, 0 * db),
    "no dw": lambda J, dw, db: (J, 0 * dw, db),
    "the sign of one": one_of(lambda derivative: -derivative),
    "a millionth of one": one_of(lambda derivative: derivative * (1 + 1e-6)),
    "a neighbour's": lambda J, dw, db: (J, np.roll(dw, 1, axis=-1), db),
    "not a number": one_of(lambda derivative: derivative * np.inf),
}


@pytest.mark.parametrize("units", [1.0, 10.0 ** np.array([-8, 8, -3, 5])])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("mistake", WRONG)
def test_each_mistake_in_the_formulas_is_found(mistake, data, units, request, monkeypatch):
    X, y = request.getfixturevalue(data)
    right = _course.cost_and_gradient
    monkeypatch.setattr(_course, "cost_and_gradient", lambda *args: WRONG[mistake](*right(*args)))
    coef = np.zeros((1 if data == "binary" else 3, 4))
    if mistake == "not a number":
        with pytest.raises(ValueError, match="not finite"):
            check_gradient(X * units, y, coef, coef[:, 0])
        return
    check = check_gradient(X * units, y, coef, coef[:, 0])
    assert not check.passed
    assert check.difference > 1e-7
    assert check.verdict.startswith("Wrong: ")
    worst = max(check.table, key=lambda row: row[3])[0]
    assert check.verdict.endswith(f" differ by more than finite differences err, {worst} the most.")


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("forgotten", ["gradient", "value"])
def test_a_forgotten_term_of_the_penalty_is_found(forgotten, l1_ratio, binary, monkeypatch):
    options = {"C": 1.0, "l1_ratio": l1_ratio}
    coef = [1.0, -0.5, 0.0, 2.0]
    assert check_gradient(*binary, coef, 0.5, **options).passed
    if forgotten == "value":
        monkeypatch.setattr(ElasticNet, "value", lambda self, w: 0.0)
    elif l1_ratio == 1:
        return  # it has no smooth part
    else:
        monkeypatch.setattr(ElasticNet, "gradient", lambda self, w: 0 * w)
    check = check_gradient(*binary, coef, 0.5, **options)
    assert [row[0] for row in check.table if row[3] > 1e-7] == ["coef[0]", "coef[1]", "coef[3]"]
    assert check.verdict.startswith("Wrong: 3 of 5 derivatives differ")


def test_of_a_coefficient_of_0_the_l1_penalty_has_no_derivative(binary):
    with_l1 = check_gradient(*binary, np.zeros(4), 0.5, C=0.01, l1_ratio=1.0)
    without = check_gradient(*binary, np.zeros(4), 0.5)
    assert with_l1.table == without.table
    assert with_l1.passed


def test_a_tiny_coefficient_is_not_nudged_over_the_edge_of_l1(binary):
    check = check_gradient(*binary, [1e-300, -1e-12, 0, 1], 0.5, C=0.01, l1_ratio=1.0, nudge=1e-3)
    assert check.passed
    derivative = {row[0]: row[2] for row in check.table}
    smooth = {row[0]: row[2] for row in check_gradient(*binary, [0, 0, 0, 1.0], 0.5).table}
    strength = 1 / 0.01 / 150
    assert derivative["coef[0]"] == pytest.approx(smooth["coef[0]"] + strength, abs=1e-4)
    assert derivative["coef[1]"] == pytest.approx(smooth["coef[1]"] - strength, abs=1e-4)


def test_of_many_coefficients_some_are_chosen_at_random(rng):
    X, y = random_examples(rng, 20, 300)
    options = {"coef": np.zeros(300), "intercept": 0.0, "max_coefficients": 30}
    checks = [check_gradient(X, y, **options, random_state=seed) for seed in (0, 0, 1)]
    names = [[row[0] for row in check.table] for check in checks]
    assert names[0] == names[1] != names[2]
    assert all(len(set(each)) == 31 and each[-1] == "intercept" for each in names)
    assert checks[0].verdict == (
        "Right: the 31 of 301 derivatives that were chosen at random are those of finite "
        "differences."
    )
    assert len(check_gradient(X, y, np.zeros(300), 0.0).table) == 301
    of_all = check_gradient(X, y, **options | {"max_coefficients": None})
    by_name = {row[0]: row for row in of_all.table}
    assert len(by_name) == 301
    for row in checks[0].table:
        assert_allclose(row[1:3], by_name[row[0]][1:3], rtol=1e-12)


def test_intercepts_are_nudged_whatever_is_chosen(rng):
    X, y = random_examples(rng, 30, 8)
    y[:3] = 0, 1, 2
    check = check_gradient(X, y, np.zeros((3, 8)), np.zeros(3), max_coefficients=1)
    assert [row[0] for row in check.table[1:]] == ["intercept[0]", "intercept[1]", "intercept[2]"]


def test_a_long_table_is_printed_in_part(rng):
    X, y = random_examples(rng, 20, 100)
    check = check_gradient(X, y, np.zeros(100), 0.0)
    lines = str(check).splitlines()
    assert len(lines) == 13
    assert lines[-2:] == ["... and 91 that differ no more.", check.verdict]
    shown = {line.split()[0] for line in lines[1:-2]}
    assert shown == {row[0] for row in sorted(check.table, key=lambda row: -row[3])[:10]}


def test_small_and_large_derivatives_show_their_digits(binary):
    X, y = binary
    check = check_gradient(X * [1e-8, 1e8, 1, 1], y, np.zeros(4), 0.0)
    cells = [line.split()[1] for line in str(check).splitlines()[1:-1]]
    assert ["e" in cell for cell in cells] == [True, True, False, False, False]
    assert_allclose(np.array(cells, float), [row[1] for row in check.table], rtol=1e-5)


def test_a_check_is_a_short_word_and_still_a_pair(binary):
    check = check_gradient(*binary, np.ones(4), 0.5)
    difference, table = check
    assert (difference, table) == (check.difference, check.table) == tuple(check)
    assert repr(check) == (
        f"GradientCheck(difference={difference:.1e}, verdict='Right: all 5 derivatives are those "
        "of finite differences.')"
    )
    copied = pickle.loads(pickle.dumps(check))
    assert (copied, copied.verdict) == (check, check.verdict)


def test_a_nudge_that_leads_nowhere_is_refused(binary):
    with pytest.raises(ValueError, match=r"nudge=1e\+308 is too large for the scale of X"):
        check_gradient(*binary, np.ones(4), 0.0, nudge=1e308)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"C": 0}, "'C' parameter"),
        ({"C": 10**400}, "C is too large for a float"),
        ({"l1_ratio": 2}, "'l1_ratio' parameter"),
        ({"max_coefficients": 0}, "'max_coefficients' parameter"),
        ({"random_state": "x"}, "'random_state' parameter"),
    ],
)
def test_bad_options_of_the_check_are_named(options, message, binary):
    with pytest.raises(ValueError, match=message):
        check_gradient(*binary, np.ones(4), 0.0, **options)


def test_a_column_of_coefficients_is_told_to_be_a_row_here(binary):
    for function in (cost_and_gradient, check_gradient):
        with pytest.raises(ValueError, match=r"shape \(4, 1\), a column.*pass coef.ravel\(\)"):
            function(*binary, np.zeros((4, 1)), 0.0)


def test_a_step_prints_in_a_line_or_two(rng):
    X, y = rng.normal(size=(40, 3000)), rng.integers(0, 2, 40)
    for rows in (X[:, :2], X):
        printed = repr(next(descend(rows, y, 0.1)))
        assert printed.startswith("Step(t=0, cost=0.693147, learning_rate=nan, coef=[0.")
        assert len(printed) < 200
