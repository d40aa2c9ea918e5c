"""The head is one distribution, and what it says agrees with a dense reference."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import small_catalog, small_model
from torch.nn import functional as F

from convrec.conversation import Path, PathTurn
from convrec.model.model import Head, capped, item_log_probabilities
from convrec.model.ranking import collate, expected_ranks, score_paths


def a_head(n_symbols: int, cluster_of: list[int], hidden: int, seed: int) -> Head:
    generator = torch.Generator().manual_seed(seed)
    clusters = max(cluster_of) + 1
    items = torch.randn(len(cluster_of), hidden, generator=generator)
    level1 = torch.randn(n_symbols + clusters, hidden, generator=generator)
    return Head(torch.cat([level1[:n_symbols], items]), level1, items, torch.tensor(cluster_of), n_symbols)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 9),
    st.lists(st.integers(0, 4), min_size=1, max_size=20).map(lambda c: np.unique(c, return_inverse=True)[1].tolist()),
    st.integers(0, 99),
    st.sampled_from([0.1, 3.0, 40.0]),
)
def test_two_levels_multiply_to_one_distribution(n: int, cluster_of: list[int], seed: int, scale: float) -> None:
    head = a_head(n, cluster_of, 6, seed)
    hidden = scale * torch.randn(3, 6, generator=torch.Generator().manual_seed(seed + 1))
    items = item_log_probabilities(hidden, head)
    words = torch.log_softmax(capped(hidden, head.level1), -1)[:, :n]
    total = torch.logsumexp(torch.cat([words, items], 1), 1)
    torch.testing.assert_close(total, torch.zeros(3), atol=1e-4, rtol=0)


def test_loss_is_the_negative_log_probability_of_words_and_items() -> None:
    model, _ = small_model()
    head = model.head()
    hidden = torch.randn(4, 32)
    item, word = model.symbols.item(7), 3
    loss = model.loss(hidden, torch.tensor([item, word, item, word]), torch.tensor([1.0, 0.5, 0.0, 2.0]), head)
    of_item = -item_log_probabilities(hidden, head)[0, 7]
    of_words = -torch.log_softmax(capped(hidden, head.level1), -1)[[1, 3], [word, word]]
    expected = (of_item + 0.5 * of_words[0] + 2 * of_words[1]) / 3.5
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-5)


def test_gradients_agree_with_a_dense_softmax_over_everything() -> None:
    """The two-level loss is the cross entropy of the joint distribution, so its gradient must be that one's too."""
    head = a_head(5, [0, 0, 1, 1, 1, 2], 8, 3)
    model, _ = small_model()
    targets = torch.tensor([5 + 1, 5 + 4, 2])
    hidden = torch.randn(3, 8, requires_grad=True)
    (ours,) = torch.autograd.grad(model.loss(hidden, targets, torch.ones(3), head), hidden)
    joint = torch.cat(
        [torch.log_softmax(capped(hidden, head.level1), -1)[:, :5], item_log_probabilities(hidden, head)], 1
    )
    (dense,) = torch.autograd.grad(F.nll_loss(joint, targets), hidden)
    torch.testing.assert_close(ours, dense, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma3", "smollm"])
def test_any_backbone_reads_items_words_and_heard_vectors(family: str) -> None:
    model, renderer = small_model(family)
    paths = [Path((1, 2, 3)), Path((4, 5), (PathTurn("something blue", reference=5),))]
    scores = score_paths(model, renderer, paths)
    assert scores.shape == (2, 30)
    assert np.isfinite(scores).all()
    assert not np.allclose(scores[0], scores[1])


def test_what_is_padded_beside_a_path_does_not_change_it() -> None:
    model, renderer = small_model()
    short, long = Path((1,)), Path(tuple(range(12)), (PathTurn("a much longer message than the other"),))
    together = score_paths(model, renderer, [short, long])
    np.testing.assert_allclose(together[0], score_paths(model, renderer, [short])[0], atol=1e-4)
    symbols, heard, mask = collate([renderer.path(short), renderer.path(long)], left=True)
    assert mask[0].sum() == 2
    assert symbols[0, -1] == model.symbols.item(1)
    assert len(heard) == 7


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 12), st.integers(0, 50))
def test_expected_ranks_do_not_depend_on_the_order_of_rows(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, (3, n)).astype(np.float32)
    allowed = rng.random((3, n)) < 0.8
    targets = rng.integers(0, n, 3)
    order = rng.permutation(n)
    moved = [int(np.flatnonzero(order == t)[0]) for t in targets]
    before = expected_ranks(scores, targets.tolist(), allowed)
    np.testing.assert_array_equal(before, expected_ranks(scores[:, order], moved, allowed[:, order]))
    for i, target in enumerate(targets):
        if allowed[i, target]:
            better = sum(allowed[i, j] and scores[i, j] > scores[i, target] for j in range(n))
            level = sum(allowed[i, j] and scores[i, j] == scores[i, target] for j in range(n))
            assert before[i] == np.mean([better + place for place in range(1, level + 1)])
        else:
            assert before[i] == n + 1


def test_a_part_made_from_text_alone_is_what_dropout_leaves() -> None:
    model, _ = small_model(catalog=small_catalog(40))
    table = model.table.train()
    with torch.no_grad():
        table.free.fill_(5.0)
    torch.manual_seed(0)
    drawn = table.vectors() - table.from_content(table.content)
    dropped = (drawn.abs().sum(1) < 1e-5).float().mean()
    assert 0 < dropped < 1
