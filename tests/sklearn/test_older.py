"""What stands in for the newest scikit-learn does the same, and refuses the rest in a sentence."""

import re

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import make_pipeline

from sklearn_gdlogreg import Checkpoint, GDGridSearchCV, GDLogisticRegression, _check, _sklearn
from sklearn_gdlogreg._sklearn import HAS_CALLBACKS, older

from ..helpers import needs_sklearn

pytestmark = pytest.mark.sklearn


class Recorder:
    """A callback of anybody's."""


class Listening(older.CallbackSupportMixin, BaseEstimator):
    """An estimator of an older version."""

    def fit(self, X, y=None):
        self.context = older.callback_context(self, max_subtasks=1)
        return self


def refusal(what):
    return re.escape(f"{what} need scikit-learn 1.9 or newer; {sklearn.__version__} is installed.")


@pytest.mark.parametrize("callbacks", [[Recorder()], [Checkpoint("a"), Recorder()]])
def test_callbacks_are_refused_by_the_version_that_they_need(callbacks):
    estimators = [Listening()]
    if not HAS_CALLBACKS:
        estimators += [GDLogisticRegression(), GDGridSearchCV(GDLogisticRegression(), {})]
    for estimator in estimators:
        with pytest.raises(ImportError, match=refusal("Callbacks other than Checkpoint")):
            estimator.set_callbacks(*callbacks)
        assert not _sklearn.callbacks_of(estimator)


def test_a_checkpoint_is_set_up_and_cloned_in_any_version(tmp_path):
    checkpoint = Checkpoint(tmp_path / "none" / "a.npz")
    for kind in (Listening, GDLogisticRegression):
        copied = clone(kind().set_callbacks(checkpoint))
        assert _sklearn.callbacks_of(copied) == [checkpoint]
        assert not _sklearn.callbacks_of(clone(kind()))
        assert not _sklearn.callbacks_of(copied.set_callbacks())
    with pytest.raises(TypeError, match="state of a GDLogisticRegression"):
        Listening().set_callbacks(checkpoint).fit([[0]])


def test_a_context_that_tells_nobody_lets_every_task_go_on():
    context = Listening().fit([[0]]).context
    task = context.subcontext(task_name="iteration").call_on_fit_task_begin(estimator=None)
    with task.propagate_callback_context(None):
        assert not task.call_on_fit_task_end(estimator=None)


class Asking(BaseEstimator):
    """Remembers the fits that its own is a part of."""

    def fit(self, X, y=None):
        self.around = older.context_around(self)
        return self


class Meta(BaseEstimator):
    """Fits another estimator, as searches do."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y=None):
        self.estimator.fit(X, y)
        return self


def test_the_stack_tells_what_fit_is_part_of_another():
    alone, within = Asking(), Asking()
    assert alone.fit([[0]]).around is None
    Meta(make_pipeline(within)).fit([[0.0]])
    assert within.around.estimator_name == "Pipeline"
    assert within.around.parent.estimator_name == "Meta"
    assert within.around.parent.parent is None


def test_arrays_of_other_libraries_are_refused_by_the_version_that_they_need():
    class Tensor:
        def __dlpack__(self): ...

    Tensor.__module__ = "torch._tensor"
    with pytest.raises(ImportError, match=refusal("Arrays of torch")):
        older.get_namespace_and_device(Tensor())
    for X in (np.eye(2), np.float64(1), [[1.0]], None):
        assert older.get_namespace_and_device(X) == (np, False, None)


def test_dispatch_changes_nothing_for_arrays_of_numpy(binary, monkeypatch):
    clf = GDLogisticRegression(C=1.0).fit(*binary)
    expected = clf.predict_proba(binary[0])
    monkeypatch.setattr(_check, "get_config", lambda: {"array_api_dispatch": True})
    assert_array_equal(clone(clf).fit(*binary).predict_proba(binary[0]), expected)


def test_weights_that_are_all_zero_are_refused_unless_they_may_be(monkeypatch):
    X, options = np.eye(2), {"dtype": np.float64, "ensure_non_negative": True}
    with pytest.raises(ValueError, match="at least one") as told:
        _sklearn._check_sample_weight([0, 0], X, allow_all_zero_weights=False, **options)
    # As older ones have it, which know no weights that must not be all zero.
    monkeypatch.setattr(
        older.validation, "_check_sample_weight", lambda weights, X, **options: np.array(weights)
    )
    for weights, allowed in (([0, 2], False), ([0, 0], True)):
        found = older._check_sample_weight(weights, X, allow_all_zero_weights=allowed, **options)
        assert_array_equal(found, weights)
    with pytest.raises(ValueError, match=re.escape(str(told.value))):
        older._check_sample_weight([0, 0], X, allow_all_zero_weights=False, **options)


@needs_sklearn("1.7")
@pytest.mark.parametrize("class_weight", ["balanced", {0: 3.0, 2: 0.5}])
def test_weights_of_classes_are_those_of_the_newest(class_weight):
    given = {"classes": np.arange(3), "y": np.arange(3), "sample_weight": np.array([1.0, 5, 2])}
    found = older.compute_class_weight(class_weight, **given)
    assert_allclose(found, _sklearn.compute_class_weight(class_weight, **given), rtol=1e-15)


def test_a_penalty_was_told_in_two_words():
    assert older.penalty_parameters(np.inf, 0.5) == {"penalty": None}
    assert older.penalty_parameters(2.0, 0.0) == {"penalty": "l2", "C": 2.0}
    both = {"penalty": "elasticnet", "C": 2.0, "l1_ratio": 1.0}
    assert older.penalty_parameters(2.0, 1.0) == both
