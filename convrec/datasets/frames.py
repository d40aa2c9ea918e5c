"""The tables of a dataset folder: their columns, and how a catalogue becomes one and comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from convrec.catalog import Catalog, Item, attributes_from, item_from_dict
from convrec.errors import CatalogError, DataError

ITEMS = pl.Schema(
    {
        "item_id": pl.String(),
        "title": pl.String(),
        "brand": pl.String(),
        "categories": pl.List(pl.String()),  # broad to narrow
        "price": pl.Float64(),  # US$, null: unknown
        "description": pl.String(),
        "features": pl.List(pl.String()),
        "attributes": pl.String(),  # a JSON object
        "available": pl.Boolean(),
        "image": pl.String(),
        "retired": pl.Boolean(),  # a tombstone: the row stays, the item is never recommended again
    }
)
INTERACTIONS = pl.Schema(
    {
        "user_id": pl.String(),
        "item_id": pl.String(),
        "timestamp": pl.Int64(),  # seconds since 1970, or a counter
        "rating": pl.Float64(),
        "review": pl.String(),
    }
)
TURNS = pl.Schema(
    {
        "user_id": pl.String(),
        "position": pl.Int64(),  # how many of the user's items came before: the text is about the item at this place
        "target_item_id": pl.String(),
        "kind": pl.String(),
        "text": pl.String(),
        "chosen": pl.Boolean(),  # of several critiques written, the one drawn
        "split": pl.String(),
        "annotator": pl.String(),
        "model": pl.String(),
        "seed": pl.Int64(),
        "prompt_sha": pl.String(),
    }
)
DIALOGUES = pl.Schema(
    {
        "dialogue_id": pl.String(),
        "user_id": pl.String(),
        "position": pl.Int64(),  # the history is the user's items before it
        "step": pl.Int64(),
        "reference_item_id": pl.String(),  # steered from; null: from nothing
        "refused": pl.List(pl.String()),
        "text": pl.String(),
        "reading": pl.String(),  # JSON of the gold Reading of this message
        "constraints": pl.String(),  # JSON list: all in force after it
        "target_item_id": pl.String(),
        "narrative": pl.String(),  # marked text about the target
        "phrasing": pl.String(),  # train | unseen | blind
        "split": pl.String(),
    }
)
ITEMS_AT_ONCE = 5000
KINDS = ("critique", "purchase_reason", "endorsement", "endorsement_long", "user_summary")
SPLITS = ("train", "validation", "test")
PHRASINGS = ("train", "unseen", "blind")
# What may never be null; everything else may.
REQUIRED = {
    "items": ("item_id", "title"),
    "interactions": ("user_id", "item_id", "timestamp"),
    "turns": ("user_id", "position", "target_item_id", "kind", "text", "split"),
    "dialogues": ("dialogue_id", "user_id", "position", "step", "text", "reading", "constraints", "target_item_id",
                  "split"),
}  # fmt: skip


def items_frame(catalog: Catalog, start: int = 0, stop: int | None = None) -> pl.DataFrame:
    """One row an item, in catalogue order, from row `start` to before `stop`, with the columns of ITEMS."""
    items = catalog.items[start:stop]
    columns = {name: [getattr(item, name) for item in items] for name in ITEMS if name not in ("attributes", "retired")}
    columns["attributes"] = [json.dumps(dict(item.attributes), ensure_ascii=False) for item in items]
    columns["retired"] = [item.item_id in catalog.retired for item in items]
    return pl.DataFrame(columns, schema=ITEMS)


def write_items(catalog: Catalog, path: Path) -> None:
    """items.parquet, a few thousand items at a time: a frame of all would double what a large catalogue takes."""
    with pq.ParquetWriter(path, ITEMS.to_frame().to_arrow().schema) as out:
        for start in range(0, len(catalog), ITEMS_AT_ONCE):
            out.write_table(items_frame(catalog, start, start + ITEMS_AT_ONCE).to_arrow())


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """A Parquet file. Written by pyarrow, which tells a full disk (OSError) from a frame that cannot be written."""
    pq.write_table(frame.to_arrow(), path)


class FrameRows:
    """The items of a frame with the columns of ITEMS: one is made when it is first asked for, and kept."""

    def __init__(self, frame: pl.DataFrame) -> None:
        known = {"brand": "", "attributes": "{}", "available": True}
        self._frame = frame.with_columns(pl.col(name).fill_null(pl.lit(value)) for name, value in known.items())
        self._made: dict[int, Item] = {}

    def __len__(self) -> int:
        return len(self._frame)

    def __getitem__(self, row: int, /) -> Item:
        row = range(len(self))[row]
        if row not in self._made:
            self._made[row] = item_from_dict(self._frame.row(row, named=True))
        return self._made[row]

    def __iter__(self) -> Iterator[Item]:
        for row, data in enumerate(self._frame.iter_rows(named=True)):
            yield self._made.get(row) or item_from_dict(data)

    def column(self, name: str) -> list[Any]:
        column = self._frame[name].to_list()
        if name == "attributes":
            known = {text: attributes_from(text) for text in set(column)}
            return [known[text] for text in column]
        return [tuple(entries or ()) for entries in column] if ITEMS[name].is_nested() else column

    def doubtful(self) -> list[int]:
        """Rows that may be no item: without an id or a title, or with attributes that are no plain JSON object."""
        is_object = pl.col("attributes").str.json_path_match("$").str.starts_with("{").fill_null(False)
        doubtful = (pl.col("item_id") == "") | (pl.col("title") == "") | ~is_object
        return self._frame.select(doubtful).to_series().arg_true().to_list()


def catalog_of(frame: pl.DataFrame) -> Catalog:
    """The catalogue an items table holds. Raises DataError naming the row that is no item."""
    rows = FrameRows(frame)
    for number in rows.doubtful():
        try:
            rows[number]
        except (CatalogError, ValueError, AttributeError) as error:
            raise DataError(f"items: row {number} is no item ({error}); correct it and write the table again") from None
    try:
        return Catalog(rows, frame.filter(pl.col("retired"))["item_id"])
    except CatalogError as error:
        raise DataError(f"items: {error}") from None


def conform(frame: pl.DataFrame, schema: pl.Schema, table: str) -> pl.DataFrame:
    """The frame with exactly the columns and types of the schema, in its order; further columns are left out.

    Raises DataError naming the table for a missing column, a type that does not convert, or a null where none may be.
    """
    missing = [name for name in schema if name not in frame.columns]
    if missing:
        raise DataError(f"{table}: column {', '.join(missing)} is missing; it has {', '.join(frame.columns) or 'none'}")
    nested = [name for name, kind in schema.items() if frame.schema[name].is_nested() and not kind.is_nested()]
    if nested:
        raise DataError(f"{table}: column {nested[0]} has the wrong type ({frame.schema[nested[0]]})")
    try:
        frame = frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{table}: column of the wrong type ({str(error).splitlines()[0]})") from None
    for name in REQUIRED[table]:
        if empty := frame[name].null_count():
            raise DataError(f"{table}: {empty} of {len(frame)} rows have no {name}; every row needs one")
    return frame
