"""Clusterings: every item has a cluster, none is too large, the same seed gives the same, bad input is named."""

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from convrec.errors import ConfigError, ModelError
from convrec.items import clusters
from convrec.items.clusters import Clustering, cluster, vectors_to_cluster

HOWS: tuple[Clustering, ...] = get_args(Clustering)


def groups(sizes: Sequence[int], seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(vectors, group of each) of well separated groups, shuffled."""
    rng = np.random.default_rng(seed)
    of = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return (20 * np.eye(len(sizes))[of] + rng.normal(size=(len(of), len(sizes)))).astype(np.float32), of


@st.composite
def tables(draw: st.DrawFn) -> NDArray[np.float32]:
    """Few different values, so that rows are equal, zero, or differ only in the last bit, as well as apart."""
    n, seed = draw(st.integers(1, 80)), draw(st.integers(0, 99))
    values = draw(st.sampled_from([[0.0], [0.0, 1.0], [1.0, 1.0 + 1e-7], [-3.0, 0.0, 2.0, 50.0], None]))
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, 3)) if values is None else rng.choice(values, (n, 3))).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(tables(), st.sampled_from(HOWS), st.integers(1, 20), st.integers(0, 3))
def test_every_item_has_a_cluster_and_none_is_too_large(
    vectors: NDArray[np.float32], how: Clustering, limit: int, seed: int
) -> None:
    n = len(vectors)
    bought = np.random.default_rng(seed).integers(0, 5, n)
    labels = cluster(vectors, seed=seed, limit=limit, how=how, popularity=bought)
    counts = np.bincount(labels)
    assert labels.shape == (n,)
    assert labels.dtype == np.int64
    assert counts.min() > 0, "numbers are dense"
    assert counts.max() <= limit
    np.testing.assert_array_equal(labels, cluster(vectors, seed=seed, limit=limit, how=how, popularity=bought))


@pytest.mark.parametrize("how", HOWS)
def test_there_are_about_as_many_clusters_as_items_in_one(how: Clustering) -> None:
    vectors = np.random.default_rng(0).normal(size=(400, 4)).astype(np.float32)
    assert cluster(vectors, seed=0, how=how, popularity=np.arange(400)).max() == 19


@pytest.mark.parametrize("how", HOWS)
def test_there_are_as_many_clusters_as_asked_for_and_no_more_than_items(how: Clustering) -> None:
    vectors = np.random.default_rng(0).normal(size=(90, 4)).astype(np.float32)
    for count, found in ((30, 30), (500, 90)):
        assert cluster(vectors, seed=0, count=count, how=how, popularity=np.arange(90)).max() == found - 1


@pytest.mark.parametrize("how", HOWS)
def test_identical_vectors_are_split_by_size_alone(how: Clustering) -> None:
    labels = cluster(np.zeros((50, 3), np.float32), seed=0, limit=10, how=how, popularity=np.zeros(50, np.int64))
    assert np.bincount(labels).max() <= 10


@pytest.mark.parametrize("how", ["kmeans", "balanced", "spectral"])
def test_groups_that_lie_apart_are_found(how: Clustering) -> None:
    vectors, of = groups([10] * 10)
    labels = cluster(vectors, seed=0, how=how)
    assert len(set(zip(labels.tolist(), of.tolist(), strict=True))) == len(set(labels.tolist())), "each of one group"


@settings(max_examples=30, deadline=None)
@given(tables(), st.integers(0, 3))
def test_balanced_clusters_stay_within_half_again_the_mean_size(vectors: NDArray[np.float32], seed: int) -> None:
    counts = np.bincount(cluster(vectors, seed=seed, how="balanced"))
    mean = len(vectors) / len(counts)
    assert counts.max() <= max(np.ceil(mean), 1.5 * mean)


def test_a_group_larger_than_the_rest_is_shared_out_by_balanced_clusters_only() -> None:
    vectors = np.eye(4, dtype=np.float32)[np.repeat(np.arange(4), [370, 10, 10, 10])]
    assert np.bincount(cluster(vectors, seed=0)).max() == 370
    assert np.bincount(cluster(vectors, seed=0, how="balanced")).max() <= 30


def test_a_spectral_cluster_over_the_limit_is_split_by_its_own_graph() -> None:
    vectors, of = groups([30, 30, 30, 30])
    labels = cluster(vectors, seed=0, limit=20, how="spectral")
    assert np.bincount(labels).max() <= 20
    assert len(set(zip(labels.tolist(), of.tolist(), strict=True))) == len(set(labels.tolist()))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(1, 20))
def test_clusters_by_frequency_go_from_the_most_bought_to_the_least(bought: list[int], limit: int) -> None:
    counts = np.array(bought)
    labels = cluster(np.zeros((len(counts), 2), np.float32), seed=0, limit=limit, how="frequency", popularity=counts)
    for number in range(int(labels.max())):
        assert counts[labels == number].min() >= counts[labels == number + 1].max()
    sizes = np.bincount(labels)
    assert sizes.max() - sizes.min() <= 1


def test_random_clusters_depend_on_the_seed_alone() -> None:
    vectors = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    first = cluster(vectors, seed=1, how="random")
    np.testing.assert_array_equal(first, cluster(-vectors, seed=1, how="random"))
    assert (first != cluster(vectors, seed=2, how="random")).any()
    assert np.ptp(np.bincount(first)) <= 1


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_vector_that_is_no_number_is_named(how: Clustering, bad: float) -> None:
    vectors = np.ones((9, 2), np.float32)
    vectors[4, 1] = bad
    with pytest.raises(ModelError, match=r"1 of 9 item vectors .*row 4 is the first"):
        cluster(vectors, seed=0, how=how, popularity=np.ones(9, np.int64))


@pytest.mark.parametrize("how", HOWS)
def test_no_items_are_an_error_and_one_is_a_cluster(how: Clustering) -> None:
    with pytest.raises(ModelError, match="no items"):
        cluster(np.zeros((0, 3), np.float32), seed=0, how=how)
    one = cluster(np.zeros((1, 3), np.float32), seed=0, how=how, popularity=np.zeros(1, np.int64))
    assert one.tolist() == [0]


def test_settings_that_do_not_go_together_are_named() -> None:
    vectors = np.zeros((4, 2), np.float32)
    with pytest.raises(ConfigError, match="limit is 0"):
        cluster(vectors, seed=0, limit=0)
    with pytest.raises(ConfigError, match="each of 4 items, not for 0"):
        cluster(vectors, seed=0, how="frequency")
    with pytest.raises(ConfigError, match="each of 4 items, not for 3"):
        cluster(vectors, seed=0, how="frequency", popularity=np.ones(3, np.int64))


def test_spectral_clustering_of_a_large_catalogue_is_refused_before_it_begins() -> None:
    vectors = np.zeros((clusters.SPECTRAL_ITEMS + 1, 1), np.float32)
    with pytest.raises(ConfigError, match=r"50,001: choose clusters kmeans or balanced"):
        cluster(vectors, seed=0, how="spectral")


def test_what_is_clustered_is_chosen_and_weighs_the_same() -> None:
    rng = np.random.default_rng(0)
    content = rng.normal(size=(50, 300)).astype(np.float32)
    collaborative = rng.normal(size=(50, 20)).astype(np.float32)
    assert vectors_to_cluster(content, collaborative, "content") is content
    assert vectors_to_cluster(content, collaborative, "collaborative") is collaborative
    assert vectors_to_cluster(content, np.zeros_like(collaborative), "collaborative") is content
    both = vectors_to_cluster(content, collaborative, "both")
    assert both.shape == (50, 320)
    assert both.dtype == np.float32
    np.testing.assert_allclose((both[:, :300] ** 2).sum() / (both[:, 300:] ** 2).sum(), 1, rtol=0.1)
