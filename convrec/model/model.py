"""The one model: a causal LM that reads text, heard vectors, facts and items, and scores all of them in one step."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convrec.model.backbone import dropout
from convrec.model.gist import Gist
from convrec.model.head import Head, HeadKind
from convrec.model.index import IndexedHead, ItemIndex, indexed
from convrec.model.losses import Drawn, full_loss, sampled_loss, two_level_loss
from convrec.model.symbols import Symbols
from convrec.model.tables import ItemTable, ServedTable


class ConvrecModel(nn.Module):
    """`backbone` is any transformers causal LM; its vocabulary is left as it is.

    Item, control and fact tokens and heard vectors are spliced in as embedding rows, so nothing a user types can
    become one of them.
    """

    def __init__(
        self,
        backbone: Any,
        symbols: Symbols,
        table: ItemTable | ServedTable,
        *,
        heard_width: int,
        dropout: float = 0.0,
        kind: HeadKind = "two-level",
        gist: bool = False,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.symbols = symbols
        self.table = cast(ItemTable, table)  # only an ItemTable is ever trained
        hidden = backbone.get_input_embeddings().weight.shape[1]
        self.marks = nn.Embedding(symbols.items - symbols.text, hidden)  # controls and facts, tied with the output
        self.hear = nn.Sequential(nn.LayerNorm(heard_width), nn.Linear(heard_width, hidden))
        self.gist = Gist(heard_width, hidden) if gist else None
        self.dropout = dropout
        self.kind = kind
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
        level1, inputs = self._words()
        return Head(inputs, level1, self.table.tokens(), self.table.cluster_of, self.symbols.items, self.kind)

    def head_over(self, rows: Tensor) -> Head:
        """The head of a catalogue that holds these (rows,) alone; its items are numbered by their place there."""
        level1, inputs = self._words()
        cluster_of = self.table.cluster_of[rows]
        return Head(inputs, level1, self.table.tokens(rows), cluster_of, self.symbols.items, self.kind)

    def indexed_head(self, index: ItemIndex) -> IndexedHead:
        """The head that serves from an index: f(E) is read where it is needed and nowhere computed for every item."""
        level1, inputs = self._words()
        return indexed(inputs, level1, index, self.symbols.items)

    def _words(self) -> tuple[Tensor, Tensor]:
        """(level 1, inputs below items)."""
        output = self.backbone.get_output_embeddings().weight[: self.symbols.text]
        text = self.backbone.get_input_embeddings().weight[: self.symbols.text]
        inputs = torch.cat([text, self.marks.weight])
        clusters = [self.table.cluster_tokens()] if self.kind == "two-level" else []
        return torch.cat([output, self.marks.weight, *clusters]), inputs

    def embed(self, symbols: Tensor, heard: Tensor, head: Head | IndexedHead) -> Tensor:
        """(batch, length, hidden) input vectors of (batch, length) symbols; `heard` is (heard vectors, heard width)."""
        vectors: Tensor = F.embedding(symbols.clamp(min=0, max=head.n_symbols - 1), head.inputs)
        is_item = symbols >= head.n_symbols
        if is_item.any():
            items = head.items[symbols[is_item] - head.n_symbols].to(vectors.dtype)
            vectors = vectors.masked_scatter(is_item[..., None], items)
        if len(heard):
            is_heard = symbols < 0
            spoken = self.hear(heard).to(vectors.dtype)[-1 - symbols[is_heard]]
            vectors = vectors.masked_scatter(is_heard[..., None], spoken)
            if self.gist is not None:
                vectors = vectors + self._gists(self.gist, symbols, heard).to(vectors.dtype)
        return vectors

    def _gists(self, gist: Gist, symbols: Tensor, heard: Tensor) -> Tensor:
        """(batch, length, hidden): at each ⟨item⟩ mark the gist of the last message and of what was read in it,
        zero elsewhere."""
        turn = (symbols == self.symbols.control("user")).cumsum(1)
        last = (symbols < 0) & (turn == turn[:, -1:])  # a prompt has one ⟨item⟩ mark, and no message after it
        said: Tensor = gist(heard[-1 - symbols[last]], last.nonzero()[:, 0], len(symbols))
        return (symbols == self.symbols.control("item"))[..., None] * said[:, None]

    def forward(
        self, symbols: Tensor, heard: Tensor, head: Head | IndexedHead, attention_mask: Tensor | None = None
    ) -> Tensor:
        """(batch, length, hidden) final hidden states."""
        vectors = dropout(self.embed(symbols, heard, head), self.dropout, self.training)
        out = self.decoder(inputs_embeds=vectors, attention_mask=attention_mask, use_cache=False)
        return dropout(out.last_hidden_state, self.dropout, self.training)

    def loss(self, hidden: Tensor, targets: Tensor, weights: Tensor, head: Head, drawn: Drawn | None = None) -> Tensor:
        """The mean loss of the head's kind over weighted positions, in nats.

        `hidden` (positions, hidden), `targets` (positions,) symbols, `weights` (positions,) ≥ 0; `drawn` is what a
        sampled head compares with, without it every item, and what a two-level one compares with besides.
        """
        if head.kind == "two-level":
            return two_level_loss(hidden, targets, weights, head, drawn)
        if drawn is None:
            return full_loss(hidden, targets, weights, head)
        return sampled_loss(hidden, targets, weights, head, drawn)
