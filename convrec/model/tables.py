"""The item table: E = g(content) + r(collaborative) + δ, and f(E) in the backbone's space, the same on both sides.

arXiv 2509.03746 (released code): one table of width k, one small GELU MLP f with hidden width k. That the table starts
from text and histories, with the parts dropped at random, is ours: a row made from text alone lies where trained rows
lie, so that an item added at run time can be recommended in the next turn.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from convrec.model.index import ItemIndex


class ItemTable(nn.Module):
    """`content` (items, content width) and `collaborative` (items, collaborative width) are fixed, standardised inputs.

    `cluster_of` (items,) assigns each row to a cluster. Where nothing but content may be known of an item (`free`
    False), δ stays zero.
    """

    content: Tensor
    collaborative: Tensor
    cluster_of: Tensor
    free: Tensor

    def __init__(
        self,
        content: Tensor,
        collaborative: Tensor,
        cluster_of: Tensor,
        *,
        width: int,
        hidden: int,
        part_dropout: float,
        free: bool = True,
    ) -> None:
        super().__init__()
        n = len(content)
        self.register_buffer("content", content)
        self.register_buffer("collaborative", collaborative)
        self.register_buffer("cluster_of", cluster_of)
        self.part_dropout = part_dropout
        self._room: Tensor | None = None  # of the free parts' gradient
        self.from_content = _linear(content.shape[1], width, content.shape[1] ** -0.5)
        self.from_collaborative = _linear(collaborative.shape[1], width, 0.5 * collaborative.shape[1] ** -0.5)
        if free:
            self.free = nn.Parameter(torch.zeros(n, width))
        else:
            self.register_buffer("free", torch.zeros(n, width))
        self.clusters = nn.Parameter(torch.zeros(int(cluster_of.max()) + 1, width))
        self.project = _projection(width, hidden)
        self.start_clusters()

    def __len__(self) -> int:
        return len(self.content)

    @torch.no_grad()
    def start_clusters(self) -> None:
        """The cluster table starts as the mean of its members and is trained from there."""
        members: Tensor = self.from_content(self.content) + self.from_collaborative(self.collaborative) + self.free
        means = torch.zeros_like(self.clusters).index_add(0, self.cluster_of, members)
        self.clusters.copy_(means / torch.bincount(self.cluster_of, minlength=len(means)).clamp(min=1)[:, None])

    def vectors(self, rows: Tensor | None = None) -> Tensor:
        """(rows, width) E of (rows,) catalogue rows, or of all.

        In training the collaborative and the free part of a row are each dropped at random, by draws that do not depend
        on which rows are asked for.
        """

        def chosen(whole: Tensor) -> Tensor:
            return whole if rows is None else whole.index_select(0, rows)  # goes backward faster than whole[rows]

        collaborative: Tensor = self.from_collaborative(chosen(self.collaborative))
        learns = self.free.requires_grad and torch.is_grad_enabled()
        free = chosen(self.free) if rows is None or not learns else self._free_of(rows)
        if self.training and self.part_dropout:
            keep = torch.rand(2, len(self), 1, device=free.device) >= self.part_dropout
            collaborative, free = collaborative * chosen(keep[0]), free * chosen(keep[1])
        out: Tensor = self.from_content(chosen(self.content)) + collaborative + free
        return out

    def _free_of(self, rows: Tensor) -> Tensor:
        """The free parts of (rows,) rows, each of which stands there once."""
        if self._room is None or self._room.device != self.free.device:
            self._room = torch.empty_like(self.free)
        return cast(Tensor, _Rows.apply(self.free, rows, self._room))  # type: ignore[no-untyped-call]

    def tokens(self, rows: Tensor | None = None) -> Tensor:
        """(rows, hidden) f(E), of all or of (rows,): the vector of an item as an input token and in the output's inner
        product."""
        out: Tensor = self.project(self.vectors(rows))
        return out

    def cluster_tokens(self) -> Tensor:
        """(clusters, hidden) f(E_C)."""
        out: Tensor = self.project(self.clusters)
        return out


class ServedTable(nn.Module):
    """An item table of which an index holds f(E): what serving needs, without what the vectors were made from."""

    cluster_of: Tensor

    def __init__(self, index: ItemIndex, cluster_of: Tensor, clusters: Tensor, width: int, hidden: int) -> None:
        super().__init__()
        self.index = index
        self.register_buffer("cluster_of", cluster_of)
        self.clusters = nn.Parameter(clusters)
        self.project = _projection(width, hidden)

    def __len__(self) -> int:
        return len(self.index)

    def tokens(self) -> Tensor:
        """(items, hidden) f(E), read whole: for what ranks the whole catalogue, as evaluation does."""
        return self.index[torch.arange(len(self))]

    def cluster_tokens(self) -> Tensor:
        """(clusters, hidden) f(E_C)."""
        out: Tensor = self.project(self.clusters)
        return out


class _Rows(torch.autograd.Function):
    """(rows, width) rows of a parameter, each once. Their gradient is added to the parameter's in place, which starts
    as `room`, kept between steps: a gradient made anew for a million items is a tenth of a step."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, whole: Tensor, rows: Tensor, room: Tensor) -> Tensor:
        ctx.whole, ctx.rows, ctx.room = whole, rows, room  # type: ignore[attr-defined]
        return whole.index_select(0, rows)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> tuple[None, None, None]:
        whole, rows, room = ctx.whole, ctx.rows, ctx.room  # type: ignore[attr-defined]
        if whole.grad is None:
            whole.grad = room.zero_()
        whole.grad.index_add_(0, rows, gradient)
        return None, None, None


def _projection(width: int, hidden: int) -> nn.Sequential:
    """f, from the table's width into the backbone's space."""
    return nn.Sequential(
        _linear(width, width, width**-0.5), nn.GELU(), _linear(width, hidden, (width * hidden) ** -0.5)
    )


def _linear(inputs: int, outputs: int, std: float) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.normal_(layer.weight, std=std)
    return layer
