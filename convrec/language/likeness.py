"""Words that are nearly the catalogue's: mistyped ones by spelling, other ones by meaning. Never certain."""

from __future__ import annotations

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
_MOST = 40  # unknown words or phrases looked at in one message


class Likeness:
    """Nearness to the words of one lexicon; meanings need an encoder and are encoded once, when this is built."""

    def __init__(self, lexicon: Lexicon, encoder: SentenceEncoder | None) -> None:
        self._lexicon, self._encoder = lexicon, encoder
        self._values = lexicon.values() if encoder else []
        self._vectors: NDArray[np.float32] = (
            encoder.vectors([text for text, _ in self._values])
            if encoder and self._values
            else np.empty((0, 0), np.float32)
        )

    def corrections(self, utterance: Utterance) -> dict[int, str]:
        """Word number → the stem it is probably meant to be. Correct English words are left alone."""
        found: dict[int, str] = {}
        looked = 0
        for index, word in enumerate(utterance.words):
            if (
                len(word.stem) < 5
                or not word.text.isalpha()
                or self._lexicon.knows(word.stem)
                or self.is_english(word.text)
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
        return found

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

    def is_english(self, word: str) -> bool:
        """Whether this is a common word of English; without an encoder none is known."""
        return self._encoder is not None and (self._encoder.is_word(word) or self._encoder.is_word(singular(word)))
