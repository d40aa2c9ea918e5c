"""The shoppers of the demo shop: a persona each, and tastes that nobody tells the recommender."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.datasets.shop.catalogue import content

COLOURS = ("black", "blue", "green", "red", "grey", "white", "pink", "brown", "navy", "silver", "yellow", "orange")


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who somebody is and what they like. `price` is the brand level they feel at home with, 1 to 5."""

    user_id: str
    persona: str
    price: float
    colours: tuple[str, ...]
    brands: tuple[str, ...]  # those of the circle they belong to; the first three they love
    style: str
    minds: tuple[tuple[str, float], ...]  # flags looked for, and by what factor


def build_shoppers(seed: int, count: int) -> list[Shopper]:
    """`count` shoppers in the shares of their personas; the same for the same seed."""
    rng = np.random.default_rng([seed, 1_000_001])
    about = content("personas")
    names = list(about["personas"])
    shares = np.array([about["personas"][name]["share"] for name in names], dtype=float)
    shoppers = []
    for number in range(1, count + 1):
        persona = names[int(rng.choice(len(names), p=shares / shares.sum()))]
        spec = about["personas"][persona]
        circle = about["circles"][int(rng.integers(len(about["circles"])))]
        brands = tuple(str(circle[i]) for i in rng.permutation(len(circle)))
        minds = {flag: float(factor) for flag, factor in spec["minds"].items()}
        for flag, chance in (("left_handed", 0.08), ("recycled", 0.25), ("quiet", 0.15), ("refillable", 0.15)):
            if rng.random() < chance:
                minds[flag] = round(minds.get(flag, 1.0) * 3.0, 2)
        shoppers.append(
            Shopper(
                user_id=f"shopper-{number:04d}",
                persona=persona,
                price=round(float(np.clip(rng.normal(spec["price"], 0.6), 1.0, 5.0)), 2),
                colours=tuple(COLOURS[i] for i in rng.choice(len(COLOURS), size=2, replace=False)),
                brands=brands,
                style=("minimal", "classic", "playful", "technical", "vintage")[int(rng.integers(5))],
                minds=tuple(sorted(minds.items())),
            )
        )
    return shoppers


class Tastes:
    """How much each shopper is drawn to each item, and how popular items are."""

    def __init__(self, catalog: Catalog, seed: int) -> None:
        self.catalog = catalog
        brands = content("brands")
        self.brand = np.array([item.brand for item in catalog.items])
        self.level = np.array([float(brands[item.brand]["tier"]) for item in catalog.items])
        self._colour = np.array([str(item.attributes.get("colour", "")) for item in catalog.items])
        self._style = np.array([str(item.attributes.get("style", "")) for item in catalog.items])
        self._flags: dict[str, NDArray[np.bool_]] = {}
        self.popularity = self._popularity(np.random.default_rng([seed, 1_000_002]))

    def of(self, shopper: Shopper) -> NDArray[np.float64]:
        """(items,) positive weights: 1 is indifference."""
        weights = np.exp(-0.5 * ((self.level - shopper.price) / 1.4) ** 2) + 0.1
        weights *= np.where(np.isin(self.brand, shopper.brands), 4.0, 1.0)
        weights *= np.where(np.isin(self.brand, shopper.brands[:3]), 2.0, 1.0)
        weights *= np.where(np.isin(self._colour, shopper.colours), 3.0, 1.0)
        weights *= np.where(self._style == shopper.style, 1.6, 1.0)
        for flag, factor in shopper.minds:
            weights *= np.where(self._has(flag), factor, 1.0)
        return weights

    def _popularity(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Zipf-like inside each leaf, in an order that nothing else tells."""
        popularity = np.zeros(len(self.catalog))
        leaves = np.array([item.leaf for item in self.catalog.items])
        for leaf in np.unique(leaves):
            rows = np.flatnonzero(leaves == leaf)
            popularity[rows] = (1.0 + rng.permutation(len(rows))) ** -0.3
        return popularity

    def _has(self, flag: str) -> NDArray[np.bool_]:
        if flag not in self._flags:
            self._flags[flag] = np.array([item.attributes.get(flag) is True for item in self.catalog.items])
        return self._flags[flag]
