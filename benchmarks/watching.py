"""What watching costs: python benchmarks/watching.py [--quick] [--json FILE]

Time per iteration of a constant learning rate on breast cancer, 569 x 30:

    bare descent     the generator `descend`, its steps thrown away
    tested           the same, and the largest entry of each gradient: what any stopping rule needs
    fit              GDLogisticRegression: the history of cost, gradient, rate and time
    + path           store_path=True
    + progress       verbose=1, as lines
    + moving line    verbose=1, in a terminal
    + validation     early stopping, on a tenth of the rows besides
    + callback       a callback that asks for nothing
    + ProgressBar    scikit-learn's, which counts all iterations again after each of them
    + checkpoint     Checkpoint(every=100)

Each is the difference of two fits, of n = 1000 iterations and of none, divided by n; all run in
turns, and medians are given.
"""

import contextlib
import io
import itertools
import tempfile
from pathlib import Path

import numpy as np
from _common import (
    OTHERS,
    duration,
    environment,
    interleaved,
    parser,
    print_environment,
    print_table,
    write_json,
)
from sklearn.callback import ProgressBar
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import Checkpoint, GDLogisticRegression, descend


class Terminal(io.StringIO):
    """What is written to it is thrown away at the end, as that to a StringIO."""

    def isatty(self):
        return True


class Silent:
    """A callback that asks for nothing."""

    def setup(self, estimator, context):
        """Nothing to set up."""

    teardown = on_fit_task_begin = on_fit_task_end = setup


def ways(X, y, folder):
    def bare(n):
        for _ in itertools.islice(descend(X, y, 0.1), n + 1):
            pass

    def tested(n):
        for step in itertools.islice(descend(X, y, 0.1), n + 1):
            dw, db = step.gradient
            if max(np.abs(dw).max(), abs(db)) == 0:
                break

    def fit(n, *callbacks, output=io.StringIO, **options):
        clf = GDLogisticRegression(0.1, max_iter=n, tol=0, **options)
        with contextlib.redirect_stdout(output()):
            clf.set_callbacks(*callbacks).fit(X, y)

    stopped = {"early_stopping": True, "n_iter_no_change": 10**9, "random_state": 0}
    return {
        "bare descent": bare,
        "tested": tested,
        "fit": fit,
        "+ path": lambda n: fit(n, store_path=True),
        "+ progress": lambda n: fit(n, verbose=1),
        "+ moving line": lambda n: fit(n, output=Terminal, verbose=1),
        "+ validation": lambda n: fit(n, **stopped),
        "+ callback": lambda n: fit(n, Silent()),
        "+ ProgressBar": lambda n: fit(n, ProgressBar()),
        "+ checkpoint": lambda n: fit(n, Checkpoint(Path(folder) / "c.npz", every=100)),
    }


def main():
    arguments = parser(__doc__.splitlines()[0]).parse_args()
    found = environment()
    print_environment(found)
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    n = 1000
    with tempfile.TemporaryDirectory() as folder:
        functions = {}
        for name, way in ways(X, y, folder).items():
            functions[name, n] = lambda way=way: way(n)
            functions[name, 0] = lambda way=way: way(0)
        seconds = interleaved(functions, repeats=5 if arguments.quick else 41)
    per_step = {
        name: float(np.median(seconds[name, n] - seconds[name, 0])) / n
        for name, steps in functions
        if steps
    }
    print_table(
        ["569 x 30, a step of", "time", "/ bare descent", "/ tested", "/ fit"],
        [
            [
                name,
                duration(time),
                f"{time / per_step['bare descent']:.2f}",
                f"{time / per_step['tested']:.2f}",
                f"{time / per_step['fit']:.2f}",
            ]
            for name, time in per_step.items()
        ],
    )
    OTHERS.print()
    write_json(arguments.json, found, {"watching": per_step})


if __name__ == "__main__":
    main()
