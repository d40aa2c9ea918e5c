import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from convrec.items.clusters import cluster


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 80), st.integers(2, 20), st.integers(0, 3))
def test_every_item_has_a_cluster_and_none_is_too_large(n: int, limit: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32)
    labels = cluster(vectors, seed=seed, limit=limit)
    counts = np.bincount(labels)
    assert len(labels) == n
    assert counts.min() > 0
    assert counts.max() <= limit


def test_identical_vectors_are_split_by_size_alone() -> None:
    labels = cluster(np.zeros((50, 3), np.float32), seed=0, limit=10)
    assert np.bincount(labels).max() <= 10
