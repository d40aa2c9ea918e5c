"""`convrec regen`: texts written onto histories."""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convrec.errors import ConfigError

if TYPE_CHECKING:
    from convrec.datasets import Dataset
    from convrec.regen.backends import Backend, HttpBackend, LocalBackend
    from convrec.regen.pipeline import Counts, Run
    from convrec.regen.rate import Rating

app = typer.Typer(no_args_is_help=True, help="Critiques, narratives and dialogues written onto histories.")


@app.command("write")
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


class Annotators(StrEnum):
    GRAMMAR = "grammar"
    HTTP = "http"
    LOCAL = "local"


@app.command("run")
def regen_run(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder.")],
    out: Annotated[Path, typer.Option(help="The dataset folder to make; answers are kept beside it, in OUT.answers.")],
    annotator: Annotated[
        Annotators, typer.Option(help="What writes: our grammar, a server, or a model of this machine.")
    ],
    model: Annotated[str, typer.Option(help="http: the model's name there; local: a hub id or folder.")] = "",
    url: Annotated[str, typer.Option(help="http: such as http://127.0.0.1:8000/v1 (key: CONVREC_API_KEY).")] = "",
    level: Annotated[
        int | None, typer.Option(help="Category levels a pair must share; default: all but the last.")
    ] = None,
    share: Annotated[float, typer.Option(help="The share of positions that get each narrative.", min=0, max=1)] = 1.0,
    concurrency: Annotated[int, typer.Option(help="Texts being written at the same time.", min=1)] = 8,
    per_minute: Annotated[int, typer.Option(help="http: requests a minute at most; 0: no limit.", min=0)] = 0,
    budget: Annotated[int, typer.Option(help="Tokens the run may cost before it stops; 0: no limit.", min=0)] = 0,
    hold_out: Annotated[float, typer.Option(help="Share of users kept for validation and test.", min=0, max=0.9)] = 0.0,
    seed: Annotated[int, typer.Option(help="Draws everything that is random.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the dataset folder that is there.")] = False,
) -> None:
    """Write critiques and narratives onto every history, each checked before it is stored; run again to go on."""
    from convrec.datasets import read_dataset
    from convrec.language.encoder import load_encoder
    from convrec.language.reader import Reader
    from convrec.regen.annotators import GrammarAnnotator, ModelAnnotator
    from convrec.regen.answers_kept import KeptAnswers
    from convrec.regen.gates import Gates
    from convrec.regen.pipeline import Run
    from convrec.regen.tasks import NARRATIVES, Plan, coverage

    data = read_dataset(dataset)
    for name, covered in coverage(data.catalog, data.sequences()).items():
        print(f"adjacent pairs that share {name}: {covered:.1%}", file=sys.stderr)
    plan = Plan(level, dict.fromkeys(NARRATIVES, share), seed)
    gates = Gates(data.catalog, Reader(data.catalog, load_encoder()))
    if annotator is Annotators.GRAMMAR:
        run = Run(GrammarAnnotator(data.catalog, seed), gates, plan, concurrency, budget, hold_out)
        counts = asyncio.run(_with_progress(run, data, out, overwrite))
    else:
        backend, kept = _backend(annotator, model, url, per_minute), KeptAnswers(_answers(out))
        writer = ModelAnnotator(annotator, data.catalog, backend, kept, seed)
        run = Run(writer, gates, plan, concurrency, budget, hold_out)
        counts = asyncio.run(_with_progress(run, data, out, overwrite, backend))
        kept.close()
        print(f"{backend.retried:,} requests tried again, {kept.repeated:,} repeated after a stop", file=sys.stderr)
    for name, found in (("dropped", counts.dropped), ("refused", counts.refused)):
        for rule, number in found.most_common():
            print(f"{name}: {number:,} {rule}", file=sys.stderr)
    written = ", ".join(f"{number:,} {kind}" for kind, number in sorted(counts.written.items()))
    print(f"{out}: {written or 'nothing'}; {counts.tokens:,} tokens")


async def _with_progress(run: Run, data: Dataset, out: Path, overwrite: bool, backend: Backend | None = None) -> Counts:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        shown = bar.add_task("Writing", total=None)

        def progress(counts: Counts) -> None:
            left = f" of {run.budget:,}" if run.budget else ""
            spent = f"Writing ({counts.tokens:,}{left} tokens)" if counts.tokens else "Writing"
            bar.update(shown, total=counts.tasks, completed=counts.done, description=spent)

        try:
            return await run.write(data, out, progress, overwrite=overwrite)
        finally:
            if backend is not None:
                await backend.close()


class Raters(StrEnum):
    HTTP = "http"
    LOCAL = "local"


@app.command("rate")
def regen_rate(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder with turns.")],
    rater: Annotated[Raters, typer.Option(help="What judges: a server, or a model of this machine.")],
    model: Annotated[str, typer.Option(help="http: the model's name there; local: a hub id or folder.")],
    url: Annotated[str, typer.Option(help="http: such as http://127.0.0.1:8000/v1 (key: CONVREC_API_KEY).")] = "",
    count: Annotated[int, typer.Option(help="How many texts, drawn by seed.", min=1)] = 200,
    concurrency: Annotated[int, typer.Option(help="Texts being judged at the same time.", min=1)] = 8,
    per_minute: Annotated[int, typer.Option(help="http: requests a minute at most; 0: no limit.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Draws the texts.")] = 0,
) -> None:
    """Let a language model judge what was written, and say how far it agrees with the rule-based checks."""
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from convrec.datasets import read_dataset
    from convrec.language.encoder import load_encoder
    from convrec.language.reader import Reader
    from convrec.regen.answers_kept import KeptAnswers
    from convrec.regen.gates import Gates
    from convrec.regen.rate import rate, sample, summary

    data = read_dataset(dataset)
    texts = sample(data, count, seed)
    gates = Gates(data.catalog, Reader(data.catalog, load_encoder()))
    backend, kept = _backend(rater, model, url, per_minute), KeptAnswers(_answers(dataset))
    with Progress(console=Console(stderr=True)) as bar:
        shown = bar.add_task("Rating", total=len(texts))

        async def judge() -> list[Rating]:
            try:
                return await rate(
                    data, texts, backend, gates, kept, concurrency=concurrency, progress=lambda: bar.advance(shown)
                )
            finally:
                await backend.close()

        ratings = asyncio.run(judge())
    table = Table("", "texts", "faithful", "passes the rules", "agreement", "kappa", "relevant", "natural")
    for name, figures in summary(ratings, len(texts)).items():
        table.add_row(name, *(f"{figures[column]:.2f}" if column in figures else "" for column in COLUMNS))
    Console().print(table)


class ExportFormat(StrEnum):
    JSONL = "jsonl"
    PARQUET = "parquet"


@app.command("export")
def regen_export(
    dataset: Annotated[Path, typer.Argument(help="A dataset folder with turns.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    format: Annotated[ExportFormat, typer.Option(help="JSON lines, or Parquet.")] = ExportFormat.JSONL,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file that is there.")] = False,
) -> None:
    """Write the dataset with its texts as REGEN rows, one a purchase."""
    from convrec.datasets import read_dataset
    from convrec.regen.export import export

    print(f"{out}: {export(read_dataset(dataset), out, format.value, overwrite=overwrite):,} rows")


COLUMNS = ("texts", "faithful", "passes", "agreement", "kappa", "relevant", "natural")


def _backend(kind: str, model: str, url: str, per_minute: int) -> HttpBackend | LocalBackend:
    from convrec.regen.backends import HttpBackend, LocalBackend
    from convrec.settings import Settings

    if not model:
        raise ConfigError(f"{kind} needs --model: the name of what answers")
    if kind == "local":
        return LocalBackend(model)
    return HttpBackend(url, model, key=Settings().api_key, per_minute=per_minute)


def _answers(folder: Path) -> Path:
    """Where the answers about a dataset folder are kept: beside it."""
    return folder.with_name(f"{folder.name}.answers") / "answers.sqlite"
