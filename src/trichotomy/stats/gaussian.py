"""The study of Gaussian noise, where the difficulty of telling neighbouring classes apart is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from trichotomy import estimators
from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.stats.accuracy import class_difficulty
from trichotomy.stats.snapshot import BOUNDS
from trichotomy.stats.study import study_of


def neighbour_divergence(d: Decisions, *, epoch: int | None = None, level: float = 0.95) -> xr.Dataset:
    """How well each class of a Gaussian study is recognised, beside how far it is from the next class.

    Class k is noise of standard deviation k, so KL(k, k + 1) = ln((k + 1) / k) + k^2 / (2 (k + 1)^2) - 1/2 nats per
    value. Uses the items that all observers answered.

    Returns
    -------
    Dataset over ``class`` (k = 1..K-1; ``class_name`` is the class's own): ``divergence``; ``accuracy``, the mean over
    observers and items, with ``ci`` and ``n`` as in ``class_difficulty``. NaN for a class without items.

    Raises
    ------
    InputError
        The decisions are not of a study of the data set ``gaussian``.

    References
    ----------
    Meding et al. 2022 (Fig. 9).
    """
    dataset = (study_of(d) or {}).get("dataset")
    name = dataset.get("name") if isinstance(dataset, Mapping) else None
    if name != "gaussian":
        msg = (
            f"divergences between classes are known for a study of the data set 'gaussian' only; these decisions are "
            f"{f'of {name!r}' if name else 'not known to be of a study'}"
        )
        raise InputError(msg)
    classes = list(d.attrs["classes"])
    if len(classes) < 2:
        msg = f"neighbouring classes need two classes or more; the decisions name {len(classes)}"
        raise InputError(msg)
    result = class_difficulty(d, epoch=epoch, level=level)
    own = result.reindex({"class": classes}).isel({"class": slice(None, -1)})
    k = np.arange(1, len(classes))
    return xr.Dataset(
        {
            "divergence": ("class", estimators.gaussian_divergence(k, k + 1)),
            "accuracy": ("class", own["accuracy"].values),
            "ci": (("class", "ci_bound"), own["ci"].values),
            "n": ("class", np.nan_to_num(own["n"].values).astype(np.int64)),
        },
        coords={
            "class": k,
            "class_name": ("class", np.array(classes[:-1], dtype=object)),
            "ci_bound": list(BOUNDS),
        },
        attrs={
            **{name: value for name, value in result.attrs.items() if name != "tolerance"},
            "n": int(result["n"].sum()),
            "method": "KL(k, k + 1) = ln((k + 1) / k) + k^2 / (2 (k + 1)^2) - 1/2, nats per value",
            "seed": None,
            "reference": "Meding et al. 2022, Fig. 9",
        },
    )
