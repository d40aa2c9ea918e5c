"""`convrec regen run`: tasks through an annotator and the gates into a new dataset folder; stopped, it goes on.

Users go through in order, `concurrency` texts at a time and few waiting, so that memory does not grow with the number
of histories. Answers are kept as they come (answers_kept.py); the folder itself appears whole or not at all.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from convrec.datasets import Dataset
from convrec.datasets.atomic import new_folder
from convrec.datasets.folder import write_tables
from convrec.datasets.frames import TURNS
from convrec.errors import BudgetSpent, ConfigError, Unanswered
from convrec.regen.annotate import portion
from convrec.regen.annotators import Annotator, Written
from convrec.regen.gates import Gates, Refusal
from convrec.regen.tasks import Plan, Task

GIVEN_UP = 10  # texts in a row without any answer: the backend is gone
AT_ONCE = 5000  # rows written together

Row = dict[str, Any]
Progress = Callable[["Counts"], None]


@dataclass
class Counts:
    """What became of a run: `tasks` of it and `done`; texts `written` by kind; attempts `rewritten`; tasks `dropped`
    and single texts `refused`, by rule of gates.py; `tokens` paid for now."""

    tasks: int = 0
    done: int = 0
    tokens: int = 0
    rewritten: int = 0
    written: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Run:
    """One run over a dataset; `budget` in tokens (0: none), `hold_out` the share of users for validation and test."""

    annotator: Annotator
    gates: Gates
    plan: Plan
    concurrency: int = 8
    budget: int = 0
    hold_out: float = 0.0

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ConfigError("--concurrency must be at least 1")

    async def write(self, dataset: Dataset, out: Path, progress: Progress, *, overwrite: bool = False) -> Counts:
        """Writes the dataset with its turns to `out`.

        Raises BudgetSpent, Unanswered where the backend is gone, and DataError where `out` cannot be written.
        """
        counts = Counts(tasks=sum(1 for _ in self._tasks(dataset)))
        with new_folder(out, overwrite=overwrite) as partial:
            write_tables(replace(dataset, turns=TURNS.to_frame()), partial)
            with pq.ParquetWriter(partial / "turns.parquet", TURNS.to_frame().to_arrow().schema) as table:
                rows: list[Row] = []
                async for found in self._results(dataset, counts, progress):
                    rows += found
                    if len(rows) >= AT_ONCE:
                        table.write_table(pl.DataFrame(rows, schema=TURNS).to_arrow())
                        rows = []
                table.write_table(pl.DataFrame(rows, schema=TURNS).to_arrow())
        return counts

    def _tasks(self, dataset: Dataset) -> Iterator[Task]:
        catalog = dataset.catalog
        for user, rows, reviews in histories(dataset):
            yield from self.plan.tasks(catalog, user, rows, reviews)

    async def _results(self, dataset: Dataset, counts: Counts, progress: Progress) -> AsyncIterator[list[Row]]:
        """The rows of each task, in the order of the tasks; at most `concurrency` are being written at any time."""
        slots = asyncio.Semaphore(self.concurrency)
        waiting: deque[asyncio.Task[list[Row]]] = deque()
        silent = 0

        async def one(task: Task) -> list[Row]:
            nonlocal silent
            try:
                found = await self._text(task, counts)
                silent = 0
            except Unanswered as error:
                silent += 1
                if silent >= GIVEN_UP:
                    raise Unanswered(f"{error}; run the same command again, what was answered is kept") from error
                counts.dropped["no answer"] += 1
                found = []
            finally:
                slots.release()
            counts.done += 1
            progress(counts)
            return found

        try:
            for task in self._tasks(dataset):
                await slots.acquire()
                for ended in waiting:
                    if ended.done():
                        ended.result()  # a refusal stops the run now, not when its turn comes: nothing more is asked
                if self.budget and counts.tokens >= self.budget:
                    await asyncio.gather(*waiting, return_exceptions=True)  # what is in flight is paid for: it is kept
                    raise BudgetSpent(
                        f"{counts.tokens:,} tokens are spent and {counts.done:,} of {counts.tasks:,} texts done; "
                        "what was answered is kept, run again to go on"
                    )
                waiting.append(asyncio.create_task(one(task)))
                while waiting and (waiting[0].done() or len(waiting) > 4 * self.concurrency):
                    yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for left in waiting:
                left.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _text(self, task: Task, counts: Counts) -> list[Row]:
        complaints: tuple[str, ...] = ()
        refusals: list[Refusal] = []
        for attempt in range(self.annotator.tries):
            written: Written = await self.annotator.write(task, attempt, complaints)
            counts.tokens += written.tokens
            counts.rewritten += attempt > 0
            passed: list[str] = []
            refusals = [] if written.texts else [Refusal("no text", "the answer holds no text")]
            for text in dict.fromkeys(written.texts):
                if refusal := self.gates.refusal(task, text):
                    refusals.append(refusal)
                else:
                    passed.append(text)
            counts.refused.update(refusal.rule for refusal in refusals)
            if passed:
                return self._rows(task, passed, counts)
            complaints = tuple(dict.fromkeys(refusal.why for refusal in refusals))[:3]
        counts.dropped[refusals[0].rule] += 1
        return []

    def _rows(self, task: Task, texts: list[str], counts: Counts) -> list[Row]:
        chosen = random.Random(f"{self.plan.seed}:{task.user_id}:{task.position}:drawn").randrange(len(texts))
        counts.written[task.kind] += len(texts)
        about = {
            "user_id": task.user_id, "position": task.position, "kind": task.kind,
            "target_item_id": self.gates.catalog[task.target].item_id, "annotator": self.annotator.name,
            "model": self.annotator.model, "seed": self.plan.seed, "prompt_sha": self.annotator.prompt_sha,
            "split": portion(task.user_id, self.plan.seed, self.hold_out),
        }  # fmt: skip
        return [{**about, "text": text, "chosen": number == chosen} for number, text in enumerate(texts)]


def histories(dataset: Dataset) -> Iterator[tuple[str, list[int], list[str | None]]]:
    """Each user with the rows bought and what they wrote of them, oldest first."""
    reviews = dataset.reviews()
    for user, rows in dataset.sequences().items():
        yield user, list(rows), reviews.get(user, [])
