"""Purchases: each shopper walks through a persona's needs, replaces what does not please, and refills what runs out.

A purchase is one of three things. A *replacement* stays in the category of the last one and differs from it in what the
shopper now wishes. A *supply* fits something owned: the refill for that pen. A *step* goes on to the next need.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import FITS, SYSTEM, Catalog, Interaction
from convrec.datasets.shop.catalogue import content
from convrec.datasets.shop.reviews import rate, review
from convrec.datasets.shop.shoppers import Shopper, Tastes
from convrec.datasets.shop.wishes import Wishes

SHORTEST, LONGEST = 6, 20
SUPPLY = 0.34  # chance of a supply when one is due
REPLACEMENT, OF_SUPPLIES, CONTENT = 0.68, 0.3, 0.15  # chance of a replacement; nobody tries a third desk or a fifth pen
BIG = 50.0  # US$
SAME_LEAF = 0.55  # chance that a replacement is the same kind of thing
DAY = 86_400
OPENED = 1_577_836_800  # 1 January 2020, when the shop opened

Rows = NDArray[np.int64]


class Histories:
    """Draws purchase histories over one catalogue."""

    def __init__(self, catalog: Catalog, seed: int) -> None:
        self.catalog, self.seed = catalog, seed
        self.tastes, self.wishes = Tastes(catalog, seed), Wishes(catalog)
        self._available = np.array([item.available for item in catalog.items])
        self._hosts = [str(item.attributes.get(SYSTEM, "")) for item in catalog.items]
        self._fits = np.array([str(item.attributes.get(FITS, "")) for item in catalog.items])
        leaf_of = np.array([item.leaf for item in catalog.items])
        self._leaves: dict[str, Rows] = {str(leaf): np.flatnonzero(leaf_of == leaf) for leaf in np.unique(leaf_of)}
        self._drift = self._drifts(np.random.default_rng([seed, 1_000_003]))

    def of(self, shopper: Shopper, number: int) -> list[Interaction]:
        """All purchases of one shopper, oldest first; no item twice, nothing out of stock among the last five."""
        rng = np.random.default_rng([self.seed, 1_000_004, number])
        length = int(np.clip(SHORTEST + rng.poisson(5.5) + rng.poisson(0.5) * 3, SHORTEST, LONGEST))
        taste = self.tastes.of(shopper)
        weights = self.tastes.popularity * taste
        weights[~self._available] *= 0.5
        stages = content("personas")["personas"][shopper.persona]["journey"]
        stage = int(rng.choice(3, p=[0.6, 0.25, 0.15]))
        history: list[int] = []
        due: list[str] = []  # systems of owned things for which supplies are due
        steps: list[float] = []
        loyalty: dict[str, int] = {}
        while len(history) < length:
            if len(history) == length - 5:
                weights[~self._available] = 0.0
            row, gap = -1, 30.0
            if due and rng.random() < SUPPLY:
                row, gap = self._supply(due.pop(int(rng.integers(len(due)))), weights, rng), 18.0
            if row < 0 and history and rng.random() < self._restless(history):
                row, gap = self._replacement(history, weights, shopper, rng), 12.0
            while row < 0:
                row, gap = self._step(stages[stage % len(stages)], history, weights, rng), 30.0
                stage += int(rng.choice(3, p=[0.1, 0.8, 0.1]))
            host = self._hosts[row]
            if host:
                due += [host] * int(rng.integers(1, 3))
            history.append(row)
            steps.append(float(rng.exponential(gap)) + 0.5)
            weights[row] = 0.0  # nothing is bought twice
            if loyalty.setdefault(self.tastes.brand[row], 0) < 3:  # who knows a brand buys it again
                weights[self.tastes.brand == self.tastes.brand[row]] *= 1.4
            loyalty[self.tastes.brand[row]] += 1
        start = OPENED + rng.integers(0, 4 * 365 * DAY)
        times = start + (np.cumsum(steps) * DAY).astype(np.int64)
        return [
            self._interaction(row, int(time), taste, shopper, rng) for row, time in zip(history, times, strict=True)
        ]

    def _interaction(
        self, row: int, time: int, taste: NDArray[np.float64], shopper: Shopper, rng: np.random.Generator
    ) -> Interaction:
        item = self.catalog[row]
        among = taste[self._leaves[item.leaf]]
        rating = rate(float((among <= taste[row]).mean()), rng)
        return Interaction(shopper.user_id, item.item_id, time, rating, review(item, rating, shopper, rng))

    def _restless(self, history: Sequence[int]) -> float:
        """The chance that the last purchase is followed by something in its place."""
        last = self.catalog[history[-1]]
        if self._fits[history[-1]]:
            return OF_SUPPLIES
        run = 0
        while run < len(history) and self.catalog[history[-1 - run]].categories[:2] == last.categories[:2]:
            run += 1
        enough = 2 if (last.price or 0.0) >= BIG else 4
        return CONTENT if run >= enough else REPLACEMENT

    def _supply(self, system: str, weights: NDArray[np.float64], rng: np.random.Generator) -> int:
        return _draw(np.flatnonzero(self._fits == system), weights, rng)

    def _replacement(
        self, history: Sequence[int], weights: NDArray[np.float64], shopper: Shopper, rng: np.random.Generator
    ) -> int:
        """Something of the same kind, or of a kin kind, that is what the last purchase was not; -1 if there is none."""
        source = history[-1]
        leaf = self.catalog[source].leaf
        if rng.random() >= SAME_LEAF:
            kin, chances = self._drift[leaf]
            leaf = kin[int(rng.choice(len(kin), p=chances))]
        rows = self._leaves[leaf]
        if self._fits[source] and leaf == self.catalog[source].leaf:
            rows = rows[self._fits[rows] == self._fits[source]]  # still for the same pen
        elif self._fits[rows[0]]:  # no filters for those who own no jug
            rows = rows[np.isin(self._fits[rows], [self._hosts[row] for row in history])]
        rows = rows[weights[rows] > 0]
        if not len(rows):
            return -1
        return _draw(rows[self.wishes.draw(source, rows, shopper, rng)], np.sqrt(weights), rng)

    def _step(
        self, leaves: Sequence[str], history: Sequence[int], weights: NDArray[np.float64], rng: np.random.Generator
    ) -> int:
        """An item of the stage's leaves, the first one likeliest."""
        chances = 0.6 ** np.arange(len(leaves))
        leaf = leaves[int(rng.choice(len(leaves), p=chances / chances.sum()))]
        return _draw(self._useful(self._leaves[leaf], history), weights, rng)

    def _useful(self, rows: Rows, history: Sequence[int]) -> Rows:
        """Supplies are bought for what is owned, where anything owned takes them."""
        owned = [host for host in (self._hosts[row] for row in history) if host]
        fitting = rows[np.isin(self._fits[rows], owned)] if owned else rows[:0]
        return fitting if len(fitting) else rows

    def _drifts(self, rng: np.random.Generator) -> dict[str, tuple[list[str], NDArray[np.float64]]]:
        """Leaf → its kin in the same category with chances: most people who leave one kind turn to the same other."""
        drifts = {}
        middle = {leaf: self.catalog[int(rows[0])].categories[1] for leaf, rows in self._leaves.items()}
        for leaf in self._leaves:
            kin = [other for other in self._leaves if other != leaf and middle[other] == middle[leaf]] or [leaf]
            drifts[leaf] = (kin, rng.dirichlet(np.full(len(kin), 3.0)))
        return drifts


def _draw(rows: Rows, weights: NDArray[np.float64], rng: np.random.Generator) -> int:
    """A row by weight, or -1 where nothing is left to buy."""
    total = weights[rows].sum()
    return int(rows[int(rng.choice(len(rows), p=weights[rows] / total))]) if total > 0 else -1
