"""What a long training says on the way: one live line for steps, one lasting line an epoch."""

from __future__ import annotations

import sys
import time


class Console:
    """A `Report` for people: progress and time left on a terminal, a plain line an epoch elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._begun = time.monotonic()

    def __call__(self, event: str, figures: dict[str, float]) -> None:
        if event == "step":
            self._step(figures)
            return
        if event == "phase":
            self._begun = time.monotonic()
        line = ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in figures.items())
        print(f"{chr(13) if self._live else ''}{event}: {line}", file=sys.stderr, flush=True)

    def _step(self, figures: dict[str, float]) -> None:
        if not self._live:
            return
        done = (figures["epoch"] + figures["batch"] / figures["batches"]) / figures["of"]
        left = (time.monotonic() - self._begun) * (1 - done) / done if done > 0 else 0.0
        print(f"\r{done:6.1%} of this phase, {left / 60:.0f} min left ", end="", file=sys.stderr, flush=True)


def _short(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.4f}"
