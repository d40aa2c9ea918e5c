"""What a model that learnt its language from few texts can say: only turns of phrase that it has read.

A small backbone trained from nothing mixes its sentences now and then ("Both it and your ⟨same:use⟩ ⟨shared_use⟩."),
which no claim checker hears. So no symbol is drawn that never followed the `ORDER` symbols before it in a sentence of
the replies it was trained on, nor one from which the facts at hand lead to no end of the sentence; and no fact is told
twice in a sentence unless some sentence read told it twice. Facts that are only numbered (⟨owned:1⟩, ⟨owned:4⟩) stand
for each other. A pretrained backbone knows its language and needs no such list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from torch import Tensor

from convrec.errors import ModelError
from convrec.model.symbols import Symbols

FILE = "phrases.safetensors"
ORDER = 5  # symbols that are looked back at
_NUMBERED = re.compile(r":\d+$")
_ENDS = re.compile(r"[.?!]\s*$")
_NOTHING = torch.zeros(0, dtype=torch.long)
Sentence = tuple[int, ...]  # what was written of it, in symbols


class Phrases:
    """A graph of the sentences read. `read` (phrases, ORDER + 1): symbols in a row, -1 before the start of a sentence,
    sorted; `twice` (facts,): those that a sentence may repeat."""

    def __init__(self, symbols: Symbols, tokenizer: Any, read: NDArray[np.int32], twice: NDArray[np.int32]) -> None:
        self.symbols, self.read, self.twice = symbols, read, twice
        self._kind = _kinds(symbols)
        self._of_kind: dict[int, list[int]] = {}
        for symbol, kind in enumerate(self._kind):
            self._of_kind.setdefault(kind, []).append(symbol)
        ends = {i for i in range(symbols.text) if _ENDS.search(tokenizer.decode([i]))}
        self._ends = ends | {symbols.control("end")}
        self._once = set(range(symbols.first_fact, symbols.items)) - set(twice.tolist())
        before, self._start = np.unique(read[:, :-1], axis=0, return_index=True)
        self._start = np.append(self._start, len(read))
        self._node = {tuple(sentence): i for i, sentence in enumerate(before.tolist())}
        self._to = np.array([self._leads(row) for row in read.tolist()], np.int64)
        self._from = np.repeat(np.arange(len(before)), np.diff(self._start))

    @classmethod
    def of(cls, symbols: Symbols, tokenizer: Any, texts: Iterable[Sequence[int]]) -> Phrases:
        """What texts in symbols say, each ended by ⟨end⟩."""
        nothing = cls(symbols, tokenizer, np.zeros((0, ORDER + 1), np.int32), np.zeros(0, np.int32))
        read: set[Sentence] = set()
        twice: set[int] = set()
        for text in texts:
            sentence: Sentence = ()
            for symbol in text:
                read.add((*nothing._before(sentence), nothing._kind[symbol]))
                if symbol in sentence and symbol >= symbols.first_fact:
                    twice.add(symbol)
                sentence = nothing.extended(sentence, symbol)
        rows = np.array(sorted(read), np.int32).reshape(-1, ORDER + 1)
        return cls(symbols, tokenizer, rows, np.array(sorted(twice), np.int32))

    @classmethod
    def saved(cls, folder: Path, symbols: Symbols, tokenizer: Any) -> Phrases | None:
        """As `save` wrote them into a model's folder; None where there are none. Raises ModelError for another file."""
        if not (folder / FILE).is_file():
            return None
        try:
            found = load_file(folder / FILE)
            read, twice = found["read"], found["twice"]
            if read.shape[1:] != (ORDER + 1,) or read.max(initial=-1) >= symbols.items:
                raise ModelError(f"{folder / FILE} is of another model; copy the model again")
            return cls(symbols, tokenizer, read, twice)
        except (SafetensorError, KeyError) as error:
            raise ModelError(f"{folder / FILE} cannot be read ({error!r}); copy the model again") from error

    def save(self, folder: Path) -> None:
        save_file({"read": self.read, "twice": self.twice}, folder / FILE)

    def sayable(self, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(phrases,): those from which a sentence can be ended with the symbols that are allowed, (symbols,)."""
        known = np.zeros(self.symbols.items, bool)
        known[[self._kind[symbol] for symbol in allowed.nonzero()[0]]] = True
        usable = known[self.read[:, -1]]
        reached = np.zeros(len(self._start), bool)  # the last one stands for the end of the sentence
        reached[-1] = True
        while True:
            found = usable & reached[self._to]
            more = np.zeros_like(reached)
            more[self._from[found]] = more[-1] = True
            if (more == reached).all():
                return found
            reached = more

    def after(self, sentence: Sentence, sayable: NDArray[np.bool_]) -> Tensor:
        """(symbols,) that may come next."""
        node = self._node.get(self._before(sentence))
        if node is None:
            return _NOTHING
        edges = slice(self._start[node], self._start[node + 1])
        told = self._once.intersection(sentence)
        kinds = self.read[edges, -1][sayable[edges]].tolist()
        return torch.tensor([s for kind in kinds for s in self._of_kind[kind] if s not in told], dtype=torch.long)

    def extended(self, sentence: Sentence, symbol: int) -> Sentence:
        """The sentence with one more symbol; a new one where that ended it."""
        return () if symbol in self._ends else (*sentence, symbol)

    def _before(self, sentence: Sentence) -> Sentence:
        kinds = [self._kind[symbol] for symbol in sentence[-ORDER:]]
        return (*[-1] * (ORDER - len(kinds)), *kinds)

    def _leads(self, row: Sequence[int]) -> int:
        return -1 if row[-1] in self._ends else self._node[tuple(row[1:])]


def _kinds(symbols: Symbols) -> list[int]:
    """For each symbol that is no item the one that stands for it: of facts numbered alike the first."""
    first: dict[str, int] = {}
    kinds = list(range(symbols.items))
    for name in symbols.facts:
        symbol = symbols.fact(name)
        kinds[symbol] = first.setdefault(_NUMBERED.sub(":", name), symbol)
    return kinds
