"""What a reply will be, before a model is asked: words from templates first, then which items may stand in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.chat import explain
from convrec.chat.nearest import nearest, said
from convrec.chat.phrase import listed
from convrec.chat.state import State
from convrec.chat.words import Words, quoted
from convrec.conversation import Act, Constraint, ItemPart, Op, Reading

ALTERNATIVES = 3
MOST_ITEMS = 5
Mask = NDArray[np.bool_]
_MOODS = (
    ("thanks", re.compile(r"\b(thanks?|thank you|thx|cheers|merci|danke|gracias)\b", re.I)),
    ("goodbye", re.compile(r"\b(bye|goodbye|see you|good night|that.?s all|that is all)\b", re.I)),
    ("hello", re.compile(r"\b(hello|hi|hey|good (morning|afternoon|evening)|greetings)\b", re.I)),
)
_SUM = re.compile(r"\b(together|total|altogether|both|sum|add|all of (them|it|those|these))\b", re.I)
_HOW_MUCH = re.compile(r"\b(how much|what.*\b(cost|price)|(cost|price).*\?)", re.I)
_MONEY = re.compile(r"\b(cost|costs|price|pay|spend|much|total|sum|add)\b", re.I)


@dataclass(frozen=True, slots=True)
class Slot:
    """One step of choosing: `count` items out of `allowed`, (items,) bool; `beside`: of what goes with those before."""

    allowed: Mask
    count: int = 1
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`opening` is said first; `ready` are items chosen earlier, shown without asking the model; `spare` are
    left of those for the next time. `slots` are chosen now.

    `notes` are for the evidence: each fallback and each wish that cannot be met.
    """

    opening: tuple[str, ...] = ()
    ready: tuple[ItemPart, ...] = ()
    spare: tuple[ItemPart, ...] = ()
    slots: tuple[Slot, ...] = ()
    notes: tuple[str, ...] = ()


def plan(text: str, reading: Reading, before: State, state: State, catalog: Catalog, words: Words) -> Plan:
    """The plan of the reply to one message: `before` is the state it met, `state` the one in which it is answered."""
    subjects = tuple(catalog.row(r.item_id) for r in reading.references if r.item_id in catalog)
    if answer := _cost(text, reading, subjects, before, catalog, words):
        return Plan(opening=(answer,))
    match reading.act:
        case Act.SOCIAL:
            mood = next((name for name, pattern in _MOODS if pattern.search(text)), "social")
            return Plan(opening=(words.say(mood, bought=len(state.history)),))
        case Act.OFF_TOPIC:
            return Plan(opening=(words.say("off_topic"),))
        case Act.PROFILE:
            return Plan(opening=(explain.profile(catalog, state, words),))
        case Act.RESTART if not (reading.constraints or reading.wishes or reading.unmet):
            return Plan(opening=(words.say("restart", bought=len(state.history)),))
        case Act.WHY:
            rows = subjects or before.last_shown
            answers = tuple(explain.why(catalog, row, before, words) for row in rows[:MOST_ITEMS])
            return Plan(opening=answers or (words.say("nothing_shown_yet"),))
        case Act.COMPARE:
            rows = _at_least_two(subjects, before)
            answer = explain.compare(catalog, rows, words) if rows else words.say("nothing_shown_yet")
            return Plan(opening=(answer,))
        case _:
            return _choice(reading, before, state, catalog, words)


def open_rows(state: State, catalog: Catalog) -> Mask:
    """(items,) True for what may be shown at all: in stock, neither owned nor shown nor refused on this path."""
    mask = catalog.live.copy()
    mask[[*state.history, *state.shown, *state.refused]] = False
    return mask


def beside(catalog: Catalog, rows: list[int], allowed: Mask) -> Mask:
    """What of `allowed` goes with `rows`: what fits one of them, else another kind of the same department."""
    leaves = {catalog[row].leaf for row in rows}
    departments = {catalog[row].categories[:1] for row in rows}
    other: Mask = allowed & np.array([item.leaf not in leaves for item in catalog.items], dtype=bool)
    fits = np.array([catalog.compatible(row) for row in rows]).any(axis=0)
    fitting: Mask = other & fits
    if fitting.any():
        return fitting
    akin: Mask = other & np.array([item.categories[:1] in departments for item in catalog.items], dtype=bool)
    return akin


def _choice(reading: Reading, before: State, state: State, catalog: Catalog, words: Words) -> Plan:
    free = open_rows(state, catalog)
    opening: list[str] = []
    notes = [f"unmet: {wish}" for wish in reading.unmet]
    if reading.unmet:
        more = bool(reading.constraints or reading.wishes)
        departments = listed(dict.fromkeys(i.categories[0].lower() for i in catalog.items if i.categories))
        unmet = listed(map(quoted, reading.unmet), "or")
        opening.append(words.say("not_stocked", words=unmet, departments=departments, more=more))
        if not more:
            return Plan(tuple(opening), notes=tuple(notes))
    if not free.any():
        return Plan((*opening, words.say("nothing_left")), notes=(*notes, "nothing left"))

    if reading.act is Act.MORE and not reading.references:
        # they met all earlier wishes, or their reply said which one they miss: only this message can rule them out
        fits = free & catalog.mask(c for c in reading.constraints if c.hard)
        ready = tuple(item for item in before.offered if item.item_id in catalog and fits[catalog.row(item.item_id)])
        if ready:
            most = reading.count or ALTERNATIVES
            return Plan(tuple(opening), ready=ready[:most], spare=ready[most:], notes=tuple(notes))

    if reading.act in (Act.STEER, Act.RECOMMEND) and not reading.constraints:
        # "show me the Tarn Glide", an alternative of the last reply called by its name: it was chosen already
        named = {r.item_id for r in reading.references if r.kind == "named"}
        ready = tuple(item for item in before.offered if item.item_id in named and free[catalog.row(item.item_id)])
        if ready:
            spare = tuple(item for item in before.offered if item not in ready)
            return Plan(tuple(opening), ready=ready, spare=spare, notes=tuple(notes))

    count = min(reading.count or 1, MOST_ITEMS)

    def relaxed(hard: Sequence[Constraint], most: int) -> Mask:
        """What comes nearest, after saying what it misses."""
        allowed, sentence, note = _nearest(hard, most, state, free, catalog, words)
        opening.append(sentence)
        notes.append(note)
        return allowed

    kinds = _separate_kinds(state.hard, catalog)
    if kinds:
        others = [c for c in state.hard if c not in kinds]
        slots = []
        for kind in kinds:
            hard = [kind, *(c for c in others if _applies(c, kind, catalog))]
            allowed = free & catalog.mask(hard)
            slots.append(Slot(allowed if allowed.any() else relaxed(hard, 1)))
        return Plan(tuple(opening), slots=tuple(slots), notes=tuple(notes))

    allowed = free & catalog.mask(state.hard)
    if not allowed.any():
        allowed = relaxed(state.hard, count)
    elif alike := [r.item_id for r in reading.references if r.kind == "shown"]:
        allowed = _alike(allowed, catalog.row(alike[0]), reading, catalog)
    if reading.together:
        general = [c for c in state.hard if c.facet in ("price", "brand")]
        followers = free & catalog.mask(general)
        more_slots = max(reading.count or 2, 2) - 1
        slots = [Slot(allowed), *(Slot(followers, beside=True) for _ in range(min(more_slots, MOST_ITEMS - 1)))]
        return Plan(tuple(opening), slots=tuple(slots), notes=tuple(notes))
    if (found := int(allowed.sum())) < count:
        opening.append(words.say("fewer", asked=count, found=found))
        notes.append(f"{count} items asked, {found} fit")
        count = found
    return Plan(tuple(opening), slots=(Slot(allowed, count),), notes=tuple(notes))


def _nearest(
    hard: Sequence[Constraint], most: int, state: State, free: Mask, catalog: Catalog, words: Words
) -> tuple[Mask, str, str]:
    """The mask of what comes nearest among `free`, the sentence that says what it misses, and the note."""
    found = nearest(catalog, hard, free, most)
    assert found is not None, "asked only while something is free"
    gone = catalog.mask(hard) & ~free
    reasons = [
        word
        for word, rows in (("seen", state.shown), ("bought", state.history), ("refused", state.refused))
        if gone[list(rows)].any()
    ]
    allowed = np.zeros(len(catalog), dtype=bool)
    allowed[list(found.rows)] = True
    sentence = said(found, catalog, hard, listed(reasons, "or"), words)
    return allowed, sentence, f"{found.reason}: gave up {', '.join(' '.join(c.key) for c in found.broken)}"


def _cost(text: str, reading: Reading, subjects: tuple[int, ...], before: State, catalog: Catalog, words: Words) -> str:
    """The answer to "how much is it?" and "what do both cost together?"; empty where nothing of the kind was asked."""
    if reading.constraints or not _MONEY.search(text):
        return ""
    if _SUM.search(text):
        rows = _at_least_two(subjects, before)
        return explain.total(catalog, rows, words) if len(rows) >= 2 else ""
    rows = subjects or before.last_shown
    return explain.price(catalog, rows[0], words) if rows and _HOW_MUCH.search(text) else ""


def _at_least_two(subjects: tuple[int, ...], before: State) -> tuple[int, ...]:
    """What is spoken of: what the message points at, or else the last reply, filled up with what was shown earlier."""
    rows = subjects or before.last_shown
    if len(rows) < 2:
        rows = tuple(dict.fromkeys((*rows, *before.last_shown, *reversed(before.shown))))[:2]
    return rows[:MOST_ITEMS]


def _separate_kinds(hard: tuple[Constraint, ...], catalog: Catalog) -> list[Constraint]:
    """ "A pen and a notebook": categories that no single item has, to be answered one by one."""
    kinds = [c for c in hard if c.facet == "category" and c.op is Op.IS]
    return kinds if len(kinds) > 1 and not catalog.mask(kinds).any() else []


def _applies(constraint: Constraint, kind: Constraint, catalog: Catalog) -> bool:
    """Whether a wish concerns this kind of thing: with several kinds asked for, "blue" and "ruled" need not."""
    if constraint.facet in ("price", "brand") or constraint.op is Op.NOT:
        return True
    return bool((catalog.satisfies(constraint) & catalog.satisfies(kind)).any())


def _alike(allowed: Mask, row: int, reading: Reading, catalog: Catalog) -> Mask:
    """ "More like the second one": things of its kind, unless the message names another kind or none is left."""
    if any(c.facet in ("category", "compatible") for c in reading.constraints):
        return allowed
    same = allowed & np.array([item.leaf == catalog[row].leaf for item in catalog.items], dtype=bool)
    return same if same.any() else allowed
