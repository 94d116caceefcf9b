"""GDLogisticRegression inside the rest of scikit-learn, and in tools beyond it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import RFECV, SelectFromModel
from sklearn.inspection import DecisionBoundaryDisplay, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    cross_val_score,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDLogisticRegression

from .helpers import needs_sklearn

pytestmark = pytest.mark.sklearn


@pytest.fixture(scope="module")
def cancer():
    return load_breast_cancer(return_X_y=True)


def test_grid_search_over_learning_rate_and_iterations(cancer):
    pipeline = make_pipeline(StandardScaler(), GDLogisticRegression(tol=0))
    grid = {
        "gdlogisticregression__learning_rate": [0.001, 0.1],
        "gdlogisticregression__max_iter": [1, 10, 100],
    }
    search = GridSearchCV(pipeline, grid, cv=3, scoring="neg_log_loss").fit(*cancer)
    # The cost of 0.1 is still falling at 100 iterations on every fold of this data.
    assert search.best_params_ == {
        "gdlogisticregression__learning_rate": 0.1,
        "gdlogisticregression__max_iter": 100,
    }
    assert search.best_estimator_[-1].n_iter_[0] == 100
    scores = search.cv_results_["mean_test_score"].reshape(2, 3)
    assert (np.diff(scores, axis=1) > 0).all()


def test_halving_search_over_iterations(cancer):
    X, y = StandardScaler().fit_transform(cancer[0]), cancer[1]
    search = HalvingGridSearchCV(
        GDLogisticRegression(tol=0),
        {"learning_rate": [1e-5, 1e-4, 1e-3, 0.5]},
        resource="max_iter",
        min_resources=5,
        max_resources=45,
        scoring="neg_log_loss",
        cv=3,
    ).fit(X, y)
    assert search.best_params_["learning_rate"] == 0.5


def test_cross_validation_scores_as_logistic_regression_does(cancer):
    pipeline = make_pipeline(StandardScaler(), GDLogisticRegression(C=1.0, tol=1e-7))
    reference = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-7))
    for n_jobs in (None, 2):
        assert_allclose(
            cross_val_score(pipeline, *cancer, n_jobs=n_jobs), cross_val_score(reference, *cancer)
        )


def test_calibration(cancer):
    clf = make_pipeline(StandardScaler(), GDLogisticRegression(C=1.0))
    calibrated = CalibratedClassifierCV(clf, cv=3).fit(*cancer)
    assert calibrated.score(*cancer) > 0.95


def test_one_versus_rest_is_three_binary_fits():
    X, y = load_iris(return_X_y=True)
    clf = OneVsRestClassifier(GDLogisticRegression(C=1.0)).fit(X, y)
    for k, member in enumerate(clf.estimators_):
        alone = GDLogisticRegression(C=1.0).fit(X, (y == k).astype(int))
        assert_array_equal(member.coef_, alone.coef_)


def test_feature_elimination_and_selection(cancer):
    X, y = StandardScaler().fit_transform(cancer[0]), cancer[1]
    informative = RFECV(GDLogisticRegression(C=1.0), step=5, cv=3).fit(X, y)
    assert 1 <= informative.n_features_ <= 30
    sparse_model = GDLogisticRegression(C=0.05, l1_ratio=1.0)
    selected = SelectFromModel(sparse_model, threshold=1e-12).fit(X, y)
    assert 0 < selected.get_support().sum() < 30


def test_decision_boundary_display():
    pytest.importorskip("matplotlib").use("Agg")
    X, y = load_iris(return_X_y=True)
    clf = GDLogisticRegression(C=1.0).fit(X[:, :2], y)
    display = DecisionBoundaryDisplay.from_estimator(clf, X[:, :2], response_method="predict")
    assert set(np.unique(display.response)) == {0, 1, 2}


def test_permutation_importance_finds_the_feature_that_matters(rng):
    X = rng.normal(size=(200, 3))
    clf = GDLogisticRegression(C=1.0).fit(X, X[:, 1] > 0)
    importance = permutation_importance(clf, X, X[:, 1] > 0, random_state=0).importances_mean
    assert importance.argmax() == 1


@needs_sklearn("1.8")  # whose cross-validation sends metadata to the score of a Pipeline
def test_sample_weight_is_routed_through_a_pipeline(binary, weights):
    X, y = binary
    with config_context(enable_metadata_routing=True):
        clf = GDLogisticRegression(C=1.0).set_fit_request(sample_weight=True)
        pipeline = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            clf.set_score_request(sample_weight=True),
        )
        result = cross_validate(
            pipeline, X, y, params={"sample_weight": weights}, return_estimator=True,
            return_indices=True, error_score="raise",
        )  # fmt: skip
        train = result["indices"]["train"][0]
        Z = StandardScaler().fit_transform(X[train])
        alone = GDLogisticRegression(C=1.0).fit(Z, y[train], sample_weight=weights[train])
    assert_array_equal(result["estimator"][0][-1].coef_, alone.coef_)


# ---------------------------------------------------------------------------- other tools


@pytest.fixture(params=["binary", "multiclass"])
def fitted(request):
    X, y = request.getfixturevalue(request.param)
    y = np.array(["a", "b", "c"])[y]
    return GDLogisticRegression(C=1.0).fit(X, y), X, y


@pytest.mark.parametrize("options", [{}, {"C": 0.5, "l1_ratio": 1.0}, {"fit_intercept": False}])
def test_to_sklearn_predicts_the_same(options, fitted):
    clf, X, y = fitted
    clf.set_params(**options).fit(X, y)
    twin = clf.to_sklearn()
    assert type(twin) is LogisticRegression
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        assert_allclose(getattr(twin, method)(X), getattr(clf, method)(X), rtol=1e-12)
    assert_array_equal(twin.predict(X), clf.predict(X))
    twin.coef_[:] = 0
    assert clf.coef_.any()


def test_to_sklearns_own_fit_goes_for_the_same_optimum(fitted):
    clf, X, y = fitted
    clf.set_params(C=0.5, l1_ratio=0.3, class_weight="balanced", tol=1e-9).fit(X, y)
    twin = clf.to_sklearn().set_params(tol=1e-10, max_iter=20_000, random_state=0)
    assert_allclose(twin.fit(X, y).coef_, clf.coef_, atol=1e-6)


def test_to_sklearn_keeps_the_names(binary):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(binary[0], columns=list("abcd"))
    twin = GDLogisticRegression(C=1.0).fit(X, binary[1]).to_sklearn()
    assert_array_equal(twin.feature_names_in_, list("abcd"))


def test_onnx_runtime_predicts_the_same(fitted):
    skl2onnx, onnxruntime = map(pytest.importorskip, ("skl2onnx", "onnxruntime"))
    clf, X, _ = fitted
    X = X.astype(np.float32)
    exported = skl2onnx.to_onnx(clf.to_sklearn(), X[:1], options={"zipmap": False})
    session = onnxruntime.InferenceSession(
        exported.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    labels, proba = session.run(None, {session.get_inputs()[0].name: X})
    assert_allclose(proba, clf.predict_proba(X), atol=1e-5)
    assert np.mean(labels == clf.predict(X)) == 1


@pytest.mark.filterwarnings("ignore")  # of shap's own imports
def test_shap_explains_the_decision(fitted):
    shap = pytest.importorskip("shap")
    clf, X, _ = fitted
    explained = shap.LinearExplainer(clf.to_sklearn(), X)(X)
    z = clf.decision_function(X)
    assert_allclose(explained.values.sum(axis=1) + explained.base_values, z, rtol=1e-9, atol=1e-9)
