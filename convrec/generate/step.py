"""The item step: from the hidden states of one prompt to the best allowed items, by the exact two-level scores."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convrec.model.head import Head
from convrec.model.ranking import choice_scores


def best_items(
    said: Tensor, bought: Tensor, head: Head, allowed: NDArray[np.bool_], k: int
) -> tuple[list[int], list[float]]:
    """The k best allowed rows with their `choice_scores`, best first; fewer where fewer are allowed.

    `said` and `bought` (hidden,), `allowed` (items,). The normalisers are unmasked and the mask acts on the joint score
    after the soft cap: a constraint changes who may win, never what the model thinks of anyone (DESIGN §5.2). Ties fall
    to the lower row.
    """
    scores = choice_scores(said[None].float(), bought[None].float(), head)[0]
    scores = scores.masked_fill(torch.from_numpy(~allowed), float("-inf"))
    k = min(k, int(allowed.sum()))
    order = torch.sort(scores, descending=True, stable=True).indices[:k]
    return order.tolist(), scores[order].tolist()
