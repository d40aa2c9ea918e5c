"""Readers over the demo shop, and situations in which they read."""

from __future__ import annotations

from functools import cache

from convrec.catalog import Catalog
from convrec.conversation import Reading
from convrec.datasets.shop.catalogue import build_items
from convrec.language.encoder import load_encoder
from convrec.language.reader import Reader, Situation


@cache
def shop() -> Catalog:
    return Catalog(build_items(0))


@cache
def reader() -> Reader:
    return Reader(shop(), load_encoder())


@cache
def bare() -> Reader:
    """Without an encoder, so that a property can be tried on many texts."""
    return Reader(shop())


def pen() -> int:
    return next(row for row, item in enumerate(shop().items) if item.leaf == "Gel pens" and item.available)


def steered(**more: tuple[int, ...]) -> Situation:
    return Situation(history=(pen(),), shown=(pen(),), all_shown=(pen(),), reference=pen(), **more)


def meant(reading: Reading) -> set[tuple[str, str, str]]:
    return {constraint.key for constraint in reading.constraints}


def after(leaf: str, text: str) -> Reading:
    """A message said of one of these, which lies on the table."""
    row = next(row for row, item in enumerate(build_items(0)) if item.leaf == leaf)
    return reader().read(text, Situation((), (row,), (row,), row))
