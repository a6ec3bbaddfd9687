"""What names the image in a trial of the model-vs-human format."""

from __future__ import annotations

import pytest

from trichotomy.readers.modelvshuman import image_key


@pytest.mark.parametrize(
    ("imagename", "image"),
    [
        ("0001_cl_s01_cr_oven_40_n04111531_14126.png", "n04111531_14126.png"),
        ("0001_cl_s01_cr_boat_40_n12345678_14126.png", "n12345678_14126.png"),
        ("0001_cl_s01_cr_boat_40_n15075141_14126.png", "n15075141_14126.png"),
        ("0002_s5n_s01_0_bird_00_bird2-clock3.png", "bird2-clock3.png"),
        ("0003_edg_s01_n01_oven10.png", "oven10.png"),
        ("0003_edg_s01_n041115310_oven10.png", "oven10.png"),
        ("oven10.png", "oven10.png"),
    ],
)
def test_the_image_is_the_last_part_with_its_wordnet_number(imagename: str, image: str):
    assert image_key(imagename) == image
