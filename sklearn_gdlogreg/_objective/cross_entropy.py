r"""The course's formulas for a block of rows: forward from z to the loss, backward to dz.

Shapes, for m rows and K classes::

    Sigmoid (two classes)     z, a, dz: (m,)      y: (m,), 0.0 or 1.0
    Softmax (any number)      z, a, dz: (K, m)    y: (m,), integers 0 .. K - 1

The classes come first: what is done for all rows of a class runs along memory.

`xp` is the library of the arrays: NumPy, or one with functions of the same names. Those may ignore
`out`, which saves a temporary where it can.

Every formula goes through exp(-\|z\|) or exp(z - max z), which cannot overflow: the textbook
-(y log a + (1 - y) log(1 - a)) is nan as soon as a rounds to 0 or 1, at a margin of about 37.
"""

import math

import numpy as np


def _own(z, y, xp):
    """Which entries of z are those of each row's own class."""
    return xp.arange(z.shape[0])[:, None] == y[None, :]


class Sigmoid:
    """Two classes: a = 1 / (1 + exp(-z)) is the probability of y = 1."""

    # a (1 - a) <= 1/4: the steepest slope of the sigmoid.
    second_derivative_bound = 0.25

    @staticmethod
    def activation(z, xp=np):
        """a = sigmoid(z) = 1 / (1 + exp(-z))."""
        # The same for z < 0, where exp(z) cannot overflow: exp(z) / (1 + exp(z)).
        return xp.exp(xp.minimum(z, 0)) / (1 + xp.exp(-abs(z)))

    @staticmethod
    def probabilities(z, xp=np):
        """1 - a and a, neither by a difference: 1 - a would be 0 from z = 37 on."""
        # exp(min(z, 0)) and exp(min(-z, 0)), one of which is 1: their product is exp(-|z|).
        a = xp.minimum(z, 0)
        a = xp.exp(a, out=a)
        rest = xp.maximum(z, 0)
        rest = xp.exp(xp.negative(rest, out=rest), out=rest)
        total = a * rest
        total += 1
        a /= total
        rest /= total
        return rest, a

    @staticmethod
    def log_probabilities(z, xp=np):
        """log(1 - a) and log a, finite for every finite z."""
        rest = xp.log1p(xp.exp(-abs(z)))
        return xp.minimum(-z, 0) - rest, xp.minimum(z, 0) - rest

    @staticmethod
    def cross_entropy(z, y, xp=np):
        """loss = -(y log a + (1 - y) log(1 - a)) and its derivative dz = a - y."""
        # In place where that saves a temporary: they push the block of X out of the cache.
        e = abs(z)
        e = xp.exp(xp.negative(e, out=e), out=e)
        loss = xp.maximum(z, 0)  # max(z, 0) - y z + log(1 + exp(-|z|)), the smallest term last
        loss -= y * z
        loss += xp.log1p(e)
        a = xp.where(z < 0, e, 1.0)  # sigmoid(z) = exp(min(z, 0)) / (1 + exp(-|z|))
        e += 1
        a /= e
        a -= y
        return loss, a

    @staticmethod
    def losses(z, y, xp=np):
        """The loss alone, for every z: 0 or infinity where that is infinite."""
        # Not in cross_entropy: a descent that comes to an infinite z ends there, and the product
        # with 1 - 2 y, in place of y, would take a twentieth more of its time.
        against, _ = Sigmoid.preferences(z, y, xp)
        return xp.maximum(against, 0) + xp.log1p(xp.exp(-abs(z)))

    @staticmethod
    def doubled_dz(half_z, y):
        """2 dz = tanh(z / 2) + 1 - 2 y, in place of z / 2.

        Two passes instead of five, where the loss is not asked for: a = (1 + tanh(z / 2)) / 2.
        """
        dz = np.tanh(half_z, out=half_z)
        dz += 1 - 2 * y
        return dz

    @staticmethod
    def differential(z, v, xp=np):
        """How a moves when z moves by v: da = a (1 - a) v."""
        a = Sigmoid.activation(z, xp)
        return a * (1 - a) * v

    @staticmethod
    def second_derivative(z, xp=np):
        """The second derivative of the loss: a (1 - a)."""
        a = Sigmoid.activation(z, xp)
        return a * (1 - a)

    @staticmethod
    def hits(z, y, xp=np):
        """Whether the more probable class is a row's own, for every row."""
        return (z > 0) == (y > 0)

    @staticmethod
    def preferences(z, y, xp=np):
        """By how much z prefers the other class to a row's own, and its own to the other."""
        own = z * (2 * y - 1)
        return -own, own

    @staticmethod
    def separates(z, y, xp=np):
        """Whether a row lies strictly on its own side of the decision boundary, for every row."""
        return Sigmoid.preferences(z, y, xp)[0] < 0


class Softmax:
    """K classes: a_k = exp(z_k) / sum_j exp(z_j) is the probability of y = k."""

    # diag(a) - a a' has no eigenvalue above 1/2 (Boehning, Multinomial logistic regression
    # algorithm, Ann. Inst. Stat. Math. 44, 1992).
    second_derivative_bound = 0.5

    @staticmethod
    def activation(z, xp=np):
        """a = softmax(z) = exp(z) / sum(exp(z))."""
        e = xp.exp(z - xp.max(z, axis=0))
        e /= xp.sum(e, axis=0)
        return e

    probabilities = activation

    @staticmethod
    def log_probabilities(z, xp=np):
        """log a = z - log(sum(exp(z))), finite for every finite z."""
        z = z - xp.max(z, axis=0)
        z -= xp.log(xp.sum(xp.exp(z), axis=0))
        return z

    @staticmethod
    def cross_entropy(z, y, xp=np):
        """loss = -log a_y and its derivative dz = a - (1 at y, 0 elsewhere)."""
        own = y, xp.arange(y.shape[0])
        z = z - xp.max(z, axis=0)
        below = z[own]
        e = xp.exp(z, out=z)
        total = xp.sum(e, axis=0)
        loss = xp.log(total)
        loss -= below
        e /= total
        if xp is np or xp.assigns_at_places:
            e[own] -= 1
        else:
            e = xp.where(_own(e, y, xp), e - 1, e)
        return loss, e

    @staticmethod
    def losses(z, y, xp=np):
        """The loss alone, for every z: 0 or infinity where the highest is infinite."""
        highest, own = xp.max(z, axis=0), z[y, xp.arange(y.shape[0])]
        e = z - highest
        loss = xp.log(xp.sum(xp.exp(e, out=e), axis=0)) + (highest - own)
        return xp.where(highest < math.inf, loss, xp.where(own < math.inf, math.inf, 0.0))

    @staticmethod
    def dz(z, y):
        """dz = a - (1 at y, 0 elsewhere), in place of z; z may be a stack of shape (..., K, m)."""
        z -= z.max(axis=-2, keepdims=True)
        a = np.exp(z, out=z)
        a /= a.sum(axis=-2, keepdims=True)
        a[..., y, np.arange(len(y))] -= 1
        return a

    @staticmethod
    def differential(z, v, xp=np):
        """How a moves when z moves by v: da = a * (v - sum_k a_k v_k)."""
        a = Softmax.activation(z, xp)
        return a * (v - xp.sum(a * v, axis=0))

    @staticmethod
    def second_derivative(z, xp=np):
        """The second derivative of the loss along each z_k alone: a_k (1 - a_k)."""
        a = Softmax.activation(z, xp)
        return a * (1 - a)

    @staticmethod
    def hits(z, y, xp=np):
        """Whether the most probable class is a row's own, for every row."""
        return xp.argmax(z, axis=0) == y

    @staticmethod
    def preferences(z, y, xp=np):
        """By how much z prefers some class to a row's own, and its own to some class, at most."""
        own = _own(z, y, xp)
        z_own = xp.max(xp.where(own, z, -math.inf), axis=0)
        highest, lowest = (xp.max(xp.where(own, -math.inf, v), axis=0) for v in (z, -z))
        return highest - z_own, z_own + lowest

    @staticmethod
    def separates(z, y, xp=np):
        """Whether a row's own class has strictly the largest z, for every row."""
        return Softmax.preferences(z, y, xp)[0] < 0


def loss_for(n_classes):
    """The loss, and the shape of a row's z."""
    return (Sigmoid, ()) if n_classes == 2 else (Softmax, (n_classes,))


def labels_for_loss(codes, n_classes, dtype):
    """Codes 0 .. n_classes - 1 as the loss takes them."""
    return codes.astype(dtype) if n_classes == 2 else codes
