"""Examples in Dask collections: which are learned from, which set aside, and which refused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

from sklearn_gdlogreg import GDLogisticRegression

from .helpers import assert_same_descent, lazy, lazy_rows, unknown, with_nan

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")

from sklearn_gdlogreg.dask import DaskGDLogisticRegression  # noqa: E402


def test_labels_and_weights_may_be_arrays(where, rows):
    X, y, s = rows
    expected = GDLogisticRegression(C=1.0, store_path=True).fit(X, y, sample_weight=s)
    assert_same_descent(
        DaskGDLogisticRegression(C=1.0, store_path=True).fit(lazy(X), y, sample_weight=s), expected
    )


def test_lengths_need_not_be_known(where, rows):
    X, y, s = rows
    expected = GDLogisticRegression(C=1.0, store_path=True).fit(X, y, sample_weight=s)
    found = DaskGDLogisticRegression(C=1.0, store_path=True)
    found.fit(unknown(lazy(X)), unknown(lazy(y)), sample_weight=unknown(lazy(s)))
    assert_same_descent(found, expected)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_early_stopping_by_given_examples(n_classes, where, rows):
    X, y, s = rows
    y = np.minimum(y, n_classes - 1)
    options = {"early_stopping": True, "C": 1.0, "class_weight": {1: 3.0}, "store_path": True}
    given = X[600:], y[600:], s[600:]
    named = dict(zip(("X_val", "y_val", "sample_weight_val"), given, strict=True))
    expected = GDLogisticRegression(**options).fit(X[:600], y[:600], **named)
    for others in (named, {name: lazy(value) for name, value in named.items()}):
        found = DaskGDLogisticRegression(**options)
        found.fit(lazy(X[:600]), lazy(y[:600]), **others)
        assert_same_descent(found, expected)
        assert_allclose(found.validation_loss_curve_, expected.validation_loss_curve_, rtol=1e-10)
        assert_allclose(found.validation_scores_, expected.validation_scores_)


@pytest.mark.parametrize("weighted", [False, True])
def test_early_stopping_sets_a_stratified_part_aside(weighted, where, rows):
    X, y, s = rows
    s = s if weighted else None
    clf = DaskGDLogisticRegression(early_stopping=True, validation_fraction=0.2, random_state=3)
    clf.fit(*lazy_rows(X, y, s))
    again = clone(clf).fit(*lazy_rows(X, y, s))
    assert_allclose(clf.validation_loss_curve_, again.validation_loss_curve_, rtol=1e-12)
    # The rows are found again by the examples themselves.
    from sklearn_gdlogreg.dask._examples import load

    learn, aside = load(*lazy_rows(X, y, s), caller=clf).split(0.2, 3)
    counts = np.bincount(y)
    assert_allclose(aside.counts.sum(axis=0), np.round(0.2 * counts))
    if not weighted:
        assert_allclose(learn.class_totals() + aside.class_totals(), counts)
    else:
        totals = np.bincount(y, s / s.max())
        assert_allclose(learn.class_totals() + aside.class_totals(), totals)
    number = clone(clf).set_params(validation_fraction=140).fit(*lazy_rows(X, y, s))
    assert_allclose(number.coef_, clf.coef_, rtol=1e-10)
    with pytest.raises(ValueError, match="only one example"):
        clf.fit(lazy(X), lazy(np.where(np.arange(700) == 5, 7, y)))
    with pytest.raises(ValueError, match="more examples aside than the 700"):
        clf.set_params(validation_fraction=700).fit(*lazy_rows(X, y))


def test_any_number_of_rows_can_be_shared_out(rng):
    from sklearn_gdlogreg.dask._examples import _shared_out

    for counts in (np.full(40, 10**9 + 1), np.array([1, 0, 5, 2]), rng.integers(0, 50, 300)):
        for n in (1, int(counts.sum()) // 3, int(counts.sum()) - 1):
            shares = _shared_out(n, counts, rng)
            assert shares.sum() == n
            assert ((shares >= 0) & (shares <= counts)).all()


def _object(y):
    """Labels of which Dask knows nothing."""
    return da.from_delayed(dask.delayed(y), y.shape, object)


BAD = {
    "nan": (lambda X, y, s: (lazy(with_nan(X)), lazy(y)), "Partition 2: Input X contains NaN"),
    "one class": (lambda X, y, s: (lazy(X), lazy(y * 0)), "only one class: 0"),
    "continuous": (lambda X, y, s: (lazy(X), lazy(X[:, 0])), r"Partition \d: Unknown label type"),
    "negative weight": (lambda X, y, s: (lazy(X), lazy(y), lazy(-s)), r"Partition \d: Negative"),
    "no weight": (lambda X, y, s: (lazy(X), lazy(y), lazy(s * 0)), "at least one non-zero"),
    "rows": (lambda X, y, s: (lazy(X), lazy(y[1:])), "y has 699 rows, but X has 700"),
    "array": (lambda X, y, s: (lazy(X), y[1:]), "y has 699 rows, but X has 700"),
    "one dimension": (lambda X, y, s: (lazy(X[:, 0]), lazy(y)), "X must have two dimensions"),
    "two dimensions": (lambda X, y, s: (lazy(X), lazy(X)), "y must have one dimension; it has 2"),
    "partitions": (
        lambda X, y, s: (unknown(lazy(X)), unknown(lazy(y, 100))),
        "y has 7 partitions and X 5",
    ),
    "lengths": (
        lambda X, y, s: (unknown(lazy(X)), unknown(da.from_array(y, chunks=((140,) * 5,)))),
        r"Partition \d: X, y and the weights must have the same rows; they have \[1\d0, 140\]",
    ),
    "unknown and array": (
        lambda X, y, s: (unknown(lazy(X)), y),
        r"y is an array, but Dask does not know .* to_dask_array\(lengths=True\)",
    ),
    "mixed labels": (
        lambda X, y, s: (lazy(X), da.concatenate([_object(y[:150]), _object(y[150:].astype(str))])),
        "labels of different types",
    ),
    "empty": (lambda X, y, s: (lazy(X[:0]), lazy(y[:0])), "X has no rows"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_refused_and_an_earlier_fit_is_left(bad, where, rows):
    X, y, s = rows
    make, message = BAD[bad]
    clf = DaskGDLogisticRegression(0.01, max_iter=2, tol=0).fit(lazy(X), lazy(y))
    before = clf.coef_
    with pytest.raises(ValueError, match=message):
        clf.fit(*make(X, y, s))
    assert clf.coef_ is before


def test_values_too_large_for_the_dtype_are_refused(where, rows):
    X, y, _ = rows
    given = {"X_val": lazy(X * 1e300), "y_val": lazy(y)}
    with pytest.raises(ValueError, match="X_val has values too large for float32"):
        DaskGDLogisticRegression(early_stopping=True).fit(
            lazy(X.astype(np.float32)), lazy(y), **given
        )


def test_a_class_weight_that_leaves_nothing(where, rows):
    X, y, _ = rows
    with pytest.raises(ValueError, match="leaves every example with weight 0"):
        DaskGDLogisticRegression(class_weight={0: 0, 1: 0, 2: 0}).fit(lazy(X), lazy(y))
