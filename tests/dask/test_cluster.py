"""The workers of a cluster: who has which rows, who adds them up, and what if one is lost."""

import contextlib
import gc
import logging
import os
import signal
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_gdlogreg import GDLogisticRegression

from .helpers import assert_same_descent, lazy, lazy_rows, with_nan

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

from sklearn_gdlogreg.dask import DaskGDLogisticRegression, _cluster  # noqa: E402


def test_workers_report_to_one_another_where_they_are_many(client, rows, monkeypatch):
    X, y, _ = rows
    expected = GDLogisticRegression(C=1.0, store_path=True).fit(X, y)
    monkeypatch.setattr(_cluster, "FAN_IN", 1)
    with client.as_current():
        found = DaskGDLogisticRegression(C=1.0, store_path=True).fit(lazy(X), lazy(y))
    assert_same_descent(found, expected)


def test_the_tree_has_everyone_once():
    def everyone(tree):
        return [each for adder, below in tree for each in (adder, *everyone(below))]

    for n in (1, 3, 16, 17, 300):
        tree = _cluster._tree(list(range(n)), 4)
        assert len(tree) <= 4
        assert sorted(everyone(tree)) == list(range(n))


def test_partitions_stay_where_they_are(client, rows, monkeypatch):
    X, y, _ = rows
    seen = []

    def spy(self, *arguments, **options):
        OnCluster.total(self, *arguments, **options)
        holders = client.who_has(self.parts)
        of_adders = {adder._address: adder.about().result()[0] for adder in self.adders}
        seen.append(all(len(each) == 1 for each in holders.values()))
        lengths = dict.fromkeys(of_adders, 0)
        for part in self.parts:
            lengths[holders[part.key][0]] += client.submit(lambda part: part.m, part).result()
        seen.append(lengths == of_adders)
        return OnCluster.total(self, *arguments, **options)

    OnCluster = _cluster.OnCluster
    monkeypatch.setattr(_cluster, "OnCluster", type("Spied", (OnCluster,), {"total": spy}))
    with client.as_current():
        DaskGDLogisticRegression(0.01, max_iter=1, tol=0).fit(lazy(X, 50), lazy(y, 50))
    assert seen
    assert all(seen)


def test_nothing_stays_on_the_cluster(client, rows):
    X, y, _ = rows
    gc.collect()  # what failed before
    before = set(client.who_has())
    with client.as_current():
        clf = DaskGDLogisticRegression(C=1.0).fit(lazy(X), lazy(y))
    deadline = time.monotonic() + 10
    while (left := set(client.who_has()) - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
    assert clf.stop_reason_ == "converged"


def test_more_data_than_memory_is_said_before_anything_is_loaded(client):
    # 10 TB that nobody makes.
    X = da.random.default_rng(0).normal(size=(10**9, 1250), chunks=(10**6, -1))
    y = da.zeros(10**9, chunks=10**6, dtype=int)
    with client.as_current(), pytest.raises(MemoryError, match=r"X takes 1e\+04 GB, and the 3 "):
        DaskGDLogisticRegression().fit(X, y)


@contextlib.contextmanager
def a_cluster(**options):
    with (
        distributed.LocalCluster(
            threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL, **options
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def at_iteration(t, do):
    """A schedule of the constant 0.01 that does something before iteration t, once."""
    done = []

    def learning_rate(now):
        if now == t and not done:
            done.append(do())
        return 0.01

    return learning_rate


@pytest.mark.parametrize(("fan_in", "victim"), [(16, 0), (1, -1)])
def test_a_worker_that_is_killed_changes_nothing(fan_in, victim, rows, caplog, monkeypatch):
    # With a fan-in of 1 the last worker reports to the second, which reports to the first.
    monkeypatch.setattr(_cluster, "FAN_IN", fan_in)
    X, y, s = rows
    expected = GDLogisticRegression(0.01, max_iter=40, tol=0, store_path=True)
    expected.fit(X, y, sample_weight=s)
    with a_cluster(n_workers=3) as client:

        def kill():
            workers = client.run(os.getpid)
            os.kill(workers[sorted(workers)[victim]], signal.SIGKILL)

        found = DaskGDLogisticRegression(
            at_iteration(20, kill), max_iter=40, tol=0, store_path=True
        )
        with caplog.at_level(logging.WARNING, logger="sklearn_gdlogreg"):
            found.fit(*lazy_rows(X, y, s))
    assert_same_descent(found, expected)
    assert "Lost worker tcp://" in caplog.text
    assert "The descent goes on with" in caplog.text


def test_a_fit_may_be_a_task_itself(rows):
    X, y, _ = rows

    def fit():
        return DaskGDLogisticRegression(0.01, max_iter=3, tol=0).fit(lazy(X), lazy(y)).coef_

    expected = GDLogisticRegression(0.01, max_iter=3, tol=0).fit(X, y).coef_
    with a_cluster(n_workers=1) as client:
        for coef in client.gather([client.submit(fit, pure=False) for _ in range(2)]):
            assert_allclose(coef, expected, rtol=1e-9)


def test_what_is_refused_is_released(client, rows):
    X, y, _ = rows
    gc.collect()
    before = set(client.who_has())
    clf = DaskGDLogisticRegression()
    with client.as_current():
        for _ in range(2):
            with pytest.raises(ValueError, match="Partition 2"):
                clf.fit(lazy(with_nan(X)), lazy(y))
    deadline = time.monotonic() + 10
    while any(holders := _held(client, before)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(holders)


def _held(client, before):
    return [workers for key, workers in client.who_has().items() if key not in before]


def test_workers_that_die_of_a_partition_are_explained():
    def deadly(block):
        if len(block) and block[0, 0] == 1:
            os._exit(1)
        return block

    X = da.from_array(np.repeat([0.0, 1.0], 100)[:, None], chunks=(100, 1))
    X = X.map_blocks(deadly, meta=np.empty((0, 0)))
    y = da.from_array(np.resize([0, 1], 200), chunks=100)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        a_cluster(n_workers=2),
        pytest.raises(MemoryError, match="does not fit their memory"),
    ):
        DaskGDLogisticRegression().fit(X, y)


def test_partitions_that_are_cancelled_are_explained(rows):
    X, y, _ = rows
    with a_cluster(n_workers=2) as client:
        loaded = client.compute([dask.delayed(np.ones)(3)])
        client.cancel(loaded, force=True)
        with pytest.raises(RuntimeError, match="cancelled during the fit"):
            _cluster.Cluster(client).gather(loaded)
        clf = DaskGDLogisticRegression(at_iteration(5, client.restart), max_iter=9, tol=0)
        with pytest.raises(RuntimeError, match="cancelled during the fit"):
            clf.fit(lazy(X), lazy(y))
    assert not hasattr(clf, "coef_")


def test_a_task_may_fit_again_and_wherever_it_has_left_its_thread_pool(rows):
    X, y, _ = rows
    options = {"max_iter": 3, "tol": 0}
    expected = GDLogisticRegression(0.01, **options).fit(X, y)

    def fit(**more):
        return DaskGDLogisticRegression(0.01, **options).fit(lazy(X), lazy(y), **more)

    def again():
        fit().score(lazy(X), lazy(y))
        return fit().coef_

    def with_validation_data():
        clf = DaskGDLogisticRegression(0.01, early_stopping=True, **options)
        return clf.fit(lazy(X), lazy(y), X_val=lazy(X), y_val=lazy(y)).coef_

    def with_a_client():
        with distributed.worker_client():
            fit()
        return fit().coef_

    def seceded():
        distributed.secede()
        return fit().coef_

    with a_cluster(n_workers=1) as client:
        for task in (again, with_validation_data, with_a_client, seceded):
            coef = client.submit(task, pure=False).result(timeout=60)
            assert_allclose(coef, expected.coef_, rtol=1e-9, err_msg=task.__name__)
