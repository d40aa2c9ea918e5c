"""What is to be written onto a history: one task for each text, in an order that depends on nothing but the data."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from convrec.catalog import Catalog
from convrec.errors import ConfigError

Kind = Literal["critique", "purchase_reason", "endorsement", "endorsement_long", "user_summary"]
NARRATIVES: tuple[Kind, ...] = ("purchase_reason", "endorsement", "endorsement_long", "user_summary")
SUMMED_UP = 3  # purchases before there is anything to sum up


@dataclass(frozen=True, slots=True)
class Task:
    """One text about the item at `position` of a user's history; rows of the catalogue.

    `history` is what was bought BEFORE that position, oldest first; the last of it is what a critique steers away from.
    `review` is what the user wrote of the item itself, and may be told by a purchase reason only.
    """

    user_id: str
    position: int
    kind: Kind
    target: int
    history: tuple[int, ...]
    review: str = ""


@dataclass(frozen=True)
class Plan:
    """Which tasks a run has. `level` is how many category levels a pair must share; None: all but the last.

    `shares` is the share of positions that get each narrative (1.0: all).
    """

    level: int | None
    shares: Mapping[Kind, float]
    seed: int

    def __post_init__(self) -> None:
        if self.level is not None and self.level < 1:
            raise ConfigError(f"a pair cannot share {self.level} category levels; give 1 or more")

    def tasks(
        self, catalog: Catalog, user_id: str, rows: Sequence[int], reviews: Sequence[str | None] = ()
    ) -> Iterator[Task]:
        """The tasks of one user, `rows` oldest first, in order of position and kind."""
        rng = random.Random(f"{self.seed}:{user_id}:tasks")
        for position in range(1, len(rows)):
            target, history = rows[position], tuple(rows[:position])
            review = (reviews[position] if position < len(reviews) else "") or ""
            if alike(catalog, rows[position - 1], target, self.level):
                yield Task(user_id, position, "critique", target, history)
            for kind in NARRATIVES:
                wanted = rng.random() < self.shares.get(kind, 0.0)
                if wanted and (kind != "user_summary" or position >= SUMMED_UP):
                    told = review if kind == "purchase_reason" else ""
                    yield Task(user_id, position, kind, target, history, told)


def alike(catalog: Catalog, one: int, other: int, level: int | None) -> bool:
    """Whether two items share their first `level` category names (None: all but the last one of each)."""
    mine, theirs = catalog[one].categories, catalog[other].categories
    if one == other or not mine or not theirs:
        return False
    if level is None:
        return (mine[:-1] or mine) == (theirs[:-1] or theirs)
    return min(len(mine), len(theirs)) >= level and mine[:level] == theirs[:level]


def coverage(catalog: Catalog, sequences: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """The share of adjacent pairs that share their first 1, 2, … category levels, and all but the last."""
    pairs = Counter((a, b) for rows in sequences.values() for a, b in pairwise(rows))
    total = sum(pairs.values())
    deepest = max((len(item.categories) for item in catalog.items), default=0)
    levels: list[int | None] = [*range(1, deepest + 1), None]
    return {
        "all but the last" if level is None else f"level {level}": (
            sum(n for (a, b), n in pairs.items() if alike(catalog, a, b, level)) / max(total, 1)
        )
        for level in levels
    }
