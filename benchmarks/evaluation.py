"""One evaluation of cost and gradient: python benchmarks/evaluation.py [--quick] [--json FILE]

What one iteration of gradient descent takes, cost included, by four ways to make it:

    ours     an iteration of GDLogisticRegression.fit: fits of N iterations less fits of none,
             divided by N; the learning rate is constant, so that an iteration is one evaluation
    numpy    the course's vectorized loop, z = Xw + b, a, J, dz, dw = X'dz, db: X is read twice
    MLP      MLPClassifier(hidden_layer_sizes=(), solver="sgd"), one batch of all rows an epoch,
             no momentum: fits of N epochs less fits of one, divided by N - 1
    floor    reading every byte of X once, and nothing else: the largest of all 8-byte integers
             in X's memory, each thread its part. Where X fits into a cache, that is what is read.

The four take turns; times are medians over the turns. Threads: of ours and the floor, and of the
BLAS that numpy and MLP call (SciPy's sparse products have one thread at most).
"""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from _common import (
    OTHERS,
    duration,
    environment,
    interleaved,
    parser,
    print_environment,
    print_table,
    random_rows,
    seconds_of,
    text_like,
    write_json,
)
from scipy import sparse
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from sklearn_gdlogreg import GDLogisticRegression

WAYS = ("ours", "numpy", "MLP", "floor")
LEARNING_RATE = 0.01
# Threads cost more than they read below this many bytes.
SMALL = 1 << 22


def cases(quick):
    shrink = 10 if quick else 1
    for n_rows, n_columns in ((1_000_000, 50), (100_000, 500), (20_000, 2500)):
        yield "", random_rows(n_rows // shrink, n_columns)
    yield "", random_rows(7000, 28)
    yield "", random_rows(569, 30)
    yield "CSR, Zipf", text_like(20_000 // shrink, 30_000 // shrink)
    for n_rows, n_columns in ((1_000_000, 50), (7000, 28)):
        n_rows //= shrink if n_rows > 7000 else 1
        yield "float32", random_rows(n_rows, n_columns, dtype=np.float32)
        yield "F-order", random_rows(n_rows, n_columns, order="F")


def course_loop(X, y, n_steps):
    """Gradient descent as the course vectorizes it, with the cost of every step."""
    m, n = X.shape
    y = y.astype(X.dtype)
    w, b = np.zeros(n, X.dtype), X.dtype.type(0)
    costs = []
    for _ in range(n_steps):
        z = X @ w + b
        a = 1 / (1 + np.exp(-z))
        costs.append(-np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)))
        dz = a - y
        dw, db = X.T @ dz / m, dz.mean()
        w = w - LEARNING_RATE * dw
        b = b - LEARNING_RATE * db
    return w, b, costs


def read_once(X, pool, n_threads):
    """A function that reads all that X holds, on the threads of `pool`."""
    arrays = [X.data, X.indices] if sparse.issparse(X) else [X.ravel(order="K")]
    parts = []
    for array in arrays:
        # As integers: no arithmetic on them is slow, whatever the numbers.
        integers = array.view(np.uint8)[: array.nbytes // 8 * 8].view(np.int64)
        parts += np.array_split(integers, n_threads if array.nbytes > SMALL else 1)
    if len(parts) == len(arrays):
        return lambda: [part.max() for part in parts]
    return lambda: list(pool.map(np.max, parts))


def measure(X, y, n_threads, budget):
    """Seconds of one evaluation by each of the four ways."""
    y = y.astype(int)

    def ours(n_iter):
        GDLogisticRegression(
            n_jobs=n_threads, learning_rate=LEARNING_RATE, max_iter=n_iter, tol=0
        ).fit(X, y)

    def mlp(n_epochs):
        MLPClassifier(
            hidden_layer_sizes=(),
            solver="sgd",
            batch_size=len(y),
            shuffle=False,
            momentum=0,
            nesterovs_momentum=False,
            alpha=0,
            learning_rate_init=LEARNING_RATE,
            max_iter=n_epochs,
            tol=0,
            n_iter_no_change=n_epochs + 1,
            random_state=0,
        ).fit(X, y)

    with threadpool_limits(n_threads), ThreadPoolExecutor(n_threads) as pool:
        read = read_once(X, pool, n_threads)
        course_loop(X, y, 2)  # warm
        step = seconds_of(lambda: course_loop(X, y, 2)) / 2
        # Enough iterations to dwarf what a fit does once, in turns short enough for several.
        n = int(np.clip(budget / 30 / step, 5, 2000))
        n_reads = max(1, n // 10)
        ways = {
            "ours": lambda: ours(n),
            "ours, no iteration": lambda: ours(0),
            "numpy": lambda: course_loop(X, y, n),
            "MLP": lambda: mlp(n),
            "MLP, one epoch": lambda: mlp(1),
            "floor": lambda: [read() for _ in range(n_reads)],
        }
        turn = sum(map(seconds_of, ways.values()))  # the warm-up, too
        repeats = int(np.clip(budget / turn, 3, 15))
        seconds = interleaved(ways, repeats=repeats, warm_up=False)
    return {
        "ours": float(np.median(seconds["ours"] - seconds["ours, no iteration"])) / n,
        "numpy": float(np.median(seconds["numpy"])) / n,
        "MLP": float(np.median(seconds["MLP"] - seconds["MLP, one epoch"])) / (n - 1),
        "floor": float(np.median(seconds["floor"])) / n_reads,
        "iterations": n,
        "repeats": repeats,
    }


def main():
    arguments = parser(__doc__.splitlines()[0]).parse_args()
    warnings.simplefilter("ignore")  # none of these fits is meant to converge
    found = environment()
    print_environment(found)
    results = []
    for kind, (X, y) in cases(arguments.quick):
        size = X.nnz / X.shape[0] if sparse.issparse(X) else X.shape[1]
        for n_threads in (1, 2):
            times = measure(X, y, n_threads, budget=1 if arguments.quick else 6)
            name = f"{X.shape[0]:,} x {X.shape[1]:,}" + f" {kind}".rstrip()
            results.append(
                {"data": name, "threads": n_threads, "entries_a_row": float(size), **times}
            )
    print_results(results)
    OTHERS.print()
    write_json(arguments.json, found, {"evaluation": results})


def print_results(results):
    print_table(
        ["data", "threads", *WAYS, "numpy/ours", "MLP/ours", "ours/floor"],
        [
            [
                row["data"],
                row["threads"],
                *(duration(row[way]) for way in WAYS),
                f"{row['numpy'] / row['ours']:.2f}",
                f"{row['MLP'] / row['ours']:.2f}",
                f"{row['ours'] / row['floor']:.2f}",
            ]
            for row in results
        ],
    )


if __name__ == "__main__":
    main()
