"""`Renderer`: from a path to the symbols a model is shown. The one rendering, for training and for serving alike.

A prompt:  ⟨history⟩ item … ⟨user⟩ (heard words) ⟨shown⟩ item …  ⟨user⟩ (heard words) (reading) ⟨reference⟩ item ⟨item⟩
After it:  the chosen item, ⟨facts⟩ what may be said of it, ⟨reply⟩, and then the words, ended by ⟨end⟩

`hears="encoder"`: a message enters as the sentence encoder's token vectors, one projected soft token a word piece (a
small backbone hears unseen phrasings far better so; measured in DESIGN §4). `hears="tokens"`: as the backbone's own
tokens, for a large pretrained one. Either way no text can become an item, a control or a fact token. `hears="nothing"`,
`splice_facts=False` and `fact_tokens=False` are ablations of a recipe (docs/training.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.conversation import Constraint, Path, PathTurn
from convrec.items.vectors import TEXT_WIDTH, phrase
from convrec.language.facts import Context, facts_of, render, split
from convrec.model.symbols import QUANTILES, Symbols

Floats = NDArray[np.float32]
Hears = Literal["encoder", "tokens", "nothing"]
MAX_HISTORY = 20
MAX_TURNS = 4
_SPOKEN = str.maketrans("_:", "  ")  # names of facts as words


class Encoder(Protocol):
    def vectors(self, texts: Sequence[str]) -> Floats: ...
    def tokens(self, text: str) -> Floats: ...


@dataclass
class Prompt:
    """`symbols` as in model.symbols; `heard` are the vectors that negative symbols point at, (TEXT_WIDTH,) each;
    `history` is how many of the symbols, from the first on, tell of purchases (0: none were made); `facts` are the fact
    tokens that the words after an opening may hold."""

    symbols: list[int] = field(default_factory=list)
    heard: list[Floats] = field(default_factory=list)
    history: int = 0
    facts: tuple[int, ...] = ()

    def add(self, *symbols: int) -> None:
        self.symbols.extend(symbols)

    def hear(self, vectors: Floats) -> None:
        for vector in vectors:
            self.symbols.append(Symbols.heard(len(self.heard)))
            self.heard.append(vector)

    def join(self, other: Prompt) -> None:
        shift = len(self.heard)
        self.symbols.extend(s - shift if s < 0 else s for s in other.symbols)
        self.heard.extend(other.heard)


class Renderer:
    """Renders paths, facts and words over one catalogue; encoded words and phrases are kept (bounded).

    `splice_facts=False` opens the words without what may be said of the item; `fact_tokens=False` writes values as text
    wherever a fact token would stand.
    """

    def __init__(
        self,
        catalog: Catalog,
        symbols: Symbols,
        tokenizer: Any,
        encoder: Encoder,
        hears: Hears,
        *,
        splice_facts: bool = True,
        fact_tokens: bool = True,
    ) -> None:
        self.catalog, self.symbols, self.tokenizer, self.encoder = catalog, symbols, tokenizer, encoder
        self.hears, self.splice_facts, self.fact_tokens = hears, splice_facts, fact_tokens
        self._phrases: dict[str, Floats] = {}

    def path(self, path: Path) -> Prompt:
        """Everything up to the position at which the next item is predicted: the ⟨item⟩ mark, or where nothing was said
        yet the end of the history itself, which sequential training supervises at every item.
        """
        prompt = self.history(path.history)
        control = self.symbols.control
        for turn in path.turns[-MAX_TURNS:-1]:
            prompt.add(control("user"))
            self._message(prompt, turn.text)
            prompt.add(control("shown"), *map(self.symbols.item, turn.shown))
        if path.turns:
            self._current(prompt, path.turns[-1])
            prompt.add(control("item"))
        return prompt

    def history(self, rows: Sequence[int]) -> Prompt:
        """⟨history⟩ and the last rows bought, oldest first."""
        symbols = [self.symbols.control("history"), *map(self.symbols.item, rows[-MAX_HISTORY:])]
        return Prompt(symbols, history=len(symbols) if rows else 0)

    def item(self, row: int, context: Context, kind: str = "reply") -> Prompt:
        """The chosen item, what may be said of it, and the mark that opens the words."""
        symbols = self.symbols
        values = facts_of(self.catalog, row, context)
        facts = [symbols.fact(name) for name in values if symbols.has_fact(name) and self.fact_tokens]
        spliced: list[int] = []
        if self.splice_facts:
            listed = "; ".join(f"{name.translate(_SPOKEN)}: {value}" for name, value in values.items())
            spliced = [symbols.control("facts"), *(facts if self.fact_tokens else self._tokens(listed))]
        return Prompt([symbols.item(row), *spliced, symbols.control(kind)], facts=tuple(facts))

    def words(self, marked: str, row: int, context: Context) -> list[int]:
        """A marked text about `row` as text and fact symbols, ended by ⟨end⟩. Raises KeyError for an unknown fact."""
        if not self.fact_tokens:
            marked = render(marked, facts_of(self.catalog, row, context))
        out: list[int] = []
        for piece, is_fact in split(marked):
            if is_fact:
                out.append(self.symbols.fact(piece))
            else:
                out.extend(self._tokens(piece))
        return [*out, self.symbols.control("end")]

    def _tokens(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return ids

    def _message(self, prompt: Prompt, text: str) -> None:
        if self.hears == "tokens":
            prompt.add(*self._tokens(text)[:256])
        elif self.hears == "encoder" and text.strip():
            prompt.hear(self.encoder.tokens(text))

    def _current(self, prompt: Prompt, turn: PathTurn) -> None:
        prompt.add(self.symbols.control("user"))
        self._message(prompt, turn.text)
        for constraint in turn.constraints if self.hears != "nothing" else ():
            if constraint.facet != "title":  # words of the message, which are heard as such
                self._constraint(prompt, constraint)
        if turn.reference is not None:
            prompt.add(self.symbols.control("reference"), self.symbols.item(turn.reference))

    def _constraint(self, prompt: Prompt, constraint: Constraint) -> None:
        control = self.symbols.control
        if not constraint.hard:
            prompt.add(control("wish"))
        prompt.add(control(f"op:{constraint.op}"))
        if constraint.facet == "compatible":
            for item_id in constraint.values:
                prompt.add(self.symbols.fact("fits"), self.symbols.item(self.catalog.row(item_id)))
        elif constraint.facet in self.catalog.facets and self.catalog.facets[constraint.facet].kind == "number":
            place = self.catalog.quantile(constraint.facet, float(constraint.value))
            prompt.hear(self._phrase(phrase(constraint.facet, True)))
            prompt.add(control(f"quantile:{min(int(place * QUANTILES), QUANTILES - 1)}"))
        else:
            prompt.hear(self._phrase(phrase(constraint.facet, constraint.value)))

    def _phrase(self, text: str) -> Floats:
        if text not in self._phrases:
            if len(self._phrases) > 50_000:
                self._phrases.clear()
            self._phrases[text] = self.encoder.vectors([text])
        return self._phrases[text]


def heard_matrix(prompt: Prompt) -> Floats:
    """(heard, TEXT_WIDTH), possibly empty."""
    return np.stack(prompt.heard).astype(np.float32) if prompt.heard else np.zeros((0, TEXT_WIDTH), np.float32)
