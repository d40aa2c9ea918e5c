"""Semantic ids: an item is four tokens, and constrained beams over the ids that exist recommend the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convrec.errors import ModelError
from convrec.rivals.beams import generated_ids, id_beams
from convrec.rivals.codes import CODES, LEVELS, Codes
from convrec.rivals.rival import How, Rival, Tokens
from convrec.rivals.trie import Trie

OPENING = 0  # the token before a history
VOCABULARY = 1 + LEVELS * CODES  # of a backbone that speaks of nothing else


class Semantic(Rival):
    """`codes` (items, LEVELS); the last LEVELS · CODES tokens of the vocabulary are theirs, one range a level.

    Raises ModelError where the vocabulary has no room for them or two items have the same codes.
    """

    kind = "semantic"

    def __init__(self, backbone: Any, codes: Codes, dropout: float = 0.0) -> None:
        super().__init__(backbone, dropout)
        vocabulary = backbone.get_input_embeddings().weight.shape[0]
        if vocabulary < VOCABULARY:
            raise ModelError(f"semantic ids take {VOCABULARY} tokens; the backbone has {vocabulary}")
        self.codes = codes
        self._tokens = codes + (vocabulary - LEVELS * CODES) + CODES * np.arange(LEVELS)
        self.trie = Trie(self._tokens)

    def spell(self, rows: Sequence[int]) -> Tokens:
        return np.concatenate([[OPENING], self._tokens[list(rows)].reshape(-1)])

    def recommend(
        self, history: Sequence[int], allowed: NDArray[np.bool_], count: int, *, beams: int, how: How = "loop"
    ) -> list[int]:
        prompt = self.prompt(history)
        if how == "generate":
            return generated_ids(self.backbone, prompt, self.trie, beams, allowed)[:count]
        return id_beams(self.backbone, self.reads, prompt, self.trie, beams, allowed)[0][:count]
