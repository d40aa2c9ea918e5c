"""From a written title to the items it may mean: the one of that title, else the nearest by BM25."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")


class Grounding:
    """Over the titles of a catalogue by row; titles may be alike, or hold no word at all."""

    def __init__(self, titles: Sequence[str]) -> None:
        import bm25s

        words = [_words(title) for title in titles]
        self._same: dict[str, list[int]] = {}
        for row, title in enumerate(titles):
            self._same.setdefault(_folded(title), []).append(row)
        self._index = bm25s.BM25() if any(words) else None
        if self._index is not None:
            self._index.index(words, show_progress=False)

    def rows(self, texts: Sequence[str], allowed: NDArray[np.bool_], count: int) -> list[int]:
        """At most `count` different rows out of `allowed` (items,): the best of each text in their order, then the
        second best of each, and so on. A text without a word of the catalogue names nothing."""
        ranked = [self._ranked(text, allowed, count) for text in texts]
        found: dict[int, None] = {}
        for place in range(count):
            for rows in ranked:
                if place < len(rows):
                    found.setdefault(rows[place])
        return list(found)[:count]

    def _ranked(self, text: str, allowed: NDArray[np.bool_], count: int) -> list[int]:
        exact = [row for row in self._same.get(_folded(text), []) if allowed[row]]
        words = _words(text)
        if self._index is None or not words:
            return exact[:count]
        scores = np.where(allowed, self._index.get_scores(words), 0.0)
        k = min(count + len(exact), len(scores))
        best = np.argpartition(-scores, k - 1)[:k]
        best = best[scores[best] > 0]
        near = best[np.lexsort((best, -scores[best]))].tolist()
        return list(dict.fromkeys([*exact, *near]))[:count]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
