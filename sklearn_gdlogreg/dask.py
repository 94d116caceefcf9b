"""DaskGDLogisticRegression: the same estimator, for examples in a Dask collection.

Needs Dask: ``pip install "sklearn-gdlogreg[dask]"``.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

try:
    import dask
    import dask.array as da
except ImportError as error:
    raise ImportError(
        'sklearn_gdlogreg.dask needs Dask: pip install "sklearn-gdlogreg[dask]".'
    ) from error
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

from . import _partitions as partitions
from ._check import check_classes, is_lazy
from ._estimator import GDLogisticRegression, check_names, check_path, feature_names
from ._examples import check_known_labels, check_same_number, shares_of_classes

__all__ = ["DaskGDLogisticRegression"]


@dataclass(frozen=True)
class DaskExamples:
    """Examples in the partitions of a Dask collection; as Examples, where a fit is concerned.

    Attributes
    ----------
    place : Process or Cluster
        Where the partitions are.
    loaded : list of Partition, or of Future of Partition
        Those that are not empty.
    lengths : list of int
        How many rows each of them has.
    counts : ndarray of shape (n_partitions, n_classes)
        How many rows of each class.
    chosen : list of Chosen or None
        Which of the rows are meant, for each partition.
    weighted : bool
        Whether there are weights.
    greatest : float
        The greatest weight.
    """

    place: object
    loaded: list
    lengths: list
    counts: np.ndarray
    chosen: list
    classes: np.ndarray
    names: np.ndarray | None
    n: int
    dtype: np.dtype
    is_sparse: bool
    weighted: bool
    greatest: float

    @property
    def m(self):
        return sum(self.lengths)

    @property
    def has_weight(self):
        return self.greatest > 0 and bool(self.class_totals().any())

    def class_totals(self):
        """The sum of the weights of every class, in units of the largest weight."""
        return self._class_totals

    @cached_property
    def _class_totals(self):
        totals = self._each(partitions.class_totals, self.greatest, of_each=[self.chosen])
        return sum(self.place.gather(totals))

    def _each(self, function, *arguments, of_each):
        """function(partition, classes, *arguments, *those of each) of every partition."""
        same = ([argument] * len(self.loaded) for argument in (self.classes, *arguments))
        return self.place.each(function, self.loaded, *same, *of_each)

    def rows(self, of_class=None, n_jobs=None):
        """To be added up; the loaded partitions are let go."""
        share, total = 1 / self.m, float(self.m)
        if self.weighted or of_class is not None:
            share, total = shares_of_classes(self.class_totals(), of_class, self.greatest)
        firsts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]]).tolist()
        parts = self._each(
            partitions.part,
            self.dtype,
            self.is_sparse,
            share,
            self.greatest,
            of_each=[self.chosen, firsts],
        )
        # The parts have the same arrays: what they spill to disk must not be held by others.
        self.loaded.clear()
        return self.place.rows(parts, len(self.classes), total, n_jobs)

    def split(self, fraction, random_state):
        """Some to learn from and some to stop by, stratified by class."""
        counts = self.counts.sum(axis=0)
        if counts.min() < 2:
            raise ValueError(
                f"validation_fraction={fraction} cannot be set aside for early stopping: the class "
                f"{self.classes[counts.argmin()].item()!r} has only one example. Change it, or "
                "pass X_val and y_val."
            )
        share = fraction if fraction < 1 else fraction / self.m
        aside = np.clip(np.round(share * counts), 1, counts - 1).astype(int)
        seed = np.random.SeedSequence(check_random_state(random_state).randint(2**31))
        rng = np.random.default_rng(seed)
        taken = np.column_stack(
            [_shared_out(aside[k], self.counts[:, k], rng) for k in range(len(counts))]
        )
        seeds = seed.spawn(len(taken))

        def chosen(which):
            return [
                partitions.Chosen(of_partition, seed, which)
                for of_partition, seed in zip(taken, seeds, strict=True)
            ]

        some = [i for i, of_partition in enumerate(taken) if of_partition.any()]
        aside = replace(
            self,
            loaded=[self.loaded[i] for i in some],
            lengths=[int(taken[i].sum()) for i in some],
            counts=taken[some],
            chosen=[chosen("aside")[i] for i in some],
        )
        return replace(self, chosen=chosen("others"), weighted=True), aside

    def name_of(self, j):
        """What to call a column in a message."""
        return f"column {j}" if self.names is None else repr(self.names[j])

    def attributes(self, attributes):
        """Of a fitted estimator, as arrays of the library that X is of."""
        return attributes


def _shared_out(n, counts, rng):
    """n, shared out among partitions by their counts; who gets what is left over is chance."""
    exact = counts * (n / counts.sum())
    shares = np.minimum(np.floor(exact).astype(np.int64), counts)
    left = exact - shares
    over = int(n - shares.sum())
    if over:
        chosen = rng.choice(len(counts), over, replace=False, p=left / left.sum())
        shares[chosen] += 1
    return shares


def load(X, y, sample_weight, caller, at_least=2):
    """The examples of collections, loaded and checked.

    Parameters
    ----------
    X, y, sample_weight : as in DaskGDLogisticRegression.fit
    caller : estimator
        It stands in messages.
    at_least : int
        How many classes there must be.
    """
    place = partitions.place_of(X)
    if isinstance(place, partitions.Cluster):
        needed = _bytes_of(X)
        if needed is not None:
            place.check_memory(needed)
    names = feature_names(_empty(X))
    aligned = _aligned(X=X, y=y, sample_weight=sample_weight)
    load_one = dask.delayed(partitions.load, pure=False)
    name = type(caller).__name__
    loaded = place.load([load_one(*each, i, name) for i, each in enumerate(aligned)])
    try:
        summaries = place.gather(place.each(partitions.summary, loaded))
        return _examples_of(place, loaded, summaries, names, sample_weight is not None, at_least)
    except BaseException:
        place.forget(loaded)
        raise


def _examples_of(place, loaded, summaries, names, weighted, at_least):
    """What was loaded, checked as a whole."""
    kept = [i for i, each in enumerate(summaries) if each.m]
    if not kept:
        raise ValueError("X has no rows: all of its partitions are empty.")
    loaded, summaries = [loaded[i] for i in kept], [summaries[i] for i in kept]
    n_columns = sorted({each.n for each in summaries})
    if len(n_columns) > 1:
        raise ValueError(f"The partitions of X have different numbers of columns: {n_columns}.")
    greatest = max(each.greatest_weight for each in summaries)
    if greatest == 0:
        raise ValueError("Sample weights must contain at least one non-zero number.")
    classes = _classes([each.labels for each in summaries])
    check_classes(classes, at_least)
    counts = np.zeros((len(kept), len(classes)), dtype=np.int64)
    for row, each in zip(counts, summaries, strict=True):
        row[np.searchsorted(classes, each.labels)] = each.counts
    return DaskExamples(
        place=place,
        loaded=loaded,
        lengths=[each.m for each in summaries],
        counts=counts,
        chosen=[None] * len(kept),
        classes=classes,
        names=names,
        n=n_columns[0],
        dtype=np.result_type(*(each.dtype for each in summaries)),
        is_sparse=any(each.is_sparse for each in summaries),
        weighted=weighted,
        greatest=greatest,
    )


def _classes(labels):
    """All labels of all partitions."""
    kinds = {each.dtype.kind for each in labels}
    try:
        if kinds & set("US") and kinds & set("biuf"):
            raise TypeError("NumPy would make strings of the numbers")
        return np.unique(np.concatenate(labels))
    except TypeError as error:
        raise ValueError(
            "The partitions of y have labels of different types, strings and numbers; use one."
        ) from error


def _bytes_of(X):
    """What X takes as dense floats; None where Dask does not know."""
    if not isinstance(X, da.Array) or not np.isfinite(X.size):
        return None
    if hasattr(X._meta, "nnz"):
        return None
    return X.size * (4 if X.dtype == np.float32 else 8)


def _empty(X):
    """An array or a table without rows that has the columns of X."""
    if X.ndim != 2:
        raise ValueError(f"X must have two dimensions, rows and columns; it has {X.ndim}.")
    return np.empty((0, X.shape[1])) if isinstance(X, da.Array) else X._meta


def _aligned(**collections):
    """Tuples of delayed partitions that belong together; None where there is no collection."""
    X = collections["X"]
    if isinstance(X, da.Array) and X.numblocks[1] > 1:
        X = X.rechunk({1: -1})
    delayed = {"X": _delayed(X)}
    if collections.get("y", X) is None:
        raise ValueError("y is None, but there is nothing to learn without labels; pass y.")
    for name, values in collections.items():
        if name == "X" or values is None:
            continue
        lengths = X.chunks[0] if isinstance(X, da.Array) else (np.nan,)
        if not is_lazy(values):
            values = np.asarray(values)
            if np.isnan(lengths).any():
                raise ValueError(
                    f"{name} is an array, but Dask does not know how many rows each partition of X "
                    f"has: pass a Dask collection of the same partitions, or X made by "
                    "to_dask_array(lengths=True)."
                )
            if values.shape[:1] != (sum(lengths),):
                rows = f"{len(values)} rows" if values.ndim else "no rows"
                raise ValueError(f"{name} has {rows}, but X has {sum(lengths)}.")
            values = da.from_array(values, chunks=(lengths, *values.shape[1:]))
        if values.ndim != 1:
            raise ValueError(f"{name} must have one dimension; it has {values.ndim}.")
        if isinstance(values, da.Array) and not np.isnan([*lengths, *values.chunks[0]]).any():
            if sum(lengths) != len(values):
                raise ValueError(f"{name} has {len(values)} rows, but X has {sum(lengths)}.")
            values = values.rechunk((lengths,))
        if values.npartitions != len(delayed["X"]):
            raise ValueError(
                f"{name} has {values.npartitions} partitions and X {len(delayed['X'])}, whose "
                "lengths Dask does not know: make them from one collection, or of arrays by "
                "to_dask_array(lengths=True)."
            )
        delayed[name] = _delayed(values)
    nothing = [None] * len(delayed["X"])
    return list(zip(*(delayed.get(name, nothing) for name in collections), strict=True))


def _delayed(collection):
    delayed = collection.to_delayed()
    return delayed.ravel().tolist() if isinstance(delayed, np.ndarray) else list(delayed)


class DaskGDLogisticRegression(GDLogisticRegression):
    """GDLogisticRegression for Dask collections, wherever Dask computes.

    The same descent: the partitions of X are loaded once and stay where they are, every iteration
    sends w and b there and brings one sum from each worker back. The parameters, the attributes
    and, up to the order of a sum, the numbers are those of
    :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    Dask's own choice decides where: the workers of a ``distributed.Client``, if there is one, else
    this process, into which the threaded scheduler loads the partitions. A worker that is lost
    during a fit is replaced by the others, which make its partitions again.

    It needs the extra ``dask``, and is imported from ``sklearn_gdlogreg.dask``.

    Parameters
    ----------
    learning_rate : float, callable or str, default="auto"
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    max_iter : int, default=1000
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    tol : float, default=1e-4
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    C : float in (0, inf], default=inf
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    l1_ratio : float in [0, 1], default=0.0
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    fit_intercept : bool, default=True
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    class_weight : dict or "balanced", default=None
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    coordinates : {"auto", "raw", "standardized", "decorrelated"}, default="auto"
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    warm_start : bool, default=False
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    early_stopping : bool, default=False
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    validation_fraction : float in (0, 1) or int, default=0.1
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    n_iter_no_change : int, default=10
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    random_state : int, RandomState instance or None, default=None
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    store_path : bool or int, default=False
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    n_jobs : int, default=None
        Number of threads on each worker, at most as many as the worker has.

    verbose : int, default=0
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    Attributes
    ----------
    classes_, coef_, intercept_, n_iter_, loss_curve_, learning_rates_, gradient_norms_, seconds_, \
    validation_loss_curve_, validation_scores_, best_iteration_, coef_path_, intercept_path_, \
    iteration_path_, stop_reason_, coordinates_, n_features_in_, feature_names_in_
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`, in the memory of this process: NumPy
        arrays, not Dask's.

    See Also
    --------
    sklearn_gdlogreg.GDLogisticRegression : For arrays, sparse matrices, and memory maps larger
        than memory.

    Notes
    -----
    X, y and the weights must be partitioned alike, or have known chunk sizes. Several chunks of
    columns are put together; blocks may be sparse. Of a Dask collection, the methods that predict
    give a Dask array, lazily; arrays are fitted and predicted as GDLogisticRegression does.

    Besides what GDLogisticRegression raises, `fit` ends in a MemoryError if the workers cannot hold
    X. A ValueError names the partition that is to blame.

    Examples
    --------
    >>> import dask.array as da
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn_gdlogreg.dask import DaskGDLogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X, y = da.from_array(X, chunks=(200, -1)), da.from_array(y, chunks=200)
    >>> clf = DaskGDLogisticRegression(C=1).fit(X, y)
    >>> clf.predict(X)
    dask.array<...>
    >>> print(f"{clf.score(X, y):.3f}")
    0.958
    """

    def _examples(self, X, y, sample_weight=None):
        if not is_lazy(X):
            if is_lazy(y) or is_lazy(sample_weight):
                raise TypeError(
                    "X is an array, but y or sample_weight is a Dask collection: pass arrays, the "
                    "result of compute(), or pass X as a Dask collection, too."
                )
            return super()._examples(X, y, sample_weight)
        return load(X, y, sample_weight, self)

    def _examples_to_stop_by(self, examples, X_val, y_val, sample_weight_val):
        if not is_lazy(X_val):
            return super()._examples_to_stop_by(examples, X_val, y_val, sample_weight_val)
        check_names(_empty(X_val), examples)
        others = load(X_val, y_val, sample_weight_val, self, at_least=1)
        check_same_number("X_val", others.n, examples)
        check_known_labels(others.classes, examples.classes)
        return replace(others, classes=examples.classes, dtype=examples.dtype)

    def decision_function(self, X):
        return self._of(X, "decision_function")

    def predict(self, X):
        return self._of(X, "predict")

    def predict_proba(self, X):
        return self._of(X, "predict_proba")

    def predict_log_proba(self, X):
        return self._of(X, "predict_log_proba")

    def _of(self, X, method):
        """What a method gives: for a Dask collection lazily, else at once."""
        if not is_lazy(X):
            return getattr(super(), method)(X)
        check_is_fitted(self)
        return self._lazily(X, method, self.coef_, self.intercept_)

    def staged_decision_function(self, X):
        return self._staged(X, "decision_function")

    def staged_predict(self, X):
        return self._staged(X, "predict")

    def staged_predict_proba(self, X):
        return self._staged(X, "predict_proba")

    def _staged(self, X, method):
        if not is_lazy(X):
            return getattr(super(), f"staged_{method}")(X)
        check_path(self)
        return (
            self._lazily(X, method, *stage)
            for stage in zip(self.coef_path_, self.intercept_path_, strict=True)
        )

    def score(self, X, y, sample_weight=None):
        """The share of rows, by weight, whose class is predicted.

        Parameters
        ----------
        X : {array-like, sparse matrix, Dask collection} of shape (n_samples, n_features)
            The examples.

        y : array-like or Dask collection of shape (n_samples,)
            Their labels.

        sample_weight : array-like or Dask collection of shape (n_samples,), default=None
            Their weights.

        Returns
        -------
        score : float
            The accuracy.
        """
        if not is_lazy(X):
            return super().score(X, y, sample_weight)
        check_is_fitted(self)
        validate_data(self, _empty(X), reset=False, skip_check_array=True)
        model = dask.delayed(self._in_memory(self.coef_, self.intercept_), pure=False)
        right_of = dask.delayed(_right, pure=False)
        aligned = _aligned(X=X, y=y, sample_weight=sample_weight)
        right, total = np.sum(
            dask.compute(*(right_of(model, *rows, i) for i, rows in enumerate(aligned))), axis=0
        )
        if total == 0:
            raise ValueError("There is nothing to score: no rows, or none with a weight.")
        return float(right / total)

    def _in_memory(self, coef, intercept):
        """The same model, for arrays, without its history and the features' names."""
        model = GDLogisticRegression()
        model.coef_, model.intercept_, model.classes_ = coef, intercept, self.classes_
        model.n_features_in_ = self.n_features_in_
        return model

    def _lazily(self, X, method, coef, intercept):
        """What a method gives for every partition of X, as a Dask array."""
        validate_data(self, _empty(X), reset=False, skip_check_array=True)
        model = self._in_memory(coef, intercept)
        dtype = X.dtype if isinstance(X, da.Array) else np.float64
        like = _of_partition(model, np.zeros((1, model.n_features_in_), dtype), method)
        model, of_partition = dask.delayed(model, pure=False), dask.delayed(_of_partition)
        delayed = [x for (x,) in _aligned(X=X)]
        lengths = X.chunks[0] if isinstance(X, da.Array) else [np.nan] * len(delayed)
        blocks = [
            da.from_delayed(of_partition(model, x, method), (length, *like.shape[1:]), like.dtype)
            for x, length in zip(delayed, lengths, strict=True)
        ]
        return da.concatenate(blocks, allow_unknown_chunksizes=True)

    for _method in (
        decision_function,
        predict,
        predict_proba,
        predict_log_proba,
        staged_decision_function,
        staged_predict,
        staged_predict_proba,
    ):
        _method.__doc__ = getattr(GDLogisticRegression, _method.__name__).__doc__
    del _method


def _of_partition(model, X, method):
    """What a method gives for a partition, which may be empty."""
    X = X.tocsr() if hasattr(X, "tocsr") else np.asarray(X)
    if X.shape[0] == 0:
        return _of_partition(model, np.zeros((1, model.n_features_in_)), method)[:0]
    return getattr(model, method)(X)


def _right(model, X, y, sample_weight, number):
    """The weight of the rows that are predicted right, and that of all."""
    rows = partitions.load(X, y, sample_weight, number, "score")
    if not len(rows.y):
        return 0.0, 0.0
    _classes([rows.y[:1], model.classes_])  # of the same type
    right = _of_partition(model, rows.X, "predict") == rows.y
    weights = np.ones(len(right)) if rows.weights is None else rows.weights
    return float(weights @ right), float(weights.sum())
