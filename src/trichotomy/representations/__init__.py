"""Representations: features of networks on the same items, one matrix per network and layer, and their store."""

from trichotomy.representations.schema import (
    Features,
    Reading,
    features_from_arrays,
    layers,
    matrix,
    readings,
)
from trichotomy.representations.store import FeatureStore, create_features, is_feature_store, open_features

__all__ = [
    "FeatureStore",
    "Features",
    "Reading",
    "create_features",
    "features_from_arrays",
    "is_feature_store",
    "layers",
    "matrix",
    "open_features",
    "readings",
]
