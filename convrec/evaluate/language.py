"""What the model writes before anyone checks it, for test messages, and every figure that says how it reads."""

from __future__ import annotations

from collections.abc import Sequence

from convrec.catalog import Catalog
from convrec.evaluate.claims import count_claims
from convrec.evaluate.histories import Recommender
from convrec.evaluate.steering import Question, preferring
from convrec.evaluate.texts import Encoder, Narrative, history_mentioned, overlap, variety
from convrec.generate.engine import Engine
from convrec.generate.request import Chosen, Request, Sampling, Token
from convrec.language.claims import ClaimChecker
from convrec.language.facts import Context, facts_of, render

BATCH = 8


def write_narratives(
    engine: Engine, asked: Sequence[Question], *, seed: int = 0, rows: Sequence[int] | None = None
) -> list[Narrative]:
    """(marked narrative, row, context) of the item served to each question, at the temperature that is served.

    `rows`: the items that something else picked (`picks`), which the engine then only writes about.
    """
    written: list[Narrative] = []
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        forced = [()] * len(batch) if rows is None else [(row,) for row in rows[start : start + BATCH]]
        requests = [
            Request(q.state.path, q.allowed(engine.catalog), forced=row, sampling=Sampling(seed=seed + start + i))
            for i, (q, row) in enumerate(zip(batch, forced, strict=True))
        ]
        shown: dict[int, int] = {}
        texts = [""] * len(batch)
        for event in engine.generate(requests):
            if isinstance(event, Chosen):
                shown[event.request] = event.rows[0]
            elif isinstance(event, Token):
                texts[event.request] += event.text
        for i, question in enumerate(batch):
            state = question.state
            written.append((texts[i], shown[i], Context(state.history, state.constraints, state.reference)))
    return written


def picks(recommender: Recommender, asked: Sequence[Question], catalog: Catalog) -> list[int]:
    """The row that a recommender serves to each question: the best of what is allowed."""
    scores = preferring(recommender.scores([question.state.path for question in asked]), asked, catalog)
    for question, row in zip(asked, scores, strict=True):
        row[~question.allowed(catalog)] = float("-inf")
    return [int(row) for row in scores.argmax(1)]


def language_figures(
    written: Sequence[Narrative], asked: Sequence[Question], checker: ClaimChecker, encoder: Encoder
) -> dict[str, float]:
    """Claims, variety, mention of what is owned, and overlap with the dataset's own narrative of the true target."""
    catalog = checker.catalog
    said = [render(text, facts_of(catalog, row, context)) for text, row, context in written]
    references = [render(q.dialogue.narrative, facts_of(catalog, q.dialogue.target, q.dialogue.context)) for q in asked]
    return (
        count_claims(checker, written)
        | variety([text for text, _, _ in written])
        | {"history_mentioned": history_mentioned(written, catalog)}
        | overlap(said, references, encoder)
    )
