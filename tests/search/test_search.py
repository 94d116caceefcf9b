"""GDGridSearchCV: GridSearchCV's results, whatever the grid holds."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import loguniform
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    ParameterGrid,
    PredefinedSplit,
    RandomizedSearchCV,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression, GDRandomizedSearchCV, _fit
from sklearn_gdlogreg._descent.learning_rate import BarzilaiBorwein

from ..helpers import needs_sklearn
from .helpers import assert_same_results, search_both

pytestmark = pytest.mark.sklearn


def test_grids_over_steps_and_lists_of_grids(binary):
    pipeline = Pipeline([("scale", StandardScaler()), ("model", GDLogisticRegression(tol=0))])
    grids = [
        {"scale": [StandardScaler(), "passthrough"], "model__max_iter": [3, 30]},
        {"model": [GDLogisticRegression(0.1, tol=0), LogisticRegression()]},
        {"model": [GDLogisticRegression(0.2)], "model__max_iter": [1, 2], "model__tol": [0]},
    ]
    for n_jobs in (None, 2):
        ours, theirs = search_both(pipeline, grids, *binary, cv=3, n_jobs=n_jobs)
        assert len(ours.cv_results_["params"]) == 8
        for key in ("mean_test_score", "std_test_score"):
            assert_allclose(ours.cv_results_[key], theirs.cv_results_[key], atol=1e-9)
        assert ours.best_index_ == theirs.best_index_


def test_transformers_and_scorers_that_fail_do_so_as_in_grid_search_cv(binary):
    def refuse(X):
        raise ValueError("no")

    pipeline = Pipeline(
        [("f", FunctionTransformer()), ("model", GDLogisticRegression(0.1, max_iter=3, tol=0))]
    )
    grid = {"f__func": [None, refuse], "model__max_iter": [1, 2]}
    ours, theirs = search_both(pipeline, grid, *binary, error_score=-5.0)
    assert_same_results(ours, theirs)
    assert (ours.cv_results_["mean_test_score"][2:] == -5).all()

    def broken(model, X, y):
        raise RuntimeError("no score")

    for kind in (GDGridSearchCV, GridSearchCV):
        with pytest.raises(RuntimeError, match="no score"):
            kind(pipeline, {}, scoring=broken, error_score="raise").fit(*binary)


def test_candidates_that_did_not_converge_are_named_once(binary):
    grid = {"learning_rate": [0.1], "max_iter": [1, 2, 3, 4, 5]}
    with pytest.warns(ConvergenceWarning, match="10 of 10 fits had not converged") as all_:
        GDGridSearchCV(GDLogisticRegression(C=1.0), grid, cv=2, refit=False).fit(*binary)
    assert len(all_) == 1
    assert str(all_[0].message).endswith("; and others.")


def test_groups_and_metadata_reach_where_they_belong(binary, weights):
    X, y = binary
    groups = np.arange(len(y)) % 7
    grid = {"model__learning_rate": [0.1, 1.0], "model__max_iter": [2, 20]}
    pipeline = Pipeline([("scale", StandardScaler()), ("model", GDLogisticRegression(tol=0))])
    fit = {"groups": groups, "model__sample_weight": weights}
    assert_same_results(*search_both(pipeline, grid, X, y, fit=fit, cv=GroupKFold(3)))


@needs_sklearn("1.8")  # whose searches send metadata to the score of a Pipeline
def test_metadata_is_routed_to_where_it_belongs(binary, weights):
    X, y = binary
    groups = np.arange(len(y)) % 7
    grid = {"model__learning_rate": [0.1, 1.0], "model__max_iter": [2, 20]}
    pipeline = Pipeline([("scale", StandardScaler()), ("model", GDLogisticRegression(tol=0))])
    with config_context(enable_metadata_routing=True):
        model = GDLogisticRegression(tol=0).set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=True)
        routed = Pipeline(
            [("scale", StandardScaler().set_fit_request(sample_weight=True)), ("model", model)]
        )
        fit = {"groups": groups, "sample_weight": weights}
        ours, theirs = search_both(routed, grid, X, y, fit=fit, cv=GroupKFold(3))
        assert_same_results(ours, theirs)
        unweighted = GDGridSearchCV(pipeline, grid, cv=GroupKFold(3)).fit(X, y, groups=groups)
    different = unweighted.cv_results_["mean_test_score"] != ours.cv_results_["mean_test_score"]
    assert different.any()


def test_a_callable_refit_chooses(binary):
    grid = {"max_iter": [1, 2, 3], "learning_rate": [0.1]}
    options = {"refit": lambda results: 1, "return_train_score": True}
    ours, theirs = search_both(GDLogisticRegression(tol=0), grid, *binary, **options)
    assert_same_results(ours, theirs)
    assert ours.best_params_["max_iter"] == 2
    assert not hasattr(ours, "best_score_")


def test_splitters_are_asked_as_in_grid_search_cv(binary):
    X, y = binary
    grid = {"max_iter": [1, 5], "learning_rate": [0.5]}
    mask = np.arange(len(y)) % 3 == 0
    for cv in (
        PredefinedSplit(np.arange(len(y)) % 4 - 1),
        [(~mask, mask), (np.flatnonzero(mask), np.flatnonzero(~mask))],
        ShuffleSplit(2, random_state=0),
    ):
        assert_same_results(*search_both(GDLogisticRegression(tol=0), grid, X, y, cv=cv))

    class Inconsistent(KFold):
        def get_n_splits(self, X=None, y=None, groups=None):
            return 2

    with pytest.raises(ValueError, match="Expected 2 splits, got 5"):
        GDGridSearchCV(GDLogisticRegression(), grid, cv=Inconsistent(5)).fit(X, y)


def test_pandas_names_and_string_labels_are_kept(binary):
    pd = pytest.importorskip("pandas")
    X, y = binary
    frame = pd.DataFrame(X, columns=list("abcd"))
    labels = np.array(["no", "yes"])[y]
    grid = {"learning_rate": [0.1, 1.0], "max_iter": [2, 9]}
    ours, theirs = search_both(GDLogisticRegression(tol=0), grid, frame, labels)
    assert_same_results(ours, theirs)
    assert_array_equal(ours.feature_names_in_, list("abcd"))
    assert set(ours.predict(frame)) == {"no", "yes"}


@pytest.mark.parametrize("verbose", [1, 2, 3])
@pytest.mark.parametrize("scoring", [None, ["accuracy", "f1"]])
def test_verbose_prints_what_grid_search_cv_prints(verbose, scoring, binary, capsys):
    grid = {"learning_rate": [0.1], "max_iter": [1, 2]}
    options = {"verbose": verbose, "scoring": scoring, "refit": False, "cv": 2}
    printed = []
    for kind in (GDGridSearchCV, GridSearchCV):
        kind(GDLogisticRegression(tol=0), grid, return_train_score=True, **options).fit(*binary)
        lines = capsys.readouterr().out.splitlines()
        # Order, times, and the dots that fill a line are each one's own.
        printed.append(sorted(re.sub(r"total time=.*|\.{2,}", "", line) for line in lines))
    assert printed[0] == printed[1]
    assert len(printed[0]) == (1 if verbose == 1 else 5)


def test_candidates_fitted_alone_are_named_by_the_same_warning(binary):
    grid = {"learning_rate": [0.1], "max_iter": [1, 2], "early_stopping": [True]}
    search = GDGridSearchCV(GDLogisticRegression(n_iter_no_change=9), grid, cv=2, refit=False)
    with pytest.warns(ConvergenceWarning, match="4 of 4 fits had not converged") as caught:
        search.fit(*binary)
    assert len(caught) == 1


def test_nothing_to_fit_is_said(binary):
    for grid, options in (([], {}), ({"max_iter": [1]}, {"cv": []})):
        with pytest.raises(ValueError, match="No fits were performed"):
            GDGridSearchCV(GDLogisticRegression(), grid, **options).fit(*binary)


def test_parameters_are_grid_search_cvs():
    theirs = GridSearchCV(GDLogisticRegression(), {"C": [1.0]}, pre_dispatch=2, verbose=1)
    ours = GDGridSearchCV(**theirs.get_params(deep=False))
    assert ours.get_params().keys() == theirs.get_params().keys()
    assert ours.pre_dispatch == 2


def test_estimators_without_labels_are_searched_as_before():
    X = np.random.default_rng(0).normal(size=(40, 2))
    ours, theirs = search_both(KernelDensity(), {"bandwidth": [0.1, 1.0]}, X, None)
    assert_same_results(ours, theirs)
    assert_array_equal(ours.score_samples(X), theirs.score_samples(X))


@needs_sklearn("1.9")
@pytest.mark.parametrize("hook", ["on_fit_task_begin", "on_fit_task_end"])
def test_a_callback_that_fails_is_heard(hook, binary):
    class Failing:
        def setup(self, estimator, context):
            self.metadata = []

        teardown = setup

        def on_fit_task_begin(self, estimator, context, *, X=None, metadata=None):
            self.seen(context, "on_fit_task_begin", X, metadata)

        def on_fit_task_end(self, estimator, context, *, X=None, metadata=None):
            self.seen(context, "on_fit_task_end", X, metadata)

        def seen(self, context, name, X, metadata):
            if context.task_name == "candidate-split-evaluation":
                assert len(X) == 75
                assert len(metadata["sample_weight"]) == 75
                if name == hook:
                    raise RuntimeError("failing")

    search = GDGridSearchCV(GDLogisticRegression(tol=0), {"max_iter": [1, 2]}, cv=2)
    with pytest.raises(RuntimeError, match="failing"):
        search.set_callbacks(Failing()).fit(*binary, sample_weight=np.ones(150))


def test_cloned_and_refitted_it_finds_the_same(binary):
    grid = {"learning_rate": [0.1, 1.0], "max_iter": [2, 9]}
    search = GDGridSearchCV(GDLogisticRegression(tol=0), grid, n_jobs=2).fit(*binary)
    again = clone(search).fit(*binary)
    assert_array_equal(search.cv_results_["mean_test_score"], again.cv_results_["mean_test_score"])
    assert set(search.get_params()) >= {"estimator__learning_rate", "param_grid", "cv", "n_jobs"}


# What a grid may hold, for the last step and for the steps before it.
VALUES = {
    "learning_rate": [0.01, 0.3, "auto", "lipschitz", "adaptive"],
    "max_iter": [0, 1, 7, 40],
    "C": [0.1, 10.0, np.inf],
    "l1_ratio": [0.0, 0.7],
    "class_weight": [None, "balanced"],
    "tol": [0, 1e-2],
    "fit_intercept": [True, False],
    "coordinates": ["auto", "raw", "standardized"],
}
BEFORE = {"scale__with_std": [True, False], "select__k": [1, 3]}


@st.composite
def grids(draw, values):
    names = draw(st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=3, unique=True))
    return {
        name: draw(st.lists(st.sampled_from(values[name]), min_size=1, max_size=3, unique=True))
        for name in names
    }


def follows_a_path(grid):
    """Whether candidates may begin where others ended, and so end elsewhere within tol."""
    rules = ("auto", "lipschitz", "adaptive")
    for candidate in ParameterGrid(grid):
        own = {name.removeprefix("model__"): value for name, value in candidate.items()}
        if own.get("learning_rate") in rules and "C" in own and own.get("tol") != 0:
            return True
    return False


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_results_are_grid_search_cvs_for_any_grid(data, binary, multiclass, weights):
    X, y = data.draw(st.sampled_from([binary, multiclass]), label="data")
    estimator = GDLogisticRegression(0.2, max_iter=9, C=1.0)
    values = VALUES
    if data.draw(st.booleans(), label="pipeline"):
        estimator = Pipeline(
            [("scale", StandardScaler()), ("select", SelectKBest(k=2)), ("model", estimator)]
        )
        values = {f"model__{name}": of_name for name, of_name in VALUES.items()} | BEFORE
    grid = data.draw(st.one_of(grids(values), st.lists(grids(values), min_size=1, max_size=2)))
    scoring = data.draw(
        st.sampled_from(
            [None, "neg_log_loss", ["accuracy", "f1_macro"], make_scorer(f1_score, average="macro")]
        )
    )
    cv = data.draw(st.sampled_from([2, KFold(3, shuffle=True, random_state=0), StratifiedKFold(2)]))
    name = "model__sample_weight" if isinstance(estimator, Pipeline) else "sample_weight"
    fit = {name: weights} if data.draw(st.booleans(), label="weighted") else {}
    # Ends that tol alone decides are another law.
    assume(not follows_a_path(grid))
    options = {
        "refit": "accuracy" if isinstance(scoring, list) else True,
        "return_train_score": data.draw(st.booleans(), label="train scores"),
    }
    ours, theirs = search_both(estimator, grid, X, y, fit, scoring=scoring, cv=cv, **options)
    assert_same_results(ours, theirs)


# What candidates of a path may differ in.
OF_PATHS = {
    "learning_rate": ["auto", "backtracking", "barzilai-borwein"],
    "C": [1e-3, 0.01, 0.1, 1.0, 3.0, 10.0, 100.0, np.inf],
    "l1_ratio": [0.0, 0.3, 1.0],
    "class_weight": [None, "balanced", {0: 1.0, 1: 2.0}],
    "fit_intercept": [True, False],
    "coordinates": ["auto", "standardized", "decorrelated"],
}


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_paths_over_C_end_where_fits_of_their_own_do(data, binary, multiclass, weights):
    X, y = data.draw(st.sampled_from([binary, multiclass]), label="data")
    names = data.draw(st.lists(st.sampled_from(sorted(set(OF_PATHS) - {"C"})), max_size=2))
    grid = {
        name: data.draw(st.lists(st.sampled_from(OF_PATHS[name]), min_size=1, max_size=3))
        for name in {*names}
    }
    grid["C"] = data.draw(st.lists(st.sampled_from(OF_PATHS["C"]), min_size=2, unique=True))
    estimator = GDLogisticRegression(tol=1e-9, max_iter=20_000)
    if data.draw(st.booleans(), label="pipeline"):
        estimator = Pipeline([("scale", StandardScaler()), ("model", estimator)])
        grid = {f"model__{name}": values for name, values in grid.items()}
    name = "model__sample_weight" if isinstance(estimator, Pipeline) else "sample_weight"
    fit = {name: weights} if data.draw(st.booleans(), label="weighted") else {}
    options = {"scoring": "neg_log_loss", "cv": 3, "refit": False}
    ours, theirs = search_both(estimator, grid, X, y, fit, **options)
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]
    for key in ("split0_test_score", "split1_test_score", "split2_test_score"):
        assert_allclose(ours.cv_results_[key], theirs.cv_results_[key], atol=1e-6)


def test_a_path_takes_fewer_iterations_than_fits_of_their_own(binary, monkeypatch):
    made = []
    take = BarzilaiBorwein.take
    monkeypatch.setattr(
        BarzilaiBorwein, "take", lambda self, *to: made.append(1) or take(self, *to)
    )
    grid = {"C": np.logspace(-3, 3, 13)}
    search = GDGridSearchCV(GDLogisticRegression(), grid, cv=3, refit=False).fit(*binary)
    on_paths = len(made)
    GridSearchCV(search.estimator, grid, cv=3, refit=False).fit(*binary)
    assert on_paths < 0.75 * (len(made) - on_paths)


def test_rules_and_numbers_of_iterations_have_paths_of_their_own(binary, monkeypatch):
    paths = []
    path = _fit.path

    def told(parameters, *others):
        paths.append((parameters.learning_rate, parameters.max_iter, len(others[-1])))
        return path(parameters, *others)

    monkeypatch.setattr(_fit, "path", told)
    grids = [
        {"learning_rate": ["auto", "backtracking"], "C": [1.0, 0.1], "max_iter": [900]},
        {"C": [0.2, 2.0, 20.0], "max_iter": [1000]},
        {"learning_rate": ["silver", 0.1], "C": [1.0, 0.1], "max_iter": [800]},
    ]
    cv = [(np.arange(100), np.arange(100, 150))]
    GDGridSearchCV(GDLogisticRegression(tol=1e-2), grids, cv=cv, refit=False).fit(*binary)
    assert sorted(paths) == [("auto", 900, 2), ("auto", 1000, 3), ("backtracking", 900, 2)]


def test_what_a_path_leaves_at_max_iter_is_what_a_fit_leaves(binary):
    grid = {"C": [0.01, 1.0, 100.0]}
    for max_iter in (0, 1, 3):
        ours, theirs = search_both(
            GDLogisticRegression(tol=1e-12, max_iter=max_iter), grid, *binary, refit=False
        )
        assert_same_results(ours, theirs)


def test_randomized_candidates_are_randomized_search_cvs(binary):
    distributions = {"C": loguniform(1e-3, 1e3), "l1_ratio": [0.0, 0.5]}
    searches = [
        kind(
            GDLogisticRegression(tol=1e-9, max_iter=5000),
            distributions,
            n_iter=8,
            scoring="neg_log_loss",
            random_state=3,
        ).fit(*binary)
        for kind in (GDRandomizedSearchCV, RandomizedSearchCV)
    ]
    ours, theirs = (search.cv_results_ for search in searches)
    assert ours["params"] == theirs["params"]
    assert_allclose(ours["mean_test_score"], theirs["mean_test_score"], atol=1e-6)
    assert searches[0].best_params_ == searches[1].best_params_


def _spoiling(y_true, y_pred, sample_weight=None):
    """A metric that spoils what it was given: the labels, the predictions and the weights."""
    score = accuracy_score(y_true, y_pred, sample_weight=sample_weight)
    y_true[::3] = y_true[::3][::-1] == 0
    y_pred[:] = 0
    if sample_weight is not None:
        sample_weight[: len(sample_weight) // 2] *= 0.01
    return score


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("scale", [False, True])
def test_a_metric_that_writes_into_what_it_gets_spoils_no_other_candidate(
    scale, weighted, binary, weights
):
    model = GDLogisticRegression(tol=0)
    scorer = make_scorer(_spoiling)
    fit = {"sample_weight": weights.copy()} if weighted else {}
    with config_context(enable_metadata_routing=weighted):
        if weighted:
            model.set_fit_request(sample_weight=True)
            scorer.set_score_request(sample_weight=True)
        grid = {"learning_rate": [0.1, 0.5, "auto"], "max_iter": [1, 2, 9]}
        if scale:
            scaler = StandardScaler()
            if weighted:
                scaler.set_fit_request(sample_weight=False)
            model = Pipeline([("scale", scaler), ("model", model)])
            grid = {f"model__{name}": values for name, values in grid.items()}
        ours, theirs = search_both(
            model, grid, *binary, fit, scoring=scorer, return_train_score=True, refit=False
        )
    assert_same_results(ours, theirs)
