"""Every word and phrase that can make a claim, of the lexicon and of one catalogue, in one trie of stems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from convrec.catalog import FITS, SYSTEM, Catalog
from convrec.language.claims_lexicon import LEXICON, Degree
from convrec.language.claims_words import Token, stem, stems

MeaningKind = Literal[
    "flag", "value", "part", "brand", "category", "title", "property", "quality", "service", "stock", "compare",
    "superlative", "compatible", "owned", "previous", "contrast", "plain",
]  # fmt: skip
OF_ITEMS = frozenset({"flag", "value", "part", "brand", "category", "property"})  # what an item can have or not have
_ALTERNATIVES = re.compile(r"\s*(?:&|,|/| and )\s*")
_LEAF = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase may say. `key` is the facet of flags and values; `value` depends on the kind:

    flag: bool · value: str · part, brand, category, property, quality, service: stems · title: rows · stock: bool ·
    compare, superlative: Degree · compatible, owned, previous, contrast, plain: nothing.
    """

    kind: MeaningKind
    key: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class Mention:
    """Tokens `start` to `end` (exclusive) that mean one of `meanings`: of the catalogue if it knows them at all."""

    start: int
    end: int
    meanings: tuple[Meaning, ...]

    @property
    def kind(self) -> MeaningKind:
        return self.meanings[0].kind


class Vocabulary:
    """The phrases of the lexicon and of `catalog`; finds the longest at each place, whatever their number."""

    def __init__(self, catalog: Catalog) -> None:
        self._root: dict[str, Any] = {}
        self.facet_nouns: dict[str, set[str]] = {}  # stem of a word in a number facet's key → those keys
        self.facet_words = frozenset(stem(word) for key in catalog.facets for word in key.split("_"))
        self._add_flags(catalog)
        self._add_values(catalog)
        self._add_names(catalog)
        self._add_lexicon()

    def mentions(self, tokens: Sequence[Token]) -> list[Mention]:
        """The mentions in order, none overlapping."""
        found: list[Mention] = []
        at = 0
        while at < len(tokens):
            mention = self._longest(tokens, at)
            if mention is None:
                at += 1
            else:
                found.append(mention)
                at = mention.end
        return found

    def keys_of(self, degree: Degree, catalog: Catalog) -> list[str]:
        """The number facets of this catalogue that a comparative or superlative orders."""
        if catalog.facets.keys() >= set(degree.facets):
            return list(degree.facets)  # facets by their full keys
        names = {stem(word) for word in degree.facets}
        return [
            key
            for key, facet in catalog.facets.items()
            if facet.kind == "number" and names & {stem(w) for w in key.split("_")}
        ]

    def _longest(self, tokens: Sequence[Token], start: int) -> Mention | None:
        node: dict[str, Any] | None = self._root
        best: list[Meaning] | None = None
        end = start
        for at in range(start, len(tokens)):
            if tokens[at].kind not in ("word", "number"):
                break
            node = node.get(tokens[at].stem) if node is not None else None
            if node is None:
                break
            if _LEAF in node:
                best, end = node[_LEAF], at + 1
        if best is None:
            return None
        meanings = [m for m in best if m.kind != "brand" or tokens[start].capital or tokens[start].kind == "number"]
        return Mention(start, end, tuple(meanings)) if meanings else None

    def _add(self, phrase: Sequence[str], meaning: Meaning, alone: bool = False) -> None:
        """`alone`: only where the phrase means nothing yet; the catalogue's meaning outweighs the lexicon's."""
        node = self._root
        for word in phrase:
            node = node.setdefault(word, {})
        meanings = node.setdefault(_LEAF, [])
        if meaning not in meanings and not (alone and meanings):
            meanings.append(meaning)

    def _add_flags(self, catalog: Catalog) -> None:
        known: set[str] = set()
        for key, facet in catalog.facets.items():
            if facet.kind == "flag":
                own = tuple(w for w in stems(key.replace("_", " ")) if w not in ("is", "has", "with"))
                known.add("_".join(own))
                for phrase in (own, *_inflected(own), *map(stems, LEXICON.flag_words.get("_".join(own), ()))):
                    self._add(phrase, Meaning("flag", key, True))
                for opposite in LEXICON.flag_opposites.get("_".join(own), ()):
                    self._add(stems(opposite), Meaning("flag", key, False))
        self._unknown_flags = [name for name in LEXICON.flag_words if name not in known]

    def _add_values(self, catalog: Catalog) -> None:
        parts: set[str] = set()
        for key, facet in catalog.facets.items():
            if facet.kind == "number":
                words = key.split("_")[:-1] if facet.unit and key != "price" else key.split("_")
                for word in words:
                    if word not in LEXICON.words["function_words"]:
                        self.facet_nouns.setdefault(stem(word), set()).add(key)
            elif facet.kind in ("choice", "list") and key not in ("brand", "category"):
                for value in facet.values:
                    phrase = stems(value)
                    if _meaningful(phrase):
                        self._add(phrase, Meaning("value", SYSTEM if key == FITS else key, value))
                        parts.update(phrase if len(phrase) > 1 and key not in (SYSTEM, FITS) else ())
        for part in parts:
            plain = part in LEXICON.words["generic_nouns"] | LEXICON.words["ambiguous"] | self.facet_words
            if len(part) > 3 and _meaningful((part,)) and not plain:
                self._add((part,), Meaning("part", value=(part,)), alone=True)

    def _add_names(self, catalog: Catalog) -> None:
        for brand in catalog.facets["brand"].values if "brand" in catalog.facets else ():
            if phrase := stems(brand):
                self._add(phrase, Meaning("brand", value=phrase))
        for category in catalog.facets["category"].values if "category" in catalog.facets else ():
            for phrase in category_phrases(category):
                self._add(phrase, Meaning("category", value=phrase))
        rows: dict[tuple[str, ...], list[int]] = {}
        for row, item in enumerate(catalog.items):
            rows.setdefault(stems(item.title), []).append(row)
        for phrase, which in rows.items():
            if len(phrase) > 1:
                self._add(phrase, Meaning("title", value=tuple(which)))

    def _add_lexicon(self) -> None:
        for name in self._unknown_flags:  # what other catalogues have as a flag, only an item's own words can support
            every = tuple(stems(words) for words in LEXICON.flag_words[name])
            for known in every:
                self._add(known, Meaning("property", name, every), alone=True)
        for degree in LEXICON.comparatives:
            self._add_all(degree.words, Meaning("compare", value=degree))
        for degree in LEXICON.superlatives:
            self._add_all(degree.words, Meaning("superlative", value=degree))
        for name in ("plain_phrases", "compatible", "owned_words", "previous_words", "contrast"):
            kind: MeaningKind = name.split("_")[0] if name != "plain_phrases" else "plain"  # type: ignore[assignment]
            self._add_all(LEXICON.phrases[name], Meaning(kind))
        self._add_all(LEXICON.phrases["in_stock"], Meaning("stock", value=True))
        self._add_all(LEXICON.phrases["out_of_stock"], Meaning("stock", value=False))
        unfounded: dict[str, MeaningKind] = {"quality": "quality", "service": "service", "common_values": "quality"}
        for name, kind in unfounded.items():
            for phrase in LEXICON.phrases[name]:
                if not self.facet_words.issuperset(stems(phrase)):  # "warranty" is a facet of some catalogues
                    self._add(stems(phrase), Meaning(kind, value=stems(phrase)), alone=True)

    def _add_all(self, phrases: Iterable[str], meaning: Meaning) -> None:
        for phrase in phrases:
            self._add(stems(phrase), meaning, alone=True)


def category_phrases(category: str) -> list[tuple[str, ...]]:
    """How a category is named in prose: "Notebooks & Writing Pads" → notebook, writing pad, pad."""
    phrases: list[tuple[str, ...]] = []
    for name in _ALTERNATIVES.split(category):
        phrase = stems(name)
        if _meaningful(phrase):
            phrases.append(phrase)
            if len(phrase) > 1 and _meaningful(phrase[-1:]) and phrase[-1] not in LEXICON.words["generic_nouns"]:
                phrases.append(phrase[-1:])
    return phrases


def _meaningful(phrase: Sequence[str]) -> bool:
    return any(not w.replace(".", "").isdigit() and w not in LEXICON.words["function_words"] for w in phrase)


def _inflected(phrase: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Other forms of a flag named by an adjective: foldable → fold, folds, folded, folding; left handed → left hand."""
    last = phrase[-1] if phrase else ""
    if last.endswith("able") and len(last) > 6:
        base = last[:-4]
        forms = [base + "ed", base + "ing", base + "e", base]
        return [(*phrase[:-1], form) for form in forms if form not in _NOT_FLAGS]
    return []


# What a flag's verb would be, but what is far more often a noun or another word: "refill" is also a thing.
_NOT_FLAGS = frozenset({"refill", "adjust", "us", "port", "wash", "stack", "stackes", "lock", "wear", "note", "not"})
