"""Narratives for the claim counts: one for each question, about what is served, the same for the same seed."""

import pytest
from small_model import HashEncoder

from convrec.datasets import Dataset
from convrec.evaluate.language import BATCH, language_figures, picks, write_narratives
from convrec.evaluate.steering import Question
from convrec.generate.engine import Engine
from convrec.language.claims import ClaimChecker


def test_one_narrative_for_each_question_about_an_item_it_allows(
    engine: Engine, dataset: Dataset, asked: list[Question]
) -> None:
    some = asked[: BATCH + 2]
    assert len(some) > BATCH, "more than one batch"
    written = write_narratives(engine, some)
    assert len(written) == len(some)
    assert sum(bool(text) for text, _, _ in written) > len(some) / 2, "an untrained model may end at once"
    for (_, row, context), question in zip(written, some, strict=True):
        assert row not in question.gone
        assert context.history == question.state.history
        assert context.constraints == question.state.constraints
        assert context.reference == question.state.reference
        allowed = dataset.catalog.mask(question.state.hard)
        allowed[question.gone] = False
        assert allowed[row] or not allowed.any()


def test_the_same_seed_writes_the_same_and_another_does_not(engine: Engine, asked: list[Question]) -> None:
    first, again, other = (write_narratives(engine, asked[:3], seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert [text for text, _, _ in first] != [text for text, _, _ in other]
    assert [row for _, row, _ in first] == [row for _, row, _ in other], "items are not sampled"


def test_what_is_picked_is_what_is_served(engine: Engine, dataset: Dataset, asked: list[Question]) -> None:
    some = asked[: BATCH + 2]
    rows = picks(engine, some, dataset.catalog)
    assert rows == [row for _, row, _ in write_narratives(engine, some)]
    others = [(row + 1) % len(dataset.catalog) for row in rows]
    written = write_narratives(engine, some, rows=others)
    assert [row for _, row, _ in written] == others, "the engine writes of what it is told to"


def test_the_datasets_own_narratives_are_true_and_overlap_with_themselves(
    dataset: Dataset, asked: list[Question]
) -> None:
    told = [q for q in asked if q.dialogue.narrative]
    written = [(q.dialogue.narrative, q.dialogue.target, q.dialogue.context) for q in told]
    figures = language_figures(written, told, ClaimChecker(dataset.catalog), HashEncoder())
    assert (figures["bleu"], figures["rouge_l"], figures["similarity"]) == pytest.approx((100, 1, 1))
    assert figures["true_before"] == figures["true_after"] == figures["history_true_before"] == 1
    assert figures["contradicted_before"] == 0
    assert figures["narratives"] == len(told)
