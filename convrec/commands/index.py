"""`convrec index`: the index over the items of a large catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Build and check the index of a large catalogue.")


@app.command("build")
def build_command(model: Annotated[Path, typer.Argument(help="A model folder; the index is written into it.")]) -> None:
    """Write the index beside the model. Items retired later need no other; a table trained again does."""
    from convrec.model import index
    from convrec.model.saved import load

    saved = load(model)
    print(index.write(index.build(saved.model.head()), model))


@app.command("check")
def check_command(
    model: Annotated[Path, typer.Argument(help="A model folder with an index.")],
    dataset: Annotated[Path | None, typer.Option(help="Whose histories to ask with; default: trained on.")] = None,
    count: Annotated[int, typer.Option(help="How many histories.", min=1)] = 200,
) -> None:
    """Recall@10 against the scan of every item, over real histories; how even the clusters are; what to do."""
    from rich.console import Console
    from rich.table import Table

    from convrec.datasets import read_dataset
    from convrec.errors import ConfigError
    from convrec.generate.check import check
    from convrec.model.saved import trained_on

    folder = dataset or trained_on(model)
    if folder is None:
        raise ConfigError(f"{model} does not say whose histories it was trained on; name them: --dataset DIR")
    figures, advice = check(model, read_dataset(folder), count)
    table = Table("", model.name)
    for name, value in figures.items():
        table.add_row(name, f"{value:,.4g}")
    Console().print(table)
    print(advice)
