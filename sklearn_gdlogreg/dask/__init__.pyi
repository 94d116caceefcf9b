from typing import Any

from .. import GDLogisticRegression

__all__ = ["DaskGDLogisticRegression"]

# Collections of Dask are taken in place of arrays, and given back in place of them.
class DaskGDLogisticRegression(GDLogisticRegression):
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        coef_init: Any = None,
        intercept_init: Any = None,
        resume_from: Any = None,
    ) -> DaskGDLogisticRegression: ...
    def decision_function(self, X: Any) -> Any: ...
    def predict(self, X: Any) -> Any: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_log_proba(self, X: Any) -> Any: ...
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...
