"""What scikit-learn's own tests ask of LogisticRegression, asked of GDLogisticRegression as laws.

Those that other files ask already are not repeated here; docs/trust.md says which.
"""

import pickle
import warnings

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit, softmax
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.preprocessing import scale
from sklearn.svm import l1_min_c

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression
from sklearn_gdlogreg._descent.learning_rate import RULES
from sklearn_gdlogreg._sklearn import VERSION

from .helpers import fitted, needs_sklearn

pytestmark = pytest.mark.sklearn

EXACT = {"tol": 1e-10, "max_iter": 5000}
PENALTIES = {"l2": 0.0, "elastic net": 0.4, "l1": 1.0}


# ---------------------------------------------------------------------------- the optimum


TABLES = {
    "two classes": [[30, 12], [7, 21]],
    "three classes": [[30, 12, 5], [7, 21, 9]],
    "weights of unlike size": [[1e-6, 3.0], [2e3, 0.5]],
}


@pytest.mark.parametrize("table", TABLES)
def test_the_optimum_for_a_table_of_counts_are_its_log_odds(table):
    """One feature that is 0 or 1: without a penalty every frequency is met exactly."""
    counts = np.array(TABLES[table])
    group, label = (index.ravel()[:, None] for index in np.indices(counts.shape))
    clf = GDLogisticRegression(**{**EXACT, "tol": 1e-14})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the last digit may stay out of reach
        clf.fit(group, label.ravel(), sample_weight=counts.ravel())
    log_counts = np.log(counts)
    log_counts -= log_counts[:, :1] if len(clf.coef_) == 1 else log_counts.mean(axis=1)[:, None]
    expected = log_counts[:, 1:] if len(clf.coef_) == 1 else log_counts
    assert_allclose(clf.intercept_, expected[0], rtol=1e-7)
    assert_allclose(clf.coef_[:, 0], expected[1] - expected[0], rtol=1e-7)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_without_features_that_tell_anything_the_intercept_is_the_log_odds(data, weights, request):
    _, y = request.getfixturevalue(data)
    totals = np.bincount(y, weights)
    clf = GDLogisticRegression(**EXACT).fit(np.zeros((150, 2)), y, sample_weight=weights)
    assert_array_equal(clf.coef_, 0)
    b = np.log(totals[1:] / totals[0]) if len(totals) == 2 else np.log(totals)
    assert_allclose(clf.intercept_, b if len(b) == 1 else b - b.mean(), rtol=1e-8)


@pytest.mark.parametrize("coordinates", ["raw", "standardized", "decorrelated"])
@pytest.mark.parametrize("C", [1.0, np.inf])
@pytest.mark.parametrize("rule", [0.1, *RULES])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_coefficients_of_all_classes_sum_to_zero(coordinates, C, rule, fit_intercept, multiclass):
    """At every iteration: the softmax leaves the sum open, and the descent does not use it."""
    clf = GDLogisticRegression(
        rule, C=C, coordinates=coordinates, fit_intercept=fit_intercept,
        tol=0, max_iter=20, store_path=True,
    ).fit(*multiclass)  # fmt: skip
    for path in (clf.coef_path_, clf.intercept_path_):
        # Roundings of numbers of this size.
        assert_allclose(path.sum(axis=1), 0, atol=1e-13 * max(1.0, np.abs(path).max()))


@pytest.mark.parametrize("penalty", PENALTIES)
def test_zero_is_a_slope_of_the_penalty_along_a_shift_of_all_classes(penalty, multiclass):
    """A shift of all classes changes no loss, so that the penalty alone decides where it ends."""
    l1 = PENALTIES[penalty]
    w = fitted(*multiclass, C=0.05, l1_ratio=l1, **EXACT).coef_
    slope = l1 * np.sign(w).sum(axis=0) + (1 - l1) * w.sum(axis=0)
    undecided = l1 * (w == 0).sum(axis=0)
    assert (np.abs(slope) <= undecided + 1e-7).all()
    assert (undecided > 0).any() == (l1 > 0)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_weaker_penalty_lets_coefficients_grow_and_the_loss_fall(data, penalty, request):
    X, y = request.getfixturevalue(data)
    l1 = PENALTIES[penalty]
    sizes, losses = [], []
    for C in np.logspace(-3, 2, 8):
        clf = fitted(X, y, C=C, l1_ratio=l1, **EXACT)
        w = clf.coef_
        sizes.append(l1 * np.abs(w).sum() + (1 - l1) / 2 * np.vdot(w, w))
        losses.append(clf.loss_curve_[-1] - sizes[-1] / (C * len(y)))
    assert (np.diff(sizes) >= -1e-8).all()
    assert (np.diff(losses) <= 1e-8).all()
    assert sizes[-1] > sizes[0] + 0.1


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("C", [0.01, 1.0])
def test_each_penaltys_model_is_the_best_for_its_own_cost(data, C, request):
    X, y = request.getfixturevalue(data)
    models = {l1: fitted(X, y, C=C, l1_ratio=l1, **EXACT) for l1 in PENALTIES.values()}
    for l1, own in models.items():
        for other in models.values():
            start = {"coef_init": other.coef_, "intercept_init": other.intercept_}
            there = GDLogisticRegression(C=C, l1_ratio=l1, max_iter=0).fit(X, y, **start)
            margin = 0 if other is own else 1e-6
            assert there.loss_curve_[0] >= own.loss_curve_[-1] + margin - 1e-12


@pytest.mark.parametrize("C", np.logspace(-3, 2, 4))
@pytest.mark.parametrize("l1_ratio", [0.1, 0.5, 0.9])
def test_an_elastic_net_ends_below_ridge_in_its_own_cost(C, l1_ratio):
    """With the default tol, and of a cost whose penalty counts for more, as scikit-learn asks."""
    X, y = make_classification(
        n_samples=1000, n_informative=10, n_redundant=0, n_repeated=0, random_state=0
    )
    X = scale(X)
    costs = []
    for own in (l1_ratio, 0.0):
        clf = GDLogisticRegression(C=C, l1_ratio=own, fit_intercept=False).fit(X, y)
        w = clf.coef_[0]
        cost = C * log_loss(y, clf.predict_proba(X))
        costs.append(cost + l1_ratio * np.abs(w).sum() + (1 - l1_ratio) / 2 * np.vdot(w, w))
    assert costs[0] < costs[1]


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_the_elastic_net_is_continuous_at_its_ends(end, binary):
    near = fitted(*binary, C=0.1, l1_ratio=abs(end - 1e-9), **EXACT)
    assert_allclose(near.coef_, fitted(*binary, C=0.1, l1_ratio=end, **EXACT).coef_, atol=1e-7)


def test_a_nearly_absent_penalty_is_none(binary):
    without = GDLogisticRegression(**EXACT).fit(*binary)
    assert_allclose(fitted(*binary, C=1e12, **EXACT).coef_, without.coef_, rtol=1e-7)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_l1_lets_the_first_coefficient_in_where_theory_says(data, storage, fit_intercept, request):
    """All are 0 as long as no slope of the summed loss at 0 exceeds 1 / C."""
    X, y = request.getfixturevalue(data)
    shares = np.bincount(y) / len(y) if fit_intercept else np.full(y.max() + 1, 1 / (y.max() + 1))
    smallest_C = 1 / np.abs((shares - np.eye(len(shares))[y]).T @ X).max()
    if not fit_intercept and data == "binary":
        assert smallest_C == pytest.approx(l1_min_c(X, y, loss="log", fit_intercept=False))
    options = {"l1_ratio": 1.0, "fit_intercept": fit_intercept, **EXACT}
    assert not fitted(storage(X), y, C=0.999 * smallest_C, **options).coef_.any()
    assert np.count_nonzero(fitted(storage(X), y, C=1.01 * smallest_C, **options).coef_) > 0


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("penalty", PENALTIES)
@needs_sklearn("1.8")  # whose LogisticRegressionCV has the attributes of any search
def test_a_search_over_C_finds_what_LogisticRegressionCV_finds(data, penalty, request):
    X, y = request.getfixturevalue(data)
    Cs, l1 = [0.1, 1.0, 10.0], PENALTIES[penalty]
    folds = list(StratifiedKFold(3).split(X, y))
    options = {"solver": "newton-cholesky"} if l1 == 0 else {"solver": "saga", "max_iter": 20_000}
    theirs = LogisticRegressionCV(
        Cs=Cs, l1_ratios=(l1,), cv=folds, scoring="neg_log_loss", tol=1e-9, random_state=0,
        use_legacy_attributes=False, **options,
    ).fit(X, y)  # fmt: skip
    for kind in (GridSearchCV, GDGridSearchCV):
        clf = GDLogisticRegression(l1_ratio=l1, **EXACT)
        ours = kind(clf, {"C": Cs}, cv=folds, scoring="neg_log_loss").fit(X, y)
        scores = [ours.cv_results_[f"split{k}_test_score"] for k in range(3)]
        assert_allclose(scores, theirs.scores_[:, 0, :], atol=1e-5)
        assert ours.best_params_["C"] == theirs.C_
        # What is refitted is what a fit with the chosen C gives, to the last bit.
        assert_array_equal(
            ours.best_estimator_.coef_, clone(clf).set_params(C=theirs.C_).fit(X, y).coef_
        )


# ---------------------------------------------------------------------------- predictions


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_are_the_sigmoid_or_the_softmax_of_the_decision(data, dtype, request):
    X, y = request.getfixturevalue(data)
    clf = fitted(X.astype(dtype), y)
    z = clf.decision_function(X.astype(dtype))
    expected = softmax(z, axis=1) if z.ndim > 1 else np.column_stack([expit(-z), expit(z)])
    assert_allclose(clf.predict_proba(X.astype(dtype)), expected, rtol=20 * np.finfo(dtype).eps)
    one_more = clf.classes_[z.argmax(axis=1) if z.ndim > 1 else (z > 0).astype(int)]
    assert_array_equal(clf.predict(X.astype(dtype)), one_more)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_on_the_boundary_the_first_class_is_predicted(n_classes):
    labels = np.array(["a", "b", "c"])[:n_classes]
    clf = GDLogisticRegression(max_iter=0, store_path=True).fit(
        np.arange(2.0 * n_classes)[:, None], np.tile(labels, 2)
    )
    rows = [[-1.0], [0.0], [5.0]]
    for predicted in (clf.predict(rows), *clf.staged_predict(rows)):
        assert_array_equal(predicted, ["a"] * 3)
    assert_allclose(clf.predict_proba([[5.0]]), 1 / n_classes, rtol=1e-15)


def test_coefficients_may_be_written(multiclass):
    X, y = multiclass
    clf = fitted(X, y)
    clf.coef_[:] = 0
    clf.intercept_[:] = [0.0, 1.0, 2.0]
    assert_array_equal(clf.decision_function(X), np.tile([0.0, 1.0, 2.0], (150, 1)))


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_sparse_and_dense_coefficients_decide_alike_on_sparse_and_dense_rows(data, request):
    X, y = request.getfixturevalue(data)
    clf = fitted(X, y, C=0.02, l1_ratio=1.0)
    expected = clf.decision_function(X)
    sparsified = clone(clf).fit(X, y).sparsify()
    for model in (clf, sparsified, pickle.loads(pickle.dumps(sparsified)), sparsified.to_sklearn()):
        for rows in (X, sparse.csr_array(X), sparse.coo_matrix(X)):
            assert_allclose(model.decision_function(rows), expected, rtol=1e-12)
    assert type(sparsified.densify().coef_) is np.ndarray
    assert_array_equal(sparsified.coef_, clf.coef_)


def test_score_is_the_weighted_accuracy(multiclass, weights):
    X, y = multiclass
    clf = fitted(X, y)
    expected = accuracy_score(y, clf.predict(X), sample_weight=weights)
    assert clf.score(X, y, sample_weight=weights) == expected != clf.score(X, y)


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_nothing_underflows_into_an_error(data, request):
    """Under np.errstate(all="raise"), which notebooks set to find their own mistakes."""
    X, y = request.getfixturevalue(data)
    with np.errstate(all="raise"):
        for factor in (1.0, 1e5, 1e-200, [1e300, 1, 1, 1e-300]):
            clf = fitted(X * factor, y, store_path=True, max_iter=20, tol=0)
            early = clone(clf).set_params(early_stopping=True, random_state=0).fit(X * factor, y)
            for model in (clf, early):
                for rows in (X * factor, X * 1e5):
                    model.predict_proba(rows)
                    model.predict_log_proba(rows)
                    list(model.staged_predict_proba(rows))


# ---------------------------------------------------------------------------- what X, y may be


KEPT = {np.float64: np.float64, np.float32: np.float32}
OTHERS = [np.int64, np.int8, np.uint8, bool, np.longdouble]


@pytest.mark.parametrize("given", [*KEPT, *OTHERS])
@pytest.mark.parametrize("storage", [np.asarray, np.asfortranarray, sparse.csr_array])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_floats_keep_their_dtype_and_all_others_become_float64(given, storage, data, request):
    X, y = request.getfixturevalue(data)
    X, kept = np.round(2 * np.abs(X)).astype(given), KEPT.get(given, np.float64)
    clf, expected = fitted(storage(X), y.astype(np.float32)), fitted(X.astype(kept), y)
    for name in ("coef_", "intercept_"):
        assert getattr(clf, name).dtype == kept
        assert_allclose(getattr(clf, name), getattr(expected, name), atol=1e-4)
    assert clf.predict_proba(storage(X)).dtype == kept


def on_disk(array, path):
    """As joblib hands large arrays to its processes: mapped from a file, for reading only."""
    joblib.dump(array, path)
    return joblib.load(path, mmap_mode="r")


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize(
    "storage", [np.asarray, np.asfortranarray, sparse.csr_array, sparse.csc_array]
)
@pytest.mark.parametrize("options", [{}, {"l1_ratio": 0.5}, {"class_weight": "balanced"}])
def test_all_input_may_be_mapped_and_read_only(storage, options, multiclass, weights, tmp_path):
    X, y = multiclass
    X, val = storage(X), storage(X[:40])
    given = {"X": X, "y": y, "sample_weight": weights, "X_val": val, "y_val": y[:40],
             "sample_weight_val": weights[:40]}  # fmt: skip
    clf = GDLogisticRegression(C=1.0, early_stopping=True, max_iter=20, tol=0, **options)
    expected = clone(clf).fit(**given)
    mapped = {name: on_disk(value, tmp_path / name) for name, value in given.items()}
    stored = mapped["X"].data if sparse.issparse(X) else mapped["X"]
    assert not np.asarray(stored).flags.writeable
    clf.fit(**mapped)
    assert_array_equal(clf.coef_, expected.coef_)
    assert_array_equal(clf.predict_proba(mapped["X"]), expected.predict_proba(X))
    assert clf.score(mapped["X"], mapped["y"], mapped["sample_weight"]) == expected.score(
        X, y, weights
    )
    start = on_disk(np.ones((3, 4)), tmp_path / "start")
    assert_array_equal(
        clf.set_params(early_stopping=False, max_iter=0).fit(X, y, coef_init=start).coef_, 1
    )


def twice(X):
    """CSR with two entries for every place, in no order."""
    rows, columns = np.nonzero(X)
    order = np.lexsort((-columns, rows))
    rows, columns = rows[order], columns[order]
    entries = np.stack([0.25 * X[rows, columns], 0.75 * X[rows, columns]], axis=1).ravel()
    indptr = np.concatenate([[0], np.cumsum(2 * np.bincount(rows, minlength=len(X)))])
    return sparse.csr_array((entries, np.repeat(columns, 2), indptr), X.shape)


def with_zeros(X):
    """CSR that stores every zero."""
    n = X.shape[1]
    indptr = np.arange(0, X.size + 1, n)
    return sparse.csr_array((X.ravel(), np.tile(np.arange(n), len(X)), indptr), X.shape)


@pytest.mark.parametrize("form", [twice, with_zeros])
@pytest.mark.parametrize("coordinates", ["raw", "standardized", "decorrelated"])
@pytest.mark.parametrize("rule", [0.1, *RULES])
def test_how_often_sparse_entries_are_stored_does_not_matter(form, coordinates, rule, binary):
    X, y = binary
    X = np.where(X > 0.5, X, 0)
    stored = form(X)
    options = {"coordinates": coordinates, "tol": 0, "max_iter": 10}
    clf, expected = fitted(stored, y, rule, **options), fitted(X, y, rule, **options)
    # Sums in another order; rules that divide differences amplify it.
    assert_allclose(clf.coef_, expected.coef_, rtol=1e-7, atol=1e-9)
    assert_allclose(clf.decision_function(stored), clf.decision_function(X), rtol=1e-12, atol=1e-12)


def test_entries_whose_sum_is_infinite_are_refused():
    X = sparse.csr_array(([1e308, 1e308, 1.0], [0, 0, 0], [0, 2, 3]), (2, 1))
    with pytest.raises(ValueError, match="Input X contains infinity"):
        GDLogisticRegression().fit(X, [0, 1])


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array, sparse.csc_array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("bad", "name"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")]
)
def test_what_is_not_finite_is_named_wherever_it_is(storage, dtype, bad, name, binary):
    X, y = binary
    X = X.astype(dtype)
    clf = fitted(storage(X), y)
    X[77, 2] = bad
    for call in (
        lambda: clf.fit(storage(X), y),
        lambda: clf.predict(storage(X)),
        lambda: clf.predict_proba(storage(X)),
        lambda: GDLogisticRegression(early_stopping=True).fit(
            storage(X[:50]), y[:50], X_val=storage(X[50:]), y_val=y[50:]
        ),
    ):
        with pytest.raises(ValueError, match=f"contains {name}"):
            call()


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize("storage", [np.asarray, twice, with_zeros])
@pytest.mark.parametrize(
    "options", [{}, {"class_weight": "balanced"}, {"l1_ratio": 0.5, "coordinates": "standardized"}]
)
def test_nothing_that_is_given_is_changed(storage, options, multiclass, weights, rng):
    """Nor what a sparse matrix notes of its own form: joblib.Memory would take it for another."""
    X, y = multiclass
    given = {
        "X": storage(X), "y": y, "sample_weight": weights, "coef_init": rng.normal(size=(3, 4)),
        "intercept_init": rng.normal(size=3), "X_val": storage(X[:40]), "y_val": y[:40],
        "sample_weight_val": weights[:40],
    }  # fmt: skip
    before = joblib.hash(given)
    clf = fitted(X, y, early_stopping=True, **options).fit(**given)
    parameters = repr(clf.get_params())
    clf.predict_proba(given["X"])
    clf.score(given["X"], y, weights)
    assert joblib.hash(given) == before
    assert repr(clf.get_params()) == parameters


# ---------------------------------------------------------------------------- weights


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_ones_and_any_other_constant_weigh_as_none_does(data, early_stopping, request):
    X, y = request.getfixturevalue(data)
    clf = GDLogisticRegression(early_stopping=early_stopping, random_state=0)
    expected = clone(clf).fit(X, y)
    for weight in (1.0, 1e-12, 7.0):
        found = clone(clf).fit(X, y, sample_weight=np.full(150, weight))
        assert_allclose(found.coef_, expected.coef_, rtol=1e-8)
        assert found.n_iter_ == expected.n_iter_
    assert clone(clf).set_params(C=1.0).fit(X, y, sample_weight=2).coef_ == pytest.approx(
        clone(clf).set_params(C=2.0).fit(X, y).coef_, rel=1e-8
    )


def test_tiny_weights_tend_to_zero_weight(binary):
    X, y = binary
    some = np.arange(150) % 3 > 0
    expected = fitted(X[some], y[some], **EXACT)
    for weight in (1e-12, 1e-300, 5e-324, 0.0):
        clf = GDLogisticRegression(C=1.0, **EXACT)
        clf.fit(X, y, sample_weight=np.where(some, 1.0, weight))
        assert_allclose(clf.coef_, expected.coef_, rtol=1e-7)


@pytest.mark.parametrize("names", [None, np.array(["bar", "baz", "foo"])])
def test_class_weights_go_by_label(names, multiclass):
    X, y = multiclass
    names = np.array([7, 3, -1]) if names is None else names
    y = names[y]
    n = {name: int((y == name).sum()) for name in names}
    given = {name: 150 / (3 * n[name]) for name in names}
    balanced = fitted(X, y, class_weight="balanced", **EXACT)
    assert_allclose(fitted(X, y, class_weight=given, **EXACT).coef_, balanced.coef_, rtol=1e-8)
    # A class that is not named counts 1; a weight of 0 takes a class away.
    some = {names[0]: 2.0}
    named = {names[0]: 2.0, names[1]: 1.0, names[2]: 1.0}
    assert_allclose(fitted(X, y, class_weight=some).coef_, fitted(X, y, class_weight=named).coef_)
    without = fitted(X, y, class_weight={names[0]: 1.0, names[1]: 2.0, names[2]: 0.0})
    assert set(without.predict(X)) == {names[0], names[1]}
    assert_array_equal(without.classes_, np.sort(names))


def test_balancing_equal_classes_changes_nothing(rng):
    X, y = rng.normal(size=(90, 3)), np.arange(90) % 3
    X[:, 0] += y
    assert_allclose(fitted(X, y, class_weight="balanced").coef_, fitted(X, y).coef_, rtol=1e-8)


# ---------------------------------------------------------------------------- iterations


@pytest.mark.parametrize("max_iter", [1, 2, 3])
@pytest.mark.parametrize("rule", [0.1, *RULES])
def test_max_iter_is_reached_and_said(max_iter, rule, multiclass):
    clf = GDLogisticRegression(rule, max_iter=max_iter, tol=1e-9)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        clf.fit(*multiclass)
    assert clf.n_iter_[0] == max_iter
    assert clf.stop_reason_ == "max_iter"


@pytest.mark.parametrize("rule", [0.5, "auto", "lipschitz", "silver"])
def test_a_looser_tol_never_takes_longer_and_any_start_meets_a_huge_one(rule, binary):
    X, y = (binary[0] - binary[0].mean(axis=0)) / binary[0].std(axis=0), binary[1]
    taken = [fitted(X, y, rule, tol=tol).n_iter_[0] for tol in (1e9, 1e-1, 1e-2, 1e-4)]
    assert taken[0] == 0
    assert taken == sorted(taken)
    assert taken[-1] > taken[1]


@pytest.mark.parametrize("options", [{}, {"C": 0.1}, {"C": 0.1, "l1_ratio": 0.5}])
@pytest.mark.parametrize("rule", [0.1, "auto", "backtracking"])
def test_a_warm_start_is_a_start_at_the_earlier_coefficients(options, rule, multiclass):
    """Also where parameters and data have changed in between."""
    X, y = multiclass
    first = fitted(X, y, rule, C=5.0, max_iter=10, tol=0)
    warm = clone(first).set_params(warm_start=True).fit(X, y)
    warm.set_params(max_iter=7, **options).fit(X[10:], y[10:])
    given = clone(first).set_params(max_iter=7, **options)
    given.fit(X[10:], y[10:], coef_init=first.coef_, intercept_init=first.intercept_)
    assert_array_equal(warm.coef_, given.coef_)
    assert_array_equal(warm.loss_curve_, given.loss_curve_)
    assert warm.n_iter_[0] == 7


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_path_of_warm_starts_ends_at_the_optima_of_separate_fits(penalty, binary):
    options = {"l1_ratio": PENALTIES[penalty], **EXACT}
    warm = GDLogisticRegression(warm_start=True, **options)
    for C in (0.01, 0.1, 1.0, 0.05):
        warm.set_params(C=C).fit(*binary)
        assert warm.stop_reason_ == "converged"
        assert_allclose(warm.coef_, fitted(*binary, C=C, **options).coef_, atol=1e-7)


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
def test_early_stopping_goes_on_from_a_warm_start(multiclass):
    options = {"early_stopping": True, "random_state": 0, "tol": 0, "max_iter": 5}
    clf = GDLogisticRegression(0.05, warm_start=True, **options).fit(*multiclass)
    kept = clf.validation_loss_curve_[clf.best_iteration_]
    assert clf.best_iteration_ > 0
    clf.fit(*multiclass)
    assert clf.validation_loss_curve_[0] == kept
    assert clf.n_iter_[0] == 5


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
def test_more_patience_never_stops_earlier(multiclass):
    options = {"early_stopping": True, "random_state": 0, "tol": 0, "max_iter": 400}
    fits = [
        fitted(*multiclass, "auto", C=np.inf, n_iter_no_change=n, **options) for n in (1, 2, 5, 20)
    ]
    taken = [clf.n_iter_[0] for clf in fits]
    assert taken == sorted(taken)
    assert taken[-1] > taken[0]
    best = [clf.validation_loss_curve_[clf.best_iteration_] for clf in fits]
    assert best == sorted(best, reverse=True)


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize("frame", ["pandas", "polars"])
def test_early_stopping_of_frames_and_words(frame, multiclass):
    """What is set aside has names and labels too, and is scored without a warning."""
    X, y = multiclass
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    X = pytest.importorskip(frame).DataFrame(dict(zip("abcd", X.T, strict=True)))
    clf = GDLogisticRegression(C=1.0, early_stopping=True, random_state=0).fit(X, names)
    expected = GDLogisticRegression(C=1.0, early_stopping=True, random_state=0).fit(*multiclass)
    assert_array_equal(clf.validation_scores_, expected.validation_scores_)
    assert_array_equal(clf.feature_names_in_, list("abcd"))
    assert set(clf.predict(X)) <= set(names)


def test_without_early_stopping_nothing_is_random(multiclass):
    expected = fitted(*multiclass).coef_
    for seed in (0, 1, np.random.RandomState(2)):
        assert_array_equal(fitted(*multiclass, random_state=seed).coef_, expected)


# ---------------------------------------------------------------------------- scikit-learn


@pytest.mark.parametrize("name", ["penalty", "solver", "dual", "multi_class", "intercept_scaling"])
def test_parameters_that_have_no_meaning_here_are_refused(name, binary):
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
        GDLogisticRegression(**{name: None})
    with pytest.raises(ValueError, match=f"Invalid parameter '{name}'"):
        GDLogisticRegression().set_params(**{name: None})
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        GDLogisticRegression().fit(*binary, **{name: None})


def test_parameters_of_the_same_name_have_the_same_meaning_and_default():
    """But C: no penalty, as in the course, and as many iterations as descents take."""
    ours, theirs = GDLogisticRegression().get_params(), LogisticRegression().get_params()
    shared = set(ours) & set(theirs)
    assert shared >= {"C", "l1_ratio", "tol", "fit_intercept", "class_weight", "warm_start"}
    differing = {name for name in shared if ours[name] != theirs[name]}
    # Until scikit-learn 1.8 an L2 penalty was no l1_ratio of 0, but None.
    assert differing == {"C", "max_iter"} | ({"l1_ratio"} if VERSION < (1, 8) else set())
    assert ours["C"] == np.inf


@pytest.mark.parametrize("n_classes", [2, 3])
def test_folds_that_lack_a_class_are_scored_by_what_was_learned(n_classes):
    X, y = np.arange(4.0 * n_classes)[:, None], np.repeat(np.array(["a", "b", "c"])[:n_classes], 4)
    if n_classes == 2:
        clf = GDLogisticRegression(C=1.0)
        with pytest.raises(ValueError, match="only one class"):
            cross_val_score(clf, X, y, cv=KFold(2), error_score="raise")
        return
    for kind in (GridSearchCV, GDGridSearchCV):
        search = kind(GDLogisticRegression(), {"C": [0.1, 1.0]}, cv=KFold(3), error_score="raise")
        # Every fold asks for the one class that it has not seen.
        assert_array_equal(search.fit(X, y).cv_results_["mean_test_score"], [0.0, 0.0])


def test_scores_are_weighted_where_that_is_requested(binary, rng):
    X, y = binary
    weights = rng.uniform(0.1, 3, 150)
    with config_context(enable_metadata_routing=True):
        for kind in (GridSearchCV, GDGridSearchCV):
            scores = {}
            for wanted in (False, True):
                clf = GDLogisticRegression().set_fit_request(sample_weight=True)
                clf.set_score_request(sample_weight=wanted)
                search = kind(clf, {"C": [0.1, 1.0]}, cv=3).fit(X, y, sample_weight=weights)
                scores[wanted] = search.cv_results_["mean_test_score"]
            assert (scores[True] != scores[False]).any()
            fold = next(iter(StratifiedKFold(3).split(X, y)))
            alone = GDLogisticRegression(C=1.0)
            alone.fit(X[fold[0]], y[fold[0]], sample_weight=weights[fold[0]])
            expected = alone.score(X[fold[1]], y[fold[1]], sample_weight=weights[fold[1]])
            assert search.cv_results_["split0_test_score"][1] == pytest.approx(expected, rel=1e-12)
