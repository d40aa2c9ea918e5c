"""What is true of one item: its attributes decide, and its own words (title, description …) where they are silent."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

from convrec.catalog import FITS, SYSTEM, Catalog
from convrec.conversation import Constraint
from convrec.language.claims_lexicon import LEXICON, Degree
from convrec.language.claims_vocabulary import Meaning, Vocabulary, category_phrases
from convrec.language.claims_words import stems
from convrec.language.facts import fit

_TOLERANCE = 1e-6


class Truth:
    """Answers about the items of one catalogue; nothing here knows of sentences."""

    def __init__(self, catalog: Catalog, vocabulary: Vocabulary) -> None:
        self.catalog = catalog
        self._vocabulary = vocabulary
        self.satisfies = lru_cache(maxsize=512)(lambda c: catalog.satisfies(c))
        self._words = lru_cache(maxsize=8192)(self._words_of)
        self._extreme = lru_cache(maxsize=4096)(self._extreme_of)
        self._keys = lru_cache(maxsize=256)(lambda degree: vocabulary.keys_of(degree, catalog))

    def has(self, row: int, meaning: Meaning) -> bool:
        """Whether the item is what a flag, value, part, brand, category or property says."""
        item = self.catalog[row]
        if meaning.kind == "flag":
            found = item.attributes.get(meaning.key)
            if found is None and meaning.value:
                return self.says(row, stems(meaning.key.replace("_", " ")))
            return (found is True) is meaning.value
        if meaning.kind == "value":
            return self._has_value(row, meaning.key, str(meaning.value))
        if meaning.kind == "brand":
            return bool(stems(item.brand) == meaning.value)
        if meaning.kind == "category":
            phrases = chain.from_iterable(category_phrases(category) for category in item.categories)
            return meaning.value in phrases or _within(meaning.value, self._words(row)[0])
        if meaning.kind == "property":
            return any(self.says(row, phrase) for phrase in meaning.value)
        return self.says(row, tuple(meaning.value))

    def says(self, row: int, phrase: tuple[str, ...]) -> bool:
        """Whether the item's own words (title, brand, categories, values, features, description) say the phrase."""
        text = self._words(row)[1]
        needle = f" {' '.join(phrase)} "
        at = text.find(needle)
        while at >= 0:
            if not LEXICON.words["negators"].intersection(text[:at].split()[-2:]):
                return True
            at = text.find(needle, at + 1)
        return False

    def is_called(self, row: int, word: str) -> bool:
        """Whether the title or the categories of the item have this word (a stem)."""
        item = self.catalog[row]
        return any(word in stems(name) for name in (item.title, *item.categories))

    def number(self, row: int, key: str) -> float | None:
        value = self.catalog.value(row, key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def numbers(self, row: int) -> dict[str, float]:
        """All number values of the item but its price."""
        found = ((key, self.number(row, key)) for key in self.catalog[row].attributes)
        return {key: value for key, value in found if value is not None}

    def fits(self, row: int, other: int) -> bool:
        return fit(self.catalog[row], self.catalog[other])

    def holds(self, constraint: Constraint, row: int) -> bool:
        return bool(self.satisfies(constraint)[row])

    def compare(self, degree: Degree, row: int, other: int) -> int | None:
        """+1: `row` is more so than `other` ("lighter" than it); −1 or 0: it is not; None: they cannot be compared."""
        signs: set[int] = set()
        for key in self._keys(degree):
            one, two = self.number(row, key), self.number(other, key)
            if one is not None and two is not None:
                signs.add(degree.sign * ((one > two + _TOLERANCE) - (one < two - _TOLERANCE)))
        if not signs:
            return None
        return 1 if signs <= {0, 1} and 1 in signs else -1 if -1 in signs else 0

    def is_most(self, degree: Degree, row: int, everywhere: bool, among: bool, named: Meaning | None = None) -> bool:
        """Whether no live item of the same leaf (of the category `named`, or `everywhere`) is more so; `among`: whether
        it is in the first quarter."""
        group = named if named is not None else "" if everywhere else self.catalog[row].leaf
        values = [(key, value) for key in self._keys(degree) if (value := self.number(row, key)) is not None]
        return bool(values) and all(
            degree.sign * value >= self._extreme(key, degree.sign, group, among) - _TOLERANCE for key, value in values
        )

    def _extreme_of(self, key: str, sign: int, group: Meaning | str, among: bool) -> float:
        """The highest value (times `sign`) of the live items of a leaf, of a named category, or ("") of all."""
        rows = [row for row in range(len(self.catalog)) if self.catalog.live[row] and self._belongs(row, group)]
        values = sorted((sign * v for row in rows if (v := self.number(row, key)) is not None), reverse=True)
        if not values:
            return float("inf")
        return values[(len(values) - 1) // 4] if among else values[0]

    def _belongs(self, row: int, group: Meaning | str) -> bool:
        if isinstance(group, Meaning):
            return self.has(row, group)
        return group in ("", self.catalog[row].leaf)

    def _has_value(self, row: int, key: str, value: str) -> bool:
        phrase = stems(value)
        attributes = self.catalog[row].attributes
        found = attributes.get(key)
        if key == SYSTEM:
            own = (*_entries(found), *_entries(attributes.get(FITS)))
        elif found is None or isinstance(found, bool | int | float):
            return self.says(row, phrase)
        else:
            own = _entries(found)
        # "steel" is true of "stainless steel", "blue" of "dark blue"; what the title says is true in any case
        return any(stems(entry)[-len(phrase) :] == phrase for entry in own) or _within(phrase, self._words(row)[0])

    def _words_of(self, row: int) -> tuple[str, str]:
        item = self.catalog[row]
        title = " ".join(stems(item.title))
        values = [" . ".join(_entries(value)) for value in item.attributes.values()]
        texts = [item.title, item.brand, *item.categories, *values, *item.features, item.description]
        return f" {title} ", " " + " . ".join(" ".join(stems(text)) for text in texts) + " "


def _entries(value: object) -> tuple[str, ...]:
    if value is None or isinstance(value, bool | int | float):
        return ()
    return tuple(str(v) for v in value) if isinstance(value, tuple) else (str(value),)


def _within(phrase: tuple[str, ...], text: str) -> bool:
    return f" {' '.join(phrase)} " in text
