"""`convrec regen rate`: a language model judges texts by the rubric of prompts/rate/, beside the rule-based checks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from convrec.datasets import Dataset
from convrec.errors import DataError, Unanswered
from convrec.regen.answers_kept import KeptAnswers, key_of
from convrec.regen.ask import object_in, rating
from convrec.regen.backends import Backend
from convrec.regen.gates import Gates
from convrec.regen.tasks import Kind, Task

MAX_TOKENS = 60


@dataclass(frozen=True, slots=True)
class Rating:
    """`faithful` as the rater says, `passes` as the gates say; `relevant` and `natural` from 1 to 5."""

    kind: str
    faithful: bool
    passes: bool
    relevant: float
    natural: float


def sample(dataset: Dataset, count: int, seed: int) -> list[tuple[Task, str]]:
    """`count` of the chosen texts with what they were written from. Raises DataError where there are none."""
    turns = dataset.turns.filter(pl.col("chosen"))
    if not len(turns):
        raise DataError("the dataset has no turns to rate; write some with `convrec regen run`")
    drawn = turns.sample(min(count, len(turns)), seed=seed, shuffle=True)
    sequences, reviews = dataset.sequences(), dataset.reviews()
    found = []
    for turn in drawn.iter_rows(named=True):
        rows, position, kind = sequences[turn["user_id"]], turn["position"], turn["kind"]
        review = (reviews[turn["user_id"]][position] or "") if kind == "purchase_reason" else ""
        target = dataset.catalog.row(turn["target_item_id"])
        found.append((Task(turn["user_id"], position, kind, target, tuple(rows[:position]), review), turn["text"]))
    return found


async def rate(
    dataset: Dataset, texts: Sequence[tuple[Task, str]], backend: Backend, gates: Gates, kept: KeptAnswers,
    *, concurrency: int = 8, progress: Callable[[], None] = lambda: None,
) -> list[Rating]:  # fmt: skip
    """A rating of each text that the backend gives one for; answers are kept, and not asked for again."""
    slots = asyncio.Semaphore(concurrency)

    async def one(task: Task, text: str) -> Rating | None:
        asked = rating(dataset.catalog, task, text)
        key = key_of("rate", backend.model, [(m.role, m.text) for m in asked])
        async with slots:
            answer = kept.find(key)
            if answer is None:
                kept.asking(key)
                try:
                    answer = await backend.complete(asked, max_tokens=MAX_TOKENS, seed=0)
                except Unanswered:
                    return None
                kept.keep(key, answer)
        progress()
        return _rating(task.kind, object_in(answer.text), gates.refusal(task, text) is None)

    found = await asyncio.gather(*(one(task, text) for task, text in texts))
    return [rated for rated in found if rated is not None]


def summary(ratings: Sequence[Rating], asked: int) -> dict[str, dict[str, float]]:
    """By kind of text and over all: the shares that are faithful and that pass, the means, and how far both agree.

    `kappa` is Cohen's: agreement beyond chance, 1 at most, 0 where there is nothing to disagree on.
    """
    kinds = sorted({r.kind for r in ratings})
    groups = {kind: [r for r in ratings if r.kind == kind] for kind in kinds} | {"all": list(ratings)}
    return {name: _figures(group) for name, group in groups.items() if group} | {
        "unrated": {"texts": float(asked - len(ratings))}
    }


def _figures(group: Sequence[Rating]) -> dict[str, float]:
    n = len(group)
    said, ruled = sum(r.faithful for r in group) / n, sum(r.passes for r in group) / n
    agreed = sum(r.faithful == r.passes for r in group) / n
    chance = said * ruled + (1 - said) * (1 - ruled)
    return {
        "texts": float(n),
        "faithful": said,
        "passes": ruled,
        "agreement": agreed,
        "kappa": (agreed - chance) / (1 - chance) if chance < 1 else 0.0,
        "relevant": sum(r.relevant for r in group) / n,
        "natural": sum(r.natural for r in group) / n,
    }


def _rating(kind: Kind, said: dict[str, object], passes: bool) -> Rating | None:
    """None for an answer that does not keep to the rubric."""
    faithful, relevant, natural = said.get("faithful"), said.get("relevant"), said.get("natural")
    scores = [s for s in (relevant, natural) if isinstance(s, int | float) and not isinstance(s, bool) and 1 <= s <= 5]
    if not isinstance(faithful, bool) or len(scores) != 2:
        return None
    return Rating(kind, faithful, passes, float(scores[0]), float(scores[1]))
