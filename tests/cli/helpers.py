"""What the command prints, read back."""

import numpy as np


def rows_of(out):
    """The table's rows, as lists of words, by model."""
    return [line.split() for line in out.splitlines() if line.startswith("  ")]


def costs_of(out):
    """J of every model of the table."""
    return np.array([float(row[1]) for row in rows_of(out)[1:]])


def diagnoses_of(out, name):
    """What the fits of this model warned of."""
    return [line for line in out.splitlines() if line.startswith(f"{name}: ")]
