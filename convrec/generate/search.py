"""The item step over an index: a few clusters of a large catalogue are opened instead of all of them."""

from __future__ import annotations

from array import array

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convrec.errors import ModelError
from convrec.generate import kernels
from convrec.generate.step import NOT_FINITE
from convrec.model.index import IndexedHead
from convrec.model.ranking import TASTE

SETTINGS = array("d", kernels.Settings(TASTE, opened=1024, few=64, slack=1.0, margin=0.25))
_HOW = SETTINGS.buffer_info()[0]
_ROW, _SCORE = array("q", [0]), array("f", [0.0])


class Search:
    """One item step for the hidden states of one prompt.

    `said` and `bought` (hidden,) as in `model.ranking.choice_scores`. `rows_opened` counts what `best` scored.
    Raises ValueError for states of another width than the head's.
    """

    __slots__ = ("_asking", "_bought", "_head", "_said", "rows_opened")

    def __init__(self, said: Tensor, bought: Tensor, head: IndexedHead) -> None:
        self._head = head
        self._said = _readable(said, head)
        self._bought = self._said if bought is said else _readable(bought, head)
        self._asking = self._said.data_ptr(), self._bought.data_ptr(), head.address, _HOW
        self.rows_opened = 0

    def best(self, allowed: NDArray[np.bool_], k: int) -> tuple[list[int], list[float]]:
        """The k best of the allowed (items,) rows and their scores, best first, ties to the lower row; all where fewer
        are allowed. Raises ValueError for a mask of another catalogue and ModelError for a state of NaN or infinity."""
        rows, scores = _ROW * k, _SCORE * k
        addresses = rows.buffer_info()[0], scores.buffer_info()[0]
        found, opened = kernels.search(*self._asking, allowed, k, *addresses)
        if found == -2:
            raise ModelError(NOT_FINITE)
        if found < 0:
            raise ValueError(f"a mask of {len(allowed)} items for a catalogue of {len(self._head.items)}")
        self.rows_opened += opened
        return rows.tolist()[:found], scores.tolist()[:found]

    def scores(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(rows,) the scores of some rows. Raises IndexError for a row that is not in the catalogue."""
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(self._head.items):
            raise IndexError(f"a row outside the {len(self._head.items)} of the catalogue")
        found: NDArray[np.float32] = kernels.scores_of(*self._asking, rows)
        return found


def _readable(state: Tensor, head: IndexedHead) -> Tensor:
    """As the loops read it, by its address: asking costs less than converting what is so already."""
    if state.shape != head.items.centre.shape:
        raise ValueError(f"a state of shape {tuple(state.shape)} for a head of {tuple(head.items.centre.shape)}")
    if state.dtype is torch.float32 and state.is_cpu and state.is_contiguous():
        return state
    return state.to("cpu", torch.float32).contiguous()
