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

WRITTEN = 3600  # shoppers with conversations and narratives in data/demo; of the others there are the purchases
HOLD_OUT = 0.2  # of those written about, for validation and test


def build_demo(
    out_dir: str | Path, seed: int = SEED, shoppers: int = SHOPPERS, written: int = WRITTEN, *, overwrite: bool = False
) -> Dataset:
    """Builds and writes the demo dataset; the same seed gives the same folder. Under three minutes, with progress.

    Raises DataError when the folder is taken (unless `overwrite`) or cannot be written.
    """
    dataset = demo_dataset(seed, shoppers, written)
    write_dataset(dataset, out_dir, overwrite=overwrite)
    return dataset


def demo_dataset(seed: int = SEED, shoppers: int = SHOPPERS, written: int = WRITTEN) -> Dataset:
    """The demo dataset in memory. A smaller number of shoppers gives a smaller one over the same catalogue.

    Conversations and narratives are those of the first `written` shoppers: up to WRITTEN the same whatever their
    number, HOLD_OUT of them for validation and test; of any more all are trained on.
    """
    shop = build_shop(seed, shoppers)
    bought = Dataset(shop.catalog, pl.DataFrame(shop.interactions, schema=INTERACTIONS, orient="row"))
    names = [shopper.user_id for shopper in shop.shoppers[:written]]
    parts = [
        annotate(
            replace(bought, interactions=bought.interactions.filter(pl.col("user_id").is_in(some))), seed, hold_out=hold
        )
        for some, hold in ((names[:WRITTEN], HOLD_OUT), (names[WRITTEN:], 0.0))
        if some
    ]
    dataset = replace(
        bought,
        turns=pl.concat([part.turns for part in parts]),
        dialogues=pl.concat([part.dialogues for part in parts]),
    )
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
