"""Semantic ids: no two items alike, neighbours near, and whatever a catalogue may hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convrec.errors import ModelError
from convrec.rivals.codes import CODES, LEVELS, semantic_codes


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(1, 4), st.integers(0, 3))
def test_no_two_items_have_the_same_codes(n: int, distinct: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(distinct, 8)).astype(np.float32)[rng.integers(0, distinct, n)]
    codes = semantic_codes(vectors, seed=seed)
    assert codes.shape == (n, LEVELS)
    assert codes.min() >= 0
    assert codes.max() < CODES
    assert len(np.unique(codes, axis=0)) == n
    assert (codes == semantic_codes(vectors, seed=seed)).all()


def test_equal_items_differ_in_the_last_code_alone() -> None:
    vectors = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    codes = semantic_codes(np.concatenate([vectors, vectors]), seed=0)
    assert (codes[:5, :3] == codes[5:, :3]).all()
    assert (codes[:5, 3] == 0).all()
    assert (codes[5:, 3] == 1).all()


def test_the_levels_quantise_what_is_left_over() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(1200, 6)).astype(np.float32)
    codes = semantic_codes(vectors, seed=0)
    spread = []
    for depth in range(4):
        _, cell = np.unique(codes[:, :depth], axis=0, return_inverse=True)
        cell = cell.reshape(-1)
        means = np.zeros((cell.max() + 1, 6))
        np.add.at(means, cell, vectors)
        means /= np.bincount(cell)[:, None]
        spread.append(float(np.square(vectors - means[cell]).mean()))
    assert spread == sorted(spread, reverse=True)
    assert spread[1] < 0.5 * spread[0]


def test_more_alike_than_one_code_can_tell_apart_move_to_the_next_third_code() -> None:
    codes = semantic_codes(np.ones((CODES + 10, 4), np.float32), seed=0)
    assert len(np.unique(codes, axis=0)) == CODES + 10
    assert (codes[:, :2] == codes[0, :2]).all()


@pytest.mark.parametrize("vectors", [np.zeros((0, 4), np.float32), np.full((3, 4), np.nan, np.float32)])
def test_what_cannot_be_quantised_is_said(vectors: np.ndarray) -> None:
    with pytest.raises(ModelError, match="no semantic ids"):
        semantic_codes(vectors, seed=0)
