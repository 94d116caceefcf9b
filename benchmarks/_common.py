"""What the benchmarks share: the data, the clock, the table and the line about the machine."""

import argparse
import datetime
import importlib.metadata
import json
import math
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_svmlight_file,
    load_wine,
    make_classification,
)
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info

import sklearn_gdlogreg

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "glum",
    "liblinear-official",
    "skglm",
    "celer",
    "adelie",
    "scikit-learn-intelex",
    "dask",
    "dask-ml",
    "mlxtend",
    "pyspark",
    "torch",
)


# ---------------------------------------------------------------------------- the command line


def parser(description):
    """The options every benchmark has."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--quick", action="store_true", help="small sizes, about a minute")
    options.add_argument("--json", metavar="FILE", type=Path, help="write every number there")
    return options


def add_only(options, what):
    """The option --only, of what has names."""
    options.add_argument(
        "--only",
        nargs="+",
        metavar="TEXT",
        default=[""],
        help=f"{what} that have one in their name",
    )


def chosen(name, texts):
    """Whether one of the texts behind --only is in the name."""
    return any(text in name for text in texts)


def environment():
    """The command, the code, the machine, the threads and the versions that numbers hold for."""
    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {
        "command": _command(),
        "date": datetime.date.today().isoformat(),
        **_code(),
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "not set"),
        "blas": sorted({f"{p['internal_api']} {p['version']}" for p in blas}),
        "blas_threads": max((pool["num_threads"] for pool in blas), default=1),
        "python": platform.python_version(),
        "versions": {
            "sklearn-gdlogreg": sklearn_gdlogreg.__version__,
            **{name: version for name in PACKAGES if (version := _version(name))},
        },
    }


def print_environment(found):
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    print(
        f"{found['cpu']}, {found['cores']} cores; OMP_NUM_THREADS {found['OMP_NUM_THREADS']}, "
        f"{' and '.join(found['blas'])} on {found['blas_threads']} threads"
    )
    print(f"Python {found['python']}, {versions}")


class OtherProcesses:
    """How many cores other processes kept busy since this was made; nan where it is not known.

    Two threads on two cores wait for each other: one other busy process makes their numbers, and
    those of any BLAS that uses both, meaningless.
    """

    def __init__(self):
        self.start = self._seconds()

    def cores(self):
        wall, busy, own = (
            now - then for now, then in zip(self._seconds(), self.start, strict=True)
        )
        return max(0.0, busy - own) / wall

    def print(self):
        print(f"other processes meanwhile kept {self.cores():.2f} cores busy")

    @staticmethod
    def _seconds():
        """Wall clock; busy time of all cores; that of this process and those it started."""
        stat = Path("/proc/stat")
        busy = math.nan
        if stat.is_file():
            user, nice, system, *_ = map(int, stat.read_text().split("\n", 1)[0].split()[1:])
            busy = (user + nice + system) / os.sysconf("SC_CLK_TCK")
        return time.perf_counter(), busy, sum(os.times()[:4]) + _seconds_of_children()


def write_json(path, found, results):
    """`results` below what they were measured on and how; numbers that are not finite as text."""
    if path is not None:
        found = {
            **found,
            "imported": _imported(found["versions"]),
            "seconds": time.perf_counter() - OTHERS.start[0],
            "other_cores_busy": OTHERS.cores(),
        }
        content = _plain({"environment": found, **results})
        path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _command():
    """What was typed, without --json and the folders of files."""
    script, *words = sys.argv
    if "--json" in words:
        at = words.index("--json")
        del words[at : at + 2]
    names = [Path(word).name if Path(word).is_file() else word for word in words]
    return shlex.join(["python", Path(script).resolve().relative_to(ROOT).as_posix(), *names])


def _code():
    """The commit that is measured, and whether its code was changed since; None: not known."""

    def git(*words):
        done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True)
        return None if done.returncode else done.stdout.strip()

    of_this_tree = Path(sklearn_gdlogreg.__file__).is_relative_to(ROOT)
    if not of_this_tree or shutil.which("git") is None:
        return {"commit": None, "changed": None}
    code = ["sklearn_gdlogreg", "benchmarks", ":!benchmarks/results", Path(sys.argv[0]).resolve()]
    return {
        "commit": git("rev-parse", "--short=10", "HEAD"),
        "changed": bool(git("status", "--porcelain", "--", *code)),
    }


def _imported(names):
    """Those of the packages that took part."""
    packages = importlib.metadata.packages_distributions()
    found = {name for module in sys.modules for name in packages.get(module, ())}
    return [name for name in names if name in found]


def _seconds_of_children():
    """Of the processes below this one that have not ended yet, such as joblib's workers."""
    parents, seconds = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        pid = int(file.parent.name)
        parents[pid] = int(fields[1])
        seconds[pid] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def below(pid):
        return parents.get(pid) == os.getpid() or (pid in parents and below(parents[pid]))

    return sum(spent for pid, spent in seconds.items() if below(pid))


OTHERS = OtherProcesses()


def _cpu_name():
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


# ---------------------------------------------------------------------------- clock and table


def seconds_of(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def interleaved(functions, *, repeats, warm_up=True):
    """Seconds of each function, `repeats` of each: in turn, so that a slow moment hits them all.

    Parameters
    ----------
    functions : dict of name to callable
    repeats : int
    warm_up : bool
        Whether all are called once before, for caches, thread pools and compilers.

    Returns
    -------
    seconds : dict of name to ndarray of shape (repeats,)
    """
    if warm_up:
        for function in functions.values():
            function()
    rounds = [[seconds_of(f) for f in functions.values()] for _ in range(repeats)]
    return dict(zip(functions, np.transpose(rounds), strict=True))


def geometric_mean(ratios):
    return math.exp(np.mean(np.log(ratios))) if len(ratios) else math.nan


def print_table(header, rows):
    """The first column to the left, all others to the right."""
    lines = [[str(cell) for cell in line] for line in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        first, *others = (
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())


def duration(seconds):
    """In a unit that leaves three digits worth reading."""
    if not math.isfinite(seconds):
        return "-"
    units = {"s": 1, "ms": 1e-3, "us": 1e-6}
    unit = next((name for name, size in units.items() if seconds >= size), "us")
    return f"{float(f'{seconds / units[unit]:.3g}'):g} {unit}"


# ---------------------------------------------------------------------------- data


def random_rows(n_rows, n_columns, *, dtype=np.float64, order="C", seed=0):
    """Normal X, and labels that a linear model with noise gave."""
    rng = np.random.default_rng(seed)
    X = np.empty((n_rows, n_columns), dtype)
    rng.standard_normal(out=X, dtype=dtype)
    z = X @ rng.standard_normal(n_columns).astype(dtype) * (2 / math.sqrt(n_columns))
    y = (rng.random(n_rows) < 1 / (1 + np.exp(-z))).astype(int)
    return np.asarray(X, order=order), y


def text_like(n_rows=20_000, n_words=30_000, *, length=120, seed=0):
    """Sparse X such as TfidfVectorizer makes of texts: word frequencies follow Zipf's law.

    Every text has about `length` words; entries are 1 + log count, rows have norm 1. The labels
    are drawn from a linear model of the words.
    """
    rng = np.random.default_rng(seed)
    frequency = 1 / np.arange(1, n_words + 1)
    lengths = rng.poisson(length, n_rows) + 1
    words = np.searchsorted(np.cumsum(frequency) / frequency.sum(), rng.random(lengths.sum()))
    rows = np.repeat(np.arange(n_rows), lengths)
    # A matrix with 32-bit indices: the one kind that every solver accepts.
    entries = np.ones(len(words)), (rows.astype(np.int32), words.astype(np.int32))
    X = sparse.coo_matrix(entries, (n_rows, n_words)).tocsr()
    X.sum_duplicates()
    X.data = 1 + np.log(X.data)
    X.data /= np.repeat(np.sqrt(np.ravel(X.multiply(X).sum(axis=1))), np.diff(X.indptr))
    z = X @ rng.standard_normal(n_words)
    y = (rng.random(n_rows) < 1 / (1 + np.exp(-4 * (z - z.mean()) / z.std()))).astype(int)
    return X, y


def small_sets(names=("breast cancer", "wine", "digits", "iris")):
    """scikit-learn's own data sets, every feature in its own unit and standardized."""
    loaders = {
        "breast cancer": load_breast_cancer,
        "wine": load_wine,
        "digits": load_digits,
        "iris": load_iris,
    }
    for name in names:
        X, y = loaders[name](return_X_y=True)
        yield f"{name}, raw", X, y
        yield f"{name}, standardized", StandardScaler().fit_transform(X), y


def digits_eight_vs_rest():
    X, y = load_digits(return_X_y=True)
    return "digits 8-vs-rest", X, (y == 8).astype(int)


def correlated(n_rows=100_000, n_columns=100):
    X, y = make_classification(
        n_rows,
        n_columns,
        n_informative=int(0.3 * n_columns),
        n_redundant=int(0.4 * n_columns),
        random_state=0,
    )
    return f"make_classification {n_rows:,} x {n_columns}", X, y


def neighbours(n_rows, n_columns, correlation=0.9, kept=50):
    """Columns that are like the one beside them, of which a few tell the classes apart.

    Or independent ones, with a correlation of 0.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_columns))
    for j in range(1, n_columns):
        X[:, j] = correlation * X[:, j - 1] + math.sqrt(1 - correlation**2) * X[:, j]
    w = np.zeros(n_columns)
    w[rng.choice(n_columns, kept, replace=False)] = rng.normal(size=kept)
    y = (X @ w + rng.logistic(size=n_rows) > 0).astype(int)
    kind = "neighbours" if correlation else "independent"
    return f"{kind} {n_rows:,} x {n_columns:,}", X, y


def one_hot(n_rows=20_000, n_variables=12, n_levels=200):
    """Categories, some of them frequent and most of them rare, one column for each: sparse."""
    rng = np.random.default_rng(0)
    levels = rng.zipf(1.5, (n_rows, n_variables)) % n_levels
    columns = (levels + n_levels * np.arange(n_variables)).ravel().astype(np.int32)
    rows = np.repeat(np.arange(n_rows, dtype=np.int32), n_variables)
    shape = (n_rows, n_variables * n_levels)
    X = sparse.csr_matrix((np.ones(rows.size), (rows, columns)), shape)
    z = X @ rng.normal(size=shape[1])
    y = (z - z.mean() + rng.logistic(size=n_rows) > 0).astype(int)
    return f"one-hot {n_rows:,} x {shape[1]:,}", X, y


def rare_class(n_rows=50_000, n_columns=20):
    """One row of some hundred is of the second class."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_columns))
    z = X @ rng.normal(size=n_columns) * 0.7
    y = (z + rng.logistic(size=n_rows) > 9).astype(int)
    return f"rare class {n_rows:,} x {n_columns}", X, y


def svmlight(path):
    """The rows of an svmlight file, sparse and dense; labels as 0 ... K - 1."""
    X, y = load_svmlight_file(str(path))
    # 32-bit indices are what every solver accepts; the reader makes 64-bit ones.
    X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
    y = np.unique(y, return_inverse=True)[1]
    yield f"{path.stem}, sparse", X, y
    yield f"{path.stem}, dense", X.toarray(), y
