"""What is trained on, chosen on and tested on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from convrec.errors import ConfigError, DataError


class Case(NamedTuple):
    """One question a recommender is asked: given `history` (catalogue rows, oldest first), which row comes next?"""

    user_id: str
    history: tuple[int, ...]
    target: int


class Split(NamedTuple):
    """`train` is user → rows, oldest first; no case's target is in its own user's training rows at that place."""

    train: dict[str, list[int]]
    validation: list[Case]
    test: list[Case]


def leave_one_out(sequences: Mapping[str, Sequence[int]]) -> Split:
    """The last item of each user is the test, the last but one validation; users with fewer than 3 items only train.

    The test history holds the validation item: it was bought before.
    """
    train: dict[str, list[int]] = {}
    validation: list[Case] = []
    test: list[Case] = []
    for user, rows in sequences.items():
        if len(rows) < 3:
            train[user] = list(rows)
            continue
        train[user] = list(rows[:-2])
        validation.append(Case(user, tuple(rows[:-2]), rows[-2]))
        test.append(Case(user, tuple(rows[:-1]), rows[-1]))
    return Split(train, validation, test)


def by_time(
    sequences: Mapping[str, Sequence[int]],
    timestamps: Mapping[str, Sequence[int]],
    *,
    validation: float = 0.1,
    test: float = 0.1,
) -> Split:
    """Everything after one moment is the test, after an earlier one validation: nothing is learnt from the future.

    `timestamps` holds one per item of each sequence, ascending (`Dataset.timestamps()`); `validation` and `test` are
    shares of all interactions; what happened in one second stays together. Every later item with a history is a case
    of its own. Raises ConfigError for shares
    that leave nothing to train on and DataError when sequences and timestamps differ.
    """
    if validation < 0 or test < 0 or validation + test >= 1:
        raise ConfigError(
            f"shares validation={validation} and test={test} leave nothing to train on; use e.g. 0.1 each"
        )
    if any(len(timestamps.get(user, ())) != len(rows) for user, rows in sequences.items()):
        raise DataError("by_time needs one timestamp for each item of each user; pass Dataset.timestamps()")
    every = sorted(time for user in sequences for time in timestamps[user])
    test_count, held_out = int(test * len(every)), int((validation + test) * len(every))
    start_test = every[-test_count] if test_count else math.inf
    start_validation = every[-held_out] if held_out else math.inf
    split = Split({}, [], [])
    for user, rows in sequences.items():
        past = [
            row for row, time in zip(rows, timestamps[user], strict=True) if time < min(start_validation, start_test)
        ]
        if past:
            split.train[user] = past
        for place in range(max(len(past), 1), len(rows)):
            cases = split.test if timestamps[user][place] >= start_test else split.validation
            cases.append(Case(user, tuple(rows[:place]), rows[place]))
    return split
