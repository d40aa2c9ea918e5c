"""The one model: a causal LM that reads text, heard vectors, facts and items, and scores all of them in one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convrec.model.backbone import dropout
from convrec.model.symbols import Symbols
from convrec.model.tables import ItemTable

SOFT_CAP = 30.0  # arXiv 2509.03746, released code


@dataclass(frozen=True, slots=True)
class Head:
    """The vectors that symbols enter by and hidden states are compared with, computed once for many positions.

    `inputs` (symbols, hidden), `level1` (symbols below items + clusters, hidden), `items` (items, hidden) the same
    f(E) that stands in `inputs`, `cluster_of` (items,).
    """

    inputs: Tensor
    level1: Tensor
    items: Tensor
    cluster_of: Tensor
    n_symbols: int


class ConvrecModel(nn.Module):
    """`backbone` is any transformers causal LM; its vocabulary is left as it is.

    Item, control and fact tokens and heard vectors are spliced in as embedding rows, so nothing a user types can
    become one of them.
    """

    def __init__(
        self, backbone: Any, symbols: Symbols, table: ItemTable, *, heard_width: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.symbols = symbols
        self.table = table
        hidden = backbone.get_input_embeddings().weight.shape[1]
        self.marks = nn.Embedding(symbols.items - symbols.text, hidden)  # controls and facts, tied with the output
        self.hear = nn.Sequential(nn.LayerNorm(heard_width), nn.Linear(heard_width, hidden))
        self.dropout = dropout
        scale = float(backbone.get_input_embeddings().weight.detach().std())
        nn.init.normal_(self.marks.weight, std=scale)
        for name, weight in self.hear.named_parameters():
            if name == "1.weight":
                nn.init.normal_(weight, std=scale * heard_width**-0.5)

    @property
    def hidden(self) -> int:
        return self.marks.embedding_dim

    @property
    def decoder(self) -> Any:
        """The backbone without its language-model head; under peft, with the adapter in place."""
        causal = self.backbone.get_base_model() if hasattr(self.backbone, "peft_config") else self.backbone
        return causal.base_model

    def head(self) -> Head:
        output = self.backbone.get_output_embeddings().weight[: self.symbols.text]
        text = self.backbone.get_input_embeddings().weight[: self.symbols.text]
        items = self.table.tokens()
        inputs = torch.cat([text, self.marks.weight, items])
        level1 = torch.cat([output, self.marks.weight, self.table.cluster_tokens()])
        return Head(inputs, level1, items, self.table.cluster_of, self.symbols.items)

    def embed(self, symbols: Tensor, heard: Tensor, head: Head) -> Tensor:
        """(batch, length, hidden) input vectors of (batch, length) symbols; `heard` is (heard vectors, heard width)."""
        vectors: Tensor = F.embedding(symbols.clamp(min=0), head.inputs)
        if len(heard):
            is_heard = symbols < 0
            spoken = self.hear(heard).to(vectors.dtype)[-1 - symbols[is_heard]]
            vectors = vectors.masked_scatter(is_heard[..., None], spoken)
        return vectors

    def forward(self, symbols: Tensor, heard: Tensor, head: Head, attention_mask: Tensor | None = None) -> Tensor:
        """(batch, length, hidden) final hidden states."""
        vectors = dropout(self.embed(symbols, heard, head), self.dropout, self.training)
        out = self.decoder(inputs_embeds=vectors, attention_mask=attention_mask, use_cache=False)
        return dropout(out.last_hidden_state, self.dropout, self.training)

    def loss(self, hidden: Tensor, targets: Tensor, weights: Tensor, head: Head) -> Tensor:
        """Mean two-level loss, CE₁ + 1[target is an item]·CE₂, over weighted positions (arXiv 2509.03746, head).

        `hidden` (positions, hidden), `targets` (positions,) symbols, `weights` (positions,) ≥ 0.
        """
        is_item = targets >= head.n_symbols
        rows = (targets - head.n_symbols).clamp(min=0)
        first = torch.where(is_item, head.n_symbols + head.cluster_of[rows], targets)
        losses = F.cross_entropy(capped(hidden, head.level1), first, reduction="none")
        if is_item.any():
            members = head.cluster_of[rows[is_item]][:, None] == head.cluster_of[None, :]
            logits = capped(hidden[is_item], head.items).masked_fill(~members, float("-inf"))
            losses = losses.index_add(
                0, is_item.nonzero()[:, 0], F.cross_entropy(logits, rows[is_item], reduction="none")
            )
        return (losses * weights).sum() / weights.sum().clamp(min=1e-6)

    def item_scores(self, hidden: Tensor, head: Head) -> Tensor:
        """(positions, items) exact log P(c) + log P(i|c) in nats, from (positions, hidden); nothing is masked here."""
        return item_log_probabilities(hidden, head)


def capped(hidden: Tensor, vectors: Tensor) -> Tensor:
    """(positions, vectors) logits in fp32 under the soft cap 30·tanh(x/30)."""
    logits: Tensor = SOFT_CAP * torch.tanh((hidden @ vectors.T.to(hidden.dtype)).float() / SOFT_CAP)
    return logits


def item_log_probabilities(hidden: Tensor, head: Head) -> Tensor:
    """The two levels multiplied out: log P(cluster) among text ∪ marks ∪ clusters, plus log P(item | cluster)."""
    first = torch.log_softmax(capped(hidden, head.level1), dim=-1)[:, head.n_symbols :]
    logits = capped(hidden, head.items)
    # The soft cap keeps every logit within ±30, so the sums of exponentials need no maximum taken out.
    members = torch.zeros_like(first).index_add_(1, head.cluster_of, torch.exp(logits))
    second = logits - torch.log(members)[:, head.cluster_of]
    return first[:, head.cluster_of] + second
