"""Clusters of items for the two-level softmax (arXiv 2509.03746, released code): about √n of them, none too large."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def cluster(vectors: NDArray[np.float32], *, seed: int, limit: int = 1000) -> NDArray[np.int64]:
    """(items,) cluster of each row: k-means into ⌈√n⌉ clusters, those over `limit` members split again.

    Rows without a vector (all zero) fall where k-means puts zero. Every cluster has a member and numbers are dense.
    """
    from sklearn.cluster import KMeans

    n = len(vectors)
    wanted = min(math.ceil(math.sqrt(n)), len(np.unique(vectors, axis=0)))
    labels = KMeans(wanted, n_init=1, random_state=seed).fit_predict(vectors).astype(np.int64)
    while (counts := np.bincount(labels)).max() > limit:
        large = int(counts.argmax())
        members = np.flatnonzero(labels == large)
        labels[members[len(members) // 2 :]] = labels.max() + 1
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
