"""Early stopping, the stored path, callbacks, progress: who else looks at every step."""

import subprocess
import sys
import threading
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import clone, config_context
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression
from sklearn_gdlogreg._run.observers import EarlyStopping

RULES = [0.1, "auto", "lipschitz", "backtracking", "barzilai-borwein", "adaptive", "silver"]


# ---------------------------------------------------------------------------- early stopping


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


def test_validation_data_without_early_stopping_are_refused(binary):
    with pytest.raises(ValueError, match="early_stopping is False; set early_stopping=True"):
        GDLogisticRegression().fit(*binary, X_val=binary[0], y_val=binary[1])


def test_an_early_stop_is_no_reason_to_warn_of_separable_classes():
    X = np.linspace(-1, 1, 80)[:, None]
    y = (X[:, 0] > 0).astype(int)
    clf = GDLogisticRegression(early_stopping=True, n_iter_no_change=1, max_iter=10**4)
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


def test_a_refit_forgets_what_the_earlier_one_stored(binary):
    clf = GDLogisticRegression(store_path=True, early_stopping=True).fit(*binary)
    clf.set_params(store_path=False, early_stopping=False).fit(*binary)
    assert not {"coef_path_", "iteration_path_", "best_iteration_"} & vars(clf).keys()


@pytest.mark.parametrize("worst", [np.nan, np.inf])
def test_a_loss_that_is_no_number_is_never_the_lowest(worst):
    losses = iter([worst, 0.5, 0.4, worst, 0.4])
    observer = EarlyStopping(SimpleNamespace(evaluate=lambda w, b: (next(losses), 0.0)), 10)
    best = []
    for t in range(5):
        observer.watch(SimpleNamespace(t=t, coef=None, intercept=None), None)
        best.append(observer.preferred.t)
    assert best == [0, 1, 2, 2, 2]


# ---------------------------------------------------------------------------- callbacks


class Recorder:
    """Remembers what it is shown; asks to stop at an iteration."""

    def __init__(self, stop_at=None):
        self.stop_at = stop_at
        self.events, self.models = [], []

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.events.append(f"end {context.task_name}")
        if context.task_name == "iteration":
            self.models.append(fitted_estimator)
            return len(self.models) == self.stop_at
        return False


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_a_fitted_estimator_predicts_as_if_fit_had_stopped_there(data, request):
    X, y = request.getfixturevalue(data)
    recorder = Recorder()
    clf = GDLogisticRegression("auto", max_iter=12, tol=0).set_callbacks(recorder).fit(X, y)
    assert len(recorder.models) == 12
    for k, model in enumerate(recorder.models, start=1):
        separate = GDLogisticRegression("auto", max_iter=k, tol=0).fit(X, y)
        assert_array_equal(model.predict_proba(X), separate.predict_proba(X))
        assert_array_equal(model.loss_curve_, separate.loss_curve_)
        assert model.n_iter_[0] == k
        assert model.stop_reason_ == ("callback" if k < 12 else "max_iter")
    begins = [event for event in recorder.events if event == "begin iteration"]
    assert len(begins) == 12
    assert recorder.events[:2] == ["setup", "begin fit"]
    assert recorder.events[-2:] == ["end fit", "teardown"]
    assert clf.stop_reason_ == "max_iter"


def test_a_callback_that_asks_to_stop_stops_the_descent_there(binary):
    clf = GDLogisticRegression(0.1, tol=0).set_callbacks(Recorder(stop_at=7)).fit(*binary)
    assert clf.stop_reason_ == "callback"
    assert clf.n_iter_[0] == 7
    same = GDLogisticRegression(0.1, tol=0, max_iter=7).fit(*binary)
    assert_array_equal(clf.coef_, same.coef_)


def test_a_callback_that_raises_leaves_nothing_half_fitted(binary):
    class Broken(Recorder):
        def on_fit_task_end(self, estimator, context):
            raise RuntimeError("broken")

    clf, broken = GDLogisticRegression(early_stopping=True), Broken()
    threads = threading.active_count()
    with pytest.raises(RuntimeError, match="broken"):
        clf.set_callbacks(broken).fit(*binary)
    assert threading.active_count() == threads
    assert not [name for name in vars(clf) if "descent" in name]
    assert not [name for name in vars(clf) if name.endswith("_") and not name.startswith("_")]
    assert broken.events[-1] == "teardown"


def test_an_interrupt_in_a_callback_keeps_the_iterate_before(binary):
    class Interrupted(Recorder):
        def on_fit_task_end(self, estimator, context):
            if context.task_name == "iteration" and context.task_id == 2:
                raise KeyboardInterrupt

    clf = GDLogisticRegression(0.1).set_callbacks(Interrupted())
    with pytest.warns(ConvergenceWarning, match="interrupted after iteration 2"):
        clf.fit(*binary)
    same = GDLogisticRegression(0.1, tol=0, max_iter=2).fit(*binary)
    assert_array_equal(clf.coef_, same.coef_)
    assert_array_equal(clf.loss_curve_, same.loss_curve_)


@pytest.mark.parametrize("kind", [GridSearchCV, GDGridSearchCV])
def test_scikit_learns_callbacks_run_alone_in_pipelines_and_in_searches(kind, binary, capsys):
    pytest.importorskip("rich")
    X, y = binary
    monitor = ScoringMonitor(scoring="neg_log_loss")
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0).set_callbacks(ProgressBar(), monitor)
    clf.fit(X, y)
    assert "GDLogisticRegression" in capsys.readouterr().out
    scores = monitor.get_logs().data
    assert len(scores) >= 5

    pipeline = make_pipeline(StandardScaler(), GDLogisticRegression(0.1, max_iter=5, tol=0))
    pipeline.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
    assert "GDLogisticRegression" in capsys.readouterr().out

    search = kind(GDLogisticRegression(max_iter=5, tol=0), {"learning_rate": [0.1, 1.0]}, n_jobs=2)
    search.set_callbacks(ProgressBar()).fit(X, y)
    assert kind.__name__ in capsys.readouterr().out
    inner = GDLogisticRegression(max_iter=3, tol=0).set_callbacks(
        ScoringMonitor(scoring="accuracy")
    )
    search = kind(inner, {"learning_rate": [0.1]}, n_jobs=2, cv=2).fit(X, y)
    assert search.best_estimator_.n_iter_[0] == 3


def test_without_callbacks_nothing_of_them_stays_on_the_estimator():
    program = """
import warnings
import numpy as np
from sklearn_gdlogreg import GDLogisticRegression
clf = GDLogisticRegression(C=1.0).fit(np.eye(4), [0, 1, 0, 1])
assert not [name for name in vars(clf) if "callback" in name], vars(clf)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_max_iter_zero_is_the_start_for_every_observer(binary):
    X, y = binary
    recorder = Recorder()
    clf = GDLogisticRegression(max_iter=0, store_path=True, early_stopping=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.set_callbacks(recorder).fit(X, y)
    assert clf.best_iteration_ == 0
    assert_array_equal(clf.iteration_path_, [0])
    assert recorder.models == []


# ---------------------------------------------------------------------------- progress


def test_verbose_prints_and_a_terminal_with_rich_has_a_line_that_moves(binary, capsys, monkeypatch):
    GDLogisticRegression(0.1, max_iter=5, tol=0, verbose=1).fit(*binary)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["0", "1", "2", "5"]
    assert all("cost" in line and "gradient" in line for line in lines[:-1])
    assert lines[-1] == "stopped after iteration 5: max_iter"
    pytest.importorskip("rich")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    GDLogisticRegression(0.1, max_iter=5, tol=0, verbose=1).fit(*binary)
    out = capsys.readouterr().out
    assert "5/5" in out
    assert "max_iter" in out
