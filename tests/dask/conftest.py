"""A cluster for the tests of this room, and rows."""

import logging
import os

import numpy as np
import pytest


@pytest.fixture(scope="package", autouse=True)
def environment():
    """As it was: a LocalCluster leaves OMP_NUM_THREADS=1 behind."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="package")
def client(environment):
    """A cluster of three processes."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=3, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(params=["threads", "cluster"])
def where(request):
    """Dask's threads, or a cluster."""
    dask = pytest.importorskip("dask")
    if request.param == "threads":
        with dask.config.set(scheduler="threads"):
            yield None
    else:
        client = request.getfixturevalue("client")
        with client.as_current():
            yield client


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(700, 6)) * [1, 10, 0.1, 1, 1, 3] + [0, 5, 1, 0, 0, 0]
    z = X[:, 0] + 4 * X[:, 2] - 4
    y = (z > rng.logistic(size=len(X))).astype(int) + 2 * (X[:, 3] + rng.logistic(size=700) > 2)
    return X, np.minimum(y, 2), rng.uniform(size=700)
