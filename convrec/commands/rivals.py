"""`convrec rivals`: train and measure what single-token items are compared with."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(
    no_args_is_help=True, help="What one model of single-token items is compared with: other spellings, and two models."
)


class Kind(StrEnum):
    SEMANTIC = "semantic"
    TITLES = "titles"
    HYBRID = "hybrid"


@app.command("train")
def train_rival_command(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder.")],
    kind: Annotated[Kind, typer.Option(help="Four-token semantic ids, titles as text, or a picker beside a writer.")],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    recipe: Annotated[Path, typer.Option(help="Such as runs/recipes/office-semantic.yaml or shop-hybrid.yaml.")],
    seed: Annotated[int, typer.Option(help="Draws everything that is random.")] = 0,
    threads: Annotated[int, typer.Option(help="Processor threads; 0: all.")] = 0,
) -> None:
    """Train a rival on histories, the hybrid on conversations, too; a run that was stopped continues when the same
    command is given again."""
    from convrec.datasets import read_dataset
    from convrec.language.encoder import load_encoder
    from convrec.rivals.train import train_hybrid, train_rival
    from convrec.train.recipe import read_recipe
    from convrec.train.report import Console

    if threads:
        import torch

        torch.set_num_threads(threads)
    data, what, encoder = read_dataset(dataset), read_recipe(recipe), load_encoder()
    if kind is Kind.HYBRID:
        print(train_hybrid(data, out, what, encoder, seed=seed, report=Console()))
    else:
        spells: Literal["semantic", "titles"] = "titles" if kind is Kind.TITLES else "semantic"
        print(train_rival(data, out, what, spells, encoder, seed=seed, report=Console()))


@app.command("evaluate")
def evaluate_rival_command(
    dataset: Annotated[Path, typer.Argument(help="The dataset folder the rival was trained on.")],
    rival: Annotated[Path, typer.Option(help="The folder of a trained rival.")],
    beams: Annotated[int, typer.Option(help="The width of the beam search.", min=1)] = 10,
    users: Annotated[int, typer.Option(help="About that many users, evenly spaced; 0: all.", min=0)] = 0,
) -> None:
    """Recall, NDCG and MRR of the next item, by the same protocols as single tokens: from histories alone, of a hybrid
    from what was said, too."""
    from convrec.commands.evaluate import print_figures, print_steering
    from convrec.datasets import read_dataset
    from convrec.evaluate.histories import evaluate_histories
    from convrec.evaluate.rivals import evaluate_rival
    from convrec.rivals.saved import load_hybrid, load_rival, rival_kind

    data = read_dataset(dataset)
    if rival_kind(rival) == Kind.HYBRID:
        picker = load_hybrid(rival)
        print_figures(evaluate_histories(picker, data))
        print_steering(picker, data)
        return
    model, catalog = load_rival(rival)
    figures = evaluate_rival(model, catalog, data, beams=beams, users=users)
    print_figures({f"{model.kind}, beam {beams}": figures})
