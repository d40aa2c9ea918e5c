"""The trie of the ids that exist, as tensors: what constrained beams may go on with, for all beams at once."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convrec.errors import ModelError


class Trie:
    """Over (items, depth) tokens, one id a row, no two alike. Raises ModelError where two are, or there is none.

    The nodes of a level are numbered by their prefixes in order, so the children of a node are a run of numbers:
    `starts[level][node]` up to `starts[level][node + 1]`. Node 0 of level 0 is the root, a leaf is an item.
    """

    def __init__(self, tokens: NDArray[np.int64]) -> None:
        if not len(tokens):
            raise ModelError("a trie of no ids: the catalogue is empty")
        order = np.lexsort(tokens.T[::-1])
        ids = tokens[order]
        self.rows = torch.from_numpy(order)
        self.tokens: list[Tensor] = []  # of each level: (nodes of the next one,) the token that leads there
        self.starts: list[Tensor] = []
        self.widths: list[int] = []  # the largest number of children at each level
        parent = np.zeros(len(ids), dtype=np.int64)
        begins = np.arange(len(ids)) == 0
        for level in range(tokens.shape[1]):
            begins = begins | (np.diff(ids[:, level], prepend=-1) != 0)
            above = parent[begins]
            starts = np.searchsorted(above, np.arange(parent[-1] + 2))
            self.tokens.append(torch.from_numpy(ids[begins, level]))
            self.starts.append(torch.from_numpy(starts))
            self.widths.append(int(np.diff(starts).max()))
            parent = np.cumsum(begins) - 1
        if not begins.all():
            first, second = order[np.flatnonzero(~begins)[0] - 1 :][:2]
            raise ModelError(f"rows {first} and {second} have the same id; ids must be unique")

    @property
    def depth(self) -> int:
        return len(self.tokens)

    def children(self, level: int, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """((n, widest) nodes of the next level, -1 where there are no more; (n, widest) the tokens that lead there).

        A node of -1 has no children.
        """
        known = nodes.clamp(min=0)
        found = self.starts[level][known][:, None] + torch.arange(self.widths[level])
        exists = (found < self.starts[level][known + 1][:, None]) & (nodes >= 0)[:, None]
        tokens = self.tokens[level][torch.where(exists, found, 0)]
        return torch.where(exists, found, -1), tokens

    def walk(self, tokens: Tensor) -> Tensor:
        """(n,) the nodes that (n, length) tokens lead to from the root; -1 where that is not in the trie."""
        nodes = torch.zeros(len(tokens), dtype=torch.int64)
        for level in range(tokens.shape[1]):
            children, step = self.children(level, nodes)
            hit = (step == tokens[:, level : level + 1]) & (children >= 0)
            nodes = torch.where(hit.any(1), children.gather(1, hit.int().argmax(1, keepdim=True))[:, 0], -1)
        return nodes

    def allowed_leaves(self, allowed: NDArray[np.bool_]) -> Tensor:
        """(items,) bool by leaf, from (items,) by row."""
        return torch.from_numpy(allowed)[self.rows]
