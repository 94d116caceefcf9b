r"""The course's formulas for a block of rows: forward from z to the loss, backward to dz.

Shapes, for m rows and K classes::

    Sigmoid (two classes)     z, a, dz: (m,)      y: (m,), 0.0 or 1.0
    Softmax (any number)      z, a, dz: (K, m)    y: (m,), integers 0 .. K - 1

The classes come first: what is done for all rows of a class runs along memory.

Every formula goes through exp(-\|z\|) or exp(z - max z), which cannot overflow: the textbook
-(y log a + (1 - y) log(1 - a)) is nan as soon as a rounds to 0 or 1, at a margin of about 37.
"""

import numpy as np


class Sigmoid:
    """Two classes: a = 1 / (1 + exp(-z)) is the probability of y = 1."""

    # a (1 - a) <= 1/4: the steepest slope of the sigmoid bounds the curvature of the loss.
    curvature_bound = 0.25

    @staticmethod
    def activation(z):
        """a = sigmoid(z) = 1 / (1 + exp(-z))."""
        # The same for z < 0, where exp(z) cannot overflow: exp(z) / (1 + exp(z)).
        return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))

    @staticmethod
    def probabilities(z):
        """1 - a and a, neither by a difference: 1 - a would be 0 from z = 37 on."""
        # exp(min(z, 0)) and exp(min(-z, 0)), one of which is 1: their product is exp(-|z|).
        a = np.minimum(z, 0)
        np.exp(a, out=a)
        rest = np.maximum(z, 0)
        np.exp(np.negative(rest, out=rest), out=rest)
        total = a * rest
        total += 1
        a /= total
        rest /= total
        return rest, a

    @staticmethod
    def log_probabilities(z):
        """Their logarithms, finite for every finite z."""
        rest = np.log1p(np.exp(-np.abs(z)))
        return np.minimum(-z, 0) - rest, np.minimum(z, 0) - rest

    @staticmethod
    def cross_entropy(z, y):
        """loss = -(y log a + (1 - y) log(1 - a)) and its derivative dz = a - y."""
        # In place where that saves a temporary: they push the block of X out of the cache.
        e = np.abs(z)
        np.exp(np.negative(e, out=e), out=e)
        loss = np.maximum(z, 0)  # max(z, 0) - y z + log(1 + exp(-|z|)), the smallest term last
        loss -= y * z
        loss += np.log1p(e)
        a = np.minimum(z, 0)  # sigmoid(z) = exp(min(z, 0)) / (1 + exp(-|z|))
        np.exp(a, out=a)
        a /= np.add(e, 1, out=e)
        dz = np.subtract(a, y, out=a)
        return loss, dz

    @staticmethod
    def doubled_dz(half_z, y):
        """2 dz = tanh(z / 2) + 1 - 2 y, in place of z / 2.

        Two passes instead of five, where the loss is not asked for: a = (1 + tanh(z / 2)) / 2.
        """
        dz = np.tanh(half_z, out=half_z)
        dz += 1 - 2 * y
        return dz

    @staticmethod
    def differential(z, v):
        """How a moves when z moves by v: da = a (1 - a) v."""
        a = Sigmoid.activation(z)
        return a * (1 - a) * v

    @staticmethod
    def curvature(z):
        """The second derivative of the loss: a (1 - a)."""
        a = Sigmoid.activation(z)
        return a * (1 - a)

    @staticmethod
    def predicts(z):
        """The more probable class of every row."""
        return z > 0

    @staticmethod
    def separates(z, y):
        """Whether every row lies strictly on its own side of the decision boundary."""
        return bool(np.all(np.where(y == 1, z, -z) > 0))


class Softmax:
    """K classes: a_k = exp(z_k) / sum_j exp(z_j) is the probability of y = k."""

    # diag(a) - a a' has no eigenvalue above 1/2 (Boehning, Multinomial logistic regression
    # algorithm, Ann. Inst. Stat. Math. 44, 1992).
    curvature_bound = 0.5

    @staticmethod
    def activation(z):
        """a = softmax(z) = exp(z) / sum(exp(z))."""
        e = np.exp(z - z.max(axis=0))
        e /= e.sum(axis=0)
        return e

    probabilities = activation

    @staticmethod
    def log_probabilities(z):
        """log a = z - log(sum(exp(z))), finite for every finite z."""
        z = z - z.max(axis=0)
        z -= np.log(np.exp(z).sum(axis=0))
        return z

    @staticmethod
    def cross_entropy(z, y):
        """loss = -log a_y and its derivative dz = a - (1 at y, 0 elsewhere)."""
        own = y, np.arange(len(y))
        z = z - z.max(axis=0)
        below = z[own]
        e = np.exp(z, out=z)
        total = e.sum(axis=0)
        loss = np.log(total)
        loss -= below
        dz = np.divide(e, total, out=e)
        dz[own] -= 1
        return loss, dz

    @staticmethod
    def dz(z, y):
        """dz = a - (1 at y, 0 elsewhere), in place of z; z may be a stack of shape (..., K, m)."""
        z -= z.max(axis=-2, keepdims=True)
        a = np.exp(z, out=z)
        a /= a.sum(axis=-2, keepdims=True)
        a[..., y, np.arange(len(y))] -= 1
        return a

    @staticmethod
    def differential(z, v):
        """How a moves when z moves by v: da = a * (v - sum_k a_k v_k)."""
        a = Softmax.activation(z)
        return a * (v - (a * v).sum(axis=0))

    @staticmethod
    def curvature(z):
        """The second derivative of the loss along each z_k alone: a_k (1 - a_k)."""
        a = Softmax.activation(z)
        return a * (1 - a)

    @staticmethod
    def predicts(z):
        """The most probable class of every row."""
        return z.argmax(axis=0)

    @staticmethod
    def separates(z, y):
        """Whether every row's own class has strictly the largest z."""
        z = z.copy()
        own = y, np.arange(len(y))
        largest = z[own]
        z[own] = -np.inf
        return bool(np.all(largest > z.max(axis=0)))
