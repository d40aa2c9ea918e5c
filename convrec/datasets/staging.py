"""Interactions on their way into a dataset folder: text goes to disk at once, who-what-when stays in memory.

That is 16 bytes a row plus the ids, so a source far larger than the memory passes through.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from convrec.datasets.formats import Entry
from convrec.datasets.frames import INTERACTIONS, TURNS

BATCH = 10_000  # rows held before they are written
STAGED_TURNS = pa.schema(
    [("row", pa.int64()), ("kind", pa.string()), ("text", pa.string()), ("chosen", pa.bool_()), ("split", pa.string())]
)


class Staging:
    """Takes entries in the order of the source, then writes the ones that are kept.

    Use: `add` each entry, `finish_adding`, decide with `users`, `items`, `times`, `write`. `folder` must exist; the
    staged files in it are removed by `write`.
    """

    def __init__(self, folder: Path) -> None:
        self.user_ids: dict[str, int] = {}
        self.item_ids: dict[str, int] = {}
        self._users, self._items, self._times = array("I"), array("I"), array("q")
        self._rows = _Table(folder / "staged-interactions.parquet", _arrow(INTERACTIONS))
        self._turns = _Table(folder / "staged-turns.parquet", STAGED_TURNS)
        self._folder = folder

    def add(self, entry: Entry) -> None:
        interaction = entry.interaction
        for kind, text, chosen in entry.texts:
            self._turns.add((len(self._users), kind, text, chosen, entry.split))
        self._users.append(self.user_ids.setdefault(interaction.user_id, len(self.user_ids)))
        self._items.append(self.item_ids.setdefault(interaction.item_id, len(self.item_ids)))
        self._times.append(interaction.timestamp)
        self._rows.add(interaction)

    def finish_adding(self) -> None:
        self._rows.close()
        self._turns.close()

    @property
    def users(self) -> NDArray[np.uint32]:
        """(rows,) index into `user_ids`."""
        return np.frombuffer(self._users, dtype=np.uint32)

    @property
    def items(self) -> NDArray[np.uint32]:
        """(rows,) index into `item_ids`."""
        return np.frombuffer(self._items, dtype=np.uint32)

    @property
    def times(self) -> NDArray[np.int64]:
        return np.frombuffer(self._times, dtype=np.int64)

    def write(self, keep: NDArray[np.bool_], *, model: str, seed: int) -> dict[str, int]:
        """interactions.parquet and turns.parquet of the kept rows; returns the number of turns by kind."""
        with pq.ParquetWriter(self._folder / "interactions.parquet", self._rows.schema) as out:
            start = 0
            for batch in self._rows.batches():
                out.write_batch(batch.filter(pa.array(keep[start : start + len(batch)])))
                start += len(batch)
        kinds = self._write_turns(keep, model, seed) if self._turns.count else {}
        self._rows.remove()
        self._turns.remove()
        return kinds

    def _write_turns(self, keep: NDArray[np.bool_], model: str, seed: int) -> dict[str, int]:
        positions, lengths = places(self.users, self.times, keep)
        user_ids, item_ids = (pl.Series(list(ids), dtype=pl.String) for ids in (self.user_ids, self.item_ids))
        kinds: dict[str, int] = {}
        with pq.ParquetWriter(self._folder / "turns.parquet", _arrow(TURNS)) as out:
            for batch in self._turns.batches():
                staged = pl.DataFrame(batch)
                staged = staged.filter(pl.Series(keep[staged["row"].to_numpy()]))
                rows = staged["row"].to_numpy()
                left = lengths[rows] - positions[rows]  # 1: the user's last item, the test of leave-one-out
                split = np.select([lengths[rows] < 3, left == 1, left == 2], ["train", "test", "validation"], "train")
                turns = staged.select(
                    user_ids.gather(self.users[rows]).alias("user_id"),
                    pl.Series("position", positions[rows]),
                    item_ids.gather(self.items[rows]).alias("target_item_id"),
                    "kind",
                    "text",
                    "chosen",
                    pl.when(pl.col("split") != "")
                    .then("split")
                    .otherwise(pl.Series(split, dtype=pl.String))
                    .alias("split"),
                    pl.lit("source").alias("annotator"),
                    pl.lit(model).alias("model"),
                    pl.lit(seed, dtype=pl.Int64).alias("seed"),
                    pl.lit(None, dtype=pl.String).alias("prompt_sha"),
                )
                for kind, count in turns["kind"].value_counts().iter_rows():
                    kinds[kind] = kinds.get(kind, 0) + count
                out.write_table(turns.to_arrow().cast(_arrow(TURNS)))
        return kinds


def distinct(users: NDArray[np.uint32], items: NDArray[np.uint32], times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(rows,) False for a row whose user, item and time stood in an earlier one: published files repeat some."""
    order = np.lexsort((times, items, users))  # stable: the earlier row stays in front
    u, i, t = users[order], items[order], times[order]
    again = np.zeros(len(order), dtype=bool)
    again[1:] = (u[1:] == u[:-1]) & (i[1:] == i[:-1]) & (t[1:] == t[:-1])
    keep = np.ones(len(order), dtype=bool)
    keep[order[again]] = False
    return keep


def k_core(users: NDArray[np.uint32], items: NDArray[np.uint32], keep: NDArray[np.bool_], k: int) -> NDArray[np.bool_]:
    """The kept rows whose user and item have at least k each. Dropping one can drop others, until none goes."""
    keep = keep.copy()
    while keep.any():
        enough_users = np.bincount(users[keep], minlength=int(users.max()) + 1) >= k
        enough_items = np.bincount(items[keep], minlength=int(items.max()) + 1) >= k
        core = keep & enough_users[users] & enough_items[items]
        if core.sum() == keep.sum():
            break
        keep = core
    return keep


def places(
    users: NDArray[np.uint32], times: NDArray[np.int64], keep: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rows,) how many kept items of the same user came before, and how many that user has in all."""
    rows = np.flatnonzero(keep)
    order = rows[np.lexsort((times[rows], users[rows]))]
    starts = np.flatnonzero(np.r_[True, users[order][1:] != users[order][:-1]]) if len(order) else order
    counts = np.diff(np.r_[starts, len(order)])
    positions = np.full(len(users), -1, dtype=np.int64)
    lengths = np.zeros(len(users), dtype=np.int64)
    positions[order] = np.arange(len(order)) - np.repeat(starts, counts)
    lengths[order] = np.repeat(counts, counts)
    return positions, lengths


class _Table:
    """A Parquet file written in batches of rows."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.schema, self.count = schema, 0
        self._path = path
        self._writer = pq.ParquetWriter(path, schema)
        self._pending: list[tuple[object, ...]] = []

    def add(self, row: tuple[object, ...]) -> None:
        self._pending.append(row)
        self.count += 1
        if len(self._pending) >= BATCH:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def batches(self) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(self._path, pre_buffer=False) as file:  # buffering would hold the whole file
            yield from file.iter_batches(batch_size=BATCH)

    def remove(self) -> None:
        self._path.unlink()

    def _flush(self) -> None:
        if self._pending:
            columns = zip(*self._pending, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, self.schema, strict=True)]
            self._writer.write_batch(pa.record_batch(arrays, schema=self.schema))
            self._pending.clear()


def _arrow(schema: pl.Schema) -> pa.Schema:
    kinds = {pl.String(): pa.string(), pl.Int64(): pa.int64(), pl.Float64(): pa.float64(), pl.Boolean(): pa.bool_()}
    return pa.schema([(name, kinds[kind]) for name, kind in schema.items()])
