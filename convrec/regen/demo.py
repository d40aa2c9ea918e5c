"""The demo dataset: the invented shop with critiques, narratives and dialogues written onto its histories."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from convrec.datasets import Dataset, write_dataset
from convrec.datasets.frames import INTERACTIONS
from convrec.datasets.shop import SEED, SHOPPERS, build_shop
from convrec.language.grammar import phrasings
from convrec.regen.annotate import annotate, prompt_sha

WRITTEN = 3600  # shoppers with conversations and narratives; of the others there are the purchases
HOLD_OUT = 0.2  # of those written about, for validation and test


def build_demo(out_dir: str | Path, seed: int = SEED, shoppers: int = SHOPPERS, *, overwrite: bool = False) -> Dataset:
    """Builds and writes the demo dataset; the same seed gives the same folder. Under three minutes, with progress.

    Raises DataError when the folder is taken (unless `overwrite`) or cannot be written.
    """
    dataset = demo_dataset(seed, shoppers)
    write_dataset(dataset, out_dir, overwrite=overwrite)
    return dataset


def demo_dataset(seed: int = SEED, shoppers: int = SHOPPERS) -> Dataset:
    """The demo dataset in memory. A smaller number of shoppers gives a smaller one over the same catalogue."""
    shop = build_shop(seed, shoppers)
    bought = Dataset(shop.catalog, pl.DataFrame(shop.interactions, schema=INTERACTIONS, orient="row"))
    first = [shopper.user_id for shopper in shop.shoppers[:WRITTEN]]
    of_first = bought.interactions.filter(pl.col("user_id").is_in(first))
    dataset = annotate(replace(bought, interactions=of_first), seed, hold_out=HOLD_OUT)
    dataset = replace(dataset, interactions=bought.interactions)
    return replace(dataset, card=_card(dataset, seed))


def _card(dataset: Dataset, seed: int) -> str:
    text: str = phrasings("card")["demo"]
    splits = dataset.dialogues["split"].to_list()
    return text.format(
        items=len(dataset.catalog),
        leaves=len({item.categories for item in dataset.catalog.items}),
        brands=len({item.brand for item in dataset.catalog.items}),
        users=dataset.interactions["user_id"].n_unique(),
        interactions=len(dataset.interactions),
        turns=len(dataset.turns),
        dialogues=len(dataset.dialogues),
        train=splits.count("train"),
        validation=splits.count("validation"),
        test=splits.count("test"),
        seed=seed,
        sha=prompt_sha(),
    )
