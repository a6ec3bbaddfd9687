"""A thousand images chosen by half of 64 ImageNet models order the other half better than random images do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.curation import with_families

FAMILIES = Path(__file__).parent.parent / "docs" / "examples" / "curation" / "families.csv"


@pytest.fixture(scope="module")
def imagenet(reference: Path) -> tri.Decisions:
    with np.load(reference / "imagenet-val-67" / "imnet_val_top5_67.npz") as file:
        d = tri.from_arrays(
            file["top5"][:, :, 0], target=file["y"], observers=file["names"].tolist(),
            items=file["val_index"].tolist(),
        )  # fmt: skip
    return with_families(tri.select(d, drop="fv_*"), FAMILIES)


def test_a_thousand_images_order_models_that_did_not_choose_them(imagenet):
    v = tri.curate(imagenet, size=1000, families="family", splits=3).validation.isel(size=0)
    assert str(v["verdict"].item()) == "better"
    assert float(v["rank"]) > float(v["rank_random"]) + 0.008
    assert float(v["error_ratio"]) < 0.95
