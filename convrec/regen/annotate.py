"""Writes critiques, narratives and dialogues onto the histories of any dataset: the offline annotator."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

import polars as pl
from rich.console import Console
from rich.progress import track

from convrec.datasets import Dataset
from convrec.datasets.frames import DIALOGUES, TURNS
from convrec.language.grammar import PROMPTS
from convrec.regen.critiques import Phrasing
from convrec.regen.dialogues import Dialogues, Rows
from convrec.regen.pairs import Shelves
from convrec.regen.turns import turns_of
from convrec.regen.writer import Writer

Portion = Literal["train", "validation", "test"]
REGEN, CHAT, CONTRAST = 0.84, 0.5, 0.16  # the chance of each dialogue at a position of a training shopper
FIRST = 3  # positions before it say too little of a shopper


def annotate(dataset: Dataset, seed: int, *, hold_out: float) -> Dataset:
    """The same dataset with turns and dialogues written onto it, with progress; what it had of them is replaced.

    `hold_out` is the share of users whose dialogues are for validation and test, half each; nothing of theirs is then
    trained on. With 0 everyone trains, and the last two items of each history are left alone all the same.
    """
    sequences = dataset.sequences()
    writer = Writer(dataset.catalog)
    dialogues = Dialogues(writer, Shelves(dataset.catalog, sequences))
    turn_rows: Rows = []
    dialogue_rows: Rows = []
    users = track(
        sequences.items(), description="Writing critiques, narratives, dialogues", console=Console(stderr=True)
    )
    for user, rows in users:
        split = portion(user, seed, hold_out)
        rng = random.Random(f"{seed}:{user}")
        phrasing: Phrasing = "blind" if split == "test" else "train"
        about = {"user_id": user, "split": split}
        turn_rows += [{**about, **turn} for turn in turns_of(writer, rows, rng, phrasing)]
        for number, (said, how) in enumerate(_dialogues(dialogues, rows, split, rng)):
            about["dialogue_id"] = f"{user}-{number:02d}"
            dialogue_rows += [{**about, "phrasing": how, **row} for row in said]
    origin = {"annotator": "grammar", "model": "convrec.regen", "seed": seed, "prompt_sha": prompt_sha()}
    return replace(
        dataset,
        turns=pl.DataFrame([turn | origin for turn in turn_rows], schema=TURNS),
        dialogues=pl.DataFrame(dialogue_rows, schema=DIALOGUES),
    )


def portion(user: str, seed: int, hold_out: float) -> Portion:
    """Which users train and which, half each, validate and test: by name, whatever the number of users."""
    draw = random.Random(f"split {seed} {user}").random()
    return "train" if draw < 1 - hold_out else "validation" if draw < 1 - hold_out / 2 else "test"


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
    words: Sequence[Phrasing] = ("blind" if split == "test" else "unseen", "train")
    for phrasing in words:
        same = random.Random(rng.random())
        if said := dialogues.regen(history, target, same, phrasing):
            yield said, phrasing
        yield dialogues.chat(history, target, same, phrasing), phrasing
