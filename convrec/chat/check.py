"""What must hold of one reply of a script: each expectation that fails is one sentence; and what must always hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from convrec.catalog import Catalog
from convrec.chat.events import ChatEvent, Sentence, Shown
from convrec.chat.script import Between, ItemsCheck, NarrativeCheck, ReadingCheck, ScriptTurn, Wanted
from convrec.chat.state import State
from convrec.conversation import Constraint, Op, Reading, Reply, TextPart
from convrec.language.claims import ClaimChecker


@dataclass(frozen=True, slots=True)
class Facts:
    """One reply with what stood before and after it."""

    catalog: Catalog
    checker: ClaimChecker
    before: State
    after: State
    reply: Reply
    events: Sequence[ChatEvent]

    @property
    def rows(self) -> list[int]:
        return [self.catalog.row(item_id) for item_id in self.reply.item_ids]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.reply.parts if isinstance(part, TextPart))


def check(turn: ScriptTurn, facts: Facts) -> Iterator[str]:
    """Every expectation of `turn` that does not hold, and every promise to all users that was broken."""
    yield from _always(facts)
    if turn.reading is not None:
        yield from _reading(turn.reading, facts.reply.reading)
    if turn.items is not None:
        yield from _items(turn.items, facts)
    if turn.narrative is not None:
        yield from _narrative(turn.narrative, facts)
    if turn.in_force is not None:
        yield from _in_force(turn.in_force, facts.after.constraints)
    if turn.latency_ms is not None:
        yield from _latency(turn, facts.reply)


def _always(facts: Facts) -> Iterator[str]:
    """Never what is owned, refused, out of stock, or shown before without being pointed at; never a broken hard wish
    unless it was admitted."""
    catalog, before = facts.catalog, facts.before
    shown_before = facts.after.shown[: -len(facts.rows)] if facts.rows else ()
    pointed = {catalog.row(r.item_id) for r in facts.reply.reading.references if r.kind == "shown"}
    for row in facts.rows:
        title = catalog[row].title
        if row in before.history:
            yield f"{title} is owned already"
        if (row in shown_before and row not in pointed) or facts.rows.count(row) > 1:
            yield f"{title} was shown before"
        if row in before.refused:
            yield f"{title} was refused"
        if not catalog.live[row]:
            yield f"{title} is out of stock"
    released = "".join(e.text for e in facts.events if isinstance(e, Sentence))
    if facts.text != released:
        yield "the stored text is not what was released"
    if [e.item.item_id for e in facts.events if isinstance(e, Shown)] != list(facts.reply.item_ids):
        yield "the stored items are not those that were shown"
    if _admitted(facts.reply):
        return
    kinds = [c for c in facts.after.hard if c.facet == "category" and c.op is Op.IS]
    set_or_several = facts.reply.reading.together or len(kinds) > 1
    for row in facts.rows[:1] if set_or_several else facts.rows:
        for constraint in facts.after.hard:
            if constraint not in kinds[1:] and not catalog.satisfies(constraint)[row]:
                yield f"{catalog[row].title} breaks {' '.join(constraint.key)} without a word"


def _admitted(reply: Reply, *also: str) -> bool:
    """Whether a wish that must hold was given up and the reply said so, or what a note begins with that is asked for
    `also`."""
    return any(note.startswith(("impossible", "sold_out", "exhausted", *also)) for note in reply.evidence.notes)


def _reading(expected: ReadingCheck, reading: Reading) -> Iterator[str]:
    if expected.act is not None and reading.act != expected.act:
        yield f"read as {str(reading.act)!r}, expected {expected.act!r}"
    for wanted in expected.constraints:
        if not any(_is(wanted, constraint) for constraint in reading.constraints):
            yield f"did not read {_said(wanted)}; read {_listed(reading.constraints)}"
    for facet in expected.no_constraints:
        if any(c.facet == facet for c in reading.constraints):
            yield f"read a constraint on {facet}: {_listed(reading.constraints)}"
    for name, value, found in (
        ("references", expected.references, len(reading.references)),
        ("unmet", expected.unmet, bool(reading.unmet)),
        ("count", expected.count, reading.count),
        ("together", expected.together, reading.together),
    ):
        if value is not None and value != found:
            yield f"{name} was read as {found!r}, expected {value!r}"


def _items(expected: ItemsCheck, facts: Facts) -> Iterator[str]:
    catalog, rows = facts.catalog, facts.rows
    count = expected.count
    if isinstance(count, int) and len(rows) != count:
        yield f"{len(rows)} items shown, expected {count}"
    if isinstance(count, Between) and not count.min <= len(rows) <= count.max:
        yield f"{len(rows)} items shown, expected {count.min} to {count.max}"
    previous = facts.before.last_shown[0] if facts.before.last_shown else None
    before = catalog[previous] if previous is not None else None
    wanted_kinds = (expected.category,) if isinstance(expected.category, str) else expected.category or ()
    for row in rows:
        item = catalog[row]
        price = item.price if item.price is not None else float("inf")
        brand_not = before.brand if expected.brand_not == "previous" and before else expected.brand_not
        before_price = before.price if before and before.price is not None else None
        attributes = {**item.attributes}
        for failed, complaint in (
            (wanted_kinds and not set(wanted_kinds) & set(item.categories), f"is in {' > '.join(item.categories)}"),
            (expected.category_not in item.categories, f"is in {expected.category_not}"),
            (expected.brand is not None and item.brand != expected.brand, f"is by {item.brand}"),
            (brand_not is not None and item.brand == brand_not, f"is by {item.brand}"),
            (expected.price_max is not None and price > expected.price_max, f"costs {price}"),
            (expected.price_min is not None and price < expected.price_min, f"costs {price}"),
            (
                expected.price_below is not None and not (before_price is not None and price < before_price),
                f"costs {price}, which is not less than {before_price}",
            ),
            (
                expected.price_above is not None and not (before_price is not None and price > before_price),
                f"costs {price}, which is not more than {before_price}",
            ),
            (item.item_id in expected.excludes, "is excluded"),
        ):
            if failed:
                yield f"{item.title} {complaint}"
        for key, value in expected.attributes.items():
            if not _has(attributes.get(key), value):
                yield f"{item.title}: {key} is {attributes.get(key)!r}, expected {value!r}"
        for key, value in expected.attributes_not.items():
            if _has(attributes.get(key), value):
                yield f"{item.title}: {key} is {value!r}"
    offered = {*facts.reply.item_ids, *(part.item_id for part in facts.reply.alternatives)}
    if expected.in_top and not offered & set(expected.in_top):
        yield f"none of {', '.join(expected.in_top)} among {', '.join(sorted(offered))}"
    hosts = {"owned": list(facts.before.history), "first": rows[:1], None: []}[expected.fits]
    for row in rows[1:] if expected.fits == "first" else rows if expected.fits == "owned" else []:
        if not catalog.compatible(row)[hosts].any():
            yield f"{catalog[row].title} fits nothing of {expected.fits}"
    if expected.nearest and not _admitted(facts.reply, "preference"):
        yield "no wish was given up, or it was not said"


def _narrative(expected: NarrativeCheck, facts: Facts) -> Iterator[str]:
    text, words = facts.text, len(facts.text.split())
    first = facts.reply.item_ids[:1]
    values = {"title": "", "brand": "", "price": ""}
    if first:
        stated = next(part.facts for part in facts.reply.parts if getattr(part, "item_id", None) == first[0])  # type: ignore[union-attr]
        values = {name: stated.get(name, "") for name in values}
    for mention in expected.mentions:
        wanted = values[mention[1:-1]] if mention[:1] == "{" and mention[1:-1] in values else mention
        if wanted.casefold() not in text.casefold():
            yield f"does not mention {wanted!r}: {text[:200]!r}"
    for phrase in expected.not_contains:
        if phrase.casefold() in text.casefold():
            yield f"contains {phrase!r}: {text[:200]!r}"
    evidence = facts.reply.evidence
    if expected.claims_supported and evidence.released_true != evidence.released_claims:
        yield f"{evidence.released_claims - evidence.released_true} released claims are not supported"
    if words < expected.min_words:
        yield f"{words} words, expected at least {expected.min_words}"
    if expected.max_words is not None and words > expected.max_words:
        yield f"{words} words, expected at most {expected.max_words}"


def _in_force(expected: Sequence[Wanted], constraints: Sequence[Constraint]) -> Iterator[str]:
    for wanted in expected:
        if not any(_is(wanted, c) for c in constraints):
            yield f"{_said(wanted)} is not in force; in force: {_listed(constraints)}"
    for constraint in constraints:
        if not any(_is(wanted, constraint) for wanted in expected):
            yield f"{' '.join(constraint.key)} is in force, unexpectedly"


def _latency(turn: ScriptTurn, reply: Reply) -> Iterator[str]:
    assert turn.latency_ms is not None
    first, total = reply.timing.first_item_ms, reply.timing.total_ms
    if turn.latency_ms.first_item is not None and (first is None or first > turn.latency_ms.first_item):
        yield f"first item after {first} ms, expected {turn.latency_ms.first_item}"
    if turn.latency_ms.total is not None and total > turn.latency_ms.total:
        yield f"took {total:.0f} ms, expected {turn.latency_ms.total}"


def _is(wanted: Wanted, constraint: Constraint) -> bool:
    return (
        constraint.facet == wanted.facet
        and wanted.op in (None, str(constraint.op))
        and (wanted.value is None or _has(constraint.value, wanted.value))
        and wanted.hard in (None, constraint.hard)
    )


def _has(found: object, value: str | float | bool) -> bool:
    if isinstance(found, tuple):
        return str(value).casefold() in (str(entry).casefold() for entry in found)
    if isinstance(found, bool) or isinstance(value, bool):
        return (found or False) is value
    if isinstance(found, int | float) and isinstance(value, int | float):
        return abs(found - value) < 1e-6
    return str(found).casefold() == str(value).casefold()


def _said(wanted: Wanted) -> str:
    return " ".join(str(part) for part in (wanted.facet, wanted.op, wanted.value) if part is not None)


def _listed(constraints: Iterable[Constraint]) -> str:
    return ", ".join(" ".join(c.key) for c in constraints) or "nothing"
