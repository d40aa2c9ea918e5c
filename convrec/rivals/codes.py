"""Semantic ids: the text vector of an item as four codes (TIGER, arXiv 2305.05065, section 3.1).

Three levels of residual quantisation, each the nearest of 256 centres of what the levels before it left over; the
fourth code tells apart the items that share the first three. The paper learns its centres in an RQ-VAE; here they are
k-means, as in many implementations since: nothing to tune, and no centre is ever dead.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convrec.errors import ModelError

LEVELS = 4  # tokens an item
CODES = 256  # a level
Codes = NDArray[np.int64]


def semantic_codes(vectors: NDArray[np.float32], *, seed: int) -> Codes:
    """(items, LEVELS) codes in 0 … CODES − 1, no two rows alike, from (items, width) vectors.

    Where more than CODES items share their first three codes, the later rows move on to the next third code that has
    room. The same vectors and seed give the same codes. Raises ModelError where there is no item, a vector holds no
    numbers, or more than CODES² items share their first two codes.
    """
    if not len(vectors) or not np.isfinite(vectors).all():
        what = "there are no items" if not len(vectors) else "a text vector holds values that are no numbers"
        raise ModelError(f"no semantic ids: {what}; look at the catalogue and at what the encoder made of it")
    left = vectors.astype(np.float32)
    levels = []
    for level in range(LEVELS - 1):
        labels, centres = _centres(left, seed + level)
        levels.append(labels)
        left = left - centres[labels]
    return _told_apart(np.stack(levels, axis=1))


def _centres(vectors: NDArray[np.float32], seed: int) -> tuple[Codes, NDArray[np.float32]]:
    from sklearn.cluster import KMeans

    distinct, place = np.unique(vectors, axis=0, return_inverse=True)
    if len(distinct) <= CODES:  # each its own centre: k-means would warn where rows are equal
        return place.reshape(-1).astype(np.int64), distinct
    means = KMeans(CODES, n_init=1, random_state=seed).fit(vectors)
    return means.labels_.astype(np.int64), means.cluster_centers_.astype(np.float32)


def _told_apart(codes: Codes) -> Codes:
    """(items, 3) → (items, 4), the fourth counting from 0 within those that are alike."""
    taken: dict[tuple[int, ...], int] = {}
    out = np.empty((len(codes), LEVELS), dtype=np.int64)
    for row, (*first, third) in enumerate(codes.tolist()):
        for step in range(CODES):
            key = (*first, (third + step) % CODES)
            if taken.get(key, 0) < CODES:
                break
        else:
            raise ModelError(
                f"no semantic ids: over {CODES**2:,} items share their first two codes (row {row} is one too many); "
                "their texts are alike, so give the items texts that differ"
            )
        out[row] = *key, taken.get(key, 0)
        taken[key] = taken.get(key, 0) + 1
    return out
