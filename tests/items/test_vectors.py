import numpy as np
from small_model import HashEncoder, small_catalog

from convrec.catalog import Catalog, Item
from convrec.items.vectors import (
    CONTENT_WIDTH,
    PRICE_BINS,
    collaborative_vectors,
    content_vectors,
    phrases,
    quantile_bins,
    standardise,
    statistics,
)


def test_content_needs_nothing_but_the_item() -> None:
    catalog = small_catalog(6)
    vectors = content_vectors(catalog, HashEncoder())
    assert vectors.shape == (6, CONTENT_WIDTH)
    alone = content_vectors(catalog, HashEncoder(), rows=[4])
    np.testing.assert_allclose(alone[0], vectors[4], rtol=1e-6)


def test_phrases_say_what_is_true_and_nothing_else() -> None:
    catalog = small_catalog(6)
    assert "refillable" in phrases(catalog, 0)
    assert not any("refillable" in phrase for phrase in phrases(catalog, 1))
    assert "colour: black" in phrases(catalog, 1)


def test_price_bins_order_prices_and_leave_out_what_is_missing() -> None:
    catalog = Catalog([*small_catalog(20).items, Item("free", "no price")])
    places = [quantile_bins(catalog, "price", item.price) @ np.arange(PRICE_BINS) for item in catalog.items[:20]]
    assert places == sorted(places)
    assert not quantile_bins(catalog, "price", None).any()


def test_collaborative_vectors_bring_together_what_is_bought_together() -> None:
    histories = [[0, 1, 2]] * 20 + [[3, 4, 5]] * 20
    vectors = collaborative_vectors(histories, 7, seed=0)
    assert not vectors[6].any(), "nobody bought it"
    unit = vectors[:6] / np.linalg.norm(vectors[:6], axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[4] + 0.5


def test_standardised_rows_are_centred_and_unknown_rows_stay_zero() -> None:
    vectors = np.random.default_rng(0).normal(3, 2, (50, 4)).astype(np.float32)
    vectors[7] = 0
    out = standardise(vectors, *statistics(vectors))
    known = np.delete(out, 7, axis=0)
    assert not out[7].any()
    np.testing.assert_allclose(known.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose((known**2).mean(), 1, rtol=1e-5)
