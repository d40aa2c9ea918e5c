"""The model reads paths of any kind through any backbone, and its loss is what its head says."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import small_catalog, small_model

from convrec.conversation import Path, PathTurn
from convrec.model.head import HEADS, HeadKind, capped, item_log_probabilities
from convrec.model.losses import Drawn, sampled_loss
from convrec.model.ranking import TASTE, collate, expected_ranks, score_paths


@pytest.mark.parametrize("kind", HEADS)
def test_loss_is_the_negative_log_probability_of_words_and_items(kind: HeadKind) -> None:
    model, _ = small_model(kind=kind)
    head = model.head()
    hidden = torch.randn(4, 32, generator=torch.Generator().manual_seed(0))
    item, word = model.symbols.item(7), 3
    loss = model.loss(hidden, torch.tensor([item, word, item, word]), torch.tensor([1.0, 0.5, 0.0, 2.0]), head)
    of_item = -item_log_probabilities(hidden, head)[0, 7]
    rivals = head.level1 if kind == "two-level" else torch.cat([head.level1, head.items])
    of_words = -torch.log_softmax(capped(hidden, rivals), -1)[[1, 3], [word, word]]
    expected = (of_item + 0.5 * of_words[0] + 2 * of_words[1]) / 3.5
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-5)


def test_a_sampled_head_compares_with_what_was_drawn() -> None:
    model, _ = small_model(kind="sampled")
    head = model.head()
    hidden = torch.randn(2, 32, generator=torch.Generator().manual_seed(0))
    targets, drawn = torch.tensor([model.symbols.item(7), 3]), Drawn(torch.tensor([1, 2]), torch.zeros(2))
    loss = model.loss(hidden, targets, torch.ones(2), head, drawn)
    torch.testing.assert_close(loss, sampled_loss(hidden, targets, torch.ones(2), head, drawn))
    assert loss < model.loss(hidden, targets, torch.ones(2), head), "two rivals instead of thirty"


def test_only_the_two_level_head_looks_at_clusters() -> None:
    for kind in HEADS:
        model, _ = small_model(kind=kind)
        loss = model.loss(torch.randn(1, 32), torch.tensor([model.symbols.item(7)]), torch.ones(1), model.head())
        loss.backward()  # type: ignore[no-untyped-call]
        assert (model.table.clusters.grad is not None) == (kind == "two-level")
        assert model.table.free.grad is not None


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma3", "smollm"])
def test_any_backbone_reads_items_words_and_heard_vectors(family: str) -> None:
    model, renderer = small_model(family)
    paths = [Path((1, 2, 3)), Path((4, 5), (PathTurn("something blue", reference=5),))]
    scores = score_paths(model, renderer, paths)
    assert scores.shape == (2, 30)
    assert np.isfinite(scores).all()
    assert not np.allclose(scores[0], scores[1])


def test_a_choice_weighs_what_was_said_and_what_the_history_alone_predicts() -> None:
    model, renderer = small_model()
    said = PathTurn("something blue", reference=5)
    history, asked, new = Path((4, 5)), Path((4, 5), (said,)), Path((), (said,))
    alone, both, nobody = score_paths(model, renderer, [history, asked, new])
    for path, scores in ((asked, both), (new, nobody), (history, alone)):
        symbols, heard, mask = collate([renderer.path(path)])
        with torch.inference_mode():
            last = model(symbols, heard, model.head(), mask)[:, -1]
            expected = item_log_probabilities(last, model.head())[0].numpy()
        weight = TASTE if path is asked else 0  # nothing bought, or nothing said: the log-probabilities themselves
        np.testing.assert_allclose(scores, expected + weight * alone, atol=1e-4)
    assert np.exp(alone).sum() < 1


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
