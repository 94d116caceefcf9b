"""Examples in Dask collections: the numbers of arrays in memory, whoever adds them up."""

import contextlib
import gc
import logging
import os
import pickle
import signal
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_gdlogreg import Checkpoint, GDGridSearchCV, GDLogisticRegression

pd = pytest.importorskip("pandas")
dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

from sklearn_gdlogreg.dask import DaskGDLogisticRegression, _cluster  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def environment():
    """As it was: a LocalCluster leaves OMP_NUM_THREADS=1 behind."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def client():
    """A cluster of three processes."""
    with (
        distributed.LocalCluster(
            n_workers=3, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(params=["threads", "cluster"])
def where(request):
    """Dask's threads, or a cluster."""
    if request.param == "threads":
        with dask.config.set(scheduler="threads"):
            yield None
    else:
        client = request.getfixturevalue("client")
        with client.as_current():
            yield client


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(700, 6)) * [1, 10, 0.1, 1, 1, 3] + [0, 5, 1, 0, 0, 0]
    z = X[:, 0] + 4 * X[:, 2] - 4
    y = (z > rng.logistic(size=len(X))).astype(int) + 2 * (X[:, 3] + rng.logistic(size=700) > 2)
    return X, np.minimum(y, 2), rng.uniform(size=700)


def lazy(array, length=150, columns=-1):
    chunks = (length, columns) if array.ndim > 1 else length
    return da.from_array(array, chunks=chunks)


def lazy_rows(X, y, s=None):
    return lazy(X), lazy(y), None if s is None else lazy(s)


def assert_same_descent(found, expected, rtol=1e-10):
    """Every iterate, the cost and the end."""
    assert found.n_iter_ == expected.n_iter_
    assert found.stop_reason_ == expected.stop_reason_
    for coef, of_arrays in zip(found.coef_path_, expected.coef_path_, strict=True):
        assert_allclose(coef, of_arrays, rtol=0, atol=rtol * np.abs(of_arrays).max())
    assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=rtol)


STORAGES = {
    "dense": lambda X: X,
    "columns": lambda X: X.rechunk({1: 4}),
    "csr": lambda X: X.map_blocks(sparse.csr_matrix, meta=sparse.csr_matrix((0, 0))),
}
OPTIONS = {
    "constant": {"learning_rate": 0.01, "max_iter": 40, "tol": 0},
    "auto": {"C": 1.0},
    "auto, no penalty": {"tol": 1e-6},
    "decorrelated": {"C": 0.1, "coordinates": "decorrelated", "fit_intercept": False},
    "L1": {"C": 0.1, "l1_ratio": 0.5},
    "lipschitz": {"learning_rate": "lipschitz", "max_iter": 20, "tol": 0},
    "backtracking": {"learning_rate": "backtracking", "max_iter": 20, "tol": 0},
    "adaptive": {"learning_rate": "adaptive", "max_iter": 20, "tol": 0},
    "silver": {"learning_rate": "silver", "max_iter": 20, "tol": 0},
}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_iterate_is_that_of_arrays(options, n_classes, where, rows):
    X, y, s = rows
    y = np.minimum(y, n_classes - 1)
    expected = GDLogisticRegression(store_path=True, **OPTIONS[options])
    found = DaskGDLogisticRegression(store_path=True, **OPTIONS[options])
    assert_same_descent(found.fit(lazy(X), lazy(y)), expected.fit(X, y))
    expected.set_params(class_weight="balanced")
    found.set_params(class_weight="balanced")
    assert_same_descent(
        found.fit(lazy(X), lazy(y), sample_weight=lazy(s)), expected.fit(X, y, sample_weight=s)
    )


# The checks fit tiny, often separable arrays.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([DaskGDLogisticRegression(C=1.0)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("options", ["constant", "auto"])
def test_however_X_is_stored(storage, n_classes, options, where, rows):
    X, y, _ = rows
    y = np.minimum(y, n_classes - 1)
    X = np.where(np.abs(X) > 0.5, X, 0)
    expected = GDLogisticRegression(store_path=True, **OPTIONS[options])
    found = DaskGDLogisticRegression(store_path=True, **OPTIONS[options])
    stored = STORAGES[storage](lazy(X))
    assert_same_descent(found.fit(stored, lazy(y, 90)), expected.fit(X, y))
    assert_allclose(found.predict_proba(stored), expected.predict_proba(X), rtol=1e-7)


def test_many_rows_are_sampled_alike(where, rng):
    X = rng.normal(size=(4000, 3))
    y = (X[:, 0] > rng.logistic(size=4000)).astype(int)
    # Below a gradient of 1e-7, costs differ by their rounding, and so do the steps it decides.
    expected = GDLogisticRegression(C=1.0, store_path=True, tol=1e-7).fit(X, y)
    found = DaskGDLogisticRegression(C=1.0, store_path=True, tol=1e-7)
    # One partition is shorter than the stride of the sample, and one begins between two rows.
    X, y = (da.from_array(a, chunks=((3, 1501, 2496), *[-1] * (a.ndim - 1))) for a in (X, y))
    assert_same_descent(found.fit(X, y), expected)


@pytest.mark.parametrize("labels", ["strings", "categories", "booleans"])
def test_frames_of_unknown_lengths(labels, where, rows):
    X, y, s = rows
    y = {
        "strings": lambda y: np.array(["no", "maybe", "yes"])[y],
        "categories": lambda y: pd.Categorical(np.array(["no", "maybe", "yes"])[y]),
        "booleans": lambda y: y > 0,
    }[labels](y)
    table = pd.DataFrame(X, columns=list("abcdef")).assign(y=y, s=s)
    frame = dd.from_pandas(table, npartitions=4)
    frame = frame[frame.a < 1]
    table = table[table.a < 1]
    features = list("abcdef")
    expected = GDLogisticRegression(C=1.0, store_path=True)
    expected.fit(table[features], table.y, sample_weight=table.s)
    found = DaskGDLogisticRegression(C=1.0, store_path=True)
    found.fit(frame[features], frame.y, sample_weight=frame.s)
    assert_same_descent(found, expected)
    assert_array_equal(found.feature_names_in_, expected.feature_names_in_)
    assert_array_equal(found.classes_, expected.classes_)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        lazily = getattr(found, method)(frame[features])
        at_once = getattr(expected, method)(table[features])
        assert isinstance(lazily, da.Array)
        assert lazily.dtype == at_once.dtype
        if method == "predict":
            assert_array_equal(lazily.compute(), at_once)
        else:
            assert_allclose(lazily.compute(), at_once, rtol=1e-7)
    score = found.score(frame[features], frame.y, frame.s)
    assert score == pytest.approx(expected.score(table[features], table.y, table.s))
    with pytest.raises(ValueError, match="feature names"):
        found.predict(frame[features[::-1]])


def test_predictions_are_lazy_for_collections_and_at_once_for_arrays(where, rows):
    X, y, _ = rows
    clf = DaskGDLogisticRegression(learning_rate=0.01, max_iter=3, tol=0, store_path=True)
    with pytest.raises(NotFittedError):
        clf.predict(lazy(X))
    clf.fit(lazy(X), lazy(y))
    for name in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        at_once, lazily = getattr(clf, name)(X), getattr(clf, name)(lazy(X))
        assert type(at_once) is np.ndarray
        assert lazily.chunks[0] == lazy(X).chunks[0]
        assert_allclose(lazily.compute(), at_once, rtol=1e-12)
    for name in ("staged_predict", "staged_predict_proba", "staged_decision_function"):
        stages = list(zip(getattr(clf, name)(X), getattr(clf, name)(lazy(X)), strict=True))
        assert len(stages) == 4
        for at_once, lazily in stages:
            assert isinstance(lazily, da.Array)
            assert_allclose(lazily.compute(), at_once, rtol=1e-12)
    with pytest.raises(ValueError, match="expecting 6 features"):
        clf.predict(lazy(X[:, 1:]))
    assert pickle.loads(pickle.dumps(clf)).score(X, y) == clf.score(lazy(X), lazy(y))


def test_empty_partitions_and_classes_that_some_lack(where, rows):
    X, y, s = rows
    order = np.argsort(y, kind="stable")
    X, y, s = X[order], y[order], s[order]
    chunks = (0, 100, 0, 250, 350, 0)
    s[:100] = 0  # a partition of no weight
    expected = GDLogisticRegression(C=1.0, store_path=True).fit(X, y, sample_weight=s)
    found = DaskGDLogisticRegression(C=1.0, store_path=True)
    lazily = [da.from_array(a, chunks=(chunks, *[-1] * (a.ndim - 1))) for a in (X, y, s)]
    assert_same_descent(found.fit(*lazily), expected)
    assert_array_equal(found.predict(lazily[0]).compute(), expected.predict(X))
    assert found.score(*lazily) == pytest.approx(expected.score(X, y, s), rel=1e-12)


def test_partitions_of_different_widths_are_refused(where):
    made = [dask.delayed(np.ones)((5, n)) for n in (3, 4)]  # of what was declared as 3 columns
    X = da.concatenate([da.from_delayed(each, (5, 3), float) for each in made])
    with pytest.raises(ValueError, match="numbers of columns: "):
        DaskGDLogisticRegression().fit(X, da.from_array(np.tile([0, 1], 5), chunks=5))


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


def test_a_checkpoint_goes_on_where_it_was(where, rows, tmp_path):
    X, y, s = rows
    path = tmp_path / "checkpoint.npz"
    clf = DaskGDLogisticRegression(C=1.0, tol=0, max_iter=30)
    clf.set_callbacks(Checkpoint(path, every=12)).fit(*lazy_rows(X, y, s))
    resumed = clone(clf).fit(*lazy_rows(X, y, s), resume_from=path)
    # The order of a sum depends on which worker has what.
    assert_allclose(resumed.coef_, clf.coef_, rtol=0, atol=1e-10 * np.abs(clf.coef_).max())
    with pytest.raises(ValueError, match="data: X, y or the weights"):
        clone(clf).fit(*lazy_rows(X + 1, y, s), resume_from=path)


def test_a_warm_start_and_arrays(where, rows):
    X, y, _ = rows
    clf = DaskGDLogisticRegression(0.01, max_iter=5, tol=0, warm_start=True)
    clf.fit(lazy(X), lazy(y)).fit(X, y)  # on arrays it is its parent
    whole = GDLogisticRegression(0.01, max_iter=10, tol=0).fit(X, y)
    assert_allclose(clf.coef_, whole.coef_, rtol=1e-10)


def test_labels_and_weights_may_be_arrays(where, rows):
    X, y, s = rows
    expected = GDLogisticRegression(C=1.0, store_path=True).fit(X, y, sample_weight=s)
    assert_same_descent(
        DaskGDLogisticRegression(C=1.0, store_path=True).fit(lazy(X), y, sample_weight=s), expected
    )


@pytest.mark.parametrize("named", [False, True])
def test_a_warning_names_the_column(named, where, rows):
    X, y, _ = rows
    frame = dd.from_pandas(pd.DataFrame(X, columns=list("abcdef")), npartitions=3)
    given = (frame, dd.from_pandas(pd.Series(y), npartitions=3)) if named else (lazy(X), lazy(y))
    with pytest.warns(ConvergenceWarning, match=r"'b' \(" if named else r"column 1 \("):
        DaskGDLogisticRegression(1.0, max_iter=20).fit(*given)


def test_float32_stays_what_it_is(where, rows):
    X, y, _ = rows
    clf = DaskGDLogisticRegression(0.01, max_iter=5, tol=0).fit(lazy(X.astype(np.float32)), lazy(y))
    assert clf.coef_.dtype == np.float32
    assert clf.decision_function(lazy(X.astype(np.float32))).compute().dtype == np.float32
    mixed = da.concatenate([lazy(X[:300].astype(np.float32)), lazy(X[300:])])
    clf.fit(mixed, da.concatenate([lazy(y[:300]), lazy(y[300:])]))
    assert clf.coef_.dtype == np.float64


def _object(y):
    """Labels of which Dask knows nothing."""
    return da.from_delayed(dask.delayed(y), y.shape, object)


def _nan(X):
    X = X.copy()
    X[333, 2] = np.nan
    return X


BAD = {
    "nan": (lambda X, y, s: (lazy(_nan(X)), lazy(y)), "Partition 2: Input X contains NaN"),
    "one class": (lambda X, y, s: (lazy(X), lazy(y * 0)), "only one class: 0"),
    "continuous": (lambda X, y, s: (lazy(X), lazy(X[:, 0])), r"Partition \d: Unknown label type"),
    "negative weight": (lambda X, y, s: (lazy(X), lazy(y), lazy(-s)), r"Partition \d: Negative"),
    "no weight": (lambda X, y, s: (lazy(X), lazy(y), lazy(s * 0)), "at least one non-zero"),
    "rows": (lambda X, y, s: (lazy(X), lazy(y[1:])), "y has 699 rows, but X has 700"),
    "array": (lambda X, y, s: (lazy(X), y[1:]), "y has 699 rows, but X has 700"),
    "one dimension": (lambda X, y, s: (lazy(X[:, 0]), lazy(y)), "X must have two dimensions"),
    "two dimensions": (lambda X, y, s: (lazy(X), lazy(X)), "y must have one dimension; it has 2"),
    "partitions": (
        lambda X, y, s: (_unknown(lazy(X)), _unknown(lazy(y, 100))),
        "y has 7 partitions and X 5",
    ),
    "lengths": (
        lambda X, y, s: (_unknown(lazy(X)), _unknown(da.from_array(y, chunks=((140,) * 5,)))),
        r"Partition \d: X, y and the weights must have the same rows; they have \[1\d0, 140\]",
    ),
    "unknown and array": (
        lambda X, y, s: (_unknown(lazy(X)), y),
        r"y is an array, but Dask does not know .* to_dask_array\(lengths=True\)",
    ),
    "mixed labels": (
        lambda X, y, s: (lazy(X), da.concatenate([_object(y[:150]), _object(y[150:].astype(str))])),
        "labels of different types",
    ),
    "empty": (lambda X, y, s: (lazy(X[:0]), lazy(y[:0])), "X has no rows"),
}  # fmt: skip


def _unknown(collection):
    """The same without its lengths."""
    return collection[da.ones(len(collection), chunks=collection.chunks[0]) > 0]


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_refused_and_an_earlier_fit_is_left(bad, where, rows):
    X, y, s = rows
    make, message = BAD[bad]
    clf = DaskGDLogisticRegression(0.01, max_iter=2, tol=0).fit(lazy(X), lazy(y))
    before = clf.coef_
    with pytest.raises(ValueError, match=message):
        clf.fit(*make(X, y, s))
    assert clf.coef_ is before


def test_lengths_need_not_be_known(where, rows):
    X, y, s = rows
    expected = GDLogisticRegression(C=1.0, store_path=True).fit(X, y, sample_weight=s)
    found = DaskGDLogisticRegression(C=1.0, store_path=True)
    found.fit(_unknown(lazy(X)), _unknown(lazy(y)), sample_weight=_unknown(lazy(s)))
    assert_same_descent(found, expected)


def test_what_would_quietly_be_loaded_is_refused(rows):
    X, y, _ = rows
    clf = GDLogisticRegression(0.01, max_iter=2, tol=0)
    for given in ((lazy(X), y), (X, lazy(y))):
        with pytest.raises(TypeError, match=r"Dask collection.*DaskGDLogisticRegression"):
            clf.fit(*given)
    with pytest.raises(TypeError, match="Dask collection"):
        clf.fit(X, y).predict(lazy(X))
    with pytest.raises(TypeError, match="Dask collection"):
        clf.set_params(early_stopping=True).fit(X, y, X_val=lazy(X), y_val=y)
    with pytest.raises(TypeError, match=r"GDGridSearchCV.*DaskGDLogisticRegression"):
        GDGridSearchCV(clf, {"C": [1.0]}).fit(lazy(X), lazy(y))


def test_some_partitions_may_be_sparse(where, rows):
    X, y, _ = rows
    blocks = dask.delayed(X[:350]), dask.delayed(sparse.csr_array)(X[350:])
    expected = GDLogisticRegression(C=1.0, store_path=True).fit(X, y)
    for first, second in (blocks, blocks[::-1]):
        order = slice(None) if first is blocks[0] else np.r_[350:700, 0:350]
        mixed = [da.from_delayed(block, (350, 6), float) for block in (first, second)]
        found = DaskGDLogisticRegression(C=1.0, store_path=True)
        found.fit(da.concatenate(mixed, allow_unknown_chunksizes=True), lazy(y[order], 350))
        assert_same_descent(found, expected)


def test_values_too_large_for_the_dtype_are_refused(where, rows):
    X, y, _ = rows
    given = {"X_val": lazy(X * 1e300), "y_val": lazy(y)}
    with pytest.raises(ValueError, match="X_val has values too large for float32"):
        DaskGDLogisticRegression(early_stopping=True).fit(
            lazy(X.astype(np.float32)), lazy(y), **given
        )


def test_what_cannot_be_scored_is_refused(where, rows):
    X, y, s = rows
    clf = DaskGDLogisticRegression(0.01, max_iter=3, tol=0).fit(lazy(X), lazy(y))
    for given, message in (
        ((lazy(X), None), "y is None"),
        ((lazy(X), lazy(y.astype(str))), "different types"),
        ((lazy(X), lazy(np.where(y == 1, np.nan, y))), "NaN"),
        ((_unknown(lazy(X)), _unknown(da.from_array(y, chunks=((140,) * 5,)))), "the same rows"),
        ((lazy(X), lazy(y), lazy(-s)), "Negative"),
        ((lazy(X), lazy(y), lazy(s * 0)), "nothing to score"),
    ):
        with pytest.raises(ValueError, match=message):
            clf.score(*given)
    with pytest.raises(ValueError, match="y is None"):
        clf.fit(lazy(X), None)
    with pytest.raises(TypeError, match="X is an array, but y or sample_weight is a Dask"):
        clf.fit(X, lazy(y))


def test_any_number_of_rows_can_be_shared_out(rng):
    from sklearn_gdlogreg.dask._examples import _shared_out

    for counts in (np.full(40, 10**9 + 1), np.array([1, 0, 5, 2]), rng.integers(0, 50, 300)):
        for n in (1, int(counts.sum()) // 3, int(counts.sum()) - 1):
            shares = _shared_out(n, counts, rng)
            assert shares.sum() == n
            assert ((shares >= 0) & (shares <= counts)).all()


# ---------------------------------------------------------------------------- the cluster


def test_a_class_weight_that_leaves_nothing(where, rows):
    X, y, _ = rows
    with pytest.raises(ValueError, match="leaves every example with weight 0"):
        DaskGDLogisticRegression(class_weight={0: 0, 1: 0, 2: 0}).fit(lazy(X), lazy(y))


def test_workers_report_to_one_another_where_they_are_many(client, rows, monkeypatch):
    X, y, _ = rows
    expected = GDLogisticRegression(C=1.0, store_path=True).fit(X, y)
    monkeypatch.setattr(_cluster, "FAN_IN", 1)
    with client.as_current():
        found = DaskGDLogisticRegression(C=1.0, store_path=True).fit(lazy(X), lazy(y))
    assert_same_descent(found, expected)


def test_the_tree_has_everyone_once():
    def everyone(tree):
        return [each for adder, below in tree for each in (adder, *everyone(below))]

    for n in (1, 3, 16, 17, 300):
        tree = _cluster._tree(list(range(n)), 4)
        assert len(tree) <= 4
        assert sorted(everyone(tree)) == list(range(n))


def test_partitions_stay_where_they_are(client, rows, monkeypatch):
    X, y, _ = rows
    seen = []

    def spy(self, *arguments, **options):
        OnCluster.total(self, *arguments, **options)
        holders = client.who_has(self.parts)
        of_adders = {adder._address: adder.about().result()[0] for adder in self.adders}
        seen.append(all(len(each) == 1 for each in holders.values()))
        lengths = dict.fromkeys(of_adders, 0)
        for part in self.parts:
            lengths[holders[part.key][0]] += client.submit(lambda part: part.m, part).result()
        seen.append(lengths == of_adders)
        return OnCluster.total(self, *arguments, **options)

    OnCluster = _cluster.OnCluster
    monkeypatch.setattr(_cluster, "OnCluster", type("Spied", (OnCluster,), {"total": spy}))
    with client.as_current():
        DaskGDLogisticRegression(0.01, max_iter=1, tol=0).fit(lazy(X, 50), lazy(y, 50))
    assert seen
    assert all(seen)


def test_nothing_stays_on_the_cluster(client, rows):
    X, y, _ = rows
    gc.collect()  # what failed before
    before = set(client.who_has())
    with client.as_current():
        clf = DaskGDLogisticRegression(C=1.0).fit(lazy(X), lazy(y))
    deadline = time.monotonic() + 10
    while (left := set(client.who_has()) - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
    assert clf.stop_reason_ == "converged"


def test_more_data_than_memory_is_said_before_anything_is_loaded(client):
    # 10 TB that nobody makes.
    X = da.random.default_rng(0).normal(size=(10**9, 1250), chunks=(10**6, -1))
    y = da.zeros(10**9, chunks=10**6, dtype=int)
    with client.as_current(), pytest.raises(MemoryError, match=r"X takes 1e\+04 GB, and the 3 "):
        DaskGDLogisticRegression().fit(X, y)


@contextlib.contextmanager
def a_cluster(**options):
    with (
        distributed.LocalCluster(
            threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL, **options
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def at_iteration(t, do):
    """A schedule of the constant 0.01 that does something before iteration t, once."""
    done = []

    def learning_rate(now):
        if now == t and not done:
            done.append(do())
        return 0.01

    return learning_rate


@pytest.mark.parametrize(("fan_in", "victim"), [(16, 0), (1, -1)])
def test_a_worker_that_is_killed_changes_nothing(fan_in, victim, rows, caplog, monkeypatch):
    # With a fan-in of 1 the last worker reports to the second, which reports to the first.
    monkeypatch.setattr(_cluster, "FAN_IN", fan_in)
    X, y, s = rows
    expected = GDLogisticRegression(0.01, max_iter=40, tol=0, store_path=True)
    expected.fit(X, y, sample_weight=s)
    with a_cluster(n_workers=3) as client:

        def kill():
            workers = client.run(os.getpid)
            os.kill(workers[sorted(workers)[victim]], signal.SIGKILL)

        found = DaskGDLogisticRegression(
            at_iteration(20, kill), max_iter=40, tol=0, store_path=True
        )
        with caplog.at_level(logging.WARNING, logger="sklearn_gdlogreg"):
            found.fit(*lazy_rows(X, y, s))
    assert_same_descent(found, expected)
    assert "Lost worker tcp://" in caplog.text
    assert "The descent goes on with" in caplog.text


def test_a_fit_may_be_a_task_itself(rows):
    X, y, _ = rows

    def fit():
        return DaskGDLogisticRegression(0.01, max_iter=3, tol=0).fit(lazy(X), lazy(y)).coef_

    expected = GDLogisticRegression(0.01, max_iter=3, tol=0).fit(X, y).coef_
    with a_cluster(n_workers=1) as client:
        for coef in client.gather([client.submit(fit, pure=False) for _ in range(2)]):
            assert_allclose(coef, expected, rtol=1e-9)


def test_what_is_refused_is_released(client, rows):
    X, y, _ = rows
    gc.collect()
    before = set(client.who_has())
    clf = DaskGDLogisticRegression()
    with client.as_current():
        for _ in range(2):
            with pytest.raises(ValueError, match="Partition 2"):
                clf.fit(lazy(_nan(X)), lazy(y))
    deadline = time.monotonic() + 10
    while any(holders := _held(client, before)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(holders)


def _held(client, before):
    return [workers for key, workers in client.who_has().items() if key not in before]


def test_workers_that_die_of_a_partition_are_explained():
    def deadly(block):
        if len(block) and block[0, 0] == 1:
            os._exit(1)
        return block

    X = da.from_array(np.repeat([0.0, 1.0], 100)[:, None], chunks=(100, 1))
    X = X.map_blocks(deadly, meta=np.empty((0, 0)))
    y = da.from_array(np.resize([0, 1], 200), chunks=100)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        a_cluster(n_workers=2),
        pytest.raises(MemoryError, match="does not fit their memory"),
    ):
        DaskGDLogisticRegression().fit(X, y)


def test_partitions_that_are_cancelled_are_explained(rows):
    X, y, _ = rows
    with a_cluster(n_workers=2) as client:
        loaded = client.compute([dask.delayed(np.ones)(3)])
        client.cancel(loaded, force=True)
        with pytest.raises(RuntimeError, match="cancelled during the fit"):
            _cluster.Cluster(client).gather(loaded)
        clf = DaskGDLogisticRegression(at_iteration(5, client.restart), max_iter=9, tol=0)
        with pytest.raises(RuntimeError, match="cancelled during the fit"):
            clf.fit(lazy(X), lazy(y))
    assert not hasattr(clf, "coef_")


def test_a_task_may_fit_again_and_wherever_it_has_left_its_thread_pool(rows):
    X, y, _ = rows
    options = {"max_iter": 3, "tol": 0}
    expected = GDLogisticRegression(0.01, **options).fit(X, y)

    def fit(**more):
        return DaskGDLogisticRegression(0.01, **options).fit(lazy(X), lazy(y), **more)

    def again():
        fit().score(lazy(X), lazy(y))
        return fit().coef_

    def with_validation_data():
        clf = DaskGDLogisticRegression(0.01, early_stopping=True, **options)
        return clf.fit(lazy(X), lazy(y), X_val=lazy(X), y_val=lazy(y)).coef_

    def with_a_client():
        with distributed.worker_client():
            fit()
        return fit().coef_

    def seceded():
        distributed.secede()
        return fit().coef_

    with a_cluster(n_workers=1) as client:
        for task in (again, with_validation_data, with_a_client, seceded):
            coef = client.submit(task, pure=False).result(timeout=60)
            assert_allclose(coef, expected.coef_, rtol=1e-9, err_msg=task.__name__)
