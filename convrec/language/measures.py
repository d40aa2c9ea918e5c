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
    rf"(?<!\S)(?:(?P<upper>{UPPER})|(?P<lower>{LOWER})|(?P<around>{AROUND}))?(?: |(?<!\S))(?:an? )?(?P<pack>(?:packs?|"
    rf"set|box|tube|packet|lots|bundle|bag|carton) of )?"
    r"(?P<number>\d+(?:\.\d+)?|(?:half )?an?(?= (?:met(?:re|er)|lit(?:re|er)|kilo(?:gram)?)(?!\S)))"
    rf"(?: (?P<plus>\+|{AFTER_LOWER}|{AFTER_UPPER}))?(?P<rest>(?: [^\s,.;!?]+){{0,3}})"
)
_DIMENSIONS = {
    "wide": "width",
    "high": "height",
    "tall": "height",
    "long": "length",
    "deep": "depth",
    "thick": "thickness",
}
_STRICT = re.compile(r"(?!no |not |nothing |isn't )(?:more|larger|bigger|greater|higher|fewer|less|smaller|lower) than")
_SINGLE = re.compile(
    r"(?<!\S)(?:(?:sold )?(?:singly|individually)|one at a time|"
    r"(?:just|only|no more than) (?:the )?1(?: of (?:them|those|these))?"
    r"(?= *$| [.!?,]| (?:please|pls|thanks|mate|not)(?!\S))|"
    r"single unit|1 piece(?= *$| [.!?,])|(?:sold|come|available) (?:individually|singly|loose)|on its own|"
    r"split the (?:pack|packet|set|box)|"
    r"not a (?:pack|packet|box|set)|1 (?:is|would be|'d be) (?:plenty|enough|ample)|a single 1 (?:is|would be|really)|"
    r"(?:a|the) whole (?:pack|packet|box|set) (?:is|would be) (?:silly|too much|too many)|"
    r"(?:a|1) (?:single|solitary|lone) (?:1|one|piece|item|unit)|a single(?= *$| [.!?,])|"
    r"not a whole (?:pack|box|set)|no multipacks?)(?!\S)"
)
_THEM = r"(?: of (?:them|those|these))?"
_SEVERAL = re.compile(
    rf"(?<!\S)(?:an? (?:set|pack|packet|box){_THEM} (?:would|might) be (?:better|nicer|best|good|great|ideal)"
    r"(?: than (?:just )?(?:a |the )?(?:single )?(?:1|one))?|"
    rf"(?:as a|(?:prefer|rather have|rather buy|rather get|like|want|take) (?:(?:it|them) in )?a) (?:set|pack|packet)"
    rf"{_THEM}(?= *$| [.!?,]| (?:please|pls|instead|though|really)(?!\S))|"
    rf"(?:more than (?:1|one)|several|a few){_THEM} (?:in|to|per) (?:an?|the|each|1) (?:pack|packet|box|set)|"
    rf"(?<!not )(?:a|the) whole (?:set|pack|packet|box)(?! (?:is|would be) (?:silly|too))){_THEM}(?!\S)"
)
_AFTER = re.compile(
    rf"(?: of \w+)? (?:(?P<upper>{AFTER_UPPER})|(?P<lower>{AFTER_LOWER})|(?P<around>{AFTER_AROUND}))(?!\S)"
)

_SUITS = re.compile(r" (?:is|are|would be) (?:just )?(?:fine|ok|okay|alright)(?!\S)")

MOST_OPTIONS = 5  # a larger number of things is what is wanted in a pack, not how many to show
_MANY_OF = frozenset(["packs", "packets", "boxes", "cartons"])


class Measures:
    """The number facets of a catalogue by unit and by what they count."""

    def __init__(self, catalog: Catalog) -> None:
        self._values: dict[str, frozenset[float]] = {}
        self._units: set[str] = set()  # facets that are measured, not counted
        self._by_unit: dict[str, list[Facet]] = defaultdict(list)
        self._by_noun: dict[tuple[str, ...], list[str]] = defaultdict(list)
        numbers = [f for f in catalog.facets.values() if f.kind == "number" and f.key != "price"]
        named: dict[str, list[Facet]] = defaultdict(list)
        for facet in numbers:
            column = catalog.numbers(facet.key)
            self._values[facet.key] = frozenset(column[~np.isnan(column)].tolist())
            named[facet.name].append(facet)
            if facet.unit:
                self._units.add(facet.key)
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
        if relevant.get("pieces") and not any(c.facet == "pieces" for a in found for c in a.constraints):
            found += self._in_a_pack(utterance)
        return found

    def _in_a_pack(self, utterance: Utterance) -> list[Amount]:
        """ "A set would be better than a single one": how many there are to be in a pack, said without a figure."""
        for pattern, op, count in ((_SEVERAL, Op.AT_LEAST, 2.0), (_SINGLE, Op.IS, 1.0)):
            if match := pattern.search(utterance.line):
                first, last = utterance.span(match)
                return [Amount(first, last, (Constraint("pieces", op, count, True, utterance.said(first, last)),))]
        return []

    def _read(self, u: Utterance, match: re.Match[str], at: int, relevant: Mapping[str, int]) -> Amount | None:
        number = match["number"]  # "1.5", "a", "half a"
        value = float(number) if number[0].isdigit() else 0.5 if number.startswith("half") else 1.0
        at += number.count(" ")
        start = at + 1 + len((match["plus"] or "").split())  # "12 or more pieces"
        facet, value, last = self._facet(u, match, start, value, relevant)
        if not facet:
            return None
        first = u.line.count(" ", 0, match.start()) + (1 if match.group().startswith(" ") else 0)
        bound = next((name for name in ("upper", "lower", "around") if match[name]), "")
        if not bound and match["plus"]:
            bound = "upper" if re.fullmatch(AFTER_UPPER, match["plus"]) else "lower"
        if last < len(u) and u.words[last].stem in {*facet.split("_"), *_DIMENSIONS}:
            last += 1  # "5 years warranty or more", "120 cm wide at least"
        rest = " " + " ".join(w.text for w in u.words[last : last + 6])
        if not bound and (after := _AFTER.match(rest)):
            bound = next(name for name in ("upper", "lower", "around") if after[name])
            last += len(after.group().split())
        if facet == "pieces" and not match["pack"] and self._is_many(u, start, value, bound):
            return None
        said = u.said(first, last)
        if bound == "around":
            limits = ((Op.AT_LEAST, 0.8 * value), (Op.AT_MOST, 1.2 * value))
            return Amount(first, last, tuple(Constraint(facet, op, round(v, 3), False, said) for op, v in limits))
        if bound:
            counted = facet not in self._units  # more than 10 pens is 11; more than 10 cm may be said of 10
            op = Op.AT_MOST if bound == "upper" else Op.AT_LEAST
            if counted and _STRICT.fullmatch(match[bound] or ""):
                op = Op.LESS if bound == "upper" else Op.MORE
            return Amount(first, last, (Constraint(facet, op, value, True, said),))
        if _SUITS.match(rest):
            return Amount(first, last, ())  # as "steel is fine": it will do, so will others
        if relevant and facet not in relevant:
            return Amount(first, last, (), said)
        if any(np.isclose(value, known) for known in self._values[facet]):
            named = last > at + 1 or bool(match["pack"]) or len(u) <= 2  # a bare "0.7" only leans, unless it is all
            return Amount(first, last, (Constraint(facet, Op.IS, value, named, said),))
        return Amount(first, last, (), said)

    def _facet(
        self, u: Utterance, match: re.Match[str], start: int, value: float, relevant: Mapping[str, int]
    ) -> tuple[str, float, int]:
        """What a figure counts or measures ("": nothing known), the value in that facet's unit, and where its words
        end. `start` is the first word after the figure."""
        words = [w.stem for w in u.words[start : start + 5]]
        unit = _UNIT_WORDS.get(words[0], words[0]) if words else ""
        if unit in self._by_unit or unit in _SMALLER:
            unit, value = self._in_use(unit, value, relevant)
            keys = [f.key for f in self._by_unit.get(unit, ())]
            named = {_DIMENSIONS.get(word, word) for word in words}
            return (self._best(keys, value, named, relevant) if keys else ""), value, start + 1
        facet, last = "", start
        for length in (3, 2, 1):
            nouns = tuple(words[:length])
            if len(nouns) == length and nouns in self._by_noun:
                keys = [k for k in self._by_noun[nouns] if not relevant or k in relevant]
                facet, last = (self._best(keys, value, set(), relevant) if keys else ""), start + length
                break
        if match["pack"] and "pieces" in self._values:
            facet, last = "pieces", start
        elif not facet and words and words[0] in _DIMENSIONS:  # "140 wide"
            fitting = [k for k in relevant if k.startswith(_DIMENSIONS[words[0]]) and value in self._values.get(k, ())]
            facet, last = (self._best(fitting, value, set(), relevant) if fitting else ""), start + 1
        elif not facet and "." in match["number"]:
            # "0.7 rather than that": a fraction is no count of things, so it may be said without a unit
            fitting = [key for key in relevant if value in self._values.get(key, ())]
            facet = fitting[0] if len(fitting) == 1 else ""
        elif (
            not facet and "pieces" in relevant and value > MOST_OPTIONS and value in self._values["pieces"]
            and not any(w.is_number for w in u.words[max(start - 2, 0) : start - 1] + u.words[start : start + 1])
        ):  # fmt: skip
            facet = "pieces"  # "12 please"
        return facet, value, last

    def _is_many(self, u: Utterance, start: int, value: float, bound: str) -> bool:
        """Whether a number says how many options, not how many in a pack: "two pens", "5 of them", "10 packs"."""
        words = [word.stem for word in u.words[start : start + 2]]
        if {word.text for word in u.words[start : start + 1]} & _MANY_OF and not bound:
            return True  # "10 packs" is how many are bought, a "10-pack" what is in one
        if words[:1] == ["of"] and words[1:] in (["them"], ["those"], ["these"]):
            return not bound and value <= MOST_OPTIONS
        return value < 4 and words[:1] not in (["pack"], ["piece"]) and words[:1] != ["in"]

    def _in_use(self, unit: str, value: float, relevant: Mapping[str, int]) -> tuple[str, float]:
        """The unit in which the items talked about are measured: 1 l is 1000 ml for bottles."""
        if unit in _SMALLER:
            smaller, factor = _SMALLER[unit]
            here, there = (
                max((relevant.get(f.key, 0) for f in self._by_unit.get(u, ())), default=0) for u in (unit, smaller)
            )
            if there > here:
                return smaller, value * factor
        return unit, value

    def _best(self, keys: list[str], value: float, around: set[str], relevant: Mapping[str, int]) -> str:
        def score(key: str) -> tuple[int, int, int]:
            named = len(around & set(stems(key.replace("_", " "))))
            return named, relevant.get(key, 0), int(value in self._values[key])

        return max(keys, key=score)
