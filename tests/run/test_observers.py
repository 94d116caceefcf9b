"""Early stopping and the stored path: who else looks at every step."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import clone, config_context
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._run.observers import EarlyStopping

RULES = [0.1, "auto", "lipschitz", "backtracking", "barzilai-borwein", "adaptive", "silver"]


# ---------------------------------------------------------------------------- early stopping


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_early_stopping_equals_the_run_that_is_cut_at_its_best_iteration(rule, data, request):
    X, y = request.getfixturevalue(data)
    train, val = train_test_split(np.arange(len(y)), test_size=0.3, stratify=y, random_state=0)
    X_val, y_val = X[val], y[val]
    options = {"learning_rate": rule, "max_iter": 60, "tol": 0}
    stopped = GDLogisticRegression(
        early_stopping=True, validation_fraction=0.3, random_state=0, n_iter_no_change=5, **options
    ).fit(X, y)
    given = GDLogisticRegression(early_stopping=True, n_iter_no_change=5, **options)
    given.fit(X[train], y[train], X_val=X_val, y_val=y_val)
    best = stopped.best_iteration_
    cut = GDLogisticRegression(**{**options, "max_iter": best})
    # What is set aside stays where it is, with weight 0.
    in_place = clone(cut).fit(X, y, sample_weight=np.isin(np.arange(len(y)), train))
    cut.fit(X[train], y[train])
    for clf, same in ((stopped, in_place), (given, cut)):
        assert_array_equal(clf.coef_, same.coef_)
        assert_array_equal(clf.intercept_, same.intercept_)
        assert clf.best_iteration_ == best
        assert_array_equal(clf.loss_curve_[: best + 1], same.loss_curve_)
        assert np.argmin(clf.validation_loss_curve_) == best
        ended = {"early_stopping": best + 5, "max_iter": 60}
        assert clf.n_iter_[0] == ended[clf.stop_reason_]
        assert len(clf.validation_loss_curve_) == clf.n_iter_[0] + 1
    # The two differ by the order of a sum.
    assert_allclose(in_place.coef_, cut.coef_, rtol=1e-9)
    loss = log_loss(y_val, cut.predict_proba(X_val))
    assert stopped.validation_loss_curve_[best] == pytest.approx(loss, rel=1e-12)
    assert stopped.validation_scores_[best] == pytest.approx(cut.score(X_val, y_val))


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
def test_a_pipeline_transforms_the_validation_rows_too(binary):
    X, y = binary
    X = X * [1, 100, 1e4, 1]
    clf = GDLogisticRegression(0.5, early_stopping=True, max_iter=50, tol=0)
    with config_context(enable_metadata_routing=True):
        clf.set_fit_request(X_val=True, y_val=True)
        steps = [("scale", StandardScaler()), ("model", clf)]
        pipeline = Pipeline(steps, transform_input=["X_val"]).fit(
            X[40:], y[40:], X_val=X[:40], y_val=y[:40]
        )
    scaler = StandardScaler().fit(X[40:])
    by_hand = GDLogisticRegression(0.5, early_stopping=True, max_iter=50, tol=0).fit(
        scaler.transform(X[40:]), y[40:], X_val=scaler.transform(X[:40]), y_val=y[:40]
    )
    assert_array_equal(pipeline["model"].coef_, by_hand.coef_)


@pytest.mark.parametrize("worst", [np.nan, np.inf])
def test_a_loss_that_is_no_number_is_never_the_lowest(worst):
    losses = iter([worst, 0.5, 0.4, worst, 0.4])
    observer = EarlyStopping(SimpleNamespace(evaluate=lambda w, b: (next(losses), 0.0)), 10)
    best = []
    for t in range(5):
        observer.watch(SimpleNamespace(t=t, coef=None, intercept=None), None)
        best.append(observer.preferred.t)
    assert best == [0, 1, 2, 2, 2]


def test_an_early_stop_is_no_reason_to_warn_of_separable_classes():
    X = np.linspace(-1, 1, 80)[:, None]
    y = (X[:, 0] > 0).astype(int)
    clf = GDLogisticRegression(
        early_stopping=True, random_state=0, n_iter_no_change=1, max_iter=10**4
    )
    X_val = np.array([[-0.5], [0.5], [0.2]])  # the last has the wrong label: certainty costs
    clf.fit(X, y, X_val=X_val, y_val=[0, 1, 0])
    assert clf.stop_reason_ == "early_stopping"


# ---------------------------------------------------------------------------- the path


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_stages_are_separate_fits(rule, data, request):
    X, y = request.getfixturevalue(data)
    clf = GDLogisticRegression(rule, max_iter=14, tol=0, store_path=True).fit(X, y)
    assert_array_equal(clf.iteration_path_, np.arange(15))
    stages = zip(
        clf.staged_decision_function(X),
        clf.staged_predict_proba(X),
        clf.staged_predict(X),
        strict=True,
    )
    for k, (z, a, labels) in enumerate(stages):
        separate = GDLogisticRegression(rule, max_iter=k, tol=0).fit(X, y)
        assert_array_equal(clf.coef_path_[k], separate.coef_)
        assert_array_equal(clf.intercept_path_[k], separate.intercept_)
        assert_array_equal(z, separate.decision_function(X))
        assert_array_equal(a, separate.predict_proba(X))
        assert_array_equal(labels, separate.predict(X))


def test_every_kth_iteration_and_the_last_are_stored(binary):
    clf = GDLogisticRegression(0.1, max_iter=11, tol=0, store_path=4).fit(*binary)
    assert_array_equal(clf.iteration_path_, [0, 4, 8, 11])
    assert_array_equal(clf.coef_path_[-1], clf.coef_)
    assert len(list(clf.staged_predict(binary[0]))) == 4


def test_stages_without_a_path_are_refused_at_the_call(binary):
    clf = GDLogisticRegression()
    for name in ("staged_decision_function", "staged_predict_proba", "staged_predict"):
        with pytest.raises(NotFittedError):
            getattr(clf, name)(binary[0])
    clf.fit(*binary)
    with pytest.raises(ValueError, match=r"stored no path.*fit with store_path=True"):
        clf.staged_predict(binary[0])


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_validation_rows_of_classes_without_weight_are_refused(data, request):
    X, y = request.getfixturevalue(data)
    others = X[y == 0], y[y == 0]
    clf = GDLogisticRegression(early_stopping=True, class_weight={0: 0.0})
    with pytest.raises(ValueError, match="to stop by are of classes that class_weight gives"):
        clf.fit(X, y, X_val=others[0], y_val=others[1])
    clf.set_params(class_weight={0: 1e-300}).fit(X, y, X_val=others[0], y_val=others[1])
    assert np.isfinite(clf.validation_loss_curve_).all()


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_a_validation_loss_beyond_all_numbers_is_infinite(data, request):
    X, y = request.getfixturevalue(data)
    start = {"coef_init": np.full((1 if data == "binary" else 3, 4), 10.0)}
    start["coef_init"][0] = -10
    row = np.full((2, 4), 1e308)
    clf = GDLogisticRegression(1e-3, early_stopping=True, n_iter_no_change=3, tol=0)
    clf.fit(X, y, X_val=row, y_val=[0, 1], **start)
    assert clf.validation_loss_curve_[0] == np.inf
    assert clf.stop_reason_ == "early_stopping"
