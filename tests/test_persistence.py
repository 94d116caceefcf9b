"""Models in files: the same predictions in another process, and nothing executed on the way."""

import subprocess
import sys
import textwrap

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_gdlogreg import GDLogisticRegression

LOAD = """
import sys
import numpy as np
{load}
X = np.load(sys.argv[2])
np.save(sys.argv[3], clf.predict_proba(X))
"""


@pytest.fixture
def saved(multiclass, tmp_path):
    X, y = multiclass
    np.save(tmp_path / "X.npy", X)
    return GDLogisticRegression(C=1.0, store_path=True).fit(X, y), X, tmp_path


@pytest.mark.parametrize("tool", ["pickle", "joblib"])
def test_a_fresh_process_predicts_the_same_bits(tool, saved):
    clf, X, folder = saved
    if tool == "joblib":
        joblib.dump(clf, folder / "model")
        load = "import joblib; clf = joblib.load(sys.argv[1])"
    else:
        import pickle

        (folder / "model").write_bytes(pickle.dumps(clf))
        load = "import pickle; clf = pickle.load(open(sys.argv[1], 'rb'))"
    program = textwrap.dedent(LOAD).format(load=load)
    command = [sys.executable, "-c", program, folder / "model", folder / "X.npy", folder / "p.npy"]
    subprocess.run(command, check=True, timeout=60)
    assert_array_equal(np.load(folder / "p.npy"), clf.predict_proba(X))


def test_skops_loads_it_with_one_trusted_type(saved):
    skops = pytest.importorskip("skops.io")
    clf, X, folder = saved
    skops.dump(clf, folder / "model.skops")
    untrusted = skops.get_untrusted_types(file=folder / "model.skops")
    assert untrusted == ["sklearn_gdlogreg._estimator.GDLogisticRegression"]
    loaded = skops.load(folder / "model.skops", trusted=untrusted)
    assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    assert_array_equal(loaded.coef_path_, clf.coef_path_)


def test_nothing_of_the_descent_itself_is_pickled(saved):
    clf, _, _ = saved
    state = clf.__getstate__()
    kinds = {type(value).__module__.partition(".")[0] for value in state.values()}
    assert kinds <= {"builtins", "numpy"}
