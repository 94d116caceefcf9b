"""scikit-learn's callbacks see every iteration of a descent, and may end it."""

import pickle
import subprocess
import sys
import threading
import warnings
from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression

from ..helpers import needs_sklearn

pytestmark = pytest.mark.sklearn


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


@needs_sklearn("1.9")
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


@needs_sklearn("1.9")
def test_a_callback_that_asks_to_stop_stops_the_descent_there(binary):
    clf = GDLogisticRegression(0.1, tol=0).set_callbacks(Recorder(stop_at=7)).fit(*binary)
    assert clf.stop_reason_ == "callback"
    assert clf.n_iter_[0] == 7
    same = GDLogisticRegression(0.1, tol=0, max_iter=7).fit(*binary)
    assert_array_equal(clf.coef_, same.coef_)


@needs_sklearn("1.9")
def test_a_callback_that_raises_leaves_nothing_half_fitted(binary):
    class Broken(Recorder):
        def on_fit_task_end(self, estimator, context):
            raise RuntimeError("broken")

    clf, broken = GDLogisticRegression(early_stopping=True, random_state=0), Broken()
    threads = threading.active_count()
    with pytest.raises(RuntimeError, match="broken"):
        clf.set_callbacks(broken).fit(*binary)
    assert threading.active_count() == threads
    assert not [name for name in vars(clf) if "descent" in name]
    assert not [name for name in vars(clf) if name.endswith("_") and not name.startswith("_")]
    assert broken.events[-1] == "teardown"


@needs_sklearn("1.9")
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


@needs_sklearn("1.9")
@pytest.mark.parametrize("kind", [GridSearchCV, GDGridSearchCV])
def test_scikit_learns_callbacks_run_alone_in_pipelines_and_in_searches(kind, binary, capsys):
    from sklearn.callback import ProgressBar, ScoringMonitor

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


@needs_sklearn("1.9")
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


class Pickler(Recorder):
    """Pickles what it is shown, and keeps the pickles where none of them finds the others."""

    kept: ClassVar[list] = []

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.kept.append((pickle.dumps(fitted_estimator), fitted_estimator.coef_))


@needs_sklearn("1.9")
@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize("early_stopping", [False, True])
def test_what_callbacks_are_shown_can_be_pickled_and_holds_nothing_as_long_as_X(
    early_stopping, rng
):
    X, y = rng.normal(size=(50_000, 2)), np.arange(50_000) % 2
    options = {"early_stopping": early_stopping, "store_path": True}
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0, **options)
    clf.set_callbacks(Pickler()).fit(X, y)
    kept, Pickler.kept = Pickler.kept, []
    assert len(kept) == 5 + 1
    for pickled, coef in kept:
        assert_array_equal(pickle.loads(pickled).coef_, coef)
        assert len(pickled) < len(X)  # bytes
