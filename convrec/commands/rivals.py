"""`convrec rivals`: train and measure what single-token items are compared with."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Semantic ids and titles as text, the rivals of single-token items.")


class Kind(StrEnum):
    SEMANTIC = "semantic"
    TITLES = "titles"


@app.command("train")
def train_rival_command(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder.")],
    kind: Annotated[Kind, typer.Option(help="Four-token semantic ids, or titles as text.")],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    recipe: Annotated[Path, typer.Option(help="A recipe of one phase, such as runs/recipes/office-semantic.yaml.")],
    seed: Annotated[int, typer.Option(help="Draws everything that is random.")] = 0,
    threads: Annotated[int, typer.Option(help="Processor threads; 0: all.")] = 0,
) -> None:
    """Train a rival on histories; a run that was stopped continues when the same command is given again."""
    from convrec.datasets import read_dataset
    from convrec.language.encoder import load_encoder
    from convrec.rivals.train import train_rival
    from convrec.train.recipe import read_recipe
    from convrec.train.report import Console

    if threads:
        import torch

        torch.set_num_threads(threads)
    data, what = read_dataset(dataset), read_recipe(recipe)
    print(train_rival(data, out, what, kind.value, load_encoder(), seed=seed, report=Console()))


@app.command("evaluate")
def evaluate_rival_command(
    dataset: Annotated[Path, typer.Argument(help="The dataset folder the rival was trained on.")],
    rival: Annotated[Path, typer.Option(help="The folder of a trained rival.")],
    beams: Annotated[int, typer.Option(help="The width of the beam search.", min=1)] = 10,
    users: Annotated[int, typer.Option(help="About that many users, evenly spaced; 0: all.", min=0)] = 0,
) -> None:
    """Recall, NDCG and MRR of the next item from histories alone, by the same protocol as single tokens."""
    from convrec.commands.evaluate import print_figures
    from convrec.datasets import read_dataset
    from convrec.evaluate.rivals import evaluate_rival
    from convrec.rivals.saved import load_rival

    model, catalog = load_rival(rival)
    figures = evaluate_rival(model, catalog, read_dataset(dataset), beams=beams, users=users)
    print_figures({f"{model.kind}, beam {beams}": figures})
