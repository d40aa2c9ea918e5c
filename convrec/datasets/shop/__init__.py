"""The demo shop: an invented office-and-school shop, made by a generator and the same for the same seed.

Nothing in it exists: brands, items, shoppers and reviews are fiction, written so that every claim about an item can be
checked against its attributes. `catalogue` makes the items out of the YAML files beside this one, `shoppers` draws who
shops and what they like, `histories` what they buy (with `wishes`, what a replacement must do better), `reviews` what
they say about it. Critiques, narratives and dialogues are written on top of this by `convrec.regen`.
"""

from __future__ import annotations

from typing import NamedTuple

from convrec.catalog import Catalog, Interaction
from convrec.datasets.shop.catalogue import build_items
from convrec.datasets.shop.histories import Histories
from convrec.datasets.shop.shoppers import Shopper, build_shoppers

SEED = 7
SHOPPERS = 12_000


class Shop(NamedTuple):
    catalog: Catalog
    interactions: list[Interaction]  # by shopper, oldest first
    shoppers: list[Shopper]


def build_shop(seed: int = SEED, shoppers: int = SHOPPERS) -> Shop:
    """The whole shop. A smaller number of shoppers gives the first ones of the full shop, over the same catalogue."""
    catalog = Catalog(build_items(seed))
    people = build_shoppers(seed, shoppers)
    histories = Histories(catalog, seed)
    bought = [purchase for number, who in enumerate(people) for purchase in histories.of(who, number)]
    return Shop(catalog, bought, people)


__all__ = ["SEED", "SHOPPERS", "Shop", "Shopper", "build_items", "build_shop"]
