"""Examples in arrays of another library: taken in many forms, and results in its own."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._check import on_host

pytestmark = pytest.mark.sklearn


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_results_are_arrays_of_the_library_in_its_dtype(dtype, data, xp, request):
    X, y = request.getfixturevalue(data)
    X = X.astype(dtype)
    clf = GDLogisticRegression(C=1.0, store_path=5)
    expected = clone(clf).fit(X, y)
    clf.fit(xp.asarray(X), xp.asarray(y))
    kind = type(xp.asarray(X))
    for name, value in vars(clf).items():
        assert not isinstance(value, np.ndarray), name
    assert isinstance(clf.coef_, kind)
    assert clf.coef_.dtype == getattr(xp, dtype)
    # Steps that look at the cost see its rounding, in another order.
    tolerance = {"rtol": 1e-6, "atol": 1e-8} if dtype == "float64" else {"atol": 0.02}
    X_xp = xp.asarray(X)
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        result = getattr(clf, method)(X_xp)
        assert isinstance(result, kind)
        assert result.dtype == getattr(xp, dtype)
        assert_allclose(on_host(result), getattr(expected, method)(X), **tolerance)
    for method in ("staged_predict_proba", "staged_decision_function", "staged_predict"):
        stages = [on_host(stage) for stage in getattr(clf, method)(X_xp)]
        assert len(stages) == clf.iteration_path_.shape[0]
    assert_array_equal(stages[-1], on_host(clf.predict(X_xp)))
    assert np.mean(stages[-1] == expected.predict(X)) > 0.99
    again = pickle.loads(pickle.dumps(clf))
    assert_array_equal(on_host(again.coef_), on_host(clf.coef_))


def test_labels_may_be_of_another_library(xp, binary):
    X, y = binary
    expected = GDLogisticRegression(0.1, max_iter=5, tol=0).fit(X, y)
    strings = np.array(["no", "yes"])[y]
    for labels in (y, strings, xp.asarray(y == 1)):
        clf = GDLogisticRegression(0.1, max_iter=5, tol=0).fit(xp.asarray(X), labels)
        assert_allclose(on_host(clf.coef_), expected.coef_, rtol=1e-12)
        predicted = on_host(clf.predict(xp.asarray(X)))
        assert_array_equal(predicted, np.unique(on_host(labels))[expected.predict(X)])
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0).fit(X, xp.asarray(y))
    assert isinstance(clf.coef_, np.ndarray)
    assert_array_equal(clf.coef_, expected.coef_)


@pytest.mark.filterwarnings("ignore:Early stopping kept the start")
@pytest.mark.parametrize("weighted", [False, True])
def test_early_stopping(weighted, xp, multiclass, weights):
    X, y = multiclass
    s = weights if weighted else None
    clf = GDLogisticRegression(early_stopping=True, random_state=0, C=1.0)
    expected = clone(clf).fit(X, y, sample_weight=s)
    found = clone(clf).fit(xp.asarray(X), xp.asarray(y), sample_weight=s)
    for name in ("validation_loss_curve_", "validation_scores_", "coef_"):
        assert_allclose(on_host(getattr(found, name)), getattr(expected, name), rtol=1e-8)
    given = {"X_val": X[100:], "y_val": y[100:]}
    expected = clone(clf).fit(X[:100], y[:100], **given)
    given = {name: xp.asarray(value) for name, value in given.items()}
    found = clone(clf).fit(xp.asarray(X[:100]), xp.asarray(y[:100]), **given)
    assert_allclose(on_host(found.coef_), expected.coef_, rtol=1e-8)
    with pytest.raises(ValueError, match=r"X_val must be an array of .*, as X is"):
        clf.fit(xp.asarray(X), xp.asarray(y), X_val=X, y_val=y)
    with pytest.raises(ValueError, match="X_val has 3 features, but X has 4"):
        clf.fit(xp.asarray(X), xp.asarray(y), X_val=xp.asarray(X[:, 1:].copy()), y_val=y)
    with pytest.raises(ValueError, match="y_val has labels that y has not"):
        clf.fit(xp.asarray(X), xp.asarray(y), X_val=xp.asarray(X), y_val=xp.asarray(y + 1))
    with pytest.raises(ValueError, match="cannot be set aside"):
        clf.fit(xp.asarray(X), xp.asarray(np.where(np.arange(150) == 3, 9, y)))


def test_errors_name_what_is_wrong(xp, binary):
    X, y = binary
    clf = GDLogisticRegression(0.1, max_iter=2, tol=0)
    bad = X.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        clf.fit(xp.asarray(bad), xp.asarray(y))
    with pytest.raises(ValueError, match="only one class: 1"):
        clf.fit(xp.asarray(X), xp.asarray(y * 0 + 1))
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        clf.fit(xp.asarray(X), xp.asarray(X[:, 0].copy()))
    with pytest.raises(ValueError, match="at least one non-zero"):
        clf.fit(xp.asarray(X), xp.asarray(y), sample_weight=np.zeros(150))
    with pytest.raises(ValueError, match="leaves every example with weight 0"):
        clone(clf).set_params(class_weight={0: 0, 1: 0}).fit(xp.asarray(X), xp.asarray(y))
    clf.fit(xp.asarray(X), xp.asarray(y))
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        with pytest.raises(ValueError, match="same namespace"):
            getattr(clf, method)(X)


def test_forms_that_users_have(xp, multiclass, binary):
    X, y = multiclass
    X_xp = xp.asarray(X)
    options = {"max_iter": 5, "tol": 0}
    expected = GDLogisticRegression(0.1, **options).fit(X, y, sample_weight=np.full(150, 2.0))
    names = np.array(["a", "b", "c"])
    clf = GDLogisticRegression(0.1, store_path=True, **options).fit(X_xp, names[y], 2.0)
    assert_allclose(on_host(clf.coef_), expected.coef_, rtol=1e-12)
    last = list(clf.staged_predict(X_xp))[-1]
    assert_array_equal(last, clf.predict(X_xp))
    clf.fit(X_xp, y, sample_weight=[2.0] * 150)
    assert_allclose(on_host(clf.coef_), expected.coef_, rtol=1e-12)
    whole = xp.asarray(np.round(X).astype(np.int32))
    clf.fit(whole, xp.asarray(y.astype(np.uint16)))
    assert on_host(clf.predict(whole)).shape == (150,)
    single = GDLogisticRegression(0.1, **options).fit(X_xp, y)
    single = single.predict_proba(xp.asarray(X.astype(np.float32)))
    assert_allclose(on_host(single), expected.predict_proba(X), atol=1e-6)
    with pytest.raises(ValueError, match="Complex data not supported"):
        clf.fit(xp.asarray(X + 1j), y)
    with pytest.raises(ValueError, match="too large for"):
        GDLogisticRegression(early_stopping=True).fit(
            xp.asarray(X.astype(np.float32)), y, X_val=xp.asarray(X * 1e300), y_val=y
        )
    small = np.where(y == 0, 1e-42, 1.0)
    clf = GDLogisticRegression(class_weight="balanced", **options)
    assert clf.fit(xp.asarray(X.astype(np.float32)), y, sample_weight=small).n_iter_[0] == 5
