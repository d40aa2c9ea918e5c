"""What an importer must say of its source: where the rows are, and what a row means."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from convrec.catalog import Interaction, Item
from convrec.datasets.rows import BadRow, Record, json_record
from convrec.errors import DataError

SUFFIXES = (".json", ".jsonl", ".csv", ".parquet")


class Entry(NamedTuple):
    """One interaction with what was written about it: `texts` are (kind, text, chosen); `split` may be empty.

    `item` describes its item where the source has no file of items.
    """

    interaction: Interaction
    texts: tuple[tuple[str, str, bool], ...] = ()
    split: str = ""
    item: Item | None = None


@dataclass(frozen=True)
class Format:
    """One kind of source.

    `entries` reads a row of the interactions file, `item` one of the items file, each raising BadRow before it returns.
    `items_file` tells the items file of a folder by its name; without `item` there is none, and entries carry items.
    `whole_catalogue` keeps items nobody has touched: they are a shop's own; elsewhere they are what a filter left over.
    """

    name: str
    entries: Callable[[Record], list[Entry]]
    item: Callable[[Record], Item] | None = None
    items_file: Callable[[str], bool] = lambda name: False
    parse: Callable[[str], Record] = json_record
    tidy: Callable[[Iterable[Item]], list[Item]] = list
    whole_catalogue: bool = False

    def find(self, source: Path, items: Path | None) -> tuple[Path, Path | None]:
        """The interactions file and the items file. Raises DataError, saying what to name, when it is not clear."""
        for path in (source, items):
            if path and not path.exists():
                raise DataError(f"no such source: {path}")
        if items and not self.item:
            raise DataError(f"{self.name} has its items beside the interactions; leave out --items {items}")
        if not source.is_dir():
            if self.item and not items:
                raise DataError(f"{source} holds the interactions only; name the items file too: --items FILE")
            return source, items
        files = sorted(p for p in source.iterdir() if p.name.removesuffix(".gz").endswith(SUFFIXES) and p.is_file())
        rows = [p for p in files if not self.items_file(p.name)]
        described = [items] if items else [p for p in files if self.items_file(p.name)]
        if len(rows) != 1 or len(described) != (1 if self.item else 0):
            names = ", ".join(p.name for p in files) or "nothing of the kind"
            wanted = "one file of interactions and one of items" if self.item else "one file"
            raise DataError(f"{source} should hold {wanted}, found {names}; name the files: FILE --items FILE")
        return rows[0], described[0] if described else None


def identity(record: Mapping[str, object], *names: str) -> str:
    """A user or item id, from the first of these fields that is there. Raises BadRow when none is usable."""
    value = next((record[name] for name in names if record.get(name) is not None), None)
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise BadRow(f"no usable {' or '.join(names)}: {value!r}")
    found = str(value).strip()
    if not found.isprintable():
        raise BadRow(f"{names[0]} holds characters that are no text: {value!r}")
    return found


def number(record: Mapping[str, object], name: str, *, required: bool = False) -> float | None:
    """A finite number, None where it is absent. Raises BadRow for anything else, or for absence when `required`."""
    value = record.get(name)
    if value is None or value == "":
        if required:
            raise BadRow(f"no {name}")
        return None
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise BadRow(f"{name} is no number: {value!r}") from None
    if isinstance(value, bool) or not math.isfinite(found):
        raise BadRow(f"{name} is no number: {value!r}")
    return found


def moment(record: Mapping[str, object], name: str, *, per_second: int = 1) -> int:
    """Seconds since 1970. Raises BadRow when absent or beyond any date that can be meant."""
    seconds = int(number(record, name, required=True) or 0) // per_second
    if not -(1 << 36) < seconds < 1 << 36:
        raise BadRow(f"{name} is no time in {'seconds' if per_second == 1 else 'milliseconds'}: {record[name]!r}")
    return seconds
