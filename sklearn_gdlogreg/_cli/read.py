"""A user's file, read into a design matrix and labels; what is wrong with it, in one line."""

import re
from io import BytesIO
from pathlib import Path

import numpy as np
from sklearn.datasets import load_svmlight_file
from sklearn.utils.multiclass import type_of_target

SVMLIGHT = {".svm", ".svmlight", ".libsvm"}
PARQUET = {".parquet", ".pq"}
CSV = {".csv", ".gz", ".tsv", ".txt"}
SEPARATORS = (",", ";", "\t", "|")
# One wild index in an svmlight file would otherwise ask for more memory than there is.
MAX_FEATURES = 10_000_000
# Labels have at least this many rows on average; more than a few that are numbers at least that,
# as prices and years of age are repeated, too.
ROWS_OF_A_CLASS = 2
ROWS_OF_A_NUMBER = 10
FEW_CLASSES = 20


def read(path, target, sep=None, drop=(), decimal="."):
    """X (a DataFrame or a CSR matrix) and y from a CSV, Parquet or svmlight file.

    `drop` has names of columns, several in one text with commas between.

    Raises
    ------
    ValueError
        If the file is missing or cannot be read, lacks a column that is named, or has a target
        that is no classification target.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError("no such file.")
    ending = path.suffix.lower()
    if sep is not None and ending not in CSV:
        raise ValueError("--sep is for text: Parquet and svmlight files have no separator.")
    if ending in SVMLIGHT:
        X, y = _read_svmlight(path, target)
        columns_named(X, drop, "--drop")
        _check_target(y, "the target")
    elif ending in CSV | PARQUET:
        X, y = _read_table(path, target, sep, drop, decimal)
    else:
        endings = ", ".join(sorted(CSV | PARQUET | SVMLIGHT))
        raise ValueError(f"the name of a file to read ends in one of {endings}.")
    return X, y


def columns_named(frame, texts, option):
    """The names in the texts, of which one may have several with commas between."""
    if texts and not hasattr(frame, "columns"):
        raise ValueError(f"{option} is for tables: the columns of an svmlight file have no names.")
    names = [
        name
        for text in texts
        for name in ([text] if text in frame.columns else re.split(r",\s*", text))
    ]
    for name in names:
        if name not in frame.columns:
            raise ValueError(f"{option}: there is no column {name!r}; {_the_columns(frame)}.")
    return names


def _the_columns(frame):
    columns = ", ".join(map(repr, frame.columns[:20])) + (", ..." if frame.shape[1] > 20 else "")
    return f"the columns are {columns}"


def _read_table(path, target, sep, drop, decimal):
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
            frame = pd.read_csv(
                path, sep=sep or _separator(path), decimal=decimal, low_memory=False
            )
    except Exception as error:
        # Readers and decompressors raise errors of many kinds of their own.
        raise ValueError(f"cannot be read: {error}") from error
    frame.columns = frame.columns.astype(str)
    if target is None:
        raise ValueError(f"name the column to predict with --target; {_the_columns(frame)}.")
    if target not in frame.columns:
        raise ValueError(f"there is no column {target!r}; {_the_columns(frame)}.")
    dropped = columns_named(frame, drop, "--drop")
    if target in dropped:
        raise ValueError(f"--drop: {target!r} is the target.")
    y, X = frame[target], frame.drop(columns=[target, *dropped])
    if X.shape[1] == 0:
        raise ValueError(f"there is no column beside the target {target!r}.")
    if y.isna().any():
        first = int(np.flatnonzero(y.isna())[0])
        raise ValueError(
            f"column {target!r} has {int(y.isna().sum())} missing values, the first in row "
            f"{first + 1}; remove these rows."
        )
    try:
        _check_target(y.to_numpy(), f"column {target!r}")
    except ValueError as error:
        raise ValueError(f"{error}{_like_classes(X)}") from None
    for column in X.select_dtypes("number").columns:
        infinite = np.isinf(X[column].to_numpy(dtype=float, na_value=np.nan))
        if infinite.any():
            first = int(np.flatnonzero(infinite)[0])
            raise ValueError(f"column {column!r} is infinite in row {first + 1}.")
    return X, y.to_numpy()


def _separator(path):
    """Tabs in a .tsv; else the first that divides the line with the names, which commas may."""
    import pandas as pd

    if ".tsv" in [ending.lower() for ending in path.suffixes]:
        return "\t"
    for separator in SEPARATORS:
        if pd.read_csv(path, sep=separator, nrows=0).shape[1] > 1:
            return separator
    return SEPARATORS[0]


def _like_classes(X):
    """A sentence that names columns whose values could be classes, or nothing."""
    counts = {column: X[column].astype(str).nunique() for column in X.columns}
    few = [
        f"{column!r} ({count})"
        for column, count in counts.items()
        if 2 <= count <= min(FEW_CLASSES, len(X) / ROWS_OF_A_CLASS)
    ]
    return f" Columns of few values: {', '.join(few[:5])}." if few else ""


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
    m = len(y)
    if m == 0:
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
    labels = len(np.unique(y))
    if labels < 2:
        raise ValueError(
            f"{name} is constant, always {np.asarray(y)[:1].tolist()[0]!r}: there are no classes "
            "to tell apart."
        )
    if labels > 2 and labels * ROWS_OF_A_CLASS > m:
        raise ValueError(
            f"{name} has {labels} different values in {m} rows, so that it tells rows apart, not "
            "classes: a classification target, with a few different labels, is needed."
        )
    if y.dtype.kind in "iuf" and labels > FEW_CLASSES and labels * ROWS_OF_A_NUMBER > m:
        raise ValueError(
            f"{name} has {labels} different numbers in {m} rows, as a quantity has: a "
            "classification target, with a few different labels, is needed (with "
            f"{ROWS_OF_A_NUMBER} rows each on average if they are numbers, {ROWS_OF_A_CLASS} if "
            "they are words)."
        )
