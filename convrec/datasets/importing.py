"""Importing: a source of any known format becomes a dataset folder, in bounded memory, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog, Item, permuted
from convrec.datasets.amazon import AMAZON_2014, AMAZON_2018, AMAZON_2023
from convrec.datasets.atomic import new_folder
from convrec.datasets.cleaning import untitled
from convrec.datasets.folder import CARD
from convrec.datasets.formats import Format
from convrec.datasets.frames import KINDS, write_items
from convrec.datasets.jsonl import jsonl
from convrec.datasets.regen_rows import regen
from convrec.datasets.rows import Progress, Tally, json_record, read_rows
from convrec.datasets.staging import Staging, distinct, k_core
from convrec.errors import ConfigError, ImportFailed

FORMATS = ("amazon-2014", "amazon-2018", "amazon-2023", "regen", "jsonl")
REJECTED = "rejected.txt"


@dataclass
class Imported:
    """What an import did. `rejected` are the first bad rows as "file:line: reason"; all stand in rejected.txt."""

    source: str
    format: str
    seed: int
    core: int
    users: int = 0
    items: int = 0
    interactions: int = 0
    turns: dict[str, int] = field(default_factory=dict)
    bad_rows: int = 0
    rejected: list[str] = field(default_factory=list)
    repeated: int = 0  # interactions that stood in the source twice
    unknown_items: int = 0  # interactions with an item the source does not describe
    filtered: int = 0  # interactions the k-core filter dropped
    untitled: int = 0  # items named after their category and id

    def lines(self) -> list[str]:
        """What was left out or made up, for people; empty when nothing was."""
        notes = [
            (self.bad_rows, f"bad rows skipped, each with file and line in {REJECTED}"),
            (self.repeated, "repeated interactions dropped (same user, item and time)"),
            (self.unknown_items, "interactions dropped because the source does not describe their item"),
            (self.filtered, f"interactions dropped by the {self.core}-core filter"),
            (self.untitled, "items without a title, named after their category and id"),
        ]
        return [f"{count:,} {note}" for count, note in notes if count]


def import_dataset(
    source: str | Path,
    format: str,
    out: str | Path,
    *,
    items: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    seed: int = 0,
    core: int = 0,
    max_bad: float = 0.01,
    overwrite: bool = False,
    progress: Progress = lambda name, done, total: None,
) -> Imported:
    """Writes the dataset folder `out` and says what was done.

    `source` is a folder, or the file of interactions with `items` beside it; `columns` is REGEN's map of roles to
    columns; `core` k keeps users and items with at least k interactions each; `max_bad` is the share of rows that may
    be bad before ImportFailed is raised. Item rows are put in an order drawn by `seed`. Raises ConfigError for options
    that make no sense and DataError for what cannot be read or written; then nothing is left behind.
    """
    if not 0 <= max_bad <= 1:
        raise ConfigError(f"max_bad is a share of the rows between 0 and 1, got {max_bad}")
    if core < 0 or seed < 0:
        raise ConfigError(f"core and seed cannot be negative, got {core} and {seed}")
    columns = columns or {}
    chosen = _format(format, columns, seed)
    rows_path, items_path = chosen.find(Path(source), Path(items) if items else None)
    done = Imported(Path(source).name, chosen.name, seed, core)
    with new_folder(Path(out), overwrite=overwrite) as folder:
        with (folder / REJECTED).open("w", encoding="utf-8") as log:
            tallies = [Tally(path, max_bad, log) for path in (rows_path, items_path) if path]
            staging, described = _stage(chosen, folder, tallies[0], progress)
            if chosen.item:
                for item in read_rows(chosen.item, tallies[1], progress, chosen.parse):
                    if chosen.whole_catalogue or item.item_id in staging.item_ids:
                        described.setdefault(item.item_id, item)
        done.bad_rows = sum(tally.bad for tally in tallies)
        done.rejected = [line for tally in tallies for line in tally.first]
        keep = _kept(staging, described, core, max_bad, done)
        done.turns = staging.write(keep, model=chosen.name, seed=seed)
        if lost := [role for role in columns if role in KINDS and role not in done.turns]:
            raise ImportFailed(f"column {columns[lost[0]]!r} held no {lost[0]} in any row; nothing was written")
        used = set(np.array(list(staging.item_ids), dtype=object)[np.unique(staging.items[keep])])
        whole = chosen.whole_catalogue and not core
        del staging  # its ids are the largest thing held, and no longer needed
        found = [described[i] for i in sorted(described) if whole or i in used]
        write_items(Catalog(permuted(chosen.tidy(found), seed)), folder / "items.parquet")
        done.items = len(found)
        done.untitled = sum(i.title in (untitled(i.item_id, i.categories), untitled(i.item_id, ())) for i in found)
        if not done.bad_rows:
            (folder / REJECTED).unlink()
        (folder / CARD).write_text(_card(done), encoding="utf-8")
    return done


def _format(name: str, columns: Mapping[str, str], seed: int) -> Format:
    if columns and name != "regen":
        raise ConfigError(f"--column belongs to --format regen, not to {name}")
    match name:
        case "regen":
            return regen(columns, seed)
        case "jsonl":
            return jsonl()
    for known in (AMAZON_2014, AMAZON_2018, AMAZON_2023):
        if known.name == name:
            return known
    raise ConfigError(f"unknown format {name!r}; it is one of {', '.join(FORMATS)}")


def _stage(format: Format, folder: Path, tally: Tally, progress: Progress) -> tuple[Staging, dict[str, Item]]:
    """Every interaction of the source, and the items that came with them."""
    staging = Staging(folder)
    described: dict[str, Item] = {}
    for entries in read_rows(format.entries, tally, progress, json_record):
        for entry in entries:
            staging.add(entry)
            if entry.item:
                described[entry.item.item_id] = entry.item
    staging.finish_adding()
    return staging, described


def _kept(
    staging: Staging, described: Mapping[str, Item], core: int, max_bad: float, done: Imported
) -> NDArray[np.bool_]:
    """(rows,) True for the interactions that stay; counts the others. Raises ImportFailed when too few do."""
    known = np.array([item_id in described for item_id in staging.item_ids])
    keep = known[staging.items]
    done.unknown_items = int((~keep).sum())
    if done.unknown_items > max_bad * len(keep):
        unknown = next(i for i in staging.item_ids if i not in described)
        raise ImportFailed(
            f"{done.unknown_items} of {len(keep)} interactions are with items that the items file does not describe, "
            f"{unknown!r} for one. Is it the right file? Correct it or raise --max-bad; nothing was written"
        )
    repeated = ~distinct(staging.users, staging.items, staging.times)
    done.repeated = int((keep & repeated).sum())
    keep &= ~repeated
    filtered = k_core(staging.users, staging.items, keep, core)
    done.filtered = int(keep.sum() - filtered.sum())
    if not filtered.any():
        raise ImportFailed(f"no user and item has {core} interactions; use a smaller --core; nothing was written")
    done.interactions, done.users = int(filtered.sum()), len(np.unique(staging.users[filtered]))
    return filtered


def _card(done: Imported) -> str:
    """The dataset card: figures and what was changed. What the data is and may be used for, its importer must add."""
    turns = "".join(f"| {kind} | {count:,} |\n" for kind, count in sorted(done.turns.items()))
    changed = "".join(f"- {line}\n" for line in done.lines()) or "- nothing was left out\n"
    return f"""---
pretty_name: {json.dumps(done.source)}
tags: [convrec]
---
# {done.source}

Imported by Convrec {version("convrec")} on {datetime.now(UTC):%Y-%m-%d} from `{done.source}`, format `{done.format}`.

| | |
|---|---|
| users | {done.users:,} |
| items | {done.items:,} |
| interactions | {done.interactions:,} |
{turns}
## What was changed
{changed}- item rows were permuted with seed {done.seed}: their order says nothing
- entities and tags in texts were turned into plain text

## Source and licence
Say here where the source came from and what it may be used for: the importer cannot know.
"""
