"""`convrec data`: dataset folders."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from convrec.errors import ConfigError, DataError

app = typer.Typer(no_args_is_help=True, help="Import, describe and check dataset folders.")


class SourceFormat(StrEnum):
    AMAZON_2014 = "amazon-2014"
    AMAZON_2018 = "amazon-2018"
    AMAZON_2023 = "amazon-2023"
    REGEN = "regen"
    JSONL = "jsonl"


@app.command("import")
def data_import(
    source: Annotated[Path, typer.Argument(help="A folder, or the file of interactions (then name --items).")],
    format: Annotated[SourceFormat, typer.Option(help="What the source is written in.")],
    out: Annotated[Path, typer.Option(help="The dataset folder to make.")],
    items: Annotated[Path | None, typer.Option(help="The file of items, where it is not found beside SOURCE.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="REGEN: ROLE=COLUMN, e.g. critique=my_column.")] = None,
    seed: Annotated[int, typer.Option(help="Draws the order of item rows.")] = 0,
    core: Annotated[int, typer.Option(help="Keep users and items with at least this many interactions.")] = 0,
    max_bad: Annotated[float, typer.Option(help="The share of rows that may be bad.")] = 0.01,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the dataset folder that is there.")] = False,
) -> None:
    """Make a dataset folder from reviews, sequences or REGEN rows."""
    from rich.console import Console
    from rich.progress import Progress

    from convrec.datasets.importing import import_dataset

    columns = dict(_assignment(entry) for entry in column or ())
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks = {}

        def progress(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name)
            bars.update(tasks[name], completed=done, total=total)

        done = import_dataset(
            source, format, out, items=items, columns=columns, seed=seed, core=core, max_bad=max_bad,
            overwrite=overwrite, progress=progress,
        )  # fmt: skip
    for line in [*done.rejected, *done.lines()]:
        print(line, file=sys.stderr)
    print(f"{out}: {done.users:,} users, {done.items:,} items, {done.interactions:,} interactions")


@app.command("demo")
def data_demo(
    out: Annotated[Path, typer.Option(help="The dataset folder to make.")],
    seed: Annotated[int, typer.Option(help="Another seed is another shop.")] = 7,
    shoppers: Annotated[int, typer.Option(help="How many buy there; the first of more are the same people.")] = 12_000,
    overwrite: Annotated[bool, typer.Option(help="Replace the folder if it exists.")] = False,
) -> None:
    """Build the demo dataset: an invented shop with critiques, narratives and dialogues (about a minute)."""
    from convrec.regen.demo import build_demo

    dataset = build_demo(out, seed, shoppers, overwrite=overwrite)
    print(f"{out}: {len(dataset.catalog):,} items, {len(dataset.turns):,} turns, {len(dataset.dialogues):,} messages")


@app.command("describe")
def data_describe(folder: Annotated[Path, typer.Argument(help="A dataset folder.")]) -> None:
    """Print users, items, lengths, missing fields and turns; draw describe.png into the folder."""
    from rich.console import Console
    from rich.table import Table

    from convrec.datasets import read_dataset
    from convrec.datasets.describe import describe, plot

    dataset = read_dataset(folder)
    table = Table(show_header=False, title=str(folder))
    for name, value in describe(dataset).rows():
        table.add_row(name, value)
    Console().print(table)
    print(plot(dataset, folder))


@app.command("validate")
def data_validate(folder: Annotated[Path, typer.Argument(help="A dataset folder.")]) -> None:
    """Check a dataset folder; the exit code is 1 when something is wrong."""
    from convrec.datasets import read_dataset
    from convrec.datasets.describe import problems

    if found := problems(read_dataset(folder)):
        for line in found[:20]:
            print(line)
        raise DataError(f"{folder} has {len(found)} problem(s); correct its source and import or build it again")
    print(f"{folder} is sound")


def _assignment(entry: str) -> tuple[str, str]:
    name, equals, value = entry.partition("=")
    if not (name and equals and value):
        raise ConfigError(f"--column {entry!r} should read ROLE=COLUMN, e.g. critique=my_column")
    return name, value
