"""The values that cross the engine's border: what is asked of it, and what comes out, event by event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convrec.conversation import Path, PathTurn

__all__ = ["Chosen", "Event", "Finished", "Path", "PathTurn", "Request", "Sampling", "Token"]


@dataclass(frozen=True, slots=True)
class Sampling:
    temperature: float = 1.0  # 0: greedy
    max_tokens: int = 90  # of prose, for each item
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One reply to generate: `count` items out of `allowed`, each followed by its own words.

    `allowed` is (items,) bool; `forced` rows are shown instead of chosen ones (why, compare), in that order;
    `alternatives` further rows come with the choice. `narrate=False` only chooses. `together`: after the first item,
    prefer what is compatible with it.
    """

    path: Path
    allowed: NDArray[np.bool_]
    count: int = 1
    forced: tuple[int, ...] = ()
    alternatives: int = 3
    narrate: bool = True
    sampling: Sampling = Sampling()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The item step of one request: rows, best first, with what they were ranked by; `count` are shown.

    A score is in nats and says how much likelier one row is than another of the same step; it is no log-probability.
    """

    request: int
    rows: tuple[int, ...]
    scores: tuple[float, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Token:
    """One token of prose about `row`: plain text, or a fact token as its mark ("⟨price⟩"). Text pieces concatenate."""

    request: int
    row: int
    text: str
    is_fact: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """The words about `row` are complete (`reason` "end") or cut off ("length"; "stuck" where no phrase goes on)."""

    request: int
    row: int
    reason: str


Event = Chosen | Token | Finished
