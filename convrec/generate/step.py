"""The item step: from the hidden states of one prompt to the best allowed items, by the exact two-level scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convrec.generate.search import Search
from convrec.model.head import Head, item_scores
from convrec.model.index import IndexedHead
from convrec.model.ranking import choice_scores


def best_items(
    said: Tensor,
    bought: Tensor,
    head: Head | IndexedHead,
    allowed: NDArray[np.bool_],
    k: int,
    forced: Sequence[int] = (),
) -> tuple[list[int], list[float]]:
    """The `forced` rows as they are given, then what else is among the k best allowed, with their scores.

    The scores are `choice_scores` of `item_scores`, so nats to be compared within one step, best first, ties to the
    lower row; fewer than k where fewer are allowed. `said` and `bought` (hidden,), `allowed` (items,). The normalisers
    are unmasked and the mask acts on the joint score after the
    soft cap: a constraint changes who may win, never what the model thinks of anyone (DESIGN §5.2). A `Head` is scanned
    whole; of an `IndexedHead` a few clusters are opened (generate.search).
    """
    if isinstance(head, IndexedHead):
        search = Search(said, bought, head)
        best, theirs = search.best(allowed, k)
        rows, scores = best.tolist(), theirs.tolist()
        first = search.scores(np.array(forced, dtype=np.int64)).tolist() if forced else []
    else:
        every = choice_scores(said[None].float(), bought[None].float(), head, item_scores)[0]
        masked = every.masked_fill(torch.from_numpy(~allowed), float("-inf"))
        order = torch.sort(masked, descending=True, stable=True).indices[: min(k, int(allowed.sum()))]
        rows, scores = order.tolist(), every[order].tolist()
        first = every[list(forced)].tolist()
    others = [(row, score) for row, score in zip(rows, scores, strict=True) if row not in forced]
    return [*forced, *(row for row, _ in others)], [*first, *(score for _, score in others)]
