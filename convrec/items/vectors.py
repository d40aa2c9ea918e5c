"""What an item's vector starts from: its text, its facts, its price, and who bought it with what.

Content vectors need nothing but the item, so an item added at run time gets one too; collaborative vectors come from
histories (implicit ALS, arXiv 2509.03746 released code). 2410.16780: both together beat either alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog, format_value

Floats = NDArray[np.float32]
Starts = Literal["both", "content", "collaborative"]  # what rows of the item table start from
PRICE_BINS = 16
TEXT_WIDTH = 384
CONTENT_WIDTH = 2 * TEXT_WIDTH + PRICE_BINS
COLLABORATIVE_WIDTH = 64


class Encoder(Protocol):
    def vectors(self, texts: Sequence[str]) -> Floats: ...


def phrase(facet: str, value: object) -> str:
    """The words a facet value is encoded by, on items and in constraints alike: "colour: blue", "refillable"."""
    if value is True:
        return facet.replace("_", " ")
    return f"{facet.replace('_', ' ')}: {format_value(facet, value) if isinstance(value, str | tuple) else value}"


def phrases(catalog: Catalog, row: int) -> list[str]:
    """The phrases true of one item: brand, each category, each choice and each flag that is set."""
    item = catalog[row]
    found = [phrase("brand", item.brand)] if item.brand else []
    found += [phrase("category", name) for name in item.categories]
    for key, value in item.attributes.items():
        if isinstance(value, tuple):
            found += [phrase(key, entry) for entry in value]
        elif value is not False:
            found.append(phrase(key, value))
    return found


def content_vectors(catalog: Catalog, encoder: Encoder, rows: Iterable[int] | None = None) -> Floats:
    """(rows, CONTENT_WIDTH): the text's vector, the mean of its phrases' vectors, and the price among all prices.

    The price enters as a soft one-hot over the quantiles of the catalogue's prices; zero where it is missing.
    """
    chosen = list(range(len(catalog)) if rows is None else rows)
    text = encoder.vectors([catalog.text(row) for row in chosen])
    listed = [phrases(catalog, row) for row in chosen]
    distinct = sorted({p for found in listed for p in found})
    place = {p: i for i, p in enumerate(distinct)}
    encoded = encoder.vectors(distinct) if distinct else np.zeros((0, TEXT_WIDTH), np.float32)
    facts = np.stack(
        [encoded[[place[p] for p in found]].mean(0) if found else np.zeros(TEXT_WIDTH, np.float32) for found in listed]
    )
    price = np.stack([quantile_bins(catalog, "price", catalog[row].price) for row in chosen])
    return np.concatenate([text, facts, price], axis=1).astype(np.float32)


def quantile_bins(catalog: Catalog, facet: str, value: float | None) -> Floats:
    """(PRICE_BINS,) a soft one-hot of where `value` lies among the catalogue's values of a number facet."""
    bins = np.zeros(PRICE_BINS, np.float32)
    if value is not None and facet in catalog.facets:
        place = catalog.quantile(facet, value) * (PRICE_BINS - 1)
        low = min(int(place), PRICE_BINS - 2)
        bins[low], bins[low + 1] = 1 - (place - low), place - low
    return bins


def collaborative_vectors(sequences: Iterable[Sequence[int]], n_items: int, *, seed: int) -> Floats:
    """(n_items, COLLABORATIVE_WIDTH) implicit ALS item factors of who bought what; zero for items nobody bought."""
    import scipy.sparse as sparse
    from implicit.cpu.als import AlternatingLeastSquares

    pairs = [(user, row) for user, rows in enumerate(sequences) for row in rows]
    if not pairs:
        return np.zeros((n_items, COLLABORATIVE_WIDTH), np.float32)
    users, rows = np.array(pairs).T
    bought = sparse.csr_matrix((np.ones(len(pairs), np.float32), (users, rows)), shape=(users.max() + 1, n_items))
    als = AlternatingLeastSquares(
        factors=COLLABORATIVE_WIDTH,
        regularization=0.05,
        alpha=4.0,
        iterations=20,
        random_state=seed,
        num_threads=1,
        dtype=np.float32,
    )
    als.fit(bought, show_progress=False)
    vectors = np.asarray(als.item_factors, dtype=np.float32)
    vectors[np.bincount(rows, minlength=n_items) == 0] = 0
    return vectors


def statistics(vectors: Floats) -> tuple[Floats, float]:
    """Column means over the non-zero rows, and the root mean square that remains: what `standardise` applies."""
    real = vectors[np.abs(vectors).sum(1) > 0]
    if not len(real):
        return np.zeros(vectors.shape[1], np.float32), 1.0
    mean = real.mean(0)
    return mean, max(float(np.sqrt(((real - mean) ** 2).mean())), 1e-6)


def standardise(vectors: Floats, mean: Floats, scale: float) -> Floats:
    """Centred and scaled to about unit mean square; zero rows (nothing known) stay zero."""
    real = np.abs(vectors).sum(1, keepdims=True) > 0
    return np.where(real, (vectors - mean) / scale, 0).astype(np.float32)
