"""Threads for sums over rows: how many, and how they share the work.

NumPy and scipy leave the interpreter's lock while they work on a block of rows, so threads run
at the same time without copying anything. They are started for one descent and end with it:
nothing is kept that a pickle, a fork or a nested joblib could stumble over.
"""

import itertools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import reduce

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


class Held:
    """BLAS, held to one thread for as long as any fit of this process wants it so.

    Each for itself would take what another has set for what had been there before, and leave it so.
    """

    def __init__(self):
        self.lock, self.count, self.limiter = threading.Lock(), 0, None

    def enter(self, blas):
        with self.lock:
            if self.count == 0:
                self.limiter = blas.limit(limits=1)
            self.count += 1

    def leave(self):
        with self.lock:
            self.count -= 1
            if self.count == 0:
                self.limiter.restore_original_limits()
                self.limiter = None


HELD = Held()
if hasattr(os, "register_at_fork"):
    # Another thread may be in the middle of it, and is not there in the child.
    os.register_at_fork(after_in_child=HELD.__init__)


class Workers:
    """Applies a function to tasks on several threads, this one among them, and adds up.

    Parameters
    ----------
    n : int
        The number of threads.
    held : bool
        Whether BLAS is held to one thread meanwhile; with n = 1 too, so that the result does not
        depend on the number of threads.
    """

    def __init__(self, n, held=True):
        self.n = n
        self.held = held
        self.pool = None
        self.blas = None
        self._holding = False

    def holding_blas(self):
        """BLAS with one thread, for more than one `fold` and what is between them.

        Threads that BLAS starts in between go on spinning for a while, on the core of one of ours:
        sums over a9a, 1.8 ms on two threads, then took 4 ms every other time.
        """
        return self._hold() if self.held and not self._holding else nullcontext()

    @contextmanager
    def _hold(self):
        if self.blas is None:
            self.blas = ThreadpoolController().select(user_api="blas")
        self._holding = True
        HELD.enter(self.blas)
        try:
            yield
        finally:
            HELD.leave()
            self._holding = False

    def fold(self, function, tasks, combine):
        """combine(combine(function(tasks[0]), function(tasks[1])), function(tasks[2])) ...

        The tasks run in any order, their results are combined in the order of the tasks, each as
        soon as it can be: what is kept is little, and the same to the last bit.
        """
        if len(tasks) == 1 or not self.held:
            return reduce(combine, map(function, tasks))
        if self.n > 1 and self.pool is None:
            self.pool = ThreadPoolExecutor(self.n - 1)
        taken = itertools.count()  # one step of it is atomic: every task is taken once
        results = [None] * len(tasks)

        def work(then=lambda: None):
            with quiet():  # what NumPy reports is set for each thread
                while (i := next(taken)) < len(tasks):
                    results[i] = function(tasks[i])
                    then()

        combined = Prefix(results, combine)
        with self.holding_blas():
            helpers = [self.pool.submit(work) for _ in range(self.n - 1)]
            try:
                # What the others have done is combined by this thread alone: no lock is needed.
                work(then=combined.extend)
            finally:
                for helper in helpers:
                    helper.result()
        return combined.extend()

    def close(self):
        """End the threads; `fold` would start them again."""
        if self.pool is not None:
            self.pool.shutdown()
        self.pool = self.blas = None


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
