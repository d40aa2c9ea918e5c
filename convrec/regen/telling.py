"""The words by which an item of a catalogue is told from another where brand, category and attributes are the same."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from convrec.catalog import Catalog
from convrec.language.grammar import phrasings

COMMON = 0.05  # a word in more of the titles than this tells nothing
# Numbers with what they count ("2-inch", "12 pack"), words, and the names of models ("i2600", "1460").
_WORD = re.compile(r"(?<![\w/.])(?P<counted>\d{1,3}(?:\.\d+)?[ -]?[a-z]{2,})|[a-z]{3,}(?!\d)|(?<!\w)\w*\d{3}\w*")


class Telling:
    """Over one catalogue; its titles are read once."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._titled, self._described = cache(self._words_of_title), cache(self._words_of_description)
        self._titles = Counter(word for row in range(len(catalog)) for word in self._titled(row))

    def apart(self, source: int, target: int, *, models: bool = False) -> list[str]:
        """Words of the target's title that the source's has not, of its description where the title has none; neither
        its brand nor its categories, nor names of `models` unless it may be named. What several titles hold comes
        first, numbers last."""
        item, known = self.catalog[target], set(self._titled(source))
        known.update(words_of(" ".join((item.brand, *item.categories))), phrasings("attributes")["_dull"])
        words = [word for word in self._titled(target) if word not in known and self._tells(word)]
        words = [word for word in words if models or " " in word or word.isalpha()]
        if not words:
            known.update(self._described(source))
            words = [word for word in self._described(target) if word not in known and self._tells(word)]
        return sorted(words, key=lambda word: (not word.isalpha(), self._titles[word] < 2))

    def _tells(self, word: str) -> bool:
        return word not in ENGLISH_STOP_WORDS and self._titles[word] <= max(4, COMMON * len(self.catalog))

    def _words_of_title(self, row: int) -> tuple[str, ...]:
        return tuple(dict.fromkeys(words_of(self.catalog[row].title)))

    def _words_of_description(self, row: int) -> tuple[str, ...]:
        return tuple(word for word in dict.fromkeys(words_of(self.catalog[row].description)) if word[0].isalpha())


def words_of(text: str) -> list[str]:
    """Words of three letters or more, numbers with the word after them ("12 pack"), and names of models."""
    return [
        re.sub(r"^([\d.]+)[ -]?", r"\1 ", found[0]) if found["counted"] else found[0]
        for found in _WORD.finditer(text.casefold())
    ]
