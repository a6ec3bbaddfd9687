"""What an analysis shows of the items themselves: plates, pairs to guess, a gallery, a quiz."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy.datasets.depicted import ItemImages, folder_images, split_images
from trichotomy.datasets.recorded import load_recorded
from trichotomy.errors import InputError
from trichotomy.plots import Pairs, Plate
from trichotomy.report.formation import FormationResults
from trichotomy.report.plates import extreme_items, plate, tricky_pairs, tricky_positions


class Illustrations(FormationResults):
    """The images of the items: below the folder that was named, else of the study's data set."""

    @cached_property
    def partition(self) -> xr.Dataset:
        """``stats.partition`` of the population; an ``Analysis`` has it."""
        raise NotImplementedError

    @cached_property
    def learning_map(self) -> xr.Dataset | None:
        """``stats.learning_map``; an ``Analysis`` has it."""
        raise NotImplementedError

    @property
    def illustrated(self) -> bool:
        """Whether images were named, by a folder or by the study's record."""
        return self._image_folder is not None or self.dataset is not None

    @cached_property
    def images(self) -> ItemImages | None:
        """Images of the items, None where nothing says where they are.

        Raises
        ------
        InputError
            They cannot be loaded, or there is none of these items.
        """
        items = [str(item) for item in self.population["item"].values]
        if self._image_folder is not None:
            paths = self.population["path"].values.tolist() if "path" in self.population.coords else None
            return folder_images(self._image_folder, items, paths)
        if self.dataset is None:
            return None
        dataset = load_recorded(self.dataset)
        found = split_images(dataset.test, items)
        if not found.there.any():
            msg = f"the data set '{dataset.name}' has none of these items, such as '{items[0]}'"
            raise InputError(msg)
        return found

    @cached_property
    def easiest(self) -> Plate | None:
        """Images of the items that most observers get right; None where nothing says where images are.

        Raises
        ------
        InputError
            The images cannot be loaded.
        """
        return self._plate("easiest")

    @cached_property
    def hardest(self) -> Plate | None:
        """Images of the items that fewest observers get right; as ``easiest``."""
        return self._plate("hardest")

    @cached_property
    def tricky_items(self) -> tuple[NDArray[np.intp], list[bool]]:
        """Pairs of an easy and a hard item that have images, as ``tricky_positions`` gives them."""
        easiest, hardest = (self._extreme(which) for which in ("easiest", "hardest"))
        rng = np.random.default_rng(self._seed)
        return tricky_positions(self.population["target"].values, easiest, hardest, rng)

    @cached_property
    def tricky(self) -> Pairs | None:
        """Pairs of an easy and a hard image; as ``easiest``."""
        if self.images is None:
            return None
        return tricky_pairs(self.population, self.partition, self.images, *self.tricky_items)

    def _plate(self, which: Literal["easiest", "hardest"]) -> Plate | None:
        if self.images is None:
            return None
        return plate(self.population, self.partition, self._extreme(which), self.images, which)

    def _extreme(self, which: Literal["easiest", "hardest"]) -> NDArray[np.intp]:
        there = None if self.images is None else self.images.there
        return extreme_items(self.partition, self.learning_map, which, there=there)
