"""GDGridSearchCV beside GridSearchCV."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.model_selection import GridSearchCV

from sklearn_gdlogreg import GDGridSearchCV


def search_both(estimator, grid, X, y, fit=(), **options):
    """Ours and GridSearchCV, fitted alike; what a single fit warns of is not the matter here."""
    searches = []
    for kind in (GDGridSearchCV, GridSearchCV):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", FitFailedWarning)
            warnings.filterwarnings("ignore", "One or more of the .* scores are non-finite")
            warnings.filterwarnings("ignore", "l1_ratio=.* has no effect")
            searches.append(kind(estimator, grid, **options).fit(X, y, **dict(fit)))
    return searches


def assert_same_results(ours, theirs):
    assert list(ours.cv_results_) == list(theirs.cv_results_)
    for key, expected in theirs.cv_results_.items():
        found = ours.cv_results_[key]
        if key == "params":
            assert found == expected
        elif key.startswith("param_"):
            assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(expected))
            assert all(a == b for a, b in zip(found.compressed(), expected.compressed()))  # noqa: B905
        elif "time" in key:
            assert (found >= 0).all()
        elif "rank" not in key:
            assert_allclose(found, expected, atol=1e-9, err_msg=key)
    for name in ("best_index_", "best_params_", "n_splits_", "multimetric_"):
        assert getattr(ours, name, None) == getattr(theirs, name, None), name
    if hasattr(theirs, "best_score_"):
        assert ours.best_score_ == pytest.approx(theirs.best_score_, abs=1e-9)
