"""Running networks that are trained already; without PyTorch, an error that names the extra."""

from trichotomy.models import require_torch

require_torch("running networks")

from trichotomy.evaluation.entries import Entry  # noqa: E402 - what follows imports torch
from trichotomy.evaluation.evaluating import evaluate  # noqa: E402
from trichotomy.evaluation.features import features  # noqa: E402
from trichotomy.evaluation.hooks import LOGITS, PENULTIMATE, layer_outputs  # noqa: E402
from trichotomy.evaluation.outcome import Evaluation, Result  # noqa: E402
from trichotomy.evaluation.sources import SOURCES, Model, Source  # noqa: E402
from trichotomy.evaluation.states import Kept, study_features  # noqa: E402
from trichotomy.evaluation.transforms import Crop, Transform  # noqa: E402

__all__ = [
    "LOGITS",
    "PENULTIMATE",
    "SOURCES",
    "Crop",
    "Entry",
    "Evaluation",
    "Kept",
    "Model",
    "Result",
    "Source",
    "Transform",
    "evaluate",
    "features",
    "layer_outputs",
    "study_features",
]
