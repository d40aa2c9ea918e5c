"""The catalogue: items as plain values, rows that never move, facets, and the mask of what constraints allow."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from convrec.conversation import Constraint, Op
from convrec.errors import CatalogError
from convrec.facets import (
    FITS,
    SYSTEM,
    AttributeValue,
    Facet,
    as_set,
    by_frequency,
    entries,
    facet_of,
    format_value,
)

__all__ = [
    "FITS", "SYSTEM", "AttributeValue", "Catalog", "Facet", "Interaction", "Item", "Rows", "format_value",
    "item_from_dict", "item_to_dict", "permuted",
]  # fmt: skip
_FIELDS = {"price": "price", "brand": "brand", "category": "categories"}  # the facets that are fields of an Item
NAMES_KEPT = 32  # words of titles whose masks are kept: a word is looked up several times in a turn


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be recommended; only `item_id` and `title` are required.

    `categories` is a path from broad to narrow, `price` in US$, `attributes` maps a key to a string, a number, a flag
    or a tuple of strings, `available` is False for what is out of stock: known, but never recommended.
    """

    item_id: str
    title: str
    brand: str = ""
    categories: tuple[str, ...] = ()
    price: float | None = None
    description: str = ""
    features: tuple[str, ...] = ()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    available: bool = True
    image: str = ""

    def __post_init__(self) -> None:
        if not self.item_id or not self.title:
            raise CatalogError(f"item {self.item_id!r}: an item needs an id and a title; got title {self.title!r}")

    @property
    def leaf(self) -> str:
        """The narrowest category, or an empty string."""
        return self.categories[-1] if self.categories else ""


class Interaction(NamedTuple):
    user_id: str
    item_id: str
    timestamp: int  # seconds since 1970, or a counter where the source has none
    rating: float | None = None
    review: str = ""


@runtime_checkable
class Rows(Protocol):
    """Items that lie in a table (`datasets.frames.FrameRows`): one is made when it is asked for, or all one by one.

    `column` is a field of all of them, with the values they would have, and makes none.
    """

    def __len__(self) -> int: ...
    def __getitem__(self, row: int, /) -> Item: ...
    def __iter__(self) -> Iterator[Item]: ...
    def column(self, name: str) -> list[Any]: ...


class Catalog:
    """Rows ↔ item ids. A row, once given, is never reused: `retire` leaves a tombstone, `extend` appends.

    What is asked about all items (ids, facets, masks) is taken from columns, so that a large table need not become
    objects. Raises CatalogError for duplicate or unknown ids and for constraints over facets that do not exist.
    """

    def __init__(self, items: Sequence[Item] | Rows, retired: Iterable[str] = ()) -> None:
        self._items: tuple[Item, ...] | Rows = items if isinstance(items, Rows) else tuple(items)
        ids: list[str] = self._column("item_id")
        self._rows = dict(zip(ids, range(len(ids)), strict=True))
        if len(self._rows) != len(ids):
            seen: set[str] = set()
            twice = next(i for i in ids if i in seen or seen.add(i))  # type: ignore[func-returns-value]
            raise CatalogError(f"item id {twice!r} stands twice in the catalogue; ids must be unique")
        self.retired = frozenset(retired)
        for item_id in self.retired:
            self.row(item_id)
        self._numbers: dict[str, NDArray[np.float64]] = {}
        self._sorted: dict[str, NDArray[np.float64]] = {}
        self._postings: dict[str, dict[str | bool | None, NDArray[np.intp]]] = {}
        self._named: dict[str, NDArray[np.bool_]] = {}

    @property
    def items(self) -> tuple[Item, ...]:
        """Every item. Of a table they are all made when this is first asked for, and kept in its place: quick for
        thousands; for a million, seconds and gigabytes (docs/performance.md)."""
        if not isinstance(self._items, tuple):
            self._items = tuple(self._items)
        return self._items

    @property
    def ids(self) -> tuple[str, ...]:
        """Every item id, in the order of the rows."""
        return tuple(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: int) -> Item:
        return self._items[row]

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._rows

    def row(self, item_id: str) -> int:
        try:
            return self._rows[item_id]
        except KeyError:
            raise CatalogError(f"no item {item_id!r} in this catalogue of {len(self)} items") from None

    def item(self, item_id: str) -> Item:
        return self._items[self.row(item_id)]

    def extend(self, items: Sequence[Item]) -> Catalog:
        """A catalogue with further rows at the end; the rows of this one keep their numbers."""
        return Catalog([*self.items, *items], self.retired)

    def retire(self, item_ids: Iterable[str]) -> Catalog:
        """A catalogue in which these items keep their rows but are never allowed again."""
        return Catalog(self._items, self.retired | set(item_ids))

    @cached_property
    def version(self) -> str:
        """A fingerprint of ids and their rows: a model's item table belongs to exactly one."""
        digest = hashlib.sha256("\0".join(self._rows).encode())
        return f"{len(self)}-{digest.hexdigest()[:12]}"

    def text(self, row: int) -> str:
        """What the sentence encoder reads of an item: title, brand, path, attributes, the start of the description."""
        item = self._items[row]
        attributes = "; ".join(
            f"{self.facets[key].name}: {format_value(key, value)}"
            for key, value in item.attributes.items()
            if key not in (SYSTEM, FITS) and value is not False
        )
        parts = [item.title, item.brand, " > ".join(item.categories), attributes, item.description[:600]]
        return ". ".join(part for part in parts if part)

    @cached_property
    def facets(self) -> dict[str, Facet]:
        """Every facet by key: "price", "brand", "category" where the catalogue has them, then attributes."""
        facets: dict[str, Facet] = {}
        if prices := self._having("price")[1]:
            facets["price"] = Facet("price", "number", low=min(prices), high=max(prices))
        if brands := self._having("brand")[1]:
            facets["brand"] = Facet("brand", "choice", by_frequency(brands))
        if paths := self._having("category")[1]:
            facets["category"] = Facet("category", "choice", by_frequency(c for path in paths for c in path))
        for key, (_, values) in sorted(self._attributes.items()):
            facets[key] = facet_of(key, values)
        return facets

    @cached_property
    def live(self) -> NDArray[np.bool_]:
        """(items,) True where an item may be recommended at all: in stock and not retired."""
        live = np.array(self._column("available"), dtype=bool)
        live[[self.row(item_id) for item_id in self.retired]] = False
        return live

    def mask(self, constraints: Iterable[Constraint] = ()) -> NDArray[np.bool_]:
        """(items,) True where an item is live and every constraint given holds. Missing values never satisfy one.

        Constraints are applied as given, soft ones too: the caller chooses which to pass. `not` holds for items
        without the value. Raises CatalogError for an unknown facet.
        """
        allowed = self.live.copy()
        for constraint in constraints:
            allowed &= self.satisfies(constraint)
        return allowed

    def satisfies(self, constraint: Constraint) -> NDArray[np.bool_]:
        """(items,) True where one constraint holds, regardless of stock."""
        facet, op, value = constraint.facet, constraint.op, constraint.value
        if facet == "compatible":
            fits = np.zeros(len(self), dtype=bool)
            for item_id in constraint.values:
                fits |= self.compatible(self.row(item_id))
            return fits
        if facet == "title":
            named = self.titled(str(value))
            return ~named if op is Op.NOT else named
        if facet not in self.facets:
            raise CatalogError(
                f"this catalogue has no facet {facet!r}; it has: {', '.join(sorted(self.facets)) or 'none'}"
            )
        if op in (Op.IS, Op.NOT):
            holds = self._equals(facet, value)
            return ~holds if op is Op.NOT else holds
        column = self.numbers(facet)
        with np.errstate(invalid="ignore"):
            limit = float(value)
            if op is Op.AT_MOST:
                return column <= limit + 1e-9
            if op is Op.AT_LEAST:
                return column >= limit - 1e-9
            if op is Op.LESS:
                return column < limit - 1e-9
            return column > limit + 1e-9

    def value(self, row: int, facet: str) -> AttributeValue | None:
        """The value of one facet of one item; None where it is missing. "category" gives the path."""
        item = self._items[row]
        if facet == "price":
            return item.price
        if facet == "brand":
            return item.brand or None
        if facet == "category":
            return item.categories or None
        return item.attributes.get(facet)

    def titled(self, word: str) -> NDArray[np.bool_]:
        """(items,) True where the title holds this word or number, in either case, singular or plural."""
        if word not in self._named:
            if len(self._named) >= NAMES_KEPT:
                self._named.clear()
            whole = re.compile(rf"(?<![^\W_])(?<!\d\.){re.escape(word.casefold())}(?:e?s)?(?![^\W_]|\.\d)")
            found = (whole.search(title.casefold()) is not None for title in self._column("title"))
            self._named[word] = np.fromiter(found, dtype=bool, count=len(self))
        return self._named[word]

    def compatible(self, row: int) -> NDArray[np.bool_]:
        """(items,) True for what fits this item or what this item fits."""
        attributes = self[row].attributes
        mine, theirs = as_set(attributes.get(SYSTEM)), as_set(attributes.get(FITS))
        hosts, fits = self._by_system
        mask = np.zeros(len(self), dtype=bool)
        mask[[other for system in mine for other in fits.get(system, ())]] = True
        mask[[other for system in theirs for other in hosts.get(system, ())]] = True
        return mask

    @cached_property
    def _by_system(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        hosts: dict[str, list[int]] = {}
        fits: dict[str, list[int]] = {}
        for key, found in ((SYSTEM, hosts), (FITS, fits)):
            for row, value in zip(*self._having(key), strict=True):
                for system in as_set(value):
                    found.setdefault(system, []).append(row)
        return hosts, fits

    def numbers(self, facet: str) -> NDArray[np.float64]:
        """(items,) the values of a number facet, NaN where an item has none. Raises CatalogError for another kind."""
        if self.facets[facet].kind != "number":
            raise CatalogError(f"facet {facet!r} is no number; it can only be compared with 'is' or 'not'")
        if facet not in self._numbers:
            rows, values = self._having(facet)
            column = self._numbers[facet] = np.full(len(self), np.nan)
            column[rows] = values
        return self._numbers[facet]

    def quantile(self, facet: str, value: float) -> float:
        """Where `value` lies among this catalogue's values of a number facet: 0 (lowest) … 1 (highest)."""
        if facet not in self._sorted:
            numbers = self.numbers(facet)
            self._sorted[facet] = np.sort(numbers[~np.isnan(numbers)])
        values = self._sorted[facet]
        low, high = np.searchsorted(values, value, "left"), np.searchsorted(values, value, "right")
        return float((low + high) / 2 / max(len(values), 1))

    def _equals(self, facet: str, value: str | float | bool) -> NDArray[np.bool_]:
        if self.facets[facet].kind == "number":
            return np.isclose(self.numbers(facet), float(value), atol=1e-6)
        holds = np.full(len(self), value is False)  # a flag that is not there is not set
        if value is False:
            holds[self._having(facet)[0]] = False
            holds[self._rows_with(facet, None)] = True
        holds[self._rows_with(facet, value if isinstance(value, bool) else str(value).casefold())] = True
        return holds

    def _rows_with(self, facet: str, entry: str | bool | None) -> NDArray[np.intp]:
        """The rows that have an entry; looked up, since a chat asks for the same few again and again."""
        if facet not in self._postings:
            found: dict[str | bool | None, list[int]] = defaultdict(list)
            for row, value in zip(*self._having(facet), strict=True):
                for each in entries(value):
                    found[each].append(row)
            self._postings[facet] = {each: np.array(rows, dtype=np.intp) for each, rows in found.items()}
        return self._postings[facet].get(entry, np.empty(0, dtype=np.intp))

    def _having(self, facet: str) -> tuple[list[int], list[Any]]:
        """The rows that have a value of this facet, and the values."""
        if facet not in _FIELDS:
            return self._attributes.get(facet, ([], []))
        column = self._column(_FIELDS[facet])
        rows = [row for row, value in enumerate(column) if value or value == 0]
        return rows, [column[row] for row in rows]

    @cached_property
    def _attributes(self) -> dict[str, tuple[list[int], list[AttributeValue]]]:
        """For each attribute the rows of the items that have it, and their values."""
        found: dict[str, tuple[list[int], list[AttributeValue]]] = defaultdict(lambda: ([], []))
        for row, attributes in enumerate(self._column("attributes")):
            for key, value in attributes.items():
                rows, values = found[key]
                rows.append(row)
                values.append(value)
        return dict(found)

    def _column(self, name: str) -> list[Any]:
        """One field of every item."""
        if isinstance(self._items, tuple):
            return [getattr(item, name) for item in self._items]
        return self._items.column(name)


def item_to_dict(item: Item) -> dict[str, Any]:
    data = asdict(item)
    data["categories"], data["features"] = list(item.categories), list(item.features)
    data["attributes"] = {k: list(v) if isinstance(v, tuple) else v for k, v in item.attributes.items()}
    return data


def item_from_dict(data: Mapping[str, Any]) -> Item:
    return Item(
        item_id=str(data["item_id"]),
        title=str(data["title"]),
        brand=data.get("brand") or "",
        categories=tuple(data.get("categories") or ()),
        price=data.get("price"),
        description=data.get("description") or "",
        features=tuple(data.get("features") or ()),
        attributes=attributes_from(data.get("attributes")),
        available=data.get("available", True) is not False,
        image=data.get("image") or "",
    )


def attributes_from(held: str | Mapping[str, Any] | None) -> dict[str, AttributeValue]:
    """From JSON text or what it says. Raises ValueError or AttributeError for what is no JSON object."""
    attributes = json.loads(held) if held and isinstance(held, str) else held or {}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in attributes.items()}


def permuted(items: Sequence[Item], seed: int) -> list[Item]:
    """The same items in an order that says nothing: published files number items by first appearance (a leak)."""
    order = np.random.default_rng(seed).permutation(len(items))
    return [replace(items[i]) for i in order]
