"""The steering protocol: who is asked, what is hidden, what the masks forbid, and what the oracle knows."""

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from small_model import small_model

from convrec.conversation import Act, Reading
from convrec.datasets import Dataset
from convrec.errors import DataError
from convrec.evaluate.steering import Question, evaluate_steering, questions, steering_ranks, violations
from convrec.generate.engine import Engine
from convrec.generate.request import Event, Request
from convrec.language.reader import Reader, Situation
from convrec.train.examples import held_out_users


class Deaf(Reader):
    """Hears that something is wanted, never what."""

    def read(self, text: str, situation: Situation = Situation()) -> Reading:  # noqa: B008 (a plain value)
        return Reading(Act.RECOMMEND)


class Careless(Engine):
    """Serves what it likes best, allowed or not."""

    def generate(self, requests: Sequence[Request]) -> Generator[Event]:
        return super().generate([replace(r, allowed=np.ones_like(r.allowed)) for r in requests])


def with_every(dataset: Dataset, **columns: str) -> Dataset:
    """The same dataset with these columns of every message set to one text."""
    values = [pl.lit(text).alias(name) for name, text in columns.items()]
    return replace(dataset, dialogues=dataset.dialogues.with_columns(values))


def test_only_test_messages_in_blind_wording_are_asked(dataset: Dataset, asked: list[Question]) -> None:
    rows = dataset.dialogues.filter((pl.col("split") == "test") & (pl.col("phrasing") == "blind"))
    assert sorted(q.dialogue.path.turns[-1].text for q in asked) == sorted(rows["text"].to_list())
    assert len(asked) > 10
    held, sequences = held_out_users(dataset), dataset.sequences()
    for question in asked:
        assert question.dialogue.user_id in held
        assert [*question.state.history, question.dialogue.target] == sequences[question.dialogue.user_id]


def test_other_phrasings_can_be_asked_of_the_same_users(
    dataset: Dataset, reader: Reader, asked: list[Question]
) -> None:
    known = questions(dataset, reader, "train")
    assert {q.dialogue.user_id for q in known} == {q.dialogue.user_id for q in asked}
    assert {q.dialogue.phrasing for q in known} == {"train"}


def test_a_dataset_without_test_dialogues_is_said_plainly(bought: Dataset, reader: Reader) -> None:
    with pytest.raises(DataError, match="hold-out"):
        questions(bought, reader)


def test_without_hides_what_was_said_and_nothing_else(
    engine: Engine, dataset: Dataset, reader: Reader, asked: list[Question]
) -> None:
    before = steering_ranks(engine, dataset, asked)
    others = questions(with_every(dataset, text="something in red"), reader)
    after = steering_ranks(engine, dataset, others)
    np.testing.assert_array_equal(after["without"], before["without"])
    assert (after["masks_off"] != before["masks_off"]).any(), "what was said is heard"
    unread = steering_ranks(engine, dataset, questions(dataset, Deaf(dataset.catalog)))
    np.testing.assert_array_equal(unread["without"], before["without"])
    for found in (after, unread):
        np.testing.assert_array_equal(found["history"], before["history"])


def test_masks_come_from_what_was_read(engine: Engine, dataset: Dataset, asked: list[Question]) -> None:
    ranks = steering_ranks(engine, dataset, asked)
    assert any(q.state.hard for q in asked)
    assert (ranks["with"] != ranks["masks_off"]).any()
    unread = steering_ranks(engine, dataset, questions(dataset, Deaf(dataset.catalog)))
    np.testing.assert_array_equal(unread["with"], unread["masks_off"])


def test_the_oracle_knows_the_true_reading_and_not_what_was_read(
    engine: Engine, dataset: Dataset, reader: Reader, asked: list[Question]
) -> None:
    ranks = steering_ranks(engine, dataset, asked)
    unread = steering_ranks(engine, dataset, questions(dataset, Deaf(dataset.catalog)))
    np.testing.assert_array_equal(unread["oracle"], ranks["oracle"])
    blind = steering_ranks(engine, dataset, questions(with_every(dataset, constraints="[]"), reader))
    np.testing.assert_array_equal(blind["with"], ranks["with"])
    assert (ranks["oracle"] <= blind["oracle"]).all(), "every wish is true of the target"
    assert (ranks["oracle"] < blind["oracle"]).any()


def test_nothing_forbidden_is_served_and_the_count_would_see_it(
    engine: Engine, dataset: Dataset, asked: list[Question]
) -> None:
    assert violations(engine, dataset, asked) == {"violations": 0, "forbidden": 0}
    found = violations(Careless(*small_model(catalog=dataset.catalog)), dataset, asked)
    assert found["violations"] > 0
    assert found["forbidden"] > 0


def test_figures_stand_side_by_side(engine: Engine, dataset: Dataset, reader: Reader, asked: list[Question]) -> None:
    groups = evaluate_steering([engine], dataset, reader)
    assert groups["bought"]["questions"] == sum(len(q.dialogue.path.turns) == 1 for q in asked)
    assert groups["bought"]["questions"] + groups["shown"]["questions"] == len(asked)
    figures = groups["all"]
    assert figures["questions"] == len(asked)
    assert figures["lift"] == pytest.approx(figures["recall_at_10_with"] / figures["recall_at_10_without"])
    assert figures["lift_low"] <= figures["lift"] <= figures["lift_high"]
    assert figures["lift_masks_off_low"] <= figures["lift_masks_off"] <= figures["lift_masks_off_high"]
    for arm in ("history", "without", "without_masked", "masks_off", "with", "oracle"):
        assert 0 <= figures[f"mrr_at_10_{arm}"] <= figures[f"ndcg_at_10_{arm}"] <= figures[f"recall_at_10_{arm}"]
        assert figures[f"recall_at_1_{arm}"] == figures[f"mrr_at_1_{arm}"] == figures[f"ndcg_at_1_{arm}"]
    gain = figures["recall_at_10_oracle"] - figures["recall_at_10_without"]
    assert figures["oracle_share"] * gain == pytest.approx(
        figures["recall_at_10_with"] - figures["recall_at_10_without"]
    )
