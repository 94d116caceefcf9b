"""The command line: `python -m sklearn_gdlogreg [FILE --target COLUMN] [options]`."""

import argparse
import os
import sys
import warnings
from itertools import chain

import numpy as np
from scipy import sparse
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from .. import __version__
from .._descent.learning_rate import RULES
from .comparison import compare, cost_figure, plot_costs, sentence
from .read import preprocessing, read

DESCRIPTION = """\
Fit GDLogisticRegression and LogisticRegression to the same rows at the same C and compare them.
Without FILE: breast cancer (569 rows, 30 features), raw and standardized.
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


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the usage is in --help."""

    def error(self, message):
        self.exit(2, f"error: {message}\n")


def parser():
    parser = Parser("python -m sklearn_gdlogreg", description=DESCRIPTION)
    add = parser.add_argument
    add("file", nargs="?", metavar="FILE", help="a .csv, .tsv, .parquet or svmlight (.svm) file")
    add("--target", metavar="COLUMN", help="the column to predict (CSV and Parquet)")
    add(
        "--learning-rate",
        nargs="+",
        type=learning_rate,
        default=["auto"],
        metavar="RATE",
        help=f"numbers, or of {', '.join(RULES)}; a row of the table for each (default: auto)",
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
    add("--standardize", action="store_true", help="put a StandardScaler before both models")
    add(
        "--test-size",
        type=number(float, lambda x: 0 < x < 1, "a share between 0 and 1"),
        default=0.25,
        help="share of the rows held out (default: 0.25)",
    )
    add("--plot", metavar="PNG", help="draw the cost curves into this file (needs matplotlib)")
    add("--version", action="version", version=__version__)
    return parser


def main(arguments=None):
    """Run the command; 0, or 2 after one line on what was wrong."""
    options = parser().parse_args(arguments)
    try:
        if options.target and not options.file:
            raise ValueError("--target names a column of FILE, and there is no FILE.")
        figure = cost_figure(options.plot) if options.plot else None
    except (ValueError, ImportError) as error:
        return fail(error)
    try:
        # How fits ended is in the table; warnings would say it once more.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            comparisons = compared(options)
            say(table(comparisons))
            for title, fits in comparisons.items():
                say(sentence(title, fits))
            if figure:
                plot_costs(comparisons, figure)
                try:
                    figure.savefig(options.plot, dpi=120)
                except OSError as error:
                    return fail(error, options.plot)
                say(f"The cost curves are in {options.plot}.")
    except (ValueError, TypeError, OSError, MemoryError) as error:
        return fail(error, options.file)
    return 0


def fail(error, where=None):
    message = " ".join(str(error).split()) or type(error).__name__
    sys.stderr.write(f"error: {f'{where}: ' if where else ''}{message}\n")
    return 2


def compared(options):
    return {
        title: compare(
            *parts,
            learning_rates=options.learning_rate,
            C=options.C,
            max_iter=options.max_iter,
            tol=options.tol,
        )
        for title, parts in data_sets(options)
    }


def data_sets(options):
    """Yield a title and (X_train, X_test, y_train, y_test) for every table section."""
    if options.file is None:
        X, y = load_breast_cancer(return_X_y=True)
        parts = split(X, y, options.test_size)
        if not options.standardize:
            yield "breast cancer, raw", parts
        yield "breast cancer, standardized", standardized(parts)
        return
    X, y = read(options.file, options.target)
    transformer, done = preprocessing(X)
    if done:
        say(f"{options.file}: {done}.")
    parts = split(X, y, options.test_size)
    if transformer:
        parts = transformed(parts, transformer)
    if options.standardize:
        yield f"{options.file}, standardized", standardized(parts)
    else:
        yield options.file, parts


def split(X, y, test_size):
    """Rows to fit and rows held out, the same share of every class in both where that can be."""
    _, counts = np.unique(y, return_counts=True)
    stratify = y if counts.min() > 1 else None
    return train_test_split(X, y, test_size=test_size, stratify=stratify, random_state=0)


def standardized(parts):
    # Sparse columns keep their zeros: centred, they would be dense.
    return transformed(parts, StandardScaler(with_mean=not sparse.issparse(parts[0])))


def transformed(parts, transformer):
    """Fitted on the rows to fit alone."""
    X_train, X_test, y_train, y_test = parts
    return transformer.fit_transform(X_train), transformer.transform(X_test), y_train, y_test


def table(comparisons):
    """The comparison as text, a section for each data set."""
    header = (
        "", "cost J", "above optimum", "accuracy", "iterations", "time",
        "coef differs", "proba differs",
    )  # fmt: skip
    rows = {title: [cells_of(fit) for fit in fits] for title, fits in comparisons.items()}
    widths = [max(map(len, column)) for column in zip(header, *chain(*rows.values()), strict=True)]
    lines = [row(header, widths)]
    for title, fits in comparisons.items():
        train, test = fits[0].rows
        lines.append(f"{title} ({train} rows to fit, {test} held out)")
        lines += [row(of_fit, widths) for of_fit in rows[title]]
    lines.append("coef and proba differ from the optimum by at most this much, over all entries.")
    return "\n".join(lines)


def cells_of(fit):
    return (
        f"  {fit.name}",
        f"{fit.cost:.6f}" if fit.cost < 1e4 else f"{fit.cost:.2e}",
        f"{fit.above_optimum:.1e}",
        f"{fit.accuracy:.3f}",
        fit.iterations,
        f"{fit.seconds * 1e3:.1f} ms",
        f"{fit.coef_difference:.1e}",
        f"{fit.proba_difference:.1e}",
    )


def row(cells, widths):
    first, *rest = (
        cell.ljust(width) if i == 0 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join((first, *rest)).rstrip()


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
