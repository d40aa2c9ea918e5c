"""The item step over an index: a few clusters of a large catalogue are opened instead of all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convrec.generate import kernels
from convrec.model.index import IndexedHead
from convrec.model.ranking import TASTE

LIMITS = kernels.Limits(opened=1024, few=64, slack=np.float32(0.6), margin=np.float32(0.25))


class Search:
    """One item step for the hidden states of one prompt.

    `said` and `bought` (hidden,) as in `model.ranking.choice_scores`. `rows_opened` counts what `best` scored exactly.
    """

    def __init__(self, said: Tensor, bought: Tensor, head: IndexedHead) -> None:
        self._asking = said.float().numpy(), bought.float().numpy(), TASTE, head.held
        self.rows_opened = 0

    def best(self, allowed: NDArray[np.bool_], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k best allowed rows and their scores, best first, ties to the lower row; all where fewer are allowed."""
        rows, scores, opened = kernels.search(*self._asking, allowed, k, LIMITS)
        self.rows_opened += opened
        return rows, scores

    def scores(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(rows,) the exact scores of some rows."""
        found: NDArray[np.float32] = kernels.scores_of(*self._asking, rows)
        return found
