"""When a run ends, what it keeps of its steps, and Ctrl-C."""

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression
from sklearn_gdlogreg._descent.learning_rate import rule_for
from sklearn_gdlogreg._descent.steps import begin
from sklearn_gdlogreg._objective.objective import Objective
from sklearn_gdlogreg._run.observers import EarlyStopping
from sklearn_gdlogreg._run.run import Run

pytestmark = pytest.mark.sklearn


@pytest.mark.parametrize(
    ("rate", "ended"), [(0.5, "converged"), (1e3, "diverged"), (0.01, "max_iter")]
)
def test_a_run_up_to_an_earlier_max_iter_is_the_run_with_that_max_iter(rate, ended, binary):
    X, y = binary
    options = {"learning_rate": rate, "coordinates": "raw"}

    def run(max_iter, kept=()):
        objective = Objective.in_memory(X, y, 2, C=1e-2)
        steps = begin(objective, np.zeros(4), np.zeros(()), **options).steps()
        run = Run(objective, rule_for(rate), max_iter=max_iter, tol=1e-2, kept=kept)
        return run.follow(steps)

    whole = run(500, kept=range(501))
    assert whole.stop_reason == ended
    for max_iter in {0, 1, 5, whole.last.t - 1, whole.last.t, 500}:
        cut, alone = whole.until(max_iter), run(max_iter)
        assert cut.stop_reason == alone.stop_reason
        assert cut.costs == alone.costs
        assert cut.last.t == cut.chosen.t == alone.last.t
        assert_array_equal(cut.chosen.coef, alone.chosen.coef)


def test_a_descent_ends_where_the_violation_is_tol_itself(binary):
    whole = GDLogisticRegression(0.1, max_iter=10, tol=0).fit(*binary)
    clf = GDLogisticRegression(0.1, tol=whole.gradient_norms_[5]).fit(*binary)
    assert (clf.n_iter_[0], clf.stop_reason_) == (5, "converged")


def test_seconds_count_from_the_beginning_of_the_descent(binary):
    began = time.perf_counter()
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0).fit(*binary)
    whole = time.perf_counter() - began
    assert clf.seconds_.shape == (6,)
    assert (np.diff([0, *clf.seconds_, whole]) >= 0).all()


# ---------------------------------------------------------------------------- Ctrl-C


@contextmanager
def ctrl_c_soon(monkeypatch):
    """Pressed until the block ends: Python drops one that comes in the middle of a finalizer,
    and reports it there, which is no failure of the test."""
    ended = threading.Event()
    report = sys.unraisablehook

    def unless_dropped(unraisable):
        if unraisable.exc_type is not KeyboardInterrupt:
            report(unraisable)

    monkeypatch.setattr(sys, "unraisablehook", unless_dropped)

    def press():
        pause = 0.3
        while not ended.wait(pause):
            os.kill(os.getpid(), signal.SIGINT)
            pause = 5

    thread = threading.Thread(target=press)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill with SIGINT ends the process there")
def test_ctrl_c_keeps_the_last_iterate(binary, monkeypatch):
    X, y = binary
    clf = GDLogisticRegression(1e-3, tol=0, max_iter=10**8, store_path=1000)
    with (
        pytest.warns(ConvergenceWarning, match="interrupted after iteration"),
        ctrl_c_soon(monkeypatch),
    ):
        clf.fit(X, y)
    assert clf.stop_reason_ == "interrupted"
    n = int(clf.n_iter_[0])
    assert len(clf.loss_curve_) == n + 1 == len(clf.gradient_norms_)
    assert clf.iteration_path_[-1] == n
    same = GDLogisticRegression(1e-3, tol=0, max_iter=n).fit(X, y)
    assert_array_equal(clf.coef_, same.coef_)
    pipeline = make_pipeline(StandardScaler(), clf)
    with pytest.warns(ConvergenceWarning, match="interrupted"), ctrl_c_soon(monkeypatch):
        pipeline.fit(X, y)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [0, 6])
def test_an_interrupt_between_two_observers_leaves_one_record(at, after, binary, monkeypatch):
    """In the middle of the validation loss, before or after it was noted."""
    watch = EarlyStopping.watch

    def interrupted(self, step, run):
        if after:
            watch(self, step, run)
        if step.t == at:
            raise KeyboardInterrupt
        return watch(self, step, run) if not after else None

    monkeypatch.setattr(EarlyStopping, "watch", interrupted)
    clf = GDLogisticRegression(0.1, early_stopping=True, random_state=0, store_path=True)
    if at == 0:
        with pytest.raises(KeyboardInterrupt):
            clf.fit(*binary)
        assert not hasattr(clf, "coef_")
        return
    with pytest.warns(ConvergenceWarning, match="interrupted after iteration 5"):
        clf.fit(*binary)
    assert clf.n_iter_[0] == 5
    assert len(clf.validation_loss_curve_) == len(clf.loss_curve_) == len(clf.coef_path_) == 6
    assert clf.best_iteration_ == np.argmin(clf.validation_loss_curve_)


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill with SIGINT ends the process there")
@pytest.mark.parametrize("kind", [GridSearchCV, GDGridSearchCV])
@pytest.mark.parametrize("rate", [1e-3, "lipschitz"])
def test_ctrl_c_ends_a_search_and_not_only_its_present_fit(kind, rate, binary, monkeypatch):
    grid = {"learning_rate": [rate], "max_iter": [10**8], "C": [1.0, 2.0]}
    with pytest.raises(KeyboardInterrupt), ctrl_c_soon(monkeypatch):
        kind(GDLogisticRegression(tol=0), grid).fit(*binary)
