"""Critiqued pairs, REGEN's own question (arXiv 2503.11924): what was bought next on the same shelf, steered to by one
critique from what was bought before, at any place of the history of a test user (turns.parquet).

Dialogues ask about last purchases only (evaluate/steering.py); where a catalogue has few neighbours, few of those
follow one. The arms are the same, but there is no oracle: turns say nothing of what was meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from convrec.datasets import Dataset
from convrec.datasets.frames import DIALOGUES
from convrec.errors import DataError
from convrec.evaluate.histories import Recommender
from convrec.evaluate.steering import evaluate_steering
from convrec.language.reader import Reader


def evaluate_pairs(
    recommenders: Iterable[Recommender], dataset: Dataset, reader: Reader, *, last: bool = False
) -> dict[str, float]:
    """The figures of steering from what was bought, without the oracle's, over `pairs`, as the means over seeds of one
    recipe. Raises DataError as `pairs` does."""
    figures = evaluate_steering(recommenders, replace(dataset, dialogues=pairs(dataset, last=last)), reader)["bought"]
    return {name: value for name, value in figures.items() if "oracle" not in name}


def pairs(dataset: Dataset, *, last: bool = False) -> pl.DataFrame:
    """The critiques drawn for test users as dialogues of one message; with `last` those of last purchases alone, for a
    model that learnt from the others. Raises DataError where there are none."""
    sequences = dataset.sequences()
    drawn = dataset.turns.filter((pl.col("split") == "test") & (pl.col("kind") == "critique") & pl.col("chosen"))
    rows = []
    for turn in drawn.sort("user_id", "position").iter_rows(named=True):
        bought, position = sequences[turn["user_id"]], turn["position"]
        if last and position + 1 < len(bought):
            continue
        rows.append(
            {
                "dialogue_id": f"{turn['user_id']}-{position}",
                "user_id": turn["user_id"],
                "position": position,
                "step": 0,
                "reference_item_id": dataset.catalog[bought[position - 1]].item_id,
                "refused": [],
                "text": turn["text"],
                "reading": "{}",
                "constraints": "[]",
                "target_item_id": turn["target_item_id"],
                "narrative": "",
                "phrasing": "blind",
                "split": "test",
            }
        )
    if not rows:
        raise DataError(
            "turns.parquet holds no critiques of test users; write them with `convrec regen write --hold-out 0.2` and "
            "train on that folder"
        )
    return pl.DataFrame(rows, schema=DIALOGUES)
