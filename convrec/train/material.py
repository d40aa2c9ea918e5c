"""What a run trains on and validates with, out of a dataset; every message of it encoded once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.datasets import Case, Dataset, leave_one_out
from convrec.errors import ConfigError
from convrec.language.encoder import SentenceEncoder
from convrec.language.facts import Context, facts_of, render, split
from convrec.model.phrases import Phrases
from convrec.model.prompt import Renderer
from convrec.train.descriptions import descriptions
from convrec.train.examples import Dialogue, dialogues, held_out_users, narratives
from convrec.train.recipe import Recipe

Floats = NDArray[np.float32]
VALIDATED = 1500  # cases at most per validation: the others are left to the evaluation


class Hearing:
    """The sentence encoder with every training message encoded once, in fp16."""

    def __init__(self, encoder: SentenceEncoder, texts: Iterable[str]) -> None:
        self._encoder = encoder
        distinct = sorted(set(texts))
        self._tokens = {
            text: tokens.astype(np.float16)
            for text, tokens in zip(distinct, encoder.tokens_batch(distinct), strict=True)
        }

    def vectors(self, texts: Sequence[str]) -> Floats:
        return self._encoder.vectors(texts)

    def tokens(self, text: str) -> Floats:
        found = self._tokens.get(text)
        return self._encoder.tokens(text) if found is None else found.astype(np.float32)


@dataclass(frozen=True)
class Material:
    """What is trained and validated on: nothing of a held-out user, nothing after a user's last but one item."""

    histories: list[list[int]]
    narratives: list[tuple[tuple[int, ...], int, str, str]]
    dialogues: list[Dialogue]
    validation: list[Case]
    validation_dialogues: list[Dialogue]
    descriptions: list[tuple[str, int]]


def hearing(encoder: SentenceEncoder, data: Material) -> Hearing:
    """The encoder that knows every message of these dialogues, and every description."""
    said = [turn.text for d in data.dialogues + data.validation_dialogues for turn in d.path.turns]
    return Hearing(encoder, said + [text for text, _ in data.descriptions])


def material(dataset: Dataset, recipe: Recipe) -> Material:
    """What the recipe may be trained and validated on: the last `hold_back` items of each history are left out, 2 for
    validation and test, 1 in a final run. Raises ConfigError where it validates on dialogues and there are none."""
    sequences = dataset.sequences()
    held = held_out_users(dataset)
    trained = {user: rows for user, rows in sequences.items() if user not in held}
    parts = leave_one_out(trained)
    kept = [rows[: -recipe.hold_back] if len(rows) > 2 else rows for rows in trained.values()]
    everything = list(dialogues(dataset, sequences))
    for_validation = [d for d in everything if d.split == "validation"]
    if not for_validation and any(phase.select == "conversations" for phase in recipe.phases):
        raise ConfigError(
            "the recipe chooses by conversations, but the dataset has none for validation; write some with "
            "`convrec regen write --hold-out 0.2`, or let the recipe select by histories"
        )
    return Material(
        histories=[rows for rows in kept if len(rows) > 1],
        narratives=list(narratives(dataset, sequences)),
        dialogues=[d for d in everything if d.split == "train"],
        validation=parts.validation[:: max(1, len(parts.validation) // VALIDATED)],
        validation_dialogues=for_validation[:VALIDATED],
        descriptions=descriptions(dataset.catalog) if _describes(recipe) else [],
    )


def _describes(recipe: Recipe) -> bool:
    return recipe.hears != "nothing" and any(phase.examples.descriptions for phase in recipe.phases)


def phrases(data: Material, renderer: Renderer) -> Phrases | None:
    """What the replies that are trained on say, and where there are none the other prose; None without either: nothing
    but replies is served, and "Wanted a lamp, so took this one" is no way to reply."""
    told = [(d.narrative, d.target, d.context) for d in data.dialogues if d.narrative]
    told = told or [(text, row, Context(history)) for history, row, _, text in data.narratives]
    texts = (renderer.words(*each) for each in told)
    return Phrases.of(renderer.symbols, renderer.tokenizer, texts) if told else None


def prose(data: Material, catalog: Catalog, fact_tokens: bool) -> Iterator[str]:
    """The prose that is trained on: between the fact tokens, or with the values in their places."""
    told = [(row, Context(history), text) for history, row, _, text in data.narratives]
    told += [(d.target, d.context, d.narrative) for d in data.dialogues]
    for row, context, text in told:
        if fact_tokens:
            yield from (piece for piece, is_fact in split(text) if not is_fact)
        else:
            yield render(text, facts_of(catalog, row, context))
