"""`convrec bench decode`: what one recommendation costs by catalogue size and system, on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from convrec.evaluate.decode_systems import SINGLE, Shape, System, synthetic_titles, systems
from convrec.model.prompt import Encoder

FORWARD = "forward alone"


@dataclass(frozen=True)
class Cost:
    """Milliseconds of `runs` recommendations; prefill ends with the first forward, the rest is the item step.

    `read_mb` is what must be read from memory at least. `peak_mb` is the most that was resident while it ran, models
    and tables included; nan where the operating system does not tell.
    """

    shape: str
    items: int
    system: str
    tokens: int
    beams: int
    runs: int
    prefill_ms: float
    prefill_p95_ms: float
    step_ms: float
    step_p95_ms: float
    total_ms: float
    total_p95_ms: float
    read_mb: float
    peak_mb: float

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def measure(
    shape: Shape,
    titles: Sequence[str],
    sizes: Sequence[int],
    encoder: Encoder,
    *,
    rounds: int,
    report: Callable[[str], None],
    seconds: float = 0.5,
) -> Iterator[Cost]:
    """The costs of every system at every catalogue size.

    In a round each system runs for `seconds`, once at least, so that all meet the same machine. The first round warms
    up: it counts only where it is the only one.
    """
    for n in sizes:
        report(f"{shape.name}: building {n:,} items")
        found = systems(shape, synthetic_titles(titles, n, np.random.default_rng(0)), encoder)
        times: dict[str, list[tuple[float, float]]] = {}
        peaks = {system.name: 0.0 for system in found}
        first = _First()
        with shape.forwards(first.mark):
            for number in range(rounds):
                if number == 1:
                    times.clear()
                for system in found:
                    _forget_peak()
                    found_ms = first.timed(system.run, seconds)
                    times.setdefault(system.name, []).extend(found_ms)
                    peaks[system.name] = max(peaks[system.name], _peak_mb())
                    report(f"round {number + 1} of {rounds}, {n:,} items, {system.name}: {found_ms[-1][1]:.1f} ms")
        for single in found:
            if single.name.startswith(SINGLE):
                alone = System(single.name.replace(SINGLE, FORWARD), single.run, 0, shape.layers_mb)
                prefills = [prefill for prefill, _ in times[single.name]]
                yield _cost(shape, n, alone, [(p, p) for p in prefills], peaks[single.name])
        for system in found:
            yield _cost(shape, n, system, times[system.name], peaks[system.name])


def ratios(costs: Sequence[Cost], *, items: int, base: str = SINGLE) -> dict[str, float]:
    """How many times the total of `base` each system takes, by its name, over one catalogue size."""
    here = {cost.system: cost.total_ms for cost in costs if cost.items == items}
    return {name: total / here[base] for name, total in here.items()}


def plot(costs: Sequence[Cost], path: Path) -> None:
    """Total milliseconds against catalogue size, both logarithmic, a line a system; an SVG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name in dict.fromkeys(cost.system for cost in costs):
        line = [cost for cost in costs if cost.system == name]
        style = "--" if name.startswith(FORWARD) else ":" if name.endswith("loop") else "-"
        axes.plot([c.items for c in line], [c.total_ms for c in line], style, marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="items in the catalogue", ylabel="ms a recommendation")
    axes.set_title(f"One recommendation, {costs[0].shape}")
    axes.grid(alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    figure.savefig(path, metadata={"Date": None})


class _First:
    """Marks when the first forward of a run ends: with single tokens, beams and `generate` alike."""

    def __init__(self) -> None:
        self._ended: float | None = None

    def mark(self) -> None:
        self._ended = self._ended or time.perf_counter()

    def timed(self, run: Callable[[], object], seconds: float) -> list[tuple[float, float]]:
        """(ms until the first forward is done, ms in all) of runs of `seconds` together, one at least."""
        times: list[tuple[float, float]] = []
        while not times or sum(total for _, total in times) < 1000 * seconds:
            self._ended = None
            began = time.perf_counter()
            run()
            ended = time.perf_counter()
            times.append((1000 * ((self._ended or ended) - began), 1000 * (ended - began)))
        return times


def _cost(shape: Shape, items: int, system: System, times: Sequence[tuple[float, float]], peak_mb: float) -> Cost:
    prefill, step, total = [p for p, _ in times], [t - p for p, t in times], [t for _, t in times]
    return Cost(
        shape.name, items, system.name, system.tokens, system.beams, len(times),
        statistics.median(prefill), _p95(prefill), statistics.median(step), _p95(step),
        statistics.median(total), _p95(total), system.read_mb, peak_mb,
    )  # fmt: skip


def _p95(values: Sequence[float]) -> float:
    return float(np.quantile(values, 0.95))


def _forget_peak() -> None:
    with suppress(OSError):  # Linux; elsewhere the peak is that of the whole process
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float:
    """The most memory resident since `_forget_peak`."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return float("nan")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000
