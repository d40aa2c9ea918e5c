"""The item step: from one hidden state to the best allowed items, by the exact two-level log-probability."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convrec.model.head import Head, item_log_probabilities


def best_items(hidden: Tensor, head: Head, allowed: NDArray[np.bool_], k: int) -> tuple[list[int], list[float]]:
    """The k best allowed rows with log P(c) + log P(i|c) in nats, best first; fewer where fewer are allowed.

    `hidden` (hidden,), `allowed` (items,). The normalisers are unmasked and the mask acts on the joint score after the
    soft cap: a constraint changes who may win, never what the model thinks of anyone (DESIGN §5.2). Ties fall to the
    lower row.
    """
    scores = item_log_probabilities(hidden[None].float(), head)[0]
    scores = scores.masked_fill(torch.from_numpy(~allowed), float("-inf"))
    k = min(k, int(allowed.sum()))
    order = torch.sort(scores, descending=True, stable=True).indices[:k]
    return order.tolist(), scores[order].tolist()
