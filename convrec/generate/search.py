"""The item step over an index: a few clusters of a large catalogue are opened instead of all of them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convrec.model.head import SOFT_CAP
from convrec.model.index import IndexedHead
from convrec.model.ranking import TASTE

WHOLE = 16_384  # items of which every code is looked at, and nothing is estimated first
LOOKED_AT = 8_192  # rows whose codes are looked at in one go
OPENED = 1_024  # rows of which every cluster is opened: nothing is estimated
FEW = 64  # allowed rows, likewise
SLACK = 0.4  # deviations of the logits of members by which their reach may be mistaken
MARGIN = 0.25  # nats by which the codes may be mistaken about the best of a cluster

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


class Search:
    """One item step: what the hidden states of one prompt say of clusters, and of the items that are asked for.

    `said` and `bought` (hidden,) as in `model.ranking.choice_scores`. Arrays here are of a few thousand numbers: numpy
    works on them, for which torch would wake its threads, and a call that can be spared is time spared.
    """

    def __init__(self, said: Tensor, bought: Tensor, head: IndexedHead) -> None:
        apart = not torch.equal(said, bought)
        self.index = head.items
        self.sizes = np.diff(self.index.starts)
        self.rows_opened = 0
        self.weights = np.array([1.0, TASTE] if apart else [1.0], dtype=np.float32)
        told = (torch.stack([said, bought]) if apart else said[None]).float() @ head.asks
        self.first = _capped((told[:, : len(self.sizes)] / SOFT_CAP).numpy())  # (states, clusters)
        self.states = told[:, len(self.sizes) : -1]  # (states, r)
        self.shared = (told[:, -1:] / SOFT_CAP).numpy()  # (states, 1): what every item's logit has, before the soft cap

    def best(self, allowed: NDArray[np.bool_], k: int) -> tuple[Rows, Floats]:
        """The k best allowed rows and their scores, best first, ties to the lower row; all where fewer are allowed."""
        total = int(np.count_nonzero(allowed))
        k = min(k, total)
        if not k:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        order, promise, kth = self._order(allowed, total, k)
        rows, scores = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        begin, end = 0, int((-promise).searchsorted(MARGIN - kth))
        while begin < end:
            more, theirs = self.opened(order[begin:end])
            may = allowed[more]
            rows, scores = np.concatenate([rows, more[may]]), np.concatenate([scores, theirs[may]])
            kth = _largest(scores, k)[-1]
            begin, end = end, int((-promise).searchsorted(MARGIN - kth))
        rows, scores = rows[scores >= kth], scores[scores >= kth]
        best = np.lexsort((rows, -scores))[:k]
        return rows[best], scores[best]

    def _order(self, allowed: NDArray[np.bool_], total: int, k: int) -> tuple[Rows, Floats, np.float32]:
        """(clusters worth it,) in the order to open them, what the best of each scores by the codes, and the k-th
        best of all.

        Infinity and minus infinity where all are to be opened that hold an allowed row, as few are. Left out are those
        of which no more can be expected than the k-th best found elsewhere.
        """
        alive = self.sizes
        if 2 * total < len(self.index):
            places = self.index.places[np.flatnonzero(allowed)]
            alive = np.bincount(self.index.starts.searchsorted(places, "right") - 1, minlength=len(alive))
        order = alive.nonzero()[0]
        if total <= FEW or self.sizes[order].sum() <= OPENED:
            return order, np.full(len(order), np.inf, dtype=np.float32), np.float32(-np.inf)
        if len(self.index) <= WHOLE:
            promise, scores = self._looked(None, allowed)
            order = (-promise).argsort(kind="stable")
            return order, promise[order], _largest(scores, k)[-1]
        expected = self._expected(alive)[order]
        by_expected = (-expected).argsort(kind="stable")
        order, expected = order[by_expected], expected[by_expected]
        ends = self.sizes[order].cumsum()
        promise = np.empty(len(order), dtype=np.float32)
        best = np.full(k, -np.inf, dtype=np.float32)
        begin = end = 0
        while begin < len(order) and best[-1] < expected[begin]:
            end = max(begin + 1, int(ends.searchsorted((ends[begin - 1] if begin else 0) + LOOKED_AT, "right")))
            promise[begin:end], scores = self._looked(order[begin:end], allowed)
            best = _largest(np.concatenate([best, scores]), k)
            begin = end
        first = (-promise[:end]).argsort(kind="stable")
        return order[first], promise[first], best[-1]

    def scores(self, rows: Rows) -> Floats:
        """(rows,) the exact scores of some rows."""
        places = self.index.places[rows]
        clusters = np.unique(self.index.starts.searchsorted(places, "right") - 1)
        members, scores = self.opened(clusters)
        order = members.argsort()
        return scores[order[members.searchsorted(rows, sorter=order)]]

    def opened(self, clusters: Rows) -> tuple[Rows, Floats]:
        """(members,) the rows of some clusters and their exact scores."""
        at = self._positions(clusters)
        self.rows_opened += len(at)
        members = self.index.coordinates.index_select(0, torch.from_numpy(at))
        return self.index.rows[at], self._scored((self.states @ members.T).div_(SOFT_CAP).numpy(), clusters)

    def _scored(self, logits: Floats, clusters: Rows | None) -> Floats:
        """(members,) scores of the members of some clusters, or of all, from what their own (states, members) logits
        have besides what all share, over the soft cap; overwritten."""
        sizes, first = (self.sizes, self.first) if clusters is None else (self.sizes[clusters], self.first[:, clusters])
        logits += self.shared
        _capped(logits)
        # The soft cap keeps every logit within ±30, so the sums of exponentials need no maximum taken out.
        normalisers = np.log(np.add.reduceat(np.exp(logits), sizes.cumsum() - sizes, axis=1))
        scores, shares = logits[0], first[0] - normalisers[0]
        if len(logits) > 1:
            scores, shares = self.weights @ logits, self.weights @ (first - normalisers)
        out: Floats = scores + shares.repeat(sizes)
        return out

    def _expected(self, alive: Rows) -> Floats:
        """(clusters,) the score to be expected of the best of the `alive` members of each."""
        taste = torch.from_numpy(self.weights) @ self.states
        spread = np.sqrt((torch.cat([self.states, taste[None]]).square_() @ self.index.variance.T).numpy())
        of_states, of_taste = spread[:-1], spread[-1]
        size = np.log(self.sizes).astype(np.float32)
        critical = np.sqrt(2 * size)
        slack = self.weights @ of_states * SLACK
        members = np.where(of_states < critical, of_states**2 / 2 + size, of_states * critical)
        # Of fewer the largest lies less far out, by √(ln alive / ln n), and varies more: halfway between both.
        fewer = np.sqrt(np.log(np.maximum(alive, 1)) / np.maximum(size, np.float32(1e-9)))
        largest = of_taste * self.index.reach * (1 + fewer) / 2
        bound = self.weights @ self.first
        expected: Floats = np.minimum(bound, bound - self.weights @ members + largest + slack).astype(np.float32)
        return expected

    def _looked(self, clusters: Rows | None, allowed: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """By the codes of some clusters, or of all: (clusters,) the best score of an allowed member of each, (members,)
        the scores of all of them; minus infinity where none is allowed."""
        index, (query, scale) = self.index, self._query
        if clusters is None:
            sizes, rows, products = self.sizes, index.rows, torch._int_mm(query, index.codes.T)
        else:
            sizes, at = self.sizes[clusters], self._positions(clusters)
            rows = index.rows[at]
            # A product of whole numbers of a new shape costs milliseconds to prepare: there are few shapes.
            padded = np.zeros(-len(at) // LOOKED_AT * -LOOKED_AT, dtype=np.int64)
            padded[: len(at)] = at
            codes = index.codes.index_select(0, torch.from_numpy(padded))
            products = torch._int_mm(query, codes.T)[:, : len(at)]
        scores = self._scored(products.numpy() * scale, clusters)
        scores[~allowed[rows]] = -np.inf
        return np.maximum.reduceat(scores, sizes.cumsum() - sizes), scores

    @cached_property
    def _query(self) -> tuple[Tensor, Floats]:
        """((states, r) whole numbers to multiply codes by, (states, 1) what a product is then of the soft cap)."""
        states = self.states.numpy() * self.index.step.numpy()
        scale = np.maximum(np.abs(states).max(1, keepdims=True), np.float32(1e-30)) / 127
        return torch.from_numpy(np.rint(states / scale).astype(np.int8)), scale / SOFT_CAP

    def _positions(self, clusters: Rows) -> Rows:
        """(members,) where the members of some clusters lie, one cluster after the other."""
        sizes = self.sizes[clusters]
        before = sizes.cumsum() - sizes
        out: Rows = np.arange(before[-1] + sizes[-1]) + (self.index.starts[clusters] - before).repeat(sizes)
        return out


def _capped(over: Floats) -> Floats:
    """`model.head.soft_cap` of logits that were divided by the cap, in place."""
    np.tanh(over, out=over)
    over *= SOFT_CAP
    return over


def _largest(scores: Floats, k: int) -> Floats:
    """(k,) the largest, in order; minus infinity where there are fewer."""
    found: Floats = np.full(k, -np.inf, dtype=np.float32)
    among = torch.from_numpy(scores).topk(min(k, len(scores))).values.numpy()
    found[: len(among)] = among
    return found
