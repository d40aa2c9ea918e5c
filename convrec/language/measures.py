"""Figures that are no money, as constraints on number facets: "0.7 mm", "at least 100 sheets", "a pack of 12"."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from convrec.catalog import Catalog, Facet
from convrec.conversation import Constraint, Op
from convrec.language.lexicon import english
from convrec.language.prices import AFTER_AROUND, AFTER_LOWER, AFTER_UPPER, AROUND, LOWER, UPPER, Amount
from convrec.language.utterance import Utterance, stems

_UNIT_WORDS = {
    "millimeter": "mm", "millimetre": "mm", "centimeter": "cm", "centimetre": "cm", "meter": "m", "metre": "m",
    "gram": "g", "gramme": "g", "gr": "g", "kilo": "kg", "kilogram": "kg", "milliliter": "ml", "millilitre": "ml",
    "liter": "l", "litre": "l", "ltr": "l", "decibel": "db", "watt": "w", "lumen": "lm", "minute": "min",
    "hour": "h", "hr": "h", "hrs": "h", "year": "years", "yr": "years", '"': "inch", "inche": "inch", "in": "inch",
}  # fmt: skip
_SMALLER = {"l": ("ml", 1000), "kg": ("g", 1000), "m": ("cm", 100), "cm": ("mm", 10)}
_FIGURE = re.compile(
    rf"(?<!\S)(?:(?P<upper>{UPPER})|(?P<lower>{LOWER})|(?P<around>{AROUND}))?(?: |(?<!\S))(?:an? )?(?P<pack>(?:pack|"
    rf"set|box|tube|packet) of )?"
    rf"(?P<number>\d+(?:\.\d+)?)(?: (?P<plus>\+))?(?P<rest>(?: [^\s,.;!?]+){{0,3}})"
)
_AFTER = re.compile(rf" (?:(?P<upper>{AFTER_UPPER})|(?P<lower>{AFTER_LOWER})|(?P<around>{AFTER_AROUND}))(?!\S)")


class Measures:
    """The number facets of a catalogue by unit and by what they count."""

    def __init__(self, catalog: Catalog) -> None:
        self._values: dict[str, frozenset[float]] = {}
        self._by_unit: dict[str, list[Facet]] = defaultdict(list)
        self._by_noun: dict[tuple[str, ...], list[str]] = defaultdict(list)
        numbers = [f for f in catalog.facets.values() if f.kind == "number" and f.key != "price"]
        named: dict[str, list[Facet]] = defaultdict(list)
        for facet in numbers:
            column = [catalog.value(row, facet.key) for row in range(len(catalog))]
            self._values[facet.key] = frozenset(float(v) for v in column if isinstance(v, int | float))
            named[facet.name].append(facet)
            if facet.unit:
                self._by_unit[facet.unit.casefold()].append(facet)
        for name, nouns in english()["counts"].items():
            for facet in named.get(name, ()):
                for noun in nouns:
                    self._by_noun[stems(noun)].append(facet.key)
        for name, nouns in english()["names"].items():
            for facet in named.get(name, ()):
                for noun in nouns if facet.unit else ():
                    self._by_noun[stems(noun)].append(facet.key)  # "a 0.7 tip"

    def find(self, utterance: Utterance, taken: set[int], relevant: Mapping[str, int]) -> list[Amount]:
        """Constraints on number facets. `relevant`: how many of the items talked about have each facet."""
        found: list[Amount] = []
        for match in _FIGURE.finditer(utterance.line):
            number_at = utterance.line.count(" ", 0, match.start("number"))
            if number_at not in taken and (amount := self._read(utterance, match, number_at, relevant)):
                found.append(amount)
        return found

    def _read(self, u: Utterance, match: re.Match[str], at: int, relevant: Mapping[str, int]) -> Amount | None:
        value = float(match["number"])
        words = [w.stem for w in u.words[at + 1 : at + 6]]
        plus = 1 if match["plus"] else 0
        unit = _UNIT_WORDS.get(words[plus], words[plus]) if len(words) > plus else ""
        facet, used = "", plus
        if unit in self._by_unit or unit in _SMALLER:
            unit, value = self._in_use(unit, value, relevant)
            keys = [f.key for f in self._by_unit.get(unit, ())]
            facet, used = (self._best(keys, value, set(words), relevant) if keys else ""), plus + 1
        else:
            for length in (3, 2, 1):
                nouns = tuple(words[plus : plus + length])
                if len(nouns) == length and nouns in self._by_noun:
                    keys = [k for k in self._by_noun[nouns] if not relevant or k in relevant]
                    facet, used = (self._best(keys, value, set(), relevant) if keys else ""), plus + length
                    break
            if match["pack"] and "pieces" in self._values:
                facet, used = "pieces", plus
        if not facet or (
            facet == "pieces"
            and value < 4
            and not match["pack"]
            and words[plus : plus + 1] not in (["pack"], ["piece"])
        ):
            return None  # "two pens" is how many options, not a pack
        first = u.line.count(" ", 0, match.start()) + (1 if match.group().startswith(" ") else 0)
        last = at + 1 + used
        bound = next((name for name in ("upper", "lower", "around") if match[name]), "lower" if plus else "")
        if last < len(u) and u.words[last].stem in facet.split("_"):
            last += 1  # "5 years warranty or more"
        rest = " " + " ".join(w.text for w in u.words[last : last + 3])
        if not bound and (after := _AFTER.match(rest)):
            bound = next(name for name in ("upper", "lower", "around") if after[name])
            last += len(after.group().split())
        said = u.said(first, last)
        if bound == "around":
            limits = ((Op.AT_LEAST, 0.8 * value), (Op.AT_MOST, 1.2 * value))
            return Amount(first, last, tuple(Constraint(facet, op, round(v, 3), False, said) for op, v in limits))
        if bound:
            return Amount(
                first, last, (Constraint(facet, Op.AT_MOST if bound == "upper" else Op.AT_LEAST, value, True, said),)
            )
        if relevant and facet not in relevant:
            return Amount(first, last, (), said)
        if any(np.isclose(value, known) for known in self._values[facet]):
            return Amount(first, last, (Constraint(facet, Op.IS, value, True, said),))
        return Amount(first, last, (), said)

    def _in_use(self, unit: str, value: float, relevant: Mapping[str, int]) -> tuple[str, float]:
        """The unit in which the items talked about are measured: 1 l is 1000 ml for bottles."""
        if unit in _SMALLER and not any(f.key in relevant for f in self._by_unit.get(unit, ())):
            smaller, factor = _SMALLER[unit]
            if any(f.key in relevant for f in self._by_unit.get(smaller, ())):
                return smaller, value * factor
        return unit, value

    def _best(self, keys: list[str], value: float, around: set[str], relevant: Mapping[str, int]) -> str:
        def score(key: str) -> tuple[int, int, int]:
            named = len(around & set(stems(key.replace("_", " "))))
            return named, int(key in relevant), int(value in self._values[key])

        return max(keys, key=score)
