"""Turns: REGEN's critiques and narratives, written onto purchase histories."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from convrec.language.facts import Context
from convrec.language.relations import similar
from convrec.regen.critiques import Phrasing
from convrec.regen.narratives import NarrativeKind
from convrec.regen.writer import Writer

WRITTEN = 5  # critiques for each pair, of which one is drawn
# The share of positions that get each narrative.
SHARES: dict[NarrativeKind, float] = {"purchase_reason": 0.12, "endorsement": 0.12, "user_summary": 0.08}
SUMMED_UP = 3  # purchases before there is anything to sum up


def turns_of(writer: Writer, rows: Sequence[int], rng: random.Random, phrasing: Phrasing) -> list[dict[str, Any]]:
    """The turns of one user: `rows` are the items bought, oldest first. A text at a position sees what came before."""
    turns: list[dict[str, Any]] = []
    for position in range(1, len(rows)):
        source, target, history = rows[position - 1], rows[position], tuple(rows[:position])
        if similar(writer.catalog, source, target):
            written = writer.critiques(source, target, rng, phrasing, WRITTEN, history)
            chosen = rng.randrange(len(written)) if written else -1
            turns += [
                _turn(writer, position, target, "critique", text, number == chosen)
                for number, (text, _) in enumerate(written)
            ]
        for kind, share in SHARES.items():
            if rng.random() < share and (kind != "user_summary" or position >= SUMMED_UP):
                text = writer.narrative(kind, target, Context(history), rng)
                turns.append(_turn(writer, position, target, kind, text, True))
    return turns


def _turn(writer: Writer, position: int, target: int, kind: str, text: str, chosen: bool) -> dict[str, Any]:
    return {
        "position": position,
        "target_item_id": writer.catalog[target].item_id,
        "kind": kind,
        "text": text,
        "chosen": chosen,
    }
