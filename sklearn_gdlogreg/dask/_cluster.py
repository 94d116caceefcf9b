"""Rows in the partitions of a Dask collection: who adds them up is whoever has them.

Every partition is loaded once, checked, and stays where it is. With a `distributed` client that is
a worker of the cluster, and one actor on each worker adds up its partitions: a step sends w and b
to the workers and brings one sum from each back. With Dask's other schedulers the partitions come
into this process, whose threads add them up.
"""

import logging
import time
import weakref
from contextlib import nullcontext
from functools import reduce

import dask

from .._check import quiet
from .._objective.in_memory import InMemory, added
from ._partitions import cut

logger = logging.getLogger("sklearn_gdlogreg")

# So many workers report to one; beyond that they do so in a tree.
FAN_IN = 16
# How often it is seen whether a worker that does not answer is still there, in seconds, and how
# long one that broke off may take to be missed by the scheduler.
LOOK_EVERY, PATIENCE = 2.0, 10.0
CANCELLED = (
    "Partitions were cancelled during the fit: the client was restarted or closed, or another "
    "program released them. Fit again."
)


def scheduler_place(collection):
    """Where Dask would compute it."""
    scheduler = dask.base.get_scheduler(collections=[collection])
    client = getattr(scheduler, "__self__", None)
    if not hasattr(client, "who_has"):
        return Process()
    _make_room()
    return Cluster(client)


def _make_room():
    """Give up this thread's place among those of the worker, where a fit is a task itself.

    What it waits for may have to run there. A thread has none left after an earlier fit, and inside
    `worker_client()`.
    """
    from distributed import secede
    from distributed.threadpoolexecutor import thread_state as of_pool
    from distributed.worker import thread_state as of_task

    if hasattr(of_task, "key") and getattr(of_pool, "proceed", False):
        secede()


class Process:
    """This process: what Dask's threads or processes have loaded comes here."""

    def load(self, delayed):
        return list(dask.compute(*delayed))

    def forget(self, loaded):
        """Do nothing: it goes with the last reference."""

    def each(self, function, *arguments):
        """function of the arguments of every partition."""
        return list(map(function, *arguments))

    def gather(self, results):
        return results

    def rows(self, parts, n_classes, total_weight, n_jobs):
        return InMemory(cut(parts), n_classes, total_weight, n_jobs)


class Cluster:
    """The workers of a cluster; what is loaded stays there."""

    def __init__(self, client):
        self.client = client

    def workers(self):
        """What the scheduler knows of the workers that there are, by address."""
        return self.client.scheduler_info(n_workers=-1)["workers"]

    def check_memory(self, needed):
        """Refuse what the workers cannot hold."""
        limits = [worker["memory_limit"] for worker in self.workers().values()]
        if limits and all(limits) and needed > sum(limits):
            raise MemoryError(
                f"X takes {needed / 1e9:.3g} GB, and the {len(limits)} workers of the cluster have "
                f"{sum(limits) / 1e9:.3g} GB together. Add workers, use float32, or fit a memory "
                "map with GDLogisticRegression, which reads the file in every step."
            )

    def load(self, delayed):
        return self.client.compute(list(delayed))

    def forget(self, loaded):
        """Release what was loaded: an error that is kept somewhere may keep it, too."""
        _let_go(self.client, list(loaded))

    def each(self, function, *arguments):
        """function of the arguments of every partition, where the partition is."""
        return [
            self.client.submit(function, *each, pure=False) for each in zip(*arguments, strict=True)
        ]

    def gather(self, results):
        from distributed import CancelledError, KilledWorker

        try:
            return self.client.gather(results)
        except KilledWorker as error:
            raise MemoryError(
                "The workers that tried to load a partition died, one after the other: most often "
                "because it does not fit their memory. Make partitions smaller, or give the "
                "workers more memory."
            ) from error
        except CancelledError as error:
            raise RuntimeError(CANCELLED) from error

    def rows(self, parts, n_classes, total_weight, n_jobs):
        return OnCluster(self, parts, n_classes, total_weight, n_jobs)


class Adder:
    """An actor: the partitions of one worker, and the threads that add them up.

    The same as InMemory with the sums of other workers added to its own.
    """

    def __init__(self, partitions, n_classes, n_jobs):
        from distributed import get_worker

        n_threads = get_worker().state.nthreads
        if n_jobs not in (None, -1):
            n_threads = min(n_threads, n_jobs)
        self.rows = InMemory(cut(partitions), n_classes, 1.0, n_threads)
        self.abandoned = False

    def about(self):
        """What the client has to know of the rows."""
        rows = self.rows
        return rows.m, rows.n, rows.dtype, rows.stored

    def total(self, function, arguments, combine, below=()):
        """The sum over these rows, and over those of the adders below."""
        calls = [adder.total(function, arguments, combine, rest) for adder, rest in below]
        with quiet():
            total = self.rows.total(function, *arguments, combine=combine)
        return reduce(combine, map(self._answer, calls), total)

    def _answer(self, call):
        """What an adder below answers; one whose worker is lost never does."""
        while not self.abandoned:
            try:
                return call.result(timeout=LOOK_EVERY)
            except TimeoutError:
                continue
        raise OSError("a worker below was lost")

    async def abandon(self):
        """Wait no longer. Being a coroutine, it runs while `total` blocks the actors' thread."""
        self.abandoned = True


class OnCluster:
    """Rows in the memory of the workers of a cluster; as InMemory, for who adds up.

    Parameters
    ----------
    cluster : Cluster
    parts : list of Future of Part
        None of them empty.
    """

    promotes = True

    def __init__(self, cluster, parts, n_classes, total_weight, n_jobs):
        self.cluster, self.parts = cluster, parts
        self.n_classes, self.total_weight, self.n_jobs = n_classes, total_weight, n_jobs
        self.adders = []
        self._place()
        of_adders = self._asked(lambda: [adder.about() for adder in self.adders])
        m, n, dtype, stored = zip(*of_adders, strict=True)
        self.m, self.n, self.dtype = sum(m), n[0], dtype[0]
        self.stored = None if stored[0] is None else sum(stored)

    def _place(self):
        """An adder on every worker that has partitions."""
        from distributed import wait

        client = self.cluster.client
        workers = self.cluster.workers() if self.adders else ()
        for adder in self.adders:
            if adder._address in workers:
                adder.abandon()  # it may be waiting for one that is lost
        wait(self.parts)
        holders = client.who_has(self.parts)
        of_worker = {}
        for part in self.parts:
            # Lost since, or failed: the adder waits for it, wherever it is made again.
            of_worker.setdefault(min(holders[part.key], default=None), []).append(part)
        futures = [
            client.submit(
                Adder,
                parts,
                self.n_classes,
                self.n_jobs,
                workers=None if address is None else [address],
                allow_other_workers=address is not None,
                actor=True,
                pure=False,
            )
            for address, parts in sorted(of_worker.items(), key=str)
        ]
        self.adders = self.cluster.gather(futures)
        # Calls of an actor's methods refer to themselves: it would live on until the garbage
        # collector comes by, and its partitions with it.
        weakref.finalize(self, _let_go, client, futures)
        self.addresses = {adder._address for adder in self.adders}

    def total(self, function, *arguments, combine=added):
        """The sum of function(part, *arguments), a tuple, over all parts."""
        of_what = function, arguments, combine

        def ask():
            return [adder.total(*of_what, below) for adder, below in _tree(self.adders)]

        return reduce(combine, self._asked(ask))

    def _asked(self, ask):
        """What the adders answer to calls; asked again, if a worker is lost meanwhile."""
        while True:
            try:
                return self._answers(ask)
            except WorkerLost as error:
                logger.warning("%s Its partitions are made again on the others.", error)
                self._place()
                logger.warning("The descent goes on with %d workers.", len(self.adders))

    def _answers(self, ask):
        try:
            return [self._answer(call) for call in ask()]
        except (OSError, RuntimeError) as error:
            # A connection breaks a moment before the scheduler knows why.
            give_up = time.monotonic() + PATIENCE
            while time.monotonic() < give_up and not self._cancelled():
                self._check_workers(error)
                time.sleep(0.05)
            raise RuntimeError(CANCELLED if self._cancelled() else str(error)) from error

    def _answer(self, call):
        while True:
            try:
                return call.result(timeout=LOOK_EVERY)
            except TimeoutError:
                self._check_workers()

    def _cancelled(self):
        return any(part.status == "cancelled" for part in self.parts)

    def _check_workers(self, error=None):
        lost = sorted(self.addresses - set(self.cluster.workers()))
        if lost:
            raise WorkerLost(f"Lost worker {', '.join(lost)}.") from error

    def holding_blas(self):
        """The context of several sums: the workers see to it themselves."""
        return nullcontext()

    def close(self):
        """Nothing is kept but the partitions, for as long as this object lives."""


def _let_go(client, futures):
    """Release futures, from whatever thread the garbage collector runs in."""
    if client.status == "running":
        client.loop.add_callback(client.cancel, futures, asynchronous=True)


class WorkerLost(Exception):
    """A worker is gone, and what it held with it."""


def _tree(adders, fan_in=None):
    """[(adder, its tree)]: so many at the top, the others evenly below them."""
    fan_in = fan_in or FAN_IN
    if len(adders) <= fan_in:
        return [(adder, ()) for adder in adders]
    below = adders[fan_in:]
    return [(adders[k], _tree(below[k::fan_in], fan_in)) for k in range(fan_in)]
