r"""
Loops, vectors, one pass
========================

The gradient of logistic regression is a sum over ``m`` examples, and every summand has ``n``
features. It can be written as two loops, one inside the other, or as two products with a matrix,
and the numbers are the same. The time is not. This example writes the same descent four times
and measures a step of each.
"""

import math
from itertools import islice
from statistics import median
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_gdlogreg import descend

plt.style.use("seaborn-v0_8-colorblind")

# %%
# Every form is a generator that yields :math:`w` and :math:`b` at the start and after each step,
# for as long as it is asked.
#
# Two loops
# ---------
#
# The formulas as they stand on the blackboard, for one example after another and for one feature
# after another. ``X`` and ``y`` are lists here: plain Python is faster with lists of numbers than
# with the elements of an array.


def two_loops(X, y, learning_rate):
    m, n = len(X), len(X[0])
    w, b = [0.0] * n, 0.0
    while True:
        yield w, b
        dw, db = [0.0] * n, 0.0
        for i in range(m):
            z = b
            for j in range(n):
                z += w[j] * X[i][j]
            a = 1 / (1 + math.exp(-z))
            dz = a - y[i]
            for j in range(n):
                dw[j] += X[i][j] * dz
            db += dz
        w = [w[j] - learning_rate * dw[j] / m for j in range(n)]
        b = b - learning_rate * db / m


# %%
# One loop
# --------
#
# The loops over the features become products of vectors. The loop over the examples is left.


def one_loop(X, y, learning_rate):
    m, n = X.shape
    w, b = np.zeros(n), 0.0
    while True:
        yield w, b
        dw, db = np.zeros(n), 0.0
        for i in range(m):
            a = 1 / (1 + math.exp(-(X[i] @ w + b)))
            dz = a - y[i]
            dw += X[i] * dz
            db += dz
        w = w - learning_rate * dw / m
        b = b - learning_rate * db / m


# %%
# Vectorized
# ----------
#
# The loop over the examples becomes two products with the matrix ``X``: one for all ``z``, one for
# ``dw``. Only the loop over the steps stays: each of them needs the result of the one before.


def vectorized(X, y, learning_rate):
    m, n = X.shape
    w, b = np.zeros(n), 0.0
    while True:
        yield w, b
        a = 1 / (1 + np.exp(-(X @ w + b)))
        dz = a - y
        w = w - learning_rate * (dz @ X) / m
        b = b - learning_rate * dz.sum() / m


# %%
# One pass
# --------
#
# The vectorized form goes through ``X`` twice in each step, once for each product.
# :func:`~sklearn_gdlogreg.descend` cuts the rows into blocks that fit the cache of the processor
# and makes both products of a block while it is there: one pass over ``X`` a step. It computes the
# cost as well, which the three forms above leave out.


def one_pass(X, y, learning_rate):
    for step in descend(X, y, learning_rate, n_jobs=1):
        yield step.coef, step.intercept


# %%
# The same numbers
# ----------------
#
# 2,000 examples of 50 features, and labels that a linear model explains in part. The four forms
# agree at every step, up to the rounding of sums in different orders.

rng = np.random.default_rng(0)
X = rng.normal(size=(2000, 50))
y = (X @ rng.normal(size=50) + rng.normal(scale=5, size=2000) > 0).astype(float)


def forms():
    return {
        "two loops": two_loops(X.tolist(), y.tolist(), 0.5),
        "one loop": one_loop(X, y, 0.5),
        "vectorized": vectorized(X, y, 0.5),
        "one pass": one_pass(X, y, 0.5),
    }


for iterates in islice(zip(*forms().values(), strict=True), 10):
    w_expected, b_expected = iterates[0]
    for w, b in iterates[1:]:
        np.testing.assert_allclose(w, w_expected, rtol=1e-9)
        np.testing.assert_allclose(b, b_expected, rtol=1e-9)

# %%
# Not the same time
# -----------------
#
# The time of a step is the median of 25. Everything runs on one thread, so that it is the code
# that is compared and not the number of cores. What comes before the first step is not counted:
# the conversion to lists, and the checks that ``descend`` makes of its data.


def seconds_per_step(steps, n_steps=25):
    times = []
    next(steps)  # the start
    for _ in range(n_steps):
        begin = perf_counter()
        next(steps)
        times.append(perf_counter() - begin)
    return median(times)


with threadpool_limits(1):
    seconds = {name: seconds_per_step(steps) for name, steps in forms().items()}

print(f"{'':>12}{'ms a step':>12}{'speedup':>10}")
for name, each in seconds.items():
    print(f"{name:>12}{1000 * each:>12.3f}{seconds['two loops'] / each:>10.0f}")

# %%
# Nearly all that can be won is won by the matrix products, which run in compiled code. One loop in
# NumPy wins little: 50 numbers are few for the price of a call, and with a handful of features it
# would be slower than plain Python.
#
# One pass has nothing to win here. These data take 0.8 MB and stay in the cache, where a second
# reading is cheap, and the cost that it computes in every step takes its time. It is made for data
# that come from memory, or from a file, in every step.
#
# What is measured is this machine, this size and these versions; the ratios are different
# elsewhere. Each line of the grid is ten times the one below it.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
bars = ax.bar(list(seconds), [1000 * each for each in seconds.values()], width=0.6)
ax.bar_label(bars, fmt="{:.2g} ms", padding=3)
ax.set(title="One step, 2,000 examples of 50 features", ylabel="Milliseconds", yscale="log")
ax.grid(axis="y", alpha=0.4)
ax.set_axisbelow(True)
ax.margins(y=0.12)
plt.show()
