"""The hybrid: one model picks the item, another writes about it (the baseline of arXiv 2503.11924).

The picker is like FLARE (arXiv 2409.11699): a small transformer of its own over item ids and item texts, one softmax
over the items, an InfoNCE loss that holds an item's id to its text, and a critique as further input, never masked. It
departs from FLARE where that keeps the comparison fair or the code short: an item's text is one vector of its content
and not a Perceiver over its tokens; it is causal and learns every next item, which does no worse than masked items do
(arXiv 2309.07602); and it is shown what the joint model is shown, by the same renderer, the reading included. The words
are then the joint model's own about the item picked (evaluate.language.write_narratives).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from convrec.conversation import Path
from convrec.items.vectors import TEXT_WIDTH
from convrec.model.head import Head
from convrec.model.losses import Drawn
from convrec.model.model import ConvrecModel
from convrec.model.prompt import Renderer
from convrec.model.ranking import score_paths
from convrec.model.symbols import Symbols
from convrec.model.tables import ItemTable

ALIGNED = 0.1  # weight of the InfoNCE loss beside the next item's
TEMPERATURE = 0.1
SYMBOLS = Symbols(0, ("fits",))  # controls and items; no words, and of the facts the one that a reading may hold


class IdsAndTexts(nn.Module):
    """An item's vector is that of its id plus that of its text; no clusters. `content` (items, width), standardised."""

    content: Tensor
    cluster_of: Tensor

    def __init__(self, content: Tensor, hidden: int) -> None:
        super().__init__()
        self.register_buffer("content", content)
        self.register_buffer("cluster_of", torch.zeros(len(content), dtype=torch.int64), persistent=False)
        self.ids = nn.Parameter(torch.randn(len(content), hidden) * hidden**-0.5)
        self.from_text = nn.Linear(content.shape[1], hidden)
        nn.init.normal_(self.from_text.weight, std=(content.shape[1] * hidden) ** -0.5)

    def __len__(self) -> int:
        return len(self.content)

    def tokens(self, rows: Tensor | None = None) -> Tensor:
        """(rows, hidden) of (rows,) catalogue rows, or of all."""
        ids, content = (self.ids, self.content) if rows is None else (self.ids[rows], self.content[rows])
        out: Tensor = ids + self.from_text(content)
        return out

    def alignment(self, rows: Tensor) -> Tensor:
        """InfoNCE in nats: which of the texts of (rows,) different items goes with an id, by cosine."""
        ids = F.normalize(self.ids[rows], dim=1)
        texts = F.normalize(self.from_text(self.content[rows]), dim=1)
        return F.cross_entropy(ids @ texts.T / TEMPERATURE, torch.arange(len(rows), device=rows.device))


class Hybrid(ConvrecModel):
    """What picks: it reads histories and what was said, and knows no words."""

    def __init__(self, backbone: Any, content: Tensor, dropout: float = 0.0) -> None:
        table = IdsAndTexts(content, backbone.get_input_embeddings().weight.shape[1])
        super().__init__(
            backbone, SYMBOLS, cast(ItemTable, table), heard_width=TEXT_WIDTH, dropout=dropout, kind="full"
        )

    def loss(self, hidden: Tensor, targets: Tensor, weights: Tensor, head: Head, drawn: Drawn | None = None) -> Tensor:
        """Cross entropy of the next item plus the alignment of the items that are next in this batch."""
        rows = torch.unique(targets[targets >= head.n_symbols] - head.n_symbols)
        table = cast(IdsAndTexts, self.table)
        return super().loss(hidden, targets, weights, head, drawn) + ALIGNED * table.alignment(rows)


@dataclass(frozen=True, slots=True)
class Picker:
    """A trained hybrid, to be asked what comes next."""

    model: Hybrid
    renderer: Renderer

    def scores(self, paths: Sequence[Path]) -> NDArray[np.float32]:
        """(paths, items) as an engine's: what items are chosen by, nothing masked."""
        return score_paths(self.model, self.renderer, paths)
