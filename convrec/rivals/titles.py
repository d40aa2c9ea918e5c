"""Titles as text: an item is its title, and what the beams write is grounded to the catalogue by BM25."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convrec.errors import ModelError
from convrec.rivals.beams import generated_texts, text_beams
from convrec.rivals.grounding import Grounding
from convrec.rivals.rival import How, Rival, Tokens

END = "\n"  # ends a title, and opens the history: a token of its own in every byte-level vocabulary
LONGEST = 64  # tokens of a title, END included


class Titles(Rival):
    """`titles` by row; `tokenizer` is the backbone's. Raises ModelError where it has no token for the end of a line."""

    kind = "titles"

    def __init__(self, backbone: Any, tokenizer: Any, titles: Sequence[str], dropout: float = 0.0) -> None:
        super().__init__(backbone, dropout)
        self.tokenizer = tokenizer
        lines = [" ".join(title.split()) for title in titles]
        end = tokenizer(END, add_special_tokens=False)["input_ids"]
        if len(end) != 1:
            raise ModelError("titles as text need a tokenizer in which the end of a line is one token")
        self.end = int(end[0])
        spelt = tokenizer(lines, add_special_tokens=False)["input_ids"]
        self._tokens = [np.array([*ids[: LONGEST - 1], self.end], dtype=np.int64) for ids in spelt]
        self.grounding = Grounding(lines)

    def spell(self, rows: Sequence[int]) -> Tokens:
        return np.concatenate([np.array([self.end]), *(self._tokens[row] for row in rows)])

    def recommend(
        self, history: Sequence[int], allowed: NDArray[np.bool_], count: int, *, beams: int, how: How = "loop"
    ) -> list[int]:
        prompt = self.prompt(history)
        if how == "generate":
            texts = generated_texts(self.backbone, prompt, beams, end=self.end, longest=LONGEST)
        else:
            texts = text_beams(self.backbone, self.reads, prompt, beams, end=self.end, longest=LONGEST)[0]
        return self.grounding.rows(self.written(texts), allowed, count)

    def written(self, texts: Sequence[Sequence[int]]) -> list[str]:
        return [str(text) for text in self.tokenizer.batch_decode(texts, clean_up_tokenization_spaces=False)]
