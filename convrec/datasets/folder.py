"""The dataset folder: a catalogue, what users did, what was written about it. One form on disk, checked when read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from convrec.catalog import Catalog
from convrec.datasets.atomic import new_folder
from convrec.datasets.frames import (
    DIALOGUES,
    INTERACTIONS,
    ITEMS,
    KINDS,
    PHRASINGS,
    SPLITS,
    TURNS,
    catalog_of,
    conform,
    write_frame,
    write_items,
)
from convrec.errors import DataError

CARD = "README.md"


@dataclass(frozen=True, eq=False)
class Dataset:
    """A catalogue and everything that happened over it; see `frames` for the columns.

    Raises DataError when the parts do not fit together: an unknown item or user, a missing column, an unknown kind.
    """

    catalog: Catalog
    interactions: pl.DataFrame
    turns: pl.DataFrame = field(default_factory=TURNS.to_frame)
    dialogues: pl.DataFrame = field(default_factory=DIALOGUES.to_frame)
    card: str = ""

    def __post_init__(self) -> None:
        for table, schema in (("interactions", INTERACTIONS), ("turns", TURNS), ("dialogues", DIALOGUES)):
            object.__setattr__(self, table, conform(getattr(self, table), schema, table))
        items = pl.Series(self.catalog.ids, dtype=pl.String)
        users = self.interactions["user_id"].unique()
        _known(self.interactions["item_id"], items, "interactions: item_id", "items")
        for table, frame in (("turns", self.turns), ("dialogues", self.dialogues)):
            _known(frame["target_item_id"], items, f"{table}: target_item_id", "items")
            _known(frame["user_id"], users, f"{table}: user_id", "interactions")
            _one_of(frame["split"], SPLITS, f"{table}: split")
        _one_of(self.turns["kind"], KINDS, "turns: kind")
        _known(self.dialogues["reference_item_id"], items, "dialogues: reference_item_id", "items")
        _known(self.dialogues["refused"].explode(), items, "dialogues: refused", "items")
        _one_of(self.dialogues["phrasing"], PHRASINGS, "dialogues: phrasing")

    def sequences(self) -> dict[str, list[int]]:
        """Every user's catalogue rows, oldest first: by timestamp, then by row. Users in order of first appearance."""
        item_ids = self.catalog.ids
        rows = pl.DataFrame({"item_id": item_ids, "row": range(len(item_ids))}, schema_overrides={"item_id": pl.String})
        return self._by_user(self.interactions.join(rows, on="item_id", how="left", maintain_order="left"), "row")

    def timestamps(self) -> dict[str, list[int]]:
        """The timestamps of `sequences()`, item for item."""
        return self._by_user(self.interactions, "timestamp")

    def reviews(self) -> dict[str, list[str | None]]:
        """What the users wrote, item for item of `sequences()`; None where they wrote nothing."""
        return self._by_user(self.interactions, "review")

    def _by_user(self, frame: pl.DataFrame, column: str) -> dict[str, list[Any]]:
        in_time = pl.col(column).sort_by("timestamp", maintain_order=True).alias("values")
        ordered = frame.group_by("user_id", maintain_order=True).agg(in_time)
        return dict(zip(ordered["user_id"].to_list(), ordered["values"].to_list(), strict=True))


def write_dataset(dataset: Dataset, folder: str | Path, *, overwrite: bool = False) -> None:
    """Writes the folder whole or not at all. An existing one stays untouched unless `overwrite`.

    Raises DataError when the place is taken or cannot be written (full disk, no permission).
    """
    with new_folder(Path(folder), overwrite=overwrite) as partial:
        write_tables(dataset, partial)


def write_tables(dataset: Dataset, folder: Path) -> None:
    """Writes every table that has rows, and the card, into a folder that is being made."""
    write_items(dataset.catalog, folder / "items.parquet")
    write_frame(dataset.interactions, folder / "interactions.parquet")
    for table in ("turns", "dialogues"):
        frame: pl.DataFrame = getattr(dataset, table)
        if len(frame):
            write_frame(frame, folder / f"{table}.parquet")
    (folder / CARD).write_text(dataset.card, encoding="utf-8")


def read_dataset(folder: str | Path) -> Dataset:
    """Reads and checks a dataset folder; absent turns and dialogues become empty frames.

    Raises DataError, naming the file and what to do, for a folder or file that is missing, truncated or inconsistent.
    """
    folder = Path(folder)
    with _named(folder):
        card = folder / CARD
        return Dataset(
            catalog=read_catalog(folder),
            interactions=_read(folder / "interactions.parquet"),
            turns=_read(folder / "turns.parquet", TURNS),
            dialogues=_read(folder / "dialogues.parquet", DIALOGUES),
            card=card.read_text(encoding="utf-8") if card.is_file() else "",
        )


def read_catalog(folder: str | Path) -> Catalog:
    """The catalogue alone, from a folder's items.parquet. Raises DataError as `read_dataset` does."""
    folder = Path(folder)
    with _named(folder):
        return catalog_of(conform(_read(folder / "items.parquet"), ITEMS, "items"))


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Errors about a table say in which folder it is and what to do."""
    if not folder.is_dir():
        raise DataError(f"no dataset folder at {folder}; make one with `convrec data import SOURCE --out {folder}`")
    try:
        yield
    except UnicodeDecodeError:
        raise DataError(f"{folder / CARD} is not UTF-8 text; restore it or write the card again") from None
    except DataError as error:
        if str(folder) in str(error):
            raise
        table, _, problem = str(error).partition(": ")
        raise DataError(f"{folder / table}.parquet: {problem}; import or build the dataset again") from None


def _read(path: Path, otherwise: pl.Schema | None = None) -> pl.DataFrame:
    if not path.is_file():
        if otherwise is not None:
            return otherwise.to_frame()
        raise DataError(f"{path} is missing; import or build the dataset again")
    try:
        return pl.read_parquet(path, memory_map=False, glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path} is corrupt or truncated ({reason}); import or build the dataset again") from None


def _known(found: pl.Series, known: pl.Series, what: str, table: str) -> None:
    strange = found.drop_nulls().unique(maintain_order=True)
    strange = strange.filter(~strange.is_in(known.implode()))
    if len(strange):
        raise DataError(f"{what} {strange[0]!r} is not in {table} ({len(strange)} such values)")


def _one_of(found: pl.Series, allowed: tuple[str, ...], what: str) -> None:
    strange = found.drop_nulls().unique(maintain_order=True)
    strange = strange.filter(~strange.is_in(list(allowed)))
    if len(strange):
        raise DataError(f"{what} {strange[0]!r} is unknown; it is one of {', '.join(allowed)}")
