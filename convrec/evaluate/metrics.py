"""Rank metrics over expected ranks (from 1): the whole catalogue is ranked, never a sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ranks = Floats | Sequence[float]


def hits(ranks: Ranks, k: int = 10) -> Floats:
    """(questions,) 1 where the target is among the first k, else 0."""
    return (np.asarray(ranks) <= k).astype(np.float64)


def gains(ranks: Ranks, k: int = 10) -> Floats:
    """(questions,) 1/log2(1 + rank) where the target is among the first k, else 0."""
    ranks = np.asarray(ranks, dtype=np.float64)
    return np.where(ranks <= k, 1 / np.log2(1 + ranks), 0.0)


def recall(ranks: Ranks, k: int = 10) -> float:
    """The share of targets among the first k; with one target a question, also the hit rate."""
    return float(hits(ranks, k).mean())


def ndcg(ranks: Ranks, k: int = 10) -> float:
    """Mean gain of the targets among the first k: NDCG with one relevant item a question."""
    return float(gains(ranks, k).mean())


def mrr(ranks: Ranks, k: int = 10) -> float:
    """Mean reciprocal rank of the targets among the first k."""
    ranks = np.asarray(ranks, dtype=np.float64)
    return float(np.where(ranks <= k, 1 / ranks, 0.0).mean())


def at_cutoffs(ranks: Ranks, cutoffs: Sequence[int] = (1, 5, 10)) -> dict[str, float]:
    """recall, ndcg and mrr at each cutoff, by names such as "recall_at_10"."""
    metrics = (("recall", recall), ("ndcg", ndcg), ("mrr", mrr))
    return {f"{name}_at_{k}": metric(ranks, k) for name, metric in metrics for k in cutoffs}


def paired_interval(a: Ranks, b: Ranks, *, k: int = 10) -> tuple[float, float]:
    """95 % interval of recall(a) ÷ recall(b) by a paired bootstrap over questions; of (seeds, questions) ranks a
    question counts as the mean over the seeds."""
    return ratio_interval(*(np.atleast_2d(hits(ranks, k)).mean(0) for ranks in (a, b)))


def ratio_interval(a: Floats, b: Floats, *, draws: int = 2000, seed: int = 0) -> tuple[float, float]:
    """95 % interval of mean(a) ÷ mean(b) by a paired bootstrap (percentiles): (questions,) values of the same ones."""
    values, rng = np.stack([a, b]), np.random.default_rng(seed)
    n = values.shape[1]
    means = np.array([values[:, rng.integers(0, n, n)].mean(1) for _ in range(draws)])
    low, high = np.quantile(means[:, 0] / np.maximum(means[:, 1], 1e-9), [0.025, 0.975])
    return float(low), float(high)


def jackknife_interval(whole: float, parts: Floats | Sequence[float]) -> tuple[float, float]:
    """95 % interval of a figure that is no mean over questions (BLEU, distinct-n), by the grouped jackknife: `parts` is
    (groups,) the figure with each of at least two equal groups of the questions left out; Student's t."""
    from scipy.stats import t as student

    left, groups = np.asarray(parts, dtype=np.float64), len(parts)
    error = np.sqrt((groups - 1) / groups * np.square(left - left.mean()).sum())
    reach = float(student.ppf(0.975, groups - 1) * error)
    return whole - reach, whole + reach
