"""GDLogisticRegression: the scikit-learn contract."""

import math
import sys
import warnings
from numbers import Integral, Real
from typing import ClassVar, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

# These two mixins are what scikit-learn's own linear classifiers are made of; its API reference
# has no public name for them. Copies of decision_function, predict, sparsify and densify would
# replace them.
from sklearn.linear_model._base import LinearClassifierMixin, SparseCoefMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from ._check import check_float, check_rows, check_start, check_weights, quiet
from ._cross_entropy import Sigmoid, Softmax
from ._descent import DESCENT_PARAMETERS, begin
from ._moments import BLOCK_ENTRIES
from ._objective import Objective
from ._rows import batches
from ._run import Run


class Examples(NamedTuple):
    """Training data as the numerical rooms expect them."""

    X: object
    y: np.ndarray
    classes: np.ndarray
    codes: np.ndarray
    names: np.ndarray | None

    def name_of(self, j):
        """What to call a column in a message."""
        return f"column {j}" if self.names is None else repr(self.names[j])


class GDLogisticRegression(LinearClassifierMixin, SparseCoefMixin, BaseEstimator):
    r"""Logistic regression fitted by batch gradient descent on the cross-entropy cost.

    For two classes, labels :math:`y_i` in {0, 1} and weights :math:`s_i`,

    .. math::

        z_i = w \cdot x_i + b, \qquad a_i = \frac{1}{1 + e^{-z_i}}, \qquad
        J = -\frac{1}{\sum_i s_i} \sum_i s_i [y_i \log a_i + (1 - y_i) \log(1 - a_i)] + r(w)

    and every iteration steps down the gradient, with a learning rate :math:`\alpha`:

    .. math::

        w := w - \alpha \, \partial J / \partial w, \quad b := b - \alpha \, \partial J / \partial b

    For three classes or more the softmax takes the place of the sigmoid. The penalty is
    LogisticRegression's elastic net divided as the losses are,

    .. math::

        r(w) = \frac{1}{C \sum_i s_i} \Big(\rho \|w\|_1 + \frac{1 - \rho}{2} \|w\|_2^2 \Big),
        \qquad \rho = \text{l1\_ratio}

    (its L1 part enters by the prox, a soft threshold after each step), so that for the same `C`,
    `l1_ratio`, `class_weight` and `sample_weight` the optimum is LogisticRegression's. The
    intercept is never penalized.

    Parameters
    ----------
    learning_rate : float, callable or str, default="auto"
        How far each iteration goes.

        - A positive number is the course's constant :math:`\alpha`, in the coordinates of X: every
          iterate is exactly the textbook's.
        - A callable is a schedule: iteration t = 1, 2, ... uses ``learning_rate(t)``.
        - ``"auto"``: Barzilai-Borwein steps in the coordinates that suit the data. Fast on raw and
          on scaled data; nothing to choose.
        - ``"lipschitz"``: the constant 1 / L, with L the largest curvature the cost can have. The
          cost never increases.
        - ``"backtracking"``: Armijo's rule. Twice the last rate, halved until the cost falls
          enough.
        - ``"barzilai-borwein"``: the rate that fits the last step [1]_, halved until the cost is
          below the largest of the last ten.
        - ``"adaptive"``: AdGD, which follows the local curvature and needs no cost [2]_.
        - ``"silver"``: the silver schedule, long steps between short ones [3]_.

    max_iter : int, default=1000
        The largest number of iterations. 0 leaves the start itself as the model.

    tol : float, default=1e-4
        Stop when no entry of the gradient (with L1: of the optimality violation) is larger than
        this in absolute value, in the coordinates being descended in. In raw coordinates and
        without L1 that is LogisticRegression's criterion. 0 runs exactly `max_iter` iterations
        and says nothing about convergence.

    C : float in (0, inf], default=inf
        Inverse of the strength of the penalty, as in LogisticRegression. The default is no
        penalty, as in the course; LogisticRegression's own default is 1.

    l1_ratio : float in [0, 1], default=0.0
        The share of L1 in the penalty: 0 is L2, 1 is L1, between them the elastic net.

    fit_intercept : bool, default=True
        Whether there is a b; without it the decision boundary goes through the origin.

    class_weight : dict or "balanced", default=None
        Weights of the classes, ``{label: weight}``, multiplied with `sample_weight`. "balanced"
        gives every class the same total weight.

    coordinates : {"auto", "raw", "standardized", "decorrelated"}, default="auto"
        Where the descent moves; `coef_` is in the units of X all the same, and X is neither
        copied nor changed.

        - ``"raw"``: in w and b themselves.
        - ``"standardized"``: in the coefficients that standardized features would have.
        - ``"decorrelated"``: in coordinates in which the second derivative of the cost is nearly
          the identity. They are made of the p x p matrix of second moments, which costs as much
          as a number of steps that grows with p; rules that look at the cost have them made anew
          every 8 to 20 steps, where the descent has come to. Made anew at every step it would be
          Newton's method; between two times it is gradient descent, one pass over X a step. Of
          many rows (over 200 a column), a sample of them makes the coordinates. Not for L1
          penalties, whose soft threshold needs the features apart.
        - ``"auto"``: raw, unless ``learning_rate="auto"``: then decorrelated where that is
          estimated to be faster (up to some hundred columns, no L1 penalty), else standardized.

    warm_start : bool, default=False
        Whether `fit` continues from the coefficients of the previous call. `max_iter`, `n_iter_`
        and the curves count the iterations of the new call; schedules start again at t = 1.

    n_jobs : int, default=None
        Number of threads for `fit`; -1 is one for each core. None is as many as the CPU quota,
        OMP_NUM_THREADS and joblib leave, and one where X is no larger than a cache. The model
        does not depend on it, to the last bit.

    verbose : int, default=0
        1 prints iterations 0, 1, 2, 5, 10, 20, 50, ... as they happen, 2 prints all of them.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted.

    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        w, in the units of X and in its dtype; one row for two classes.

    intercept_ : ndarray of shape (1,) or (n_classes,)
        b; zeros if ``fit_intercept=False``.

    n_iter_ : ndarray of shape (1,)
        The number of iterations made.

    loss_curve_ : ndarray of shape (n_iter_ + 1,)
        The cost J, penalty included, at the start and after each iteration.

    learning_rates_ : ndarray of shape (n_iter_,)
        The learning rate of each iteration, in `coordinates_`.

    gradient_norms_ : ndarray of shape (n_iter_ + 1,)
        What `tol` bounds: the largest absolute entry of the gradient (with L1: of the optimality
        violation) in `coordinates_`, at the start and after each iteration.

    stop_reason_ : {"converged", "max_iter", "stalled", "diverged"}
        Why the descent ended. "stalled": `tol` is below what rounding lets be reached, and a step
        changed nothing. "diverged": the cost stopped being finite; the last iterate with a finite
        one is kept.

    coordinates_ : {"raw", "standardized", "decorrelated"}
        Where the descent moved, at its end.

    n_features_in_ : int
        Number of features seen during :term:`fit`.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where X had names that are all strings.

    See Also
    --------
    descend : The same descent as a generator, one step at a time.
    cost_and_gradient : J, dw and db for given coefficients.
    sklearn.linear_model.LogisticRegression : The same model by other solvers.

    Notes
    -----
    On linearly separable data without a penalty the cost has no minimum: the coefficients grow
    like log t for as long as the descent goes on [4]_. A ConvergenceWarning says so.

    References
    ----------
    .. [1] J. Barzilai and J. M. Borwein, "Two-point step size gradient methods", IMA Journal of
       Numerical Analysis 8, 1988.
    .. [2] Y. Malitsky and K. Mishchenko, "Adaptive proximal gradient method for convex
       optimization", NeurIPS 2024, arXiv:2308.02261.
    .. [3] J. M. Altschuler and P. A. Parrilo, "Acceleration by stepsize hedging II: silver
       stepsize schedule for smooth convex optimization", 2023, arXiv:2309.16530.
    .. [4] D. Soudry, E. Hoffer, M. S. Nacson, S. Gunasekar and N. Srebro, "The implicit bias of
       gradient descent on separable data", Journal of Machine Learning Research 19, 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn_gdlogreg import GDLogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = GDLogisticRegression(C=1).fit(X, y)
    >>> clf.predict(X[:2])
    array([0, 0])
    >>> print(f"{clf.score(X, y):.3f}")
    0.958
    >>> clf.stop_reason_
    'converged'
    >>> print(f"cost {clf.loss_curve_[0]:.4f} -> {clf.loss_curve_[-1]:.4f}")
    cost 0.6931 -> 0.0945

    The course's own descent, with its constant learning rate, on standardized features:

    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> clf = GDLogisticRegression(learning_rate=0.1, max_iter=100, tol=0)
    >>> print(f"{make_pipeline(StandardScaler(), clf).fit(X, y).score(X, y):.3f}")
    0.982
    """

    _parameter_constraints: ClassVar = {
        **DESCENT_PARAMETERS,
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        learning_rate="auto",
        *,
        max_iter=1000,
        tol=1e-4,
        C=np.inf,
        l1_ratio=0.0,
        fit_intercept=True,
        class_weight=None,
        coordinates="auto",
        warm_start=False,
        n_jobs=None,
        verbose=0,
    ):
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.tol = tol
        self.C = C
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.coordinates = coordinates
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None, *, coef_init=None, intercept_init=None):
        """Descend the cost of the given examples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples. float64 and float32 in C or F order are used as they are; sparse
            matrices become CSR; everything else is converted to float64.

        y : array-like of shape (n_samples,)
            Their labels, of any type; at least two different ones.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights, not negative and not all zero. A weight of 2 is the same as the row twice.

        coef_init : array-like of shape (1, n_features) or (n_classes, n_features), default=None
            Where `coef_` starts; zeros if None, or the previous fit's with ``warm_start=True``.

        intercept_init : array-like of shape (1,) or (n_classes,), default=None
            Where `intercept_` starts, likewise.

        Returns
        -------
        self : GDLogisticRegression
            The fitted estimator.

        Raises
        ------
        ValueError
            Before any work, and leaving an earlier fit as it was, if a parameter, the data, the
            weights or the start are invalid.

        Warns
        -----
        ConvergenceWarning
            If `max_iter` came before `tol`, if the cost stopped being finite, or if the classes
            are separable and nothing bounds the coefficients. It says what to change.
        """
        self._validate_params()
        examples = self._examples(X, y)
        objective = self._objective(examples, sample_weight)
        start = self._start(examples.classes, coef_init, intercept_init)
        w, b = check_start(start, objective.outputs, examples.X, self.fit_intercept)
        run = self._run(objective, w, b)
        with quiet():
            message = run.warning(examples.name_of)
        self._keep(run, examples)
        if message:
            warnings.warn(message, ConvergenceWarning, stacklevel=2)
        return self

    def _examples(self, X, y):
        """The training data, checked."""
        # Feature names are checked here but set with everything else, when the fit is done.
        seen = GDLogisticRegression()
        if not isinstance(X, np.ndarray):
            validate_data(seen, X, skip_check_array=True)
        names = getattr(seen, "feature_names_in_", None)
        X, y = check_rows(X, y, self)
        if y.dtype.kind not in "iubUS":
            # Integers and strings are classes; finding that out takes longer than a small fit.
            check_classification_targets(y)
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(
                "y must have at least 2 classes to tell apart; it has only one class: "
                f"{classes.tolist()[0]!r}."
            )
        return Examples(X, y, classes, np.searchsorted(classes, y), names)

    def _objective(self, examples, sample_weight):
        """What the parameters make of the examples."""
        C, l1_ratio = check_float("C", self.C), check_float("l1_ratio", self.l1_ratio)
        if l1_ratio > 0 and math.isinf(C):
            warnings.warn(
                f"l1_ratio={l1_ratio} has no effect, because C=inf is no penalty at all; set C, "
                "for instance C=1.",
                UserWarning,
                stacklevel=3,
            )
        weights, weight_unit = self._row_weights(sample_weight, examples)
        return Objective(
            examples.X,
            examples.codes,
            len(examples.classes),
            sample_weight=weights,
            weight_unit=weight_unit,
            C=C,
            l1_ratio=l1_ratio,
            fit_intercept=self.fit_intercept,
            n_jobs=self.n_jobs,
        )

    def _run(self, objective, w, b, kept=()):
        """The descent from (w, b), to its end; the steps of the iterations in `kept` stay."""
        problem, steps = begin(
            objective, w, b, learning_rate=self.learning_rate, coordinates=self.coordinates
        )
        run = Run(
            problem,
            max_iter=self.max_iter,
            tol=check_float("tol", self.tol),
            learning_rate=self.learning_rate,
            verbose=self.verbose,
            kept=kept,
        )
        with quiet():
            return run.follow(steps)

    def _keep(self, run, examples):
        """Become what the run has found."""
        self._keep_end(run.end, examples)
        self.loss_curve_ = np.array(run.costs)
        self.learning_rates_ = np.array(run.learning_rates)
        self.gradient_norms_ = np.array(run.violations)

    def _keep_end(self, end, examples):
        """Become what a descent has come to, without the curves."""
        self.n_features_in_ = examples.X.shape[1]
        if examples.names is not None:
            self.feature_names_in_ = examples.names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self.classes_ = examples.classes
        # In scikit-learn's shapes, and copied: a view would keep the whole step alive.
        self.coef_ = np.atleast_2d(end.coef).copy()
        self.intercept_ = np.atleast_1d(end.intercept).copy()
        self.n_iter_ = np.array([end.t], dtype=np.int32)
        self.stop_reason_ = end.stop_reason
        self.coordinates_ = end.coordinates

    def predict_proba(self, X):
        """The probability of every class: a = sigmoid(z), or softmax(z) for three or more.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; rows sum to 1.
        """
        return self._activation(X, "activation")

    def predict_log_proba(self, X):
        """The logarithm of `predict_proba`, finite where the probability itself rounds to 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        return self._activation(X, "log_activation")

    def _activation(self, X, name):
        z = self.decision_function(X)
        activation = getattr(Softmax if z.ndim > 1 else Sigmoid, name)
        result = z if z.ndim > 1 else np.empty((len(z), 2), z.dtype)
        # Block by block: the temporaries stay in the cache.
        for rows in batches(len(z), max(1, BLOCK_ENTRIES // result.shape[1])):
            if z.ndim > 1:
                result[rows] = activation(z[rows].T).T
            else:
                # sigmoid(-z) rather than 1 - sigmoid(z), which is 0 from z = 37 on.
                result[rows, 0] = activation(-z[rows])
                result[rows, 1] = activation(z[rows])
        return result

    def _row_weights(self, sample_weight, examples):
        """sample_weight times class_weight, and the unit that they are in; None if neither."""
        weights = check_weights(sample_weight, examples.X)
        if self.class_weight is None:
            return weights, 1.0
        if isinstance(self.class_weight, dict) and not all(
            isinstance(value, Real) and 0 <= value <= sys.float_info.max
            for value in self.class_weight.values()
        ):
            raise ValueError(
                "class_weight must hold finite numbers that are not negative; got "
                f"{self.class_weight}."
            )
        unit = 1.0
        if weights is not None:
            # Both factors in units of their largest: no product of theirs overflows.
            unit = float(weights.max())
            weights = weights / unit
        # "balanced" divides by a class's total weight, which may be 0: its rows keep weight 0.
        with np.errstate(divide="ignore", invalid="ignore"):
            of_class = compute_class_weight(
                self.class_weight, classes=examples.classes, y=examples.y, sample_weight=weights
            )
            of_row = of_class[examples.codes]
            if weights is not None:
                of_row = np.where(weights > 0, of_row, 0)
            largest = float(of_row.max())
            if largest == 0:
                raise ValueError(
                    f"class_weight={self.class_weight} leaves every example with weight 0; give "
                    "the classes of y positive weights."
                )
            of_row = of_row / largest
        return of_row if weights is None else weights * of_row, unit * largest

    def _start(self, classes, coef_init, intercept_init):
        """Where the descent starts, by the names that a message should give."""
        start = {"coef_init": coef_init, "intercept_init": intercept_init}
        if not self.warm_start or coef_init is not None or not hasattr(self, "coef_"):
            return start
        if not np.array_equal(self.classes_, classes):
            raise ValueError(
                f"warm_start=True continues a fit of the classes {self.classes_.tolist()}, but y "
                f"has {classes.tolist()}. Fit a clone, or set warm_start=False."
            )
        # The intercept of a fit that had one is of no use to one that must not have any.
        if intercept_init is None and self.fit_intercept:
            intercept_init = self.intercept_
        return {
            "coef_ of the earlier fit, continued by warm_start=True,": self.coef_,
            "intercept_init": intercept_init,
        }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
