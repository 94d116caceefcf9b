"""GDLogisticRegression: the scikit-learn contract."""

import warnings
from functools import partial
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning, InconsistentVersionWarning
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from . import __version__, _fit
from ._check import is_mapped, on_host, refuse_lazy
from ._data.decisions import class_probabilities, decisions, predicted, rows_to_predict
from ._data.loading import load
from ._descent.parameters import DESCENT_PARAMETERS
from ._run import callbacks
from ._run.diagnosis import warning
from ._sklearn import (
    HAS_OTHER_ARRAYS,
    SKLEARN_VERSION,
    CallbackSupportMixin,
    Interval,
    LinearClassifierMixin,
    RealNotInt,
    SparseCoefMixin,
    StrOptions,
    callbacks_of,
    check_pandas_support,
    check_same_namespace,
    penalty_parameters,
    with_callbacks,
)


def check_path(estimator):
    """Refuse what needs the coefficients of every iteration."""
    check_is_fitted(estimator)
    if not hasattr(estimator, "coef_path_"):
        raise ValueError(
            "This fit stored no path of the coefficients; fit with store_path=True, or with "
            "store_path=10 for every tenth iteration."
        )


class Versioned:
    """Its pickles say which versions wrote them, and others warn, as scikit-learn's do."""

    def __getstate__(self):
        versions = {"_sklearn_gdlogreg_version": __version__, "_sklearn_version": SKLEARN_VERSION}
        return {**super().__getstate__(), **versions}

    def __setstate__(self, state):
        state, name = dict(state), type(self).__name__
        # The first version wrote none, of scikit-learn neither.
        ours = state.pop("_sklearn_gdlogreg_version", "0.1.0")
        theirs = state.pop("_sklearn_version", SKLEARN_VERSION)
        for what, written_by, read_by in (
            (f"{name} of sklearn-gdlogreg", ours, __version__),
            (name, theirs, SKLEARN_VERSION),
        ):
            if written_by != read_by:
                warnings.warn(
                    InconsistentVersionWarning(
                        estimator_name=what,
                        current_sklearn_version=read_by,
                        original_sklearn_version=written_by,
                    ),
                    stacklevel=2,
                )
        super().__setstate__(state)


class Predictions(LinearClassifierMixin):
    """What the coefficients of a logistic regression say of other examples."""

    def decision_function(self, X):
        """Decision values z = w . x + b: how sure of the second class, or of every class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples. A memory map is read chunk by chunk.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, above 0 where ``classes_[1]`` is predicted.
        """
        check_is_fitted(self)
        refuse_lazy("X", X)
        check_same_namespace(X, self, attribute="coef_", method="decision_function")
        return decisions(self, X, self.coef_, self.intercept_)

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
        check_is_fitted(self)
        check_same_namespace(X, self, attribute="coef_", method="predict_proba")
        return class_probabilities("probabilities", self.decision_function(X))

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
        check_is_fitted(self)
        check_same_namespace(X, self, attribute="coef_", method="predict_log_proba")
        return class_probabilities("log_probabilities", self.decision_function(X))


class GDLogisticRegression(
    Versioned, CallbackSupportMixin, Predictions, SparseCoefMixin, BaseEstimator
):
    r"""Logistic regression fitted by batch gradient descent on the cross-entropy cost.

    For two classes, labels :math:`y_i` in {0, 1} and weights :math:`s_i`,

    .. math::

        z_i = w \cdot x_i + b, \qquad a_i = \frac{1}{1 + e^{-z_i}}

        J = -\frac{1}{\sum_i s_i} \sum_i s_i [y_i \log a_i + (1 - y_i) \log(1 - a_i)] + r(w)

    and every iteration steps down the gradient, with a learning rate :math:`\alpha`:

    .. math::

        w := w - \alpha \, \partial J / \partial w, \quad b := b - \alpha \, \partial J / \partial b

    For three classes or more the softmax takes the place of the sigmoid. The penalty is
    LogisticRegression's elastic net divided as the losses are,

    .. math::

        r(w) = \frac{1}{C \sum_i s_i} \Big(\rho \|w\|_1 + \frac{1 - \rho}{2} \|w\|_2^2 \Big),
        \qquad \rho = \text{l1_ratio}

    (its L1 part enters by the prox, a soft threshold after each step), so that for the same `C`,
    `l1_ratio`, `class_weight` and `sample_weight` the optimum is LogisticRegression's. The
    intercept is never penalized.

    Parameters
    ----------
    learning_rate : float, callable or str, default="auto"
        How far each iteration goes.

        - A positive number is the course's constant :math:`\alpha`, in the coordinates of X: every
          iterate is exactly the textbook's.
        - A callable is a schedule: iteration t = 1, 2, ... uses ``learning_rate(t)``, a positive
          finite number.
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
        without L1 that is LogisticRegression's criterion with lbfgs. Beyond it, rules that look at
        the cost ("auto", "barzilai-borwein", "backtracking") go on, if there is a penalty, until
        the cost can fall by no more than a tenth of `tol`, relative to itself, as estimated by
        alpha / 2 times the squared norm of the gradient with the longest alpha of the last ten
        steps. 0 runs exactly `max_iter` iterations, and warns only of a learning rate that is too
        large.

    C : float in (0, inf], default=inf
        Inverse of the strength of the penalty, as in LogisticRegression. The default is no
        penalty, as in the course; LogisticRegression's own default is 1.

    l1_ratio : float in [0, 1], default=0.0
        The share of L1 in the penalty: 0 is L2, 1 is L1, between them the elastic net. Without
        effect, but for a warning, if ``C=inf``.

    fit_intercept : bool, default=True
        Whether there is a b; without it the decision boundary goes through the origin.

    class_weight : dict or "balanced", default=None
        Weights of the classes, ``{label: weight}``, multiplied with `sample_weight`; classes left
        out weigh 1. "balanced" gives every class the same total weight. None weighs all 1.

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
          many rows (over 200 a column), a sample of them makes the coordinates. With an L1
          penalty, whose prox needs the features apart, they are the standardized ones, and it is
          lengths that the second derivative measures: every step solves a lasso of p x p, which
          does not look at X.
        - ``"auto"``: raw, unless ``learning_rate="auto"``: then decorrelated where that is
          estimated to be faster (up to some thousand columns; with L1 for two classes), else
          standardized.

    warm_start : bool, default=False
        Whether `fit` continues from the coefficients of the previous call. `max_iter`, `n_iter_`
        and the curves count the iterations of the new call; schedules start again at t = 1.

    early_stopping : bool, default=False
        Whether to stop when the loss on other examples no longer falls, and to keep the iterate
        that had the lowest. The examples are `X_val` of :meth:`fit`, or a part of X set aside.

    validation_fraction : float in (0, 1) or int, default=0.1
        The share, or the number, of examples that early stopping sets aside, stratified by class.

    n_iter_no_change : int, default=10
        Early stopping ends the descent after this many iterations without a new lowest loss, if
        `tol` or `max_iter` has not ended it before.

    random_state : int, RandomState instance or None, default=None
        Decides which examples early stopping sets aside; nothing else is random.

    store_path : bool or int, default=False
        Whether to keep the coefficients of every iteration, or of every k-th (an integer k >= 1),
        for `coef_path_` and the ``staged_`` methods.

    n_jobs : int, default=None
        Number of threads for `fit`; -1 is one for each core. None is as many as the CPU quota,
        OMP_NUM_THREADS and joblib leave, and one where X is no larger than a cache. The model
        does not depend on it, nor on the threads of BLAS, which has one during `fit`, to the last
        bit.

    verbose : int, default=0
        1 shows the progress: one moving line in a terminal if rich is installed, else iterations
        0, 1, 2, 5, 10, 20, 50, ... as they happen. 2 prints all of them, a larger k every k-th:
        ``verbose=100`` the cost after every hundred iterations.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted.

    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        w, in the units of X; one row for two classes. float32 if X is, else float64.

    intercept_ : ndarray of shape (1,) or (n_classes,)
        b, of the same dtype; zeros if ``fit_intercept=False``.

    n_iter_ : ndarray of shape (1,)
        The number of iterations made, an int32.

    loss_curve_ : ndarray of shape (`n_iter_` + 1,)
        The cost J, penalty included, at the start and after each iteration; float64, as are all
        curves.

    learning_rates_ : ndarray of shape (`n_iter_`,)
        The learning rate of each iteration, in `coordinates_`.

    gradient_norms_ : ndarray of shape (`n_iter_` + 1,)
        What `tol` bounds: the largest absolute entry of the gradient (with L1: of the optimality
        violation) in `coordinates_`, at the start and after each iteration.

    seconds_ : ndarray of shape (`n_iter_` + 1,)
        The time in seconds since the descent began, at the start and after each iteration.

    validation_loss_curve_, validation_scores_ : ndarray of shape (`n_iter_` + 1,)
        With early stopping: mean loss, without the penalty, and accuracy on the other examples.

    best_iteration_ : int
        With early stopping: the iteration whose coefficients are kept.

    coef_path_ : ndarray of shape (n_stored, 1, n_features) or (n_stored, n_classes, n_features)
        With `store_path`: `coef_` at the start, after every k-th iteration and after the last.

    intercept_path_ : ndarray of shape (n_stored, 1) or (n_stored, n_classes)
        `intercept_` there.

    iteration_path_ : ndarray of shape (n_stored,)
        The numbers of these iterations; 0 is the start.

    stop_reason_ : str
        Why the descent ended: "converged", "max_iter", "early_stopping", "callback" (one asked to
        stop), "interrupted" (by Ctrl-C), "stalled" (`tol` is below what rounding lets be reached,
        and a step changed nothing) or "diverged" (the cost stopped being finite; the last iterate
        with a finite one is kept).

    coordinates_ : {"raw", "standardized", "decorrelated"}
        Where the descent moved, at its end.

    n_features_in_ : int
        Number of features seen during :term:`fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where X had names that are all strings.

    See Also
    --------
    descend : The same descent as a generator, one step at a time.
    cost_and_gradient : J, dw and db for given coefficients.
    sklearn.linear_model.LogisticRegression : The same model by other solvers.

    Notes
    -----
    On linearly separable data without a penalty the cost has no minimum: the coefficients grow
    like log t for as long as the descent goes on [4]_. A ConvergenceWarning says so,
    unless ``tol=0``.

    The course is week 2 of Ng, Katanforoosh and Bensouda Mourri, Neural Networks and Deep Learning,
    whose symbols are used here.

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
        "early_stopping": ["boolean"],
        "validation_fraction": [
            Interval(RealNotInt, 0, 1, closed="neither"),
            Interval(Integral, 1, None, closed="left"),
        ],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "store_path": ["boolean", Interval(Integral, 1, None, closed="left")],
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
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        random_state=None,
        store_path=False,
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
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state
        self.store_path = store_path
        self.n_jobs = n_jobs
        self.verbose = verbose

    # Where the examples come from; Dask collections have another.
    _load = staticmethod(load)

    @with_callbacks
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        coef_init=None,
        intercept_init=None,
        resume_from=None,
    ):
        """Descend the cost of the given examples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples. float64 and float32 in C or F order are used as they are, memory maps
            of them in any order, wherever the file is; sparse matrices become CSR; everything else
            is converted to float64; NaN and infinity are refused. With scikit-learn's
            ``array_api_dispatch``, arrays of other libraries stay on their device, and the fitted
            attributes are arrays there.

        y : array-like of shape (n_samples,)
            Their labels, of any type that can be sorted; at least two different ones. Numbers that
            are not whole are refused.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights, not negative and not all zero. A weight of 2 is the same as the row twice.

        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Examples to decide by when to stop, with ``early_stopping=True``; if None, a part of X
            is set aside. In a Pipeline, ``Pipeline(..., transform_input=["X_val"])`` transforms
            them as it does X.

        y_val : array-like of shape (n_val,), default=None
            Their labels.

        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.

        coef_init : array-like of shape (1, n_features) or (n_classes, n_features), default=None
            Where `coef_` starts; zeros if None, or the previous fit's with ``warm_start=True``.

        intercept_init : array-like of shape (1,) or (n_classes,), default=None
            Where `intercept_` starts, likewise.

        resume_from : str or path-like, default=None
            A file that :class:`~sklearn_gdlogreg.Checkpoint` wrote during an earlier fit of the
            same parameters to the same data: the descent goes on from there, on exactly the
            iterates that the earlier fit would have had. Only `max_iter`, `tol`, `n_jobs`,
            `verbose` and `warm_start` may differ.

        Returns
        -------
        self : GDLogisticRegression
            The fitted estimator.

        Raises
        ------
        ValueError
            Before any work, and leaving an earlier fit as it was, if a parameter, the data, the
            weights, the start or the checkpoint are invalid.
        TypeError
            Likewise, if one is of a type that cannot serve, such as a Dask collection.
        FileNotFoundError
            Likewise, if there is no file `resume_from`.

        Warns
        -----
        ConvergenceWarning
            If `max_iter` or the limit of rounding came before `tol`, if the cost stopped being
            finite, if Ctrl-C ended the descent, or if the classes are separable, wholly or in part,
            and nothing bounds the coefficients. It says what to change.
        UserWarning
            If `l1_ratio` has no effect because there is no penalty.
        """
        self._validate_params()
        _fit.check_validation(self, X_val, y_val, sample_weight_val)
        examples = self._load(X, y, sample_weight, caller=self)
        others = None
        if X_val is not None:
            others = self._load(X_val, y_val, sample_weight_val, caller=self, like=examples.schema)
        _fit.warn_of_no_effect(self, stacklevel=3)
        task = _fit.task_for(self, examples, others)
        del examples, others  # where their rows are others may need the memory
        start = _fit.start_for(self, task, coef_init, intercept_init, resume_from)
        saved, writers = _fit.saved_state(
            self,
            task,
            resume_from,
            callbacks_of(self),
            given_validation=X_val is not None,
        )
        attributes = partial(_fit.attributes, schema=task.schema)
        observers = [
            *_fit.observers_for(self, task),
            *writers,
            *callbacks.observers_for(self, X, y, sample_weight, attributes),
        ]
        result = _fit.descent(
            self,
            task.objective,
            start,
            saved,
            observers,
            interruptible=callbacks.is_outermost(self),
        )
        message = warning(result, task.schema.column_name)
        _fit.become(self, attributes(result))
        if message:
            warnings.warn(message, ConvergenceWarning, stacklevel=3)
        return self

    def staged_decision_function(self, X):
        """`decision_function` at every stored iteration.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples.

        Returns
        -------
        stages : generator of ndarray of shape (n_samples,) or (n_samples, n_classes)
            In the order of ``iteration_path_``; the first is the start.

        Raises
        ------
        ValueError
            If the fit stored no path.
        """
        check_path(self)
        check_same_namespace(X, self, attribute="coef_", method="staged_decision_function")
        if not is_mapped(X):
            X = rows_to_predict(self, X)  # once for all stages
        return (
            decisions(self, X, self.coef_path_[k, :, :], self.intercept_path_[k, :])
            for k in range(self.iteration_path_.shape[0])
        )

    def staged_predict_proba(self, X):
        """`predict_proba` at every stored iteration.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples.

        Returns
        -------
        stages : generator of ndarray of shape (n_samples, n_classes)
            In the order of ``iteration_path_``; the first is the start.

        Raises
        ------
        ValueError
            If the fit stored no path.
        """
        return (class_probabilities("probabilities", z) for z in self.staged_decision_function(X))

    def staged_predict(self, X):
        """`predict` at every stored iteration.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples.

        Returns
        -------
        stages : generator of ndarray of shape (n_samples,)
            In the order of ``iteration_path_``; the first is the start.

        Raises
        ------
        ValueError
            If the fit stored no path.
        """
        stages = self.staged_decision_function(X)
        return (predicted(self.classes_, z) for z in stages)

    def to_sklearn(self):
        """The same model as scikit-learn's own LogisticRegression, fitted.

        For tools that know that class: ONNX and PMML converters, SHAP, MLflow and others.

        Returns
        -------
        model : sklearn.linear_model.LogisticRegression
            With the same coefficients, hence the same predictions, up to the rounding of
            probabilities. Its parameters are such that its own `fit` would go for the same
            optimum.
        """
        check_is_fitted(self)
        model = LogisticRegression(
            **penalty_parameters(self.C, self.l1_ratio),
            fit_intercept=self.fit_intercept,
            class_weight=self.class_weight,
            solver="saga" if self.l1_ratio > 0 else "lbfgs",
            max_iter=max(self.max_iter, 1),
        )
        for name in ("classes_", "coef_", "intercept_", "n_iter_"):
            setattr(model, name, on_host(getattr(self, name)).copy())
        model.n_features_in_ = self.n_features_in_
        if hasattr(self, "feature_names_in_"):
            model.feature_names_in_ = self.feature_names_in_
        return model

    def history(self):
        """The descent as a table; needs pandas.

        Returns
        -------
        history : pandas.DataFrame of `n_iter_` + 1 rows
            Columns ``cost``, ``learning_rate`` (nan at the start), ``gradient_norm``, ``seconds``,
            and with early stopping ``validation_cost`` and ``validation_score``; the index is the
            iteration, 0 being the start.
        """
        check_is_fitted(self)
        pandas = check_pandas_support("GDLogisticRegression.history")
        columns = {
            "cost": self.loss_curve_,
            "learning_rate": np.concatenate([[np.nan], on_host(self.learning_rates_)]),
            "gradient_norm": self.gradient_norms_,
            "seconds": self.seconds_,
        }
        if hasattr(self, "validation_loss_curve_"):
            columns["validation_cost"] = self.validation_loss_curve_
            columns["validation_score"] = self.validation_scores_
        columns = {name: on_host(values) for name, values in columns.items()}
        iterations = pandas.RangeIndex(len(columns["cost"]), name="iteration")
        return pandas.DataFrame(columns, iterations)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.array_api_support = HAS_OTHER_ARRAYS
        return tags
