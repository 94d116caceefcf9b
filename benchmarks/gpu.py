"""Tensors: python benchmarks/gpu.py [--quick] [--device DEVICE] [--only TEXT] [--json FILE]

On a CUDA GPU if PyTorch has one, on the CPU otherwise, a tenth of the rows there. Two tables, both
of random float32 tensors that are on the device before the clock starts; the device has done all
it was asked for whenever the clock is read.

A step, cost and gradient: fits of N iterations at a constant rate less fits of none, divided by N.
Beside it what memory alone would take: X is read forward and backward, once each, at the bandwidth
of a sum over X, which is measured; several classes write and read their z besides. The memory is
the most that a fit had beyond X and y (on a GPU only).

A whole fit, C=1, to within 1e-4 of the way from the start to the lowest cost of all: ours,
scikit-learn's lbfgs on the same tensors, and cuML's where it is installed, each with tol from 1
down to 1e-7, a power of ten apart, and given up after a fit longer than --cap seconds (">"). The
cost of all is computed by one function, in float64 from z on.
"""

import math
import os

os.environ["SCIPY_ARRAY_API"] = "1"  # before SciPy is imported

import importlib.util
import time
import warnings
from dataclasses import dataclass

import numpy as np
import sklearn
import torch
from _common import (
    OTHERS,
    duration,
    environment,
    parser,
    print_environment,
    print_table,
    write_json,
)
from sklearn.linear_model import LogisticRegression

from sklearn_gdlogreg import GDLogisticRegression

SHAPES = ((1_000_000, 50, 2), (100_000, 500, 2), (10_000_000, 100, 2))
OF_CLASSES = ((1_000_000, 50, 10), (1_000_000, 50, 100))
GAP, TOLS, MAX_ITER = 1e-4, [10.0**-k for k in range(8)], 5000
LEARNING_RATE = 0.1
BLOCK = 1 << 20


@dataclass
class Data:
    """Tensors on a device; columns have something in common, and labels follow a linear model."""

    X: object
    y: object
    n_classes: int

    @classmethod
    def random(cls, n_rows, n_columns, n_classes, device):
        torch.manual_seed(0)
        X = torch.empty((n_rows, n_columns), device=device)
        y = torch.empty(n_rows, dtype=torch.int64, device=device)
        w = torch.randn((n_classes, n_columns), device=device) * (2 / math.sqrt(n_columns))
        for start in range(0, n_rows, BLOCK):
            block = X[start : start + BLOCK].normal_()
            block += torch.randn((len(block), 1), device=device)
            noise = -torch.log(-torch.log(torch.rand((len(block), n_classes), device=device)))
            y[start : start + BLOCK] = torch.argmax(block @ w.T + noise, 1)
        return cls(X, y, n_classes)

    @property
    def name(self):
        m, n = self.X.shape
        return f"{m:,} x {n}" + (f", {self.n_classes} classes" if self.n_classes > 2 else "")

    def cost(self, coef, intercept, C):
        """J, its penalty included: z in the tensors' own dtype, all else in float64."""
        as_tensor = {"dtype": self.X.dtype, "device": self.X.device}
        coef = torch.atleast_2d(torch.as_tensor(coef, **as_tensor))
        intercept = torch.atleast_1d(torch.as_tensor(intercept, **as_tensor))
        total = 0.0
        for start in range(0, len(self.y), BLOCK):
            rows = slice(start, start + BLOCK)
            z = (self.X[rows] @ coef.T + intercept).double()
            z = torch.hstack([torch.zeros_like(z), z]) if z.shape[1] == 1 else z
            total += torch.nn.functional.cross_entropy(z, self.y[rows], reduction="sum").item()
        return (total + coef.double().square().sum().item() / (2 * C)) / len(self.y)


class Clock:
    """Seconds of what a device does."""

    def __init__(self, device):
        self.wait = torch.cuda.synchronize if device.startswith("cuda") else lambda: None

    def seconds(self, function, repeats=1):
        self.wait()
        start = time.perf_counter()
        for _ in range(repeats):
            function()
        self.wait()
        return (time.perf_counter() - start) / repeats


# ---------------------------------------------------------------------------- a step


def measure_step(data, device, turns):
    """Seconds of a step and of a sum over X, medians over the turns; bytes beyond the data."""
    clock = Clock(device)

    def fit(n_iter):
        GDLogisticRegression(LEARNING_RATE, max_iter=n_iter, tol=0).fit(data.X, data.y)

    def read():
        data.X.sum()

    fit(1)
    read()
    n = int(np.clip(0.5 / clock.seconds(lambda: fit(1)), 5, 500))
    n_reads = int(np.clip(0.2 / clock.seconds(read), 1, 100))
    steps, reads = [], []
    for _ in range(turns):
        steps.append((clock.seconds(lambda: fit(n)) - clock.seconds(lambda: fit(0))) / n)
        reads.append(clock.seconds(read, n_reads))
    beyond = None
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        fit(5)
        beyond = torch.cuda.max_memory_allocated() - before
    size = data.X.nbytes
    step, once = float(np.median(steps)), float(np.median(reads))
    return {
        "data": data.name,
        "X_bytes": size,
        "step": step,
        "read": once,
        "bandwidth": size / once,
        "step_bandwidth": 2 * size / step,
        "beyond_bytes": beyond,
    }


def print_steps(rows):
    print("\nA step: cost and gradient")
    print_table(
        ["data", "X", "step", "X read once", "GB/s", "step / two reads", "memory beyond X"],
        [
            [
                row["data"],
                f"{row['X_bytes'] / 1e6:,.0f} MB",
                duration(row["step"]),
                duration(row["read"]),
                f"{row['bandwidth'] / 1e9:,.0f}",
                f"{row['step'] / (2 * row['read']):.2f}",
                "-" if row["beyond_bytes"] is None else f"{row['beyond_bytes'] / 1e6:,.0f} MB",
            ]
            for row in rows
        ],
    )


# ---------------------------------------------------------------------------- a fit


def solvers(data, C):
    """By name, functions of tol that make an estimator, and the X and y that it takes."""
    yield "ours", lambda tol: GDLogisticRegression(C=C, tol=tol, max_iter=MAX_ITER), data.X, data.y
    yield (
        "lbfgs of scikit-learn",
        lambda tol: LogisticRegression(C=C, tol=tol, max_iter=MAX_ITER),
        data.X,
        data.y,
    )
    if data.X.is_cuda and importlib.util.find_spec("cuml"):
        import cupy
        from cuml.linear_model import LogisticRegression as OnGPU

        X, y = cupy.asarray(data.X), cupy.asarray(data.y.float())
        yield "cuML", lambda tol: OnGPU(C=C, tol=tol, max_iter=MAX_ITER), X, y


def measure_fits(data, device, cap, turns, C=1.0):
    """By solver: its fits' seconds and costs, and the time of the fastest that came near enough."""
    clock, fits = Clock(device), {}
    for name, make, X, y in solvers(data, C):
        make(1.0).set_params(max_iter=2).fit(X, y)
        for tol in TOLS:
            model = make(tol)
            seconds = [clock.seconds(lambda: model.fit(X, y))]  # noqa: B023
            while len(seconds) < turns and sum(seconds) < cap / 10:
                seconds.append(clock.seconds(lambda: model.fit(X, y)))  # noqa: B023
            cost = data.cost(model.coef_, model.intercept_, C)
            fits.setdefault(name, []).append(
                {
                    "tol": tol,
                    "seconds": float(np.median(seconds)),
                    "cost": cost,
                    "n_iter": int(np.max(np.asarray(torch.as_tensor(model.n_iter_).cpu()))),
                }
            )
            if seconds[0] > cap:
                break
    zeros = data.X.new_zeros((data.n_classes, data.X.shape[1]))
    start = data.cost(zeros, zeros[:, 0], C)
    lowest = min(fit["cost"] for tried in fits.values() for fit in tried)
    best = {}
    for name, tried in fits.items():
        near = [fit for fit in tried if fit["cost"] - lowest <= GAP * (start - lowest)]
        chosen = min(near or tried, key=lambda fit: fit["seconds"] if near else -fit["seconds"])
        best[name] = {**chosen, "reached": bool(near)}
    return {"data": data.name, "start": start, "lowest": lowest, "best": best, "fits": fits}


def print_fits(results):
    print(f"\nA fit to within {GAP:.0e} of the way from the start to the lowest cost")
    print_table(
        ["data", "solver", "seconds", "/ ours", "iterations", "tol", "cost - lowest"],
        [
            [
                result["data"],
                name,
                ("" if best["reached"] else "> ") + duration(best["seconds"]),
                f"{best['seconds'] / result['best']['ours']['seconds']:.2f}",
                best["n_iter"],
                f"{best['tol']:.0e}",
                f"{best['cost'] - result['lowest']:.1e}",
            ]
            for result in results
            for name, best in result["best"].items()
        ],
    )


def main():
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--device", help="of PyTorch; cuda where there is one, else cpu")
    options.add_argument("--cap", type=float, metavar="SECONDS", help="longest fit; 30, quick 3")
    options.add_argument("--only", metavar="TEXT", default="", help="data whose name has it")
    arguments = options.parse_args()
    device = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    cap = arguments.cap or (3.0 if arguments.quick else 30.0)
    shrink = (1 if device.startswith("cuda") else 10) * (10 if arguments.quick else 1)
    turns = 3 if arguments.quick else 7
    warnings.simplefilter("ignore")  # steps are not meant to converge
    sklearn.set_config(array_api_dispatch=True)
    found = environment()
    found["device"] = torch.cuda.get_device_name(device) if "cuda" in device else "the CPU"
    print_environment(found)
    print(f"PyTorch {torch.__version__} on {found['device']}")
    steps, fits = [], []
    for shape in (*SHAPES, *OF_CLASSES):
        data = Data.random(shape[0] // shrink, *shape[1:], device)
        if arguments.only in data.name:
            steps.append(measure_step(data, device, turns))
            fits.append(measure_fits(data, device, cap, turns))
        del data
    print_steps(steps)
    print_fits(fits)
    OTHERS.print()
    write_json(arguments.json, found, {"cap": cap, "steps": steps, "fits": fits})


if __name__ == "__main__":
    main()
