"""The engine: a batch of requests in, events out. One forward a step, with a KV cache; text, fact and item tokens.

A request is answered in three strides: its prompt is read at once and gives the hidden state at the ⟨item⟩ mark; the
item step chooses; then, for every item shown, the item and what may be said of it are fed in as one chunk of forced
tokens and the words are sampled. It knows nothing of databases or pages; closing the iterator stops it within a token.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convrec.catalog import Catalog
from convrec.conversation import Path
from convrec.generate.decoder import Decoder, decoder_of
from convrec.generate.request import Chosen, Event, Finished, Request, Sampling, Token
from convrec.generate.step import best_items, served
from convrec.language.facts import Context
from convrec.language.relations import similar
from convrec.model.head import capped
from convrec.model.index import ItemIndex
from convrec.model.model import ConvrecModel
from convrec.model.phrases import Phrases
from convrec.model.prompt import Prompt, Renderer
from convrec.model.ranking import collate, score_paths, wishes_met

TOP_P = 0.9
TIES = ("owned:", "same:", "fits", "asked_fits")
ONCE = ("title", "price")  # told in one sentence of a text at most, and no training text tells a title twice
COMPARING = ("reference", "reference_brand", "reference_price", "saving", "extra")


@dataclass
class Stream:
    """The words about one row of one request, while they are written."""

    request: int
    row: int
    opening: Prompt
    allowed: Tensor  # (symbols,) bool: text, this item's facts, ⟨end⟩
    has_facts: bool
    sampling: Sampling
    generator: torch.Generator
    pending: list[int] = field(default_factory=list)  # text tokens since the last fact token
    said: str = ""  # what of them has been emitted
    sayable: NDArray[np.bool_] | None = None  # of model.phrases
    sentence: tuple[int, ...] = ()  # the symbols of the sentence being written
    ties: frozenset[int] = frozenset()  # the facts that name something owned, until one is told
    told: frozenset[int] = frozenset()  # of ONCE, in this sentence
    length: int = 0
    done: bool = False


class Engine:
    """Serves one model. `generate` may be called from several threads; torch's own threads do the work.

    Without a `decoder` it is the one that fits the backbone (generate.decoder); with `phrases` nothing else is said.
    """

    def __init__(
        self,
        model: ConvrecModel,
        renderer: Renderer,
        index: ItemIndex | None = None,
        decoder: Decoder | None = None,
        phrases: Phrases | None = None,
    ) -> None:
        self.model = model.eval()
        self.renderer = renderer
        self.phrases = phrases
        self.decoder = decoder or decoder_of(model.decoder)
        symbols = model.symbols
        self._sayable = torch.zeros(symbols.items, dtype=torch.bool)  # of any item: text and ⟨end⟩, no fact
        self._sayable[: symbols.text] = True
        self._sayable[[i for i in renderer.tokenizer.all_special_ids if i < symbols.text]] = False
        self._sayable[symbols.control("end")] = True
        self._ties = frozenset(symbols.fact(name) for name in symbols.facts if name.startswith(TIES))
        self._once = frozenset(symbols.fact(name) for name in ONCE if symbols.has_fact(name))
        self._comparing = [symbols.fact(name) for name in COMPARING if symbols.has_fact(name)]
        with torch.inference_mode():
            self.head = model.head() if index is None else served(model.indexed_head(index))
            # laid out by column: so the product with one hidden state reads it in order
            self._words = self.head.level1[: self.head.n_symbols].float().T.contiguous().T

    @property
    def catalog(self) -> Catalog:
        return self.renderer.catalog

    def scores(self, paths: Sequence[Path]) -> NDArray[np.float32]:
        """(paths, items) what items are chosen by, of many paths at once and nothing masked (model.ranking)."""
        return score_paths(self.model, self.renderer, paths)

    def generate(self, requests: Sequence[Request]) -> Generator[Event]:
        """Yields, for each request, `Chosen`; then `Token`s and `Finished` of each item shown, in turns."""
        said, bought, cache = self._read([self.renderer.path(request.path) for request in requests])
        streams: list[Stream] = []
        for index, request in enumerate(requests):
            chosen = self._choose(index, request, said[index], bought[index])
            yield chosen
            if request.narrate:
                streams += [self._stream(index, request, row) for row in chosen.rows[: chosen.count]]
        if streams:
            yield from self._write(streams, cache)

    @torch.inference_mode()
    def _read(self, prompts: Sequence[Prompt]) -> tuple[Tensor, Tensor, Any]:
        """((requests, hidden) at the last position, the same at the last purchase, the decoder's cache)."""
        cache = self.decoder.cache()
        hidden = self._chunk(prompts, cache)
        after = torch.tensor([len(p.symbols) - p.history if p.history else 0 for p in prompts])  # symbols after it
        return hidden[:, -1], hidden[torch.arange(len(prompts)), -1 - after], cache

    @torch.inference_mode()
    def _choose(self, index: int, request: Request, said: Tensor, bought: Tensor) -> Chosen:
        count = len(request.forced) or request.count
        most, met = count + request.alternatives, wishes_met(request.path, self.catalog)
        rows, scores = best_items(said, bought, self.head, request.allowed, most, request.forced, met)
        return Chosen(index, tuple(rows), tuple(scores), min(count, len(rows)))

    def _stream(self, index: int, request: Request, row: int) -> Stream:
        turn = request.path.turns[-1] if request.path.turns else None
        context = Context(request.path.history, turn.constraints if turn else (), turn.reference if turn else None)
        opening = self.renderer.item(row, context)
        allowed = self._sayable.clone()
        allowed[list(opening.facts)] = True
        if context.reference is not None and not similar(self.catalog, row, context.reference):
            allowed[self._comparing] = False  # a lunch box is not held against a lamp
        seed = (request.sampling.seed * 1_000_003 + row) % 2**63
        generator = torch.Generator().manual_seed(seed)
        stream = Stream(index, row, opening, allowed, bool(opening.facts), request.sampling, generator)
        if self.phrases is not None:
            stream.sayable = self.phrases.sayable(allowed.numpy())
            stream.ties = self._ties.intersection(opening.facts)
        return stream

    def _write(self, streams: list[Stream], cache: Any) -> Iterator[Event]:
        forbidden = ~torch.stack([stream.allowed for stream in streams])
        hidden = self._open(streams, cache)
        while True:
            chosen = self._sample(streams, hidden, forbidden)
            for stream, symbol in zip(streams, chosen, strict=True):
                yield from self._emit(stream, symbol)
            if all(stream.done for stream in streams):
                return
            end = self.model.symbols.control("end")
            hidden = self._next([end if symbol is None else symbol for symbol in chosen], cache)

    @torch.inference_mode()
    def _open(self, streams: Sequence[Stream], cache: Any) -> Tensor:
        cache.select(torch.tensor([stream.request for stream in streams]))
        return self._chunk([stream.opening for stream in streams], cache)[:, -1]

    @torch.inference_mode()
    def _next(self, chosen: Sequence[int], cache: Any) -> Tensor:
        vectors = self.head.inputs[torch.tensor(chosen)]  # words, facts and marks: no items, nothing heard
        return self.decoder(vectors[:, None], None, cache)[:, 0]

    def _chunk(self, prompts: Sequence[Prompt], cache: Any) -> Tensor:
        """(prompts, length, hidden), padded on the left."""
        symbols, heard, mask = collate(prompts, left=True)
        return self.decoder(self.model.embed(symbols, heard, self.head), mask, cache)

    @torch.inference_mode()
    def _sample(self, streams: Sequence[Stream], hidden: Tensor, forbidden: Tensor) -> list[int | None]:
        """One symbol for each stream: text ∪ its facts ∪ ⟨end⟩; None for those that are done or have nothing to add."""
        logits = capped(hidden.float(), self._words).masked_fill_(forbidden, float("-inf"))
        return [None if s.done else self._pick(s, row) for s, row in zip(streams, logits, strict=True)]

    def _pick(self, stream: Stream, logits: Tensor) -> int | None:
        """A space is written apart from a word only before a fact: after it nothing else may come, or the sentence
        would lack that part ("under ." for "under ⟨limit⟩.").
        """
        if stream.has_facts and stream.said.endswith(" "):
            logits[: self.model.symbols.first_fact] = float("-inf")
        following = self.following(stream)
        if following is None:
            return _draw(logits, stream.sampling, stream.generator)
        following = following[logits[following].isfinite()]
        return int(following[_draw(logits[following], stream.sampling, stream.generator)]) if len(following) else None

    def following(self, stream: Stream) -> Tensor | None:
        """(symbols,) that may come next by the phrases; None without any. Words about what could be tied to something
        owned do not end before that was done, or two thirds of what may be said are."""
        if self.phrases is None or stream.sayable is None:
            return None
        following = self.phrases.after(stream.sentence, stream.sayable)
        following = following[stream.allowed[following]]
        if stream.ties and not stream.sentence and stream.length < stream.sampling.max_tokens * 2 // 3:
            following = following[following != self.model.symbols.control("end")]
        return following

    def advance(self, stream: Stream, symbol: int) -> None:
        """Notes what was written."""
        stream.length += 1
        if self.phrases is not None:
            stream.sentence = self.phrases.extended(stream.sentence, symbol)
            stream.ties = frozenset() if symbol in stream.ties else stream.ties
            stream.told |= self._once.intersection([symbol])
            if stream.told and not stream.sentence:
                stream.allowed[list(stream.told)] = False
                stream.told, stream.sayable = frozenset(), self.phrases.sayable(stream.allowed.numpy())

    def _emit(self, stream: Stream, symbol: int | None) -> Iterator[Event]:
        if stream.done:
            return
        if symbol is None:
            stream.done = True
            yield Finished(stream.request, stream.row, "stuck")
            return
        symbols = self.model.symbols
        self.advance(stream, symbol)
        if symbol < symbols.text:
            stream.pending.append(symbol)
            whole = str(self.renderer.tokenizer.decode(stream.pending, clean_up_tokenization_spaces=False))
            if not whole.endswith("\ufffd"):  # the bytes of one character may span tokens
                piece, stream.said = whole[len(stream.said) :], whole
                if piece:
                    yield Token(stream.request, stream.row, piece, False)
        elif symbol != symbols.control("end"):
            stream.pending, stream.said = [], ""
            yield Token(stream.request, stream.row, f"⟨{symbols.fact_name(symbol)}⟩", True)
        if symbol == symbols.control("end") or stream.length >= stream.sampling.max_tokens:
            stream.done = True
            reason = "end" if symbol == symbols.control("end") else "length"
            yield Finished(stream.request, stream.row, reason)


def _draw(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> int:
    """Greedy at temperature 0, else nucleus sampling (top-p 0.9)."""
    if sampling.temperature == 0:
        return int(logits.argmax())
    values, order = torch.softmax(logits / sampling.temperature, dim=0).topk(min(64, len(logits)))
    keep = values.cumsum(0) - values < TOP_P
    pick = torch.multinomial(values * keep, 1, generator=generator)
    return int(order[pick])
