"""The catalogue: items as plain values, rows that never move, facets, and the mask of what constraints allow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convrec.conversation import Constraint, Op
from convrec.errors import CatalogError

AttributeValue = str | float | bool | tuple[str, ...]
FacetKind = Literal["number", "flag", "choice", "list"]

# Attribute keys end in their unit where they have one: "tip_mm", "weight_g", "capacity_l".
UNITS = {
    "mm": "mm", "cm": "cm", "m": "m", "g": "g", "kg": "kg", "gsm": "gsm", "ml": "ml", "l": "l", "db": "dB", "w": "W",
    "v": "V", "wh": "Wh", "lm": "lm", "ppm": "ppm", "dpi": "dpi", "min": "min", "h": "h", "years": "years",
    "pct": "%", "inch": "inch", "mah": "mAh",
}  # fmt: skip
# What `fits` names is what `system` names on the host: the refill that fits a pen, the folder that fits a cabinet.
SYSTEM, FITS = "system", "fits"


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


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing constraints can be about. `values` are the distinct values of choice and list facets, by frequency."""

    key: str
    kind: FacetKind
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0

    @property
    def name(self) -> str:
        """For people: "tip" for tip_mm, "grip type" for grip_type."""
        stem = self.key.rsplit("_", 1)[0] if self.unit else self.key
        return stem.replace("_", " ")

    @property
    def unit(self) -> str:
        return UNITS.get(self.key.rsplit("_", 1)[-1], "") if "_" in self.key else ""


class Catalog:
    """Rows ↔ item ids. A row, once given, is never reused: `retire` leaves a tombstone, `extend` appends.

    Raises CatalogError for duplicate or unknown ids and for constraints over facets that do not exist.
    """

    def __init__(self, items: Sequence[Item], retired: Iterable[str] = ()) -> None:
        self.items: tuple[Item, ...] = tuple(items)
        self._rows = {item.item_id: row for row, item in enumerate(self.items)}
        if len(self._rows) != len(self.items):
            seen: set[str] = set()
            twice = next(i.item_id for i in self.items if i.item_id in seen or seen.add(i.item_id))  # type: ignore[func-returns-value]
            raise CatalogError(f"item id {twice!r} stands twice in the catalogue; ids must be unique")
        self.retired = frozenset(retired)
        for item_id in self.retired:
            self.row(item_id)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, row: int) -> Item:
        return self.items[row]

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._rows

    def row(self, item_id: str) -> int:
        try:
            return self._rows[item_id]
        except KeyError:
            raise CatalogError(f"no item {item_id!r} in this catalogue of {len(self)} items") from None

    def item(self, item_id: str) -> Item:
        return self.items[self.row(item_id)]

    def extend(self, items: Sequence[Item]) -> Catalog:
        """A catalogue with further rows at the end; the rows of this one keep their numbers."""
        return Catalog([*self.items, *items], self.retired)

    def retire(self, item_ids: Iterable[str]) -> Catalog:
        """A catalogue in which these items keep their rows but are never allowed again."""
        return Catalog(self.items, self.retired | set(item_ids))

    @cached_property
    def version(self) -> str:
        """A fingerprint of ids and their rows: a model's item table belongs to exactly one."""
        digest = hashlib.sha256("\0".join(item.item_id for item in self.items).encode())
        return f"{len(self)}-{digest.hexdigest()[:12]}"

    def text(self, row: int) -> str:
        """What the sentence encoder reads of an item: title, brand, path, attributes, the start of the description."""
        item = self.items[row]
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
        prices = [i.price for i in self.items if i.price is not None]
        if prices:
            facets["price"] = Facet("price", "number", low=min(prices), high=max(prices))
        for key, values in (
            ("brand", [i.brand for i in self.items if i.brand]),
            ("category", [c for i in self.items for c in i.categories]),
        ):
            if values:
                facets[key] = Facet(key, "choice", _by_frequency(values))
        found: dict[str, list[AttributeValue]] = {}
        for item in self.items:
            for key, value in item.attributes.items():
                found.setdefault(key, []).append(value)
        for key in sorted(found):
            facets[key] = _facet(key, found[key])
        return facets

    @cached_property
    def live(self) -> NDArray[np.bool_]:
        """(items,) True where an item may be recommended at all: in stock and not retired."""
        return np.array([i.available and i.item_id not in self.retired for i in self.items], dtype=bool)

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
                fits |= self._compatible(self.row(item_id))
            return fits
        if facet not in self.facets:
            raise CatalogError(
                f"this catalogue has no facet {facet!r}; it has: {', '.join(sorted(self.facets)) or 'none'}"
            )
        if op in (Op.IS, Op.NOT):
            holds = self._equals(facet, value)
            return ~holds if op is Op.NOT else holds
        column = self._numbers(facet)
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
        item = self.items[row]
        if facet == "price":
            return item.price
        if facet == "brand":
            return item.brand or None
        if facet == "category":
            return item.categories or None
        return item.attributes.get(facet)

    def compatible(self, row: int) -> NDArray[np.bool_]:
        """(items,) True for what fits this item or what this item fits."""
        return self._compatible(row)

    def _compatible(self, row: int) -> NDArray[np.bool_]:
        mine, theirs = _systems(self.items[row])
        hosts, fits = self._by_system
        mask = np.zeros(len(self), dtype=bool)
        mask[[other for system in mine for other in fits.get(system, ())]] = True
        mask[[other for system in theirs for other in hosts.get(system, ())]] = True
        return mask

    @cached_property
    def _by_system(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        hosts: dict[str, list[int]] = {}
        fits: dict[str, list[int]] = {}
        for row, item in enumerate(self.items):
            for systems, rows in zip(_systems(item), (hosts, fits), strict=True):
                for system in systems:
                    rows.setdefault(system, []).append(row)
        return hosts, fits

    @cached_property
    def _columns(self) -> dict[str, NDArray[np.float64]]:
        return {}

    def _numbers(self, facet: str) -> NDArray[np.float64]:
        if self.facets[facet].kind != "number":
            raise CatalogError(f"facet {facet!r} is no number; it can only be compared with 'is' or 'not'")
        if facet not in self._columns:
            column = [self.value(row, facet) for row in range(len(self))]
            self._columns[facet] = np.array([np.nan if v is None else float(v) for v in column])  # type: ignore[arg-type]
        return self._columns[facet]

    def quantile(self, facet: str, value: float) -> float:
        """Where `value` lies among this catalogue's values of a number facet: 0 (lowest) … 1 (highest)."""
        if facet not in self._sorted:
            numbers = self._numbers(facet)
            self._sorted[facet] = np.sort(numbers[~np.isnan(numbers)])
        values = self._sorted[facet]
        low, high = np.searchsorted(values, value, "left"), np.searchsorted(values, value, "right")
        return float((low + high) / 2 / max(len(values), 1))

    @cached_property
    def _sorted(self) -> dict[str, NDArray[np.float64]]:
        return {}

    def _equals(self, facet: str, value: str | float | bool) -> NDArray[np.bool_]:
        if self.facets[facet].kind == "number":
            return np.isclose(self._numbers(facet), float(value), atol=1e-6)
        holds = np.zeros(len(self), dtype=bool)
        holds[self._rows_with(facet, value)] = True
        return holds

    def _rows_with(self, facet: str, value: str | float | bool) -> list[int]:
        """The rows that have a value; looked up, since a chat asks for the same few again and again."""
        if facet not in self._postings:
            postings = self._postings[facet] = {}
            for row in range(len(self)):
                for entry in _entries(self.value(row, facet)):
                    postings.setdefault(entry, []).append(row)
        found = self._postings[facet].get(value if isinstance(value, bool) else str(value).casefold(), [])
        # a flag that is not there is not set
        return [*found, *self._postings[facet].get(None, [])] if value is False else found

    @cached_property
    def _postings(self) -> dict[str, dict[str | bool | None, list[int]]]:
        return {}


def format_value(key: str, value: AttributeValue) -> str:
    """A facet's value for people: 9.8 → "$9.80" (price), 0.7 → "0.7 mm" (tip_mm), ("a", "b") → "a and b"."""
    if key == "price":
        return f"${float(value):,.2f}"  # type: ignore[arg-type]
    if isinstance(value, bool):
        return key.replace("_", " ") if value else f"not {key.replace('_', ' ')}"
    if isinstance(value, tuple):
        return " and ".join([", ".join(value[:-1]), value[-1]]) if len(value) > 1 else "".join(value)
    if isinstance(value, str):
        return value
    unit = UNITS.get(key.rsplit("_", 1)[-1], "") if "_" in key else ""
    number = f"{value:,.10g}"
    return f"{number}{'' if unit in ('', '%') else ' '}{unit}"


def item_to_dict(item: Item) -> dict[str, Any]:
    data = asdict(item)
    data["categories"], data["features"] = list(item.categories), list(item.features)
    data["attributes"] = {k: list(v) if isinstance(v, tuple) else v for k, v in item.attributes.items()}
    return data


def item_from_dict(data: Mapping[str, Any]) -> Item:
    attributes = data.get("attributes") or {}
    if isinstance(attributes, str):
        attributes = json.loads(attributes)
    return Item(
        item_id=str(data["item_id"]),
        title=str(data["title"]),
        brand=data.get("brand") or "",
        categories=tuple(data.get("categories") or ()),
        price=data.get("price"),
        description=data.get("description") or "",
        features=tuple(data.get("features") or ()),
        attributes={k: tuple(v) if isinstance(v, list) else v for k, v in attributes.items()},
        available=data.get("available", True) is not False,
        image=data.get("image") or "",
    )


def permuted(items: Sequence[Item], seed: int) -> list[Item]:
    """The same items in an order that says nothing: published files number items by first appearance (a leak)."""
    order = np.random.default_rng(seed).permutation(len(items))
    return [replace(items[i]) for i in order]


def _entries(found: AttributeValue | None) -> set[str | bool | None]:
    """What a value is looked up by: each entry of a list, without case."""
    if found is None or isinstance(found, bool):
        return {found}
    return {str(entry).casefold() for entry in (found if isinstance(found, tuple) else (found,))}


def _systems(item: Item) -> tuple[frozenset[str], frozenset[str]]:
    return _as_set(item.attributes.get(SYSTEM)), _as_set(item.attributes.get(FITS))


def _as_set(value: AttributeValue | None) -> frozenset[str]:
    if value is None or isinstance(value, bool | float | int):
        return frozenset()
    return frozenset(value) if isinstance(value, tuple) else frozenset([value])


def _by_frequency(values: Iterable[str]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return tuple(sorted(counts, key=lambda v: (-counts[v], v)))


def _facet(key: str, values: Sequence[AttributeValue]) -> Facet:
    if all(isinstance(v, bool) for v in values):
        return Facet(key, "flag")
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        numbers = [float(v) for v in values if not isinstance(v, tuple)]
        return Facet(key, "number", low=min(numbers), high=max(numbers))
    if any(isinstance(v, tuple) for v in values):
        return Facet(key, "list", _by_frequency(str(e) for v in values for e in (v if isinstance(v, tuple) else (v,))))
    return Facet(key, "choice", _by_frequency(str(v) for v in values))
