"""How the demo shop turned out, and how far two plain guesses get: `python -m convrec.datasets.shop.figures`.

Leave-one-out: the last purchase of each shopper is guessed from those before it, by full ranking over what is in stock
and not yet owned; ties get their expected place.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.datasets.shop import Shop, build_shop

Scores = NDArray[np.float64]
TOP = 10


def sequences(shop: Shop) -> list[list[int]]:
    """The rows each shopper bought, oldest first."""
    found: dict[str, list[int]] = {}
    for purchase in shop.interactions:
        found.setdefault(purchase.user_id, []).append(shop.catalog.row(purchase.item_id))
    return list(found.values())


def figures(shop: Shop) -> dict[str, float]:
    """Counts, shares and Recall@10 by name; `kin`: targets in the middle category of the item before."""
    catalog, histories = shop.catalog, sequences(shop)
    pairs = [pair for rows in histories for pair in pairwise(rows)]
    kin = [history for history in histories if _kin(catalog, *history[-2:])]
    training = [rows[:-2] for rows in histories]
    popularity = np.bincount(np.concatenate(training), minlength=len(catalog)).astype(float)
    markov = leaf_markov(catalog, training, popularity)
    return {
        "items": len(catalog),
        "leaves": len({item.leaf for item in catalog.items}),
        "brands": len({item.brand for item in catalog.items}),
        "out_of_stock": float(np.mean([not item.available for item in catalog.items])),
        "shoppers": len(histories),
        "purchases": len(shop.interactions),
        "purchases_each": len(shop.interactions) / len(histories),
        "pairs_in_one_middle_category": float(np.mean([_kin(catalog, *pair) for pair in pairs])),
        "pairs_in_one_leaf": float(np.mean([catalog[a].leaf == catalog[b].leaf for a, b in pairs])),
        "hosts_later_supplied": supplied(catalog, histories),
        "popularity_recall_at_10": recall(catalog, histories, lambda history: popularity),
        "markov_recall_at_10": recall(catalog, histories, markov),
        "kin_popularity_recall_at_10": recall(catalog, kin, lambda history: popularity),
        "kin_markov_recall_at_10": recall(catalog, kin, markov),
    }


def leaf_markov(catalog: Catalog, training: list[list[int]], popularity: Scores) -> Callable[[list[int]], Scores]:
    """Scores by which leaf follows the last one's, and by popularity within it."""
    names = sorted({item.leaf for item in catalog.items})
    leaf = np.array([names.index(item.leaf) for item in catalog.items])
    follows = np.full((len(names), len(names)), 0.1)
    for rows in training:
        for before, after in pairwise(rows):
            follows[leaf[before], leaf[after]] += 1
    follows /= follows.sum(axis=1, keepdims=True)
    within = (popularity + 0.5) / np.bincount(leaf, weights=popularity + 0.5)[leaf]

    def scores(history: list[int]) -> Scores:
        return np.asarray(follows[leaf[history[-1]]][leaf] * within)

    return scores


def recall(catalog: Catalog, histories: list[list[int]], guess: Callable[[list[int]], Scores]) -> float:
    """The share of last purchases among the ten best guesses."""
    hits = 0.0
    for *history, target in histories:
        scores = guess(history).copy()
        scores[~catalog.live] = -np.inf
        scores[history] = -np.inf
        better, ties = int((scores > scores[target]).sum()), int((scores == scores[target]).sum())
        hits += min(max((TOP - better) / ties, 0.0), 1.0)
    return hits / len(histories)


def supplied(catalog: Catalog, histories: list[list[int]]) -> float:
    """The share of things that take supplies for which something that fits was bought later."""
    system = [item.attributes.get("system") for item in catalog.items]
    fits = [item.attributes.get("fits") for item in catalog.items]
    found = [
        system[row] in {fits[later] for later in rows[place + 1 :]}
        for rows in histories
        for place, row in enumerate(rows[:-3])
        if system[row] is not None
    ]
    return float(np.mean(found))


def _kin(catalog: Catalog, first: int, second: int) -> bool:
    return catalog[first].categories[:2] == catalog[second].categories[:2]


if __name__ == "__main__":
    for name, value in figures(build_shop()).items():
        print(f"{name:30} {value:10,.{0 if isinstance(value, int) else 3}f}")
