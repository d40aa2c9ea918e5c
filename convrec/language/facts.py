"""Fact tokens: names, prices, numbers and owned things are single tokens, rendered from the catalogue: never wrong.

A *marked* text is prose with fact tokens in it: "⟨title⟩ costs ⟨price⟩, ⟨saving⟩ less than your ⟨owned:2⟩." Writers
produce marked texts, the model is trained on them, `render` turns them into what a person reads. Only texts written by
this software are ever parsed for marks: what a user types is never split here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from convrec.catalog import FITS, SYSTEM, AttributeValue, Catalog, Item, format_value
from convrec.conversation import Constraint, Op

OWNED = 6  # the last six things bought can be named; ⟨owned:1⟩ is the most recent
WISHES = 4
USES = 3  # of what an item is for
_USES = {"classroom": "the classroom", "home office": "the home office", "landscape": "landscapes"}
MARK = re.compile(r"⟨([a-z_]+(?::[a-z0-9_]+)?)⟩")


@dataclass(frozen=True, slots=True)
class Context:
    """What a narrative may speak about besides the item itself: rows of `history` (oldest first), the constraints in
    force, and the row being steered away from (last shown, or last bought)."""

    history: tuple[int, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    reference: int | None = None


def fact_vocabulary(catalog: Catalog) -> tuple[str, ...]:
    """All fact-token names a model over this catalogue knows, in a fixed order."""
    attributes = [
        f"attr:{key}"
        for key, facet in catalog.facets.items()
        if key not in ("price", "brand", "category", SYSTEM, FITS) and facet.kind != "flag"
    ]
    return (
        "title", "brand", "category", "price", "reference", "reference_brand", "reference_price", "saving", "extra",
        "limit", "fits",
        *(f"owned:{i}" for i in range(1, OWNED + 1)),
        *(f"wish:{i}" for i in range(1, WISHES + 1)),
        *(f"not:{i}" for i in range(1, WISHES + 1)),
        *(f"use:{i}" for i in range(1, USES + 1) if "use" in catalog.facets),
        *attributes,
    )  # fmt: skip


def facts_of(catalog: Catalog, row: int, context: Context) -> dict[str, str]:
    """The facts that have a value for this item in this context: name → what a person reads.

    `reference` is the title of the item steered away from, `saving`/`extra` the price difference to it, `limit` the
    tightest price limit the user named ("cheaper" names none: it is Op.LESS than what was shown), `fits` the title of
    the newest owned thing the item is compatible with, `wish:n` the value of the n-th wish in force that this item
    grants, `not:n` the n-th value that was not wanted and that it does not have, `use:n` one thing it is for.
    """
    item = catalog[row]
    facts: dict[str, str] = {"title": item.title}
    if item.brand:
        facts["brand"] = item.brand
    if item.categories:
        facts["category"] = item.leaf.lower()
    if item.price is not None:
        facts["price"] = format_value("price", item.price)
    for key, value in item.attributes.items():
        if key not in (SYSTEM, FITS) and not isinstance(value, bool):
            facts[f"attr:{key}"] = format_value(key, value)
    for number, use in enumerate(uses_of(item)[:USES], start=1):
        facts[f"use:{number}"] = spoken_use(use)
    if context.reference is not None and context.reference != row:
        other = catalog[context.reference]
        facts["reference"] = other.title
        if other.brand:
            facts["reference_brand"] = other.brand
        if other.price is not None:
            facts["reference_price"] = format_value("price", other.price)
            if item.price is not None and abs(difference := other.price - item.price) >= 0.005:
                facts["saving" if difference > 0 else "extra"] = format_value("price", abs(difference))
    for back, owned in enumerate(reversed(context.history[-OWNED:]), start=1):
        facts[f"owned:{back}"] = catalog[owned].title
    fitting = next((owned for owned in reversed(context.history) if fit(item, catalog[owned])), None)
    if fitting is not None:
        facts["fits"] = catalog[fitting].title
    limits = [float(c.value) for c in context.constraints if c.facet == "price" and c.op is Op.AT_MOST]
    if limits:
        facts["limit"] = format_value("price", min(limits))
    for number, wish in enumerate(granted(catalog, row, context), start=1):
        is_flag = isinstance(wish.value, bool)
        facts[f"wish:{number}"] = wish.facet.replace("_", " ") if is_flag else format_value(wish.facet, wish.value)
    for number, refused in enumerate(spared(catalog, row, context), start=1):
        facts[f"not:{number}"] = format_value(refused.facet, refused.value)
    return facts


def granted(catalog: Catalog, row: int, context: Context) -> list[Constraint]:
    """The constraints in force that name a value, or the least number, which this item has: ⟨wish:1⟩, ⟨wish:2⟩ …"""
    named = [c for c in context.constraints if c.op in (Op.IS, Op.AT_LEAST) and catalog.satisfies(c)[row]]
    return named[:WISHES]


def spared(catalog: Catalog, row: int, context: Context) -> list[Constraint]:
    """The constraints in force that refuse a named value which this item does not have: ⟨not:1⟩, ⟨not:2⟩ …"""
    refused = [c for c in context.constraints if c.op is Op.NOT and not isinstance(c.value, bool)]
    return [c for c in refused if c.facet != "compatible" and catalog.satisfies(c)[row]][:WISHES]


def uses_of(item: Item) -> tuple[str, ...]:
    """What an item is for, as the catalogue lists it."""
    value = item.attributes.get("use")
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()


def spoken_use(use: str) -> str:
    """A use after "for": "exams", but "the classroom"."""
    return _USES.get(use, use)


def fit(one: Item, other: Item) -> bool:
    """Whether one of two items fits the other: the refill the pen, the folder the cabinet."""
    return bool(
        _names(one.attributes.get(SYSTEM)) & _names(other.attributes.get(FITS))
        or _names(one.attributes.get(FITS)) & _names(other.attributes.get(SYSTEM))
    )


def split(marked: str) -> list[tuple[str, bool]]:
    """A marked text as pieces: (name, True) for a fact token, (text, False) for prose."""
    pieces: list[tuple[str, bool]] = []
    for index, piece in enumerate(MARK.split(marked)):
        if piece:
            pieces.append((piece, index % 2 == 1))
    return pieces


def render(marked: str, facts: Mapping[str, str]) -> str:
    """What a person reads. Raises KeyError for a fact without a value: the engine masks those, so it is a bug."""
    return "".join(facts[piece] if is_fact else piece for piece, is_fact in split(marked))


def _names(value: AttributeValue | None) -> frozenset[str]:
    if isinstance(value, tuple):
        return frozenset(value)
    return frozenset([value]) if isinstance(value, str) else frozenset()
