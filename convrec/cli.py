"""The `convrec` command. Thin: each command parses its arguments, calls one room, prints. Heavy imports are inside."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from convrec.errors import ConfigError, ConvrecError, DataError


class Commands(TyperGroup):
    """The one place where an error meant for the user becomes one line on stderr and exit code 1."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except ConvrecError as error:
            print(f"convrec: {' '.join(str(error).split())}", file=sys.stderr)
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False, help="A conversational recommender."
)
data_app = typer.Typer(no_args_is_help=True, help="Import, describe and check dataset folders.")
app.add_typer(data_app, name="data")
regen_app = typer.Typer(no_args_is_help=True, help="Critiques, narratives and dialogues written onto histories.")
app.add_typer(regen_app, name="regen")
evaluate_app = typer.Typer(no_args_is_help=True, help="Measure a model.")
app.add_typer(evaluate_app, name="evaluate")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(version("convrec"))
        raise typer.Exit


@app.callback()
def main(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


class SourceFormat(StrEnum):
    AMAZON_2014 = "amazon-2014"
    AMAZON_2018 = "amazon-2018"
    AMAZON_2023 = "amazon-2023"
    REGEN = "regen"
    JSONL = "jsonl"


@data_app.command("import")
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


@data_app.command("demo")
def data_demo(
    out: Annotated[Path, typer.Option(help="The dataset folder to make.")],
    seed: Annotated[int, typer.Option(help="Another seed is another shop.")] = 7,
    overwrite: Annotated[bool, typer.Option(help="Replace the folder if it exists.")] = False,
) -> None:
    """Build the demo dataset: an invented shop with critiques, narratives and dialogues (about a minute)."""
    from convrec.regen.demo import build_demo

    dataset = build_demo(out, seed, overwrite=overwrite)
    print(f"{out}: {len(dataset.catalog):,} items, {len(dataset.turns):,} turns, {len(dataset.dialogues):,} messages")


@data_app.command("describe")
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


@data_app.command("validate")
def data_validate(folder: Annotated[Path, typer.Argument(help="A dataset folder.")]) -> None:
    """Check a dataset folder; the exit code is 1 when something is wrong."""
    from convrec.datasets import read_dataset
    from convrec.datasets.describe import problems

    if found := problems(read_dataset(folder)):
        for line in found[:20]:
            print(line)
        raise DataError(f"{folder} has {len(found)} problem(s); correct its source and import or build it again")
    print(f"{folder} is sound")


@regen_app.command("write")
def regen_write(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder.")],
    out: Annotated[Path, typer.Option(help="The dataset folder to make.")],
    hold_out: Annotated[float, typer.Option(help="Share of users kept for validation and test.", min=0, max=0.9)] = 0.0,
    seed: Annotated[int, typer.Option(help="Draws everything that is random.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the dataset folder that is there.")] = False,
) -> None:
    """Write critiques, narratives and dialogues onto the histories of a dataset, by grammar: no model is needed."""
    from convrec.datasets import read_dataset, write_dataset
    from convrec.regen.annotate import annotate

    written = annotate(read_dataset(dataset), seed, hold_out=hold_out)
    write_dataset(written, out, overwrite=overwrite)
    print(f"{out}: {len(written.turns):,} turns, {len(written.dialogues):,} dialogue messages")


@app.command("train")
def train_command(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder.")],
    out: Annotated[Path, typer.Option(help="The model folder to write.")],
    recipe: Annotated[Path, typer.Option(help="What to train: a YAML file such as runs/recipes/shop.yaml.")],
    backbone: Annotated[
        str | None,
        typer.Option(help="A hub id or folder of a causal LM, or a Convrec model; without it, our own small one."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws everything that is random.")] = 0,
    threads: Annotated[int, typer.Option(help="Processor threads; 0: all.")] = 0,
) -> None:
    """Train a model on a dataset; a run that was stopped continues when the same command is given again."""
    from convrec.datasets import read_dataset
    from convrec.train.recipe import read_recipe
    from convrec.train.report import Console
    from convrec.train.run import train

    if threads:
        import torch

        torch.set_num_threads(threads)
    data, what = read_dataset(dataset), read_recipe(recipe)
    print(train(data, out, what, seed=seed, backbone=backbone, report=Console(), folder=str(dataset)))


@app.command()
def chat(
    model: Annotated[str | None, typer.Option(help="A model folder or hub id; default: the embedded one.")] = None,
    dataset: Annotated[Path | None, typer.Option(help="The dataset folder whose shoppers may chat.")] = None,
    user: Annotated[str | None, typer.Option(help="Who chats: a shopper's id; default: someone new.")] = None,
    db: Annotated[str | None, typer.Option(help="The database's URL.")] = None,
    say: Annotated[str | None, typer.Option(help="Say this, print the reply and end.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --say: the whole reply as JSON.")] = False,
) -> None:
    """Chat in the terminal."""
    from rich.console import Console

    from convrec.chat import terminal
    from convrec.chat.cast import load
    from convrec.chat.chat import Chat
    from convrec.datasets import read_dataset
    from convrec.model.saved import trained_on
    from convrec.settings import Settings
    from convrec.store import Store

    if as_json and say is None:
        raise ConfigError("--json prints one turn; give it with --say TEXT")
    settings = Settings()
    shoppers = dataset or (settings.dataset if model is None else trained_on(model))
    cast = load(model or str(settings.model))
    with Store(db or settings.database) as store:
        if shoppers is not None and user is not None:
            store.import_histories(read_dataset(shoppers))
        conversation_id = store.create_conversation(terminal.OWNER, user)
        talker = Chat(*cast, store)
        if say is None:
            terminal.talk(talker, conversation_id, Console())
        elif as_json:
            print(terminal.as_json(talker.say(terminal.OWNER, conversation_id, say), conversation_id))
        else:
            terminal.show(talker.say(terminal.OWNER, conversation_id, say), cast.catalog, Console())


@app.command()
def converse(
    files: Annotated[list[Path], typer.Argument(help="Scripts; of a folder, every *.yaml in it.")],
    model: Annotated[str | None, typer.Option(help="A model folder or hub id; default: the embedded one.")] = None,
    dataset: Annotated[Path | None, typer.Option(help="The dataset folder that knows the scripts' users.")] = None,
    db: Annotated[str | None, typer.Option(help="The database's URL; default: a new one, thrown away.")] = None,
    scripted: Annotated[bool, typer.Option("--scripted", help="The scripted engine instead of a model.")] = False,
) -> None:
    """Run scripted conversations; the exit code is 1 when something does not hold."""
    from rich.console import Console

    from convrec.chat.converse import converse_files

    if scripted and model is not None:
        raise ConfigError("--scripted runs without a model; leave --model out")
    if not converse_files(files, model=model, dataset=dataset, db=db, scripted=scripted, console=Console()):
        raise typer.Exit(1)


@app.command()
def serve(
    model: Annotated[str | None, typer.Option(help="A model folder or hub id; default: the embedded one.")] = None,
    dataset: Annotated[Path | None, typer.Option(help="The dataset folder whose shoppers can be chosen.")] = None,
    db: Annotated[str | None, typer.Option(help="The database's URL.")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on; 0.0.0.0 for every one.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
) -> None:
    """Open the page, and the JSON endpoints beside it."""
    from convrec.model.saved import trained_on
    from convrec.settings import Settings
    from convrec.ui import serve as page

    settings = Settings()
    shoppers = dataset or (settings.dataset if model is None else trained_on(model))
    page.serve(
        model or str(settings.model), shoppers, db or settings.database, host or settings.host, port or settings.port
    )


@evaluate_app.command("histories")
def evaluate_histories_command(
    dataset: Annotated[Path, typer.Argument(help="The dataset folder the model was trained on.")],
    model: Annotated[Path, typer.Option(help="A model folder.")],
) -> None:
    """Recall, NDCG and MRR of the next item from histories alone, beside popularity and text similarity."""
    from convrec.datasets import read_dataset
    from convrec.evaluate.histories import evaluate_histories
    from convrec.generate import load_engine

    _print_figures(evaluate_histories(load_engine(model), read_dataset(dataset)))


@evaluate_app.command("steering")
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
    for said in ("unseen", "train"):
        print(f"{said} wording")
        _print_figures(evaluate_steering(engine, data, reader, said))


@evaluate_app.command("narratives")
def evaluate_narratives_command(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder with test dialogues.")],
    model: Annotated[Path, typer.Option(help="A model folder.")],
    count: Annotated[int, typer.Option(help="How many narratives to write.", min=1)] = 500,
) -> None:
    """How much of what the model writes is true, before and after the check."""
    from convrec.datasets import read_dataset
    from convrec.evaluate.claims import count_claims
    from convrec.evaluate.language import write_narratives
    from convrec.evaluate.steering import questions
    from convrec.generate import load_engine
    from convrec.language.claims import ClaimChecker
    from convrec.language.encoder import load_encoder
    from convrec.language.reader import Reader

    engine = load_engine(model)
    asked = questions(read_dataset(dataset), Reader(engine.catalog, load_encoder()))[:count]
    written = write_narratives(engine, asked)
    _print_figures({"narratives": count_claims(ClaimChecker(engine.catalog), written)})


def _print_figures(figures: Mapping[str, Mapping[str, float]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", *figures)
    for name in next(iter(figures.values())):
        table.add_row(name.replace("_", " "), *(f"{column[name]:.4f}" for column in figures.values()))
    Console().print(table)


def _assignment(entry: str) -> tuple[str, str]:
    name, equals, value = entry.partition("=")
    if not (name and equals and value):
        raise ConfigError(f"--column {entry!r} should read ROLE=COLUMN, e.g. critique=my_column")
    return name, value


if __name__ == "__main__":
    app()
