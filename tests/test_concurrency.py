"""Fits at the same time, in threads and processes: equal results, nothing left behind."""

import gc
import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from joblib import Parallel, delayed
from numpy.testing import assert_array_equal
from sklearn import clone

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression

from .helpers import needs_sklearn


@pytest.fixture(scope="module")
def large():
    """Of several parts, so that a fit has threads of its own."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60_000, 20))
    return X, (X[:, 0] + rng.logistic(size=60_000) > 0).astype(int)


def fit(X, y, **options):
    return GDLogisticRegression(C=1.0, max_iter=5, tol=0, n_jobs=2, **options).fit(X, y).coef_


def test_eight_threads_at_once(large):
    expected = fit(*large)
    with ThreadPoolExecutor(8) as pool:
        for coef in pool.map(lambda _: fit(*large), range(16)):
            assert_array_equal(coef, expected)


def test_fits_searches_and_predictions_at_once_are_those_of_one_thread(binary, large):
    """On threads that take turns as often as they can be made to."""
    shared = GDLogisticRegression(C=1.0, store_path=5).fit(*binary)
    search = GDGridSearchCV(GDLogisticRegression(tol=0), {"learning_rate": [0.1, 0.5]}, cv=2)
    jobs = [
        lambda: GDLogisticRegression(C=1.0).fit(*binary).coef_,
        lambda: fit(*large),
        lambda: shared.predict_proba(binary[0]),
        lambda: np.array(list(shared.staged_predict(binary[0]))),
        lambda: clone(search).fit(*binary).cv_results_["mean_test_score"],
        lambda: shared.to_sklearn().coef_,
    ]
    expected = [job() for job in jobs]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(len(jobs)) as pool:
            found = list(pool.map(lambda k: jobs[k % len(jobs)](), range(10 * len(jobs))))
    finally:
        sys.setswitchinterval(before)
    for k, result in enumerate(found):
        assert_array_equal(result, expected[k % len(jobs)])


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_inside_joblib(backend, large):
    expected = fit(*large)
    fits = Parallel(n_jobs=2, backend=backend)(delayed(fit)(*large) for _ in range(4))
    for coef in fits:
        assert_array_equal(coef, expected)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_in_a_forked_process_after_a_threaded_fit():
    program = """
    import os, sys, warnings
    import numpy as np
    from sklearn_gdlogreg import GDLogisticRegression
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60_000, 20))
    y = (X[:, 0] + rng.logistic(size=60_000) > 0).astype(int)
    clf = GDLogisticRegression(C=1.0, max_iter=5, tol=0, n_jobs=2)
    before = clf.fit(X, y).coef_
    warnings.simplefilter("ignore")  # Python 3.12 warns of any fork beside a thread
    child = os.fork()
    after = clf.fit(X, y).coef_
    if child == 0:
        os._exit(0 if np.array_equal(before, after) else 1)
    _, status = os.waitpid(child, 0)
    assert np.array_equal(before, after)
    sys.exit(os.waitstatus_to_exitcode(status))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0


def test_with_one_thread_of_openmp(large):
    program = """
    import numpy as np, sys
    from sklearn_gdlogreg import GDLogisticRegression
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60_000, 20))
    y = (X[:, 0] + rng.logistic(size=60_000) > 0).astype(int)
    clf = GDLogisticRegression(C=1.0, max_iter=5, tol=0).fit(X, y)
    sys.stdout.write(" ".join(value.hex() for value in clf.coef_.ravel().tolist()))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert_array_equal(list(map(float.fromhex, done.stdout.split())), fit(*large)[0])


class Raises:
    """A callback that fails in the third iteration."""

    def setup(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "iteration" and context.task_id == 3:
            raise ArithmeticError("the third iteration")

    def on_fit_task_end(self, estimator, context): ...

    def teardown(self, estimator, context): ...


@needs_sklearn("1.9")
def test_a_callback_that_raises_leaves_nothing_behind(large):
    before = threading.active_count()
    clf = GDLogisticRegression(C=1.0, n_jobs=2).set_callbacks(Raises())
    for _ in range(5):
        with pytest.raises(ArithmeticError, match="the third iteration"):
            clf.fit(*large)
        assert not hasattr(clf, "coef_")
    gc.collect()
    assert threading.active_count() == before


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="/proc is of Linux")
def test_a_thousand_fits_leave_no_thread_no_file_and_no_memory(binary, large):
    def state():
        gc.collect()
        return threading.active_count(), len(os.listdir("/proc/self/fd")), own_memory()

    clf = GDLogisticRegression(C=1.0, max_iter=3, tol=0, n_jobs=2)
    for _ in range(100):
        clf.fit(*binary)
    clf.fit(*large)
    threads, files, memory = state()
    for _ in range(1000):
        clf.fit(*binary)
    for _ in range(20):
        clf.fit(*large)
    threads_after, files_after, memory_after = state()
    assert threads_after == threads
    assert files_after == files
    # A leak of 150 rows a fit would be 6 MB, one of an X of several parts 190 MB.
    assert memory_after - memory < 4e6


def own_memory():
    """The memory of this process that is not shared with files, in bytes."""
    with open("/proc/self/status") as status:
        return int(status.read().split("RssAnon:")[1].split()[0]) * 1024


SEVERAL_PARTS = """
import atexit, os, threading, warnings
import numpy as np
from sklearn_gdlogreg import GDLogisticRegression, descend
rng = np.random.default_rng(0)
X = rng.normal(size=(60_000, 20))
y = (X[:, 0] + rng.logistic(size=60_000) > 0).astype(int)
"""


def output_of(program):
    command = [sys.executable, "-c", SEVERAL_PARTS + textwrap.dedent(program)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=True
    ).stdout.split()


@pytest.mark.parametrize(
    "how", ["threading.Thread(target=wait_and_fit).start()", "atexit.register(fit)"]
)
def test_after_the_main_thread_has_ended(how, large):
    program = """
    def fit():
        clf = GDLogisticRegression(C=1.0, max_iter=5, tol=0, n_jobs=2).fit(X, y)
        print(*(value.hex() for value in clf.coef_.ravel().tolist()))

    def wait_and_fit():
        threading.main_thread().join()
        fit()
    """
    found = output_of(textwrap.dedent(program) + how)
    assert_array_equal(list(map(float.fromhex, found)), fit(*large)[0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_descent_goes_on_in_a_forked_process():
    program = """
    steps = descend(X, y, 0.1, n_jobs=2)
    next(steps), next(steps)
    warnings.simplefilter("ignore")  # Python 3.12 warns of any fork beside a thread
    child = os.fork()
    coef = next(steps).coef.tolist()
    steps.close()
    if child:
        _, status = os.waitpid(child, 0)
        assert status == 0
    print(*(value.hex() for value in coef))
    """
    of_both = output_of(program)
    assert len(of_both) == 40
    assert of_both[:20] == of_both[20:]
