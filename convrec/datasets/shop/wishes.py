"""What somebody wants of a replacement: cheaper, another colour, refillable, lighter. Nobody tells the recommender."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import FITS, SYSTEM, Catalog
from convrec.datasets.shop.shoppers import Shopper

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
CHOICES = ("colour", "material", "size", "ruling", "ink", "closure", "tip_shape", "layout", "finish", "binding")


class Wishes:
    """Draws latent wishes about items, as masks over candidate rows."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._columns = {key: self._column(key) for key, facet in catalog.facets.items() if key not in (SYSTEM, FITS)}
        self.numbers = tuple(k for k, f in catalog.facets.items() if f.kind == "number" and k != "price")
        self.flags = tuple(k for k, f in catalog.facets.items() if f.kind == "flag")
        self.price: NDArray[np.float64] = np.array([item.price or 0.0 for item in catalog.items])
        self.brand: NDArray[np.str_] = np.array([item.brand for item in catalog.items])

    def draw(self, source: int, rows: Rows, shopper: Shopper, rng: np.random.Generator) -> Mask:
        """(rows,) True for candidates that fulfil one or two wishes about `source`: at least one always does.

        Whatever the wish, an alternative differs from the source in more than its id.
        """
        kinds: tuple[Callable[[int, Rows, Shopper, np.random.Generator], Mask], ...] = (
            self._cheaper, self._better, self._other_brand, self._brand, self._choice, self._choice, self._flag,
            self._flag, self._number, self._number,
        )  # fmt: skip
        wanted = np.ones(len(rows), dtype=bool)
        granted = 0
        for kind in rng.permutation(len(kinds)):
            mask = wanted & kinds[kind](source, rows, shopper, rng)
            if mask.any():
                wanted, granted = mask, granted + 1
            if granted == 2 or (granted and rng.random() < 0.4):
                break
        return wanted

    def _cheaper(self, source: int, rows: Rows, shopper: Shopper, rng: np.random.Generator) -> Mask:
        holds: Mask = self.price[rows] <= rng.uniform(0.5, 0.85) * self.price[source]
        return holds

    def _better(self, source: int, rows: Rows, shopper: Shopper, rng: np.random.Generator) -> Mask:
        dearer = self.price[rows] / self.price[source]
        holds: Mask = (dearer >= 1.25) & (dearer <= 3.0)
        return holds

    def _other_brand(self, source: int, rows: Rows, shopper: Shopper, rng: np.random.Generator) -> Mask:
        holds: Mask = self.brand[rows] != self.brand[source]
        return holds

    def _brand(self, source: int, rows: Rows, shopper: Shopper, rng: np.random.Generator) -> Mask:
        loved = [brand for brand in shopper.brands[:4] if brand != self.brand[source]]
        return np.isin(self.brand[rows], loved[: int(rng.integers(1, 3))])

    def _choice(self, source: int, rows: Rows, shopper: Shopper, rng: np.random.Generator) -> Mask:
        """Another value of a choice: a colour of their own if it is about colour."""
        mine = self.catalog[source].attributes
        keys = [key for key in CHOICES if key in mine]
        if not keys:
            return np.zeros(len(rows), dtype=bool)
        key = keys[0] if keys[0] == "colour" and rng.random() < 0.4 else keys[int(rng.integers(len(keys)))]
        column = self._columns[key][rows]
        others = sorted({str(v) for v in column if v is not None and v != mine[key]})
        if key == "colour":
            others = [value for value in others if value in shopper.colours] or others
        holds: Mask = column == (others[int(rng.integers(len(others)))] if others else "")
        return holds

    def _flag(self, source: int, rows: Rows, shopper: Shopper, rng: np.random.Generator) -> Mask:
        """A flag the source lacks, most likely one that this shopper minds."""
        mine = self.catalog[source].attributes
        lacking = [flag for flag in self.flags if mine.get(flag) is False]
        if not lacking:
            return np.zeros(len(rows), dtype=bool)
        minded = [flag for flag, _ in shopper.minds if flag in lacking]
        pool = minded if minded and rng.random() < 0.6 else lacking
        holds: Mask = self._columns[pool[int(rng.integers(len(pool)))]][rows] == np.True_
        return holds

    def _number(self, source: int, rows: Rows, shopper: Shopper, rng: np.random.Generator) -> Mask:
        """More or less of something: lighter, wider, finer, more sheets."""
        mine = self.catalog[source].attributes
        keys = [key for key in self.numbers if key in mine]
        if not keys:
            return np.zeros(len(rows), dtype=bool)
        key = keys[int(rng.integers(len(keys)))]
        column = np.array([np.nan if v is None else float(v) for v in self._columns[key][rows]])
        limit = float(mine[key])  # type: ignore[arg-type]
        with np.errstate(invalid="ignore"):
            less: Mask = column < 0.95 * limit
            more: Mask = column > 1.05 * limit
        lessen = rng.random() < 0.5
        return less if lessen else more

    def _column(self, key: str) -> NDArray[np.object_]:
        column = np.empty(len(self.catalog), dtype=object)
        for row in range(len(self.catalog)):
            column[row] = self.catalog.value(row, key)
        return column
