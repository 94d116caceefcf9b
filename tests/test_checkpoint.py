"""Checkpoints: killed at any moment, a fit goes on to the same bits."""

import io
import os
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import Checkpoint, GDLogisticRegression

CURVES = ("coef_", "intercept_", "loss_curve_", "learning_rates_", "gradient_norms_")
OTHERS = ("validation_loss_curve_", "validation_scores_", "best_iteration_", "coef_path_")
OTHERS += ("intercept_path_", "iteration_path_")
RULES = {
    "constant": 0.1,
    "schedule": lambda t: 1 / t,
    **{name: name for name in ("auto", "lipschitz", "backtracking", "adaptive", "silver")},
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "descent.npz"


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
def test_a_resumed_fit_has_the_iterates_of_the_uninterrupted_one(
    rule, data, watched, storage, path, request, weights
):
    X, y = request.getfixturevalue(data)
    options = {"learning_rate": RULES[rule], "tol": 0, "C": 10.0}
    if watched:
        options |= {"early_stopping": True, "n_iter_no_change": 10**6, "store_path": 3}
        options |= {"random_state": 0}
    whole = GDLogisticRegression(max_iter=45, **options).fit(storage(X), y, weights)
    killed = GDLogisticRegression(max_iter=29, **options).set_callbacks(Checkpoint(path, every=7))
    killed.fit(storage(X), y, weights)
    resumed = GDLogisticRegression(max_iter=45, n_jobs=1, **options)
    resumed.fit(storage(X), y, weights, resume_from=path)
    for name in CURVES + (OTHERS if watched else ()):
        assert_array_equal(getattr(resumed, name), getattr(whole, name), err_msg=name)
    assert len(resumed.seconds_) == 46
    assert (np.diff(resumed.seconds_) > 0).all()


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": "auto"},
        {"learning_rate": "lipschitz", "coordinates": "decorrelated"},
        {"learning_rate": 0.5, "coordinates": "decorrelated"},
        {"learning_rate": "auto", "C": 0.1, "l1_ratio": 0.5},
        {"learning_rate": 0.1, "C": 0.1, "l1_ratio": 1.0},
        {"learning_rate": 0.1, "C": 0.1, "l1_ratio": 1.0, "coordinates": "decorrelated"},
    ],
)
def test_an_early_checkpoint_in_any_coordinates_is_gone_on_from(options, path, binary):
    """Before the first map is stale; where none ever is; with an L1 penalty."""
    whole = GDLogisticRegression(max_iter=30, tol=0, **options).fit(*binary)
    killed = GDLogisticRegression(max_iter=5, tol=0, **options)
    killed.set_callbacks(Checkpoint(path, every=5)).fit(*binary)
    resumed = GDLogisticRegression(max_iter=30, tol=0, **options)
    resumed.fit(*binary, resume_from=path)
    for name in CURVES:
        assert_array_equal(getattr(resumed, name), getattr(whole, name), err_msg=name)


PROGRAM = """
import sys
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn_gdlogreg import Checkpoint, GDLogisticRegression

rule, path, out, resume, every = sys.argv[1:]
X, y = load_breast_cancer(return_X_y=True)
clf = GDLogisticRegression(rule if rule.isalpha() else float(rule), C=1e5, tol=0, max_iter=6000)
clf.set_callbacks(Checkpoint(path, every=int(every)))
print("begun", flush=True)
clf.fit(X, y, resume_from=path if resume == "resume" else None)
np.save(out, np.append(clf.coef_, clf.intercept_))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
@pytest.mark.parametrize("rule", ["auto", "1e-7", "adaptive"])
def test_killed_at_random_moments_and_resumed_it_ends_at_the_same_bits(rule, path, tmp_path, rng):
    """The last two of ten moments each; all ten were run by hand for every rule."""
    clf = GDLogisticRegression(float(rule) if rule == "1e-7" else rule, C=1e5, tol=0, max_iter=6000)
    from sklearn.datasets import load_breast_cancer

    clf.fit(*load_breast_cancer(return_X_y=True))
    out = tmp_path / "end.npy"
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, rule, path, out]
    for _ in range(2):
        resume = "resume" if path.exists() else "anew"
        with subprocess.Popen([*command, resume, "3"], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            deadline = time.monotonic() + 20
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.3))
            os.kill(process.pid, signal.SIGKILL)
    assert path.exists()
    # The rest of its checkpoints nobody reads: few are written.
    subprocess.run([*command, "resume", "1000"], check=True, capture_output=True)
    assert_array_equal(np.load(out), np.append(clf.coef_, clf.intercept_))


def test_a_resumed_run_knows_its_lowest_cost(binary, path):
    options = {"learning_rate": 60.0, "max_iter": 60}
    messages = []
    for every, resume in ((50, None), (50, path)):
        clf = GDLogisticRegression(**options).set_callbacks(Checkpoint(path, every=every))
        with pytest.warns(ConvergenceWarning) as caught:
            clf.fit(binary[0] * 3, binary[1], resume_from=resume)
        messages.append(str(caught[0].message))
    assert messages[0] == messages[1]
    assert "lowest cost" in messages[0]


def test_it_is_refused_before_the_fit_where_it_could_not_write(binary, tmp_path):
    with pytest.raises(ValueError, match="every must be a positive number"):
        Checkpoint(tmp_path / "a.npz", every=0)
    clf = GDLogisticRegression().set_callbacks(Checkpoint(tmp_path / "none" / "a.npz"))
    with pytest.raises(FileNotFoundError, match="folder of the checkpoint"):
        clf.fit(*binary)
    with pytest.raises(IsADirectoryError, match="is to be a file"):
        GDLogisticRegression().set_callbacks(Checkpoint(tmp_path)).fit(*binary)
    other = LogisticRegression()
    if hasattr(other, "set_callbacks"):
        with pytest.raises(TypeError, match="state of a GDLogisticRegression"):
            other.set_callbacks(Checkpoint(tmp_path / "a.npz")).fit(*binary)


def test_in_a_pipeline_the_last_step_is_resumed(binary, path):
    X, y = binary
    clf = GDLogisticRegression(0.1, max_iter=20, tol=0)
    whole = make_pipeline(StandardScaler(), clf).fit(X, y)
    short = GDLogisticRegression(0.1, max_iter=11, tol=0).set_callbacks(Checkpoint(path, every=4))
    make_pipeline(StandardScaler(), short).fit(X, y)
    resumed = make_pipeline(StandardScaler(), GDLogisticRegression(0.1, max_iter=20, tol=0))
    resumed.fit(X, y, gdlogisticregression__resume_from=path)
    assert_array_equal(resumed[-1].coef_, whole[-1].coef_)


def resumed(path, binary):
    options = {"early_stopping": True, "n_iter_no_change": 100, "random_state": 0}
    return GDLogisticRegression(0.1, max_iter=12, tol=0, store_path=True, **options).fit(
        *binary, resume_from=path
    )


@pytest.fixture
def watched(binary, path):
    """A checkpoint that observers have written to, too."""
    options = {"early_stopping": True, "n_iter_no_change": 100, "random_state": 0}
    clf = GDLogisticRegression(0.1, max_iter=10, tol=0, store_path=True, **options)
    clf.set_callbacks(Checkpoint(path, every=5)).fit(*binary)
    return path


def test_any_damage_is_said_to_be_damage_or_changes_nothing(watched, binary, rng):
    content = watched.read_bytes()
    whole = resumed(watched, binary)
    # The directory at the end has no checksum of its own.
    directory = content.index(b"PK\x01\x02")
    places = [*rng.integers(0, directory, 60), *rng.integers(directory, len(content), 240)]
    refused = []
    for place in places:
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.integers(8)
        watched.write_bytes(damaged[: rng.choice([place, len(content)], p=[0.1, 0.9])])
        try:
            clf = resumed(watched, binary)
        except ValueError as error:
            refused.append(str(error))
        else:
            assert_array_equal(clf.coef_path_, whole.coef_path_)
            assert_array_equal(clf.validation_loss_curve_, whole.validation_loss_curve_)
    assert len(refused) > 100
    assert all("damaged" in message for message in refused)


@pytest.mark.parametrize("shape", [(10**6, 10**7), (2**62,), (10**30,), (2**63, 2**40), (-1,)])
def test_a_header_that_claims_more_than_there_is_is_damage(shape, watched, binary):
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    with zipfile.ZipFile(watched) as before:
        members = {name: before.read(name) for name in before.namelist()}
    for name in ("identity.npy", "coef.npy", "EarlyStopping.losses.npy"):
        with zipfile.ZipFile(watched, "w") as forged:
            for each, content in {**members, name: file.getvalue()}.items():
                forged.writestr(each, content)
        with pytest.raises(ValueError, match="damaged"):
            resumed(watched, binary)


def test_arrays_that_are_missing_or_others_are_damage(watched, binary):
    with np.load(watched) as file:
        arrays = dict(file)
    for name in arrays.keys() - {"identity"}:
        for other in ({}, {name: np.zeros((2, 3, 5))}, {name: np.array("text")}):
            np.savez(watched, **{key: arrays[key] for key in arrays if key != name}, **other)
            with pytest.raises(ValueError, match="damaged"):
                resumed(watched, binary)


@pytest.mark.skipif(os.name != "posix", reason="links and modes are those of POSIX")
@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_is_written_through(exists, binary, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    target, link = folder / "descent.npz", tmp_path / "link.npz"
    link.symlink_to(target)
    if exists:
        target.write_bytes(b"of before")
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0).set_callbacks(Checkpoint(link, every=5))
    clf.fit(*binary)
    assert link.is_symlink()
    assert list(folder.iterdir()) == [target]
    clf.set_params(max_iter=6).fit(*binary, resume_from=target)
    assert clf.n_iter_[0] == 6


@pytest.mark.skipif(os.name != "posix", reason="links and modes are those of POSIX")
def test_the_mode_is_that_of_the_file_before_or_of_any_new_file(binary, path, tmp_path):
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0).set_callbacks(Checkpoint(path, every=5))
    umask = os.umask(0o027)
    try:
        clf.fit(*binary)
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o604)
        clf.fit(*binary)
    finally:
        os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o604
