"""The demo dataset: the invented shop with critiques, narratives and dialogues written onto its histories."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl
from rich.progress import track

from convrec.datasets import Dataset, write_dataset
from convrec.datasets.frames import DIALOGUES, INTERACTIONS, TURNS
from convrec.datasets.shop import SEED, SHOPPERS, build_shop
from convrec.regen.critiques import Phrasing
from convrec.regen.dialogues import Dialogues, Rows
from convrec.regen.grammar import PROMPTS, phrasings
from convrec.regen.pairs import Shelves
from convrec.regen.turns import turns_of
from convrec.regen.writer import Writer

Portion = Literal["train", "validation", "test"]
REGEN, CHAT, CONTRAST = 0.42, 0.25, 0.08  # the chance of each dialogue at a position of a training shopper
FIRST = 3  # positions before it say too little of a shopper


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
    interactions = pl.DataFrame(shop.interactions, schema=INTERACTIONS, orient="row")
    sequences = Dataset(shop.catalog, interactions).sequences()
    writer = Writer(shop.catalog)
    dialogues = Dialogues(writer, Shelves(shop.catalog, sequences))
    turn_rows: Rows = []
    dialogue_rows: Rows = []
    for user, rows in track(sequences.items(), description="Writing critiques, narratives, dialogues"):
        split = portion(user, seed)
        rng = random.Random(f"{seed}:{user}")
        phrasing: Phrasing = "unseen" if split == "test" else "train"
        about = {"user_id": user, "split": split}
        turn_rows += [{**about, **turn} for turn in turns_of(writer, rows, rng, phrasing)]
        for number, (said, how) in enumerate(_dialogues(dialogues, rows, split, rng)):
            about["dialogue_id"] = f"{user}-{number:02d}"
            dialogue_rows += [{**about, "phrasing": how, **row} for row in said]
    origin = {"annotator": "grammar", "model": "convrec.regen", "seed": seed, "prompt_sha": prompt_sha()}
    return Dataset(
        catalog=shop.catalog,
        interactions=interactions,
        turns=pl.DataFrame([turn | origin for turn in turn_rows], schema=TURNS),
        dialogues=pl.DataFrame(dialogue_rows, schema=DIALOGUES),
        card=_card(shop.catalog, interactions, turn_rows, dialogue_rows, seed),
    )


def portion(user: str, seed: int) -> Portion:
    """Which shoppers train (80%), validate and test (10% each): by name, whatever the number of shoppers."""
    draw = random.Random(f"split {seed} {user}").random()
    return "train" if draw < 0.8 else "validation" if draw < 0.9 else "test"


def prompt_sha() -> str:
    """A fingerprint of all phrasings, so that a dataset says what it was written with."""
    digest = hashlib.sha256()
    for path in sorted(PROMPTS.glob("*.yaml")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _dialogues(
    dialogues: Dialogues, rows: Sequence[int], split: Portion, rng: random.Random
) -> Iterator[tuple[Rows, Phrasing]]:
    """Test: the last purchase; validation: the last but one, both in both phrasings; train: any before these."""
    if split == "train":
        for position in range(FIRST, len(rows) - 2):
            history, target = rows[:position], rows[position]
            if rng.random() < REGEN and (said := dialogues.regen(history, target, rng, "train")):
                yield said, "train"
            if rng.random() < CHAT:
                yield dialogues.chat(history, target, rng, "train"), "train"
            if rng.random() < CONTRAST:
                for said in dialogues.contrast(history, target, rng, "train"):
                    yield said, "train"
        return
    position = len(rows) - (1 if split == "test" else 2)
    history, target = rows[:position], rows[position]
    for phrasing in ("unseen", "train"):
        same = random.Random(rng.random())
        if said := dialogues.regen(history, target, same, phrasing):
            yield said, phrasing
        yield dialogues.chat(history, target, same, phrasing), phrasing


def _card(catalog: Any, interactions: pl.DataFrame, turns: Rows, dialogues: Rows, seed: int) -> str:
    text: str = phrasings("card")["demo"]
    splits = [row["split"] for row in dialogues]
    return text.format(
        items=len(catalog),
        leaves=len({item.categories for item in catalog.items}),
        brands=len({item.brand for item in catalog.items}),
        users=interactions["user_id"].n_unique(),
        interactions=len(interactions),
        turns=len(turns),
        dialogues=len(dialogues),
        train=splits.count("train"),
        validation=splits.count("validation"),
        test=splits.count("test"),
        seed=seed,
        sha=prompt_sha(),
    )
