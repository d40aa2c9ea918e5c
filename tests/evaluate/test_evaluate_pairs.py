"""Critiqued pairs: who is asked, that nothing names the target, and which figures come out."""

from dataclasses import replace

import polars as pl
import pytest

from convrec.datasets import Dataset
from convrec.errors import DataError
from convrec.evaluate.pairs import evaluate_pairs, pairs
from convrec.evaluate.steering import questions
from convrec.generate.engine import Engine
from convrec.language.reader import Reader
from convrec.train.examples import held_out_users


def test_pairs_are_the_drawn_critiques_of_test_users_wherever_they_stand(
    engine: Engine, dataset: Dataset, reader: Reader
) -> None:
    drawn = dataset.turns.filter((pl.col("split") == "test") & (pl.col("kind") == "critique") & pl.col("chosen"))
    found = pairs(dataset)
    assert len(found) == len(drawn) > 10
    held, sequences = held_out_users(dataset), dataset.sequences()
    for question in questions(replace(dataset, dialogues=found), reader):
        history, user = question.state.history, question.dialogue.user_id
        assert user in held
        assert [*history, question.dialogue.target] == sequences[user][: len(history) + 1]
        assert [turn.reference for turn in question.state.path.turns] == [history[-1]]
        prompt = engine.renderer.path(question.state.path).symbols
        wanted = engine.renderer.symbols.item(question.dialogue.target)
        assert question.dialogue.target in history or wanted not in prompt, "the target stands in no prompt"


def test_last_purchases_alone_can_be_asked_about(dataset: Dataset) -> None:
    ends = {user: len(rows) - 1 for user, rows in dataset.sequences().items()}
    everything, last = pairs(dataset), pairs(dataset, last=True)
    assert 0 < len(last) < len(everything)
    assert all(ends[row["user_id"]] == row["position"] for row in last.iter_rows(named=True))
    at_the_end = [ends[row["user_id"]] == row["position"] for row in everything.iter_rows(named=True)]
    assert sum(at_the_end) == len(last)


def test_figures_have_lifts_and_no_oracle(engine: Engine, dataset: Dataset, reader: Reader) -> None:
    figures = evaluate_pairs([engine], dataset, reader)
    assert figures["questions"] == len(pairs(dataset))
    assert figures["lift"] == pytest.approx(figures["recall_at_10_with"] / figures["recall_at_10_without"])
    assert figures["lift_masks_off_low"] <= figures["lift_masks_off"] <= figures["lift_masks_off_high"]
    assert not [name for name in figures if "oracle" in name]
    assert evaluate_pairs([engine, engine], dataset, reader) == pytest.approx(figures), "seeds count as their mean"


def test_without_critiques_of_test_users_there_is_nothing_to_ask(bought: Dataset) -> None:
    with pytest.raises(DataError, match="hold-out"):
        pairs(bought)
