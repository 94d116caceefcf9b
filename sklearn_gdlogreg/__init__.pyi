# What type checkers know of the public names; tests/test_types.py holds it to the code.

from collections.abc import Callable, Generator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

from ._course import MatrixLike, check_gradient, cost_and_gradient, descend

__all__ = [
    "Checkpoint",
    "CoefficientPathDisplay",
    "DescentDisplay",
    "GDGridSearchCV",
    "GDLogisticRegression",
    "GDLogisticRegressionCV",
    "GDRandomizedSearchCV",
    "GDSearchDisplay",
    "LossCurveDisplay",
    "__version__",
    "check_gradient",
    "cost_and_gradient",
    "descend",
]

__version__: str

# Of NumPy, or of the library that X is of.
Array: TypeAlias = NDArray[Any]

class GDLogisticRegression(BaseEstimator):
    classes_: Array
    coef_: Array
    intercept_: Array
    n_iter_: Array
    loss_curve_: Array
    learning_rates_: Array
    gradient_norms_: Array
    seconds_: Array
    validation_loss_curve_: Array
    validation_scores_: Array
    best_iteration_: int
    coef_path_: Array
    intercept_path_: Array
    iteration_path_: Array
    stop_reason_: str
    coordinates_: str
    n_features_in_: int
    feature_names_in_: Array

    def __init__(
        self,
        learning_rate: float | str | Callable[[int], float] = "auto",
        *,
        max_iter: int = 1000,
        tol: float = 1e-4,
        C: float = ...,
        l1_ratio: float = 0.0,
        fit_intercept: bool = True,
        class_weight: dict[Any, float] | Literal["balanced"] | None = None,
        coordinates: str = "auto",
        warm_start: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        random_state: int | RandomState | None = None,
        store_path: bool | int = False,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None: ...
    def fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        coef_init: ArrayLike | None = None,
        intercept_init: ArrayLike | None = None,
        resume_from: str | PathLike[str] | None = None,
    ) -> Self: ...
    def decision_function(self, X: MatrixLike) -> Array: ...
    def predict(self, X: MatrixLike) -> Array: ...
    def predict_proba(self, X: MatrixLike) -> Array: ...
    def predict_log_proba(self, X: MatrixLike) -> Array: ...
    def staged_decision_function(self, X: MatrixLike) -> Generator[Array]: ...
    def staged_predict(self, X: MatrixLike) -> Generator[Array]: ...
    def staged_predict_proba(self, X: MatrixLike) -> Generator[Array]: ...
    def score(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float: ...
    def to_sklearn(self) -> LogisticRegression: ...
    def history(self) -> Any: ...  # a DataFrame of pandas, which need not be installed
    def sparsify(self) -> Self: ...
    def densify(self) -> Self: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...
    def set_callbacks(self, *callbacks: Any) -> Self: ...

class GDLogisticRegressionCV(BaseEstimator):
    C_: float
    l1_ratio_: float
    Cs_: Array
    l1_ratios_: Array
    scores_: Array
    coefs_paths_: Array
    n_iter_: Array
    best_estimator_: GDLogisticRegression
    classes_: Array
    coef_: Array
    intercept_: Array
    n_features_in_: int
    feature_names_in_: Array

    def __init__(
        self,
        *,
        Cs: int | ArrayLike = 10,
        l1_ratios: ArrayLike = ...,
        fit_intercept: bool = True,
        cv: Any = None,
        scoring: Any = "neg_log_loss",
        learning_rate: float | str | Callable[[int], float] = "auto",
        max_iter: int = 1000,
        tol: float = 1e-4,
        class_weight: dict[Any, float] | Literal["balanced"] | None = None,
        coordinates: str = "auto",
        n_jobs: int | None = None,
        verbose: int = 0,
        refit: bool = True,
    ) -> None: ...
    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None, **params: Any
    ) -> Self: ...
    def decision_function(self, X: MatrixLike) -> Array: ...
    def predict(self, X: MatrixLike) -> Array: ...
    def predict_proba(self, X: MatrixLike) -> Array: ...
    def predict_log_proba(self, X: MatrixLike) -> Array: ...
    def score(
        self,
        X: MatrixLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        **params: Any,
    ) -> float: ...
    def get_metadata_routing(self) -> Any: ...
    def sparsify(self) -> Self: ...
    def densify(self) -> Self: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...

class GDGridSearchCV(GridSearchCV):
    cv_results_: dict[str, Any]
    best_estimator_: Any
    best_score_: float
    best_params_: dict[str, Any]
    best_index_: int
    scorer_: Any
    n_splits_: int
    refit_time_: float
    multimetric_: bool
    n_features_in_: int
    feature_names_in_: Array

    @property
    def classes_(self) -> Array: ...
    def __init__(
        self,
        estimator: BaseEstimator,
        param_grid: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable[[dict[str, Any]], int] = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        error_score: float | Literal["raise"] = ...,
        return_train_score: bool = False,
    ) -> None: ...
    def fit(self, X: MatrixLike, y: ArrayLike | None = None, **params: Any) -> Self: ...
    def decision_function(self, X: MatrixLike) -> Array: ...
    def predict(self, X: MatrixLike) -> Array: ...
    def predict_proba(self, X: MatrixLike) -> Array: ...
    def predict_log_proba(self, X: MatrixLike) -> Array: ...
    def score(self, X: MatrixLike, y: ArrayLike | None = None, **params: Any) -> float: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...
    def set_callbacks(self, *callbacks: Any) -> Self: ...

class GDRandomizedSearchCV(RandomizedSearchCV):
    cv_results_: dict[str, Any]
    best_estimator_: Any
    best_score_: float
    best_params_: dict[str, Any]
    best_index_: int
    scorer_: Any
    n_splits_: int
    refit_time_: float
    multimetric_: bool
    n_features_in_: int
    feature_names_in_: Array

    @property
    def classes_(self) -> Array: ...
    def __init__(
        self,
        estimator: BaseEstimator,
        param_distributions: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        n_iter: int = 10,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable[[dict[str, Any]], int] = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        random_state: int | RandomState | None = None,
        error_score: float | Literal["raise"] = ...,
        return_train_score: bool = False,
    ) -> None: ...
    def fit(self, X: MatrixLike, y: ArrayLike | None = None, **params: Any) -> Self: ...
    def decision_function(self, X: MatrixLike) -> Array: ...
    def predict(self, X: MatrixLike) -> Array: ...
    def predict_proba(self, X: MatrixLike) -> Array: ...
    def predict_log_proba(self, X: MatrixLike) -> Array: ...
    def score(self, X: MatrixLike, y: ArrayLike | None = None, **params: Any) -> float: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...
    def set_callbacks(self, *callbacks: Any) -> Self: ...

class Checkpoint:
    path: Path
    every: int

    def __init__(self, path: str | PathLike[str], every: int = 100) -> None: ...
    def setup(self, estimator: Any, context: Any) -> None: ...
    def on_fit_task_begin(self, estimator: Any, context: Any) -> None: ...
    def on_fit_task_end(self, estimator: Any, context: Any) -> None: ...
    def teardown(self, estimator: Any, context: Any) -> None: ...

# What is drawn on, and what is drawn, is matplotlib's, which need not be installed.

class LossCurveDisplay:
    ax_: Any
    figure_: Any
    lines_: dict[tuple[str, str], Any]
    curves: dict[str, dict[str, Any]]

    def __init__(self, curves: dict[str, dict[str, Any]]) -> None: ...
    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **options: Any) -> Self: ...
    def plot(
        self,
        ax: Any = None,
        *,
        x: str = "iteration",
        distance: bool = False,
        xscale: str = "linear",
        yscale: str | None = None,
    ) -> Self: ...

class CoefficientPathDisplay:
    ax_: Any
    figure_: Any
    lines_: list[Any]
    bands_: list[Any]
    iterations: Array
    coefs: Array
    names: list[str]
    xlabel: str
    chosen: float | None

    def __init__(
        self,
        iterations: Array,
        coefs: Array,
        names: list[str],
        *,
        xlabel: str = "Iteration",
        chosen: float | None = None,
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls, estimator: Any, *, class_index: int = 0, ax: Any = None, **options: Any
    ) -> Self: ...
    def plot(self, ax: Any = None, *, xscale: str = "linear", n_labels: int = 10) -> Self: ...

class DescentDisplay:
    ax_: Any
    figure_: Any
    contours_: Any
    path_: Any
    values: list[Array]
    costs: Array
    path: Array
    names: list[str]

    def __init__(
        self, values: list[Array], costs: Array, path: Array, names: list[str]
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: MatrixLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        coefficients: Sequence[int | str] = (0, 1),
        class_index: int = 0,
        n_grid: int = 40,
        margin: float = 0.25,
        ax: Any = None,
        **options: Any,
    ) -> Self: ...
    def plot(self, ax: Any = None, *, levels: int = 25, cmap: Any = "viridis") -> Self: ...

class GDSearchDisplay:
    ax_: Any
    figure_: Any
    lines_: list[Any] | None
    bands_: list[Any] | None
    image_: Any
    best_: Any
    learning_rates: list[Any]
    max_iters: Any
    mean_scores: Array
    std_scores: Array
    best: tuple[int, int] | None
    score_name: str
    parameters: tuple[str, ...]

    def __init__(
        self,
        learning_rates: list[Any],
        max_iters: Any,
        mean_scores: Array,
        std_scores: Array,
        *,
        best: tuple[int, int] | None = None,
        score_name: str = "Score",
        parameters: tuple[str, ...] = ("learning_rate", "max_iter"),
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        parameters: Sequence[str] | str | None = None,
        metric: str | None = None,
        kind: str = "lines",
        ax: Any = None,
    ) -> Self: ...
    def plot(self, ax: Any = None, *, kind: str = "lines") -> Self: ...
