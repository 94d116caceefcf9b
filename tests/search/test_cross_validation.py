"""GDLogisticRegressionCV: what LogisticRegressionCV has, over descents that follow each other."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import get_scorer, make_scorer, roc_auc_score
from sklearn.model_selection import GroupKFold, KFold, PredefinedSplit, cross_val_score

from sklearn_gdlogreg import GDLogisticRegression, GDLogisticRegressionCV, LossCurveDisplay

from ..helpers import needs_sklearn

pytestmark = pytest.mark.sklearn

SHARED = ("C_", "l1_ratio_", "Cs_", "l1_ratios_", "classes_", "n_features_in_")
TIGHT = {"tol": 1e-9, "max_iter": 10_000}


def theirs(X, y, sample_weight=None, **options):
    options = {"scoring": "neg_log_loss", "cv": 3, **options}
    solver = "lbfgs" if options["l1_ratios"] == (0.0,) else "saga"
    tol = 1e-8 if solver == "lbfgs" else 1e-6
    model = LogisticRegressionCV(
        solver=solver, tol=tol, max_iter=50_000, use_legacy_attributes=False, **options
    )
    return model.fit(X, y, sample_weight=sample_weight)


@needs_sklearn("1.9")  # before, its attributes had other shapes
@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize(
    ("options", "weighted"),
    [
        ({"Cs": 4, "l1_ratios": (0.0,)}, False),
        ({"Cs": [10.0, 0.1, 1.0], "l1_ratios": (0.0,), "fit_intercept": False}, True),
        ({"Cs": [0.1, 1.0], "l1_ratios": [0.0, 0.5, 1.0]}, False),
        ({"Cs": 3, "l1_ratios": (0.0,), "refit": False, "class_weight": {0: 2.0}}, True),
        ({"Cs": 3, "l1_ratios": (0.0,), "class_weight": "balanced"}, True),
        ({"Cs": 3, "l1_ratios": (0.0,), "scoring": None, "cv": KFold(4)}, False),
    ],
)
def test_everything_that_is_fitted_is_logistic_regression_cvs(
    options, weighted, data, request, weights
):
    X, y = request.getfixturevalue(data)
    weights = weights if weighted else None
    other = theirs(X, y, weights, **options)
    clf = GDLogisticRegressionCV(**{"cv": 3, **options, **TIGHT}).fit(X, y, weights)
    for name in SHARED:
        assert_allclose(getattr(clf, name), getattr(other, name), rtol=1e-12, err_msg=name)
    assert type(clf.C_) is type(clf.l1_ratio_) is float
    for name in ("scores_", "coefs_paths_", "n_iter_"):
        assert getattr(clf, name).shape == getattr(other, name).shape, name
    assert_allclose(clf.scores_, other.scores_, atol=1e-4)
    for model in (clf, other):
        if len(model.intercept_) > 1:
            # What all intercepts have in common changes nothing.
            model.intercept_ -= model.intercept_.mean()
            if model.fit_intercept:
                model.coefs_paths_[..., -1] -= model.coefs_paths_[..., -1].mean(-1, keepdims=True)
    assert_allclose(clf.coefs_paths_, other.coefs_paths_, atol=2e-3)
    assert_allclose(clf.coef_, other.coef_, atol=2e-3)
    assert_allclose(clf.intercept_, other.intercept_, atol=2e-3)
    assert clf.score(X, y) == pytest.approx(other.score(X, y), abs=1e-3)


def test_the_last_fit_is_a_fit_of_its_own_with_the_values_chosen(multiclass, weights):
    X, y = multiclass
    clf = GDLogisticRegressionCV(Cs=5, l1_ratios=[0.0, 1.0], **TIGHT).fit(X, y, weights)
    alone = GDLogisticRegression(C=clf.C_, l1_ratio=clf.l1_ratio_, **TIGHT).fit(X, y, weights)
    assert_allclose(clf.predict_proba(X), alone.predict_proba(X), atol=1e-7)
    assert_array_equal(clf.predict(X), clf.best_estimator_.predict(X))
    # It has the descent, for those who want to see it.
    assert len(clf.best_estimator_.loss_curve_) == clf.best_estimator_.n_iter_[0] + 1


def test_every_fold_is_a_fit_of_its_own(binary, weights):
    X, y = binary
    clf = GDLogisticRegressionCV(Cs=4, cv=KFold(3), **TIGHT).fit(X, y, weights)
    for k, (train, test) in enumerate(KFold(3).split(X)):
        for i, C in enumerate(clf.Cs_):
            alone = GDLogisticRegression(C=C, **TIGHT).fit(X[train], y[train], weights[train])
            coef = np.column_stack([alone.coef_, alone.intercept_])
            assert_allclose(clf.coefs_paths_[k, 0, i], coef, atol=1e-6)
            scorer = get_scorer("neg_log_loss")
            score = scorer(alone, X[test], y[test], sample_weight=weights[test])
            assert clf.scores_[k, 0, i] == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix])
def test_sparse_rows_and_frames_are_the_same_examples(kind, binary):
    pandas = pytest.importorskip("pandas")
    X, y = binary
    plain = GDLogisticRegressionCV(Cs=3, **TIGHT).fit(X, y)
    of_sparse = GDLogisticRegressionCV(Cs=3, **TIGHT).fit(kind(X), y)
    assert_allclose(of_sparse.scores_, plain.scores_, atol=1e-7)
    frame = pandas.DataFrame(X, columns=list("abcd"))
    labels = pandas.Series(np.where(y, "yes", "no"))
    of_frame = GDLogisticRegressionCV(Cs=3, n_jobs=2, **TIGHT).fit(frame, labels)
    assert_allclose(of_frame.scores_, plain.scores_, rtol=1e-12)
    assert list(of_frame.feature_names_in_) == list("abcd")
    assert set(of_frame.predict(frame)) <= {*of_frame.classes_} == {"yes", "no"}


def test_float32_stays_float32(binary):
    X, y = binary
    clf = GDLogisticRegressionCV(Cs=3, refit=False).fit(X.astype(np.float32), y)
    assert clf.coef_.dtype == clf.intercept_.dtype == np.float32


def test_metadata_reach_the_splitter_and_the_scorer(binary, weights):
    X, y = binary
    groups = np.arange(len(y)) % 5
    with config_context(enable_metadata_routing=True):
        scorer = get_scorer("neg_log_loss").set_score_request(sample_weight=True)
        clf = GDLogisticRegressionCV(Cs=3, cv=GroupKFold(5), scoring=scorer, **TIGHT)
        clf.set_fit_request(sample_weight=True).fit(X, y, sample_weight=weights, groups=groups)
    split = GroupKFold(5).split(X, y, groups)
    plain = GDLogisticRegressionCV(Cs=3, cv=split, **TIGHT).fit(X, y, weights)
    assert_allclose(clf.scores_, plain.scores_, rtol=1e-12)


def test_infinite_C_is_a_value_like_others(binary):
    clf = GDLogisticRegressionCV(Cs=[np.inf, 1.0], scoring="roc_auc", **TIGHT).fit(*binary)
    alone = GDLogisticRegression(C=np.inf, **TIGHT)
    scores = cross_val_score(alone, *binary, scoring="roc_auc")
    assert_allclose(clf.scores_[:, 0, 0], scores, rtol=1e-12)


def test_a_scorer_of_ones_own_decides_too(binary):
    X, y = binary
    by_name = GDLogisticRegressionCV(Cs=4, scoring="roc_auc", **TIGHT).fit(X, y)
    made = make_scorer(roc_auc_score, response_method="decision_function")
    for scoring in (made, lambda model, X, y: roc_auc_score(y, model.decision_function(X))):
        own = GDLogisticRegressionCV(Cs=4, scoring=scoring, **TIGHT).fit(X, y)
        assert_allclose(own.scores_, by_name.scores_, atol=1e-12)
        assert own.score(X, y) == pytest.approx(by_name.score(X, y))


def test_descents_that_do_not_converge_are_told_of_once(binary):
    with pytest.warns(ConvergenceWarning) as all_:
        GDLogisticRegressionCV(Cs=[1.0, 10.0], tol=1e-12, max_iter=2, refit=False).fit(*binary)
    assert len(all_) == 1
    assert "10 of 10 fits had not converged" in str(all_[0].message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"Cs": [1.0, -1.0]}, r"Cs must be a list of positive numbers; got \[1.0, -1.0\]"),
        ({"Cs": []}, r"Cs must be a list of positive numbers; got \[\]"),
        ({"Cs": [[1.0]]}, "Cs must be a list of positive numbers"),
        ({"Cs": ["a"]}, "Cs must be a list of positive numbers"),
        ({"Cs": [np.nan]}, "Cs must be a list of positive numbers"),
        ({"Cs": 0}, "The 'Cs' parameter of GDLogisticRegressionCV"),
        ({"l1_ratios": [0.0, 2.0]}, "l1_ratios must be a list of numbers from 0 to 1"),
        ({"l1_ratios": None}, "The 'l1_ratios' parameter"),
        ({"scoring": "best"}, "The 'scoring' parameter"),
        ({"tol": -1}, "The 'tol' parameter"),
        ({"bounds": (1, 0)}, "bounds of column 0 leave no coefficient"),
        ({"penalty_factors": [-1.0] * 4}, "penalty_factors must not be negative"),
        ({"class_weight": {5: 1.0}}, "class_weight names 5, which y has not"),
        ({"learning_rate": lambda t: -1.0}, r"learning_rate\(1\) returned -1.0"),
    ],
)
def test_invalid_parameters_are_refused(options, message, binary):
    clf = GDLogisticRegressionCV(**options)
    with pytest.raises(ValueError, match=message):
        clf.fit(*binary)
    assert not hasattr(clf, "coef_")


def test_a_fold_without_a_class_is_refused(multiclass):
    X, y = multiclass
    with pytest.raises(ValueError, match=r"No example of \[0\] is left to learn from.*Stratified"):
        GDLogisticRegressionCV(cv=PredefinedSplit(y)).fit(X, y)


def test_a_class_that_is_not_held_out_has_a_probability_all_the_same(multiclass):
    X, y = multiclass
    rows = np.arange(len(y))
    held_out = rows[y != 2][:40]
    split = [(np.setdiff1d(rows, held_out), held_out)]
    clf = GDLogisticRegressionCV(Cs=[1.0], cv=split, **TIGHT).fit(X, y)
    alone = GDLogisticRegression(C=1.0, **TIGHT).fit(X[split[0][0]], y[split[0][0]])
    losses = -np.log(alone.predict_proba(X[held_out])[np.arange(40), y[held_out]])
    assert clf.scores_[0, 0, 0] == pytest.approx(-losses.mean(), abs=1e-7)


def test_errors_of_a_scorer_are_its_own(binary):
    def broken(model, X, y):
        raise RuntimeError("no score")

    with pytest.raises(RuntimeError, match="no score"):
        GDLogisticRegressionCV(scoring=broken).fit(*binary)


def test_dask_collections_are_refused(binary):
    array = pytest.importorskip("dask.array")
    X, y = binary
    with pytest.raises(TypeError, match="takes arrays, not Dask collections"):
        GDLogisticRegressionCV().fit(array.from_array(X), y)


def test_a_second_fit_forgets_the_first(binary, multiclass):
    pandas = pytest.importorskip("pandas")
    clf = GDLogisticRegressionCV(Cs=2)
    clf.fit(pandas.DataFrame(binary[0], columns=list("abcd")), binary[1])
    clf.set_params(refit=False).fit(*multiclass)
    assert clf.coef_.shape == (3, 4)
    assert not hasattr(clf, "feature_names_in_")
    assert not hasattr(clf, "best_estimator_")


def test_the_last_descent_can_be_drawn(binary):
    pytest.importorskip("matplotlib").use("Agg")
    clf = GDLogisticRegressionCV(Cs=3).fit(*binary)
    assert LossCurveDisplay.from_estimator(clf).lines_
