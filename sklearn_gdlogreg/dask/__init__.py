"""DaskGDLogisticRegression: the same estimator, for examples in a Dask collection.

Needs Dask: ``pip install "dask[array,dataframe,distributed]"``, or this package with its extra.
"""

try:
    import dask.array  # noqa: F401
except ImportError as error:
    raise ImportError(
        'sklearn_gdlogreg.dask needs Dask: pip install "dask[array,dataframe,distributed]", or '
        "this package with its extra [dask]."
    ) from error

from ._estimator import DaskGDLogisticRegression

__all__ = ["DaskGDLogisticRegression"]
