"""The problems that are timed, and everybody who solves them: ours, scikit-learn's and others'.

A solver is listed for a problem only where it minimizes the same cost: an intercept without a
penalty, softmax for several classes, every coefficient penalized by itself.
"""

import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from joblib import cpu_count
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from sklearn_gdlogreg import GDLogisticRegression, cost_and_gradient

OURS = "ours"
# Methods that build a matrix of this many rows and columns, or more, are not run.
HESSIAN_LIMIT = 5000
MANY_COLUMNS = 1000
# Threads cost more than they compute on fewer entries than this.
SMALL = 500_000
INTERCEPT_SCALES = (1.0, 30.0)
# newton-cd and newton-cd-gram are in versions of scikit-learn that are not released yet.
SKLEARN_L2 = ("lbfgs", "newton-cg", "newton-cholesky", "liblinear", "sag", "saga")
SKLEARN_L1 = ("saga", "liblinear", "newton-cd", "newton-cd-gram")
OTHERS_L2 = ("intelex lbfgs", "glum irls-ls", "glum lbfgs", "liblinear -R", "adelie")
OTHERS_L1 = ("glum irls-cd", "liblinear -R", "adelie", "skglm", "celer")


# ---------------------------------------------------------------------------- problems


@dataclass
class Problem:
    """One data set with one penalty; y is 0 ... K - 1."""

    data: str
    X: object
    y: np.ndarray
    C: float
    l1_ratio: float

    @property
    def name(self):
        return f"{self.data}, C={self.C:g}" + (", L1" if self.l1_ratio else "")

    @property
    def binary(self):
        return self.y.max() == 1

    @property
    def n_coefficients(self):
        return self.X.shape[1] * (1 if self.binary else self.y.max() + 1)

    @property
    def alpha(self):
        """The factor of the penalty, where the loss is a mean over the rows."""
        return 1 / (self.C * len(self.y))

    def zeros(self):
        outputs = self.n_coefficients // self.X.shape[1]
        return np.zeros((outputs, self.X.shape[1])), np.zeros(outputs)

    def cost(self, coef, intercept):
        coef, intercept = np.atleast_2d(coef).astype(float), np.ravel(intercept).astype(float)
        J, _, _ = cost_and_gradient(self.X, self.y, coef, intercept)
        l1 = np.abs(coef).sum() * self.l1_ratio
        l2 = np.square(coef).sum() * (1 - self.l1_ratio) / 2
        return J + self.alpha * (l1 + l2)

    def few_rows(self):
        """A problem of the same kind, on which compilers, imports and thread pools warm up."""
        rows = np.concatenate([np.flatnonzero(self.y == k)[:5] for k in range(self.y.max() + 1)])
        return replace(self, X=self.X[rows], y=self.y[rows])


# ---------------------------------------------------------------------------- solvers


@dataclass
class Solver:
    """An estimator that can be fitted to a problem with a tol and a max_iter.

    `make(problem, tol, max_iter, threads)` gives it (BLAS and OpenMP are held to these threads
    besides; None stands for all); `prepare` the X and y that it likes best, made before the clock
    starts; `coefficients(model)` what it found. Threads are tried where it has `threads`. One that
    `may_go_on` does not keep to max_iter.
    """

    name: str
    make: Callable
    prepare: Callable = lambda problem: (problem.X, problem.y)
    coefficients: Callable = lambda model: (model.coef_, model.intercept_)
    threads: bool = True
    may_go_on: bool = False


def solvers(problem):
    """All that solve it; several of one name are variants, of which the better counts."""
    yield Solver(OURS, make_ours)
    yield from of_sklearn(problem)
    if installed("sklearnex") and runs_onedal(problem):
        yield Solver("intelex lbfgs", make_intelex)
    if installed("glum") and problem.binary:
        yield from of_glum(problem)
    if installed("liblinear") and problem.binary:
        yield Solver("liblinear -R", Liblinear, liblinear_problem, threads=False, may_go_on=True)
    # adelie's softmax penalizes all classes' coefficients of a column together.
    if installed("adelie") and (problem.binary or not problem.l1_ratio):
        for length in (1, 10) if problem.l1_ratio else (1,):
            large = np.prod(problem.X.shape) > SMALL and not sparse.issparse(problem.X)
            yield Solver("adelie", partial(Adelie, length), for_adelie, threads=bool(large))
    if problem.l1_ratio and problem.binary:
        yield from coordinate_descents(problem)


def of_sklearn(problem):
    for name in SKLEARN_L1 if problem.l1_ratio else SKLEARN_L2:
        make = partial(make_sklearn, name)
        if name == "liblinear":
            if problem.binary:
                yield from variants_of_liblinear(problem, make)
        elif name == "newton-cholesky" and problem.n_coefficients >= HESSIAN_LIMIT:
            continue
        elif known_to_sklearn(name, problem):
            yield Solver(name, make, threads=name not in ("sag", "saga"))


def variants_of_liblinear(problem, make):
    """Its intercept is penalized: the less, the larger the column that stands for it."""
    for dual in (False,) if problem.l1_ratio else (False, True):
        for scale in INTERCEPT_SCALES:
            options = {"intercept_scaling": scale, "dual": dual}
            yield Solver("liblinear", partial(make, **options), threads=False, may_go_on=True)


def of_glum(problem):
    square = problem.n_coefficients < HESSIAN_LIMIT
    # Of few columns irls-ls is the faster one.
    many = problem.n_coefficients >= MANY_COLUMNS
    names = {"irls-cd": square} if problem.l1_ratio else {"irls-ls": square, "lbfgs": many}
    for name, possible in names.items():
        if possible:
            yield Solver(f"glum {name}", partial(make_glum, name), with_float_labels)


def coordinate_descents(problem):
    if installed("skglm"):
        for make in (make_skglm, make_skglm_of_many):
            yield Solver("skglm", make, by_columns, threads=False, may_go_on=True)
    if installed("celer"):
        for scale in INTERCEPT_SCALES:
            yield Solver(
                "celer",
                make_celer,
                partial(with_constant_column, scale),
                partial(split_constant_column, scale),
                threads=False,
                may_go_on=True,
            )


@cache
def installed(package):
    try:
        importlib.import_module(package)
    except ImportError:
        return False
    return True


def known_to_sklearn(solver, problem):
    """Whether the scikit-learn that is installed has this solver, and for such data."""
    if solver in SKLEARN_L2:
        return True
    few = problem.few_rows()
    try:
        make_sklearn(solver, few, 1e-2, 2).fit(few.X, few.y)
    except (ValueError, NotImplementedError):
        return False
    return True


def runs_onedal(problem):
    """Whether scikit-learn-intelex fits it by its own code: it falls back without a word."""
    if problem.l1_ratio:
        return False
    said, few, logger = [], problem.few_rows(), logging.getLogger("sklearnex")

    def keep(record):
        said.append(record.getMessage())

    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addFilter(keep)  # which returns nothing: no handler hears of it
    try:
        make_intelex(few, 1e-2, 2, 1).fit(few.X, few.y)
    finally:
        logger.removeFilter(keep)
        logger.setLevel(before)
    return not any("fallback" in message for message in said)


# ---------------------------------------------------------------------------- their estimators


def make_ours(problem, tol, max_iter, threads=None):
    return GDLogisticRegression(
        C=problem.C, l1_ratio=problem.l1_ratio, tol=tol, max_iter=max_iter, n_jobs=threads
    )


def make_sklearn(solver, problem, tol, max_iter, threads=None, **options):
    return LogisticRegression(
        C=problem.C,
        l1_ratio=problem.l1_ratio,
        solver=solver,
        tol=tol,
        max_iter=max_iter,
        random_state=0,
        **options,
    )


def make_intelex(problem, tol, max_iter, threads=None):
    # From this module, which leaves scikit-learn's own class as it is.
    from sklearnex.linear_model import LogisticRegression as IntelexLogisticRegression

    return IntelexLogisticRegression(C=problem.C, tol=tol, max_iter=max_iter, n_jobs=threads)


def make_glum(solver, problem, tol, max_iter, threads=None):
    from glum import GeneralizedLinearRegressor

    return GeneralizedLinearRegressor(
        family="binomial",
        alpha=problem.alpha,
        l1_ratio=problem.l1_ratio,
        solver=solver,
        gradient_tol=tol,
        max_iter=max_iter,
    )


def make_skglm(problem, tol, max_iter, threads=None):
    from skglm import SparseLogisticRegression

    return SparseLogisticRegression(alpha=problem.alpha, tol=tol, max_iter=max_iter)


def make_skglm_of_many(problem, tol, max_iter, threads=None):
    """The same solver, which begins with up to a hundred columns instead of ten."""
    from skglm import GeneralizedLinearEstimator
    from skglm.datafits import Logistic
    from skglm.penalties import L1
    from skglm.solvers import ProxNewton

    solver = ProxNewton(p0=min(100, problem.X.shape[1]), tol=tol, max_iter=max_iter)
    return GeneralizedLinearEstimator(Logistic(), L1(problem.alpha), solver)


def make_celer(problem, tol, max_iter, threads=None):
    from celer import LogisticRegression as CelerLogisticRegression

    return CelerLogisticRegression(C=problem.C, tol=tol, max_iter=max_iter)


class Liblinear:
    """LIBLINEAR as its authors distribute it, whose option -R leaves the intercept alone."""

    def __init__(self, problem, tol, max_iter, threads=None):
        # Newton's method in a trust region, or coordinate descent; it has no limit of iterations.
        method = 6 if problem.l1_ratio else 0
        self.options = f"-s {method} -c {problem.C!r} -e {tol!r} -B 1 -R -q"

    def fit(self, problem, y):
        from liblinear.liblinearutil import parameter, train

        model = train(problem, parameter(self.options))
        first_is_one = model.get_labels()[0] == 1
        w = np.array(model.w[: problem.n]) * (1 if first_is_one else -1)
        self.coef_, self.intercept_ = w[:-1], w[-1]
        return self


class Adelie:
    """adelie's descent down a path of penalties to the one that is asked for.

    A path of one value is that value alone. `n_iter_` is max_iter where that did not suffice.
    """

    def __init__(self, length, problem, tol, max_iter, threads=None):
        self.length, self.problem = length, problem
        self.options = {
            "alpha": problem.l1_ratio,
            "tol": tol,
            "irls_tol": tol,
            "max_iters": max_iter,
            "n_threads": threads or cpu_count(),
            "early_exit": False,
            "progress_bar": False,
        }

    def fit(self, X, y):
        import adelie

        n_classes = y.shape[1] if y.ndim > 1 else 1
        kind = adelie.glm.multinomial if n_classes > 1 else adelie.glm.binomial
        alpha = self.problem.alpha / n_classes  # its softmax loss is divided by their number
        path, penalty = np.array([alpha]), np.ones(X.shape[1])
        if self.length > 1:
            strongest = np.abs(X.T @ (y - y.mean())).max() / len(y)
            path = np.geomspace(max(strongest, alpha), alpha, self.length + 1)[1:]
        if sparse.issparse(X):
            X = adelie.matrix.sparse(X, method="naive", n_threads=self.options["n_threads"])
        logging.disable(logging.ERROR)  # it logs that it came to max_iter
        try:
            state = adelie.grpnet(X, kind(y), lmda_path=path, penalty=penalty, **self.options)
        finally:
            logging.disable(logging.NOTSET)
        ended = len(state.lmdas) == len(path)
        self.n_iter_ = 0 if ended else self.options["max_iters"]
        coef = np.zeros(len(penalty) * n_classes)
        self.intercept_ = np.zeros(n_classes)
        if len(state.lmdas):
            coef = np.ravel(state.betas[-1].toarray())
            self.intercept_ = np.ravel(state.intercepts[-1])
        self.coef_ = coef.reshape(-1, n_classes).T
        return self


# ---------------------------------------------------------------------------- the data they like


def with_float_labels(problem):
    """glum's labels are numbers."""
    return problem.X, problem.y.astype(float)


def by_columns(problem):
    """Coordinate descent reads columns."""
    X = problem.X
    return (sparse.csc_matrix(X) if sparse.issparse(X) else np.asfortranarray(X)), problem.y


def for_adelie(problem):
    """Columns, and labels as numbers: one for each class where there are more than two."""
    X, y = by_columns(problem)
    return X, y.astype(float) if problem.binary else np.eye(y.max() + 1)[y]


def liblinear_problem(problem):
    """LIBLINEAR's own format, with a column of ones for the intercept."""
    from liblinear.liblinearutil import problem as make_problem

    return make_problem(problem.y.astype(float), sparse.csr_matrix(problem.X), 1), None


def with_constant_column(scale, problem):
    column = np.full((len(problem.y), 1), scale)
    X, y = by_columns(problem)
    if sparse.issparse(X):
        return sparse.csc_matrix(sparse.hstack([X, column])), y
    return np.asfortranarray(np.hstack([X, column])), y


def split_constant_column(scale, model):
    coef = np.ravel(model.coef_)
    return coef[:-1], coef[-1] * scale
