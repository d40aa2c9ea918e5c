"""`convrec evaluate`: measure a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

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


@app.command("steering")
def evaluate_steering_command(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder with test dialogues.")],
    model: Annotated[Path, typer.Option(help="A model folder.")],
) -> None:
    """What the critique brings: Recall@10 without it, with it, with masks off, and of an oracle of the reading."""
    from convrec.datasets import read_dataset
    from convrec.evaluate.steering import evaluate_steering
    from convrec.generate import load_engine
    from convrec.language.encoder import load_encoder
    from convrec.language.reader import Reader

    engine, data = load_engine(model), read_dataset(dataset)
    reader = Reader(engine.catalog, load_encoder())
    for said in ("blind", "train"):
        print(f"{said} wording")
        print_figures(evaluate_steering(engine, data, reader, said))


@app.command("narratives")
def evaluate_narratives_command(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder with test dialogues.")],
    model: Annotated[Path, typer.Option(help="A model folder.")],
    count: Annotated[int, typer.Option(help="How many narratives to write.", min=1)] = 500,
) -> None:
    """How much of what the model writes is true, before and after the check, and how it reads."""
    from convrec.datasets import read_dataset
    from convrec.evaluate.claims import count_claims
    from convrec.evaluate.language import write_narratives
    from convrec.evaluate.steering import questions
    from convrec.evaluate.texts import history_mentioned, overlap, variety
    from convrec.generate import load_engine
    from convrec.language.claims import ClaimChecker
    from convrec.language.encoder import load_encoder
    from convrec.language.facts import facts_of, render
    from convrec.language.reader import Reader

    engine, encoder = load_engine(model), load_encoder()
    every = questions(read_dataset(dataset), Reader(engine.catalog, encoder))
    asked = every[:: max(1, len(every) // count)][:count]
    written = write_narratives(engine, asked)
    said = [render(text, facts_of(engine.catalog, row, context)) for text, row, context in written]
    references = [
        render(q.dialogue.narrative, facts_of(engine.catalog, q.dialogue.target, q.dialogue.context)) for q in asked
    ]
    figures = (
        count_claims(ClaimChecker(engine.catalog), written)
        | variety([text for text, _, _ in written])
        | {"history_mentioned": history_mentioned(written)}
        | overlap(said, references, encoder)
    )
    print_figures({"narratives": figures})


def print_figures(figures: Mapping[str, Mapping[str, float]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", *figures)
    for name in next(iter(figures.values())):
        table.add_row(name.replace("_", " "), *(f"{column[name]:.4f}" for column in figures.values()))
    Console().print(table)
