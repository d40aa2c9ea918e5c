"""`convrec regen export`: a dataset with its texts as REGEN rows (arXiv 2503.11924), one a purchase."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from convrec.datasets import Dataset
from convrec.errors import DataError
from convrec.language.facts import facts_of, render
from convrec.regen.ask import context_of, subject_of
from convrec.regen.tasks import Task

Format = Literal["jsonl", "parquet"]
AT_ONCE = 2000
TEXTS = ("purchase_reason", "endorsement", "endorsement_long", "user_summary")
SCHEMA = pa.schema(
    [("reviewer_id", pa.string()), ("asin", pa.string()), ("title", pa.string()), ("category", pa.string()),
     ("price", pa.float64()), ("rating", pa.float64()), ("review", pa.string()), ("purchase_date", pa.string()),
     ("timestamp", pa.int64()), ("split", pa.string()), ("critiques", pa.list_(pa.string())),
     ("critique", pa.string()), *((kind, pa.string()) for kind in TEXTS)]
)  # fmt: skip


def export(dataset: Dataset, path: Path, form: Format, *, overwrite: bool = False) -> int:
    """Writes the file whole or not at all; returns its rows. Raises DataError where it is in the way or unwritable."""
    if path.exists() and not overwrite:
        raise DataError(
            f"{path} already exists and is left as it is; choose another file or overwrite it (--overwrite)"
        )
    part = path.with_name(f".{path.name}.part")
    written = 0
    try:
        with part.open("wb") as out:
            table = pq.ParquetWriter(out, SCHEMA) if form == "parquet" else None
            for some in _some(rows(dataset)):
                written += len(some)
                if table is not None:
                    table.write_table(pa.Table.from_pylist(some, SCHEMA))
                else:
                    out.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in some).encode())
            if table is not None:
                table.close()
        part.replace(path)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}; nothing was written there") from error
    finally:
        part.unlink(missing_ok=True)
    return written


def rows(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """One row a purchase, users in order, oldest first; marks are rendered, so that the texts read as they are."""
    catalog = dataset.catalog
    texts: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for turn in dataset.turns.iter_rows(named=True):
        texts[turn["user_id"], turn["position"]].append(turn)
    sequences = dataset.sequences()
    bought = dataset.interactions.sort("timestamp", maintain_order=True).partition_by("user_id", maintain_order=True)
    for user in bought:
        for position, entry in enumerate(user.iter_rows(named=True)):
            item, said = catalog.item(entry["item_id"]), texts.get((entry["user_id"], position), [])
            history = tuple(sequences[entry["user_id"]][:position])
            row: dict[str, Any] = {
                "reviewer_id": entry["user_id"], "asin": item.item_id, "title": item.title,
                "category": " - ".join(item.categories), "price": item.price, "rating": entry["rating"],
                "review": entry["review"], "purchase_date": _date(entry["timestamp"]), "timestamp": entry["timestamp"],
                "split": said[0]["split"] if said else None,
                "critiques": [turn["text"] for turn in said if turn["kind"] == "critique"],
                "critique": next((t["text"] for t in said if t["kind"] == "critique" and t["chosen"]), None),
            }  # fmt: skip
            for kind in TEXTS:
                texts_of_kind = (_plain(dataset, t, history) for t in said if t["kind"] == kind and t["chosen"])
                row[kind] = next(texts_of_kind, None)
            yield row


def _plain(dataset: Dataset, turn: dict[str, Any], history: tuple[int, ...]) -> str:
    task = Task(turn["user_id"], turn["position"], turn["kind"], dataset.catalog.row(turn["target_item_id"]), history)
    return render(turn["text"], facts_of(dataset.catalog, subject_of(task), context_of(task)))


def _date(timestamp: int) -> str | None:
    """MM/DD/YYYY; None for a counter that is no time."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%m/%d/%Y") if timestamp > 10**8 else None


def _some(found: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for row in found:
        some.append(row)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some
