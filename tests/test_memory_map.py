"""Memory maps: the numbers of arrays in memory, and nothing that grows with the file."""

import subprocess
import sys
import textwrap
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context

from sklearn_gdlogreg import GDLogisticRegression, descend


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(30_000, 40)) * np.logspace(-1, 1, 40) + 0.5
    return X, (X[:, :3].sum(axis=1) + rng.logistic(size=len(X)) > 0).astype(np.int8)


def mapped(array, path, order="C"):
    """The array in a file, mapped for reading."""
    file = np.lib.format.open_memmap(
        path, "w+", array.dtype, array.shape, fortran_order=order == "F"
    )
    file[...] = array
    file.flush()
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_map_gives_the_bits_of_the_array(order, dtype, n_classes, rows, tmp_path):
    X, y = rows
    X = np.asarray(X, dtype, order=order)
    y = y + np.int8(n_classes - 2) * (X[:, 4] > 1)
    X_map, y_map = mapped(X, tmp_path / "X.npy", order), mapped(y, tmp_path / "y.npy")
    for options in ({"C": 1.0}, {"learning_rate": 0.01, "max_iter": 5, "tol": 0}):
        loaded = GDLogisticRegression(**options).fit(X, y)
        clf = GDLogisticRegression(**options).fit(X_map, y_map)
        assert_array_equal(clf.coef_, loaded.coef_)
        assert_array_equal(clf.loss_curve_, loaded.loss_curve_)
        assert_array_equal(clf.predict_proba(X_map), loaded.predict_proba(X))
        assert type(clf.predict(X_map)) is np.ndarray


def test_rows_and_columns_of_a_map_are_views_too(rows, tmp_path):
    X, y = rows
    X_map = mapped(X, tmp_path / "X.npy")
    for some in (np.s_[5000:, :], np.s_[:, 3:9], np.s_[::2, ::3]):
        loaded = GDLogisticRegression(C=1.0).fit(X[some], y[some[0]])
        clf = GDLogisticRegression(C=1.0).fit(X_map[some], y[some[0]])
        # Other strides are other orders of a sum.
        np.testing.assert_allclose(clf.coef_, loaded.coef_, rtol=1e-9)


def test_numbers_that_would_have_to_be_loaded_are_refused(rows, tmp_path):
    X, y = rows
    X_map = mapped(X.astype(np.int16), tmp_path / "X.npy")
    assert GDLogisticRegression(max_iter=2, tol=0).fit(X_map, y).n_iter_[0] == 2
    with config_context(working_memory=1):
        with pytest.raises(ValueError, match=r"memory map of int16, which takes 9 MiB .*float32"):
            GDLogisticRegression().fit(X_map, y)
        with pytest.raises(ValueError, match="memory map of int16"):
            descend(X_map, y)


def test_working_memory_bounds_a_chunk_of_predictions(rows, tmp_path):
    X, y = rows
    X_map = mapped(X, tmp_path / "X.npy")
    clf = GDLogisticRegression(C=1.0).fit(X, y)
    with config_context(working_memory=1):
        np.testing.assert_allclose(
            clf.decision_function(X_map), clf.decision_function(X), rtol=1e-12, atol=1e-12
        )
    assert_array_equal(clf.predict(X_map[:1]), clf.predict(X[:1]))
    with config_context(working_memory=1e-5):  # less than a row
        assert_array_equal(clf.predict(X_map[:3]), clf.predict(X[:3]))
    with pytest.raises(ValueError, match="has 39 features"):
        clf.predict(X_map[:, 1:])


def test_stages_and_validation_data_are_not_loaded_as_a_whole(rows, tmp_path):
    X, y = rows
    whole = mapped(np.round(X).astype(np.int32), tmp_path / "whole.npy")
    single = mapped(X.astype(np.float32), tmp_path / "single.npy")
    clf = GDLogisticRegression(0.01, max_iter=2, tol=0, store_path=True).fit(X, y)
    early = GDLogisticRegression(0.01, max_iter=2, tol=0, early_stopping=True)
    with config_context(working_memory=1):
        tracemalloc.start()
        for stage in clf.staged_decision_function(whole):
            assert stage.shape == y.shape
        early.fit(X, y, X_val=single, y_val=y)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 0.7 * X.nbytes
    expected = early.fit(X, y, X_val=X.astype(np.float32), y_val=y).validation_loss_curve_
    np.testing.assert_allclose(early.validation_loss_curve_, expected, rtol=1e-6)


def test_a_nan_far_into_the_file_is_found(rows, tmp_path):
    X, y = rows
    X[-1, -1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        GDLogisticRegression().fit(mapped(X, tmp_path / "X.npy"), y)


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA is of Linux")
def test_a_file_larger_than_the_memory_that_is_allowed(tmp_path):
    program = textwrap.dedent(
        """
        import resource, sys
        import numpy as np
        from sklearn_gdlogreg import GDLogisticRegression

        file = np.lib.format.open_memmap(sys.argv[1], "w+", np.float32, (375_000, 200))
        file[:, 0] = np.resize([-1, 0, 1, 2], len(file))
        y = (np.asarray(file[:, 0]) > 0.5).astype(np.int8)
        y[::3] = 0
        file.flush()
        used = int(open("/proc/self/status").read().split("VmData:")[1].split()[0]) * 1024
        limit = used + file.nbytes // 2  # 150 MB for X of 300 MB
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        X = np.load(sys.argv[1], mmap_mode="r")
        early = {"early_stopping": True, "validation_fraction": 0.01, "random_state": 0}
        for options in ({"C": 1.0}, early):
            clf = GDLogisticRegression(max_iter=20, **options).fit(X, y)
            clf.predict_proba(X)
        print(clf.score(X, y))
        try:
            np.array(X)
        except MemoryError:
            print("not in memory")
        """
    )
    command = [sys.executable, "-c", program, tmp_path / "X.npy"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    score, last = done.stdout.split("\n", 1)
    assert float(score) > 0.6
    assert last.strip() == "not in memory"
