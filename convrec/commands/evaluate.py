"""`convrec evaluate`: measure a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from convrec.datasets import Dataset
    from convrec.evaluate.histories import Recommender

app = typer.Typer(no_args_is_help=True, help="Measure a model.")


@app.command("histories")
def evaluate_histories_command(
    dataset: Annotated[Path, typer.Argument(help="The dataset folder the model was trained on.")],
    model: Annotated[Path, typer.Option(help="A model folder.")],
) -> None:
    """Recall, NDCG and MRR of the next item from histories alone, beside popularity and text similarity."""
    from convrec.datasets import read_dataset
    from convrec.evaluate.histories import evaluate_histories
    from convrec.generate import load_engine

    print_figures(evaluate_histories(load_engine(model), read_dataset(dataset)))


@app.command("compare")
def compare_histories_command(
    dataset: Annotated[Path, typer.Argument(help="The dataset folder that all of the models were trained on.")],
    model: Annotated[list[Path], typer.Option(help="A model folder; once for each seed.")],
    against: Annotated[list[Path], typer.Option(help="A model folder to compare with; once for each seed.")],
) -> None:
    """Whether one model predicts the next item worse than another: their ratio, by a paired bootstrap over users."""
    from convrec.datasets import read_dataset
    from convrec.evaluate.histories import compare_histories
    from convrec.generate import load_engine

    print_figures(compare_histories(map(load_engine, model), map(load_engine, against), read_dataset(dataset)))


@app.command("steering")
def evaluate_steering_command(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder with test dialogues.")],
    model: Annotated[Path, typer.Option(help="A model folder.")],
) -> None:
    """What the critique brings: the metrics without it, with it, with masks off, and of an oracle of the reading."""
    from convrec.datasets import read_dataset
    from convrec.generate import load_engine

    print_steering(load_engine(model), read_dataset(dataset))


@app.command("narratives")
def evaluate_narratives_command(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder with test dialogues.")],
    model: Annotated[Path, typer.Option(help="A model folder.")],
    count: Annotated[int, typer.Option(help="How many narratives to write.", min=1)] = 500,
    hybrid: Annotated[
        Path | None, typer.Option(help="A trained hybrid: the same model writes about what that picks, too.")
    ] = None,
) -> None:
    """How much of what the model writes is true, before and after the check, and how it reads."""
    from convrec.datasets import read_dataset
    from convrec.evaluate.language import language_figures, picks, write_narratives
    from convrec.evaluate.steering import questions
    from convrec.generate import load_engine
    from convrec.language.claims import ClaimChecker
    from convrec.language.encoder import load_encoder
    from convrec.language.reader import Reader
    from convrec.rivals.saved import load_hybrid

    engine, encoder = load_engine(model), load_encoder()
    every = questions(read_dataset(dataset), Reader(engine.catalog, encoder))
    asked = every[:: max(1, len(every) // count)][:count]
    written = {"narratives": write_narratives(engine, asked)}
    if hybrid is not None:
        rows = picks(load_hybrid(hybrid), asked, engine.catalog)
        written["of what the hybrid picks"] = write_narratives(engine, asked, rows=rows)
    checker = ClaimChecker(engine.catalog)
    print_figures({name: language_figures(found, asked, checker, encoder) for name, found in written.items()})


def print_steering(recommender: Recommender, dataset: Dataset) -> None:
    """Both wordings, every group of questions; then every critiqued pair of the test users."""
    from convrec.evaluate.pairs import evaluate_pairs
    from convrec.evaluate.steering import evaluate_steering
    from convrec.language.encoder import load_encoder
    from convrec.language.reader import Reader

    reader = Reader(dataset.catalog, load_encoder())
    for said in ("blind", "train"):
        print(f"{said} wording")
        print_figures(evaluate_steering([recommender], dataset, reader, said))
    print_figures({"critiqued pairs": evaluate_pairs([recommender], dataset, reader)})


def print_figures(figures: Mapping[str, Mapping[str, float]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", *figures)
    for name in next(iter(figures.values())):
        table.add_row(name.replace("_", " "), *(f"{column[name]:.4f}" for column in figures.values()))
    Console().print(table)
