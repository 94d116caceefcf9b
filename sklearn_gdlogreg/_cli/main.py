"""The command line: `python -m sklearn_gdlogreg [FILE --target COLUMN] [options]`."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .. import __version__
from .._descent.learning_rate import RULES
from .columns import (
    listed,
    preprocessing_of_sparse,
    preprocessing_of_table,
    roles,
    with_decimal_commas,
)
from .comparison import best_of_ours, compare, cost_figure, diagnosed, plot_costs, sentence
from .read import columns_named, read
from .table import table, width_of_terminal, wrapped

DESCRIPTION = """\
Fit GDLogisticRegression and LogisticRegression to the same rows at the same C
and compare them. Without FILE: breast cancer (569 rows, 30 features), raw and
standardized.
"""
EXAMPLES = """\
examples:
  python -m sklearn_gdlogreg
  python -m sklearn_gdlogreg data.csv --target label --standardize
  python -m sklearn_gdlogreg --learning-rate 0.1,0.5,auto data.csv --target label
  python -m sklearn_gdlogreg data.csv --target label --save model.joblib
"""

# What a shell reports of a program that SIGPIPE has ended.
NOBODY_READS = 128 + 13


def learning_rate(text):
    """A positive number or the name of a rule."""
    if text in RULES:
        return text
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a positive number nor one of {', '.join(RULES)}"
        )
    return value


def number(kind, accepted, rule):
    """An argparse type: what `kind` makes of the text, if it is accepted."""

    def convert(text):
        try:
            value = kind(text)
        except (ValueError, OverflowError):
            value = None
        if value is None or not accepted(value):
            raise argparse.ArgumentTypeError(f"{text!r} is not {rule}")
        return value

    return convert


def separator(text):
    r"""One character; a tab may be typed as \t."""
    text = text.replace(r"\t", "\t")
    if len(text) != 1:
        raise argparse.ArgumentTypeError(rf"{text!r} is not one character, such as ';' or '\t'")
    return text


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the usage is in --help."""

    def error(self, message):
        self.exit(2, f"error: {message}\n")


def parser():
    parser = Parser(
        "python -m sklearn_gdlogreg",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("file", nargs="?", metavar="FILE", help="a .csv, .tsv, .parquet or svmlight (.svm) file")
    add("--target", metavar="COLUMN", help="the column to predict (CSV and Parquet)")
    add(
        "--sep",
        type=separator,
        help=r"what stands between the fields of a CSV file, such as ';' or '\t' (default: a tab "
        "in a .tsv, else the first of , ; tab | that divides the line of names)",
    )
    add(
        "--decimal",
        choices=(".", ","),
        default=".",
        help="what stands before the decimals of a CSV file (default: a point)",
    )
    add(
        "--drop",
        action="append",
        default=[],
        metavar="COLUMN",
        help="leave this column out; several with commas between, or --drop again",
    )
    add(
        "--keep",
        action="append",
        default=[],
        metavar="COLUMN",
        help="learn from this column though it is taken for a date or an identifier",
    )
    add(
        "--learning-rate",
        nargs="+",
        action="append",
        metavar="RATE",
        help=f"numbers, or of {', '.join(RULES)}; a row of the table for each (default: auto); "
        "several with commas or spaces between",
    )
    add(
        "--max-iter",
        type=number(int, lambda n: n >= 1, "a whole number of at least 1"),
        metavar="N",
        help="default: each model's own, 1000 and 100",
    )
    add(
        "--tol",
        type=number(float, lambda x: 0 <= x < float("inf"), "a number of at least 0"),
        help="default: each model's own, 1e-4 for both",
    )
    add(
        "--C",
        type=number(float, lambda x: x > 0, "a positive number"),
        default=1.0,
        help="inverse of the L2 penalty; inf is none (default: 1)",
    )
    add(
        "--standardize",
        action="store_true",
        help="centre columns of numbers and give them unit variance; one-hot ones stay 0 and 1",
    )
    add(
        "--test-size",
        type=number(float, lambda x: 0 < x < 1, "a share between 0 and 1"),
        default=0.25,
        help="share of the rows held out (default: 0.25)",
    )
    add("--plot", metavar="PNG", help="draw the cost curves into this file (needs matplotlib)")
    add(
        "--save",
        metavar="MODEL",
        help="fit the best GDLogisticRegression of the table, with what was done to the columns, "
        "to all rows, and write it into this file for joblib.load",
    )
    add("--version", action="version", version=__version__)
    return parser


def parsed(arguments):
    """The options; of the words after --learning-rate, the one that is a file becomes FILE."""
    command = parser()
    options = command.parse_args(arguments)
    rates = []
    for words in options.learning_rate or [["auto"]]:
        for i, word in enumerate(words):
            if i > 0 and options.file is None and is_file(word):
                options.file = word
                continue
            try:
                rates += map(learning_rate, word.split(","))
            except argparse.ArgumentTypeError as error:
                command.error(f"argument --learning-rate: {error}")
    options.learning_rate = list(dict.fromkeys(rates))
    return options


def is_file(word):
    """Whether a word after --learning-rate is none, but the name of a file, which has an ending."""
    try:
        learning_rate(word.split(",")[0])
    except argparse.ArgumentTypeError:
        return Path(word).suffix != ""
    return False


def main(arguments=None):
    """Run the command; 0, or 2 after one line on what was wrong."""
    options = parsed(arguments)
    try:
        check_without_file(options)
        figure = cost_figure(options.plot) if options.plot else None
        if options.save is not None:
            check_place(options.save)
    except (ValueError, ImportError) as error:
        return fail(error)
    try:
        # What the fits warn of is collected and told; nothing else is about the user's model.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return run(options, figure)
    except (ValueError, TypeError, OSError, MemoryError) as error:
        return fail(error, options.file)


def run(options, figure):
    comparisons = {}
    for problem in problems(options):
        parts = split(problem, options.test_size)
        for line in problem.about:
            tell(line)
        comparisons[problem.title] = compared(problem, parts, options)
    say(table(comparisons, width_of_terminal()))
    for title, fits in comparisons.items():
        tell(sentence(title, fits))
        for fit in fits:
            for diagnosis in fit.diagnoses:
                tell(f"{fit.name}: {diagnosis}")
    if figure:
        plot_costs(comparisons, figure)
        try:
            figure.savefig(options.plot, dpi=120)
        except OSError as error:
            return fail(error, options.plot)
        tell(f"The cost curves are in {options.plot}.")
    if options.save:
        (fits,) = comparisons.values()
        return save(problem, best_of_ours(fits), options)
    return 0


def check_without_file(options):
    """Refuse what is asked of FILE where there is none."""
    for name in ("target", "sep", "drop", "keep", "save"):
        if getattr(options, name) not in (None, []) and not options.file:
            about = "names a column of" if name in ("target", "drop", "keep") else "is for a"
            raise ValueError(f"--{name} {about} FILE, and there is no FILE.")


def check_place(path):
    """Refuse a place where no model could be written; asked for before any work is done."""
    path = Path(path)
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError(f"{path}: name a file in an existing folder for the model.")


def fail(error, where=None):
    message = " ".join(str(error).split()) or type(error).__name__
    sys.stderr.write(f"error: {f'{where}: ' if where else ''}{message}\n")
    return 2


class Problem(NamedTuple):
    """A section of the table: rows, what makes numbers of them, and what to tell before the fits.

    `transformer` is None where X goes to the models as it is, `names` where its columns have none.
    """

    title: str
    X: object
    y: np.ndarray
    transformer: BaseEstimator | None
    names: Sequence | None
    about: list


def problems(options):
    if options.file is None:
        data = load_breast_cancer()
        for title, scaler in {"raw": None, "standardized": StandardScaler()}.items():
            if scaler or not options.standardize:
                title = f"breast cancer, {title}"
                yield Problem(title, data.data, data.target, scaler, data.feature_names, about=[])
        return
    X, y = read(options.file, options.target, options.sep, options.drop, options.decimal)
    about = [f"{options.file}: {X.shape[0]} rows; {classes_in_words(y)}."]
    keep = columns_named(X, options.keep, "--keep")
    if hasattr(X, "columns"):
        columns = roles(X, keep)
        if commas := with_decimal_commas(X):
            about.append(
                f"{', '.join(commas)}: text, though it looks like numbers; --decimal , reads "
                "decimal commas."
            )
        if columns.left_out:
            about.append(f"left out: {listed(columns.left_out)}; --keep COLUMN takes one in.")
        transformer, done = preprocessing_of_table(X, columns, standardize=options.standardize)
        names = X.columns
    else:
        transformer, done = preprocessing_of_sparse(X, standardize=options.standardize)
        names = None
    if done:
        about.append(f"{options.file}: {'; '.join(done)}.")
    title = f"{options.file}, standardized" if options.standardize else options.file
    yield Problem(title, X, y, transformer, names, about)


def classes_in_words(y):
    labels, counts = np.unique(y, return_counts=True)
    if len(labels) > 10:
        return f"{len(labels)} classes"
    rows = ", ".join(f"{label} ({n})" for label, n in zip(labels, counts, strict=True))
    return f"{len(labels)} classes: {rows}"


def split(problem, test_size):
    """Rows to fit and rows held out, the same share of every class in both where that can be."""
    _, counts = np.unique(problem.y, return_counts=True)
    stratify = problem.y if counts.min() > 1 else None
    parts = train_test_split(
        problem.X, problem.y, test_size=test_size, stratify=stratify, random_state=0
    )
    if len(np.unique(parts[2])) < 2:
        raise ValueError(
            f"y must have at least 2 classes in the {len(parts[2])} rows to fit; there are "
            f"{len(problem.y)} rows in all."
        )
    return parts


def compared(problem, parts, options):
    """The fits to one problem, whose transformer is fitted on the rows to fit alone."""
    X_train, X_test, y_train, y_test = parts
    transformer, names = problem.transformer, problem.names
    if transformer:
        X_train, X_test = transformer.fit_transform(X_train), transformer.transform(X_test)
        names = None if names is None else transformer.get_feature_names_out(names)
    return compare(
        X_train,
        X_test,
        y_train,
        y_test,
        learning_rates=options.learning_rate,
        C=options.C,
        max_iter=options.max_iter,
        tol=options.tol,
        names=names,
    )


def save(problem, fit, options):
    """Write the model of this fit, and what comes before it, fitted to all rows."""
    steps = [problem.transformer] if problem.transformer else []
    pipeline = make_pipeline(*steps, clone(fit.model))
    with diagnosed() as diagnoses:
        pipeline.fit(problem.X, problem.y)
    try:
        joblib.dump(pipeline, options.save)
    except OSError as error:
        return fail(error, options.save)
    for diagnosis in diagnoses:
        tell(f"{options.save}: {diagnosis}")
    X = "a DataFrame with the columns" if problem.names is not None else "a matrix with the columns"
    tell(
        f"{fit.name}, with what was done to the columns, fitted to all {len(problem.y)} rows, is "
        f"in {options.save}."
    )
    tell(f"To predict: joblib.load({options.save!r}).predict(X), X being {X} of {options.file}.")
    return 0


def tell(sentence):
    """Say it in lines that fit the terminal."""
    say(wrapped(sentence, width_of_terminal()))


def say(text):
    """Write a line to standard output, at once; the program ends where that takes no more.

    In silence where nobody reads on, as after `| head -1`; else with a line on what was wrong.
    """
    try:
        if sys.stdout is None:
            raise ValueError("it is closed.")
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError as error:
        # What was not written would be tried, and fail, again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        silent = isinstance(error, BrokenPipeError)
        raise SystemExit(NOBODY_READS if silent else fail(error, "standard output")) from None
    except ValueError as error:  # its encoding lacks a letter, say
        raise SystemExit(fail(error, "standard output")) from None
