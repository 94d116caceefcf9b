"""scikit-learn's private names (being gathered)."""

from sklearn.utils.validation import _get_feature_names as get_feature_names  # noqa: F401
