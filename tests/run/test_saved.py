"""The file of a descent: written whole or not at all, read by the same fit alone."""

import os
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_gdlogreg import Checkpoint, GDLogisticRegression
from sklearn_gdlogreg._descent.decorrelation import Decorrelation
from sklearn_gdlogreg._run.saved import FORMAT


@pytest.fixture
def path(tmp_path):
    return tmp_path / "descent.npz"


@pytest.fixture
def written(binary, path):
    """A checkpoint of iteration 10."""
    clf = GDLogisticRegression(0.1, max_iter=10, tol=0).set_callbacks(Checkpoint(path, every=5))
    clf.fit(*binary)
    return path


@pytest.mark.parametrize("length", [0, 1, 100, 1000, -1])
def test_a_truncated_file_is_refused(written, length, binary):
    content = written.read_bytes()
    written.write_bytes(content[:length])
    with pytest.raises(ValueError, match=r"is not a checkpoint, or it is damaged"):
        GDLogisticRegression(0.1, tol=0).fit(*binary, resume_from=written)


def test_a_flipped_bit_is_refused(written, binary):
    content = bytearray(written.read_bytes())
    with np.load(written) as file:
        place = content.index(file["wb"].tobytes())  # not in what a zip has besides: padding, dates
    content[place] ^= 1
    written.write_bytes(bytes(content))
    with pytest.raises(ValueError, match="damaged"):
        GDLogisticRegression(0.1, tol=0).fit(*binary, resume_from=written)


def test_other_files_are_refused_and_never_unpickled(tmp_path, binary):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    for name, arrays in {
        "pickled": {"identity": np.array([Evil()], dtype=object)},
        "other": {"weights": np.zeros(3)},
        "nameless": {"identity": np.array('{"format": "0"}')},
        "empty": {"identity": np.array(f'{{"format": {FORMAT}}}')},
    }.items():
        file = tmp_path / f"{name}.npz"
        np.savez(file, **arrays)
        with pytest.raises(ValueError, match="not a checkpoint"):
            GDLogisticRegression().fit(*binary, resume_from=file)
    assert not (tmp_path / "executed").exists()
    with pytest.raises(FileNotFoundError, match="resume_from names no file; leave it out"):
        GDLogisticRegression().fit(*binary, resume_from=tmp_path / "none.npz")


def test_a_checkpoint_of_another_format_is_refused_with_the_reason(tmp_path, binary):
    file = tmp_path / "old.npz"
    np.savez(file, identity=np.array(f'{{"format": {FORMAT - 1}}}'))
    with pytest.raises(ValueError, match=rf"format {FORMAT - 1}, .* another version .* {FORMAT}"):
        GDLogisticRegression().fit(*binary, resume_from=file)


def test_resuming_makes_no_map_but_the_one_that_was_there(binary, path, monkeypatch):
    clf = GDLogisticRegression(C=1.0, coordinates="decorrelated", tol=0, max_iter=5)
    clf.set_callbacks(Checkpoint(path, every=5)).fit(*binary)
    made = []
    at = Decorrelation.at
    monkeypatch.setattr(Decorrelation, "at", lambda *args: made.append(args) or at(*args))
    clf.fit(*binary, resume_from=path)
    assert len(made) == 1


def test_a_checkpoint_of_another_fit_is_refused(written, binary, weights):
    X, y = binary
    clf = GDLogisticRegression(0.1, tol=0)
    with pytest.raises(ValueError, match=r"other parameters: learning_rate was 0.1, and is 0.2"):
        GDLogisticRegression(0.2, tol=0).fit(X, y, resume_from=written)
    with pytest.raises(ValueError, match=r"other parameters: C was inf, and is 2.0"):
        GDLogisticRegression(0.1, C=2.0, tol=0).fit(X, y, resume_from=written)
    with pytest.raises(ValueError, match=r"other data: the shape was \[150, 4\]"):
        clf.fit(X[1:], y[1:], resume_from=written)
    with pytest.raises(ValueError, match=r"other data: the classes was \['0', '1'\]"):
        clf.fit(X, np.array(["a", "b"])[y], resume_from=written)
    changed = X.copy()
    changed[77, 2] = np.nextafter(changed[77, 2], 1)
    for fit in ((changed, y), (X, 1 - y), (X, y, weights)):
        with pytest.raises(ValueError, match="other data: X, y or the weights differ"):
            clf.fit(*fit, resume_from=written)
    with pytest.raises(ValueError, match="of iteration 10, beyond max_iter=9; raise max_iter"):
        GDLogisticRegression(0.1, tol=0, max_iter=9).fit(X, y, resume_from=written)
    with pytest.raises(ValueError, match="leave out coef_init and intercept_init"):
        clf.fit(X, y, resume_from=written, intercept_init=0.0)
    with pytest.raises(TypeError, match="resume_from must be the path of a checkpoint; got 3"):
        clf.fit(X, y, resume_from=3)
    assert clf.set_params(max_iter=12, n_jobs=1).fit(X, y, resume_from=written).n_iter_[0] == 12


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
def test_a_checkpoint_of_other_validation_data_is_refused(binary, path):
    X, y = binary
    options = {"early_stopping": True, "max_iter": 10, "tol": 0}
    clf = GDLogisticRegression(**options).set_callbacks(Checkpoint(path, every=5))
    clf.fit(X, y, X_val=X[:50], y_val=y[:50])
    with pytest.raises(ValueError, match="other validation data"):
        GDLogisticRegression(**options).fit(X, y, X_val=X[:60], y_val=y[:60], resume_from=path)
    with pytest.raises(ValueError, match="set random_state to an integer"):
        clf.fit(X, y)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"C": 1}, {"C": np.float64(1)}),
        ({"class_weight": {0: 1.0, 1: 2}}, {"class_weight": {1: 2.0, 0: 1}}),
        ({"store_path": True}, {"store_path": 1}),
        ({"random_state": np.random.RandomState(1)}, {"random_state": 3}),
        ({"learning_rate": partial(min, 0.5)}, {"learning_rate": partial(min, 0.5)}),
    ],
)
def test_equal_parameters_are_the_same(earlier, later, binary, path):
    short = GDLogisticRegression(tol=0, max_iter=5, **earlier)
    short.set_callbacks(Checkpoint(path, every=5)).fit(*binary)
    resumed = GDLogisticRegression(tol=0, max_iter=6, **later).fit(*binary, resume_from=path)
    assert resumed.n_iter_[0] == 6


def test_a_full_disk_is_told_once_and_leaves_the_fit_and_the_checkpoint_before(
    written, binary, monkeypatch
):
    before = written.read_bytes()
    whole = GDLogisticRegression(0.1, max_iter=10, tol=0).fit(*binary)

    def full(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", full)
    clf = GDLogisticRegression(0.1, max_iter=10, tol=0).set_callbacks(Checkpoint(written, every=5))
    with pytest.warns(UserWarning, match="iteration 5 could not be written .* No space") as caught:
        clf.fit(*binary)
    assert len(caught) == 1  # of two files
    assert_array_equal(clf.coef_, whole.coef_)
    assert written.read_bytes() == before
    assert list(written.parent.iterdir()) == [written]


@pytest.mark.parametrize("name", ["penalty_factors", "bounds"])
def test_parameters_that_differ_in_the_middle_of_a_long_array_are_others(name, path, rng):
    n = 1500
    X, y = rng.normal(size=(20, n)), np.arange(20) % 2
    factors = np.ones(n)
    factors[0] = 2
    options = {"penalty_factors": factors, "bounds": (-np.ones(n), np.ones(n))}
    clf = GDLogisticRegression(0.1, C=1.0, max_iter=5, tol=0, **options)
    clf.set_callbacks(Checkpoint(path, every=5)).fit(X, y)
    other = GDLogisticRegression(0.1, C=1.0, max_iter=5, tol=0, **options)
    other.fit(X, y, resume_from=path)
    changed = factors.copy()
    changed[n // 2] = 3
    other.set_params(**{name: changed if name == "penalty_factors" else (-np.ones(n), changed)})
    with pytest.raises(ValueError, match=f"{name} was"):
        other.fit(X, y, resume_from=path)
