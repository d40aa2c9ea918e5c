"""The `convrec` command. Thin: each command parses its arguments, calls one room, prints. Heavy imports are inside."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from convrec.commands import bench, data, evaluate, index, regen, rivals
from convrec.errors import ConfigError, ConvrecError


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
app.add_typer(data.app, name="data")
app.add_typer(regen.app, name="regen")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(rivals.app, name="rivals")
app.add_typer(bench.app, name="bench")
app.add_typer(index.app, name="index")


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
    from convrec.settings import Settings
    from convrec.ui.beside import importing

    settings = Settings()
    shoppers: Path | None = dataset or settings.dataset
    if model is not None and dataset is None:
        from convrec.model.saved import trained_on

        shoppers = trained_on(model)
    database = db or settings.database
    with importing(database, shoppers) as imported:
        from convrec.ui import serve as page

        page.serve(model or str(settings.model), imported, database, host or settings.host, port or settings.port)


if __name__ == "__main__":
    app()
