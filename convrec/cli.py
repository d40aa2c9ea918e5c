"""The `convrec` command. Thin: each command parses its arguments, calls one room, prints. Heavy imports are inside."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from typer.core import TyperGroup

from convrec.errors import ConvrecError


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


if __name__ == "__main__":
    app()
