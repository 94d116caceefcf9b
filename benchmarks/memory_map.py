"""A file larger than memory: python benchmarks/memory_map.py

Writes X, float32 of 6 GB, to a .npy file in a temporary folder, and fits it where it lies, in a
process that may have 1.5 GB of memory of its own (RLIMIT_DATA: all that is not the file itself).
Beside a step stand the times of reading the file once: from the disk, from the page cache by
read(), and through the map.
"""

import json
import mmap
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from _common import OTHERS, environment, parser, print_environment, write_json

N_COLUMNS = 100
LIMIT = 1_500_000_000
PIECE = 2**23


def write(folder, size):
    """X and y of a noisy plane; columns of different scale and offset."""
    rng = np.random.default_rng(0)
    m = size // (4 * N_COLUMNS)
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", np.float32, (m, N_COLUMNS))
    y = np.lib.format.open_memmap(folder / "y.npy", "w+", np.int8, (m,))
    w = rng.normal(size=N_COLUMNS, scale=N_COLUMNS**-0.5).astype(np.float32)
    scale = np.logspace(-1, 1, N_COLUMNS, dtype=np.float32)
    for start in range(0, m, 100_000):
        rows = slice(start, min(start + 100_000, m))
        Z = rng.standard_normal((rows.stop - start, N_COLUMNS), np.float32)
        y[rows] = Z @ w + rng.logistic(size=len(Z)) > 0
        X[rows] = Z * scale + scale
    X.flush(), y.flush()


def forget(X, path):
    """Drop the file from this process and from the page cache."""
    X._mmap.madvise(mmap.MADV_DONTNEED)
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def read(path):
    buffer = bytearray(PIECE)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def through_the_map(X, n_threads):
    """The sum of the bytes as integers: next to no arithmetic."""
    words = np.asarray(X).reshape(-1).view(np.uint64)
    pieces = [words[start : start + PIECE // 8] for start in range(0, len(words), PIECE // 8)]
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(np.add.reduce, pieces))


class PeakMemory(threading.Thread):
    """The most memory of its own that this process had, in bytes."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ended, self.peak = threading.Event(), 0

    def run(self):
        while not self.ended.wait(0.02):
            status = Path("/proc/self/status").read_text()
            anonymous = int(status.split("RssAnon:")[1].split()[0]) * 1024
            self.peak = max(self.peak, anonymous)


def child(folder):
    """What is measured, in a process under the limit."""
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT))
    from sklearn_gdlogreg import GDLogisticRegression, descend

    path = folder / "X.npy"
    X, y = np.load(path, mmap_mode="r"), np.load(folder / "y.npy", mmap_mode="r")
    memory = PeakMemory()
    memory.start()
    found = {"bytes": X.nbytes, "rows": len(X)}

    forget(X, path)
    found["read(), from the disk"] = seconds(lambda: read(path))
    found["read(), from the page cache"] = seconds(lambda: read(path))
    through_the_map(X, 2)
    found["through the map, 2 threads"] = seconds(lambda: through_the_map(X, 2))

    steps = descend(X, y, 0.01)
    times = [seconds(lambda: next(steps)) for _ in range(6)]
    found["a step"] = float(np.median(times[1:]))
    times = []
    for _ in range(2):
        forget(X, path)
        times.append(seconds(lambda: next(steps)))
    found["a step, from the disk"] = min(times)
    steps.close()

    clf = GDLogisticRegression(C=1.0)
    found["fit"] = seconds(lambda: clf.fit(X, y))
    found["iterations"] = int(clf.n_iter_[0])
    found["stop_reason"] = clf.stop_reason_
    found["score"] = seconds(lambda: clf.score(X, y))
    found["accuracy"] = float(clf.score(X[:100_000], y[:100_000]))

    few = len(X) // 20
    mapped = GDLogisticRegression(C=1.0).fit(X[:few], y[:few])
    loaded = GDLogisticRegression(C=1.0).fit(np.array(X[:few]), np.array(y[:few]))
    found["a twentieth, mapped and loaded: the same bits"] = bool(
        np.array_equal(mapped.coef_, loaded.coef_)
        and np.array_equal(mapped.loss_curve_, loaded.loss_curve_)
    )
    memory.ended.set()
    found["peak memory of its own"] = memory.peak
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]))
        sys.exit()
    options = parser(__doc__)
    options.add_argument("--folder", type=Path, help="where to write the file; default: temporary")
    arguments = options.parse_args()
    machine = environment()
    print_environment(machine)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        write(Path(folder), 600_000_000 if arguments.quick else 6_000_000_000)
        command = [sys.executable, __file__, "--child", folder]
        found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    size = found["bytes"]
    print(f"{found['rows']:,} x {N_COLUMNS} float32, {size / 1e9:.2f} GB; limit {LIMIT / 1e9} GB")
    for name in (
        "read(), from the disk",
        "a step, from the disk",
        "read(), from the page cache",
        "through the map, 2 threads",
        "a step",
    ):
        print(f"{name:32}{found[name]:8.2f} s{size / found[name] / 1e9:8.2f} GB/s")
    print(
        f"fit to tol, {found['iterations']} iterations ({found['stop_reason']}): "
        f"{found['fit']:.1f} s; score {found['score']:.1f} s, accuracy {found['accuracy']:.3f}"
    )
    print(f"peak memory of its own: {found['peak memory of its own'] / 1e6:.0f} MB")
    for name in ("a twentieth, mapped and loaded: the same bits",):
        print(f"{name}: {found[name]}")
    OTHERS.print()
    write_json(arguments.json, machine, found)
