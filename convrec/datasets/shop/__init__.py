"""The demo shop: an invented office-and-school shop, made by a generator and the same for the same seed.

Nothing in it exists: brands, items, shoppers and reviews are fiction, written so that every claim about an item can be
checked against its attributes. `build_items` makes the catalogue out of the YAML files beside this one.
"""

from convrec.datasets.shop.catalogue import build_items

__all__ = ["build_items"]
