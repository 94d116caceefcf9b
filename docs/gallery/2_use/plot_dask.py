"""
The same descent on a Dask cluster
==================================

Batch gradient descent is a sum over rows, and it does not matter where they are.
:class:`~sklearn_gdlogreg.dask.DaskGDLogisticRegression` leaves the partitions of a Dask array on
the workers that hold them. A step sends the coefficients there and brings one sum from each back.
Here we fit the same examples in memory and on a cluster, and compare every iterate.
"""

# %%
# A cluster in this process
# -------------------------
#
# Two workers as threads of this process are enough to see how it works, and leave nothing behind.
# Elsewhere it would be ``Client("scheduler:8786")``, or ``LocalCluster()`` with its processes,
# which belongs under ``if __name__ == "__main__":`` in a script.

import dask.array as da
import matplotlib.pyplot as plt
import numpy as np
from distributed import Client, LocalCluster

from sklearn_gdlogreg import GDLogisticRegression, LossCurveDisplay
from sklearn_gdlogreg.dask import DaskGDLogisticRegression

cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None)
client = Client(cluster)

# %%
# The rows
# --------
#
# Twelve columns of very different scale, in eight partitions. The blocks of ``X`` and ``y`` have
# the same lengths.

rng = np.random.default_rng(0)
scale = np.logspace(-2, 3, 12)
X = rng.normal(size=(40_000, 12)) * scale + 2 * scale
z = (X / scale - 2) @ rng.normal(size=12)
y = (rng.logistic(size=len(X)) < z).astype(int)

X_dask = da.from_array(X, chunks=(5_000, -1))
y_dask = da.from_array(y, chunks=5_000)
print(X_dask)

# %%
# Fit both
# --------

options = {"C": 1.0, "store_path": True}
in_memory = GDLogisticRegression(**options).fit(X, y)
on_cluster = DaskGDLogisticRegression(**options).fit(X_dask, y_dask)

for clf in (in_memory, on_cluster):
    print(f"{type(clf).__name__:25} {clf.stop_reason_} after {clf.n_iter_[0]} iterations")

# %%
# The sums are made in another order, and rounded otherwise. That is the only difference:

assert on_cluster.n_iter_ == in_memory.n_iter_
difference = np.abs(on_cluster.coef_path_ - in_memory.coef_path_).max(axis=(1, 2))
difference /= np.abs(in_memory.coef_path_).max()
assert difference.max() < 1e-8
print(f"largest difference of a coefficient: {difference.max():.0e} of the largest coefficient")

# %%
# Predictions of Dask arrays are lazy: they are computed, block by block, when they are asked for.

proba = on_cluster.predict_proba(X_dask)
print(proba)
print(proba[:2].compute().round(3))
print(f"accuracy {on_cluster.score(X_dask, y_dask):.3f}")

# %%
# When the work is done, client and cluster are closed. The fitted model needs neither.

client.close()
cluster.close()

# %%
# The picture
# -----------
#
# To the left the costs, one curve over the other. To the right how far the coefficients are
# apart, on a scale that shows rounding.

plt.style.use("tableau-colorblind10")
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
display = LossCurveDisplay.from_estimator(
    {"in memory": in_memory, "on the cluster": on_cluster}, ax=left
)
display.lines_["in memory", "training"].set(linewidth=7, alpha=0.4)
display.lines_["on the cluster", "training"].set(marker="o", markersize=4)
left.legend()
steps = np.arange(1, len(difference))
right.semilogy(steps, difference[1:], "o-", color="C1", label="largest difference")
right.axhline(np.finfo(float).eps, color="0.4", linestyle=":", label="rounding of one float64")
right.set(xlabel="Iteration", ylabel="Relative to the largest coefficient")
right.set(xlim=left.get_xlim(), ylim=(1e-16, 1))
right.legend()
plt.show()
