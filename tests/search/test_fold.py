"""What the candidates on a fold share, and that each gets the results it would get alone."""

import re
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, TargetEncoder

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression
from sklearn_gdlogreg._descent import plan
from sklearn_gdlogreg._run.run import Result, Run
from sklearn_gdlogreg._search import fold as _fold

from ..helpers import needs_sklearn
from .helpers import assert_same_results, search_both

pytestmark = pytest.mark.sklearn


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


@needs_sklearn("1.9")  # whose TargetEncoder takes folds that are the same for both searches
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
    ],
)
def test_what_is_found_invalid_late_fails_alone_too(name, values, options, binary, shared):
    grid = {name: values, "max_iter": [3, 5]}
    estimator = GDLogisticRegression(**{"learning_rate": 0.1, "tol": 0, **options})
    assert_same_results(*search_both(estimator, grid, *binary, cv=2))
    assert shared["side by side"] == 2 * 2


def test_coordinates_that_do_not_fit_in_memory_fail_alone_too(binary, shared, monkeypatch):
    monkeypatch.setattr(plan, "map_fits_in_memory", lambda objective: False)
    grid = {"coordinates": ["raw", "decorrelated"], "max_iter": [3, 5]}
    ours, theirs = search_both(GDLogisticRegression(0.1, tol=0), grid, *binary, cv=2)
    assert_same_results(ours, theirs)
    assert np.isnan(ours.cv_results_["mean_test_score"][2:]).all()
    assert shared == {"side by side": 2 * 2, "one descent": 0}


def test_a_warning_that_is_an_error_fails_its_candidates_alone(binary, shared):
    grid = {"l1_ratio": [0.0, 0.5], "max_iter": [3, 5]}
    scores = []
    for kind in (GDGridSearchCV, GridSearchCV):
        search = kind(GDLogisticRegression(0.1, tol=0), grid, cv=2, error_score=-1.0)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "l1_ratio=.* has no effect")
            warnings.simplefilter("ignore", FitFailedWarning)
            search.fit(*binary)
        scores.append(search.cv_results_["mean_test_score"])
    assert_allclose(*scores, atol=1e-9)
    assert (scores[0][2:] == -1).all()
    assert shared["side by side"] == 2 * 2


class NotToBeCopied:
    def __init__(self, error):
        self.error = error

    def __deepcopy__(self, memo):
        raise self.error("users'")

    def __call__(self, t):
        return 0.1


class NoArray(NotToBeCopied):
    def __array__(self, *args, **kwargs):
        raise self.error("users'")


class Failing(Centre):
    """Fails in its `fit`, on rows other than those of the fit, or gives what nothing can read."""

    def __init__(self, where="nowhere", error=None):
        self.where = where
        self.error = error

    def fit(self, X, y=None):
        if self.where == "fit":
            raise self.error("users'")
        self.m_ = len(X)
        return self

    def transform(self, X):
        if self.where == "other rows" and len(X) != self.m_:
            raise self.error("users'")
        return NoArray(self.error) if self.where == "what it gives" else X


@pytest.mark.parametrize("error", [RuntimeError, KeyError, ValueError, MemoryError])
@pytest.mark.parametrize(
    "where",
    ["schedule", "later", "copy", "fit", "other rows", "what it gives", "scorer", "class_weight"],
)
def test_whatever_users_code_raises_candidates_meet_as_in_grid_search_cv(where, error, binary):
    def schedule(t):
        if where == "schedule" or (where == "later" and t == 3):
            raise error("users'")
        return 1 / t

    def score(model, X, y):
        if where == "scorer" and model[-1].max_iter == 5:
            raise error("users'")
        return model.score(X, y)

    class Weights(dict):
        def values(self):
            if where == "class_weight":
                raise error("users'")
            return super().values()

    grid = {
        "f": [None, Failing(where, error)],
        "model__learning_rate": [0.1, schedule, *[NotToBeCopied(error)] * (where == "copy")],
        "model__class_weight": [None, Weights({0: 2})],
        "model__max_iter": [1, 5],
    }
    estimator = Pipeline([("f", None), ("model", GDLogisticRegression(tol=0))])
    for scoring in (score, "accuracy"):
        outcomes = []
        for kind in (GDGridSearchCV, GridSearchCV):
            search = kind(
                estimator,
                grid,
                scoring=scoring,
                cv=[(range(100), range(100, 150))],
                error_score=-1.0,
                refit=False,
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    outcomes.append(search.fit(*binary))
                except error as raised:
                    outcomes.append(raised)
        if isinstance(outcomes[1], error):
            assert [repr(outcome) for outcome in outcomes] == [repr(error("users'"))] * 2
        else:
            assert_same_results(*outcomes)


def refuse_long_descents(model, X, y):
    if model.max_iter == 5:
        raise RuntimeError("users'")
    return 0.5


@pytest.mark.parametrize(
    ("grid", "options"),
    [
        ({"max_iter": [1, 5, 9]}, {"cv": [(range(100), range(100, 200))]}),
        ({"max_iter": [1, 5, 9]}, {"cv": [(["a"], ["b"])]}),
        ({"max_iter": [1, 5, 9]}, {"scoring": refuse_long_descents}),
        ({"steps": [[("nameless",)]]}, {"estimator": Pipeline([("m", GDLogisticRegression())])}),
    ],
)
def test_what_ends_a_search_ends_it_where_grid_search_cv_ends(grid, options, binary, capsys):
    ends = []
    for kind in (GDGridSearchCV, GridSearchCV):
        search = kind(GDLogisticRegression(0.1, tol=0), grid, verbose=10, error_score="raise")
        search.set_params(**{"cv": [(range(100), range(100, 150))], **options})
        with pytest.raises((IndexError, ValueError, RuntimeError)) as caught:
            search.fit(*binary)
        begun = re.findall(r"START ([^.]*)", capsys.readouterr().out)
        ends.append((repr(caught.value), begun))
    assert ends[0] == ends[1]
    assert ends[0][1]


def test_rows_that_cannot_be_copied_are_scored_alone(binary):
    rows = np.array([[NotToBeCopied(RuntimeError)]] * 150)
    pipeline = make_pipeline(
        FunctionTransformer(lambda rows: np.ones((len(rows), 1))), GDLogisticRegression(0.1, tol=0)
    )
    options = {"scoring": lambda model, X, y: model.score(X, y), "refit": False}
    grid = {"gdlogisticregression__max_iter": [1, 5]}
    assert_same_results(*search_both(pipeline, grid, rows, binary[1], **options))


@pytest.mark.parametrize("defect", [RuntimeError(), KeyError(), ValueError(), AttributeError()])
@pytest.mark.parametrize(
    ("holder", "name", "rate"),
    [
        (_fold, "descend_side_by_side", 0.1),
        (Run, "follow", "auto"),
        (Run, "follow", lambda t: 1 / t),
        (Result, "until", "auto"),
    ],
)
def test_a_defect_of_the_shared_descents_is_heard(holder, name, rate, defect, binary, monkeypatch):
    def broken(*args, **kwargs):
        raise defect

    monkeypatch.setattr(holder, name, broken)
    grid = {"learning_rate": [rate], "max_iter": [1, 5]}
    with pytest.raises(type(defect)) as caught:
        GDGridSearchCV(GDLogisticRegression(tol=0), grid, cv=2, error_score=0.0).fit(*binary)
    assert caught.value is defect


def test_what_needs_too_much_memory_together_is_fitted_alone(binary, monkeypatch):
    def broken(*args):
        raise MemoryError

    monkeypatch.setattr(_fold, "descend_side_by_side", broken)
    grid = {"learning_rate": [0.1, 1.0], "max_iter": [1, 5]}
    assert_same_results(*search_both(GDLogisticRegression(tol=0), grid, *binary, cv=2))


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
