"""Parts and blocks of rows: few, views of X, and together the whole."""

import itertools
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context

from sklearn_gdlogreg._objective.objective import Objective, cost_and_gradient_in
from sklearn_gdlogreg._objective.rows import MOST_PARTS, Part, cut_into_parts, sampled

from .helpers import STORAGES, objective


@pytest.mark.parametrize("storage", STORAGES)
def test_blocks_add_up_to_the_whole(storage, large):
    X, y, s = large
    X = STORAGES[storage](X)
    objective = Objective.in_memory(X, y, 3, sample_weight=s, C=1.0)
    rng = np.random.default_rng(1)
    w, b = rng.normal(size=(3, 40)).astype(X.dtype), rng.normal(size=3).astype(X.dtype)
    J, dw, db = objective.cost_and_gradient(w, b)
    whole = Part(*objective.rows.whole[:3], length=len(y))
    assert len(whole.blocks) == 1
    whole = cost_and_gradient_in(whole, objective.loss, w, b)
    rtol = 1e-4 if X.dtype == np.float32 else 1e-11
    assert pytest.approx(whole[0] + objective.penalty.value(w), rel=rtol) == J
    assert_allclose(dw, whole[1] + objective.penalty.gradient(w), rtol=rtol, atol=rtol / 100)
    assert_allclose(db, whole[2], rtol=rtol, atol=rtol / 100)


def test_blocks_are_views_and_cover_every_row_once(large):
    X, y, s = large
    blocks = [block for part in cut_into_parts(X, y, s) for block in part.blocks]
    assert all(np.shares_memory(block.X, X) for block in blocks)
    assert_array_equal(np.concatenate([block.y for block in blocks]), y)
    assert_array_equal(np.concatenate([block.share for block in blocks]), s)
    csr = sparse.csr_array(X)
    blocks = [block for part in cut_into_parts(csr, y, s) for block in part.blocks]
    assert len(blocks) > 2
    for block in blocks:
        assert np.shares_memory(block.X.rows.data, csr.data)
        assert np.shares_memory(block.X.columns.data, csr.data)
    assert_array_equal(sparse.vstack([block.X.rows for block in blocks]).toarray(), X)
    assert_array_equal(sparse.hstack([block.X.columns for block in blocks]).toarray(), X.T)


def test_parts_are_few_and_know_where_they_begin(large):
    X, y, s = large
    with config_context(working_memory=0.01):  # MiB: blocks of a few rows
        parts = cut_into_parts(X, y, s)
    assert 8 < len(parts) <= MOST_PARTS
    assert max(block.X.nbytes for part in parts for block in part.blocks) <= 0.01 * 2**20
    assert [part.first for part in parts] == np.cumsum([0, *(part.m for part in parts)])[
        :-1
    ].tolist()
    for stride in (1, 7, 5000):
        samples = [part.sample(stride) for part in parts]
        rows = sampled(0, len(y), stride)
        assert_array_equal(np.concatenate([part.X for part in samples]), X[rows])
        assert_array_equal(np.concatenate([part.share for part in samples]), s[rows])


@pytest.mark.parametrize("stride", [2, 7, 10, 100])
def test_a_sample_has_a_row_of_every_stride_whatever_it_is_cut_into(stride):
    rows = sampled(0, 100 * stride, stride)
    assert_array_equal(rows // stride, np.arange(100))
    edges = [0, 3, stride, 5 * stride + 1, 100 * stride]
    parts = [sampled(*ends, stride) for ends in itertools.pairwise(edges)]
    assert_array_equal(np.concatenate(parts), rows)


@pytest.mark.parametrize("stride", [2, 10, 13, 60])
@pytest.mark.parametrize("period", [2, 3, 5, 10, 12, 24, 60])
def test_a_sample_keeps_step_with_no_period(period, stride):
    """Every phase of the period is met about as often as any other."""
    phases = np.bincount(sampled(0, 2000 * stride, stride) % period, minlength=period)
    if period % stride and stride % period:
        assert phases.min() > 0.5 * phases.mean()
    # Where the stride is a multiple of the period, or the other way round, too.
    assert phases.min() > 0.5 * 2000 / period


def test_a_part_tells_what_it_costs_to_send(large):
    X, y, _ = large
    assert sys.getsizeof(Part(X, y, 1.0)) >= X.nbytes + y.nbytes
    stored = sparse.csr_array(X)
    assert sys.getsizeof(Part(stored, y, 1.0)) >= stored.data.nbytes + stored.indices.nbytes


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("megabytes", [1e-5, 1e-3])
def test_a_block_is_at_least_a_row_however_little_memory_there_is(megabytes, storage, binary):
    X, y = binary
    w = np.ones(4)
    with config_context(working_memory=megabytes):  # 10 bytes are less than a row, 1000 are some
        found = objective(storage(X), y).cost_and_gradient(w, 0.5)
    for left, right in zip(found, objective(X, y).cost_and_gradient(w, 0.5), strict=True):
        assert_allclose(left, right, rtol=1e-12)
