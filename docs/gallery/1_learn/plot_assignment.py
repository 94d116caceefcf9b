r"""
The week 2 assignment, step by step
===================================

"Logistic regression with a neural network mindset", the assignment of the second week of Neural
Networks and Deep Learning, on images that come with scikit-learn: flatten and scale, initialize,
propagate, optimize, predict; the predictions that are wrong, several learning rates, an image of
your own. Each step is written as the course has it, and beside it stands what does the same here.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_gdlogreg import GDLogisticRegression, LossCurveDisplay, cost_and_gradient, descend

plt.style.use("seaborn-v0_8-colorblind")

# %%
# The images
# ----------
#
# The course tells cats from other things, in 209 colour images of 64 x 64 pixels. Here it is an 8
# (:math:`y = 1`) or another digit (:math:`y = 0`), in as many grey images of 8 x 8, whose pixels
# are whole numbers from 0 to 16.

digits = load_digits()
labels = (digits.target == 8).astype(int)
train_images, test_images, y_train, y_test = train_test_split(
    digits.images, labels, train_size=209, stratify=labels, random_state=0
)
print("training images", train_images.shape, "labels", y_train.shape)
print("test images    ", test_images.shape, "labels", y_test.shape)
print(f"{y_train.mean():.1%} of the training images are an 8")

# %%
# Flatten and scale
# -----------------
#
# Every image becomes a vector of its pixels. The course's has 64 x 64 x 3 = 12,288 numbers, and the
# pixels are divided by 255; these have 64, and are divided by 16.
#
# ========================  =====================  ===============
# array                     in the course          here
# ========================  =====================  ===============
# images                    (209, 64, 64, 3)       (209, 8, 8)
# flattened, rows           (209, 12288)           (209, 64)
# the course's X, columns   (12288, 209)           (64, 209)
# the course's Y            (1, 209)               (1, 209)
# w                         (12288, 1)             (64, 1)
# b                         a number               a number
# ========================  =====================  ===============
#
# In the course every column of :math:`X` is an example: it has the shape :math:`(n_x, m)`. In
# scikit-learn, and here, every row is one. The two are each other's transpose, and that is all
# there is between them.

X_train = train_images.reshape(len(train_images), -1) / 16
X_test = test_images.reshape(len(test_images), -1) / 16
X, Y = X_train.T, y_train[None, :]  # as in the course
print("X", X.shape, "Y", Y.shape, "and for scikit-learn", X_train.shape, y_train.shape)

# %%
# (With the course's file the first line would be ``train_set_x_orig.reshape(209, -1) / 255``, and
# everything below is as it stands. ``reshape(-1, 209)`` has the right shape, too, and
# :ref:`mixes the images <sphx_glr_auto_gallery_1_learn_plot_digits_as_images.py>`.)
#
# Initialize and propagate
# ------------------------
#
# With loops, as the formulas stand on the blackboard: one example after another, one pixel after
# another.


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def propagate_in_loops(w, b, X, Y):
    n_x, m = X.shape
    J, dw, db = 0.0, np.zeros((n_x, 1)), 0.0
    for i in range(m):
        z = b
        for j in range(n_x):
            z += w[j, 0] * X[j, i]
        a = sigmoid(z)
        J += -(Y[0, i] * np.log(a) + (1 - Y[0, i]) * np.log(1 - a))
        dz = a - Y[0, i]
        for j in range(n_x):
            dw[j, 0] += X[j, i] * dz
        db += dz
    return J / m, dw / m, db / m


# %%
# Vectorized, as it is handed in:


def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(w.T @ X + b)
    J = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    dZ = A - Y
    return J, X @ dZ.T / m, np.sum(dZ) / m


# %%
# Here it is :func:`~sklearn_gdlogreg.cost_and_gradient`. All three at a point that is not the
# start:

w, b = np.full((len(X), 1), 0.1), -1.0
J, dw, db = propagate(w, b, X, Y)
for J_same, dw_same, db_same in (
    propagate_in_loops(w, b, X, Y),
    cost_and_gradient(X_train, y_train, w.ravel(), b),
):
    print(f"J {J:.15f} and {J_same:.15f}, db {db:.15f} and {db_same:.15f}")
    np.testing.assert_allclose([J_same, db_same], [J, db], rtol=1e-13)
    np.testing.assert_allclose(dw_same.ravel(), dw.ravel(), rtol=1e-12, atol=1e-15)

# %%
# Optimize
# --------
#
# The loop over iterations, from :math:`w = 0` and :math:`b = 0`:


def optimize(propagate, X, Y, num_iterations, learning_rate):
    w, b = np.zeros((X.shape[0], 1)), 0.0
    costs = []
    for _ in range(num_iterations):
        J, dw, db = propagate(w, b, X, Y)
        costs.append(J)
        w = w - learning_rate * dw
        b = b - learning_rate * db
    return w, b, np.array(costs)


w, b, costs = optimize(propagate, X, Y, num_iterations=2000, learning_rate=0.5)
w_in_loops, b_in_loops, costs_in_loops = optimize(propagate_in_loops, X, Y, 100, 0.5)

# %%
# The estimator makes the same iterates if its learning rate is a number, it descends in the
# coordinates of ``X`` and not in better ones (``coordinates="raw"``, which a number means anyway),
# and it makes all its iterations (``tol=0``). There is no penalty unless ``C`` is set. ``verbose``
# is the course's ``print_cost``, and says every how many iterations.

clf = GDLogisticRegression(
    learning_rate=0.5, coordinates="raw", max_iter=2000, tol=0, verbose=500
).fit(X_train, y_train)

# %%
# Side by side, the cost after every so many iterations. The loops, which take hundreds of times
# as long, were left to make a hundred:

print("iteration        in loops           vectorized         GDLogisticRegression")
for t in (0, 1, 10, 99, 500, 1000, 1999):
    looped = f"{costs_in_loops[t]:.15f}" if t < len(costs_in_loops) else ""
    print(f"{t:9} {looped:>18} {costs[t]:18.15f} {clf.loss_curve_[t]:18.15f}")

np.testing.assert_allclose(costs_in_loops, costs[:100], rtol=1e-12)
np.testing.assert_allclose(clf.loss_curve_[:2000], costs, rtol=1e-12)
np.testing.assert_allclose(clf.coef_, w.T, rtol=1e-9)
np.testing.assert_allclose(clf.intercept_, b, rtol=1e-9)

# %%
# What differs is rounding: sums are added in another order. :func:`~sklearn_gdlogreg.descend` is
# the loop over iterations itself, for whoever wants to look at each:

for step in descend(X_train, y_train, learning_rate=0.5):
    if step.t == 100:
        break
np.testing.assert_allclose(step.coef, w_in_loops.ravel(), rtol=1e-9)
np.testing.assert_allclose(step.intercept, b_in_loops, rtol=1e-9)

# %%
# Predict
# -------
#
# A probability above 1/2 is an 8.


def predict(w, b, X):
    return (sigmoid(w.T @ X + b) > 0.5).astype(int)


assert np.array_equal(predict(w, b, X_test.T)[0], clf.predict(X_test))
print(f"accuracy: training {clf.score(X_train, y_train):.3f}, test {clf.score(X_test, y_test):.3f}")
print(f"of one who never sees an 8:         test {1 - y_test.mean():.3f}")

# %%
# The second line belongs to the first: where nine images of ten are no 8, 90% is nothing.
#
# The predictions that are wrong
# ------------------------------
#
# An accuracy says how many, the images say which. Here are the test images on the wrong side of
# 1/2, those first of which the model was surest, with the probability that it gave to an 8. The
# upper row it took for an 8:

a = clf.predict_proba(X_test)[:, 1]
surest = np.argsort(-np.abs(a - y_test))
taken = [i for i in surest if y_test[i] == 0][:6]
missed = [i for i in surest if y_test[i] == 1][:6]
assert all(a[taken] > 0.5)
assert all(a[missed] < 0.5)

fig, axes = plt.subplots(2, 6, figsize=(8, 3.4), layout="constrained")
for ax, i in zip(axes.flat, taken + missed, strict=True):
    ax.imshow(test_images[i], cmap="gray_r")
    ax.set(xticks=[], yticks=[])
    ax.set_title(f"a = {a[i]:.2f}", fontsize="medium")
axes[0, 0].set_ylabel("no 8, taken for one")
axes[1, 0].set_ylabel("an 8, missed")
plt.show()

# %%
# Several learning rates
# ----------------------
#
# The same descent with four rates. :class:`~sklearn_gdlogreg.LossCurveDisplay` takes the fits.

rates = [0.005, 0.05, 0.5, 5.0]
fits = [
    GDLogisticRegression(rate, coordinates="raw", max_iter=2000, tol=0).fit(X_train, y_train)
    for rate in rates
]
display = LossCurveDisplay.from_estimator(fits, xscale="log")
display.ax_.grid(alpha=0.3)
display.figure_.set_size_inches(7, 4)
plt.show()

print("rate    cost    training  test")
for rate, fit in zip(rates, fits, strict=True):
    accuracies = f"{fit.score(X_train, y_train):8.3f}  {fit.score(X_test, y_test):.3f}"
    print(f"{rate:5}  {fit.loss_curve_[-1]:.4f}  {accuracies}")

# %%
# The smallest has not learned to see an 8 at all in 2,000 iterations. The largest jumps before it
# settles, and ends at the lowest cost; but on the test images it is worse than the one before: it
# has learned its 209 images by heart. A lower cost is a better fit, and not always a better model.
# What helps is a penalty, ``C=1``, or :ref:`early stopping
# <sphx_glr_auto_gallery_1_learn_plot_early_stopping.py>`; and ``learning_rate="auto"`` needs no
# table of rates.
#
# Your own image
# --------------
#
# An image from anywhere has to be made what the model was trained on: one channel, 8 x 8, light on
# dark, between 0 and 1. This one is drawn by the computer, and saved as if it came from a camera;
# in its place put a file of yours. (Pillow comes with matplotlib.)

path = Path(tempfile.mkdtemp()) / "my_image.png"
paper = Image.new("RGB", (200, 200), "white")
font = ImageFont.load_default(size=150)
ImageDraw.Draw(paper).text((100, 100), "8", fill="black", font=font, anchor="mm")
paper.save(path)

mine = ImageOps.invert(Image.open(path).convert("L"))  # ink is light, as in the digits
mine = ImageOps.pad(mine.crop(mine.getbbox()), (8, 8))  # as large as the digits are
x = np.asarray(mine).reshape(1, -1) / 255
(probability,) = clf.predict_proba(x)[:, 1]
print(f"a = {probability:.3f}: {'an 8' if probability > 0.5 else 'no 8'}")

fig, (left, right) = plt.subplots(1, 2, figsize=(5, 2.6), layout="constrained")
left.imshow(paper)
left.set_title("the file", fontsize="medium")
right.imshow(x.reshape(8, 8), cmap="gray_r")
right.set_title(f"what the model sees, a = {probability:.2f}", fontsize="medium")
for ax in (left, right):
    ax.set(xticks=[], yticks=[])
plt.show()

# %%
# Most of what goes wrong with an image of one's own goes wrong before the model: the colours are
# not inverted, the digit does not fill the square, the pixels are between 0 and 255. Fold the row
# back, as on the right, and look at it. The rest is that a model knows what it was trained on: this
# 8 is printed, upright and hollow, and the twenty of its training were written by hand.
#
# The formulas, from the derivative to the code, are in the :doc:`user guide </guide/index>`.
# sphinx_gallery_thumbnail_number = 1
