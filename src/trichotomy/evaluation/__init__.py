"""Running networks that are trained already."""

from trichotomy.evaluation.features import features
from trichotomy.evaluation.hooks import LOGITS, PENULTIMATE, layer_outputs
from trichotomy.evaluation.states import Kept, study_features

__all__ = ["LOGITS", "PENULTIMATE", "Kept", "features", "layer_outputs", "study_features"]
