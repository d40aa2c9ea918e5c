"""Clusters of items for the two-level softmax (arXiv 2509.03746, released code): about √n of them, none too large."""

from __future__ import annotations

import math
import warnings
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convrec.errors import ConfigError, ModelError

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]
Clustering = Literal["kmeans", "balanced", "spectral", "frequency", "random"]
ClusterBy = Literal["collaborative", "content", "both"]
NEIGHBOURS = 50  # of the spectral clustering's graph; arXiv 2509.03746, released code
SPECTRAL_ITEMS = 50_000  # every item is compared with every other: minutes of one core here, hours at ten times that
ROUNDS = 5  # of the balanced k-means: centres move little after that


def cluster(
    vectors: Floats,
    *,
    seed: int,
    count: int | None = None,
    limit: int = 1000,
    how: Clustering = "kmeans",
    popularity: NDArray[np.int64] | None = None,
) -> Labels:
    """(items,) cluster of each row: about `count` clusters of at most `limit` members, each with a member, numbers
    dense. Without a count they are ⌈√n⌉.

    `kmeans`, those over the limit halved by row; `balanced` k-means, none over 1.5 times the mean size; `spectral` over
    the graph of nearest neighbours, those over the limit split again; `frequency`, rows from the most bought to the
    least (`popularity` (items,) purchases) cut into equal parts; `random`, equal parts of a shuffle. The same input and
    seed give the same clusters. Rows without a vector (all zero) fall where zero falls; equal rows are parted by size
    alone. Raises ModelError where there is no item or a vector holds no numbers, ConfigError for a spectral clustering
    of more than SPECTRAL_ITEMS, a limit below 1, and clusters by frequency without a count for each item.
    """
    n = len(vectors)
    if not n:
        raise ModelError("there are no items to cluster: the catalogue is empty")
    if not np.isfinite(vectors).all():
        bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        raise ModelError(
            f"{len(bad)} of {n} item vectors hold values that are no numbers (row {bad[0]} is the first); "
            "look at what the encoder or the factorisation made of these items"
        )
    if limit < 1:
        raise ConfigError(f"a cluster must be allowed a member: limit is {limit}")
    wanted = min(count or math.ceil(math.sqrt(n)), n)
    if how == "kmeans":
        return _dense(_halved(_kmeans(vectors, wanted, seed)[0], limit))
    if how == "spectral":
        if n > SPECTRAL_ITEMS:
            raise ConfigError(
                f"spectral clustering compares every item with every other and is not done beyond {SPECTRAL_ITEMS:,} "
                f"items; this catalogue holds {n:,}: choose clusters kmeans or balanced"
            )
        return _dense(_halved(_spectral(vectors, wanted, limit, seed), limit))
    wanted = max(wanted, math.ceil(n / limit))
    if how == "balanced":
        return _dense(_balanced(vectors, wanted, limit, seed))
    if how == "random":
        return _cut(np.random.default_rng(seed).permutation(n), wanted)
    if popularity is None or len(popularity) != n:
        raise ConfigError(
            f"clusters by frequency need a number of purchases for each of {n} items, not for "
            f"{0 if popularity is None else len(popularity)}"
        )
    return _cut(np.argsort(-popularity, kind="stable"), wanted)


def vectors_to_cluster(content: Floats, collaborative: Floats, by: ClusterBy) -> Floats:
    """(items, width) what clusters are made of. `collaborative` is content where nobody bought anything.

    `content` and `collaborative` are standardised (items.vectors): in `both` each weighs the same, however wide.
    """
    if by == "both":
        parts = [part / np.float32(math.sqrt(part.shape[1])) for part in (content, collaborative)]
        return np.concatenate(parts, axis=1)
    return collaborative if by == "collaborative" and np.any(collaborative) else content


def _kmeans(vectors: Floats, wanted: int, seed: int) -> tuple[Labels, Floats]:
    """(labels, centres) of k-means into `wanted` clusters, fewer where there are fewer different rows."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    wanted = min(wanted, len(np.unique(vectors, axis=0)))
    means = KMeans(wanted, n_init=1, random_state=seed)
    with warnings.catch_warnings():  # rows that differ in their last bit only are one to k-means: fewer clusters
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        labels = means.fit_predict(vectors).astype(np.int64)
    return labels, means.cluster_centers_


def _balanced(vectors: Floats, wanted: int, limit: int, seed: int) -> Labels:
    """k-means whose clusters hold at most 1.5 times n / wanted, and `limit`: Lloyd's rounds with full clusters shut."""
    n = len(vectors)
    capacity = min(limit, max(math.ceil(n / wanted), math.floor(1.5 * n / wanted)))
    centres = _kmeans(vectors, wanted, seed)[1]
    centres = np.resize(centres, (wanted, vectors.shape[1]))  # repeated where rows are equal: all need room
    labels = _filled(vectors, centres, capacity)
    for _ in range(ROUNDS):
        sums = np.zeros_like(centres)
        np.add.at(sums, labels, vectors)
        counts = np.bincount(labels, minlength=wanted)[:, None]
        centres = np.where(counts > 0, sums / np.maximum(counts, 1), centres).astype(np.float32)
        labels = _filled(vectors, centres, capacity)
    return labels


def _filled(vectors: Floats, centres: Floats, capacity: int) -> Labels:
    """Each row asks the nearest centre that has room; a centre asked by too many takes the nearest, the rest ask on."""
    from sklearn.metrics import pairwise_distances_argmin_min

    labels = np.full(len(vectors), -1, dtype=np.int64)
    room = np.full(len(centres), capacity)
    left = np.arange(len(vectors))
    while len(left):
        with_room = np.flatnonzero(room)
        nearest, distance = pairwise_distances_argmin_min(vectors[left], centres[with_room])
        order = np.lexsort((distance, nearest))  # by centre, the nearest row first
        asked, starts = np.unique(nearest[order], return_index=True)
        place = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
        taken = order[place < room[with_room[nearest[order]]]]
        labels[left[taken]] = with_room[nearest[taken]]
        room[with_room[asked]] -= np.bincount(nearest[taken], minlength=len(with_room))[asked]
        left = left[labels[left] < 0]
    return labels


def _spectral(vectors: Floats, wanted: int, limit: int, seed: int) -> Labels:
    labels = _of_graph(vectors, wanted, seed)
    for large in np.flatnonzero(np.bincount(labels) > limit):
        members = np.flatnonzero(labels == large)
        parts = _of_graph(vectors[members], math.ceil(len(members) / limit), seed)
        labels[members] = np.where(parts == 0, large, labels.max() + parts)
    return labels


def _of_graph(vectors: Floats, wanted: int, seed: int) -> Labels:
    """Spectral clustering (Ng, Jordan, Weiss) of the graph that joins each row to its nearest.

    The leading eigenvectors come from a randomised subspace iteration: where duplicates make many small components an
    exact solver fails on the eigenvalue they share, and its factorisation of such a graph takes gigabytes.
    """
    from scipy.sparse import diags, identity
    from sklearn.neighbors import kneighbors_graph
    from sklearn.utils.extmath import randomized_svd

    n = len(vectors)
    wanted = min(wanted, len(np.unique(vectors, axis=0)))
    if wanted == 1:
        return np.zeros(n, dtype=np.int64)
    # In a small catalogue 50 neighbours would join everything: about as many as a cluster holds.
    near = kneighbors_graph(vectors, min(NEIGHBOURS, math.ceil(math.sqrt(n)) + 1, n), include_self=True)
    graph = (near + near.T) / 2
    scale = diags(1 / np.sqrt(np.asarray(graph.sum(axis=1)).ravel()))
    walk = (identity(n) + scale @ graph @ scale) / 2  # eigenvalues from 0 to 1, so singular vectors are eigenvectors
    found = randomized_svd(walk.tocsr(), wanted, n_iter=30, power_iteration_normalizer="QR", random_state=seed)[0]
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return _kmeans((found / np.maximum(length, 1e-12)).astype(np.float32), wanted, seed)[0]


def _halved(labels: Labels, limit: int) -> Labels:
    """Clusters over `limit` members are cut in two by row until none is left."""
    while (counts := np.bincount(labels)).max() > limit:
        large = int(counts.argmax())
        members = np.flatnonzero(labels == large)
        labels[members[len(members) // 2 :]] = labels.max() + 1
    return labels


def _cut(order: NDArray[np.int64], wanted: int) -> Labels:
    """The rows in `order` in `wanted` parts whose sizes differ by one at most; part 0 holds the first."""
    labels = np.empty(len(order), dtype=np.int64)
    for number, rows in enumerate(np.array_split(order, wanted)):
        labels[rows] = number
    return labels


def _dense(labels: Labels) -> Labels:
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
