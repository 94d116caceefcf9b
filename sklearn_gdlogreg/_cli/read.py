"""A user's file, read into a design matrix and labels; what is wrong with it, in one line."""

from io import BytesIO
from pathlib import Path

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_svmlight_file
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.utils.multiclass import type_of_target

SVMLIGHT = {".svm", ".svmlight", ".libsvm"}
PARQUET = {".parquet", ".pq"}
CSV = {".csv", ".gz", ".tsv"}
# A column of names or identifiers would otherwise become a column for each of its rows.
MAX_CATEGORIES = 100
# One wild index in an svmlight file would otherwise ask for more memory than there is.
MAX_FEATURES = 10_000_000


def read(path, target):
    """X (a DataFrame or a CSR matrix) and y from a CSV, Parquet or svmlight file.

    Raises
    ------
    ValueError
        If the file is missing or cannot be read, has no such target, or a target that is no
        classification target.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError("no such file.")
    ending = path.suffix.lower()
    if ending in SVMLIGHT:
        X, y = _read_svmlight(path, target)
    elif ending in CSV | PARQUET:
        X, y = _read_table(path, target)
    else:
        endings = ", ".join(sorted(CSV | PARQUET | SVMLIGHT))
        raise ValueError(f"the name of a file to read ends in one of {endings}.")
    _check_target(y, "the target" if target is None else f"column {target!r}")
    return X, y


def preprocessing(X):
    """The transformer that makes numbers of X, and a sentence on what it does; or None and ""."""
    if not hasattr(X, "columns"):
        return None, ""
    numeric = list(X.select_dtypes(["number", "bool"], exclude="timedelta").columns)
    encoded = [column for column in X.columns if column not in numeric]
    missing = int(X.isna().to_numpy().sum())
    transformer = make_column_transformer(
        (
            make_pipeline(
                FunctionTransformer(lambda frame: frame.astype(float)),
                SimpleImputer(strategy="median", keep_empty_features=True),
            ),
            numeric,
        ),
        (
            make_pipeline(
                FunctionTransformer(_as_text),
                SimpleImputer(
                    strategy="most_frequent", missing_values=None, keep_empty_features=True
                ),
                OneHotEncoder(max_categories=MAX_CATEGORIES, handle_unknown="infrequent_if_exist"),
            ),
            encoded,
        ),
    )
    done = []
    if encoded:
        names = ", ".join(map(str, encoded[:5])) + (", ..." if len(encoded) > 5 else "")
        done.append(
            f"{len(encoded)} non-numeric column{'s' * (len(encoded) > 1)} ({names}) one-hot "
            f"encoded, at most {MAX_CATEGORIES} categories each"
        )
    if missing:
        done.append(
            f"{missing} missing value{'s' * (missing > 1)} imputed (the median of a number, the "
            "most frequent category)"
        )
    return transformer, "; ".join(done)


def _as_text(frame):
    """Every value as the text it prints as; None where it is missing."""
    return frame.astype(str).astype(object).where(frame.notna(), None)


def _read_table(path, target):
    try:
        import pandas as pd
    except ImportError:
        raise ValueError(
            "reading CSV and Parquet needs pandas: pip install pandas pyarrow, or this package "
            "with its extra [cli]."
        ) from None
    try:
        if path.suffix.lower() in PARQUET:
            frame = pd.read_parquet(path)
        else:
            endings = [ending.lower() for ending in path.suffixes]
            separator = "\t" if ".tsv" in endings else ","
            frame = pd.read_csv(path, sep=separator, low_memory=False)
    except Exception as error:
        # Readers and decompressors raise errors of many kinds of their own.
        raise ValueError(f"cannot be read: {error}") from error
    frame.columns = frame.columns.astype(str)
    columns = ", ".join(map(repr, frame.columns[:20])) + (", ..." if frame.shape[1] > 20 else "")
    if target is None:
        raise ValueError(f"name the column to predict with --target; the columns are {columns}.")
    if target not in frame.columns:
        raise ValueError(f"there is no column {target!r}; the columns are {columns}.")
    if frame.shape[1] < 2:
        raise ValueError(f"there is no column beside the target {target!r}.")
    y, X = frame[target], frame.drop(columns=target)
    if y.isna().any():
        first = int(np.flatnonzero(y.isna())[0])
        raise ValueError(
            f"column {target!r} has {int(y.isna().sum())} missing values, the first in row "
            f"{first + 1}; remove these rows."
        )
    for column in X.select_dtypes("number").columns:
        infinite = np.isinf(X[column].to_numpy(dtype=float, na_value=np.nan))
        if infinite.any():
            first = int(np.flatnonzero(infinite)[0])
            raise ValueError(f"column {column!r} is infinite in row {first + 1}.")
    return X, y.to_numpy()


def _read_svmlight(path, target):
    if target is not None:
        raise ValueError("an svmlight file has its target in front of each row: omit --target.")
    try:
        X, y = load_svmlight_file(str(path))
    except (ValueError, OverflowError) as error:
        # The reader does not say where it stopped; reading row by row does.
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                load_svmlight_file(BytesIO(line))
            except (ValueError, OverflowError):
                shown = line[:60].decode(errors="replace")
                raise ValueError(f"row {number} cannot be read: {shown!r}.") from error
        raise
    if X.shape[1] > MAX_FEATURES:
        raise ValueError(
            f"the largest feature index is {X.shape[1]}; at most {MAX_FEATURES} are supported."
        )
    return X, y


def _check_target(y, name):
    if len(y) == 0:
        raise ValueError("there are no rows.")
    try:
        kind = type_of_target(y)
    except TypeError:  # lists, bytes and whatever else a column of objects can hold
        kind = "neither numbers nor text"
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"{name} is {kind}, with values such as {np.asarray(y)[:3].tolist()}: a classification "
            "target, with a few different labels, is needed."
        )
    if len(np.unique(y)) < 2:
        raise ValueError(
            f"{name} is constant, always {np.asarray(y)[:1].tolist()[0]!r}: there are no classes "
            "to tell apart."
        )
