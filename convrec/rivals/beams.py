"""Beam search twice over: a loop made for one prompt and few tokens, and transformers' `generate`. The same beams.

Beams are scored by the sum of their tokens' log-probabilities over the whole vocabulary, nothing for length: that is
log P(id | history), or log P(title | history).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

from convrec.generate.decoder import Decoder
from convrec.rivals.trie import Trie


class Tree:
    """Continuations of one prompt that share its keys and values: nothing is copied or reordered for a beam.

    The prompt is read once, at batch 1. All tokens after it lie in one cache, one behind the other, and a mask lets
    each see the prompt and its own ancestors; a step of any number of beams is one sequence of that many tokens. For a
    backbone with full attention; `decoder` is the one that serves it (generate.decoder).
    """

    def __init__(self, backbone: Any, decoder: Decoder, prompt: Sequence[int]) -> None:
        self._inputs = backbone.get_input_embeddings()
        self._outputs = backbone.get_output_embeddings()
        self._decoder = decoder
        self._cache = decoder.cache()
        self._seen = torch.ones(1, len(prompt), dtype=torch.bool)  # (beams, places)
        hidden = decoder(self._inputs(torch.tensor([prompt])), None, self._cache)
        self.logits = self._logits(hidden[:, -1])

    def grow(self, tokens: Tensor, parents: Tensor) -> Tensor:
        """(beams, vocabulary) logits after (beams,) tokens, each behind the beam of the step before it comes from."""
        self._seen = torch.cat([self._seen[parents], torch.eye(len(tokens), dtype=torch.bool)], dim=1)
        return self._logits(self._decoder(self._inputs(tokens[None]), None, self._cache, self._seen)[0])

    def _logits(self, hidden: Tensor) -> Tensor:
        out: Tensor = self._outputs(hidden).float()
        return out


@torch.inference_mode()
def id_beams(
    backbone: Any, decoder: Decoder, prompt: Sequence[int], trie: Trie, count: int, allowed: NDArray[np.bool_]
) -> tuple[list[int], list[float]]:
    """Up to `count` rows with log P(id | prompt) in nats, best first, by beams of that width over the ids that exist.

    `allowed` (items,) masks the last token; fewer rows come back where fewer are reached.
    """
    tree = Tree(backbone, decoder, prompt)
    logits, scores, nodes = tree.logits, torch.zeros(1), torch.zeros(1, dtype=torch.int64)
    leaves = trie.allowed_leaves(allowed)
    for level in range(trie.depth):
        children, tokens = trie.children(level, nodes)
        exists = children >= 0
        if level == trie.depth - 1:
            exists &= leaves[children.clamp(min=0)]
        chances = logits.gather(1, tokens) - logits.logsumexp(1, keepdim=True)
        found = (scores[:, None] + chances).masked_fill(~exists, float("-inf")).flatten()
        scores, place = found.topk(min(count, int(exists.sum())))
        nodes = children.flatten()[place]
        if level < trie.depth - 1:
            logits = tree.grow(tokens.flatten()[place], place // children.shape[1])
    return trie.rows[nodes].tolist(), scores.tolist()


@torch.inference_mode()
def text_beams(
    backbone: Any, decoder: Decoder, prompt: Sequence[int], count: int, *, end: int | None, longest: int
) -> tuple[list[list[int]], list[float]]:
    """`count` texts of at most `longest` tokens with their log-probabilities in nats, best first.

    A text ends with `end`, which is not given back; with None all are `longest` tokens long. Ends when no running beam
    can still beat the worst text found: scores only fall.
    """
    tree = Tree(backbone, decoder, prompt)
    logits, scores, said = tree.logits, torch.zeros(1), torch.zeros(1, 0, dtype=torch.int64)
    done: list[tuple[float, list[int]]] = []
    for length in range(1, longest + 1):
        found = (torch.log_softmax(logits, dim=1) + scores[:, None]).flatten()
        best, place = found.topk(min(2 * count, len(found)))
        parents, tokens = place // logits.shape[1], place % logits.shape[1]
        ends = torch.full_like(tokens, length == longest, dtype=torch.bool) if end is None else tokens == end
        ends |= length == longest
        for i in ends[:count].nonzero()[:, 0].tolist():
            done.append((float(best[i]), [*said[parents[i]].tolist(), int(tokens[i])]))
        done = sorted(done, key=lambda text: -text[0])[:count]
        running = (~ends).nonzero()[:count, 0]
        if not len(running) or (len(done) == count and best[running[0]] <= done[-1][0]):
            break
        scores, parents, tokens = best[running], parents[running], tokens[running]
        said = torch.cat([said[parents], tokens[:, None]], dim=1)
        logits = tree.grow(tokens, parents)
    return [_until(end, text) for _, text in done], [score for score, _ in done]


class TrieProcessor(LogitsProcessor):
    """Leaves `generate` only the tokens that go on to an id that exists; whole rows at once, on the same tensors."""

    def __init__(self, trie: Trie, start: int, allowed: NDArray[np.bool_]) -> None:
        self._trie = trie
        self._start = start  # length of the prompt
        self._leaves = trie.allowed_leaves(allowed)

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        level = input_ids.shape[1] - self._start
        children, tokens = self._trie.children(level, self._trie.walk(input_ids[:, self._start :]))
        exists = children >= 0
        if level == self._trie.depth - 1:
            exists &= self._leaves[children.clamp(min=0)]
        beyond = scores.shape[1]  # where what does not exist is written
        kept = torch.full((len(scores), beyond + 1), float("-inf"))
        kept.scatter_(1, tokens.masked_fill(~exists, beyond), scores.gather(1, tokens))
        return kept[:, :beyond]


@torch.inference_mode()
def generated_ids(
    backbone: Any, prompt: Sequence[int], trie: Trie, count: int, allowed: NDArray[np.bool_]
) -> list[int]:
    """As the rows of `id_beams`, by transformers' `generate`."""
    processors = LogitsProcessorList([TrieProcessor(trie, len(prompt), allowed)])
    out = _generate(backbone, prompt, count, None, trie.depth, logits_processor=processors)
    # Where fewer than `count` ids are reached, generate fills up with beams that do not exist.
    rows = trie.rows[trie.walk(out).clamp(min=0)].tolist()
    real = (trie.walk(out) >= 0).tolist()
    return list(dict.fromkeys(row for row, is_id in zip(rows, real, strict=True) if is_id and allowed[row]))


@torch.inference_mode()
def generated_texts(
    backbone: Any, prompt: Sequence[int], count: int, *, end: int | None, longest: int
) -> list[list[int]]:
    """As the texts of `text_beams`, by transformers' `generate`."""
    return [_until(end, text) for text in _generate(backbone, prompt, count, end, longest).tolist()]


def _generate(
    backbone: Any, prompt: Sequence[int], count: int, end: int | None, longest: int, **settings: Any
) -> Tensor:
    """(count, ≤ longest) the tokens after the prompt."""
    config = GenerationConfig(  # type: ignore[no-untyped-call]
        num_beams=count,
        num_return_sequences=count,
        max_new_tokens=longest,
        do_sample=False,
        length_penalty=0.0,
        early_stopping=False,
        eos_token_id=end,
        pad_token_id=0 if end is None else end,
    )
    ids = torch.tensor([prompt])
    out: Tensor = backbone.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), generation_config=config, **settings
    )
    return out[:, len(prompt) :]


def _until(end: int | None, text: list[int]) -> list[int]:
    return text[: text.index(end)] if end is not None and end in text else text
