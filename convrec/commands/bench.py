"""`convrec bench`: what decoding costs on this machine."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from convrec.evaluate.decode import Cost

app = typer.Typer(no_args_is_help=True, help="Measure what decoding costs on this machine.")


class ShapeName(StrEnum):
    TINY = "tiny"
    QWEN = "qwen3-0.6b"


@app.callback()
def bench() -> None:
    pass


@app.command("decode")
def decode_command(
    dataset: Annotated[Path, typer.Option(help="A dataset folder whose titles the rows are named by.")] = Path(
        "data/demo"
    ),
    model: Annotated[Path, typer.Option(help="The model folder whose shape is `tiny`.")] = Path("data/model"),
    shape: Annotated[ShapeName, typer.Option(help="The backbone: the embedded one's shape, or a larger.")] = (
        ShapeName.TINY
    ),
    items: Annotated[str, typer.Option(help="Catalogue sizes, with commas between.")] = "1000,10000,100000",
    rounds: Annotated[int, typer.Option(help="How often each system runs.", min=1)] = 10,
    threads: Annotated[int, typer.Option(help="Processor threads; 0: all.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the figures there, as JSON.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw cost against catalogue size there, as SVG.")] = None,
) -> None:
    """Single tokens beside semantic ids and titles as text: ms of prefill, item step and all, memory, tokens."""
    import json

    import torch
    from rich.console import Console

    from convrec.datasets import read_dataset
    from convrec.errors import ConfigError
    from convrec.evaluate.decode import measure, plot
    from convrec.evaluate.decode_systems import make_shape
    from convrec.language.encoder import load_encoder

    try:
        sizes = [int(size) for size in items.split(",")]
    except ValueError:
        raise ConfigError(f"--items takes numbers with commas between, not {items!r}") from None
    if min(sizes) < 1:
        raise ConfigError("a catalogue holds an item at least: --items")
    torch.set_num_threads(threads or torch.get_num_threads())
    console = Console(stderr=True)
    titles = [item.title for item in read_dataset(dataset).catalog.items]
    made = make_shape(shape.value, titles, model)
    costs = list(measure(made, titles, sizes, load_encoder(), rounds=rounds, report=console.print))
    _print_costs(costs)
    if out is not None:
        out.write_text(json.dumps([cost.as_dict() for cost in costs], indent=1) + "\n")
    if svg is not None:
        plot(costs, svg)


def _print_costs(costs: list[Cost]) -> None:
    """One table a catalogue size: medians, p95 in brackets."""
    from rich.console import Console
    from rich.table import Table

    from convrec.evaluate.decode import ratios

    console = Console(width=max(Console().width, 120))
    for n in dict.fromkeys(cost.items for cost in costs):
        table = Table(
            "system", "prefill, ms", "item step, ms", "total, ms", "tokens", "read, MB", "peak, MB", "times",
            title=f"{costs[0].shape}, {n:,} items",
        )  # fmt: skip
        times = ratios(costs, items=n)
        for c in (cost for cost in costs if cost.items == n):
            pairs = ((c.prefill_ms, c.prefill_p95_ms), (c.step_ms, c.step_p95_ms), (c.total_ms, c.total_p95_ms))
            shown = [f"{median:.1f} ({p95:.1f})" for median, p95 in pairs]
            rest = (f"{c.tokens}", f"{c.read_mb:.0f}", f"{c.peak_mb:.0f}", f"{times[c.system]:.1f}")
            table.add_row(c.system, *shown, *rest)
        console.print(table)
