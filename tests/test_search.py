"""GDGridSearchCV: GridSearchCV's results, whatever the grid holds, and what it shares for them."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, TargetEncoder

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression
from sklearn_gdlogreg._search import fold as _fold


def search_both(estimator, grid, X, y, fit=(), **options):
    """Ours and GridSearchCV, fitted alike; what a single fit warns of is not the matter here."""
    searches = []
    for kind in (GDGridSearchCV, GridSearchCV):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", FitFailedWarning)
            warnings.filterwarnings("ignore", "One or more of the .* scores are non-finite")
            warnings.filterwarnings("ignore", "l1_ratio=.* has no effect")
            searches.append(kind(estimator, grid, **options).fit(X, y, **dict(fit)))
    return searches


def assert_same_results(ours, theirs):
    assert list(ours.cv_results_) == list(theirs.cv_results_)
    for key, expected in theirs.cv_results_.items():
        found = ours.cv_results_[key]
        if key == "params":
            assert found == expected
        elif key.startswith("param_"):
            assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(expected))
            assert all(a == b for a, b in zip(found.compressed(), expected.compressed()))  # noqa: B905
        elif "time" in key:
            assert (found >= 0).all()
        elif "rank" not in key:
            assert_allclose(found, expected, atol=1e-9, err_msg=key)
    for name in ("best_index_", "best_params_", "n_splits_", "multimetric_"):
        assert getattr(ours, name, None) == getattr(theirs, name, None), name
    if hasattr(theirs, "best_score_"):
        assert ours.best_score_ == pytest.approx(theirs.best_score_, abs=1e-9)


@pytest.fixture
def shared(monkeypatch):
    """How many candidates came from a descent side by side, from one of their own, or alone."""
    counts = {"side by side": 0, "one descent": 0}

    def counting(name, function):
        def counted(descents, *args):
            counts[name] += sum(map(len, descents)) if name == "side by side" else len(descents)
            return function(descents, *args)

        return staticmethod(counted)

    for name, method in (("side by side", "_side_by_side"), ("one descent", "_one_descent")):
        monkeypatch.setattr(_fold.Fold, method, counting(name, getattr(_fold.Fold, method)))
    return counts


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
def test_rates_and_iterations_come_side_by_side(data, storage, shared, request):
    X, y = request.getfixturevalue(data)
    grid = {"learning_rate": [0.01, 0.1, 1.0], "max_iter": [0, 3, 20]}
    ours, theirs = search_both(GDLogisticRegression(tol=0), grid, storage(X), y)
    assert_same_results(ours, theirs)
    assert shared == {"side by side": 9 * 5, "one descent": 0}
    assert_array_equal(ours.best_estimator_.coef_, theirs.best_estimator_.coef_)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.score(X, y) == theirs.score(X, y)
    assert_array_equal(ours.classes_, theirs.classes_)


def test_penalties_and_class_weights_come_side_by_side(multiclass, weights, shared):
    grid = {
        "learning_rate": [0.1, 0.5],
        "C": [0.1, 10.0],
        "l1_ratio": [0.0, 0.5],
        "class_weight": [None, "balanced", {0: 1, 1: 2, 2: 3}],
    }
    options = {"scoring": "neg_log_loss", "cv": 3}
    ours, theirs = search_both(
        GDLogisticRegression(max_iter=30, tol=0), grid, *multiclass,
        fit={"sample_weight": weights}, **options,
    )  # fmt: skip
    assert_same_results(ours, theirs)
    assert shared["side by side"] == 24 * 3


def test_a_descent_that_converges_early_gives_the_later_candidates_its_model(binary, shared):
    grid = {"learning_rate": [0.02, 0.1], "max_iter": [5, 1000, 5000], "tol": [1e-2]}
    scoring = {"loss": "neg_log_loss", "auc": "roc_auc"}
    ours, theirs = search_both(
        GDLogisticRegression(C=1.0), grid, *binary, scoring=scoring, refit="loss"
    )
    assert_same_results(ours, theirs)
    scores = ours.cv_results_["mean_test_loss"]
    assert scores[4] == scores[5] != scores[3]
    assert shared["side by side"] == 6 * 5


def test_rules_and_schedules_share_their_beginning(binary, shared):
    grid = {
        "learning_rate": ["auto", "backtracking", "silver", lambda t: 1 / t],
        "max_iter": [2, 10, 300],
        "C": [1.0],
    }
    ours, theirs = search_both(GDLogisticRegression(tol=1e-6), grid, *binary, cv=3)
    assert_same_results(ours, theirs)
    assert shared == {"side by side": 0, "one descent": 12 * 3}


def test_every_fitted_attribute_is_that_of_a_separate_fit(binary):
    """A scorer of one's own sees what it would see in GridSearchCV."""

    def everything(model, X, y):
        return {
            "end": model.loss_curve_[-1],
            "curve": model.loss_curve_.sum(),
            "rates": model.learning_rates_.sum(),
            "violations": model.gradient_norms_.sum(),
            "n_iter": model.n_iter_[0],
            "reason": ["converged", "max_iter", "stalled", "diverged"].index(model.stop_reason_),
            "features": model.n_features_in_,
        }

    grid = {"learning_rate": [0.1, "auto", 1e300], "max_iter": [1, 8, 20, 100]}
    estimator = GDLogisticRegression(C=1.0, tol=1e-4)
    ours, theirs = search_both(estimator, grid, *binary, scoring=everything, refit=False)
    assert_same_results(ours, theirs)


class CountingScaler(StandardScaler):
    fits = 0

    def fit(self, X, y=None, sample_weight=None):
        CountingScaler.fits += 1
        return super().fit(X, y, sample_weight)


def test_transformers_are_fitted_once_for_each_combination_of_their_parameters(binary, shared):
    pipeline = Pipeline([("scale", CountingScaler()), ("model", GDLogisticRegression(tol=0))])
    grid = {
        "scale__with_mean": [True, False],
        "model__learning_rate": [0.1, 1.0],
        "model__max_iter": [1, 10],
        "model__coordinates": ["raw", "standardized"],
    }
    CountingScaler.fits = 0
    ours = GDGridSearchCV(pipeline, grid, cv=3, refit=False).fit(*binary)
    assert CountingScaler.fits == 2 * 3
    assert shared == {"side by side": 8 * 3, "one descent": 8 * 3}
    theirs = GridSearchCV(pipeline, grid, cv=3, refit=False).fit(*binary)
    assert_same_results(ours, theirs)


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


def test_other_estimators_work_and_share_nothing(binary, shared):
    class Own(GDLogisticRegression):
        """Its fit may do anything."""

    for estimator, grid in (
        (LogisticRegression(), {"C": [0.1, 1.0]}),
        (Own(tol=0), {"max_iter": [1, 5]}),
        (Pipeline([("model", LogisticRegression())]), {"model__C": [0.1, 1.0]}),
        (GDLogisticRegression(verbose=1, tol=0), {"max_iter": [1, 5]}),
    ):
        assert_same_results(*search_both(estimator, grid, *binary))
    assert shared == {"side by side": 0, "one descent": 0}


def test_a_start_elsewhere_is_not_shared(binary):
    fit = {"coef_init": np.ones((1, 4))}
    grid = {"learning_rate": [0.01], "max_iter": [0, 3]}
    ours, theirs = search_both(GDLogisticRegression(tol=0), grid, *binary, fit=fit, cv=2)
    assert_same_results(ours, theirs)
    assert ours.best_estimator_.coef_[0, 0] != 0


def test_invalid_candidates_fail_alone(binary, shared):
    X, y = binary
    grid = {"learning_rate": [0.1, -1.0], "max_iter": [3, 5]}
    search = GDGridSearchCV(GDLogisticRegression(tol=0), grid, cv=2)
    with (
        pytest.warns(FitFailedWarning, match="4 fits failed out of a total of 8"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        search.fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"][2:]).all()
    assert shared["side by side"] == 2 * 2
    with pytest.raises(ValueError, match=r"'learning_rate' .* Got -1.0"):
        search.set_params(error_score="raise").fit(X, y)
    with pytest.raises(ValueError, match="All the 4 fits failed"):
        search.set_params(error_score=0.0, param_grid={"C": [-1.0, 0.0]}).fit(X, y)


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


def test_diverging_candidates_drop_out_and_one_warning_names_them(binary, shared):
    grid = {"learning_rate": [0.1, 1e3], "max_iter": [10, 2000], "C": [1e-3]}
    estimator = GDLogisticRegression(tol=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search = GDGridSearchCV(estimator, grid, cv=2, refit=False).fit(*binary)
    assert len(caught) == 1
    assert caught[0].category is ConvergenceWarning
    assert caught[0].filename == __file__
    message = str(caught[0].message)
    assert message.startswith("2 of 8 fits diverged")
    assert "'learning_rate': 1000.0, 'max_iter': 2000" in message
    assert shared["side by side"] == 4 * 2
    theirs = search_both(estimator, grid, *binary, cv=2, refit=False)[1]
    assert_same_results(search, theirs)


def test_candidates_that_did_not_converge_are_named_once(binary):
    grid = {"learning_rate": [0.1], "max_iter": [1, 2, 3, 4, 5]}
    with pytest.warns(ConvergenceWarning, match="10 of 10 fits had not converged") as all_:
        GDGridSearchCV(GDLogisticRegression(C=1.0), grid, cv=2, refit=False).fit(*binary)
    assert len(all_) == 1
    assert str(all_[0].message).endswith("; and others.")


def test_groups_metadata_and_routing_reach_where_they_belong(binary, weights):
    X, y = binary
    groups = np.arange(len(y)) % 7
    grid = {"model__learning_rate": [0.1, 1.0], "model__max_iter": [2, 20]}
    pipeline = Pipeline([("scale", StandardScaler()), ("model", GDLogisticRegression(tol=0))])
    fit = {"groups": groups, "model__sample_weight": weights}
    assert_same_results(*search_both(pipeline, grid, X, y, fit=fit, cv=GroupKFold(3)))
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


class Centre(BaseEstimator, TransformerMixin):
    """Stateless, without an attribute that says it was fitted."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X - X[:, :1]


def test_transformers_that_write_into_their_input_see_rows_of_their_own(binary):
    X, y = binary
    X = X * [1, 10, 100, 1]
    pipeline = make_pipeline(StandardScaler(copy=False), GDLogisticRegression(0.1, tol=0))
    grid = {"gdlogisticregression__max_iter": [5, 20, 50]}

    def loss(model, X, y):
        return -log_loss(y, model.predict_proba(X))

    def careless(model, X, y):
        score = model.score(X, y)
        X *= 0
        return score

    for scoring in (loss, careless, "neg_log_loss"):
        assert_same_results(*search_both(pipeline, grid, X, y, scoring=scoring, refit=False))
    with config_context(enable_metadata_routing=True):
        options = {"scoring": "neg_log_loss", "refit": False}
        assert_same_results(*search_both(pipeline, grid, X, y, **options))
    assert X[0, 1] == binary[0][0, 1] * 10


def test_train_scores_are_of_transformed_rows_not_of_what_fit_transform_gave(binary, rng):
    """TargetEncoder's fit_transform cross-fits: it is not fit, then transform."""
    letters = rng.integers(0, 15, (150, 2)).astype(str).astype(object)
    pipeline = make_pipeline(TargetEncoder(cv=KFold(5)), GDLogisticRegression(0.1, tol=0))
    grid = {"gdlogisticregression__max_iter": [5, 20]}
    options = {"scoring": "neg_log_loss", "return_train_score": True}
    assert_same_results(*search_both(pipeline, grid, letters, binary[1], **options))


@pytest.mark.parametrize("steps", [[], [Centre()], ["passthrough"]])
def test_plain_pipelines_share(steps, binary, shared):
    pipeline = make_pipeline(*steps, GDLogisticRegression(tol=0))
    grid = {
        "gdlogisticregression__learning_rate": [0.1, 0.2],
        "gdlogisticregression__max_iter": [1, 5],
    }
    cv = [(range(100), range(100, 150)), (range(50, 150), range(50))]
    assert_same_results(*search_both(pipeline, grid, *binary, cv=cv))
    assert shared["side by side"] == 4 * 2


def test_values_that_are_equal_but_not_the_same_are_not_merged(binary):
    texts = np.array(["a b", "b c", "c a", "a a"])[np.arange(150) % 4]
    pipeline = make_pipeline(CountVectorizer(token_pattern="."), GDLogisticRegression(tol=0))
    grid = {
        "countvectorizer__ngram_range": [(1, 2), (1.0, 2.0)],
        "gdlogisticregression__max_iter": [1, 2],
    }
    ours, theirs = search_both(pipeline, grid, texts, binary[1], cv=2)
    assert_same_results(ours, theirs)
    assert np.isnan(ours.cv_results_["mean_test_score"][2:]).all()


@pytest.mark.parametrize(
    ("name", "values", "options"),
    [
        ("class_weight", [None, {0: -1.0}], {}),
        ("learning_rate", [0.1, 10**400], {}),
        ("coordinates", ["raw", "decorrelated"], {"C": 1.0, "l1_ratio": 0.5}),
    ],
)
def test_what_is_found_invalid_late_fails_alone_too(name, values, options, binary, shared):
    grid = {name: values, "max_iter": [3, 5]}
    estimator = GDLogisticRegression(**{"learning_rate": 0.1, "tol": 0, **options})
    assert_same_results(*search_both(estimator, grid, *binary, cv=2))
    assert shared["side by side"] == 2 * 2


def test_a_stored_path_is_no_reason_not_to_share(binary, shared):
    grid = {"store_path": [False, True], "learning_rate": [0.5]}
    ours, theirs = search_both(
        GDLogisticRegression(tol=0, max_iter=5), grid, *binary, scoring="neg_log_loss"
    )
    assert_same_results(ours, theirs)
    assert_array_equal(ours.cv_results_["rank_test_score"], [1, 1])
    assert hasattr(
        ours.set_params(estimator__store_path=True).fit(*binary).best_estimator_, "coef_"
    )


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
    options = {
        "refit": "accuracy" if isinstance(scoring, list) else True,
        "return_train_score": data.draw(st.booleans(), label="train scores"),
    }
    ours, theirs = search_both(estimator, grid, X, y, fit, scoring=scoring, cv=cv, **options)
    assert_same_results(ours, theirs)


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
