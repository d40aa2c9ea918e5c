"""Rank metrics against scikit-learn's, and the interval of a ratio."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, ttest_1samp
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score, top_k_accuracy_score

from convrec.evaluate.metrics import (
    at_cutoffs,
    gains,
    hits,
    jackknife_interval,
    mrr,
    ndcg,
    paired_interval,
    ratio_interval,
    recall,
)
from convrec.model.ranking import expected_ranks


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(3, 60))
def test_metrics_are_those_of_scikit_learn(seed: int, questions: int, items: int) -> None:
    rng = np.random.default_rng(seed)
    # a permutation a row: random scores without ties
    scores = np.argsort(rng.random((questions, items)), axis=1).astype(np.float32)
    targets = rng.integers(0, items, questions)
    wanted = np.eye(items)[targets]
    ranks = expected_ranks(scores, targets.tolist(), np.ones((questions, items), dtype=bool))
    for k in sorted({1, 5, min(10, items - 1)}):
        if k < items:
            expected = top_k_accuracy_score(targets, scores, k=k, labels=np.arange(items))
            assert recall(ranks, k) == pytest.approx(expected)
            assert ndcg(ranks, k) == pytest.approx(ndcg_score(wanted, scores, k=k))
    assert mrr(ranks, items) == pytest.approx(label_ranking_average_precision_score(wanted, scores))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(1, 100), min_size=1, max_size=30))
def test_cutoffs_only_add_and_metrics_keep_their_order(ranks: list[float]) -> None:
    figures = at_cutoffs(ranks)
    for name in ("recall", "ndcg", "mrr"):
        assert 0 <= figures[f"{name}_at_1"] <= figures[f"{name}_at_5"] <= figures[f"{name}_at_10"] <= 1
    assert figures["mrr_at_10"] <= figures["ndcg_at_10"] + 1e-9
    assert figures["ndcg_at_10"] <= figures["recall_at_10"] + 1e-9


def test_an_interval_covers_one_for_equals_and_excludes_it_for_the_clearly_different() -> None:
    rng = np.random.default_rng(0)
    ranks = rng.permutation(np.repeat(np.arange(1, 21), 20))  # half of them among the first ten
    assert paired_interval(ranks, ranks) == (1.0, 1.0)
    low, high = paired_interval(ranks, rng.permutation(ranks))
    assert low < 1 < high
    low, high = paired_interval(ranks, ranks * 4)
    assert 1 < low < recall(ranks) / recall(ranks * 4) < high


def test_an_interval_narrows_with_the_number_of_questions() -> None:
    rng = np.random.default_rng(1)

    def width(questions: int) -> float:
        low, high = paired_interval(rng.integers(1, 21, questions), rng.integers(1, 21, questions))
        return high - low

    assert width(4000) < width(100) / 2


def test_the_interval_of_a_ratio_is_that_of_scipy() -> None:
    rng = np.random.default_rng(2)
    ranks = rng.geometric(0.08, (2, 400))
    ranks[1, :300] = ranks[0, :300]  # as two models of one dataset: most questions end alike
    for values in (hits, gains):
        a, b = values(ranks[0]), values(ranks[1])
        found = bootstrap(
            (a, b), lambda x, y, axis: x.mean(axis) / y.mean(axis),
            paired=True, vectorized=True, n_resamples=4000, method="percentile", rng=np.random.default_rng(3),
        ).confidence_interval  # fmt: skip
        low, high = ratio_interval(a, b, draws=4000)
        assert (low, high) == pytest.approx((found.low, found.high), rel=0.02)
        assert high - low < 0.75 * np.subtract(*reversed(ratio_interval(a, rng.permutation(b)))), "pairs are kept"


def test_the_jackknife_of_a_mean_is_students_interval() -> None:
    values = np.random.default_rng(2).normal(3, 1, 12)
    left = [float(np.delete(values, i).mean()) for i in range(len(values))]
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    assert jackknife_interval(float(values.mean()), left) == pytest.approx((expected.low, expected.high))
