"""Scores of several models at once: those of scikit-learn's scorers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.metrics import check_scoring, get_scorer, log_loss, make_scorer

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._search.scores import scores_at_once

pytestmark = pytest.mark.sklearn


def models(X, y, **options):
    return [
        GDLogisticRegression(rate, tol=0, max_iter=n, **options).fit(X, y)
        for rate, n in [(0.1, 0), (0.1, 10), (5.0, 100), (1e4, 3)]
    ]


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("scoring", ["neg_log_loss", "accuracy", None])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("labels", [None, np.array(["c", "a", "b"]), np.array([3.0, -1.0, 7.0])])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_they_are_what_the_scorer_finds(data, scoring, weighted, labels, request, weights):
    X, y = request.getfixturevalue(data)
    y = y if labels is None else labels[y]
    fitted = models(X, y)
    scorer = check_scoring(fitted[0], scoring)
    params = {"sample_weight": weights} if weighted else {}
    for kind in (np.asarray, np.asfortranarray, sparse.csr_array):
        found = scores_at_once(scorer, fitted, kind(X), y, params)
        expected = [scorer(model, kind(X), y, **params) for model in fitted]
        assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_batches_of_models_change_nothing(multiclass, monkeypatch):
    fitted = models(*multiclass)
    scorer = get_scorer("neg_log_loss")
    whole = scores_at_once(scorer, fitted, *multiclass, {})
    monkeypatch.setattr("sklearn_gdlogreg._search.scores.MOST_VALUES", 1)
    assert_allclose(scores_at_once(scorer, fitted, *multiclass, {}), whole, rtol=1e-14)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_only_the_scorer_can_tell_is_left_to_it(binary, weights):
    X, y = binary
    fitted = models(X, y)
    known = get_scorer("neg_log_loss")
    assert scores_at_once(known, fitted, X, y, {}) is not None
    others = [
        get_scorer("roc_auc"),
        make_scorer(log_loss, response_method="predict_proba", labels=[0, 1]),
    ]
    for scorer in others:
        assert scores_at_once(scorer, fitted, X, y, {}) is None
    assert scores_at_once(known, fitted, X[y == 1], y[y == 1], {}) is None
    assert scores_at_once(known, fitted, X, y, {"normalize": False}) is None
    for unusable in (-weights, weights * 0, weights[:3], weights.astype(str)):
        assert scores_at_once(known, fitted, X, y, {"sample_weight": unusable}) is None
    assert scores_at_once(known, fitted, X.astype(np.float32), y, {}) is None
    huge = np.where(np.arange(len(X))[:, None] == 5, 1e308, X)
    assert scores_at_once(known, fitted, huge, y, {}) is None
