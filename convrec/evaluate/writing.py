"""How fast the engine writes, beside transformers' `generate` on the same weights, with the same words."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

from convrec.errors import ModelError
from convrec.generate.engine import Engine, Stream
from convrec.generate.request import Finished, Request, Token
from convrec.model.prompt import Prompt
from convrec.model.ranking import collate


class Allowed(LogitsProcessor):
    """The engine's rules for `generate`: this item's facts, nothing but a fact after a space that stands apart, and
    what the phrases of its model allow, if it has any."""

    def __init__(self, engine: Engine, stream: Stream, spaced: Tensor) -> None:
        self._engine, self._stream = engine, stream
        symbols = engine.model.symbols
        self._forbidden = ~stream.allowed
        self._no_fact = torch.ones_like(stream.allowed)
        self._no_fact[symbols.first_fact :] = ~stream.allowed[symbols.first_fact :]
        self._spaced = spaced  # (symbols,) bool: text that ends with a space

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        written = input_ids.shape[1] > 0
        if written:
            self._engine.advance(self._stream, int(input_ids[0, -1]))
        only_facts = written and bool(self._spaced[input_ids[0, -1]]) and not bool(self._no_fact.all())
        forbidden = self._no_fact if only_facts else self._forbidden
        if (following := self._engine.following(self._stream)) is not None:
            others = torch.ones_like(forbidden)
            others[following] = forbidden[following]
            if bool(others.all()):  # nothing goes on: it stops short
                others[self._engine.model.symbols.control("end")] = False
            forbidden = others
        return scores.masked_fill(forbidden, float("-inf"))


class Generator:
    """transformers' `generate` over an engine's prompt: a copy of its backbone whose vocabulary is text ∪ marks."""

    def __init__(self, engine: Engine) -> None:
        from transformers import AutoModelForCausalLM

        model, head = engine.model, engine.head
        self.engine = engine
        config = type(model.backbone.config)(**{**model.backbone.config.to_dict(), "vocab_size": head.n_symbols})
        self.causal: Any = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()  # type: ignore[no-untyped-call]
        self.causal.base_model.load_state_dict(
            {**model.decoder.state_dict(), "embed_tokens.weight": head.inputs[: head.n_symbols]}
        )
        self.causal.get_output_embeddings().weight = torch.nn.Parameter(head.level1[: head.n_symbols].clone())
        tokenizer = engine.renderer.tokenizer
        pieces = tokenizer.batch_decode([[i] for i in range(model.symbols.text)], clean_up_tokenization_spaces=False)
        self._spaced = torch.zeros(head.n_symbols, dtype=torch.bool)
        self._spaced[: model.symbols.text] = torch.tensor([piece.endswith(" ") for piece in pieces])

    @torch.inference_mode()
    def write(self, request: Request) -> tuple[str, int]:
        """(the words about the one forced row of a greedy request as the engine gives them, how many tokens)."""
        engine, symbols = self.engine, self.engine.model.symbols
        stream = engine._stream(0, request, request.forced[0])
        prompt = Prompt()
        prompt.join(engine.renderer.path(request.path))
        prompt.join(stream.opening)
        ids, heard, _ = collate([prompt])
        vectors = engine.model.embed(ids, heard, engine.head)
        end = symbols.control("end")
        config = GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=request.sampling.max_tokens, do_sample=False, eos_token_id=end, pad_token_id=end
        )
        allowed = Allowed(engine, stream, self._spaced)
        said = self.causal.generate(
            inputs_embeds=vectors,
            attention_mask=torch.ones(vectors.shape[:2], dtype=torch.long),
            generation_config=config,
            logits_processor=LogitsProcessorList([allowed]),
        )[0].tolist()
        return self._words(said), len(said)

    def _words(self, said: Sequence[int]) -> str:
        symbols, text, pending = self.engine.model.symbols, "", list[int]()
        decode = self.engine.renderer.tokenizer.decode
        for symbol in [*said, symbols.control("end")]:
            if symbol < symbols.text:
                pending.append(symbol)
                continue
            text += str(decode(pending, clean_up_tokenization_spaces=False)).rstrip("\ufffd")
            pending = []
            if symbol == symbols.control("end"):
                break
            text += f"⟨{symbols.fact_name(symbol)}⟩"
        return text


def engine_words(engine: Engine, request: Request) -> str:
    """The words about the one row shown."""
    events = list(engine.generate([request]))
    if not isinstance(events[-1], Finished):
        raise ModelError("the engine did not finish its words")
    return "".join(event.text for event in events if isinstance(event, Token))


def writing_speed(engine: Engine, requests: Sequence[Request], *, rounds: int) -> dict[str, float]:
    """Tokens a second of the engine and of `generate` over whole requests, prompt included; medians of rounds.

    `floor_tokens_per_s` is what reading the weights once a token would allow at this machine's memory bandwidth.
    `identical` is the share of requests both answer in the same words.
    """
    other = Generator(engine)
    pairs = [(engine_words(engine, request), *other.write(request)) for request in requests]
    tokens = sum(n for _, _, n in pairs)
    ours, theirs = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        for request in requests:
            engine_words(engine, request)
        between = time.perf_counter()
        for request in requests:
            other.write(request)
        ours.append(tokens / (between - began))
        theirs.append(tokens / (time.perf_counter() - between))
    words = engine.head.level1[: engine.head.n_symbols]
    layers = [p for name, p in engine.model.decoder.named_parameters() if "embed_tokens" not in name]
    weights = sum(float(tensor.nbytes) for tensor in [*layers, words])
    bandwidth = memory_bandwidth()
    return {
        "text_vs_generate": statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
        "text_tokens_per_s": statistics.median(ours),
        "generate_tokens_per_s": statistics.median(theirs),
        "identical": statistics.mean(said == generated for said, generated, _ in pairs),
        "tokens": float(tokens),
        "read_mb_a_token": weights / 1e6,
        "bandwidth_gb_s": bandwidth / 1e9,
        "floor_tokens_per_s": bandwidth / weights,
    }


def memory_bandwidth(mb: int = 512) -> float:
    """Bytes a second at which this process sums an array far larger than the caches; the best of five."""
    array = torch.ones(mb * 250_000)
    best = 0.0
    for _ in range(5):
        began = time.perf_counter()
        array.sum()
        best = max(best, array.nbytes / (time.perf_counter() - began))
    return best
