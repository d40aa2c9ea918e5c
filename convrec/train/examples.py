"""Training examples: histories, conversations and narratives as symbols with the symbol each position must predict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convrec.conversation import Constraint, Path, PathTurn
from convrec.datasets import Dataset
from convrec.errors import DataError
from convrec.language.facts import Context
from convrec.model.prompt import MAX_HISTORY, Prompt, Renderer, heard_matrix

NOTHING = -1  # the target of a position that carries no loss (arXiv 2509.03746: history items carry none)


@dataclass(frozen=True, slots=True)
class Example:
    """`symbols` (length,), `targets` (length,) with NOTHING where no loss is, `heard` (heard, TEXT_WIDTH) fp16."""

    symbols: NDArray[np.int32]
    targets: NDArray[np.int32]
    heard: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.symbols)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One message of one conversation with what followed: a row of dialogues.parquet over catalogue rows."""

    user_id: str
    path: Path
    refused: tuple[int, ...]
    target: int
    narrative: str
    phrasing: str
    split: str
    critique: bool = True  # whether the message says anything of what is wanted: "surprise me" does not

    @property
    def context(self) -> Context:
        turn = self.path.turns[-1]
        return Context(self.path.history, turn.constraints, turn.reference)


def held_out_users(dataset: Dataset) -> frozenset[str]:
    """Users whose dialogues are for validation or test: nothing of theirs is trained on."""
    frame = dataset.dialogues.filter(dataset.dialogues["split"] != "train")
    return frozenset(frame["user_id"].unique().to_list())


def dialogues(dataset: Dataset, histories: Mapping[str, Sequence[int]]) -> Iterator[Dialogue]:
    """Every row of dialogues.parquet with its path: earlier messages of the same dialogue are its past turns.

    Raises DataError where steps of a dialogue are missing or a position lies outside the history.
    """
    row = dataset.catalog.row
    past: dict[str, tuple[PathTurn, ...]] = {}
    for entry in dataset.dialogues.sort("dialogue_id", "step", maintain_order=True).iter_rows(named=True):
        name, position = entry["dialogue_id"], entry["position"]
        before = past.get(name, ())
        history = tuple(histories[entry["user_id"]][:position])
        if len(before) != entry["step"] or len(history) != position:
            raise DataError(f"dialogues.parquet: dialogue {name} has no step {len(before)} or no position {position}")
        reference = entry["reference_item_id"]
        refused = tuple(row(item_id) for item_id in entry["refused"])
        if before and reference is not None:
            before = (*before[:-1], _shown(before[-1], row(reference)))
        turn = PathTurn(
            entry["text"],
            tuple(Constraint.from_dict(c) for c in json.loads(entry["constraints"])),
            None if reference is None else row(reference),
        )
        path = Path(history, (*before, turn))
        past[name] = path.turns
        yield Dialogue(
            entry["user_id"], path, refused, row(entry["target_item_id"]), entry["narrative"] or "",
            entry["phrasing"], entry["split"], _asks(json.loads(entry["reading"])),
        )  # fmt: skip


def _asks(reading: Mapping[str, Any]) -> bool:
    return bool(reading.get("constraints") or reading.get("wishes"))


def _shown(turn: PathTurn, row: int) -> PathTurn:
    return PathTurn(turn.text, turn.constraints, turn.reference, (row,))


def sequence(renderer: Renderer, rows: Sequence[int]) -> Example:
    """A history in which every item after the first position is predicted from what came before it."""
    prompt = renderer.history(rows)
    targets = [*prompt.symbols[1:], NOTHING]
    return _example(prompt, targets)


def conversation(renderer: Renderer, dialogue: Dialogue, *, heard: bool, read: bool, words: bool) -> Example:
    """Prompt → item, and with `words` item and facts → narrative.

    `heard=False` empties the message, `read=False` leaves out what the reader understood of it: without such examples
    a turn without a critique, or one that the reader does not understand, is out of distribution. The facts know what
    was asked all the same: the words must follow them and nothing else.
    """
    said = dialogue.path.turns[-1]
    last = PathTurn(said.text if heard else "", said.constraints if read else (), said.reference)
    prompt = renderer.path(Path(dialogue.path.history, (*dialogue.path.turns[:-1], last)))
    targets = [NOTHING] * len(prompt.symbols)
    targets[-1] = renderer.symbols.item(dialogue.target)
    if words and dialogue.narrative:
        context = Context(dialogue.context.history, said.constraints, said.reference)
        _append_words(renderer, prompt, targets, dialogue.target, context, "reply", dialogue.narrative)
    return _example(prompt, targets)


def narrative(renderer: Renderer, history: Sequence[int], target: int, kind: str, marked: str) -> Example:
    """A narrative of turns.parquet: about the item that followed the history."""
    prompt = renderer.path(Path(tuple(history)))
    targets = [NOTHING] * len(prompt.symbols)
    targets[-1] = renderer.symbols.item(target)
    _append_words(renderer, prompt, targets, target, Context(tuple(history)), kind, marked)
    return _example(prompt, targets)


def description(renderer: Renderer, text: str, row: int) -> Example:
    """An item's own words as a message of somebody who bought nothing yet → the item."""
    prompt = renderer.path(Path((), (PathTurn(text),)))
    targets = [NOTHING] * len(prompt.symbols)
    targets[-1] = renderer.symbols.item(row)
    return _example(prompt, targets)


def narratives(
    dataset: Dataset, histories: Mapping[str, Sequence[int]]
) -> Iterator[tuple[tuple[int, ...], int, str, str]]:
    """(history, target row, kind, marked text) of the chosen training narratives in turns.parquet.

    Narratives about the last two items of a history are left out: those are what validation and test ask for.

    Summaries are left out: they count and sum over the history, which code does and a small model only imitates.
    """
    turns = dataset.turns
    spoken = turns["kind"].is_in(["purchase_reason", "endorsement"])
    frame = turns.filter((turns["split"] == "train") & spoken & turns["chosen"])
    for entry in frame.iter_rows(named=True):
        bought = histories[entry["user_id"]]
        if entry["position"] >= len(bought) - 2:
            continue
        history = tuple(bought[: entry["position"]])
        yield history, dataset.catalog.row(entry["target_item_id"]), entry["kind"], entry["text"]


def windows(rows: Sequence[int], rng: np.random.Generator, item_dropout: float = 0.0) -> Sequence[int]:
    """At most MAX_HISTORY + 1 items of a history, from anywhere in a longer one, each left out with the chance
    `item_dropout` (but never so many that nothing is left to predict)."""
    if item_dropout:
        kept = [row for row, draw in zip(rows, rng.random(len(rows)), strict=True) if draw >= item_dropout]
        rows = kept if len(kept) > 1 else rows
    if len(rows) <= MAX_HISTORY + 1:
        return rows
    start = int(rng.integers(0, len(rows) - MAX_HISTORY))
    return rows[start : start + MAX_HISTORY + 1]


def batches(sizes: Sequence[int], tokens: int, rng: np.random.Generator, bucket: int = 512) -> list[list[int]]:
    """Indices in random order, put into batches of like length of at most `tokens` symbols, padding included."""
    order = rng.permutation(len(sizes))
    out: list[list[int]] = []
    for start in range(0, len(order), bucket):
        batch: list[int] = []
        for index in sorted(order[start : start + bucket], key=lambda i: sizes[i]):
            if batch and sizes[index] * (len(batch) + 1) > tokens:
                out.append(batch)
                batch = []
            batch.append(int(index))
        if batch:
            out.append(batch)
    return [out[i] for i in rng.permutation(len(out))]


def _append_words(
    renderer: Renderer, prompt: Prompt, targets: list[int], row: int, context: Context, kind: str, marked: str
) -> None:
    opening = renderer.item(row, context, kind)
    prompt.join(opening)
    words = renderer.words(marked, row, context)
    targets.extend([NOTHING] * len(opening.symbols))
    targets[-1] = words[0]
    prompt.add(*words[:-1])
    targets.extend(words[1:])


def _example(prompt: Prompt, targets: Sequence[int]) -> Example:
    return Example(
        np.array(prompt.symbols, dtype=np.int32),
        np.array(targets, dtype=np.int32),
        heard_matrix(prompt).astype(np.float16),
    )
