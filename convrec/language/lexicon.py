"""The words that mean something in one catalogue: its brands, categories, values, flags, and the reader's own cues."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

import yaml

from convrec.catalog import FITS, SYSTEM, Catalog, Facet
from convrec.conversation import Constraint, Op
from convrec.language.goods import goods
from convrec.language.utterance import Utterance, singular, stems


class Kind(StrEnum):
    VALUE = "value"  # a brand, a category, a value of an attribute
    FACET = "facet"  # the name of a facet: "brand", "colour", "tip"
    SCALE = "scale"  # more or less of a number: "cheaper", "heavy"
    CUE = "cue"  # how the words around it are meant: "not", "preferably"
    ABSENT = "absent"  # something known that this catalogue does not have: another shop's brand, a colour


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning of a phrase.

    VALUE: `facet` and `value` (False: a flag's opposite). FACET: `facet`. SCALE: `facet`, and `value` in less | more |
    low | high. CUE: `value` names it. ABSENT: `facet` is its family. `sure` is False where it is only probably meant.
    """

    kind: Kind
    facet: str = ""
    value: str | bool = ""
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Mention:
    """Words `first` up to, not including, `last` of an utterance, with what they may mean."""

    first: int
    last: int
    senses: tuple[Sense, ...]

    def of(self, kind: Kind) -> tuple[Sense, ...]:
        return tuple(sense for sense in self.senses if sense.kind is kind)

    @property
    def cue(self) -> str:
        return next((str(s.value) for s in self.senses if s.kind is Kind.CUE), "")


@cache
def english() -> Mapping[str, Any]:
    """What lexicon.yaml holds, phrase lists split."""
    text = resources.files("convrec.language").joinpath("lexicon.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = _split_lists(yaml.safe_load(text))
    data["stop"] = frozenset(word for word in data["stop"][0].split())
    return data


class Lexicon:
    """Phrases of English and of this catalogue. Building it is linear in the catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._senses: dict[tuple[str, ...], list[Sense]] = defaultdict(list)
        self.by_stem: dict[str, str] = {}  # stems of single catalogue words → themselves, for typos
        words = english()
        for cue, phrases in words["cues"].items():
            self._add(phrases, Sense(Kind.CUE, value=cue))
        self._cues = frozenset(self._senses)
        self.stop = words["stop"]
        self.general = {singular(phrase) for phrase in words["general"]}
        self._called: dict[tuple[str, ...], set[int]] = {}  # phrase → rows of the categories that end with it
        self._add_brands()
        self._add_categories()
        for facet in catalog.facets.values():
            if facet.key not in ("brand", "category", SYSTEM, FITS):
                self._add_attribute(facet)
        self._add_others(words)
        self._leave_heads()
        mistyped = {word for phrase, senses in self._senses.items() for word in phrase if _may_be_mistyped(senses)}
        self.typo_words = sorted(word for word in mistyped if len(word) >= 5)
        self.swapped_words = frozenset(word for word in mistyped if len(word) >= 4)
        self._add_goods()  # not among what a typo may be meant for: too many words
        self._longest: dict[str, int] = {}
        for phrase in self._senses:
            self._longest[phrase[0]] = max(self._longest.get(phrase[0], 0), len(phrase))

    def senses(self, phrase: tuple[str, ...]) -> tuple[Sense, ...]:
        return tuple(self._senses.get(phrase, ()))

    def find(self, utterance: Utterance, taken: set[int], corrected: Mapping[int, str]) -> Iterator[Mention]:
        """Mentions from left to right, the longest phrase first, over words not in `taken`.

        `corrected` gives the stems of words that are read as another one; their senses are not sure.
        """
        keys = [corrected.get(i, word.stem) for i, word in enumerate(utterance.words)]
        index = 0
        while index < len(keys):
            for length in range(min(self._longest.get(keys[index], 0), len(keys) - index), 0, -1):
                phrase = tuple(keys[index : index + length])
                if phrase in self._senses and not any(i in taken for i in range(index, index + length)):
                    senses = self._senses[phrase]
                    if any(i in corrected for i in range(index, index + length)):
                        senses = [Sense(s.kind, s.facet, s.value, sure=False) for s in senses]
                    yield Mention(index, index + length, tuple(senses))
                    index += length
                    break
            else:
                index += 1

    def knows(self, stem: str) -> bool:
        return stem in self._longest or stem in self.stop or stem in self.general

    def values(self) -> list[tuple[str, Sense]]:
        """Every category and attribute value with what to call it, for comparison by meaning."""
        found: dict[tuple[str, str], tuple[str, Sense]] = {}
        broad = {
            item.categories[0] for item in self.catalog.items if len(item.categories) > 1
        }  # "sofa" is like furniture
        for phrase, senses in self._senses.items():
            for sense in senses:
                if (
                    sense.kind is Kind.VALUE
                    and sense.facet != "brand"
                    and sense.value not in broad
                    and len("".join(phrase)) > 3
                ):
                    found.setdefault((sense.facet, str(sense.value)), (" ".join(phrase), sense))
        return list(found.values())

    def category_names(self) -> list[tuple[str, Sense]]:
        """Every way to call each category, for comparison by meaning."""
        return [
            (" ".join(phrase), sense)
            for phrase, senses in self._senses.items()
            for sense in senses
            if sense.kind is Kind.VALUE and sense.facet == "category"
        ]

    def _add(self, phrases: Iterable[str], sense: Sense) -> None:
        for text in phrases:
            phrase = stems(text) or tuple(text.split())
            if sense.kind is not Kind.CUE and (phrase in self._cues or not phrase):
                continue  # a category "Other" or a brand "New" would turn half of English into constraints
            for spelt in {phrase, tuple(_spellings().get(word, word) for word in phrase)}:
                if sense not in self._senses[spelt]:
                    self._senses[spelt].append(sense)

    def _add_brands(self) -> None:
        if "brand" in self.catalog.facets:
            for brand in self.catalog.facets["brand"].values:
                if brand.casefold() not in ("unknown", "generic"):
                    self._add([brand], Sense(Kind.VALUE, "brand", brand))

    def _add_categories(self) -> None:
        """Names, their parts ("Refills and ink": refills, ink) and their heads ("Office chairs": chair)."""
        if "category" not in self.catalog.facets:
            return
        rows: dict[str, set[int]] = defaultdict(set)
        for row, item in enumerate(self.catalog.items):
            for category in item.categories:
                rows[category].add(row)
        exact: dict[tuple[str, ...], set[str]] = defaultdict(set)
        parts: dict[tuple[str, ...], set[str]] = defaultdict(set)
        heads: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for category in rows:
            exact[stems(category)].add(category)
            pieces = [stems(piece) for piece in re.split(r"\s*(?:&|,|/|:|\band\b)\s*", category)]
            for piece in filter(None, pieces):
                parts[piece].add(category)
                for start in range(1, len(piece)):
                    heads[piece[start:]].add(category)
                for word in piece[:-2]:
                    heads[(word, piece[-1])].add(category)  # "Gel Ink Rollerball Pens": gel pens
        for phrase in {*exact, *parts, *heads}:
            named = exact.get(phrase) or parts.get(phrase)
            candidates = named or heads[phrase]
            best = _covering(candidates, rows)
            ending = candidates | heads.get(phrase, set())
            self._called[phrase] = set().union(*(rows[c] for c in ending))
            # A head word of many unlike categories ("box": archive boxes, lunch boxes) names none of them.
            vague = phrase not in exact and phrase not in parts and len(phrase) == 1 and phrase[0] in self.general
            if best and phrase and not phrase[0].isdigit() and not vague:
                sure = phrase in exact or self._called[phrase] <= rows[best]
                self._add([" ".join(phrase)], Sense(Kind.VALUE, "category", best, sure))

    def _add_attribute(self, facet: Facet) -> None:
        name = facet.name
        self._add([name], Sense(Kind.VALUE, facet.key, True) if facet.kind == "flag" else Sense(Kind.FACET, facet.key))
        if facet.kind in ("choice", "list"):
            for value in facet.values:
                if len(value) > 1 and value not in ("none",) and len(value) <= 40:
                    self._add([value], Sense(Kind.VALUE, facet.key, value))
                elif value.isalpha() and len(value) == 1:  # a hardness of H, which is a letter elsewhere
                    said = (f"{name} {value}", f"grade {value}", f"in {value}", f"an {value}", f"a {value}")
                    self._add(said, Sense(Kind.VALUE, facet.key, value))

    def _add_others(self, words: Mapping[str, Any]) -> None:
        facets = self.catalog.facets
        by_name: dict[str, list[Facet]] = defaultdict(list)
        for facet in facets.values():
            by_name[facet.name].append(facet)
        for name, phrases in words["names"].items():
            for facet in by_name.get(name, ()):
                self._add(phrases, Sense(Kind.FACET, facet.key))
        for name, directions in words["scales"].items():
            for facet in by_name.get(name, ()):
                if facet.kind == "number":
                    for direction, phrases in directions.items():
                        self._add(phrases, Sense(Kind.SCALE, facet.key, direction))
        for name, meanings in words["flags"].items():
            for facet in by_name.get(name, ()):
                if facet.kind == "flag":
                    self._add(meanings.get("means", ()), Sense(Kind.VALUE, facet.key, True))
                    self._add(meanings.get("opposite", ()), Sense(Kind.VALUE, facet.key, False))
        for said, meant in [*words["synonyms"].items(), *_spellings().items()]:
            facet, _, value = meant.rpartition("=")
            said_stems = stems(said)
            senses = [s for s in self._senses.get(stems(value), ()) if not facet or s.facet == facet]
            if said_stems not in self._senses:
                for sense in senses:
                    if sense.kind in (Kind.VALUE, Kind.FACET):
                        self._add([said], replace(sense, sure=sense.sure and not self._means_more(said_stems, sense)))
        for family, phrases in words["families"].items():
            if family in facets:
                self._add_absent(phrases, family)
        if "brand" in facets:
            self._add_absent(words["elsewhere"], "brand")

    def _add_goods(self) -> None:
        """What else people call the categories, where it means nothing else here."""
        for category in self.catalog.facets["category"].values if "category" in self.catalog.facets else ():
            for name in goods().get(category, {}).get("names", ()):
                if not self._says_more(stems(name)):
                    self._add([name], Sense(Kind.VALUE, "category", category, sure=len(stems(name)) > 1))

    def _says_more(self, phrase: tuple[str, ...]) -> bool:
        """Whether a phrase, or a word of it, means something already that the category does not: "wireless mouse"."""
        parts = [phrase, *((word,) for word in phrase)] if len(phrase) > 1 else [phrase]
        senses = [sense for part in parts for sense in self._senses.get(part, ())]
        return any(
            sense.kind is Kind.ABSENT or (sense.kind is Kind.VALUE and sense.facet != "category") for sense in senses
        ) or bool(self._senses.get(phrase))

    def _means_more(self, phrase: tuple[str, ...], sense: Sense) -> bool:
        """Whether other categories are called this too: "tape" is adhesive tape, and maybe correction tape."""
        if sense.facet != "category" or phrase not in self._called:
            return False
        meant = self.catalog.satisfies(Constraint("category", Op.IS, sense.value))
        return not all(meant[row] for row in self._called[phrase])

    def _leave_heads(self) -> None:
        """ "AA batteries" are batteries of size AA, not something powered by an "AA battery"."""
        for phrase in [p for p in self._senses if len(p) > 1]:
            head = self._senses.get(phrase[-1:], ())
            rest = self._senses.get(phrase[:-1], ())
            if any(s.facet == "category" for s in head) and any(s.kind is Kind.VALUE for s in rest):
                kept = [s for s in self._senses[phrase] if s.kind is not Kind.VALUE or s.facet in ("category", "brand")]
                self._senses[phrase] = kept
                if not kept:
                    del self._senses[phrase]

    def _add_absent(self, phrases: Iterable[str], family: str) -> None:
        for phrase in phrases:
            if stems(phrase) not in self._senses:
                self._add([phrase], Sense(Kind.ABSENT, family, phrase))


def _may_be_mistyped(senses: Iterable[Sense]) -> bool:
    return any(sense.kind in (Kind.VALUE, Kind.SCALE, Kind.FACET) for sense in senses)


def _covering(candidates: set[str], rows: Mapping[str, set[int]]) -> str:
    """The one category that stands for these: itself, or the narrowest that holds all and little else; "" if none."""
    union = set().union(*(rows[c] for c in candidates))
    holding = [c for c in rows if union <= rows[c]]
    best = min(holding, key=lambda c: (len(rows[c]), c not in candidates), default="")
    return best if best and len(union) >= 0.6 * len(rows[best]) else ""


@cache
def _spellings() -> dict[str, str]:
    """Word → its other spelling, both ways; the American one of two wins where a word has more."""
    pairs = english()["spellings"]
    return {**{other: one for one, other in pairs.items()}, **pairs}


def _split_lists(data: Any) -> Any:
    if isinstance(data, str):
        return [phrase.strip() for phrase in data.split(" | ")]
    return {key: value if key in ("synonyms", "spellings") else _split_lists(value) for key, value in data.items()}
