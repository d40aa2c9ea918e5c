"""Facets: what constraints can be about, of which kind they are and which values they have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

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


def facet_of(key: str, values: Sequence[AttributeValue]) -> Facet:
    """The facet of an attribute, from the values of all items that have it."""
    kinds = set(map(type, values))
    if kinds == {bool}:
        return Facet(key, "flag")
    if all(issubclass(kind, int | float) and kind is not bool for kind in kinds):
        numbers = [float(v) for v in values if not isinstance(v, tuple)]
        return Facet(key, "number", low=min(numbers), high=max(numbers))
    if tuple in kinds:
        each = (str(e) for v in values for e in (v if isinstance(v, tuple) else (v,)))
        return Facet(key, "list", by_frequency(each))
    return Facet(key, "choice", by_frequency(map(str, values)))


def by_frequency(values: Iterable[str]) -> tuple[str, ...]:
    counts = Counter(values)
    return tuple(sorted(counts, key=lambda v: (-counts[v], v)))


def entries(found: AttributeValue | None) -> set[str | bool | None]:
    """What a value is looked up by: each entry of a list, without case."""
    if found is None or isinstance(found, bool):
        return {found}
    return {str(entry).casefold() for entry in (found if isinstance(found, tuple) else (found,))}


def as_set(value: AttributeValue | None) -> frozenset[str]:
    if value is None or isinstance(value, bool | float | int):
        return frozenset()
    return frozenset(value) if isinstance(value, tuple) else frozenset([value])


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
