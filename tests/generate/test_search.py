"""The item step over an index agrees with the scan of every item: exactly where it opens all, nearly where it picks."""

from array import array
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import a_head

from convrec.errors import ModelError
from convrec.generate import search
from convrec.generate.kernels import Settings
from convrec.generate.search import Search
from convrec.generate.step import best_items
from convrec.model.head import Head, item_scores
from convrec.model.index import IndexedHead, build, indexed
from convrec.model.ranking import PREFERENCE, choice_scores

CLUSTERS = st.lists(st.integers(0, 6), min_size=1, max_size=60)  # numbers may be left out: clusters without a member


@contextmanager
def settled(**values: float) -> Iterator[None]:
    before = search.SETTINGS[:]
    search.SETTINGS[:] = array("d", Settings(*before)._replace(**values))
    try:
        yield
    finally:
        search.SETTINGS[:] = before


def served(head: Head) -> IndexedHead:
    return indexed(head.inputs.detach(), head.level1.detach(), build(head), head.n_symbols)


def detached(n_symbols: int, cluster_of: list[int], hidden: int, seed: int) -> Head:
    head = a_head(n_symbols, cluster_of, hidden, seed)
    return Head(head.inputs.detach(), head.level1.detach(), head.items.detach(), head.cluster_of, n_symbols)


def topics(items: int, clusters: int, spread: float) -> Head:
    """Clusters that mean something: members lie about a centre, the cluster's own vector beside it."""
    generator = torch.Generator().manual_seed(3)
    centres = torch.randn(clusters, 24, generator=generator)
    labels = torch.randint(clusters, (items,), generator=generator)
    vectors = centres[labels] + spread * torch.randn(items, 24, generator=generator)
    words = torch.randn(9, 24, generator=generator)
    return Head(words, torch.cat([words, centres]), vectors, labels, 9)


@torch.inference_mode()
@settings(max_examples=60, deadline=None)
@given(CLUSTERS, st.integers(0, 99), st.sampled_from([0.1, 3.0, 40.0]), st.booleans(), st.integers(0, 12), st.data())
def test_a_catalogue_that_is_opened_whole_gives_what_the_scan_gives(
    cluster_of: list[int], seed: int, scale: float, apart: bool, k: int, data: st.DataObject
) -> None:
    head = detached(3, cluster_of, 6, seed)
    said, bought = scale * torch.randn(2, 6, generator=torch.Generator().manual_seed(seed))
    bought = bought if apart else said
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(cluster_of), max_size=len(cluster_of))))
    rows, scores = best_items(said, bought, served(head), allowed, k)
    every = choice_scores(said[None], bought[None], head, item_scores)[0].numpy()
    assert len(rows) == len(set(rows)) == min(k, int(allowed.sum()))
    assert all(allowed[row] for row in rows)
    np.testing.assert_allclose(scores, every[rows], atol=2e-3, rtol=1e-4)
    np.testing.assert_allclose(scores, np.sort(every[allowed])[::-1][: len(rows)], atol=2e-3, rtol=1e-4)


@torch.inference_mode()
@settings(max_examples=40, deadline=None)
@given(CLUSTERS, st.integers(0, 99), st.integers(1, 12), st.data())
def test_wishes_that_need_not_hold_raise_what_meets_them_by_search_and_by_scan(
    cluster_of: list[int], seed: int, k: int, data: st.DataObject
) -> None:
    head = detached(3, cluster_of, 6, seed)
    said, bought = torch.randn(2, 6, generator=torch.Generator().manual_seed(seed))
    n = len(cluster_of)
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    met = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))
    wanted = choice_scores(said[None], bought[None], head, item_scores)[0].numpy() + PREFERENCE * met
    for each in (head, served(head)):
        rows, scores = best_items(said, bought, each, allowed, k, met=met)
        assert all(allowed[row] for row in rows)
        assert len(set(rows)) == min(k, int(allowed.sum()))
        np.testing.assert_allclose(scores, wanted[rows], atol=2e-3, rtol=1e-4)
        np.testing.assert_allclose(scores, np.sort(wanted[allowed])[::-1][: len(rows)], atol=2e-3, rtol=1e-4)


@torch.inference_mode()
@settings(max_examples=40, deadline=None)
@given(
    CLUSTERS,
    st.integers(0, 99),
    st.sampled_from([0.1, 3.0, 40.0]),
    st.integers(1, 12),
    st.data(),
)
def test_a_search_never_returns_fewer_than_there_are_nor_a_wrong_score(
    cluster_of: list[int], seed: int, scale: float, k: int, data: st.DataObject
) -> None:
    head = detached(3, cluster_of, 6, seed)
    said, bought = scale * torch.randn(2, 6, generator=torch.Generator().manual_seed(seed))
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(cluster_of), max_size=len(cluster_of))))
    with settled(opened=2, few=0):  # so small that even these clusters are estimated and looked at
        rows, scores = best_items(said, bought, served(head), allowed, k)
    every = choice_scores(said[None], bought[None], head, item_scores)[0].numpy()
    assert len(rows) == len(set(rows)) == min(k, int(allowed.sum()))
    assert all(allowed[row] for row in rows)
    np.testing.assert_allclose(scores, every[rows], atol=2e-3, rtol=1e-4)
    assert scores == sorted(scores, reverse=True)


@torch.inference_mode()
@pytest.mark.parametrize("spread", [0.2, 1.0])
@pytest.mark.parametrize("share", [1.0, 0.4, 0.01])
@settled(opened=256)
def test_it_finds_the_best_of_many_and_opens_few(spread: float, share: float) -> None:
    head = topics(6000, 80, spread)
    index = served(head)
    generator = torch.Generator().manual_seed(8)
    found, opened = [], []
    for _ in range(30):
        said, bought = torch.randn(2, 24, generator=generator)
        allowed = torch.rand(6000, generator=generator).numpy() < share
        exact, _ = best_items(said, bought, head, allowed, 10)
        step = Search(said, bought, index)
        found.append(np.isin(exact, step.best(allowed, 10)[0]).mean())
        opened.append(step.rows_opened)
    assert np.mean(found) >= 0.99
    assert np.mean(opened) < 6000 * (0.9 if share == 0.01 else 0.4)


@torch.inference_mode()
def test_ties_fall_to_the_lower_row() -> None:
    one = torch.tensor([1.0, 2.0, 0.0, 0.0])
    items = torch.stack([one, -one, one, torch.zeros(4), one])  # duplicates, and an item nothing is known of
    head = Head(torch.zeros(1, 4), torch.zeros(2, 4), items, torch.zeros(5, dtype=torch.int64), 1)
    rows, scores = best_items(one, one, served(head), np.ones(5, dtype=bool), 5)
    assert rows == [0, 2, 4, 3, 1]
    assert scores[0] == scores[1] == scores[2]


@torch.inference_mode()
def test_a_mask_that_allows_nothing_finds_nothing() -> None:
    head = detached(3, [0, 0, 1, 2], 6, 1)
    assert best_items(torch.ones(6), torch.ones(6), served(head), np.zeros(4, dtype=bool), 3) == ([], [])


@torch.inference_mode()
def test_a_cluster_of_one_and_a_cluster_of_ten_thousand() -> None:
    cluster_of = [0] * 10_000 + [1] + [2] * 9_000
    head = detached(3, cluster_of, 6, 4)
    said, bought = torch.randn(2, 6, generator=torch.Generator().manual_seed(2))
    everything = np.ones(len(cluster_of), dtype=bool)
    exact, expected = best_items(said, bought, head, everything, 10)
    rows, scores = best_items(said, bought, served(head), everything, 10)
    assert rows == exact
    np.testing.assert_allclose(scores, expected, atol=1e-3)
    assert best_items(said, bought, served(head), np.arange(len(cluster_of)) == 10_000, 10)[0] == [10_000]


@torch.inference_mode()
def test_forced_rows_come_first_with_the_scores_of_the_scan() -> None:
    head = topics(500, 12, 0.5)
    said, bought = torch.randn(2, 24, generator=torch.Generator().manual_seed(2))
    allowed = np.arange(500) % 3 == 0
    exact, expected = best_items(said, bought, head, allowed, 6, (7, 499, 0))
    rows, scores = best_items(said, bought, served(head), allowed, 6, (7, 499, 0))
    assert rows == exact
    assert rows[:3] == [7, 499, 0]
    np.testing.assert_allclose(scores, expected, atol=1e-3)


@torch.inference_mode()
def test_what_belongs_to_another_head_is_refused() -> None:
    """The loops read memory by its address: nothing may reach them whose size they do not know."""
    head = served(detached(3, [0, 1, 0, 2], 6, 0))
    state = torch.zeros(6)
    for said, bought in ((torch.zeros(5), state), (state, torch.zeros(7)), (torch.zeros(1, 6), state)):
        with pytest.raises(ValueError, match="for a head of"):
            Search(said, bought, head)
    step = Search(state, state, head)
    for n in (3, 5):
        with pytest.raises(ValueError, match=f"a mask of {n} items for a catalogue of 4"):
            step.best(np.ones(n, dtype=bool), 2)
    for row in (-1, 4):
        with pytest.raises(IndexError, match="outside the 4"):
            step.scores(np.array([row]))


@torch.inference_mode()
@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("with_index", [False, True])
def test_a_state_that_is_not_finite_is_said(broken: float, with_index: bool) -> None:
    head = detached(3, [0, 1, 0, 2], 6, 0)
    state = torch.zeros(6)
    damaged = torch.tensor([0.0, 1.0, 2.0, broken, 0.0, 0.0])
    for said, bought in ((damaged, damaged), (state, damaged), (damaged, state)):
        with pytest.raises(ModelError, match="NaN or infinity"):
            best_items(said, bought, served(head) if with_index else head, np.ones(4, dtype=bool), 2)


@torch.inference_mode()
def test_states_of_any_kind_are_read_as_they_are() -> None:
    head = served(detached(3, [0, 1, 0, 2, 1], 6, 0))
    said, bought = torch.randn(2, 6, generator=torch.Generator().manual_seed(1)).bfloat16().float()
    every = np.ones(5, dtype=bool)
    expected = Search(said, bought, head).best(every, 3)
    assert Search(said.bfloat16(), bought.double(), head).best(every, 3) == expected
    apart = torch.stack([said, bought], 1)
    assert Search(apart[:, 0], apart[:, 1], head).best(every, 3) == expected


@torch.inference_mode()
@pytest.mark.parametrize(("largest", "within"), [(1.0, 2e-3), (30.0, 1e-2), (300.0, 4e-3)])
def test_sixteen_bits_keep_scores_though_one_item_is_many_times_as_long(largest: float, within: float) -> None:
    head = topics(3000, 60, 1.0)
    head.items[7] *= largest
    index = served(head)
    generator = torch.Generator().manual_seed(4)
    for _ in range(10):
        said, bought = torch.randn(2, 24, generator=generator)
        every = choice_scores(said[None], bought[None], head, item_scores)[0].numpy()
        np.testing.assert_allclose(Search(said, bought, index).scores(np.arange(3000)), every, atol=within, rtol=0)
