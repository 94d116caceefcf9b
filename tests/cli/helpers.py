"""What the command prints, read back."""


def rows_of(out):
    """The table's rows, as lists of words, by model."""
    return [line.split() for line in out.splitlines() if line.startswith("  ")]
