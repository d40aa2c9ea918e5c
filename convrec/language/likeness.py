"""Words that are nearly the catalogue's: mistyped ones by spelling, other ones by meaning. Never certain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from convrec.language.encoder import SentenceEncoder
from convrec.language.lexicon import Lexicon, Sense
from convrec.language.utterance import Utterance, singular

SPELLING = 0.79  # share of letters in place: one slip in five letters, two in ten
MEANING = 0.72  # cosine; below it the nearest value is too often another thing
TOPIC = 0.55  # cosine of a message to the name of a category …
APART = 1.0  # … and by how many standard deviations it must lead (set on tests/acts/open)
_ENDINGS = ("", "er", "est")  # "plainer" is no planner
_MOST = 40  # unknown words or phrases looked at in one message


class Likeness:
    """Nearness to the words of one lexicon; meanings need an encoder and are encoded once, when this is built."""

    def __init__(self, lexicon: Lexicon, encoder: SentenceEncoder | None) -> None:
        self._lexicon, self._encoder = lexicon, encoder
        self._values = lexicon.values() if encoder else []
        self._names = lexicon.category_names() if encoder else []
        texts = list(dict.fromkeys(text for text, _ in [*self._values, *self._names]))
        known = encoder.vectors(texts) if encoder and texts else np.empty((0, 0), np.float32)
        place = {text: i for i, text in enumerate(texts)}
        self._vectors: NDArray[np.float32] = known[[place[text] for text, _ in self._values]]
        self._name_vectors: NDArray[np.float32] = known[[place[text] for text, _ in self._names]]
        leaves = sorted({item.leaf for item in lexicon.catalog.items})
        holds: dict[str, set[int]] = defaultdict(set)
        for path in {item.categories for item in lexicon.catalog.items if item.categories}:
            for category in path:
                holds[category].add(leaves.index(path[-1]))
        within = np.zeros((len(self._names), len(leaves)), dtype=bool)
        for row, (_, sense) in enumerate(self._names):
            within[row, list(holds[str(sense.value)])] = True
        self._related = (within.astype(np.float32) @ within.T.astype(np.float32)) > 0  # (names, names) share a leaf

    def corrections(self, utterance: Utterance) -> dict[int, str]:
        """Word number → the stem it is probably meant to be. Correct English words are left alone."""
        found: dict[int, str] = {}
        looked = 0
        for index, word in enumerate(utterance.words):
            if (
                len(word.stem) < 4
                or not word.text.isalpha()
                or self._lexicon.knows(word.stem)
                or any(self.is_english(word.text.removesuffix(ending)) for ending in _ENDINGS)
            ):
                continue
            looked += 1
            if looked > _MOST:
                break
            near = process.extractOne(
                word.stem, self._lexicon.typo_words, scorer=OSA.normalized_similarity, score_cutoff=SPELLING
            )
            if near and near[0][0] == word.stem[0] and near[0] != word.stem:
                found[index] = near[0]
            elif swapped := self._swapped(word.stem):
                found[index] = swapped
        return found

    def _swapped(self, stem: str) -> str | None:
        """The one catalogue word that two neighbouring letters in turn would make: "lmap" has too few for a share."""
        turned = {f"{stem[:i]}{stem[i + 1]}{stem[i]}{stem[i + 2 :]}" for i in range(1, len(stem) - 1)}
        found = (turned & self._lexicon.swapped_words) - {stem}
        return found.pop() if len(found) == 1 else None

    def nearest(self, phrases: Sequence[str]) -> list[Sense | None]:
        """For each phrase the value that means nearly the same, or None."""
        phrases = list(phrases[:_MOST])
        if not phrases or not self._encoder or not len(self._vectors):
            return [None] * len(phrases)
        likeness = self._encoder.vectors(phrases) @ self._vectors.T
        best = likeness.argmax(axis=1)
        return [
            self._values[place][1] if likeness[row, place] >= MEANING else None
            for row, place in enumerate(best.tolist())
        ]

    def topic(self, message: str) -> Sense | None:
        """The category that a whole message is about, though it does not name it: the one whose name stands out from
        those of all categories that have nothing to do with it; None where there is no such."""
        if self._encoder is None or not self._names:
            return None
        likeness = self._name_vectors @ self._encoder.vector(message)
        best = int(likeness.argmax())
        others = likeness[~self._related[best]]
        if likeness[best] < TOPIC or not len(others) or likeness[best] - others.max() < APART * likeness.std():
            return None
        return self._names[best][1]

    def is_english(self, word: str) -> bool:
        """Whether this is a common word of English; without an encoder none is known."""
        return self._encoder is not None and (self._encoder.is_word(word) or self._encoder.is_word(singular(word)))
