"""What the command prints: the comparison as a table, lines no wider than the terminal."""

import shutil
import sys
import textwrap
from itertools import chain

HEADER = (
    "", "cost J", "above optimum", "accuracy", "iterations", "time",
    "coef differs", "proba differs",
)  # fmt: skip
GAP = "  "
LEGEND = (
    "cost J is that of the rows to fit, penalty included; accuracy is that of the rows held out; "
    "coef and proba differ from the optimum by at most this much, over all entries."
)


def width_of_terminal():
    """The characters that fit into a line; None where the output is no terminal."""
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    return shutil.get_terminal_size().columns if on_terminal else None


def wrapped(text, width):
    """A sentence in lines of at most `width`; the first begins further left than the others."""
    if width is None:
        return text
    return textwrap.fill(
        text, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def table(comparisons, width=None):
    """The comparison as text, a section for each data set, wide ones in several pieces."""
    rows = {title: [cells_of(fit) for fit in fits] for title, fits in comparisons.items()}
    widths = [max(map(len, column)) for column in zip(HEADER, *chain(*rows.values()), strict=True)]
    pieces = [
        "\n".join(_piece(comparisons, rows, widths, columns))
        for columns in _columns_of_pieces(widths, width)
    ]
    return "\n\n".join(pieces) + "\n" + wrapped(LEGEND, width)


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


def _columns_of_pieces(widths, width):
    """The columns of numbers, those together that fit into a line beside the names."""
    name, *numbers = widths
    pieces, used = [[]], name
    for column, size in enumerate(numbers, start=1):
        if width is not None and pieces[-1] and used + len(GAP) + size > width:
            pieces.append([])
            used = name
        pieces[-1].append(column)
        used += len(GAP) + size
    return pieces


def _piece(comparisons, rows, widths, columns):
    def row(cells):
        numbers = (cells[column].rjust(widths[column]) for column in columns)
        return GAP.join((cells[0].ljust(widths[0]), *numbers)).rstrip()

    yield row(HEADER)
    for title, fits in comparisons.items():
        train, test = fits[0].rows
        yield f"{title} ({train} rows to fit, {test} held out)"
        yield from map(row, rows[title])
