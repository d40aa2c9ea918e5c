"""When nothing meets every hard wish: which rows come nearest, what they miss, and why — to be said, never hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog, format_value
from convrec.chat.phrase import phrases, wanted
from convrec.chat.words import Words
from convrec.conversation import Constraint, Op

Reason = Literal["impossible", "sold_out", "exhausted"]
# What a refused brand or colour, another kind of thing, or one that does not fit weighs against any other wish missed.
_WEIGHTS = {"refused": 6.0, "compatible": 5.0, "category": 3.0, "other": 1.0}
_OPPOSITE = {Op.IS: Op.NOT, Op.NOT: Op.IS, Op.AT_MOST: Op.MORE, Op.LESS: Op.AT_LEAST, Op.AT_LEAST: Op.LESS}


@dataclass(frozen=True, slots=True)
class Nearest:
    """`rows`, nearest first, all miss exactly the constraints in `broken`."""

    rows: tuple[int, ...]
    broken: tuple[Constraint, ...]
    reason: Reason


def nearest(catalog: Catalog, hard: Sequence[Constraint], open_rows: NDArray[np.bool_], most: int) -> Nearest | None:
    """The rows among `open_rows`, (items,) bool, that miss the least; None where no row is open at all.

    To miss one wish is better than two, and of one kind the smaller distance is better: the cheapest first. Where a
    number is missed it is at most `most` rows; otherwise all that are as near.
    """
    candidates = np.flatnonzero(open_rows)
    if not len(candidates):
        return None
    holds = np.array([catalog.satisfies(c) for c in hard]).reshape(len(hard), len(catalog))
    met = holds.all(axis=0)
    reason: Reason = "exhausted" if (met & catalog.live).any() else "sold_out" if met.any() else "impossible"
    missed = ~holds[:, candidates]
    # what was said last counts a little more: it is what the person is talking about
    recency = np.linspace(1.0, 1.1, num=len(hard))
    cost = (np.array([_weight(c) for c in hard]) * recency) @ missed
    distance = np.zeros(len(candidates))
    for constraint, misses in zip(hard, missed, strict=True):
        distance += np.where(misses, _distance(catalog, constraint, candidates), 0.0)
    order = np.lexsort((candidates, distance, cost))
    pattern = missed[:, order[0]]
    alike = [int(candidates[i]) for i in order if (missed[:, i] == pattern).all()]
    broken = tuple(c for c, gone in zip(hard, pattern, strict=True) if gone)
    by_distance = any(distance[order[: len(alike)]] > 0)
    return Nearest(tuple(alike[:most] if by_distance else alike), broken, reason)


def said(found: Nearest, catalog: Catalog, hard: Sequence[Constraint], seen: str, words: Words) -> str:
    """The sentence that admits it. `seen` says what happened to what would have fitted: "seen", "bought or refused"."""
    broken = phrases((opposite(c) for c in found.broken), catalog)
    if found.reason == "exhausted":
        return words.say("exhausted", wanted=wanted(hard, catalog), reasons=seen, broken=broken)
    if found.reason == "sold_out":
        return f"{words.say('sold_out', wanted=wanted(hard, catalog))} {words.say('in_its_place', broken=broken)}"
    bound = _bound(found, catalog, hard, words)
    return words.say("impossible", wanted=wanted(hard, catalog), bound=bound, broken=broken)


def opposite(constraint: Constraint) -> Constraint:
    """What is true of an item that misses this constraint."""
    return replace(constraint, op=_OPPOSITE.get(constraint.op, Op.AT_MOST))


def _bound(found: Nearest, catalog: Catalog, hard: Sequence[Constraint], words: Words) -> str:
    """Where the prices of everything else that was asked for begin or end, if price is what cannot be met."""
    limits = [c for c in found.broken if c.facet == "price"]
    if not limits:
        return ""
    others = [c for c in hard if c.facet != "price"]
    prices = [price for row in np.flatnonzero(catalog.mask(others)) if (price := catalog[int(row)].price) is not None]
    if not prices:
        return ""
    among = wanted(others, catalog) if others else ""
    if limits[0].op in (Op.AT_MOST, Op.LESS):
        return words.say("cheapest", price=format_value("price", min(prices)), among=among)
    return words.say("dearest", price=format_value("price", max(prices)), among=among)


def _weight(constraint: Constraint) -> float:
    if constraint.op is Op.NOT:
        return _WEIGHTS["refused"]
    return _WEIGHTS.get(constraint.facet, _WEIGHTS["other"])


def _distance(catalog: Catalog, constraint: Constraint, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """(rows,) relative distance to the bound of a number; 0 for what is no number, infinite for a missing value."""
    facet = catalog.facets.get(constraint.facet)
    if facet is None or facet.kind != "number" or constraint.op is Op.NOT:
        return np.zeros(len(rows))
    bound = float(constraint.value)
    values = [catalog.value(int(row), constraint.facet) for row in rows]
    numbers = np.array([np.inf if v is None or isinstance(v, tuple) else float(v) for v in values])
    return np.abs(numbers - bound) / max(abs(bound), 1e-9)
