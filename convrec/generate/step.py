"""The item step: from the hidden states of one prompt to the best allowed items, by the exact two-level scores."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convrec.errors import ModelError
from convrec.model.head import Head, item_scores
from convrec.model.index import IndexedHead
from convrec.model.ranking import PREFERENCE, choice_scores

if TYPE_CHECKING:
    from convrec.generate.search import Search

log = logging.getLogger(__name__)

NOT_FINITE = "the model's hidden state holds NaN or infinity: its weights are damaged, or its dtype overflows"


def best_items(
    said: Tensor,
    bought: Tensor,
    head: Head | IndexedHead,
    allowed: NDArray[np.bool_],
    k: int,
    forced: Sequence[int] = (),
    met: NDArray[np.int64] | None = None,
) -> tuple[list[int], list[float]]:
    """The `forced` rows as they are given, then what else is among the k best allowed, with their scores.

    The scores are `choice_scores` of `item_scores` and PREFERENCE for each wish `met` (items,): nats to be compared
    within one step, best first, ties to the lower row; fewer than k where fewer are allowed. `said` and `bought`
    (hidden,), `allowed` (items,). The normalisers are unmasked and the mask acts on the joint score after the soft cap:
    a constraint changes who may win, never what the model thinks of anyone (DESIGN §5.2). A `Head` is scanned whole; of
    an `IndexedHead` a few clusters are opened (generate.search). Raises ModelError for a state that is not finite.
    """
    if isinstance(head, IndexedHead):
        search = _searching()(said, bought, head)
        rows, scores = _searched(search, allowed, k, met)
        first = search.scores(np.array(forced, dtype=np.int64)).tolist() if forced else []
    else:
        if not (said.isfinite().all() and bought.isfinite().all()):
            raise ModelError(NOT_FINITE)
        every = choice_scores(said[None].float(), bought[None].float(), head, item_scores)[0]
        ranked = every if met is None else every + PREFERENCE * torch.from_numpy(met)
        masked = ranked.masked_fill(torch.from_numpy(~allowed), float("-inf"))
        order = torch.sort(masked, descending=True, stable=True).indices[: min(k, int(allowed.sum()))]
        rows, scores = order.tolist(), ranked[order].tolist()
        first = every[list(forced)].tolist()
    if not forced:
        return rows, scores
    others = [(row, score) for row, score in zip(rows, scores, strict=True) if row not in forced]
    return [*forced, *(row for row, _ in others)], [*first, *(score for _, score in others)]


@cache
def _searching() -> type[Search]:
    """Imported, and its loops compiled, by who has an index: a smaller catalogue waits for neither. Cached, as to
    import what is there already costs a tenth of the step."""
    from convrec.generate.search import Search

    return Search


def _searched(
    search: Search, allowed: NDArray[np.bool_], k: int, met: NDArray[np.int64] | None
) -> tuple[list[int], list[float]]:
    """A search among the rows of each number of wishes met: the bounds of clusters know nothing of wishes."""
    if met is None:
        return search.best(allowed, k)
    numbers = np.flatnonzero(np.bincount(met[allowed])).tolist()
    found = [search.best(allowed & (met == number), k) for number in numbers]
    every = [
        (row, score + PREFERENCE * number)
        for number, (rows, scores) in zip(numbers, found, strict=True)
        for row, score in zip(rows, scores, strict=True)
    ]
    best = sorted(every, key=lambda each: (-each[1], each[0]))[:k]
    return [row for row, _ in best], [score for _, score in best]


def served(head: IndexedHead) -> IndexedHead:
    """The head, once a step over it has run: where none ever did, its loops are compiled then, some seconds that no
    shopper should wait for."""
    began = time.perf_counter()
    nobody = torch.zeros(len(head.held.asks))
    best_items(nobody, nobody, head, np.ones(len(head.items), dtype=bool), 1, forced=[0])
    log.info("the item step over an index is compiled (%.1f s)", time.perf_counter() - began)
    return head
