"""The gist of a message: its heard vectors as one, weighed by how much each tells, straight to the ⟨item⟩ mark.

Words that name goods are few among those that only carry them ("do you have …, please?"), and to find them takes a
small backbone most of what it has: a plain text search knew more of what was asked than two layers (docs/LOG.md). A
learnt weight for every word piece, and one product, do that part; the backbone goes on from there. Pooling by learnt
weights is that of Lin et al. (arXiv 1703.03130), with one head.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

MOST = 8.0  # nats by which a word piece may outweigh or fall behind a plain one


class Gist(nn.Module):
    """From (heard, heard width) vectors to (batch, hidden); says nothing before it is trained."""

    def __init__(self, heard_width: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(heard_width)
        self.weigh = nn.Linear(heard_width, 1, bias=False)
        self.project = nn.Linear(heard_width, hidden, bias=False)
        nn.init.zeros_(self.weigh.weight)
        nn.init.zeros_(self.project.weight)

    def forward(self, heard: Tensor, message: Tensor, messages: int) -> Tensor:
        """(messages, hidden): of each the weighed mean of its (heard, heard width) vectors, projected; `message`
        (heard,) is the one that a vector belongs to. Zero of a message without any."""
        vectors = self.norm(heard).float()
        weights = self.weigh(vectors).float().clamp(-MOST, MOST).exp()
        total = vectors.new_zeros(messages, vectors.shape[1]).index_add(0, message, vectors * weights)
        mass = vectors.new_zeros(messages, 1).index_add(0, message, weights)
        out: Tensor = self.project(total / mass.clamp(min=torch.finfo(mass.dtype).tiny))
        return out
