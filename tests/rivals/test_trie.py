"""The trie leads to the ids that exist, each to its own row, and nowhere else."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convrec.errors import ModelError
from convrec.rivals.trie import Trie

IDS = st.sets(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=40).map(list)


@given(IDS, st.randoms(use_true_random=False))
def test_every_id_leads_to_its_row_and_no_other_does(ids: list[tuple[int, ...]], random: object) -> None:
    random.shuffle(ids)  # type: ignore[attr-defined]
    trie = Trie(np.array(ids))
    every = torch.cartesian_prod(*[torch.arange(4)] * 3)
    leaves = trie.walk(every)
    for tokens, leaf in zip(every.tolist(), leaves.tolist(), strict=True):
        exists = tuple(tokens) in ids
        assert (leaf >= 0) == exists
        if exists:
            assert int(trie.rows[leaf]) == ids.index(tuple(tokens))


@given(IDS)
def test_children_are_the_tokens_that_go_on(ids: list[tuple[int, ...]]) -> None:
    trie = Trie(np.array(ids))
    prefixes = torch.cartesian_prod(torch.arange(4), torch.arange(4))
    children, tokens = trie.children(2, trie.walk(prefixes))
    for prefix, found, named in zip(prefixes.tolist(), children, tokens, strict=True):
        wanted = {last for *first, last in ids if first == prefix}
        assert set(named[found >= 0].tolist()) == wanted


def test_a_mask_follows_the_rows() -> None:
    trie = Trie(np.array([[2, 0], [1, 1], [1, 0]]))
    assert trie.allowed_leaves(np.array([True, False, False])).tolist() == [False, False, True]


def test_ids_must_be_there_and_unique() -> None:
    with pytest.raises(ModelError, match="rows 0 and 2 have the same id"):
        Trie(np.array([[1, 2], [1, 3], [1, 2]]))
    with pytest.raises(ModelError, match="empty"):
        Trie(np.zeros((0, 4), dtype=np.int64))
