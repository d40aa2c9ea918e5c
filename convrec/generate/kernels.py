"""What the item step computes over the rows of an index: one call into loops in machine code (numba).

A step reads a megabyte once, right after a forward that left nothing in the caches: what it costs beyond that is
calls, of which there is one, which is handed addresses (to take an array out of its object costs as much as to read ten
thousand codes), and tanh and exp of every logit, which are written so that a processor computes many at a time.
Compiled when first used, some seconds, and kept beside this file: one file, since numba compiles anew what stands in a
file that changed, and not what that calls elsewhere.

Throughout, `held` is a `model.index.Held`, and `asked` an `Asked`. An address is taken at its word: only
`generate.search` calls what asks for one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # of numba
from numba import njit, types
from numba.extending import intrinsic
from numba.np.numpy_support import carray
from numpy.typing import NDArray

from convrec.model.head import SOFT_CAP
from convrec.model.index import Held

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

compiled = njit(fastmath={"reassoc", "contract", "arcp", "nsz", "nnan"}, nogil=True, cache=True, error_model="numpy")
TOGETHER = 4  # coordinates of the codes that are multiplied at once: `model.index` lays out a multiple of it
AHEAD = 2  # clusters: how far ahead of the one that is looked at memory is asked for,
LINE = 64  # bytes at once
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


class Room(NamedTuple):
    """For the members of one cluster, as many as the largest has."""

    logits: Floats
    scores: Floats


class Settings(NamedTuple):
    """`taste` is that of `model.ranking`. Where clusters of no more than `opened` rows are all there are to open, or no
    more than `few` rows are allowed, nothing is estimated. `slack`: deviations of the logits of members by which their
    reach may be mistaken; `margin`: nats a state by which the codes may be mistaken about the best of a cluster."""

    taste: float
    opened: float
    few: float
    slack: float
    margin: float


def _pointer(to: Any) -> Any:
    """A function in machine code that takes an address for one of values of this type."""

    @intrinsic
    def pointer(context: Any, address: Any) -> Any:
        def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], target.get_value_type(signature.return_type))

        return types.CPointer(to)(address), generate  # type: ignore[no-untyped-call]

    return pointer


_fp64, _fp32 = _pointer(types.float64), _pointer(types.float32)
_int64, _int32 = _pointer(types.int64), _pointer(types.int32)
_int16, _int8 = _pointer(types.int16), _pointer(types.int8)


@compiled
def _settings(where: int) -> Settings:
    at = carray(_fp64(where), 5)
    return Settings(at[0], at[1], at[2], at[3], at[4])


@compiled
def _held(where: int) -> Held:
    at = carray(_int64(where), (13, 3))
    return Held(
        carray(_fp32(at[0, 0]), (at[0, 1], at[0, 2])),
        carray(_int16(at[1, 0]), (at[1, 1], at[1, 2])),
        carray(_fp32(at[2, 0]), at[2, 1]),
        carray(_int8(at[3, 0]), at[3, 1]),
        carray(_fp32(at[4, 0]), at[4, 1]),
        carray(_fp32(at[5, 0]), (at[5, 1], at[5, 2])),
        carray(_fp32(at[6, 0]), (at[6, 1], at[6, 2])),
        carray(_fp32(at[7, 0]), at[7, 1]),
        carray(_int64(at[8, 0]), at[8, 1]),
        carray(_int64(at[9, 0]), at[9, 1]),
        carray(_int64(at[10, 0]), at[10, 1]),
        carray(_int64(at[11, 0]), at[11, 1]),
        carray(_int64(at[12, 0]), at[12, 1]),
    )


@intrinsic
def _fetched(context: Any, address: Any) -> Any:
    """Tells the processor that the memory there will be wanted."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", (pointer,), kind)
        to_read, to_keep, of_data = number(0), number(3), number(1)
        builder.call(prefetch, [builder.inttoptr(args[0], pointer), to_read, to_keep, of_data])
        return target.get_dummy_value()

    return types.void(address), generate


@compiled
def _fetch(array: NDArray[Any]) -> None:
    for address in range(array.ctypes.data, array.ctypes.data + array.nbytes, LINE):
        _fetched(address)  # type: ignore[call-arg]  # numba gives it the context


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
    said: int, bought: int, where: int, settings: int, allowed: Flags, k: int, rows: int, scores: int
) -> tuple[int, int]:
    """Puts the k best of the `allowed` (items,) rows and their scores where `rows` (k,) int64 and `scores` (k,) fp32
    lie, best first, ties to the lower row, all where fewer are allowed.

    Returns how many those are, and how many rows were opened; in place of the first -1 where the mask is of other items
    and -2 where a state holds NaN or infinity. `said`, `bought` (hidden,) fp32, `where`, that of
    `model.index.IndexedHead`, and `settings` (5,) fp64, `Settings`, are addresses as well: an argument costs a
    microsecond, since a forward leaves nothing in the caches.
    """
    held, by = _held(where), _settings(settings)
    if len(allowed) != len(held.rows):
        return -1, 0
    finite = _finite(carray(_int32(said), len(held.asks)))
    if not finite or (bought != said and not _finite(carray(_int32(bought), len(held.asks)))):
        return -2, 0
    total = 0
    for row in range(len(allowed)):
        total += allowed[row]
    if not total or not k:
        return 0, 0
    asked = ask(carray(_fp32(said), len(held.asks)), carray(_fp32(bought), len(held.asks)), by.taste, held)
    found, best = carray(_int64(rows), min(k, total)), carray(_fp32(scores), min(k, total))
    room = _room(held)
    promise = _promised(asked, held, allowed, total, len(found), by, room)
    return _open(asked, held, allowed, promise, np.float32(by.margin * asked.weights.sum()), found, best, room)


@compiled
def _finite(bits: NDArray[np.int32]) -> bool:
    """Of fp32: by their exponents, since what is compiled here takes it that there are no NaN."""
    finite = True
    for one in bits:
        finite &= one & 0x7F800000 != 0x7F800000
    return finite


@compiled
def scores_of(said: int, bought: int, where: int, settings: int, wanted: Rows) -> Floats:
    """(wanted,) the scores of some rows."""
    held, taste = _held(where), _settings(settings).taste
    asked = ask(carray(_fp32(said), len(held.asks)), carray(_fp32(bought), len(held.asks)), taste, held)
    room = _room(held)
    out = np.empty(len(wanted), dtype=np.float32)
    places = held.places[wanted]
    last = -1
    for n in np.argsort(places):  # cluster by cluster
        if held.cluster_of[places[n]] != last:
            last = held.cluster_of[places[n]]
            _score(last, asked, held, room)
        out[n] = room.scores[places[n] - held.starts[last]]
    return out


@compiled
def _promised(asked: Asked, held: Held, allowed: Flags, total: int, k: int, by: Settings, room: Room) -> Floats:
    """(clusters,) what no allowed member of each exceeds, as far as the codes know: its best where that is among the k.

    Infinity where all are to be opened that hold an allowed row, as few are; minus infinity for those of which no more
    can be expected than the k-th best found elsewhere.
    """
    alive = np.diff(held.starts)
    if 2 * total < len(allowed):
        alive[:] = 0
        for row in range(len(allowed)):
            if allowed[row]:
                alive[held.cluster_of[held.places[row]]] += 1
    rows = 0
    promise = np.full(len(alive), _NONE)
    for c in range(len(alive)):
        if alive[c]:
            rows += held.starts[c + 1] - held.starts[c]
            promise[c] = _SURE
    if total > by.few and rows > by.opened:
        promise[:] = _NONE
        expected = _expected(asked, held, alive, np.float32(by.slack))
        _look(asked, held, allowed, expected, np.float32(by.margin * asked.weights.sum()), k, promise, room)
    return promise


@compiled
def _look(
    asked: Asked,
    held: Held,
    allowed: Flags,
    expected: Floats,
    margin: np.float32,
    k: int,
    promise: Floats,
    room: Room,
) -> None:
    """Looks at the codes of the clusters of which most is `expected`, until that is less by `margin` than the k-th best
    found, and fills in their `promise`."""
    scores = room.scores
    coordinates = min(len(held.step), asked.states.shape[1])
    queries = np.zeros((len(asked.weights), len(held.step)), dtype=np.float32)
    queries[:, :coordinates] = asked.states[:, :coordinates] * held.step[:coordinates]
    top = np.full(k, _NONE)  # the k best, the worst of them first
    order = np.empty((expected > _NONE).sum(), dtype=np.int64)
    for n in range(-AHEAD, len(order)):
        if n + AHEAD < len(order):
            order[n + AHEAD] = _largest(expected)
            promise[order[n + AHEAD]] = expected[order[n + AHEAD]] + margin
            expected[order[n + AHEAD]] = _NONE
            _fetch(held.mean[order[n + AHEAD]])
            _fetch(held.codes[held.blocks[order[n + AHEAD]] : held.blocks[order[n + AHEAD] + 1]])
        if n < 0:
            continue
        if top[0] >= promise[order[n]]:
            for c in order[n : n + AHEAD + 1]:
                promise[c] = _NONE
            return
        _sketch(order[n], asked, queries, held, room)
        begin, end = held.starts[order[n]], held.starts[order[n] + 1]
        best = _NONE
        for i in range(end - begin):
            best = max(best, scores[i])
        promise[order[n]] = min(best, top[0])
        if best <= top[0]:
            continue
        for i in range(end - begin):
            if scores[i] > top[0] and allowed[held.rows[begin + i]]:
                promise[order[n]] = max(promise[order[n]], scores[i])
                at = 0
                while at + 1 < k and scores[i] > top[at + 1]:
                    top[at] = top[at + 1]
                    at += 1
                top[at] = scores[i]


@compiled
def _open(
    asked: Asked,
    held: Held,
    allowed: Flags,
    promise: Floats,
    margin: np.float32,
    found: Rows,
    best: Floats,
    room: Room,
) -> tuple[int, int]:
    """Opens the clusters that `promise` most while that is within `margin` of the k-th best found; fills `found` and
    `best` (k,) and returns how many of them, and how many rows were opened."""
    scores = room.scores
    k, count, opened = len(found), 0, 0
    following = _largest(promise)
    while promise[following] > _NONE and (count < k or promise[following] >= best[k - 1] - margin):
        begin, end = held.starts[following], held.starts[following + 1]
        cluster, promise[following] = following, _NONE
        following = _largest(promise)
        _fetch(held.coordinates[held.starts[following] : held.starts[following + 1]])
        _score(cluster, asked, held, room)
        opened += end - begin
        for i in range(end - begin):
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
    return count, opened


@compiled
def _score(cluster: int, asked: Asked, held: Held, room: Room) -> None:
    """Fills the scores of `room` with those of the members of a cluster."""
    begin, end = held.starts[cluster], held.starts[cluster + 1]
    logits, scores = room
    scores[: end - begin] = _ZERO
    for state in range(len(asked.weights)):
        query, shared = asked.states[state], asked.shared[state]
        for i in range(begin, end):
            total = _ZERO
            for j in range(len(query)):
                total += np.float32(held.coordinates[i, j]) * query[j]
            logits[i - begin] = (shared + held.grain[i] * total) / _CAP
        _add(asked.weights[state], asked.first[state, cluster], logits[: end - begin], scores)


@compiled
def _sketch(cluster: int, asked: Asked, queries: Floats, held: Held, room: Room) -> None:
    """Fills the scores of `room` with those of the members of a cluster by their codes times `queries` (states, m)."""
    size = held.starts[cluster + 1] - held.starts[cluster]
    begin, width = held.blocks[cluster], _width(held, cluster)
    logits, scores = room
    scores[:size] = _ZERO
    for state in range(len(asked.weights)):
        logits[:width] = asked.shared[state] + _product(held.mean[cluster], asked.states[state])
        for j in range(0, queries.shape[1], TOGETHER):
            block = held.codes[begin + j * width : begin + (j + TOGETHER) * width]
            one, two = block[:width], block[width : 2 * width]
            three, four = block[2 * width : 3 * width], block[3 * width :]
            a, b, c, d = queries[state, j], queries[state, j + 1], queries[state, j + 2], queries[state, j + 3]
            for i in range(width):
                first, second = np.float32(one[i]) * a + np.float32(two[i]) * b, np.float32(three[i]) * c
                logits[i] += first + second + np.float32(four[i]) * d
        for i in range(width):
            logits[i] /= _CAP
        _add(asked.weights[state], asked.first[state, cluster], logits[:size], scores)


@compiled
def _add(weight: np.float32, first: np.float32, logits: Floats, scores: Floats) -> None:
    """Adds to `scores` what a state gives the members of a cluster whose `first` level and logits over the cap these
    are."""
    # The soft cap keeps every logit within ±30, so the sum of exponentials needs no maximum taken out.
    normaliser = _ZERO
    for i in range(len(logits)):
        logits[i] = capped(logits[i])
        normaliser += exp(logits[i])
    share = first - np.float32(math.log(normaliser))
    for i in range(len(logits)):
        scores[i] += weight * (logits[i] + share)


@compiled
def _expected(asked: Asked, held: Held, alive: Rows, slack: np.float32) -> Floats:
    """(clusters,) the score to be expected of the best of the `alive` members of each (model.index): the cluster's own
    less ln(1 + others ÷ the best), which is 0 where it has one member; minus infinity where none is alive."""
    taste = np.zeros(asked.states.shape[1], dtype=np.float32)
    for state in range(len(asked.weights)):
        taste += asked.weights[state] * asked.states[state]
    out = np.full(len(alive), _NONE)
    total = asked.weights.sum()
    for c in range(len(alive)):
        if not alive[c]:
            continue
        out[c] = _ZERO
        for state in range(len(asked.weights)):
            out[c] += asked.weights[state] * asked.first[state, c]
        count = held.starts[c + 1] - held.starts[c]
        if count == 1:
            continue
        size = np.float32(math.log(count - 1))
        critical = np.float32(math.sqrt(_TWO * size))
        others = spread = _ZERO
        for state in range(len(asked.weights)):
            spread = _deviation(asked.states[state], held.variance[c])
            mass = spread * spread * _HALF + size if spread < critical else spread * critical
            others += asked.weights[state] * (mass - slack * spread)
        if len(asked.weights) > 1:
            spread = _deviation(taste, held.variance[c])
        largest = spread * held.reach[c]
        if alive[c] < count:  # it lies less far out, by √(ln alive / ln count), and varies more: halfway between both
            largest *= (_ONE + np.float32(math.sqrt(math.log(alive[c]) / math.log(count)))) * _HALF
        behind = min(max((others - largest) / total, np.float32(-80.0)), np.float32(80.0))
        out[c] -= total * np.float32(math.log(_ONE + exp(behind)))
    return out


@compiled
def _deviation(state: Floats, variance: Floats) -> np.float32:
    total = _ZERO
    for j in range(len(variance)):
        total += state[j] * state[j] * variance[j]
    return np.float32(math.sqrt(total))


@compiled
def _product(one: Floats, other: Floats) -> np.float32:
    total = _ZERO
    for j in range(len(one)):
        total += one[j] * other[j]
    return np.float32(total)


@compiled
def _largest(values: Floats) -> int:
    """Where the first of the largest is."""
    best = _NONE
    for i in range(len(values)):
        best = max(best, values[i])
    for i in range(len(values)):
        if values[i] == best:
            return i
    return 0


@compiled
def _before(score: np.float32, row: int, other_score: np.float32, other_row: int) -> bool:
    return bool(score > other_score or (score == other_score and row < other_row))


@compiled
def _width(held: Held, cluster: int) -> int:
    """Of the codes of a cluster: how many members there is room for."""
    size = held.starts[cluster + 1] - held.starts[cluster]
    return int(max(size, (held.blocks[cluster + 1] - held.blocks[cluster]) // max(len(held.step), 1)))


@compiled
def _room(held: Held) -> Room:
    size = block = 0
    for cluster in range(len(held.starts) - 1):
        size = max(size, held.starts[cluster + 1] - held.starts[cluster])
        block = max(block, held.blocks[cluster + 1] - held.blocks[cluster])
    largest = max(size, block // max(len(held.step), 1))
    return Room(np.empty(largest, dtype=np.float32), np.empty(largest, dtype=np.float32))
