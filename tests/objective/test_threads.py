"""Threads: the same numbers to the last bit, and nothing left behind."""

import inspect
import operator
import pickle
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from joblib import Parallel, cpu_count, delayed, parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import clone
from sklearn.datasets import load_digits
from threadpoolctl import ThreadpoolController, threadpool_limits

from sklearn_gdlogreg import Checkpoint, GDLogisticRegression, cost_and_gradient, descend
from sklearn_gdlogreg._descent.steps import begin
from sklearn_gdlogreg._objective.in_memory import added
from sklearn_gdlogreg._objective.objective import Objective
from sklearn_gdlogreg._objective.rows import cut_into_parts
from sklearn_gdlogreg._objective.threads import Workers, n_threads
from sklearn_gdlogreg._search.side_by_side import descend_side_by_side

from .helpers import STORAGES

pytestmark = pytest.mark.sklearn


@pytest.fixture
def new_threads():
    """A function: how many threads there are more than before, once those that end have ended."""
    before = threading.active_count()

    def count(expected=0):
        for _ in range(100):
            if threading.active_count() - before <= expected:
                break
            time.sleep(0.01)
        return threading.active_count() - before

    return count


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_any_number_of_threads_gives_the_same_bits(storage, n_classes, weighted, large):
    X, y, s = large
    X, y, s = STORAGES[storage](X), np.minimum(y, n_classes - 1), s if weighted else None
    assert len(cut_into_parts(X, y, np.ones(len(y)))) > 2
    options = {"C": 1.0, "max_iter": 4, "tol": 0}
    models = [
        GDLogisticRegression(n_jobs=n_jobs, **options).fit(X, y, sample_weight=s)
        for n_jobs in (1, 2, 5, -1, None)
    ]  # fmt: skip
    for clf in models[1:]:
        assert_array_equal(clf.coef_, models[0].coef_)
        assert_array_equal(clf.intercept_, models[0].intercept_)
        assert_array_equal(clf.loss_curve_, models[0].loss_curve_)


def test_no_thread_outlives_a_fit(large, new_threads):
    X, y, _ = large
    clf = GDLogisticRegression(n_jobs=3, max_iter=3, tol=0).fit(X, y)
    assert new_threads() == 0
    assert pickle.loads(pickle.dumps(clf)).n_jobs == 3
    assert not any(isinstance(value, Workers) for value in vars(clf).values())


def test_no_thread_outlives_a_descent_that_was_left(large, new_threads):
    X, y, _ = large
    steps = descend(X, y, 0.1, n_jobs=3)
    next(steps), next(steps)
    assert new_threads(expected=2) == 2
    steps.close()
    assert new_threads() == 0


def test_threads_end_with_the_descent_though_its_rows_are_kept(large, new_threads):
    X, y, _ = large
    objective = Objective.in_memory(X, y, 3, n_jobs=3)
    w, b = np.zeros((3, 40)), np.zeros(3)
    steps = begin(objective, w, b, learning_rate=0.1, coordinates="raw").steps()
    next(steps), next(steps)
    assert new_threads(expected=2) == 2
    steps.close()
    assert new_threads() == 0


def test_no_thread_outlives_descents_side_by_side(large, new_threads):
    X, y, _ = large
    objectives = [Objective.in_memory(X, y, 3, C=C, n_jobs=3) for C in (1.0, 2.0)]
    descend_side_by_side(objectives, [0.1, 0.1], [{2}, {3}], 0.0)
    assert new_threads() == 0


def test_no_thread_outlives_a_fit_that_failed(large, new_threads):
    X, y, _ = large
    clf = GDLogisticRegression(lambda t: 0.1 if t < 3 else None, n_jobs=3)
    with pytest.raises(ValueError, match=r"learning_rate\(3\)"):
        clf.fit(X, y)
    assert new_threads() == 0


def test_an_error_in_one_thread_reaches_the_caller(new_threads):
    def fail(task):
        if task == 3:
            raise ArithmeticError(f"task {task}")
        return (task,)

    workers = Workers(2)
    with pytest.raises(ArithmeticError, match="task 3"):
        workers.fold(fail, list(range(8)), added)
    workers.close()
    assert new_threads() == 0


@pytest.fixture
def taking_turns():
    """Threads take turns as often as they can be made to: what must not be parted is parted."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_every_task_is_done_once_and_no_result_is_lost(taking_turns):
    workers, tasks = Workers(8), list(range(3000))
    done = [[] for _ in tasks]
    for _ in range(10):
        total = workers.fold(lambda task: done[task].append(task) or (task,), tasks, added)
        assert total == (sum(tasks),)
    workers.close()
    assert [len(each) for each in done] == [10] * len(tasks)


def test_blas_is_held_as_long_as_any_thread_holds_it(taking_turns, blas_threads):
    def hold(_):
        for _ in range(5000):
            with Workers(1).holding_blas():
                seen.append(blas_threads())

    seen = []
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with ThreadPoolExecutor(2) as pool:  # of which often none holds it
            list(pool.map(hold, range(2)))
        assert blas_threads() == before
    assert seen == [[1] * len(before)] * 10_000


@pytest.mark.parametrize("n", [1, 2, 5])
def test_results_are_combined_in_the_order_of_the_tasks(n):
    def late_if_early(task):
        time.sleep((5 - task) / 1000)
        return [task]

    workers = Workers(n)
    assert workers.fold(late_if_early, list(range(6)), operator.add) == list(range(6))
    workers.close()


def test_fits_in_many_threads_at_once_are_independent(large):
    X, y, _ = large
    expected = GDLogisticRegression(C=1.0, max_iter=4, tol=0).fit(X, y).coef_
    fits = Parallel(n_jobs=4, backend="threading")(
        delayed(lambda: GDLogisticRegression(C=1.0, max_iter=4, tol=0).fit(X, y).coef_)()
        for _ in range(8)
    )
    for coef in fits:
        # BLAS runs with as many threads as the last of them to begin or to end has left it.
        assert_allclose(coef, expected, rtol=1e-10)


def test_fits_at_once_leave_blas_as_it_was(large):
    X, y, _ = large
    blas = ThreadpoolController().select(user_api="blas")

    def threads():
        return [pool["num_threads"] for pool in blas.info()]

    before = threads()
    clf = GDLogisticRegression(n_jobs=2, max_iter=20, tol=0)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: clone(clf).fit(X, y), range(8)))
    assert threads() == before


def test_the_default_number_of_threads(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert n_threads(None) == cpu_count()
    assert n_threads(-1) == cpu_count()
    assert n_threads(7) == 7
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert n_threads(None) == 1
    assert n_threads(2) == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "nonsense")
    assert n_threads(None) == cpu_count()
    monkeypatch.delenv("OMP_NUM_THREADS")
    inside = Parallel(n_jobs=2, backend="threading")(delayed(n_threads)(None) for _ in range(2))
    assert inside == [1, 1]


def test_workers_of_a_process_pool_share_the_cores():
    with parallel_config(backend="loky", inner_max_num_threads=1):
        inside = Parallel(n_jobs=2)(delayed(n_threads)(None) for _ in range(2))
    assert inside == [1, 1]


@pytest.fixture(scope="module")
def in_one_piece():
    """Data that fit a cache, large enough for BLAS to start threads for them."""
    return load_digits(return_X_y=True)


@pytest.fixture
def blas_threads():
    """A function: how many threads each BLAS has."""
    blas = ThreadpoolController().select(user_api="blas")
    return lambda: [pool["num_threads"] for pool in blas.info()]


def with_blas_threads(n, function):
    with threadpool_limits(n, user_api="blas"):
        return function()


@pytest.mark.filterwarnings("ignore:The cost rose")
@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize("options", [{"learning_rate": 0.01, "coordinates": "raw"}, {"C": 1.0}])
def test_any_number_of_blas_threads_gives_the_same_bits(options, in_one_piece):
    def fit():
        clf = GDLogisticRegression(max_iter=10, tol=0, early_stopping=True, random_state=0)
        return clf.set_params(**options).fit(*in_one_piece)

    expected, found = with_blas_threads(1, fit), with_blas_threads(2, fit)
    for name in ("coef_", "intercept_", "loss_curve_", "validation_loss_curve_"):
        assert_array_equal(getattr(found, name), getattr(expected, name))


def test_functions_of_the_course_give_the_same_bits_on_any_number_of_blas_threads(in_one_piece):
    X, y = in_one_piece
    w, b = np.random.default_rng(0).normal(size=(10, 64)), np.zeros(10)

    def compute():
        steps = descend(X, y, 0.01)
        return [next(steps).coef for _ in range(5)], *cost_and_gradient(X, y, w, b)

    for one, two in zip(with_blas_threads(1, compute), with_blas_threads(2, compute), strict=True):
        assert_array_equal(one, two)


def test_a_fit_goes_on_with_another_number_of_blas_threads(in_one_piece, tmp_path):
    clf = GDLogisticRegression(C=1.0, max_iter=20, tol=0)
    expected = with_blas_threads(1, lambda: clone(clf).fit(*in_one_piece))
    half = clone(clf).set_params(max_iter=10).set_callbacks(Checkpoint(tmp_path / "half", every=9))
    with_blas_threads(1, lambda: half.fit(*in_one_piece))
    resumed = with_blas_threads(2, lambda: clf.fit(*in_one_piece, resume_from=tmp_path / "half"))
    assert_array_equal(resumed.coef_, expected.coef_)
    assert_array_equal(resumed.loss_curve_, expected.loss_curve_)


def test_a_fit_holds_blas_whichever_thread_held_it_before(in_one_piece, blas_threads):
    during = []

    def rate(t):
        during.append(blas_threads())
        return 0.01

    def fit():
        GDLogisticRegression(rate, max_iter=1, tol=0).fit(*in_one_piece)

    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        fit()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(fit).result()
            fit()
        assert during == [[1] * len(before)] * 3
        assert blas_threads() == before


def interrupted_at(k, function):
    """Whether a Ctrl-C came at the k-th of the places where Python lets one in.

    These are where a function begins and where one has returned, other than by a yield.
    """
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        yields = event == "return" and frame.f_code.co_flags & inspect.CO_GENERATOR
        count += event in ("call", "return", "c_return") and not yields
        if count == k:
            raise KeyboardInterrupt

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function()
    except KeyboardInterrupt:
        pass
    finally:
        sys.setprofile(before)
    return count >= k


def test_ctrl_c_leaves_blas_as_it_was_wherever_it_comes(blas_threads):
    def hold():
        with Workers(1).holding_blas():
            pass

    hold()  # BLAS is looked for once
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        k = 1
        while interrupted_at(k, hold):
            assert blas_threads() == before, k
            k += 1
        assert k > 20
