"""What is in a dataset folder, in figures and one picture, and what is wrong with it beyond what reading checks."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convrec.conversation import Constraint, Reading
from convrec.datasets.folder import Dataset
from convrec.errors import DataError

PLOT = "describe.png"


@dataclass(frozen=True, slots=True)
class Description:
    """`lengths` are the shortest, median, mean and longest history; `missing` counts items without a field; `density`
    is the share of user-item pairs that occurred; `turns` counts texts by kind."""

    users: int
    items: int
    interactions: int
    lengths: tuple[int, float, float, int]
    density: float
    untouched: int  # items nobody has
    unavailable: int  # items out of stock or retired
    repeats: int  # interactions with an item the same user had before
    missing: Mapping[str, int]
    turns: Mapping[str, int]
    dialogues: int
    messages: int  # in dialogues

    def rows(self) -> list[tuple[str, str]]:
        """The figures as (name, value) for people."""
        shortest, median, mean, longest = self.lengths
        share = {name: f"{count:,} ({count / max(self.items, 1):.1%})" for name, count in self.missing.items()}
        return [
            ("users", f"{self.users:,}"),
            ("items", f"{self.items:,}, {self.untouched:,} without an interaction, {self.unavailable:,} not in stock"),
            ("interactions", f"{self.interactions:,}, {self.repeats:,} of them repeated purchases"),
            ("items per user", f"{shortest} to {longest}, median {median:g}, mean {mean:.2f}"),
            ("sparsity", f"{1 - self.density:.4%} of the user-item pairs never occurred"),
            *((f"items without {name}", value) for name, value in share.items()),
            *((f"turns: {kind}", f"{count:,}") for kind, count in self.turns.items()),
            ("dialogues", f"{self.dialogues:,} with {self.messages:,} messages"),
        ]


def describe(dataset: Dataset) -> Description:
    catalog, sequences = dataset.catalog, dataset.sequences()
    lengths = np.array([len(rows) for rows in sequences.values()] or [0])
    pairs = sum(len(set(rows)) for rows in sequences.values())
    fields = ("brand", "categories", "price", "description", "features", "attributes", "image")
    missing = {name: sum(getattr(item, name) in ("", (), {}, None) for item in catalog.items) for name in fields}
    return Description(
        users=len(sequences),
        items=len(catalog),
        interactions=len(dataset.interactions),
        lengths=(int(lengths.min()), float(np.median(lengths)), float(lengths.mean()), int(lengths.max())),
        density=pairs / max(len(sequences) * len(catalog), 1),
        untouched=len(catalog) - len({row for rows in sequences.values() for row in rows}),
        unavailable=len(catalog) - int(catalog.live.sum()),
        repeats=int(lengths.sum()) - pairs,
        missing=missing,
        turns=dict(sorted(Counter(dataset.turns["kind"].to_list()).items())),
        dialogues=dataset.dialogues["dialogue_id"].n_unique(),
        messages=len(dataset.dialogues),
    )


def plot(dataset: Dataset, folder: str | Path) -> Path:
    """Draws history lengths, popularity, prices and categories into the folder. Raises DataError if it cannot."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    catalog, sequences = dataset.catalog, dataset.sequences()
    lengths = [len(rows) for rows in sequences.values()]
    counts = Counter(row for rows in sequences.values() for row in rows)
    prices = [item.price for item in catalog.items if item.price is not None]
    leaves = Counter(item.leaf for item in catalog.items if item.leaf).most_common(12)[::-1]
    figure, ((top_left, top_right), (low_left, low_right)) = pyplot.subplots(
        2, 2, figsize=(11, 8), layout="constrained"
    )
    top_left.hist(np.minimum(lengths, 50), bins=range(1, 52))
    top_left.set(title="Items per user", xlabel="items (50: 50 or more)", ylabel="users")
    if counts:
        top_right.loglog(range(1, len(counts) + 1), sorted(counts.values(), reverse=True))
    top_right.set(title="Popularity", xlabel="rank of the item", ylabel="interactions")
    if prices:
        low_left.hist(prices, bins=np.geomspace(min(prices), max(prices) + 0.01, 40))
        low_left.set(xscale="log")
    low_left.set(title=f"Prices ({len(prices):,} of {len(catalog):,} items have one)", xlabel="US$", ylabel="items")
    low_right.barh([name[:32] for name, _ in leaves], [count for _, count in leaves])
    low_right.set(title="Most frequent narrowest categories", xlabel="items")
    path = Path(folder) / PLOT
    partial = path.with_name(f".{PLOT}.{os.getpid()}")
    try:
        figure.savefig(partial, format="png", dpi=100)
        partial.replace(path)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        pyplot.close(figure)
        partial.unlink(missing_ok=True)
    return path


def problems(dataset: Dataset) -> list[str]:
    """What does not hold although the folder can be read; empty when all is well.

    Positions beyond a user's history, gold readings that are no readings, dialogues whose target was refused before.
    """
    found: list[str] = []
    lengths = {user: len(rows) for user, rows in dataset.sequences().items()}
    if not lengths:
        found.append("interactions: there are none")
    for table in ("turns", "dialogues"):
        users, positions = getattr(dataset, table)["user_id"], getattr(dataset, table)["position"]
        for row, (user, position) in enumerate(zip(users, positions, strict=True)):
            if not 0 <= position <= lengths[user]:
                found.append(f"{table}: row {row}: position {position}, but user {user!r} has {lengths[user]} items")
    for row, message in enumerate(dataset.dialogues.iter_rows(named=True)):
        try:
            Reading.from_dict(json.loads(message["reading"]))
            [Constraint.from_dict(constraint) for constraint in json.loads(message["constraints"])]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            found.append(f"dialogues: row {row}: reading or constraints cannot be read ({error!r})")
        if message["target_item_id"] in (message["refused"] or ()):
            found.append(f"dialogues: row {row}: the target {message['target_item_id']!r} was refused before")
    return found
