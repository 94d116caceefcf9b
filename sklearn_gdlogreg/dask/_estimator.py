"""DaskGDLogisticRegression: the same estimator, for examples in a Dask collection."""

import dask
import dask.array as da
import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from .._check import is_lazy
from .._estimator import GDLogisticRegression, check_path
from . import _partitions as partitions
from ._examples import _aligned, _classes, _empty, load


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

    penalty_factors : array-like of shape (n_features,) or dict, default=None
        As in :class:`~sklearn_gdlogreg.GDLogisticRegression`.

    bounds : (low, high), dict or scipy.optimize.Bounds, default=None
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

    _load = staticmethod(load)

    def decision_function(self, X):
        return self._given(X, "decision_function")

    def predict(self, X):
        return self._given(X, "predict")

    def predict_proba(self, X):
        return self._given(X, "predict_proba")

    def predict_log_proba(self, X):
        return self._given(X, "predict_log_proba")

    def _given(self, X, method):
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
        """A model of these coefficients for arrays, without a history and names of features."""
        model = GDLogisticRegression()
        model.coef_, model.intercept_, model.classes_ = coef, intercept, self.classes_
        model.n_features_in_ = self.n_features_in_
        return model

    def _lazily(self, X, method, coef, intercept):
        """What a method gives for every partition of X, as a Dask array."""
        validate_data(self, _empty(X), reset=False, skip_check_array=True)
        model = self._in_memory(coef, intercept)
        dtype = X.dtype if isinstance(X, da.Array) else np.float64
        like = _predict_partition(model, np.zeros((1, model.n_features_in_), dtype), method)
        model, of_partition = dask.delayed(model, pure=False), dask.delayed(_predict_partition)
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


def _predict_partition(model, X, method):
    """What a method gives for a partition, which may be empty."""
    X = X.tocsr() if hasattr(X, "tocsr") else np.asarray(X)
    if X.shape[0] == 0:
        return _predict_partition(model, np.zeros((1, model.n_features_in_)), method)[:0]
    return getattr(model, method)(X)


def _right(model, X, y, sample_weight, number):
    """The weight of the rows that are predicted right, and that of all."""
    rows = partitions.load(X, y, sample_weight, number, "score")
    if not len(rows.y):
        return 0.0, 0.0
    _classes([rows.y[:1], model.classes_])  # of the same type
    right = _predict_partition(model, rows.X, "predict") == rows.y
    weights = np.ones(len(right)) if rows.weights is None else rows.weights
    return float(weights @ right), float(weights.sum())
