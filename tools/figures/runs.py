"""What is run for the figures: each a command, of which benchmarks/results/ keeps what it found."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "benchmarks" / "results"
DIGITS = 6


@dataclass(frozen=True)
class Run:
    """A script with its options, the data file that it needs, and what is too large to be kept."""

    script: str
    options: tuple = ()
    data: str = ""
    without: tuple = ()

    @property
    def code(self):
        """Whose changes make it stale: the package's, the script's, and of what the script uses."""
        if self.script.startswith("benchmarks"):
            return ("sklearn_gdlogreg", "benchmarks", ":!benchmarks/results")
        return ("sklearn_gdlogreg", self.script)


A9A = "a9a.svm"
RUNS = {
    "time-to-cost-l2": Run(
        "benchmarks/time_to_cost.py",
        ("--cap", "0.2", "--penalty", "l2"),
        A9A,
        without=("attempts",),
    ),
    "time-to-cost-l1": Run(
        "benchmarks/time_to_cost.py",
        ("--cap", "0.2", "--penalty", "l1"),
        A9A,
        without=("attempts",),
    ),
    "wide": Run("benchmarks/wide.py", ("--cap", "4", "--only", "spectra", "counts", "images")),
    "evaluation": Run("benchmarks/evaluation.py"),
    "loops": Run("benchmarks/loops.py"),
    "scaling": Run("benchmarks/scaling.py"),
    "grid-search": Run("benchmarks/grid_search.py", (), A9A),
    "sweep": Run(
        "benchmarks/sweep.py",
        ("--cap", "4", "--only", "cancer", "digits", "7,000", "100,000", "a9a, sparse"),
        A9A,
    ),
    "watching": Run("benchmarks/watching.py"),
    "memory-map": Run("benchmarks/memory_map.py"),
    "dask-scaling": Run("benchmarks/dask_scaling.py"),
    "features": Run("tools/features.py"),
    "accuracy": Run("tools/accuracy.py"),
}


def file_of(name):
    return KEPT / f"{name}.json"


def is_kept(name):
    return file_of(name).is_file()


def kept(name):
    """What the latest run of that name found."""
    return json.loads(file_of(name).read_text(encoding="utf-8"))


def make(name, data=None):
    """Run it, and keep what it found; a run that fails leaves the one before."""
    run = RUNS[name]
    options = [*run.options, *(["--data", str(data)] if run.data else [])]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "found.json")
        command = [sys.executable, ROOT / run.script, *options, "--json", file]
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        subprocess.run(command, env=environment, check=True)
        keep(name, json.loads(file.read_text(encoding="utf-8")))


def keep(name, found):
    KEPT.mkdir(exist_ok=True)
    text = compact(short(found, RUNS[name].without)) + "\n"
    file_of(name).write_text(text, encoding="utf-8")


def short(value, without=()):
    """Without what is not kept, and with no more digits than a reader of the file wants."""
    if isinstance(value, dict):
        return {key: short(v, without) for key, v in value.items() if key not in without}
    if isinstance(value, list):
        return [short(each, without) for each in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def compact(value, indent="", width=100):
    """JSON in which what fits on a line stands on one."""
    line = json.dumps(value)
    if not isinstance(value, dict | list) or len(indent) + len(line) <= width:
        return line
    deeper = indent + " "
    if isinstance(value, dict):
        start, end = "{}"
        parts = [f"{json.dumps(k)}: {compact(v, deeper, width)}" for k, v in value.items()]
    else:
        start, end = "[]"
        parts = [compact(each, deeper, width) for each in value]
    return f"{start}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{end}"


# ---------------------------------------------------------------------------- is it of this code?


def changes(name):
    """Why the figures kept are not those of the code there is; empty if they are."""
    if not is_kept(name):
        return "never run"
    run, measured = RUNS[name], kept(name)["environment"]
    if measured["commit"] is None:
        return "of no known commit"
    if measured["changed"]:
        return f"of {measured['commit']} with changes that were not committed"
    done = _git("diff", "--name-only", measured["commit"], "--", *run.code)
    if done.returncode:
        return f"of {measured['commit']}, which is not known here"
    if files := done.stdout.split():
        return f"{len(files)} of its files changed since {measured['commit']}"
    typed = declared(run)
    return "" if measured["command"] == typed else f"now {typed}"


def declared(run):
    """The command, as its results tell it."""
    words = ["python", run.script, *run.options, *(["--data", run.data] if run.data else [])]
    return shlex.join(words)


def _git(*words):
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
