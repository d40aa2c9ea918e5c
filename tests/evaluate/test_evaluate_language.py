"""Narratives for the claim counts: one for each question, about what is served, the same for the same seed."""

from convrec.datasets import Dataset
from convrec.evaluate.language import BATCH, write_narratives
from convrec.evaluate.steering import Question
from convrec.generate.engine import Engine


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
