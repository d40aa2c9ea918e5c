"""How one item stands to another, as far as a narrative may say it: what both have, and which has less of a number."""

from __future__ import annotations

from collections.abc import Sequence

from convrec.catalog import FITS, SYSTEM, Catalog, Item
from convrec.conversation import Op

USES = 3  # of what an item is for
NEAR = 0.08  # numbers closer than this share of the larger are not worth a word
# Attributes in which two things may match so that it is worth saying.
MATCHING = ("colour", "material", "style", "size", "finish", "ruling", "ink", "tip_mm", "power")


def shelf(path: Sequence[str]) -> tuple[str, ...]:
    """The category path down to the last but one level; a path of one level is its own shelf."""
    return tuple(path[:-1] or path)


def similar(catalog: Catalog, one: int, other: int) -> bool:
    """Whether two different items stand on the same shelf: REGEN writes critiques between such neighbours only."""
    path = shelf(catalog[one].categories)
    return one != other and bool(path) and path == shelf(catalog[other].categories)


def relations(catalog: Catalog, row: int, other: int) -> list[tuple[Op, str]]:
    """(Op.IS, fact) for each brand, category, use or value that both have; for things of one shelf also (Op.LESS or
    Op.MORE, fact) for the price and each number in which the item `row` differs clearly from `other`."""
    mine, theirs = catalog[row], catalog[other]
    found: list[tuple[Op, str]] = []
    if mine.brand and mine.brand == theirs.brand:
        found.append((Op.IS, "brand"))
    if mine.leaf and mine.leaf == theirs.leaf:
        found.append((Op.IS, "category"))
    found += [(Op.IS, f"use:{n}") for n, use in enumerate(uses_of(mine)[:USES], 1) if use in uses_of(theirs)]
    for key in MATCHING:
        value = mine.attributes.get(key)
        if value is not None and value == theirs.attributes.get(key):
            found.append((Op.IS, f"attr:{key}"))
    if not similar(catalog, row, other):
        return found
    if mine.price is not None and theirs.price is not None and abs(mine.price - theirs.price) >= 0.005:
        found.append((Op.LESS if mine.price < theirs.price else Op.MORE, "price"))
    for key in mine.attributes:
        one, two = number(catalog, row, key), number(catalog, other, key)
        if one is not None and two is not None and abs(one - two) > NEAR * max(abs(one), abs(two)):
            found.append((Op.LESS if one < two else Op.MORE, f"attr:{key}"))
    return found


def number(catalog: Catalog, row: int, key: str) -> float | None:
    """The value of a number attribute; None for any other or where it is missing."""
    value = None if key in (SYSTEM, FITS) else catalog[row].attributes.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def uses_of(item: Item) -> tuple[str, ...]:
    """What an item is for, as the catalogue lists it."""
    value = item.attributes.get("use")
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
