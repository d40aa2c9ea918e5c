"""Each head is one distribution over text ∪ marks ∪ items, and what it says agrees with a dense reference."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import a_head

from convrec.model.head import (
    HEADS,
    SOFT_CAP,
    HeadKind,
    capped,
    item_log_probabilities,
    search_vectors,
    uncorrected_scores,
)

CLUSTERS = st.lists(st.integers(0, 4), min_size=1, max_size=20).map(
    lambda labels: np.unique(labels, return_inverse=True)[1].tolist()
)


def some_hidden(scale: float, seed: int) -> torch.Tensor:
    return scale * torch.randn(3, 6, generator=torch.Generator().manual_seed(seed + 1))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(HEADS), st.integers(1, 9), CLUSTERS, st.integers(0, 99), st.sampled_from([0.1, 3.0, 40.0]))
def test_words_and_items_are_one_distribution(
    kind: HeadKind, n: int, cluster_of: list[int], seed: int, scale: float
) -> None:
    head = a_head(n, cluster_of, 6, seed, kind)
    hidden = some_hidden(scale, seed)
    items = item_log_probabilities(hidden, head)
    rivals = head.level1 if kind == "two-level" else torch.cat([head.level1, head.items])
    words = torch.log_softmax(capped(hidden, rivals), -1)[:, :n]
    total = torch.logsumexp(torch.cat([words, items], 1), 1)
    torch.testing.assert_close(total, torch.zeros(3), atol=1e-4, rtol=0)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(HEADS), st.integers(1, 5), CLUSTERS, st.integers(0, 99), st.sampled_from([0.1, 3.0, 40.0]))
def test_scores_are_the_log_probabilities_of_a_reference_counted_out_item_by_item(
    kind: HeadKind, n: int, cluster_of: list[int], seed: int, scale: float
) -> None:
    head = a_head(n, cluster_of, 6, seed, kind)
    hidden = some_hidden(scale, seed)[:1]

    def exponential(vector: torch.Tensor) -> float:
        return math.exp(SOFT_CAP * math.tanh((hidden[0].double() @ vector.double()).item() / SOFT_CAP))

    level1 = [exponential(vector) for vector in head.level1]
    items = [exponential(vector) for vector in head.items]
    expected = []
    for row, cluster in enumerate(cluster_of):
        if kind == "two-level":
            members = sum(items[other] for other in range(len(items)) if cluster_of[other] == cluster)
            expected.append(level1[n + cluster] / sum(level1) * items[row] / members)
        else:
            expected.append(items[row] / (sum(level1) + sum(items)))
    ours = item_log_probabilities(hidden, head)[0].tolist()
    assert ours == pytest.approx([math.log(probability) for probability in expected], rel=1e-4, abs=1e-3)


def test_the_cheap_score_lacks_the_normaliser_of_the_cluster_and_nothing_else() -> None:
    cluster_of = [0, 0, 1, 1, 1, 2, 0, 2]
    head = a_head(4, cluster_of, 6, 5)
    hidden = some_hidden(0.1, 5)  # small logits: the soft cap changes little
    logits = hidden @ head.items.T
    members = torch.stack([torch.logsumexp(logits[:, head.cluster_of == c], 1) for c in cluster_of], 1)
    rest = item_log_probabilities(hidden, head) + members - uncorrected_scores(hidden, head)
    torch.testing.assert_close(rest, rest[:, :1].expand_as(rest), atol=1e-3, rtol=0)


@pytest.mark.parametrize("kind", HEADS)
def test_the_cheap_score_is_one_inner_product_an_item(kind: HeadKind) -> None:
    head = a_head(4, [0, 1, 1, 2], 6, 7, kind)
    hidden = some_hidden(1.0, 7)
    scores = uncorrected_scores(hidden, head)
    for row, cluster in enumerate([0, 1, 1, 2]):
        vector = head.items[row] + (head.level1[4 + cluster] if kind == "two-level" else 0)
        torch.testing.assert_close(scores[:, row], hidden @ vector)
    assert search_vectors(head).shape == head.items.shape


@pytest.mark.parametrize("kind", ["full", "sampled"])
def test_one_softmax_ranks_by_the_raw_logits(kind: HeadKind) -> None:
    head = a_head(4, [0] * 50, 6, 9, kind)
    hidden = some_hidden(1.0, 9)
    by_logit = (hidden @ head.items.T).argsort(1)
    torch.testing.assert_close(item_log_probabilities(hidden, head).argsort(1), by_logit)
    torch.testing.assert_close(uncorrected_scores(hidden, head).argsort(1), by_logit)
