"""Which columns of a table are learned from, and how they become numbers."""

import re
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

# A column of names would otherwise become a column for each of its rows.
MAX_CATEGORIES = 100
# A dense matrix of this size stays in the cache; larger ones are worth it where a third is not 0.
DENSE_BYTES = 2**20
DENSE_SHARE = 0.3
# In fewer rows, numbers at equal distances may be the doses of an experiment.
ROWS_TO_COUNT = 20
# id, customer_id, customerID, and what pandas calls an index that was written with the columns.
NAME_OF_ID = re.compile(r"(?i:id|unnamed: 0.*|.*[\W_]id)|.*[a-z]I[dD]")
# Years of two digits, which pandas does not guess.
DATES = ("%m/%d/%y", "%d/%m/%y", "%d.%m.%y")


@dataclass(frozen=True)
class Roles:
    """The columns that are numbers, those that become one-hot, and why the others are left out."""

    numbers: list
    words: list
    left_out: dict


def roles(frame, keep=()):
    """The roles of the columns of a DataFrame; those in `keep` are not left out.

    Raises
    ------
    ValueError
        If no column is left.
    """
    numeric = set(frame.select_dtypes(["number", "bool"], exclude="timedelta").columns)
    left_out = {
        column: why
        for column in frame.columns.difference(keep, sort=False)
        if (why := _why_left_out(column, frame[column].dropna(), column in numeric))
    }
    used = [column for column in frame.columns if column not in left_out]
    if not used:
        raise ValueError(
            f"no column is left to learn from without {listed(left_out)}; --keep COLUMN takes one "
            "in."
        )
    return Roles(
        numbers=[column for column in used if column in numeric],
        words=[column for column in used if column not in numeric],
        left_out=left_out,
    )


def listed(left_out):
    """The columns that are left out, with a word each on why."""
    return ", ".join(f"{column} ({why})" for column, why in left_out.items())


def with_decimal_commas(frame):
    """The columns of text of which every value is a number, if a comma stands for the point."""
    found = []
    for column in frame.select_dtypes(exclude=["number", "bool", "datetime", "timedelta"]).columns:
        values = frame[column].dropna().astype(str).str.strip()
        numbers = values.str.fullmatch(r"[-+]?\d+(,\d+)?")
        if len(values) and numbers.all() and values.str.contains(",").any():
            found.append(column)
    return found


def preprocessing_of_table(frame, roles, *, standardize):
    """The transformer that makes numbers of the rows of `frame`, and sentences on what it does.

    One-hot columns stay 0 and 1: they are sparse where that is worth it, centred they would not be.
    """
    small = frame.shape[0] * _most_columns(roles) * 8 <= DENSE_BYTES
    transformer = make_column_transformer(
        (
            make_pipeline(
                FunctionTransformer(as_floats, feature_names_out="one-to-one"),
                SimpleImputer(strategy="median", keep_empty_features=True),
                *([StandardScaler()] if standardize else []),
            ),
            roles.numbers,
        ),
        (
            make_pipeline(
                FunctionTransformer(as_text, feature_names_out="one-to-one"),
                SimpleImputer(
                    strategy="most_frequent", missing_values=None, keep_empty_features=True
                ),
                OneHotEncoder(
                    max_categories=MAX_CATEGORIES,
                    handle_unknown="infrequent_if_exist",
                    feature_name_combiner=name_of_category,
                ),
            ),
            roles.words,
        ),
        sparse_threshold=0 if small else DENSE_SHARE,
        verbose_feature_names_out="{feature_name}",
    )
    missing = int(frame[roles.numbers + roles.words].isna().to_numpy().sum())
    done = []
    if roles.words:
        names = ", ".join(roles.words[:5]) + (", ..." if len(roles.words) > 5 else "")
        done.append(
            f"{len(roles.words)} non-numeric column{'s' * (len(roles.words) > 1)} ({names}) "
            f"one-hot encoded, at most {MAX_CATEGORIES} categories each"
        )
    if missing:
        done.append(
            f"{missing} missing value{'s' * (missing > 1)} imputed (the median of a number, the "
            "most frequent category)"
        )
    return transformer, done


def preprocessing_of_sparse(X, *, standardize):
    """The same for a sparse matrix; None where there is nothing to do."""
    if not standardize:
        return None, []
    m, n = X.shape
    if m * n * 8 <= DENSE_BYTES or X.nnz >= DENSE_SHARE * m * n:
        return make_pipeline(FunctionTransformer(as_dense), StandardScaler()), []
    done = "columns scaled to unit variance but not centred, which would fill the sparse matrix"
    return StandardScaler(with_mean=False), [done]


# These four are in saved models, by name.


def as_floats(frame):
    return frame.astype(float)


def as_text(frame):
    """Every value as the text it prints as; None where it is missing."""
    return frame.astype(str).astype(object).where(frame.notna(), None)


def as_dense(X):
    return X.toarray() if sparse.issparse(X) else X


def name_of_category(column, value):
    return f"{column}={value}"


def _most_columns(roles):
    return len(roles.numbers) + len(roles.words) * MAX_CATEGORIES


def _why_left_out(name, values, numeric):
    """A word on why nothing can be learned from the values that are there, or None."""
    if values.empty:
        return "empty"
    each_once = f"{len(values)} values in {len(values)} rows"
    if numeric:
        if not values.is_unique or (values % 1 != 0).any():
            return None
        if NAME_OF_ID.fullmatch(name):
            return each_once
        steps = np.diff(values.to_numpy())
        counts = len(values) >= ROWS_TO_COUNT and (steps == steps[0]).all()
        return "counts the rows" if counts else None
    text = as_text(values)
    if _are_dates(text):
        return "a date"
    return each_once if text.is_unique else None


def _are_dates(text):
    """Whether one format of dates, with day and month, fits all of the text."""
    import pandas as pd
    from pandas.tseries.api import guess_datetime_format

    first = text.iloc[0]
    guessed = {guess_datetime_format(first, dayfirst=dayfirst) for dayfirst in (False, True)}
    guessed -= {None, "%Y"}
    # Of the same ISO format are times with and without fractions of a second.
    formats = [*guessed, *(["ISO8601"] if guessed else []), *DATES]

    def fits(format, text):
        return pd.to_datetime(text, format=format, errors="coerce", utc=True).notna().all()

    return any(fits(format, text.iloc[:1]) and fits(format, text) for format in formats)
