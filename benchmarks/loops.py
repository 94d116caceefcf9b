"""Two loops, one, none, and one pass: python benchmarks/loops.py [--json FILE]

What a step of gradient descent takes in the four forms of the gallery's
docs/gallery/1_learn/plot_loop_or_vectorized.py, on one thread: that script is run.
"""

import contextlib
import io
import runpy
import warnings

import matplotlib
from _common import OTHERS, ROOT, environment, parser, print_environment, write_json

SCRIPT = ROOT / "docs" / "gallery" / "1_learn" / "plot_loop_or_vectorized.py"


def main():
    arguments = parser(__doc__.splitlines()[0]).parse_args()
    found = environment()
    print_environment(found)
    matplotlib.use("agg")
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()) as printed:
        warnings.simplefilter("ignore")  # there is nobody to show the figure to
        runpy.run_path(SCRIPT)
    print(printed.getvalue(), end="")
    OTHERS.print()
    write_json(arguments.json, found, {"printed": printed.getvalue()})


if __name__ == "__main__":
    main()
