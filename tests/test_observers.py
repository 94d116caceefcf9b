"""Early stopping, the stored path, callbacks, progress, Ctrl-C: who else looks at every step."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from types import SimpleNamespace
from typing import ClassVar

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


@pytest.mark.parametrize("given", [True, False])
def test_a_class_of_which_nothing_is_learned_asks_nothing(given, rng):
    X = rng.normal(size=(400, 4))
    y, weights = np.zeros(400, int), np.ones(400)
    y[[5, 300]], y[7:80] = 1, 2
    weights[[5, 300]] = 0
    validation = {"X_val": X, "y_val": y} if given else {}
    clf = GDLogisticRegression(early_stopping=True, class_weight="balanced", random_state=0)
    clf.fit(X, y, sample_weight=weights, **validation)
    assert np.isfinite(clf.validation_loss_curve_).all()


def test_rows_that_are_set_aside_do_not_make_up_for_too_few(rng):
    X, y = rng.normal(size=(44, 40)), np.arange(44) % 2
    options = {"early_stopping": True, "validation_fraction": 0.2, "random_state": 0}
    assert GDLogisticRegression(**options).fit(X, y).coordinates_ == "standardized"


@pytest.mark.parametrize("counts", ["to learn from", "to stop by"])
def test_weights_that_leave_nothing_to_learn_from_or_to_stop_by_are_refused(counts, binary):
    X, y = binary
    _, aside = train_test_split(np.arange(150), test_size=0.1, stratify=y, random_state=0)
    stop_by = np.isin(np.arange(150), aside)
    weights = stop_by if counts == "to stop by" else ~stop_by
    other = {"to stop by": "to learn from", "to learn from": "to stop by"}[counts]
    clf = GDLogisticRegression(early_stopping=True, random_state=0)
    with pytest.raises(ValueError, match=f"All examples {other} have weight 0"):
        clf.fit(X, y, sample_weight=weights)


def test_validation_weights_count_as_repeated_rows(binary, rng):
    X, y = binary
    s = rng.integers(0, 3, 50)
    options = {"early_stopping": True, "class_weight": {0: 1.0, 1: 3.0}, "max_iter": 20, "tol": 0}
    weighted = GDLogisticRegression(**options).fit(
        X[50:], y[50:], X_val=X[:50], y_val=y[:50], sample_weight_val=s
    )
    rows = np.repeat(np.arange(50), s)
    repeated = GDLogisticRegression(**options).fit(X[50:], y[50:], X_val=X[rows], y_val=y[rows])
    assert_allclose(weighted.validation_loss_curve_, repeated.validation_loss_curve_, rtol=1e-13)
    assert_allclose(weighted.validation_scores_, repeated.validation_scores_, rtol=1e-13)


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


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"X_val": "X"}, "X_val is given, but y_val is not"),
        ({"y_val": "y"}, "X_val is not; pass both"),
        ({"X_val": "narrow", "y_val": "y"}, "X_val has 2 features, but X has 4"),
        ({"X_val": "X", "y_val": "other"}, r"y_val has labels that y has not: \[7\]"),
        ({"X_val": "X", "y_val": "y", "sample_weight_val": "zeros"}, "weight"),
    ],
)
def test_validation_data_that_do_not_fit_are_refused(given, match, binary):
    X, y = binary
    values = {"X": X, "y": y, "narrow": X[:, :2], "other": y + 7 * (y == 1), "zeros": y * 0.0}
    values["other"] = np.where(y == 1, 7, 0)
    clf = GDLogisticRegression(early_stopping=True)
    with pytest.raises(ValueError, match=match):
        clf.fit(X, y, **{name: values[value] for name, value in given.items()})
    assert not hasattr(clf, "coef_")


def test_validation_columns_in_another_order_are_refused(binary):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(binary[0], columns=list("abcd"))
    clf = GDLogisticRegression(early_stopping=True)
    with pytest.raises(ValueError, match="same order"):
        clf.fit(X, binary[1], X_val=X[list("dcba")], y_val=binary[1])
    small, large = binary[0].astype(np.float32), binary[0] * 1e300
    with pytest.raises(ValueError, match="X_val has values too large for float32"):
        clf.fit(small, binary[1], X_val=large, y_val=binary[1])


def test_too_large_a_validation_set_is_refused(binary):
    with pytest.raises(ValueError, match="validation_fraction=150 sets more examples aside"):
        GDLogisticRegression(early_stopping=True, validation_fraction=150).fit(*binary)


def test_a_class_of_one_cannot_be_split(binary):
    X, y = binary
    with pytest.raises(ValueError, match=r"validation_fraction=0.1 cannot be set aside.*or pass"):
        GDLogisticRegression(early_stopping=True).fit(X, np.r_[2, y[1:]])


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


# ---------------------------------------------------------------------------- the record


@pytest.mark.parametrize("worst", [np.nan, np.inf])
def test_a_loss_that_is_no_number_is_never_the_lowest(worst):
    losses = iter([worst, 0.5, 0.4, worst, 0.4])
    observer = EarlyStopping(SimpleNamespace(evaluate=lambda w, b: (next(losses), 0.0)), 10)
    best = []
    for t in range(5):
        observer.watch(SimpleNamespace(t=t, coef=None, intercept=None), None)
        best.append(observer.preferred.t)
    assert best == [0, 1, 2, 2, 2]


def test_seconds_count_from_the_beginning_of_the_descent(binary):
    began = time.perf_counter()
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0).fit(*binary)
    whole = time.perf_counter() - began
    assert clf.seconds_.shape == (6,)
    assert (np.diff([0, *clf.seconds_, whole]) >= 0).all()


def test_history_is_the_descent_as_a_table(binary):
    pytest.importorskip("pandas")
    clf = GDLogisticRegression(early_stopping=True, C=1.0).fit(*binary)
    table = clf.history()
    assert table.index.name == "iteration"
    assert len(table) == clf.n_iter_[0] + 1
    assert_array_equal(table["cost"], clf.loss_curve_)
    assert_array_equal(table["learning_rate"][1:], clf.learning_rates_)
    assert np.isnan(table["learning_rate"][0])
    assert_array_equal(table["validation_cost"], clf.validation_loss_curve_)
    assert (np.diff(table["seconds"]) > 0).all()
    assert "validation_cost" not in GDLogisticRegression().fit(*binary).history()


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


# ---------------------------------------------------------------------------- Ctrl-C


def interrupt_soon(seconds=0.3):
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill with SIGINT ends the process there")
def test_ctrl_c_keeps_the_last_iterate(binary):
    X, y = binary
    clf = GDLogisticRegression(1e-3, tol=0, max_iter=10**8, store_path=1000)
    interrupt_soon()
    with pytest.warns(ConvergenceWarning, match="interrupted after iteration"):
        clf.fit(X, y)
    assert clf.stop_reason_ == "interrupted"
    n = int(clf.n_iter_[0])
    assert len(clf.loss_curve_) == n + 1 == len(clf.gradient_norms_)
    assert clf.iteration_path_[-1] == n
    same = GDLogisticRegression(1e-3, tol=0, max_iter=n).fit(X, y)
    assert_array_equal(clf.coef_, same.coef_)
    pipeline = make_pipeline(StandardScaler(), clf)
    interrupt_soon()
    with pytest.warns(ConvergenceWarning, match="interrupted"):
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


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill with SIGINT ends the process there")
@pytest.mark.parametrize("kind", [GridSearchCV, GDGridSearchCV])
@pytest.mark.parametrize("rate", [1e-3, "lipschitz"])
def test_ctrl_c_ends_a_search_and_not_only_its_present_fit(kind, rate, binary):
    grid = {"learning_rate": [rate], "max_iter": [10**8], "C": [1.0, 2.0]}
    interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        kind(GDLogisticRegression(tol=0), grid).fit(*binary)


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


# ---------------------------------------------------------------------- what cannot be stopped by


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_validation_rows_of_classes_without_weight_are_refused(data, request):
    X, y = request.getfixturevalue(data)
    others = X[y == 0], y[y == 0]
    clf = GDLogisticRegression(early_stopping=True, class_weight={0: 0.0})
    with pytest.raises(ValueError, match="to stop by are of classes that class_weight gives"):
        clf.fit(X, y, X_val=others[0], y_val=others[1])
    clf.set_params(class_weight={0: 1e-300}).fit(X, y, X_val=others[0], y_val=others[1])
    assert np.isfinite(clf.validation_loss_curve_).all()


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


# ------------------------------------------------------------------- what callbacks are shown


class Pickler(Recorder):
    """Pickles what it is shown, and keeps the pickles where none of them finds the others."""

    kept: ClassVar[list] = []

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.kept.append((pickle.dumps(fitted_estimator), fitted_estimator.coef_))


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
