"""The head: what hidden states are compared with, and the probability of every item that follows from it.

Three kinds. `two-level` (arXiv 2509.03746): one softmax over text ∪ marks ∪ clusters, then one over the members of a
cluster. `full`: one softmax over text ∪ marks ∪ items. `sampled`: the same, trained with a few items for all
(model.losses).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

SOFT_CAP = 30.0  # arXiv 2509.03746, released code
HeadKind = Literal["two-level", "full", "sampled"]
HEADS: tuple[HeadKind, ...] = ("two-level", "full", "sampled")


@dataclass(frozen=True, slots=True)
class Head:
    """The vectors that symbols enter by and hidden states are compared with, computed once for many positions.

    `inputs` (symbols below items, hidden), `level1` (symbols below items + clusters, hidden), without clusters where
    the kind is not `two-level`; `items` (items, hidden) f(E), which is both, `cluster_of` (items,).
    """

    inputs: Tensor
    level1: Tensor
    items: Tensor
    cluster_of: Tensor
    n_symbols: int
    kind: HeadKind = "two-level"


def capped(hidden: Tensor, vectors: Tensor) -> Tensor:
    """(positions, vectors) logits in fp32 under the soft cap 30·tanh(x/30)."""
    return soft_cap(hidden @ vectors.T.to(hidden.dtype))


def soft_cap(logits: Tensor) -> Tensor:
    # In place on its own copy: of (positions, a catalogue) logits every further copy costs as much as the product.
    out: Tensor = SOFT_CAP * logits.to(torch.float32, copy=True).div_(SOFT_CAP).tanh_()
    return out


def item_log_probabilities(hidden: Tensor, head: Head) -> Tensor:
    """(positions, items) log-probability of each item in nats, from (positions, hidden); nothing is masked here.

    `two-level`: the levels multiplied out, log P(cluster) among text ∪ marks ∪ clusters plus log P(item | cluster),
    which is h·f(E_i) + h·f(E_c) less what the members of the cluster share. Otherwise one normaliser serves all items,
    so they rank by their raw logits.
    """
    everything = head.level1 if head.kind == "two-level" else torch.cat([head.level1, head.items])
    return item_scores(hidden, head) - capped(hidden, everything).logsumexp(1, keepdim=True)


def item_scores(hidden: Tensor, head: Head) -> Tensor:
    """(positions, items) log-probabilities but for the normaliser of the first softmax: no probabilities, but the same
    order, since it is the same for every item; and over a large vocabulary most of what an item step would read."""
    logits = capped(hidden, head.items)
    if head.kind != "two-level":
        return logits
    first = capped(hidden, head.level1[head.n_symbols :])
    # The soft cap keeps every logit within ±30, so the sums of exponentials need no maximum taken out.
    members = torch.zeros_like(first).index_add_(1, head.cluster_of, torch.exp(logits))
    second = logits - torch.log(members)[:, head.cluster_of]
    return first[:, head.cluster_of] + second


def search_vectors(head: Head) -> Tensor:
    """(items, hidden) one vector an item, whose inner product with h is the cheap score (arXiv 2509.03746, scores).

    `two-level`: f(E_i) + f(E_c), the score without the normaliser of the cluster and without the soft cap; otherwise
    f(E_i), which ranks exactly as the logits do.
    """
    if head.kind != "two-level":
        return head.items
    return head.items + head.level1[head.n_symbols :][head.cluster_of]


def uncorrected_scores(hidden: Tensor, head: Head) -> Tensor:
    """(positions, items) h·(f(E_i) + f(E_c)): fit for maximum-inner-product search, and no log-probability."""
    return hidden @ search_vectors(head).T.to(hidden.dtype)
