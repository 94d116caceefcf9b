r"""
Images as rows, weights as images
=================================

A classifier of vectors classifies images once every image has been flattened into one: 8 x 8
pixels become a row of 64 numbers. Every pixel then has its own weight, and what was flattened
can be folded back: the weights of logistic regression are an image, and show where the model
looks.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_gdlogreg import GDLogisticRegression

plt.style.use("seaborn-v0_8-colorblind")

# %%
# Flatten
# -------
#
# ``X.reshape(m, -1)`` makes one row of every image: ``m`` rows, and as many columns as are needed.
# Division by the largest value, 16, puts the pixels between 0 and 1.

digits = load_digits()
images, labels = digits.images / 16, digits.target
m = len(images)
X = images.reshape(m, -1)
print(images.shape, "->", X.shape)

# %%
# A row must hold the pixels of one image. ``reshape(-1, m).T`` gives an array of the same shape
# without any error, and mixes the pixels of different images. The test is to fold a row back.

assert np.array_equal(X[0].reshape(8, 8), images[0])
mixed = images.reshape(-1, m).T
assert mixed.shape == X.shape
assert not np.array_equal(mixed[0].reshape(8, 8), images[0])


def show(ax, image, title, **options):
    ax.imshow(image.reshape(8, 8), **options)
    ax.set_title(title, fontsize="medium")
    ax.set(xticks=[], yticks=[])


fig, axes = plt.subplots(1, 4, figsize=(8, 2.4), layout="constrained")
for ax, row in zip(axes, [3, 8, 13], strict=False):
    show(ax, X[row], f"X[{row}], a {labels[row]}", cmap="gray_r")
show(axes[3], mixed[3], "mixed[3], nothing", cmap="gray_r")
plt.show()

# %%
# Two digits
# ----------
#
# Is it an 8 or a 3? For two classes there is one weight for each pixel, and
#
# .. math:: z = w_1 x_1 + \dots + w_{64} x_{64} + b
#
# is positive where the model sees an 8. Ink on a pixel with a positive weight speaks for the 8, ink
# on one with a negative weight for the 3. ``C=1`` is the penalty; without it the weights would
# grow without bound, because the two digits can be separated.

X_train, X_test, y_train, y_test = train_test_split(X, labels, stratify=labels, random_state=0)
train, test = np.isin(y_train, [3, 8]), np.isin(y_test, [3, 8])

clf = GDLogisticRegression(0.5, C=1.0, tol=0, max_iter=1000, store_path=True)
clf.fit(X_train[train], y_train[train])
print(f"accuracy {clf.score(X_test[test], y_test[test]):.3f}")

# %%
# The mean of all images of either digit, and the weights. The 8 closes its loops on the left,
# where the 3 is open: the pixels there speak for the 8.


def show_weights(ax, weights, title, limit):
    show(ax, weights, title, cmap="PuOr", vmin=-limit, vmax=limit)
    return ax.images[0]


mean = {digit: X_train[y_train == digit].mean(axis=0) for digit in clf.classes_}
limit = np.abs(clf.coef_).max()

fig, axes = plt.subplots(1, 3, figsize=(8, 2.6), layout="constrained")
for ax, digit in zip(axes, clf.classes_, strict=False):
    show(ax, mean[digit], f"Mean {digit}", cmap="gray_r")
drawn = show_weights(axes[2], clf.coef_[0], "w", limit)
bar = fig.colorbar(drawn, ax=axes[2])
bar.set_ticks([-limit, 0, limit], labels=["speaks for 3", "0", "speaks for 8"])
plt.show()

# %%
# The first step, and the others
# ------------------------------
#
# At :math:`w = 0` all probabilities are 1/2, and :math:`a - y` is 1/2 for a 3 and -1/2 for an 8.
# The first gradient, and with it the first step, is nothing but the difference of the sums of the
# images of either digit, divided by :math:`2 m`. (The penalty has no slope at 0.)

n_3, n_8 = (int((y_train == digit).sum()) for digit in clf.classes_)
gradient = (n_3 * mean[3] - n_8 * mean[8]) / 2 / (n_3 + n_8)
np.testing.assert_allclose(clf.coef_path_[1, 0], -0.5 * gradient, atol=1e-12)

# %%
# The steps after it find out which of the pixels that differ decide. ``coef_path_`` has the
# weights of every iteration. (Each image has a scale of colors of its own: the weights grow.)

fig, axes = plt.subplots(1, 4, figsize=(8, 2.4), layout="constrained")
for ax, t in zip(axes, [1, 10, 100, 1000], strict=True):
    weights = clf.coef_path_[t, 0]
    show_weights(ax, weights, f"w, iteration {t}", np.abs(weights).max())
plt.show()

# %%
# All ten digits
# --------------
#
# For more than two classes :class:`~sklearn_gdlogreg.GDLogisticRegression` takes the softmax,
#
# .. math:: a_k = \frac{e^{z_k}}{\sum_j e^{z_j}},
#
# with a row of weights for each class: ten images. Purple speaks for the digit, orange against
# it: ink in the middle speaks against the 0, which is empty there, and ink on the left against the
# 3, which is open there.

clf = GDLogisticRegression(C=1.0).fit(X_train, y_train)
print(f"{clf.n_iter_[0]} iterations, accuracy {clf.score(X_test, y_test):.3f}")

limit = np.abs(clf.coef_).max()
fig, axes = plt.subplots(2, 5, figsize=(8, 3.6), layout="constrained")
for ax, digit, weights in zip(axes.flat, clf.classes_, clf.coef_, strict=True):
    drawn = show_weights(ax, weights, f"w of {digit}", limit)
fig.colorbar(drawn, ax=axes, label="Weight")
plt.show()
# sphinx_gallery_thumbnail_number = 4
