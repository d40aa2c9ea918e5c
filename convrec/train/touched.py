"""Which rows of the item table a training step touches, and its batch as one over a catalogue of these rows alone.

A step needs f(E) of the items that stand in its prompts and of those that its loss compares: with two levels the
members of the clusters that hold a target, with a sampled head the targets, and what was drawn. Of a million items that
is a tenth or less. Loss and gradient are those of the whole table: to every other row the gradient is zero.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from convrec.model.head import Head
from convrec.model.losses import Drawn
from convrec.model.model import ConvrecModel


def touched_rows(model: ConvrecModel, symbols: Tensor, targets: Tensor, drawn: Drawn | None) -> Tensor | None:
    """(touched,) catalogue rows in order; None where the loss compares with every item.

    `symbols` and `targets` (any shape) are what the model reads and must predict; `drawn` as in `ConvrecModel.loss`.
    """
    n, cluster_of = model.symbols.items, model.table.cluster_of
    wanted = targets[targets >= n] - n
    if model.kind == "two-level":
        opened = torch.zeros(len(model.table.clusters), dtype=torch.bool, device=cluster_of.device)
        opened[cluster_of[wanted]] = True
        touched = opened[cluster_of]
    elif drawn is not None:
        touched = torch.zeros(len(cluster_of), dtype=torch.bool, device=cluster_of.device)
        touched[wanted] = True
    else:
        return None
    if drawn is not None:
        touched[drawn.rows] = True
    touched[symbols[symbols >= n] - n] = True
    return touched.nonzero()[:, 0]


def narrowed(
    model: ConvrecModel, symbols: Tensor, targets: Tensor, drawn: Drawn | None
) -> tuple[Head, Tensor, Tensor, Drawn | None]:
    """The head over the touched rows, and symbols, targets and what was drawn with their items numbered as there."""
    rows = touched_rows(model, symbols, targets, drawn)
    if rows is None:
        return model.head(), symbols, targets, drawn
    n = model.symbols.items
    place = torch.zeros_like(model.table.cluster_of)
    place[rows] = torch.arange(len(rows), device=rows.device)

    def renumbered(given: Tensor) -> Tensor:
        return torch.where(given >= n, n + place[(given - n).clamp(min=0)], given)

    among = drawn and replace(drawn, rows=place[drawn.rows])
    return model.head_over(rows), renumbered(symbols), renumbered(targets), among
