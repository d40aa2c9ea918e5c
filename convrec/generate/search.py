"""The item step over an index: a few clusters of a large catalogue are opened instead of all of them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convrec.model.head import SOFT_CAP
from convrec.model.index import IndexedHead
from convrec.model.ranking import TASTE

LOOKED_AT = 16_384  # rows whose codes are looked at in one go
OPENED = 1_024  # rows that are opened at once, about
FEW = 64  # allowed rows of which every cluster is opened: nothing is estimated
SLACK = 2.0  # deviations of the logits of members by which the normal law may be mistaken
MARGIN = 0.25  # nats by which the codes may be mistaken about the best of a cluster

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


class Search:
    """One item step: what the hidden states of one prompt say of clusters, and of the items that are asked for.

    `said` and `bought` (hidden,) as in `model.ranking.choice_scores`.
    """

    def __init__(self, said: Tensor, bought: Tensor, head: IndexedHead) -> None:
        index = head.items
        apart = bool((said != bought).any())
        hidden = torch.stack([said, bought] if apart else [said]).float()
        self.index = index
        self.rows_opened = 0
        self.weights = np.array([1.0, TASTE] if apart else [1.0], dtype=np.float32)
        told = (hidden @ head.asks).numpy()
        first = _capped(told[:, : len(head.level1)])
        # The soft cap keeps every logit within ±30, so the sums of exponentials need no maximum taken out.
        first = first[:, head.n_symbols :] - np.log(np.exp(first).sum(1, keepdims=True))
        self.first = first[:, index.clusters]  # (states, clusters) log P(cluster)
        self.states = torch.from_numpy(told[:, len(head.level1) : -1])  # (states, r)
        self.shared = told[:, -1:]  # (states, 1): what every item's logit has

    def best(self, allowed: NDArray[np.bool_], k: int) -> tuple[Rows, Floats]:
        """The k best allowed rows and their scores, best first, ties to the lower row; all where fewer are allowed."""
        sizes = np.diff(self.index.starts)
        k = min(k, int(np.count_nonzero(allowed)))
        if not k:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        order, promise = self._order(allowed, k)
        ends = np.cumsum(sizes[order])
        rows, scores = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        begin = end = 0
        while begin < len(order) and (len(rows) < k or scores.min() < promise[begin] + MARGIN):
            end = int(np.searchsorted(ends, (ends[begin - 1] if begin else 0) + OPENED)) + 1
            more, theirs = self.opened(order[begin:end])
            may = allowed[more]
            rows, scores = np.concatenate([rows, more[may]]), np.concatenate([scores, theirs[may]])
            if len(rows) > k:
                among = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
                rows, scores = rows[among], scores[among]
            begin = end
        best = np.lexsort((rows, -scores))[:k]
        return rows[best], scores[best]

    def _order(self, allowed: NDArray[np.bool_], k: int) -> tuple[Rows, Floats]:
        """(clusters with an allowed row,) in the order to open them, and what their best may score, so far as known.

        Infinity where all of them are to be opened, as few are; minus infinity where the best that may be expected of a
        cluster is less than the k-th found elsewhere: it was not looked at, and is opened only where rows are wanting.
        """
        sizes = np.diff(self.index.starts)
        total = int(np.count_nonzero(allowed))
        alive = sizes
        if 2 * total < len(self.index):
            places = self.index.places[np.flatnonzero(allowed)]
            alive = np.bincount(np.searchsorted(self.index.starts, places, "right") - 1, minlength=len(sizes))
        order = np.flatnonzero(alive)
        if total <= FEW or sizes[order].sum() <= OPENED:
            return order, np.full(len(order), np.inf, dtype=np.float32)
        if len(self.index) <= LOOKED_AT:
            promise, _ = self._looked(np.arange(len(sizes)), allowed)
            first = np.argsort(-promise, kind="stable")[: len(order)]
            return first, promise[first]
        expected = self._expected(alive)[order]
        by_expected = np.argsort(-expected, kind="stable")
        order, expected = order[by_expected], expected[by_expected]
        ends = np.cumsum(sizes[order])
        promise = np.full(len(order), -np.inf, dtype=np.float32)
        best = np.empty(0, dtype=np.float32)
        begin = end = 0
        while begin < len(order) and (len(best) < k or best.min() < expected[begin]):
            end = max(begin + 1, int(np.searchsorted(ends, (ends[begin - 1] if begin else 0) + LOOKED_AT, "right")))
            promise[begin:end], scores = self._looked(order[begin:end], allowed)
            begin = end
            if end < len(order):
                best = np.concatenate([best, scores])
                best = np.partition(best, -k)[-k:] if len(best) > k else best
        first = np.argsort(-promise[:end], kind="stable")
        return np.concatenate([order[first], order[end:]]), np.concatenate([promise[first], promise[end:]])

    def scores(self, rows: Rows) -> Floats:
        """(rows,) the exact scores of some rows."""
        places = self.index.places[rows]
        clusters = np.unique(np.searchsorted(self.index.starts, places, "right") - 1)
        members, scores = self.opened(clusters)
        order = np.argsort(members)
        return scores[order[np.searchsorted(members, rows, sorter=order)]]

    def opened(self, clusters: Rows) -> tuple[Rows, Floats]:
        """(members,) the rows of some clusters and their exact scores."""
        index = self.index
        begins, sizes = index.starts[clusters], np.diff(index.starts)[clusters]
        at = _positions(begins, sizes)
        self.rows_opened += len(at)
        members = index.coordinates.index_select(0, torch.from_numpy(at))
        logits = _capped((self.states @ members.T).numpy() + self.shared)
        return index.rows[at], self.weights @ logits + np.repeat(self._shares(logits, clusters, sizes), sizes)

    def _shares(self, logits: Floats, clusters: Rows, sizes: Rows) -> Floats:
        """(clusters,) what every member's score has besides its logits: log P(cluster) less its normaliser."""
        members = np.log(np.add.reduceat(np.exp(logits), np.cumsum(sizes) - sizes, axis=1))
        shares: Floats = self.weights @ (self.first[:, clusters] - members)
        return shares

    def _expected(self, alive: Rows) -> Floats:
        """(clusters,) the score to be expected of the best of the `alive` members of each."""
        index = self.index
        taste = torch.from_numpy(self.weights) @ self.states
        spread = np.sqrt((torch.cat([self.states, taste[None]]).square_() @ index.variance.T).numpy())
        of_states, of_taste = spread[:-1], spread[-1]
        size = np.log(np.diff(index.starts)).astype(np.float32)
        critical = np.sqrt(2 * size)
        slack = self.weights @ of_states * SLACK
        members = np.where(of_states < critical, of_states**2 / 2 + size, of_states * critical)
        largest = of_taste * np.sqrt(2 * np.log(np.maximum(alive, 1)))
        bound = self.weights @ self.first
        expected: Floats = np.minimum(bound, bound - self.weights @ members + largest + slack).astype(np.float32)
        return expected

    def _looked(self, clusters: Rows, allowed: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """By the codes: (clusters,) the best score of an allowed member of each, (allowed members,) all of theirs."""
        index = self.index
        begins, sizes = index.starts[clusters], np.diff(index.starts)[clusters]
        states = self.states * index.step
        scale = states.abs().amax(1, keepdim=True).clamp_(min=1e-30) / 127
        query = torch.round(states / scale).to(torch.int8)
        if len(clusters) == len(index.clusters):  # all, in their order
            at: Rows | slice = slice(None)
            products = torch._int_mm(query, index.codes.T)
        else:
            at = _positions(begins, sizes)
            # As many rows each time: a product of whole numbers of a new shape costs milliseconds to prepare.
            padded = np.zeros(max(LOOKED_AT, len(at)), dtype=np.int64)
            padded[: len(at)] = at
            codes = index.codes.index_select(0, torch.from_numpy(padded))
            products = torch._int_mm(query, codes.T)[:, : len(at)]
        logits = _capped(products.numpy() * scale.numpy() + self.shared)
        shares = np.repeat(self._shares(logits, clusters, sizes), sizes)
        may = allowed[index.rows[at]]
        scores = np.where(may, self.weights @ logits + shares, np.float32(-np.inf))
        return np.maximum.reduceat(scores, np.cumsum(sizes) - sizes), scores[may]


def _capped(logits: Floats) -> Floats:
    """`model.head.soft_cap` in place: of few thousand values, for which torch would wake its threads."""
    logits /= SOFT_CAP
    np.tanh(logits, out=logits)
    logits *= SOFT_CAP
    return logits


def _positions(begins: Rows, sizes: Rows) -> Rows:
    """The ranges begin … begin + size, one after the other."""
    out: Rows = np.arange(sizes.sum()) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)
    return out
