"""Margins, and the rows that say most about a direction, wherever the rows are."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_gdlogreg._objective.margins import gathered, margins, placed_in, sample_in, stacked
from sklearn_gdlogreg._objective.objective import Objective
from sklearn_gdlogreg._objective.rows import Part

NEAR = 1e-6


def test_margins_of_two_classes_are_z_with_the_sign_of_the_class():
    z = np.array([[1.0, -2.0, 3.0]])
    assert_array_equal(margins(z, np.array([1.0, 1.0, 0.0])), [[[1, -2, -3]]])


def test_margins_of_three_are_all_that_a_row_has_ahead_of_other_classes(rng):
    z, y = rng.normal(size=(2, 3, 20)), rng.integers(0, 3, 20)
    found = np.sort(margins(z, y), axis=1)
    for d in range(2):
        for i in range(20):
            others = np.delete(z[d, :, i], y[i])
            assert_allclose(found[d, :, i], np.sort(z[d, y[i], i] - others))


@pytest.mark.parametrize("storage", [np.asarray, np.asfortranarray, sparse.csr_array])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_rows_are_counted_by_what_a_direction_does_to_them(n_classes, storage, rng):
    X = rng.integers(-2, 3, (50, 3)).astype(float)
    y = rng.integers(0, n_classes, 50)
    weights = rng.integers(0, 2, 50).astype(float)
    objective = Objective.in_memory(storage(X), y, n_classes, sample_weight=weights)
    w = np.zeros((3, *objective.outputs, 3))
    w[0] = rng.integers(-1, 2, w[0].shape)
    b = np.zeros(w.shape[:-1])
    flat = w.reshape(-1, 3), b.ravel()
    counts, found = objective.rows.total(placed_in, *flat, b.shape, NEAR, 5, combine=gathered)
    of_rows = margins((X @ w[0].T).T[None], y)[0]
    present = weights > 0
    assert_array_equal(
        counts,
        [
            present.sum(),
            ((of_rows > 0).all(axis=0) & present).sum(),
            ((of_rows > 0).any(axis=0) & present).sum(),
        ],
    )
    # Neither of the other directions moves anything: rows that it moves backwards are open.
    chosen, labels = stacked(found, 5)
    assert len(chosen) == 5
    worst = np.sort(of_rows.min(axis=0)[present])[:5]
    shown = margins((chosen @ w[0].T).T[None], labels)[0].min(axis=0)
    assert_allclose(np.sort(shown), worst)


def test_rows_that_stay_are_open_if_another_direction_moves_them_and_any_that_should_not_move():
    X = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    part = Part(X, np.ones(4), np.full(4, 0.25))
    directions = np.eye(3)
    counts, found = placed_in(part, directions, np.zeros(3), (3,), NEAR, 10)
    assert_array_equal(counts, [4, 1, 1])
    assert_array_equal(stacked(found, 10)[0], X[1:3])


def test_a_sample_has_only_rows_that_have_a_weight(rng):
    X = rng.normal(size=(40, 2))
    share = np.where(np.arange(40) % 2, 0, 0.05)
    rows, y = sample_in(Part(X, np.arange(40.0), share), 1)
    assert_array_equal(y, np.arange(0, 40, 2))
    assert_array_equal(rows, X[::2])
