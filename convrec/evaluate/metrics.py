"""Rank metrics over expected ranks (from 1): the whole catalogue is ranked, never a sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ranks = NDArray[np.float64] | Sequence[float]


def recall(ranks: Ranks, k: int = 10) -> float:
    """The share of targets among the first k; with one target a question, also the hit rate."""
    return float((np.asarray(ranks) <= k).mean())


def ndcg(ranks: Ranks, k: int = 10) -> float:
    """Mean 1/log2(1 + rank) of the targets among the first k: NDCG with one relevant item a question."""
    ranks = np.asarray(ranks, dtype=np.float64)
    return float(np.where(ranks <= k, 1 / np.log2(1 + ranks), 0.0).mean())


def mrr(ranks: Ranks, k: int = 10) -> float:
    """Mean reciprocal rank of the targets among the first k."""
    ranks = np.asarray(ranks, dtype=np.float64)
    return float(np.where(ranks <= k, 1 / ranks, 0.0).mean())


def at_cutoffs(ranks: Ranks, cutoffs: Sequence[int] = (1, 5, 10)) -> dict[str, float]:
    """recall, ndcg and mrr at each cutoff, by names such as "recall_at_10"."""
    metrics = (("recall", recall), ("ndcg", ndcg), ("mrr", mrr))
    return {f"{name}_at_{k}": metric(ranks, k) for name, metric in metrics for k in cutoffs}


def paired_interval(a: Ranks, b: Ranks, *, k: int = 10, draws: int = 2000, seed: int = 0) -> tuple[float, float]:
    """95 % interval of recall(a) ÷ recall(b) by a paired bootstrap over questions."""
    hits = np.stack([np.asarray(a) <= k, np.asarray(b) <= k])
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, hits.shape[1], size=(draws, hits.shape[1]))
    means = hits[:, picks].mean(2)
    ratios = means[0] / np.maximum(means[1], 1e-9)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(low), float(high)
