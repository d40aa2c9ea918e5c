"""What the item step computes over the rows of an index: one call into loops in machine code (numba).

A step reads a few megabytes once, right after a forward that left nothing in the caches: what it costs beyond that is
calls, of which there is one, and tanh and exp of every logit, which are written so that a processor computes many at a
time. Compiled when first used, some seconds, and kept beside this file.

Throughout, `held` is a `model.index.Held`, and `asked` an `Asked`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from convrec.model.head import SOFT_CAP
from convrec.model.index import Held

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

compiled = njit(fastmath={"reassoc", "contract", "arcp", "nsz"}, nogil=True, cache=True, error_model="numpy")
_NONE, _SURE = np.float32(-np.inf), np.float32(np.inf)
_CAP = np.float32(SOFT_CAP)
_ZERO, _HALF, _ONE, _TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
_LOG2_E = np.float32(math.log2(math.e))
# 2^x for x in [-.5, .5] by Taylor's coefficients ln(2)^n / n!, to a relative error of 2e-7
_A1, _A2, _A3, _A4, _A5, _A6 = (np.float32(math.log(2) ** n / math.factorial(n)) for n in range(1, 7))


class Asked(NamedTuple):
    """What hidden states ask: `first` (states, clusters) the logits of the clusters, `states` (states, r) in the basis
    of the index, `shared` (states,) what every item's logit has, `weights` (states,) what each counts."""

    first: Floats
    states: Floats
    shared: Floats
    weights: Floats


class Limits(NamedTuple):
    """Where clusters that hold no more than `opened` rows are all there are to open, or no more than `few` rows are
    allowed, nothing is estimated. `slack`: deviations of the logits of members by which their reach may be mistaken;
    `margin`: nats by which the codes may be mistaken about the best of a cluster."""

    opened: int
    few: int
    slack: np.float32
    margin: np.float32


@compiled
def exp(x: np.float32) -> np.float32:
    """For |x| ≤ 80."""
    t = x * _LOG2_E
    whole = np.floor(t + _HALF)
    f = t - whole
    power = _ONE + f * (_A1 + f * (_A2 + f * (_A3 + f * (_A4 + f * (_A5 + f * _A6)))))
    scale: np.float32 = np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)
    out: np.float32 = power * scale
    return out


@compiled
def capped(over: np.float32) -> np.float32:
    """`model.head.soft_cap` of a logit that was divided by the cap."""
    over = min(max(over, np.float32(-20.0)), np.float32(20.0))
    return _CAP * (_ONE - _TWO / (exp(_TWO * over) + _ONE))


@compiled
def ask(said: Floats, bought: Floats, taste: float, held: Held) -> Asked:
    """What is asked by hidden states (hidden,): both, or one where they are the same."""
    apart = False
    for i in range(len(said)):
        apart |= said[i] != bought[i]
    clusters = len(held.variance)
    weights = np.array([_ONE, np.float32(taste)]) if apart else np.array([_ONE])
    told = np.zeros((len(weights), held.asks.shape[1]), dtype=np.float32)
    for i in range(len(said)):
        for j in range(held.asks.shape[1]):
            told[0, j] += said[i] * held.asks[i, j]
            if apart:
                told[1, j] += bought[i] * held.asks[i, j]
    for state in range(len(weights)):
        for c in range(clusters):
            told[state, c] = capped(told[state, c] / _CAP)
    return Asked(told[:, :clusters], told[:, clusters:-1].copy(), told[:, -1].copy(), weights)


@compiled
def search(
    said: Floats, bought: Floats, taste: float, held: Held, allowed: Flags, k: int, limits: Limits
) -> tuple[Rows, Floats, int]:
    """The k best of the `allowed` (items,) rows and their scores, best first, ties to the lower row, all where fewer
    are allowed; and how many rows were opened."""
    total = 0
    for row in range(len(allowed)):
        total += allowed[row]
    found, scores = np.empty(min(k, total), dtype=np.int64), np.empty(min(k, total), dtype=np.float32)
    if not len(found):
        return found, scores, 0
    asked = ask(said, bought, taste, held)
    order, promise = _ordered(asked, held, allowed, total, len(found), limits)
    return found, scores, _open(asked, held, allowed, order, promise, limits.margin, found, scores)


@compiled
def scores_of(said: Floats, bought: Floats, taste: float, held: Held, wanted: Rows) -> Floats:
    """(wanted,) the exact scores of some rows."""
    asked = ask(said, bought, taste, held)
    logits, scores = _room(held)
    queries = asked.states / _CAP
    out = np.empty(len(wanted), dtype=np.float32)
    places = held.places[wanted]
    last, begin = -1, 0
    for n in np.argsort(places):  # cluster by cluster
        if held.cluster_of[places[n]] != last:
            last = held.cluster_of[places[n]]
            begin = _score(held.coordinates, last, asked, queries, held, logits, scores)
        out[n] = scores[places[n] - begin]
    return out


@compiled
def _ordered(asked: Asked, held: Held, allowed: Flags, total: int, k: int, limits: Limits) -> tuple[Rows, Floats]:
    """(clusters worth it,) in the order to open them, and what the best of each scores by the codes.

    Infinity where all are to be opened that hold an allowed row, as few are. Left out are those of which no more can be
    expected than the k-th best found elsewhere.
    """
    alive = np.diff(held.starts)
    if 2 * total < len(allowed):
        alive[:] = 0
        for row in range(len(allowed)):
            if allowed[row]:
                alive[held.cluster_of[held.places[row]]] += 1
    order = np.flatnonzero(alive)
    rows = 0
    for cluster in order:
        rows += held.starts[cluster + 1] - held.starts[cluster]
    promise = np.full(len(order), _SURE)
    if total <= limits.few or rows <= limits.opened:
        return order, promise
    expected = _expected(asked, held, alive, limits.slack)[order]
    first = np.argsort(-expected)
    order, expected = order[first], expected[first]
    looked = _look(asked, held, allowed, order, expected, k, promise)
    first = np.argsort(-promise[:looked], kind="mergesort")
    return order[first], promise[first]


@compiled
def _look(asked: Asked, held: Held, allowed: Flags, order: Rows, expected: Floats, k: int, promise: Floats) -> int:
    """Looks at the codes of the clusters in `order` until no more is `expected` of one than the k-th best found.

    Fills `promise` with the best score of an allowed member of each, as many as the number returned.
    """
    logits, scores = _room(held)
    queries = asked.states * held.step / _CAP
    top = np.full(k, _NONE)  # the k best, the worst of them first
    for n in range(len(order)):
        if top[0] >= expected[n]:
            return n
        begin = _score(held.codes, order[n], asked, queries, held, logits, scores)
        best = _NONE
        for i in range(held.starts[order[n] + 1] - begin):
            if scores[i] > best and allowed[held.rows[begin + i]]:
                best = scores[i]
            if scores[i] > top[0] and allowed[held.rows[begin + i]]:
                at = 0
                while at + 1 < k and scores[i] > top[at + 1]:
                    top[at] = top[at + 1]
                    at += 1
                top[at] = scores[i]
        promise[n] = best
    return len(order)


@compiled
def _open(
    asked: Asked,
    held: Held,
    allowed: Flags,
    order: Rows,
    promise: Floats,
    margin: np.float32,
    found: Rows,
    best: Floats,
) -> int:
    """Opens the clusters in `order` while their `promise` is within `margin` of the k-th best found; returns how many
    rows that were, and fills `found` and `best` (k,)."""
    logits, scores = _room(held)
    queries = asked.states / _CAP
    k, count, opened = len(found), 0, 0
    for n in range(len(order)):
        if count == k and promise[n] < best[k - 1] - margin:
            break
        begin = _score(held.coordinates, order[n], asked, queries, held, logits, scores)
        size = held.starts[order[n] + 1] - begin
        opened += size
        for i in range(size):
            if count == k and scores[i] < best[k - 1]:
                continue
            row, score = held.rows[begin + i], scores[i]
            if not allowed[row] or (count == k and _before(best[k - 1], found[k - 1], score, row)):
                continue
            count = min(count + 1, k)
            at = count - 1
            while at and _before(score, row, best[at - 1], found[at - 1]):
                found[at], best[at] = found[at - 1], best[at - 1]
                at -= 1
            found[at], best[at] = row, score
    return opened


@compiled
def _score(
    vectors: NDArray[Any], cluster: int, asked: Asked, queries: Floats, held: Held, logits: Floats, scores: Floats
) -> int:
    """Fills `scores` with those of the members of a cluster by their `vectors` (items, r), the coordinates or their
    codes, and `queries` (states, r) to multiply them by, over the soft cap; returns where the members begin."""
    begin: int = held.starts[cluster]
    end = held.starts[cluster + 1]
    share = _ZERO
    scores[: end - begin] = _ZERO
    for state in range(len(asked.weights)):
        weight, shared = asked.weights[state], asked.shared[state] / _CAP
        for i in range(end - begin):
            product = shared
            for j in range(vectors.shape[1]):
                product += np.float32(vectors[begin + i, j]) * queries[state, j]
            logits[i] = product
        # The soft cap keeps every logit within ±30, so the sum of exponentials needs no maximum taken out.
        normaliser = _ZERO
        for i in range(end - begin):
            logit = capped(logits[i])
            normaliser += exp(logit)
            scores[i] += weight * logit
        share += weight * (asked.first[state, cluster] - np.float32(math.log(normaliser)))
    for i in range(end - begin):
        scores[i] += share
    return begin


@compiled
def _expected(asked: Asked, held: Held, alive: Rows, slack: np.float32) -> Floats:
    """(clusters,) the score to be expected of the best of the `alive` members of each (model.index): at most that of
    the cluster itself."""
    taste = np.zeros(held.variance.shape[1], dtype=np.float32)
    for state in range(len(asked.weights)):
        taste += asked.weights[state] * asked.states[state]
    out = np.empty(len(alive), dtype=np.float32)
    for c in range(len(alive)):
        size = np.float32(math.log(held.starts[c + 1] - held.starts[c]))
        critical = np.float32(math.sqrt(_TWO * size))
        bound = members = _ZERO
        for state in range(len(asked.weights)):
            spread = _deviation(asked.states[state], held.variance[c])
            mass = spread * spread * _HALF + size if spread < critical else spread * critical
            members += asked.weights[state] * (slack * spread - mass)
            bound += asked.weights[state] * asked.first[state, c]
        # Of fewer the largest lies less far out, by √(ln alive / ln n), and varies more: halfway between both.
        fewer = np.float32(math.sqrt(math.log(max(alive[c], 1)) / max(size, np.float32(1e-9))))
        largest = _deviation(taste, held.variance[c]) * held.reach[c] * (_ONE + fewer) * _HALF
        out[c] = min(bound, bound + members + largest)
    return out


@compiled
def _deviation(state: Floats, variance: Floats) -> np.float32:
    total = _ZERO
    for j in range(len(state)):
        total += state[j] * state[j] * variance[j]
    return np.float32(math.sqrt(total))


@compiled
def _before(score: np.float32, row: int, other_score: np.float32, other_row: int) -> bool:
    return bool(score > other_score or (score == other_score and row < other_row))


@compiled
def _room(held: Held) -> tuple[Floats, Floats]:
    """Room for the members of the largest cluster, twice."""
    largest = 0
    for c in range(len(held.starts) - 1):
        largest = max(largest, held.starts[c + 1] - held.starts[c])
    return np.empty(largest, dtype=np.float32), np.empty(largest, dtype=np.float32)
