"""Recorders: decisions out of the training loops that people have, epoch by epoch, into a store.

``Recorder`` is for any loop; the rest fits it to libraries, each of which is imported only when its function is called.
"""

from trichotomy.recorders.batches import Batch, taken
from trichotomy.recorders.fastai import fastai_recorder
from trichotomy.recorders.keras import keras_recorder
from trichotomy.recorders.lightning import lightning_recorder
from trichotomy.recorders.recorder import Recorder
from trichotomy.recorders.sklearn import record_predictions, record_stages
from trichotomy.recorders.transformers import trainer_recorder

__all__ = [
    "Batch",
    "Recorder",
    "fastai_recorder",
    "keras_recorder",
    "lightning_recorder",
    "record_predictions",
    "record_stages",
    "taken",
    "trainer_recorder",
]
