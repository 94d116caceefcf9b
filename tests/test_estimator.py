"""GDLogisticRegression as an estimator: what it takes, what it keeps, what it refuses."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression

from sklearn_gdlogreg import GDLogisticRegression, descend
from sklearn_gdlogreg._descent.learning_rate import RULES


def fitted(X, y, *args, **options):
    return GDLogisticRegression(*args, **{"C": 1.0} | options).fit(X, y)


# --- what a fit leaves behind


@pytest.mark.parametrize("rule", [0.1, *RULES])
def test_curves_have_a_value_for_every_iteration(rule, multiclass):
    clf = fitted(*multiclass, rule, max_iter=7, tol=0)
    assert_array_equal(clf.n_iter_, [7])
    assert clf.n_iter_.dtype.kind == "i"
    assert clf.loss_curve_.shape == clf.gradient_norms_.shape == (8,)
    assert clf.learning_rates_.shape == (7,)
    assert clf.loss_curve_[0] == pytest.approx(np.log(3), rel=1e-14)
    for curve in (clf.loss_curve_, clf.gradient_norms_, clf.learning_rates_):
        assert (curve > 0).all()
    assert clf.stop_reason_ == "max_iter"


def test_the_estimator_consumes_the_same_descent(multiclass):
    X, y = multiclass
    clf = fitted(X, y, "auto", max_iter=12, tol=0)
    for step in descend(X, y, "auto", C=1.0):
        assert clf.loss_curve_[step.t] == step.cost
        if step.t == 12:
            break
    assert_array_equal(clf.coef_, step.coef)
    assert_array_equal(clf.intercept_, step.intercept)
    assert clf.learning_rates_[-1] == step.learning_rate


def test_shapes_are_logistic_regressions(binary, multiclass):
    for X, y in (binary, multiclass):
        ours, theirs = fitted(X, y), LogisticRegression().fit(X, y)
        for name in ("coef_", "intercept_", "classes_", "n_iter_"):
            assert getattr(ours, name).shape == getattr(theirs, name).shape


def test_tol_bounds_the_largest_entry_of_the_gradient(binary):
    X, y = binary
    clf = fitted(X, y, "backtracking", tol=1e-3)
    assert clf.stop_reason_ == "converged"
    assert clf.coordinates_ == "raw"
    error = clf.predict_proba(X)[:, 1] - y
    gradient = error @ X / len(X) + clf.coef_[0] / len(X)  # C = 1
    largest = max(np.abs(gradient).max(), abs(error.mean()))
    assert clf.gradient_norms_[-1] == pytest.approx(largest, rel=1e-10)
    assert clf.gradient_norms_[-1] <= 1e-3 < clf.gradient_norms_[-2]


def test_tol_zero_runs_max_iter_iterations_even_at_the_minimum(binary):
    X, y = binary
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf = fitted(X * 0, np.arange(len(y)) % 2, tol=0, max_iter=5, fit_intercept=False)
    assert_array_equal(clf.gradient_norms_, np.zeros(6))
    assert clf.n_iter_[0] == 5


def test_max_iter_zero_leaves_the_start(multiclass, rng):
    X, y = multiclass
    coef, intercept = rng.normal(size=(3, 4)), rng.normal(size=3)
    clf = GDLogisticRegression(max_iter=0, coordinates="raw")
    clf.fit(X, y, coef_init=coef, intercept_init=intercept)
    assert_array_equal(clf.coef_, coef)
    assert_array_equal(clf.intercept_, intercept)
    assert clf.loss_curve_.shape == (1,)
    assert clf.learning_rates_.shape == (0,)


def test_coordinates_follow_the_learning_rate_unless_chosen(binary):
    chosen = {
        rule: fitted(*binary, rule, max_iter=1, tol=0).coordinates_
        for rule in (0.1, "lipschitz", "barzilai-borwein", "auto")
    }
    assert set(chosen.values()) - {chosen["auto"]} == {"raw"}
    assert chosen["auto"] == "decorrelated"
    # An L1 penalty needs the features apart, fewer rows than columns decorrelate nothing, and
    # with many columns a map costs more than a standardized descent.
    assert fitted(*binary, l1_ratio=0.5).coordinates_ == "standardized"
    y = np.arange(40) % 2
    for n, C in [(60, np.inf), (2000, 1.0)]:
        X = np.random.default_rng(0).normal(size=(40, n))
        assert fitted(X, y, C=C, max_iter=3, tol=0).coordinates_ == "standardized"
    assert fitted(*binary, "auto", coordinates="raw").coordinates_ == "raw"
    assert fitted(*binary, 0.1, coordinates="standardized").coordinates_ == "standardized"
    assert fitted(*binary, 0.1, coordinates="decorrelated").coordinates_ == "decorrelated"


def test_refit_gives_the_same_to_the_last_bit(multiclass):
    for rule in (0.1, *RULES):
        clf = GDLogisticRegression(rule, C=1.0, max_iter=30, tol=0)
        first = clf.fit(*multiclass).coef_
        assert_array_equal(clf.fit(*multiclass).coef_, first)


# --- predictions


def test_predictions_agree_with_one_another(multiclass, binary):
    for X, y in (binary, multiclass):
        clf = fitted(X, y)
        proba = clf.predict_proba(X)
        assert_allclose(proba.sum(axis=1), 1, rtol=1e-15)
        assert_allclose(np.log(proba), clf.predict_log_proba(X), rtol=1e-12)
        assert_array_equal(clf.classes_[proba.argmax(axis=1)], clf.predict(X))
        assert clf.score(X, y) == np.mean(clf.predict(X) == y)
    z = fitted(*binary).decision_function(binary[0])
    assert_allclose(fitted(*binary).predict_proba(binary[0])[:, 1], 1 / (1 + np.exp(-z)))


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_many_rows_are_predicted_as_few_are(data, request):
    """In blocks, some 30,000 rows of which make more than one."""
    X, y = request.getfixturevalue(data)
    clf = fitted(X, y)
    for method in ("predict_proba", "predict_log_proba"):
        few, many = (getattr(clf, method)(rows) for rows in (X, np.tile(X, (300, 1))))
        # A product with more rows may round otherwise.
        assert_allclose(many, np.tile(few, (300, 1)), rtol=1e-13)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_log_probabilities_are_finite_where_probabilities_round_to_zero(data, request):
    X, y = request.getfixturevalue(data)
    clf = fitted(X, y)
    far = X * 1e6
    assert (clf.predict_proba(far) == 0).any()
    log_proba = clf.predict_log_proba(far)
    assert np.isfinite(log_proba).all()
    assert log_proba.min() < -1000


def test_a_probability_below_the_rounding_of_one_is_not_zero():
    clf = GDLogisticRegression(max_iter=0).fit([[0.0], [1.0]], [0, 1], coef_init=[[1.0]])
    p0, p1 = clf.predict_proba([[50.0]])[0]
    assert p0 == pytest.approx(np.exp(-50), rel=1e-14)
    assert p1 == 1.0


def test_sparsify_and_densify_keep_the_predictions(multiclass):
    X, y = multiclass
    clf = fitted(X, y, C=0.02, l1_ratio=1.0)
    assert (clf.coef_ == 0).any()
    expected = clf.predict_proba(X)
    assert sparse.issparse(clf.sparsify().coef_)
    assert_allclose(clf.predict_proba(X), expected, rtol=1e-14)
    assert_allclose(clf.densify().predict_proba(X), expected, rtol=1e-15)


def test_unfitted_says_so(binary):
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(GDLogisticRegression(), method)(binary[0])


# --- what X, y and weights may be


def readonly(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def wide_index(X):
    X = sparse.csr_array(X)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


def pandas():
    return pytest.importorskip("pandas")


def polars():
    return pytest.importorskip("polars")


SAME = {
    "list": np.ndarray.tolist,
    "F order": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "reversed": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": readonly,
    "object": lambda X: X.astype(object),
    "pandas": lambda X: pandas().DataFrame(X, columns=list("abcd")),
    "pandas nullable": lambda X: pandas().DataFrame(X, columns=list("abcd")).convert_dtypes(),
    "polars": lambda X: polars().DataFrame(X, schema=list("abcd")),
    "csr_array": sparse.csr_array,
    "csc_matrix": sparse.csc_matrix,
    "coo_array": sparse.coo_array,
    "int64 indices": wide_index,
}


@pytest.mark.parametrize("form", SAME)
def test_every_form_of_X_gives_the_same_model(form, binary):
    X, y = binary
    expected = fitted(X, y)
    X = SAME[form](X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf = fitted(X, y)
        proba = clf.predict_proba(X)
    # Sums in another order, over a few dozen iterations.
    assert_allclose(clf.coef_, expected.coef_, rtol=1e-9)
    assert_allclose(proba, expected.predict_proba(binary[0]), rtol=1e-9)
    named = form.startswith(("pandas", "polars"))
    assert hasattr(clf, "feature_names_in_") == named
    if named:
        assert_array_equal(clf.feature_names_in_, list("abcd"))


def test_a_memory_map_is_fitted_as_it_is(binary, tmp_path):
    X, y = binary
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert_array_equal(fitted(mapped, y).coef_, fitted(X, y).coef_)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("rule", [0.1, *RULES])
def test_float32_stays_float32_and_close_to_float64(data, rule, request):
    X, y = request.getfixturevalue(data)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    clf = fitted(X.astype(np.float32), y, rule, tol=0, max_iter=20)
    for name in ("coef_", "intercept_"):
        assert getattr(clf, name).dtype == np.float32
    assert clf.predict_proba(X.astype(np.float32)).dtype == np.float32
    # 20 iterations of rounding to 6e-8, some of it amplified by rules that divide differences.
    assert_allclose(clf.coef_, fitted(X, y, rule, tol=0, max_iter=20).coef_, atol=5e-3)


@pytest.mark.parametrize(
    "labels",
    [
        [False, True],
        ["no", "yes"],
        np.array(["no", "yes"], dtype=object),
        [-1, 1],
        [-1.0, 1.0],
        [3, 10],
        ["b", "a"],
        np.array([250, 3], dtype=np.uint8),
    ],
)
def test_labels_may_be_of_any_type(labels, binary):
    X, y = binary
    labels = np.asarray(labels)
    clf = fitted(X, labels[y])
    assert_array_equal(clf.classes_, np.sort(labels))
    assert clf.classes_.dtype == labels.dtype
    assert_array_equal(clf.predict(X), labels[fitted(X, y).predict(X)])


def test_labels_may_be_columns_of_frames(binary):
    X, y = binary
    names = np.array(["no", "yes"])[y]
    pd, pl = pandas(), polars()
    for column in (pd.Series(names, dtype="category"), pd.Series(names), pl.Series(names)):
        assert_array_equal(fitted(X, column).classes_, ["no", "yes"])
    assert_array_equal(fitted(X, pd.Series(y, dtype="Int64")).predict(X), fitted(X, y).predict(X))


@pytest.mark.parametrize("rule", [0.1, *RULES])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_weight_k_is_the_row_k_times_at_every_iteration(rule, data, weights, request):
    X, y = request.getfixturevalue(data)
    times = weights.astype(int)
    options = {"C": 0.5, "max_iter": 15, "tol": 0}
    weighted = GDLogisticRegression(rule, **options).fit(X, y, sample_weight=weights)
    repeated = GDLogisticRegression(rule, **options)
    repeated.fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    # Rounding of one iteration, amplified by at most a factor of some ten in each further one.
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)
    assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-7, atol=1e-9)


def test_class_weight_is_a_sample_weight(multiclass, weights):
    X, y = multiclass
    by_class = {0: 2.0, 1: 0.5, 2: 3.0}
    of_row = np.array([by_class[label] for label in y])
    expected = GDLogisticRegression(C=1.0).fit(X, y, sample_weight=weights * of_row)
    clf = GDLogisticRegression(C=1.0, class_weight=by_class).fit(X, y, sample_weight=weights)
    assert_allclose(clf.coef_, expected.coef_, rtol=1e-10)
    balanced = GDLogisticRegression(class_weight="balanced").fit(X, y, sample_weight=weights)
    total = np.bincount(y, weights)
    expected = GDLogisticRegression().fit(X, y, sample_weight=weights / total[y])
    assert_allclose(balanced.coef_, expected.coef_, rtol=1e-8)


def test_balanced_ignores_a_class_that_weighs_nothing(multiclass):
    X, y = multiclass
    clf = GDLogisticRegression(C=1.0, class_weight="balanced")
    clf.fit(X, y, sample_weight=(y != 2).astype(float))
    assert np.isfinite(clf.coef_).all()
    assert not (clf.predict(X) == 2).any()


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_parameters_may_be_numpy_numbers(kind, binary):
    expected = fitted(*binary, 0.5, C=2.0, l1_ratio=0.5, tol=0.25)
    clf = fitted(*binary, kind(0.5), C=kind(2.0), l1_ratio=kind(0.5), tol=kind(0.25))
    assert_array_equal(clf.coef_, expected.coef_)
    GDLogisticRegression(C=kind(np.inf), max_iter=np.int64(100)).fit(*binary)


# --- warm starts and given starts


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_two_warm_started_halves_are_one_descent(data, request):
    X, y = request.getfixturevalue(data)
    whole = GDLogisticRegression(0.1, max_iter=20, tol=0).fit(X, y)
    half = GDLogisticRegression(0.1, max_iter=10, tol=0, warm_start=True).fit(X, y).fit(X, y)
    assert_array_equal(half.coef_, whole.coef_)
    assert_array_equal(half.intercept_, whole.intercept_)
    assert_array_equal(half.n_iter_, [10])
    assert_array_equal(half.loss_curve_, whole.loss_curve_[10:])


def test_a_warm_start_at_the_optimum_stops_at_once(binary):
    clf = GDLogisticRegression(C=1.0, warm_start=True).fit(*binary).fit(*binary)
    assert clf.n_iter_[0] == 0
    assert clf.stop_reason_ == "converged"


def test_a_given_start_goes_before_a_warm_one(binary):
    clf = GDLogisticRegression(max_iter=0, warm_start=True).fit(*binary)
    clf.fit(*binary, coef_init=np.ones((1, 4)))
    assert_array_equal(clf.coef_, np.ones((1, 4)))
    assert_array_equal(clf.fit(*binary, intercept_init=2.0).coef_, np.ones((1, 4)))
    assert_array_equal(clf.intercept_, [2.0])


def test_a_warm_start_without_an_intercept_forgets_the_one_it_had(binary):
    clf = fitted(*binary, warm_start=True)
    clf.set_params(fit_intercept=False, max_iter=0).fit(*binary)
    assert_array_equal(clf.intercept_, [0.0])
    assert clf.coef_.all()


def test_a_sparsified_model_can_be_continued(binary):
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0, warm_start=True)
    clf.fit(*binary).sparsify().fit(*binary)
    assert_allclose(clf.coef_, clone(clf).set_params(max_iter=10).fit(*binary).coef_)


# --- what is refused


BAD_PARAMETERS = [
    ({"learning_rate": 0}, "'learning_rate' parameter of GDLogisticRegression .* Got 0"),
    ({"learning_rate": -0.1}, "'learning_rate' parameter .* Got -0.1"),
    ({"learning_rate": np.nan}, "'learning_rate' parameter .* Got nan"),
    ({"learning_rate": np.inf}, "'learning_rate' parameter .* Got inf"),
    ({"learning_rate": "newton"}, "'learning_rate' parameter .*silver.* Got 'newton'"),
    ({"learning_rate": None}, "'learning_rate' parameter .* Got None"),
    ({"max_iter": -1}, "'max_iter' parameter .* Got -1"),
    ({"max_iter": 10.0}, "'max_iter' parameter .* Got 10.0"),
    ({"tol": -1e-4}, "'tol' parameter .* Got -0.0001"),
    ({"C": 0}, "'C' parameter .* Got 0"),
    ({"C": -1.0}, "'C' parameter .* Got -1.0"),
    ({"l1_ratio": 1.1}, "'l1_ratio' parameter .* Got 1.1"),
    ({"l1_ratio": "l1"}, "'l1_ratio' parameter .* Got 'l1'"),
    ({"l1_ratio": None}, "'l1_ratio' parameter .* Got None"),
    ({"fit_intercept": "yes"}, "'fit_intercept' parameter .* Got 'yes'"),
    ({"coordinates": "polar"}, "'coordinates' parameter .* Got 'polar'"),
    ({"class_weight": "equal"}, "'class_weight' parameter .* Got 'equal'"),
    ({"class_weight": {0: -1.0, 1: 1.0}}, "class_weight must hold finite numbers .*-1.0"),
    ({"class_weight": {0: np.nan, 1: 1.0}}, "class_weight must hold finite numbers .*nan"),
    ({"class_weight": {0: np.float32(np.inf)}}, "class_weight must hold finite numbers .*inf"),
    ({"class_weight": {0: 0.0, 1: 0.0}}, "leaves every example with weight 0"),
    ({"class_weight": {"a": 1.0}}, "not in class_weight"),
]

BAD_DATA = [
    ({"X": np.full((150, 4), np.nan)}, "Input X contains NaN"),
    ({"X": np.full((150, 4), np.inf)}, "Input X contains infinity"),
    ({"X": np.ones(150)}, "Expected 2D array"),
    ({"X": np.ones((150, 0))}, "0 feature"),
    ({"X": np.ones((149, 4))}, "inconsistent numbers of samples"),
    ({"X": np.ones((150, 4)) * 1j}, "Complex data not supported"),
    ({"y": np.ones(150)}, "only one class: 1.0"),
    ({"y": ["a"] * 150}, "only one class: 'a'"),
    ({"y": np.linspace(0, 1, 150)}, "Unknown label type: continuous"),
    ({"y": np.eye(150, 2)}, r"y should be a 1d array"),
    ({"y": None}, "requires y to be passed"),
    ({"y": [np.nan, *range(149)]}, "Input y contains NaN"),
    ({"sample_weight": -np.ones(150)}, "Negative values in data passed to `sample_weight`"),
    ({"sample_weight": np.zeros(150)}, "[Ss]ample.weights? .*zero"),
    ({"sample_weight": np.ones(149)}, "sample_weight.shape"),
    ({"sample_weight": np.full(150, np.nan)}, "sample_weight contains NaN"),
    ({"coef_init": np.ones((2, 4))}, r"coef_init must have the shape \(4,\) or \(1, 4\)"),
    ({"coef_init": np.ones(5)}, r"coef_init must have the shape"),
    ({"intercept_init": np.ones(2)}, r"intercept_init must have the shape"),
    ({"coef_init": np.full((1, 4), np.inf)}, "coef_init must be finite"),
    ({"coef_init": np.full((1, 4), 1e308)}, "cost at the start is not finite"),
]


def snapshot(clf):
    return pickle.dumps(clf)


@pytest.mark.parametrize(("parameters", "message"), BAD_PARAMETERS)
def test_bad_parameters_are_named_and_leave_an_earlier_fit_alone(parameters, message, binary):
    clf = fitted(*binary)
    before = {**vars(clf), **parameters}
    with pytest.raises(ValueError, match=message):
        clf.set_params(**parameters).fit(binary[0][:, :2], binary[1])
    assert vars(clf) == before


@pytest.mark.parametrize(("change", "message"), BAD_DATA)
def test_bad_data_is_named_and_leaves_an_earlier_fit_alone(change, message, binary):
    X, y = binary
    clf = fitted(X, y)
    before = snapshot(clf)
    good = {"X": X, "y": y, "sample_weight": None, "coef_init": None, "intercept_init": None}
    with pytest.raises(ValueError, match=message):
        clf.fit(**good | change)
    assert snapshot(clf) == before


def test_a_schedule_that_fails_on_the_way_leaves_an_earlier_fit_alone(binary):
    X, y = binary
    clf = fitted(X, y).set_params(learning_rate=lambda t: 0.1 if t < 3 else -1)
    before = dict(vars(clf))
    with pytest.raises(ValueError, match=r"learning_rate\(3\) returned -1"):
        clf.fit(pandas().DataFrame(X[:, :2], columns=["a", "b"]), y)
    assert vars(clf) == before


def test_mixed_feature_names_are_refused_before_any_work(binary):
    X, y = binary
    clf = GDLogisticRegression(lambda t: pytest.fail("a step was made"))
    with pytest.raises(TypeError, match=r"[Ff]eature names"):
        clf.fit(pandas().DataFrame(X, columns=["a", "b", "c", 3]), y)


def test_another_number_of_features_is_refused(binary):
    X, y = binary
    with pytest.raises(
        ValueError, match="X has 3 features, but GDLogisticRegression is expecting 4"
    ):
        fitted(X, y).predict(X[:, :3])


def test_warm_start_refuses_other_features_and_other_classes(binary):
    X, y = binary
    clf = fitted(X, y, warm_start=True)
    with pytest.raises(ValueError, match=r"continued by warm_start=True, must have the shape"):
        clf.fit(X[:, :3], y)
    with pytest.raises(ValueError, match=r"continues a fit of the classes \[0, 1\]"):
        clf.fit(X, y + 1)


def test_an_intercept_that_would_be_ignored_is_refused(binary):
    clf = GDLogisticRegression(fit_intercept=False)
    with pytest.raises(ValueError, match="fit_intercept=False keeps the intercept at 0"):
        clf.fit(*binary, intercept_init=1.0)


def test_an_l1_ratio_that_would_be_ignored_is_warned_of(binary):
    with pytest.warns(UserWarning, match="l1_ratio=0.5 has no effect, because C=inf"):
        GDLogisticRegression(l1_ratio=0.5).fit(*binary)


# --- scikit-learn's machinery


def test_clone_pickle_and_repr(binary):
    X, y = binary
    clf = fitted(X, y, 0.1, max_iter=50, tol=0)
    copy = pickle.loads(pickle.dumps(clf))
    assert_array_equal(copy.predict_proba(X), clf.predict_proba(X))
    assert_array_equal(clone(clf).fit(X, y).coef_, clf.coef_)
    assert repr(clf) == "GDLogisticRegression(C=1.0, learning_rate=0.1, max_iter=50, tol=0)"
    assert "GDLogisticRegression" in clf._repr_html_()
    assert not hasattr(clone(clf), "coef_")


def test_verbose_prints_the_descent(binary, capsys):
    fitted(*binary, 0.1, max_iter=12, tol=0, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["0", "1", "2", "5", "10"]
    assert "cost 0.69314718" in lines[0]
    assert lines[-1] == "stopped after iteration 12: max_iter"
    fitted(*binary, 0.1, max_iter=12, tol=0, verbose=2)
    assert len(capsys.readouterr().out.splitlines()) == 14
    fitted(*binary, 0.1, max_iter=12, tol=0)
    assert capsys.readouterr().out == ""


def test_a_convergence_warning_points_at_the_call_of_fit(binary):
    with pytest.warns(ConvergenceWarning) as record:
        GDLogisticRegression(max_iter=2).fit(*binary)
    assert record[0].filename == __file__


def test_a_start_that_is_too_far_out_is_called_what_was_given(binary):
    X, y = binary
    clf = GDLogisticRegression(0.1, max_iter=3, tol=0, warm_start=True).fit(X, y)
    clf.coef_[:] = 1e300
    far = {"coef_init": np.full((1, 4), 1e300)}
    for options, given in [
        ({}, "coef_ of the earlier fit, continued by warm_start=True, and intercept_ of the"),
        ({"intercept_init": [0.0]}, "continued by warm_start=True, and intercept_init, is too far"),
        (far, "the start, coef_init, is too far"),
    ]:
        with pytest.raises(ValueError, match=given):
            clf.fit(X * 1e20, y, **options)


HUGE = 10**400


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda clf, X, y: clf.fit([[HUGE, 1], [1, 2]], [0, 1]), "X or y has a number"),
        (lambda clf, X, y: clf.fit(X, y, sample_weight=[HUGE] * 150), "sample_weight has a number"),
        (lambda clf, X, y: clf.fit(X, y).predict([[HUGE, 1, 2, 3]]), "X has a number"),
        (
            lambda clf, X, y: clf.set_params(early_stopping=True).fit(
                X, y, X_val=[[1, 2, 3, -HUGE]], y_val=[0]
            ),
            "X or y has a number",
        ),
    ],
)
def test_an_integer_too_large_for_a_float_is_refused_in_a_sentence(call, message, binary):
    with pytest.raises(ValueError, match=f"{message} too large for a float: an integer"):
        call(GDLogisticRegression(), *binary)
