"""A small demo dataset, and a catalogue as bare as real ones are: titles, brands, category paths."""

from __future__ import annotations

import pytest

from convrec.catalog import Catalog, Item
from convrec.datasets import Dataset
from convrec.regen.demo import demo_dataset
from convrec.regen.writer import Writer

SHOPPERS = 120


@pytest.fixture(scope="session")
def demo() -> Dataset:
    return demo_dataset(shoppers=SHOPPERS)


@pytest.fixture(scope="session")
def writer(demo: Dataset) -> Writer:
    return Writer(demo.catalog)


@pytest.fixture(scope="session")
def bare() -> Catalog:
    """What Amazon's older metadata holds: no price, no attributes."""
    leaves = {"Ballpoint Pens": "Ballpoint", "Gel Pens": "Gel", "Copy Paper": "Paper"}
    return Catalog(
        [
            Item(
                f"{brand}-{leaf}-{number}",
                f"{brand} {word} Retractable Number {number}",
                brand,
                ("Office Supplies", "Paper" if leaf == "Copy Paper" else "Pens", leaf),
            )
            for leaf, word in leaves.items()
            for brand in ("Acme", "Bolt", "")
            for number in (1, 2)
        ]
    )
