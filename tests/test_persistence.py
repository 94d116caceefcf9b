"""Models in files: the same predictions in another process, and nothing executed on the way."""

import copy
import pickle
import subprocess
import sys
import textwrap

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import InconsistentVersionWarning

import sklearn_gdlogreg
from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression, _estimator, _sklearn

pytestmark = pytest.mark.sklearn

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


def search():
    return GDGridSearchCV(GDLogisticRegression(tol=0, max_iter=5), {"C": [0.1, 1.0]}, cv=2)


@pytest.mark.parametrize("make", [GDLogisticRegression, search])
@pytest.mark.parametrize("tool", ["pickle", "cloudpickle", "joblib", "copy"])
@pytest.mark.parametrize("fitted", [True, False])
def test_another_version_warns(make, tool, fitted, multiclass, monkeypatch, tmp_path):
    def restored(model, then=lambda: None):
        if tool == "copy":
            return copy.deepcopy(model)
        if tool == "joblib":
            joblib.dump(model, tmp_path / "model")
            then()
            return joblib.load(tmp_path / "model")
        written = (pickle if tool == "pickle" else pytest.importorskip("cloudpickle")).dumps(model)
        then()
        return pickle.loads(written)

    model = make().set_params(**({"C": 1.0} if make is GDLogisticRegression else {}))
    if fitted:
        model.fit(*multiclass)
    again = restored(model)  # without a warning
    assert vars(again).keys() == vars(model).keys()
    if tool == "copy":
        return

    def update():
        monkeypatch.setattr(_estimator, "__version__", "9.9.9")

    name = type(model).__name__
    told = (
        f"Trying to unpickle estimator {name} of sklearn-gdlogreg from version "
        f"{sklearn_gdlogreg.__version__} when using version 9.9.9"
    )
    with pytest.warns(InconsistentVersionWarning) as caught:
        again = restored(model, update)
    assert str(caught[-1].message).startswith(told)
    assert vars(again).keys() == vars(model).keys()
    if fitted:
        assert_array_equal(again.predict(multiclass[0]), model.predict(multiclass[0]))


@pytest.mark.parametrize("make", [GDLogisticRegression, search])
def test_another_version_of_scikit_learn_warns_in_its_own_words(make, multiclass, monkeypatch):
    model = make().set_params(**({"C": 1.0} if make is GDLogisticRegression else {}))
    written = pickle.dumps(model.fit(*multiclass))
    theirs = _sklearn.SKLEARN_VERSION
    monkeypatch.setattr(_estimator, "SKLEARN_VERSION", "99.0")
    with pytest.warns(InconsistentVersionWarning) as caught:
        again = pickle.loads(written)
    told = f"estimator {type(model).__name__} from version {theirs} when using version 99.0"
    assert told in str(caught[-1].message)
    assert len(caught) == (1 if make is GDLogisticRegression else 3)  # with those that it holds
    assert vars(again).keys() == vars(model).keys()


def test_a_pickle_without_a_version_is_of_the_first(multiclass, monkeypatch):
    clf = GDLogisticRegression(C=1.0).fit(*multiclass)
    state = clf.__getstate__()
    del state["_sklearn_gdlogreg_version"]
    monkeypatch.setattr(_estimator, "__version__", "0.2.0")
    with pytest.warns(InconsistentVersionWarning, match=r"from version 0.1.0 .* version 0.2.0"):
        GDLogisticRegression().__setstate__(state)
    monkeypatch.setattr(_estimator, "__version__", "0.1.0")
    again = GDLogisticRegression()
    again.__setstate__(state)
    assert_array_equal(again.coef_, clf.coef_)


def test_what_is_added_to_a_state_stays_out_of_the_estimator(saved):
    clf, _, _ = saved
    before = dict(vars(clf))
    state = clf.__getstate__()
    assert state["_sklearn_gdlogreg_version"] == sklearn_gdlogreg.__version__
    GDLogisticRegression().__setstate__(state)
    assert "_sklearn_gdlogreg_version" in state
    assert vars(clf).keys() == before.keys()
