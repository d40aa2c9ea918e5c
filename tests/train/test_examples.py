"""Examples: what is supervised, what is never looked at, and batches of them."""

from dataclasses import replace

import numpy as np
import pytest
from small_model import round_trips, small_model

from convrec.datasets import Dataset
from convrec.language.facts import Context
from convrec.model.phrases import Phrases
from convrec.regen.annotate import annotate
from convrec.train.examples import NOTHING, batches, conversation, dialogues, held_out_users, sequence
from convrec.train.material import Material, material, phrases
from convrec.train.recipe import Recipe

PHASE = {"name": "all", "epochs": 1, "learning_rate": 0.01, "examples": {"histories": 1, "narratives": 1}}
RECIPE = Recipe.model_validate({"phases": [PHASE]})


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return annotate(round_trips(), 0, hold_out=0.4)


def test_nothing_of_held_out_users_and_no_last_item_is_trained_on(dataset: Dataset) -> None:
    held = held_out_users(dataset)
    assert held
    data = material(dataset, RECIPE)
    sequences = dataset.sequences()
    kept = sorted(tuple(rows[:-2]) for user, rows in sequences.items() if user not in held)
    assert sorted(map(tuple, data.histories)) == kept
    assert not {d.user_id for d in data.dialogues} & held
    assert data.narratives
    assert all(len(history) < 8 - 2 for history, _, _, _ in data.narratives), "everyone bought 8 things"
    for d in data.dialogues:
        assert len(d.path.history) < len(sequences[d.user_id]) - 2, "the last two items are targets of the evaluation"


def test_the_target_is_nowhere_in_its_prompt(dataset: Dataset) -> None:
    _, renderer = small_model(catalog=dataset.catalog)
    seen = 0
    for dialogue in dialogues(dataset, dataset.sequences()):
        example = conversation(renderer, dialogue, heard=True, read=True, words=True)
        (place,) = np.flatnonzero(example.targets >= renderer.symbols.items)
        target = example.targets[place]
        if dialogue.target not in dialogue.path.history:
            assert target not in example.symbols[: place + 1]
        assert example.symbols[place] == renderer.symbols.control("item")
        assert (example.targets[:place] == NOTHING).all()
        seen += 1
    assert seen > 50


def test_a_model_says_what_replies_say_and_other_prose_only_where_there_are_none(dataset: Dataset) -> None:
    _, renderer = small_model(catalog=dataset.catalog)
    data = material(dataset, RECIPE)

    def read(told: Material, text: str, row: int, context: Context) -> bool:
        found = phrases(told, renderer)
        assert found is not None
        extended = Phrases.of(renderer.symbols, renderer.tokenizer, [renderer.words(text, row, context)])
        return {tuple(row) for row in extended.read.tolist()} <= {tuple(row) for row in found.read.tolist()}

    reply = data.dialogues[0]
    history, row, _, reason = next(n for n in data.narratives if n[2] == "purchase_reason")
    silent = replace(data, dialogues=[])
    assert read(data, reply.narrative, reply.target, reply.context)
    assert not read(data, reason, row, Context(history))
    assert read(silent, reason, row, Context(history))
    assert phrases(replace(silent, narratives=[]), renderer) is None


def test_sequences_supervise_every_item_and_only_items() -> None:
    _, renderer = small_model()
    example = sequence(renderer, [5, 9, 2])
    assert example.targets.tolist() == [renderer.symbols.item(r) for r in (5, 9, 2)] + [NOTHING]


def test_batches_hold_every_example_once_within_their_size() -> None:
    sizes = np.random.default_rng(0).integers(1, 90, 700).tolist()
    plan = batches(sizes, 256, np.random.default_rng(1), bucket=100)
    assert sorted(i for batch in plan for i in batch) == list(range(700))
    assert all(max(sizes[i] for i in batch) * len(batch) <= 256 for batch in plan)
