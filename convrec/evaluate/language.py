"""What the model writes before anyone checks it: marked narratives for test messages, for the claim counts."""

from __future__ import annotations

from collections.abc import Sequence

from convrec.catalog import Catalog
from convrec.evaluate.steering import Question
from convrec.generate.engine import Engine
from convrec.generate.request import Chosen, Request, Sampling, Token
from convrec.language.facts import Context

BATCH = 8


def write_narratives(engine: Engine, asked: Sequence[Question], *, seed: int = 0) -> list[tuple[str, int, Context]]:
    """(marked narrative, row, context) of the item served to each question, at the temperature that is served."""
    written: list[tuple[str, int, Context]] = []
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        rows: dict[int, int] = {}
        texts = [""] * len(batch)
        for event in engine.generate([_request(q, engine.catalog, seed + start + i) for i, q in enumerate(batch)]):
            if isinstance(event, Chosen):
                rows[event.request] = event.rows[0]
            elif isinstance(event, Token):
                texts[event.request] += event.text
        for i, question in enumerate(batch):
            state = question.state
            written.append((texts[i], rows[i], Context(state.history, state.constraints, state.reference)))
    return written


def _request(question: Question, catalog: Catalog, seed: int) -> Request:
    allowed = catalog.mask(question.state.hard)
    allowed[question.gone] = False
    if not allowed.any():
        allowed = catalog.mask()
        allowed[question.gone] = False
    return Request(question.state.path, allowed, sampling=Sampling(seed=seed))
