"""Threads for sums over rows: how many, and how they share the work.

NumPy and scipy leave the interpreter's lock, if there is one, while they work on a block of rows,
so threads run at the same time without copying anything. They are started for one descent and end
with it: nothing is kept that a pickle, a fork or a nested joblib could stumble over.
"""

import os
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from functools import cache

from joblib import cpu_count
from joblib.parallel import get_active_backend
from threadpoolctl import ThreadpoolController

from .._check import quiet


def n_threads(n_jobs):
    """How many threads an `n_jobs` parameter stands for.

    None is as many as this process has cores for: within its CPU quota, no more than
    OMP_NUM_THREADS (which joblib sets in its worker processes), and one inside a joblib call that
    runs threads already.
    """
    if n_jobs == -1:
        return cpu_count()
    if n_jobs is not None:
        return int(n_jobs)
    backend, _ = get_active_backend()
    if (backend.nesting_level or 0) > 0 and backend.uses_threads:
        return 1
    limit = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return min(cpu_count(), int(limit)) if limit.isdigit() and int(limit) else cpu_count()


@cache
def _blas():
    """NumPy's BLAS and SciPy's, loaded with this package: to look for them takes milliseconds."""
    return ThreadpoolController().select(user_api="blas").lib_controllers


def _limit(threads):
    """Set the number of threads of each BLAS, from any thread.

    From threadpoolctl 3.8 on OpenBLAS obeys the first thread that set it until that one gives up
    control, but the last fit to let go of BLAS need not be the first that held it.
    """
    give_up_control = {getattr(blas, "clear_controlling_thread", None) for blas in _blas()} - {None}
    for give_up in give_up_control:
        give_up(force=True)
    for blas, n in zip(_blas(), threads, strict=True):
        blas.set_num_threads(n)
    for give_up in give_up_control:
        give_up(force=True)


class Held:
    """BLAS, held to one thread for as long as any fit of this process wants it so.

    Each for itself would take what another has set for what had been there before, and leave it so.
    Ctrl-C may come between any two lines here; to ask once more completes what it broke off.
    """

    def __init__(self):
        self.before = None  # the numbers of threads to go back to, until they are there again
        self.forget_holders()

    def forget_holders(self):
        """In a fork: the other threads are not there, and one may have been in the middle of it."""
        self.lock, self.holders, self.held = threading.RLock(), set(), False

    def enter(self, holder):
        with self.lock:
            self.holders.add(holder)
            if self.before is None:
                self.before = [blas.get_num_threads() for blas in _blas()]
            if not self.held:
                _limit([1] * len(self.before))
                self.held = True

    def leave(self, holder):
        with self.lock:
            self.holders.discard(holder)
            if not self.holders and self.before is not None:
                self.held = False
                _limit(self.before)
                self.before = None


HELD = Held()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=HELD.forget_holders)


class Workers:
    """Applies a function to tasks on several threads, this one among them, and adds up.

    Parameters
    ----------
    n : int
        The number of threads.

    BLAS is held to one thread meanwhile; with n = 1 too, so that the result does not depend on the
    number of threads.
    """

    def __init__(self, n):
        self.n = n
        self.pool = self.process = None

    def holding_blas(self):
        """BLAS with one thread, for more than one `fold` and what is between them.

        Threads that BLAS starts in between go on spinning for a while, on the core of one of ours:
        sums over a9a, 1.8 ms on two threads, then took 4 ms every other time.
        """
        return nullcontext() if self in HELD.holders else self._hold()

    @contextmanager
    def _hold(self):
        try:
            HELD.enter(self)
            yield
        finally:
            try:
                HELD.leave(self)
            except BaseException:
                HELD.leave(self)  # Ctrl-C came in the middle of it
                raise

    def fold(self, function, tasks, combine):
        """combine(combine(function(tasks[0]), function(tasks[1])), function(tasks[2])) ...

        The tasks run in any order, their results are combined in the order of the tasks, each as
        soon as it can be: what is kept is little, and the same to the last bit.
        """
        if len(tasks) == 1:
            with self.holding_blas():
                return function(tasks[0])
        # Every task is taken once: a deque is safe from threads, with the interpreter's lock and
        # without; and each writes into a place of its own.
        left = deque(enumerate(tasks))
        results = [None] * len(tasks)

        def work(then=lambda: None):
            with quiet():  # what NumPy reports is set for each thread
                while left:
                    try:
                        i, task = left.popleft()
                    except IndexError:
                        return  # another thread has taken the last meanwhile
                    results[i] = function(task)
                    then()

        combined = Prefix(results, combine)
        with self.holding_blas():
            helpers = self._others(work)
            try:
                # What the others have done is combined by this thread alone: no lock is needed.
                work(then=combined.extend)
            finally:
                for helper in helpers:
                    helper.result()
        return combined.extend()

    def _others(self, work):
        """`work`, begun by the other threads, or by as many of them as there can be."""
        self._forget_fork()
        if self.n > 1 and self.pool is None:
            self.pool, self.process = ThreadPoolExecutor(self.n - 1), os.getpid()
        begun = []
        # Python starts no thread once the main one has ended: this one does it all then.
        with suppress(RuntimeError):
            while len(begun) < self.n - 1:
                begun.append(self.pool.submit(work))
        return begun

    def _forget_fork(self):
        """A pool of the process that this one was forked from has no threads here."""
        if self.process != os.getpid():
            self.pool = None

    def close(self):
        """End the threads; `fold` would start them again."""
        self._forget_fork()
        if self.pool is not None:
            self.pool.shutdown()
        self.pool = None


class Prefix:
    """Combines the results that are there, up to the first that is not, and lets go of them."""

    def __init__(self, results, combine):
        self.results, self.combine = results, combine
        self.combined, self.length = None, 0

    def extend(self):
        while self.length < len(self.results) and self.results[self.length] is not None:
            result, self.results[self.length] = self.results[self.length], None
            self.combined = self.combine(self.combined, result) if self.length else result
            self.length += 1
        return self.combined
