"""Examples in the partitions of a Dask collection: loaded, checked, aligned."""

from dataclasses import dataclass, replace
from functools import cached_property

import dask
import dask.array as da
import numpy as np
from sklearn.utils.validation import check_random_state

from .._check import check_classes, is_lazy
from .._data.loading import load as load_arrays
from .._data.schema import Schema, feature_names
from .._objective.weights import class_shares
from . import _partitions as partitions
from ._cluster import Cluster, scheduler_place


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
    schema: Schema
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
        if not self.weighted:
            return self.counts.sum(axis=0)
        totals = self._each(partitions.class_totals, self.greatest, of_each=[self.chosen])
        return sum(self.place.gather(totals))

    def _each(self, function, *arguments, of_each):
        """function(partition, classes, *arguments, *those of each) of every partition."""
        same = ([argument] * len(self.loaded) for argument in (self.schema.classes, *arguments))
        return self.place.each(function, self.loaded, *same, *of_each)

    def rows(self, of_class=None, n_jobs=None):
        """To be added up, each row counting by its weight times that of its class."""
        share, total = class_shares(self.class_totals(), of_class, self.greatest)
        firsts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]]).tolist()
        parts = self._each(
            partitions.part,
            self.schema.dtype,
            self.is_sparse,
            share,
            self.greatest,
            of_each=[self.chosen, firsts],
        )
        return self.place.rows(parts, len(self.schema.classes), total, n_jobs)

    def coded_by(self, schema):
        """These examples, their labels coded by the classes of others."""
        counts = np.zeros((len(self.counts), len(schema.classes)), dtype=np.int64)
        counts[:, np.searchsorted(schema.classes, self.schema.classes)] = self.counts
        return replace(self, schema=schema, counts=counts)

    def split(self, fraction, random_state):
        """Some to learn from and some to stop by, stratified by class."""
        counts = self.counts.sum(axis=0)
        if counts.min() < 2:
            rarest = self.schema.classes[counts.argmin()].item()
            raise ValueError(
                f"validation_fraction={fraction} cannot be set aside for early stopping: the class "
                f"{rarest!r} has only one example. Change it, or pass X_val and y_val."
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


def load(X, y, sample_weight=None, *, caller, like=None):
    """The examples of Dask collections, loaded and checked; those of arrays, as for arrays.

    Parameters
    ----------
    X, y, sample_weight : as in DaskGDLogisticRegression.fit
    caller : estimator
        It stands in messages.
    like : Schema, or None
        Of examples that these are to stop a descent of: the same features, no other classes.
    """
    if is_lazy(X):
        if like is None:
            return _loaded(X, y, sample_weight, caller, at_least=2)
        like.check_names(_empty(X), caller)
        others = _loaded(X, y, sample_weight, caller, at_least=1)
        like.check_number("X_val", others.schema.n)
        like.check_labels(others.schema.classes)
        return others.coded_by(like)
    if like is None and (is_lazy(y) or is_lazy(sample_weight)):
        raise TypeError(
            "X is an array, but y or sample_weight is a Dask collection: pass arrays, the "
            "result of compute(), or pass X as a Dask collection, too."
        )
    return load_arrays(X, y, sample_weight, caller=caller, like=like)


def _loaded(X, y, sample_weight, caller, at_least):
    """The examples of collections, with at least so many classes."""
    place = scheduler_place(X)
    if isinstance(place, Cluster):
        needed = _dense_bytes(X)
        if needed is not None:
            place.check_memory(needed)
    names = feature_names(_empty(X))
    aligned = _aligned(X=X, y=y, sample_weight=sample_weight)
    load_one = dask.delayed(partitions.load, pure=False)
    name = type(caller).__name__
    loaded = place.load([load_one(*each, i, name) for i, each in enumerate(aligned)])
    try:
        summaries = place.gather(place.each(partitions.summary, loaded))
        return _checked_together(
            place, loaded, summaries, names, sample_weight is not None, at_least
        )
    except BaseException:
        place.forget(loaded)
        raise


def _checked_together(place, loaded, summaries, names, weighted, at_least):
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
        schema=Schema(
            classes, names, n_columns[0], np.result_type(*(each.dtype for each in summaries))
        ),
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


def _dense_bytes(X):
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
