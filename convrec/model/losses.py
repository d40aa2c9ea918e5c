"""The losses of the three heads, each a weighted mean over positions: plain functions of what the model computed.

All take `hidden` (positions, hidden), `targets` (positions,) symbols, `weights` (positions,) ≥ 0 and a `Head` of their
kind, and return nats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional as F

from convrec.model.head import SOFT_CAP, Head, capped, soft_cap

HELD = 1 << 21  # logits in fp32 at a time (8 MB): few enough to stay near the processor


def two_level_loss(hidden: Tensor, targets: Tensor, weights: Tensor, head: Head, drawn: Drawn | None = None) -> Tensor:
    """CE₁ + 1[target is an item]·CE₂: text ∪ marks ∪ clusters, then the members of the cluster (arXiv 2509.03746).

    And, ours, `drawn.across` times the target's cross entropy beside items drawn from all clusters: the two levels
    alone compare an item with nothing but its own cluster.
    """
    is_item = targets >= head.n_symbols
    rows = targets[is_item] - head.n_symbols
    first = targets.masked_scatter(is_item, head.n_symbols + head.cluster_of[rows])
    losses = cross_entropy(hidden, head.level1, first)
    if len(rows):
        losses = losses.index_add(0, is_item.nonzero()[:, 0], _among_items(hidden[is_item], rows, head, drawn))
    return weighted_mean(losses, weights)


def _among_items(hidden: Tensor, rows: Tensor, head: Head, drawn: Drawn | None) -> Tensor:
    """(positions,) -log P(item | its cluster) of (positions,) rows, and `drawn.across` times -log P(item | items), the
    sum over items estimated as in `sampled_loss`.

    Positions and members are sorted by cluster: every cluster that holds a target is one small product.
    """
    cluster_of, own_cluster = head.cluster_of, head.cluster_of[rows]
    asked = torch.bincount(own_cluster, minlength=len(head.level1) - head.n_symbols)  # (clusters,) positions
    members = (asked[cluster_of] > 0).nonzero()[:, 0]
    members = members[cluster_of[members].argsort(stable=True)]
    sizes = torch.bincount(cluster_of[members], minlength=len(asked))
    place = torch.zeros_like(cluster_of)
    place[members] = torch.arange(len(members), device=rows.device) - (sizes.cumsum(0) - sizes)[cluster_of[members]]
    order = own_cluster.argsort(stable=True)
    counts, widths = asked[asked > 0].tolist(), sizes[asked > 0].tolist()
    # Gathered once: going backward each gather is a table of zeros to add to.
    among = members if drawn is None else torch.cat([members, drawn.rows])
    of_members, of_drawn = torch.split(head.items.index_select(0, among), [len(members), len(among) - len(members)])
    with torch.autocast(hidden.device.type, enabled=False):  # the casts would cost more than such small products
        states = torch.split(hidden.index_select(0, order).float(), counts)
        targets = torch.split(place[rows[order]], counts)
        vectors = torch.split(of_members.float(), widths)
        logits = [capped(some, of_cluster) for some, of_cluster in zip(states, vectors, strict=True)]
        own = torch.cat([some.gather(1, at[:, None])[:, 0] for some, at in zip(logits, targets, strict=True)])
        back = order.argsort()
        own, total = own[back], torch.cat([some.logsumexp(1) for some in logits])[back]
    losses = total - own
    if drawn is not None:
        place.fill_(-1)[drawn.rows] = torch.arange(len(drawn.rows), device=rows.device)
        others = cast(Tensor, _LogSumExp.apply(hidden, of_drawn, place[rows], drawn.log_expected))  # type: ignore[no-untyped-call]
        losses = losses + drawn.across * (torch.logaddexp(own, others) - own)
    return losses


def cross_entropy(hidden: Tensor, vectors: Tensor, targets: Tensor) -> Tensor:
    """(positions,) cross entropies in nats of the softmax over the capped products of (positions, hidden) with
    (n, hidden) vectors; (positions,) targets are rows of these. As `F.cross_entropy(capped(hidden, vectors), targets)`,
    with fewer passes over memory, which at a catalogue's size are what a training step costs (docs/performance.md).
    """
    return cast(Tensor, _LogSumExp.apply(hidden, vectors, targets, None))  # type: ignore[no-untyped-call]


class _LogSumExp(torch.autograd.Function):
    """log Σ exp of capped logits less the target's own; with `lowered` (n,), by which logits are lowered first, of all
    but the target (-1: of all). Going forward leaves (positions, n) derivatives in the product's own type."""

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        hidden: Tensor,
        vectors: Tensor,
        targets: Tensor,
        lowered: Tensor | None,
    ) -> Tensor:
        device = hidden.device.type
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else hidden.dtype
        states, against = hidden.to(dtype), vectors.to(dtype)
        derivatives = states @ against.T  # the products first, each row of which its derivatives replace
        sums = torch.empty(len(states), dtype=torch.float32, device=hidden.device)
        held = max(1, HELD // max(1, len(against)))
        room = torch.empty((2, min(held, len(states)), len(against)), dtype=torch.float32, device=hidden.device)
        for start in range(0, len(states), held):
            part = slice(start, start + held)
            into, place = derivatives[part], targets[part, None]
            tanh = room[0, : len(into)].copy_(into).div_(SOFT_CAP).tanh_()
            share = torch.mul(tanh, SOFT_CAP, out=room[1, : len(into)])
            own: Tensor | float = 0.0
            if lowered is None:
                own = share.gather(1, place)
            else:
                drawn = (place[:, 0] >= 0).nonzero()[:, 0]
                share.sub_(lowered)[drawn, place[drawn, 0]] = float("-inf")
            share.exp_()  # no maximum is taken off: e^30 of every item there is stays far below fp32's end
            total = share.sum(1, keepdim=True)
            sums[part] = (total.log() - own)[:, 0]
            share.div_(total.clamp(min=1e-30))  # nothing is left where the target alone was drawn
            if lowered is None:
                share.scatter_add_(1, place, torch.full_like(total, -1.0))
            into.copy_(share.mul_(tanh.square_().neg_().add_(1)))
        ctx.save_for_backward(states, against, derivatives)
        ctx.types = hidden.dtype, vectors.dtype  # type: ignore[attr-defined]
        return sums

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        states, against, derivatives = ctx.saved_tensors  # type: ignore[attr-defined]
        of_hidden, of_vectors = ctx.types  # type: ignore[attr-defined]
        scale = gradient[:, None]
        return (
            ((derivatives @ against).float() * scale).to(of_hidden),
            (derivatives.T @ (states.float() * scale).to(states.dtype)).to(of_vectors),
            None,
            None,
        )


def full_loss(hidden: Tensor, targets: Tensor, weights: Tensor, head: Head) -> Tensor:
    """One cross entropy over text ∪ marks ∪ items, in the order of their symbols."""
    return weighted_mean(cross_entropy(hidden, torch.cat([head.level1, head.items]), targets), weights)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Items drawn once for a batch: `rows` (drawn,), and `log_expected` (drawn,) log of the chance that each is drawn;
    `across`: what the comparison with them weighs beside two levels."""

    rows: Tensor
    log_expected: Tensor
    across: float = 1.0


@dataclass(frozen=True, slots=True)
class Negatives:
    """How items are drawn: each for itself, by its own of the (items,) `chances`, never twice in one draw. The sum over
    items that is estimated from them is right on average (Horvitz and Thompson, 1952), exact in those of chance 1."""

    chances: Tensor
    across: float = 1.0

    def draw(self, device: torch.device) -> Drawn:
        """From torch's own seed."""
        rows = (torch.rand(len(self.chances)) < self.chances).nonzero()[:, 0]
        return Drawn(rows.to(device), self.chances[rows].log().to(device), self.across)


def popularity_chances(purchases: Tensor, count: int) -> Tensor:
    """(items,) chances ∝ (1 + purchases)^0.75 as far as none is above 1; they sum to `count`, or all are 1 where there
    are no more items. The one lets an item be drawn that nobody bought yet."""
    chances = (1 + purchases.double()) ** 0.75
    free = torch.ones_like(chances, dtype=torch.bool)
    while free.any():
        left = count - int((~free).sum())
        chances[free] *= left / chances[free].sum()
        certain = free & (chances >= 1)
        if not certain.any():
            break
        chances[certain] = 1.0
        free &= ~certain
    return chances.float()


def sampled_loss(hidden: Tensor, targets: Tensor, weights: Tensor, head: Head, drawn: Drawn) -> Tensor:
    """As `full_loss`, the items' part of the normaliser estimated from the items drawn (logQ correction).

    Each drawn logit is lowered by the log of how often it is expected, so that the sum of exponentials is right on
    average. The target's own logit and the words always stand in the sum, uncorrected because they are certain; where
    an item drawn is the target itself, it is masked.
    """
    is_item = targets >= head.n_symbols
    rows = (targets - head.n_symbols).clamp(min=0)
    words = capped(hidden, head.level1[: head.n_symbols])
    own = soft_cap((hidden.float() * head.items[rows].float()).sum(-1)).masked_fill(~is_item, float("-inf"))
    others = capped(hidden, head.items[drawn.rows]) - drawn.log_expected
    hit = is_item[:, None] & (rows[:, None] == drawn.rows[None, :])
    logits = torch.cat([words, own[:, None], others.masked_fill(hit, float("-inf"))], dim=1)
    place = torch.where(is_item, head.n_symbols, targets)
    return weighted_mean(F.cross_entropy(logits, place, reduction="none"), weights)


def weighted_mean(losses: Tensor, weights: Tensor) -> Tensor:
    """0 where nothing has weight."""
    return (losses * weights).sum() / weights.sum().clamp(min=1e-6)
