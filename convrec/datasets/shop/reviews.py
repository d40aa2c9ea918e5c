"""Ratings and short reviews that fit the item and the rating; what they say of the item is true of it."""

from __future__ import annotations

import numpy as np

from convrec.catalog import Item, format_value
from convrec.datasets.shop.catalogue import content
from convrec.datasets.shop.shoppers import Shopper

SILENT = 0.15  # the share of purchases rated without a word


def rate(liking: float, rng: np.random.Generator) -> float:
    """Stars, 1 to 5, from how much the item is to the shopper's taste (0 to 1)."""
    return float(np.clip(round(3.1 + 1.9 * liking + rng.normal(0, 0.75)), 1, 5))


def review(item: Item, rating: float, shopper: Shopper, rng: np.random.Generator) -> str:
    """A few sentences, or none: an opening for the rating, a remark on the item, at times a word of the persona."""
    if rng.random() < SILENT:
        return ""
    about = content("reviews")
    price = format_value("price", item.price or 0.0)
    opening = _one(about["openings"][int(rating)], rng)
    sentences = [opening.format(price=price, brand=item.brand, leaf=item.leaf.lower())]
    if rng.random() < 0.85:
        remarks = _remarks(item, about["praise" if rating >= 4 else "blame"], rating >= 4)
        if rating <= 3:
            remarks += [text.format(price=price) for text in about["blame"]["price"]]
        sentences.append(_one(remarks, rng))
    if rating >= 4 and rng.random() < 0.3:
        sentences.append(_one(content("personas")["personas"][shopper.persona]["says"], rng))
    return " ".join(sentences)


def _remarks(item: Item, words: dict[str, dict[str, list[str]]], holds: bool) -> list[str]:
    """Everything the item gives reason to say: praise for flags that hold, blame for those that do not."""
    remarks: list[str] = []
    for key, value in item.attributes.items():
        if isinstance(value, bool):
            remarks += words["flags"].get(key, []) if value is holds else []
        else:
            remarks += [text.format(value=format_value(key, value)) for text in words["values"].get(key, [])]
    return remarks or ["It is what the page says."]


def _one(texts: list[str], rng: np.random.Generator) -> str:
    return str(texts[int(rng.integers(len(texts)))])
