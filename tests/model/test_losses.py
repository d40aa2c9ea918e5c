"""The losses agree with dense references, in value and in gradient; a sampled sum is right on average."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import a_head
from torch import Tensor
from torch.nn import functional as F

from convrec.model.head import Head, HeadKind, capped, item_log_probabilities
from convrec.model.losses import Drawn, Negatives, full_loss, popularity_chances, sampled_loss, two_level_loss

WORDS = 5


def a_case(kind: HeadKind, seed: int, n_items: int = 9) -> tuple[Tensor, Tensor, Tensor, Head]:
    """(hidden, targets, weights, head): eight positions, the first an item, the last a word, some of no weight."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.unique(torch.randint(0, 4, (n_items,), generator=generator), return_inverse=True)[1]
    head = a_head(WORDS, labels.tolist(), 6, seed, kind)
    targets = torch.randint(0, WORDS + n_items, (8,), generator=generator)
    targets[0], targets[-1] = WORDS + 2, 3
    weights = torch.rand(8, generator=generator).round(decimals=1)
    weights[0] = 1.0
    return torch.randn(8, 6, generator=generator, requires_grad=True), targets, weights, head


def dense(hidden: Tensor, targets: Tensor, weights: Tensor, head: Head) -> Tensor:
    """The cross entropy of the joint distribution over text ∪ marks ∪ items."""
    rivals = head.level1 if head.kind == "two-level" else torch.cat([head.level1, head.items])
    words = torch.log_softmax(capped(hidden, rivals), -1)[:, : head.n_symbols]
    joint = torch.cat([words, item_log_probabilities(hidden, head)], 1)
    return (F.nll_loss(joint, targets, reduction="none") * weights).sum() / weights.sum()


def same(ours: Tensor, reference: Tensor, hidden: Tensor, head: Head) -> None:
    """Equal values, and equal gradients to the hidden states and to every vector of the head."""
    torch.testing.assert_close(ours, reference, rtol=1e-4, atol=1e-5)
    to = (hidden, head.level1, head.items)
    for mine, theirs in zip(torch.autograd.grad(ours, to), torch.autograd.grad(reference, to), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999))
def test_two_level_loss_is_the_dense_cross_entropy_and_so_is_its_gradient(seed: int) -> None:
    hidden, targets, weights, head = a_case("two-level", seed)
    same(two_level_loss(hidden, targets, weights, head), dense(hidden, targets, weights, head), hidden, head)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999))
def test_full_loss_is_the_dense_cross_entropy_and_so_is_its_gradient(seed: int) -> None:
    hidden, targets, weights, head = a_case("full", seed)
    same(full_loss(hidden, targets, weights, head), dense(hidden, targets, weights, head), hidden, head)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.integers(9, 12))
def test_every_item_as_a_negative_is_the_full_softmax(seed: int, count: int) -> None:
    hidden, targets, weights, head = a_case("sampled", seed)
    drawn = Negatives(popularity_chances(torch.arange(9), count)).draw(torch.device("cpu"))
    sampled = sampled_loss(hidden, targets, weights, head, drawn)
    same(sampled, full_loss(hidden, targets, weights, head), hidden, head)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 999), st.sampled_from([WORDS + 4, 2]))
def test_the_sampled_normaliser_is_right_on_average(seed: int, target: int) -> None:
    """Over every possible draw, weighted by its chance: Σ_S P(S) · Ẑ_S = Z, whatever the chances are."""
    hidden, _, _, head = a_case("sampled", seed)
    chances = torch.rand(9, generator=torch.Generator().manual_seed(seed)) * 0.9 + 0.1
    here, targets, one = hidden[:1].detach(), torch.tensor([target]), torch.ones(1)
    logits = capped(here, torch.cat([head.level1, head.items]))[0]
    average = torch.tensor(0.0)
    for held in itertools.product([False, True], repeat=9):
        inside = torch.tensor(held)
        chance = torch.where(inside, chances, 1 - chances).prod()
        drawn = Drawn(inside.nonzero()[:, 0], chances[inside].log())
        average += chance * torch.exp(sampled_loss(here, targets, one, head, drawn) + logits[target])
    torch.testing.assert_close(average, torch.exp(logits).sum(), rtol=1e-3, atol=1e-4)


def test_a_target_among_the_negatives_is_counted_once() -> None:
    hidden, _, _, head = a_case("sampled", 3)
    drawn = Drawn(torch.tensor([4, 4]), torch.zeros(2))
    loss = sampled_loss(hidden[:1], torch.tensor([WORDS + 4]), torch.ones(1), head, drawn)
    logits = capped(hidden[:1], torch.cat([head.level1, head.items[4:5]]))
    torch.testing.assert_close(loss, F.cross_entropy(logits, torch.tensor([WORDS])))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.sampled_from([0.3, 1.0]))
def test_two_levels_may_be_compared_across_clusters_as_well(seed: int, across: float) -> None:
    hidden, _, _, head = a_case("two-level", seed)
    rows = torch.randint(9, (len(hidden),), generator=torch.Generator().manual_seed(seed))
    drawn = Negatives(torch.ones(9), across).draw(torch.device("cpu"))
    ones = torch.ones(len(hidden))
    loss = two_level_loss(hidden, WORDS + rows, ones, head, drawn)
    beside_all = F.cross_entropy(capped(hidden, head.items), rows)
    torch.testing.assert_close(loss, two_level_loss(hidden, WORDS + rows, ones, head) + across * beside_all)
    assert two_level_loss(hidden, torch.zeros(len(hidden), dtype=torch.int64), ones, head, drawn) == two_level_loss(
        hidden, torch.zeros(len(hidden), dtype=torch.int64), ones, head
    ), "words are compared with nothing more"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.lists(st.integers(0, 8), max_size=9, unique=True), st.sampled_from([1, 20, 10**6]))
def test_what_is_drawn_stands_beside_the_target_and_so_do_the_gradients(seed: int, rows: list[int], held: int) -> None:
    """However many logits are held at a time; also where nothing was drawn, or the target alone."""
    hidden, _, _, head = a_case("two-level", seed)
    chances = torch.rand(9, generator=torch.Generator().manual_seed(seed)) * 0.9 + 0.1
    drawn = Drawn(torch.tensor(rows, dtype=torch.int64), chances[rows].log())
    targets = torch.arange(len(hidden))  # of items
    logits = capped(hidden, head.items)
    lowered = torch.full((9,), float("inf")).index_put((drawn.rows,), drawn.log_expected)
    beside = (logits - lowered).scatter(1, targets[:, None], logits.gather(1, targets[:, None]))
    two_levels = two_level_loss(hidden, WORDS + targets, torch.ones(len(hidden)), head)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convrec.model.losses.HELD", held)
        loss = two_level_loss(hidden, WORDS + targets, torch.ones(len(hidden)), head, drawn)
    same(loss, two_levels + F.cross_entropy(beside, targets), hidden, head)


def test_nothing_of_weight_costs_nothing() -> None:
    hidden, targets, weights, head = a_case("two-level", 1)
    assert two_level_loss(hidden, targets, 0 * weights, head) == 0


def test_negatives_are_drawn_by_their_chances_and_none_twice() -> None:
    chances = torch.tensor([1.0, 0.5, 0.3, 0.0])
    torch.manual_seed(0)
    counted = torch.zeros(4)
    for _ in range(2000):
        drawn = Negatives(chances).draw(torch.device("cpu"))
        assert len(drawn.rows.unique()) == len(drawn.rows)
        torch.testing.assert_close(drawn.log_expected.exp(), chances[drawn.rows])
        counted[drawn.rows] += 1
    torch.testing.assert_close(counted / 2000, chances, atol=0.04, rtol=0)
    assert (counted[0], counted[3]) == (2000, 0)
    draws = []
    for _ in range(2):
        torch.manual_seed(1)
        draws.append(Negatives(torch.full((500,), 0.2)).draw(torch.device("cpu")).rows)
    assert torch.equal(*draws)


def test_popular_items_are_drawn_more_often_and_unbought_ones_too() -> None:
    chances = popularity_chances(torch.tensor([0, 15, 80]), 1)
    torch.testing.assert_close(chances / chances[0], torch.tensor([1.0, 8.0, 27.0]))
    assert popularity_chances(torch.zeros(4), 1).tolist() == pytest.approx([0.25] * 4)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60), st.integers(1, 80))
def test_chances_sum_to_what_is_to_be_drawn_and_none_is_above_one(purchases: list[int], count: int) -> None:
    chances = popularity_chances(torch.tensor(purchases), count)
    assert chances.sum().item() == pytest.approx(min(count, len(purchases)), rel=1e-4)
    assert chances.min() > 0
    assert chances.max() <= 1
    below = chances < 1
    expected = (1 + torch.tensor(purchases)[below].double()) ** 0.75
    torch.testing.assert_close(chances[below] / chances[below].sum(), (expected / expected.sum()).float())
