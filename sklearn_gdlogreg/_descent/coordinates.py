"""The coordinates that the descent moves in, as linear maps; X is never copied or scaled.

Shapes: w (..., n_features) with b (...), where ... is nothing for the sigmoid and (n_classes,)
for the softmax. A point of the descent is one array `wb` of shape (..., n_features + 1): the
coordinates of w, and in its last entry that of b.
"""

import copy

import numpy as np
from scipy.linalg import get_lapack_funcs, solve_triangular

from .._objective.penalty import root


def join(w, b):
    """One array (..., n_features + 1) from w (..., n_features) and b (...)."""
    wb = np.empty((*w.shape[:-1], w.shape[-1] + 1), w.dtype)
    wb[..., :-1] = w
    wb[..., -1] = b
    return wb


class Coordinates:
    """What all kinds of coordinates have.

    Attributes
    ----------
    name : str
    scale : float or ndarray of shape (n_features,)
        How far w moves when its coordinate moves by 1; where a penalty tells features apart.
    hessian_is_identity : bool
        Whether they are made so that the Hessian, for each class alone, is nearly the identity;
        or the matrix that lengths are measured by.
    made_at : tuple of int and two ndarrays, or None
        The iteration, w and b at which they were made: what it takes to make them again. None
        where they do not depend on it.
    """

    name: str
    scale: float | np.ndarray
    hessian_is_identity: bool = False
    made_at: tuple[int, np.ndarray, np.ndarray] | None = None

    @property
    def since(self) -> int:
        """The iteration from which on the descent has been in them."""
        return 0 if self.made_at is None else self.made_at[0]

    def pack(self, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The point wb that stands for w and b."""
        raise NotImplementedError

    def unpack(self, wb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """w and b, in the units of X, that wb stands for."""
        raise NotImplementedError

    def pull_back(self, dw: np.ndarray, db: np.ndarray) -> np.ndarray:
        """The gradient with respect to wb, by the chain rule."""
        raise NotImplementedError

    def moved(self, wb: np.ndarray, dwb: np.ndarray, learning_rate: float, penalty) -> np.ndarray:
        """Where a step leads: wb - learning_rate * dwb, then the penalty's prox."""
        wb = wb - learning_rate * dwb
        if not penalty.smooth:
            wb[..., :-1] = penalty.prox(wb[..., :-1], learning_rate, self.scale)
        return wb

    def squared_length(self, s: np.ndarray) -> np.floating:
        """Of a step, or of another difference of two points."""
        return np.vdot(s, s)

    def squared_length_of_gradient(self, y: np.ndarray) -> np.floating:
        """Of a gradient, or of a difference of two."""
        return np.vdot(y, y)

    def fall(self, wb: np.ndarray, dwb: np.ndarray, learning_rate: float, penalty) -> float:
        """How far below a point the cost has its minimum, were its curvature 1 / learning_rate.

        That is where a step leads then:

            max_u  -(dwb . (u - wb) + |u - wb|^2 / (2 * learning_rate) + l1 * sum_j scale_j
                     * (|u_j| - |wb_j|)),       learning_rate / 2 * |dwb|^2 without a kink
        """
        if penalty.smooth:
            return float(learning_rate / 2 * self.squared_length_of_gradient(dwb))
        there = self.moved(wb, dwb, learning_rate, penalty)
        s = there - wb
        farther = self.scale * (np.abs(there[..., :-1]) - np.abs(wb[..., :-1]))
        rise = np.vdot(dwb, s) + self.squared_length(s) / (2 * learning_rate)
        return float(-(rise + (penalty.l1 * farther).sum()))

    def outgrown(self, wb: np.ndarray, dwb: np.ndarray) -> bool:
        """Whether these coordinates leave out what a step has most to gain from."""
        return False

    @property
    def euclidean(self) -> "Coordinates":
        """Coordinates in which lengths, measured as here, are Euclid's: for eigenvalues."""
        return self

    def hessian_bound(
        self, mean: np.ndarray, deviation: np.ndarray, second_derivative_bound: float, l2: float
    ) -> float:
        """A bound of the eigenvalues of the Hessian in these coordinates, without a look at X.

        Parameters
        ----------
        mean, deviation : ndarray of shape (n_features,)
            The moments of the columns of X.
        second_derivative_bound : float
            What bounds the second derivative of the loss in z.
        l2 : float or ndarray of shape (n_features,)
            The strength of the L2 penalty.
        """
        raise NotImplementedError


class Raw(Coordinates):
    """w and b themselves: the course's own descent."""

    name = "raw"
    scale = 1.0

    @staticmethod
    def pack(w, b):
        return join(w, b)

    @staticmethod
    def unpack(wb):
        return wb[..., :-1], wb[..., -1]

    @staticmethod
    def pull_back(dw, db):
        return join(dw, db)

    @staticmethod
    def hessian_bound(mean, deviation, second_derivative_bound, l2):
        size = np.hypot(mean, deviation)
        return second_derivative_bound * (_sum_of_squares(size) + 1) + float(np.max(l2))


def is_constant(mean, deviation, roundings=10):
    """Whether columns spread over no more than a few roundings of their mean."""
    return deviation <= roundings * np.finfo(deviation.dtype).eps * np.abs(mean)


class Standardized(Coordinates):
    r"""The coefficients that standardized features would have.

    With z = w . x + b = u . (x - mean) / spread + c,

        u = w / scale,   c = b + mean . w,          scale = 1 / spread
        du = scale * (dw - mean * db),   dc = db

    and spread_j = sqrt(variance_j + 4 * l2). The second derivative along w_j is at most
    variance_j / 4 + l2 for the sigmoid, so along every u_j it is at most 1/4.
    """

    name = "standardized"

    def __init__(self, mean, deviation, l2=0.0):
        # dw - mean * db is all rounding where a column is constant as far as arithmetic can tell,
        # and dividing by the spread would blow that up. Its mean is the one scale it has; a column
        # of zeros has none.
        spread = np.where(is_constant(mean, deviation), np.abs(mean), deviation)
        spread = np.hypot(spread, 2 * root(l2))
        spread = np.where(spread > 0, spread, 1)
        # The clip keeps 1 / spread finite for spreads among the denormal numbers.
        self.scale = 1 / np.maximum(spread, np.finfo(spread.dtype).tiny)
        self.mean = mean
        self.constant = is_constant(mean, deviation)

    since = 0

    def made(self, t, w, b):
        """These, remembering that others were to be made there."""
        other = copy.copy(self)
        other.made_at = t, w, b
        return other

    def of_columns(self, columns):
        """Those of some of the features."""
        other = copy.copy(self)
        other.mean, other.scale = self.mean[columns], self.scale[columns]
        other.constant = self.constant[columns]
        return other

    def with_columns(self, columns, those):
        """These, with others for some of the features."""
        other = copy.copy(self)
        other.mean, other.scale = self.mean.copy(), self.scale.copy()
        other.mean[columns], other.scale[columns] = those.mean, those.scale
        return other

    def pack(self, w, b):
        return join(w / self.scale, b + w @ self.mean)

    def unpack(self, wb):
        w = wb[..., :-1] * self.scale
        return w, wb[..., -1] - w @ self.mean

    def pull_back(self, dw, db):
        return join((dw - np.multiply.outer(db, self.mean)) * self.scale, db)

    def hessian_bound(self, mean, deviation, second_derivative_bound, l2):
        # Along u_j, l2 adds at most 1/4: as much as the 1 stands for, which is the intercept's.
        size = np.hypot(deviation, mean - self.mean) * self.scale
        return second_derivative_bound * (_sum_of_squares(size) + 1)


class Measured(Coordinates):
    """Standardized coordinates in which lengths are measured by the second derivative.

    They keep the features apart, and steps are those of decorrelated coordinates.
    """

    name = "decorrelated"
    hessian_is_identity = True
    standardized: Standardized
    _asked, _there = (), None

    def moved(self, wb, dwb, learning_rate, penalty):
        # Whoever looks at what a step would gain, and then makes it, asks for the same again.
        asked = wb, dwb, learning_rate
        if not self._asked or any(a is not b for a, b in zip(asked, self._asked, strict=True)):
            self._asked, self._there = asked, self.solved(*asked, penalty)
        return self._there

    def solved(self, wb, dwb, learning_rate, penalty):
        """Where a step leads: the solution of the lasso."""
        raise NotImplementedError

    def pack(self, w, b):
        return self.standardized.pack(w, b)

    def unpack(self, wb):
        return self.standardized.unpack(wb)

    def pull_back(self, dw, db):
        return self.standardized.pull_back(dw, db)


class Decorrelated(Coordinates):
    r"""Coordinates in which the second derivative H is the identity.

    With v the standardized coordinates of (w, b) and H = R R' the second derivative there,

        u = R' v,   du = inv(R) dv

    For the softmax there is one such map for each class; or one for all, of the mean of their
    second derivatives, which differ by a factor `of_class`: each has its own sqrt(of_class) R.

    `hessian`, which may be the largest of all matrices, is overwritten: inv(R) takes its place.
    """

    name = "decorrelated"
    hessian_is_identity = True

    def __init__(self, standardized, hessian, made_at=None, of_class=None):
        self.standardized = standardized
        self.made_at = made_at
        dtype = standardized.scale.dtype
        if hessian.ndim == 2:
            self.from_gradient = _inverse_root(hessian, standardized.constant, dtype)
        else:
            self.from_gradient = np.empty(hessian.shape, dtype)
            for k in range(len(hessian)):
                self.from_gradient[k] = _inverse_root(hessian[k], standardized.constant, dtype)
        self.to_standardized = np.swapaxes(self.from_gradient, -1, -2)
        self.root = 1.0 if of_class is None else np.sqrt(of_class, dtype=dtype)[:, None]

    def pack(self, w, b):
        v = self.standardized.pack(w, b)
        return _solved(self.to_standardized, v).astype(v.dtype, copy=False) * self.root

    def unpack(self, wb):
        w, b = self.standardized.unpack(applied(self.to_standardized, wb / self.root))
        if w.ndim > 1:
            # Adding the same to all classes changes no probability, and no step of a descent in
            # one set of coordinates for all adds it. With a set for each class it comes in, and
            # is taken out: the sum over the classes stays 0.
            w = w - np.add.reduce(w) / len(w)
            b = b - np.add.reduce(b) / len(b)
        return w, b

    def pull_back(self, dw, db):
        return self.pull_back_standardized(self.standardized.pull_back(dw, db))

    def pull_back_standardized(self, dv):
        """The same of a gradient in standardized coordinates."""
        return applied(self.from_gradient, dv) / self.root

    @staticmethod
    def hessian_bound(mean, deviation, second_derivative_bound, l2):
        # H was made of a (1 - a), or of its bound 1/4. For the sigmoid that is all there is. What
        # the softmax adds between the classes at most doubles it: 2 diag(a (1 - a)) - (diag(a) -
        # a a') is diagonally dominant.
        return 4 * second_derivative_bound


def make_definite(H, constant, dtype):
    """Give directions that no feature distinguishes a curvature, in place.

    Those of duplicated columns, or of one-hot columns beside an intercept, have eigenvalue 0: they
    get as much as keeps the inverse's rounding small. Of each entry itself, as one row far out
    makes the others small, and all the more once it is sure.
    """
    diagonal = H.reshape(-1)[:: len(H) + 1]
    largest = diagonal.max()
    diagonal += np.finfo(dtype).eps ** 0.75 * diagonal
    # What is all rounding is not to move.
    diagonal[:-1][constant | (diagonal[:-1] <= 0)] += largest if largest > 0 else 1
    if diagonal[-1] <= 0:
        diagonal[-1] = 1


def _inverse_root(H, constant, dtype):
    """inv(R) of H = R R', in the place of H where that has this dtype."""
    make_definite(H, constant, dtype)
    # In LAPACK's order of the entries, H' is H and an upper triangle is R'.
    U, failed = _lapack("potrf", H)(H.T, lower=False, overwrite_a=True, clean=True)
    if failed:
        raise np.linalg.LinAlgError("the second derivatives are not positive definite")
    U = U.astype(dtype, order="F", copy=False)
    inverse, _ = _lapack("trtri", U)(U, lower=False, overwrite_c=True)
    return inverse.T


def _solved(triangle, v):
    """What an upper triangle, or that of each class, has to be multiplied by to give v."""
    if triangle.ndim > 2:
        return np.stack([_solved(T, each) for T, each in zip(triangle, v, strict=True)])
    return solve_triangular(triangle, v.T, check_finite=False).T


def _lapack(name, *arrays):
    return get_lapack_funcs((name,), arrays)[0]


def _sum_of_squares(size):
    return float(np.square(size, dtype=np.float64).sum())


def applied(matrix, v):
    """matrix @ v for every v, with one matrix for all or one for each class."""
    return v @ matrix.T if matrix.ndim == 2 else np.matmul(matrix, v[..., None])[..., 0]
