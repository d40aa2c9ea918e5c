"""Scores and ranks over the whole catalogue for many paths at once: what validation and evaluation are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convrec.catalog import Catalog
from convrec.conversation import Path
from convrec.model.head import Head, item_log_probabilities
from convrec.model.model import ConvrecModel
from convrec.model.prompt import Prompt, Renderer, heard_matrix

PREFERENCE = 12.0  # nats for each wish met that need not hold; chosen on validation (docs/LOG.md, tenth session)
TASTE = 1.0  # weight of what the history alone predicts; chosen on validation (docs/LOG.md, eleventh session)


def choice_scores(
    said: Tensor, bought: Tensor, head: Head, of: Callable[[Tensor, Head], Tensor] = item_log_probabilities
) -> Tensor:
    """(positions, items) what items are chosen by: log P(item | history, message) + TASTE · log P(item | history).

    `said` and `bought` (positions, hidden) are the hidden states at the end of the prompt and at the last purchase in
    it, of the same forward. A product of two experts: the message says what kind of thing is wanted, and far more
    histories than messages were learnt from to say which of these this person would like. Where nothing was said or
    bought the two are one state, and the scores are the log-probabilities (nats) themselves. `of` item_scores they are
    less by what is the same for every item of a position, which the order alone does not need.
    """
    scores = of(said, head)
    apart = (said != bought).any(1)
    if apart.any():
        scores[apart] += TASTE * of(bought[apart], head)
    return scores


def wishes_met(path: Path, catalog: Catalog) -> NDArray[np.int64] | None:
    """(items,) how many of the wishes in force that need not hold ("ideally blue") each item meets; None without any.

    For each it is chosen as if it scored PREFERENCE nats more: a mask that gives way.
    """
    wishes = [catalog.satisfies(c) for turn in path.turns[-1:] for c in turn.constraints if not c.hard]
    return np.sum(wishes, axis=0, dtype=np.int64) if wishes else None


def collate(prompts: Sequence[Prompt], *, left: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """(symbols (batch, length), heard (all heard, width), attention mask (batch, length)); padded left or right."""
    length = max(len(p.symbols) for p in prompts)
    symbols = np.zeros((len(prompts), length), dtype=np.int64)
    mask = np.zeros((len(prompts), length), dtype=np.int64)
    shift = 0
    for i, prompt in enumerate(prompts):
        own = np.array(prompt.symbols)
        place = slice(length - len(own), None) if left else slice(0, len(own))
        symbols[i, place] = np.where(own < 0, own - shift, own)
        mask[i, place] = 1
        shift += len(prompt.heard)
    heard = np.concatenate([heard_matrix(p) for p in prompts])
    return torch.from_numpy(symbols), torch.from_numpy(heard), torch.from_numpy(mask)


@torch.inference_mode()
def score_paths(
    model: ConvrecModel, renderer: Renderer, paths: Sequence[Path], *, batch: int = 128
) -> NDArray[np.float32]:
    """(paths, items) scores of every item next, as `choice_scores`; nothing masked. Leaves eval mode on."""
    model.eval()
    head = model.head()
    out = np.empty((len(paths), len(model.table)), dtype=np.float32)
    prompts = [renderer.path(path) for path in paths]
    order = np.argsort([len(p.symbols) for p in prompts], kind="stable")
    for start in range(0, len(order), batch):
        chunk = order[start : start + batch]
        symbols, heard, mask = collate([prompts[i] for i in chunk])
        hidden = model(symbols, heard, head, mask)
        ends = mask.sum(1) - 1
        bought = torch.tensor([prompts[i].history or len(prompts[i].symbols) for i in chunk]) - 1
        each = torch.arange(len(chunk))
        out[chunk] = choice_scores(hidden[each, ends].float(), hidden[each, bought].float(), head).numpy()
    return out


def expected_ranks(
    scores: NDArray[np.float32], targets: Sequence[int], allowed: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """(n,) rank of each target among the allowed items, from 1; a tie counts half of those it ties with.

    `scores` (n, items), `allowed` (n, items). A target that is not allowed ranks behind every item: n items + 1.
    """
    rows = np.arange(len(targets))
    of_target = scores[rows, targets]
    scores = np.where(allowed, scores, -np.inf)
    above = (scores > of_target[:, None]).sum(1)
    ties = (scores == of_target[:, None]).sum(1) - 1
    ranks: NDArray[np.float64] = np.where(allowed[rows, targets], 1 + above + ties / 2, scores.shape[1] + 1.0)
    return ranks
