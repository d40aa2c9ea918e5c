"""Which items may stand in a reply: the masks, what was chosen already, and what to admit where no item fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.chat.nearest import nearest, said
from convrec.chat.phrase import listed, wanted
from convrec.chat.state import State, shown_again
from convrec.chat.words import Words, quoted
from convrec.conversation import Act, Constraint, ItemPart, Op, Reading

ALTERNATIVES = 3
MOST_ITEMS = 5
GENERAL = ("price", "brand", "category")  # what goods of any kind have
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Slot:
    """One step of choosing: `count` items out of `allowed`, (items,) bool; `beside`: of what goes with those before."""

    allowed: Mask
    count: int = 1
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`opening` is said first; `ready` are items chosen earlier, shown without asking the model, `spare` what is left
    of those for the next time; `slots` are chosen now.

    `notes` are for the evidence: each fallback and each wish that cannot be met.
    """

    opening: tuple[str, ...] = ()
    ready: tuple[ItemPart, ...] = ()
    spare: tuple[ItemPart, ...] = ()
    slots: tuple[Slot, ...] = ()
    notes: tuple[str, ...] = ()


def open_rows(state: State, catalog: Catalog) -> Mask:
    """(items,) True for what may be shown at all: in stock, neither owned nor shown nor refused on this path."""
    mask = catalog.live.copy()
    mask[[*state.history, *state.shown, *state.refused]] = False
    return mask


def beside(catalog: Catalog, rows: Sequence[int], allowed: Mask) -> Mask:
    """What of `allowed` goes with `rows`: of other kinds, what fits one of them, else of their department, else any."""
    items = [catalog[row] for row in rows]
    other: Mask = allowed & ~_in_any(catalog, {item.leaf for item in items})
    fits: Mask = np.logical_or.reduce([catalog.compatible(row) for row in rows])
    if (other & fits).any():
        return other & fits
    return _narrowed(other, _in_any(catalog, {item.categories[0] for item in items if item.categories}))


@dataclass
class Choice:
    """The choice for one message: `before` is the state it met, `state` the one in which it is answered."""

    reading: Reading
    before: State
    state: State
    catalog: Catalog
    words: Words
    opening: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.free = open_rows(self.state, self.catalog)
        references = [r for r in self.reading.references if r.item_id in self.catalog]
        self.like = [self.catalog.row(r.item_id) for r in references if r.kind == "shown"]
        self.named = [self.catalog.row(r.item_id) for r in references if r.kind == "named"]

    def plan(self) -> Plan:
        if self.reading.unmet and not self._admit_unmet():
            return self._planned()
        if not self.free.any():
            self.opening.append(self.words.say("nothing_left"))
            self.notes.append("nothing left")
            return self._planned()
        for thing in self.reading.unowned:
            self.opening.append(self.words.say("not_owned", thing=quoted(thing)))
            self.notes.append(f"not owned: {thing}")
        if ready := self._ready():
            spare = tuple(item for item in self.before.offered if item not in ready)
            return self._planned(ready=ready, spare=spare)
        if (again := shown_again(self.state.turns[-1].text, self.reading, self.before, self.catalog)) is not None:
            return self._planned(slots=(Slot(np.arange(len(self.catalog)) == again),))
        return self._planned(slots=tuple(self._slots()))

    def _planned(
        self, ready: tuple[ItemPart, ...] = (), spare: tuple[ItemPart, ...] = (), slots: tuple[Slot, ...] = ()
    ) -> Plan:
        return Plan(tuple(self.opening), ready, spare, slots, tuple(self.notes))

    def _admit_unmet(self) -> bool:
        """Says what the shop does not have; whether there is something else in the message to go by."""
        more = bool(self.reading.constraints or self.reading.wishes)
        departments = listed(dict.fromkeys(i.categories[0].lower() for i in self.catalog.items if i.categories))
        unmet = listed(map(quoted, self.reading.unmet), "or")
        self.opening.append(self.words.say("not_stocked", words=unmet, departments=departments, more=more))
        self.notes += [f"unmet: {wish}" for wish in self.reading.unmet]
        return more

    def _ready(self) -> tuple[ItemPart, ...]:
        """Alternatives of the last reply that are asked for: "others", or one by its name. They were chosen already."""
        # They met all earlier wishes, or their reply said which one they miss: only this message can rule them out.
        fits = self.free & self.catalog.mask(c for c in self.reading.constraints if c.hard)
        offered = [
            (self.catalog.row(item.item_id), item) for item in self.before.offered if item.item_id in self.catalog
        ]
        left = [(row, item) for row, item in offered if fits[row]]
        if self.named and not self.reading.constraints:
            return tuple(item for row, item in left if row in self.named)
        if self.reading.act is Act.MORE and not self.reading.references:
            return tuple(item for _, item in left)[: self.reading.count or ALTERNATIVES]
        return ()

    def _slots(self) -> list[Slot]:
        if kinds := self._separate_kinds():
            return [self._slot_of(kind, first=number == 0) for number, kind in enumerate(kinds)]
        count = min(self.reading.count or 1, MOST_ITEMS)
        allowed = self.free & self.catalog.mask(self.state.hard)
        if not allowed.any():
            allowed = self._nearest(self.state.hard, count)
        elif self.like and not any(c.facet in ("category", "compatible") for c in self.reading.constraints):
            # "more like the second one" means things of its kind, while there are any
            allowed = _narrowed(allowed, _in_any(self.catalog, {self.catalog[self.like[0]].leaf}))
        elif self.named:
            by_name = np.zeros(len(self.catalog), dtype=bool)
            by_name[self.named] = True
            allowed = _narrowed(allowed, by_name)
        if maybe := [c for c in self.state.constraints if c.facet == "category" and c.op is Op.IS and not c.hard]:
            either: Mask = allowed & np.logical_or.reduce([self.catalog.satisfies(c) for c in maybe])
            if either.any():
                allowed = either  # a kind of thing that is only probably meant comes first all the same
            elif len(maybe) == 1:
                allowed = self._nearest([*self.state.hard, maybe[0]], count)
        for wish in self.reading.constraints:
            if wish.op in (Op.LESS, Op.MORE):  # "a bit finer, maybe": never the same again while there is a finer one
                allowed = _narrowed(allowed, self.catalog.satisfies(wish))
        self._admit_wishes(maybe)
        if self.reading.together:
            general = [c for c in self.state.hard if c.facet in ("price", "brand")]
            follower = Slot(self.free & self.catalog.mask(general), beside=True)
            return [Slot(allowed), *[follower] * (max(count, 2) - 1)]
        if (found := int(allowed.sum())) < count:
            self.opening.append(self.words.say("fewer", asked=count, found=found))
            self.notes.append(f"{count} items asked, {found} fit")
        return [Slot(allowed, min(count, found))]

    def _admit_wishes(self, maybe: Sequence[Constraint]) -> None:
        """Says where nothing of the kind asked for (`maybe` only probably) meets a wish that need not hold: "she loves
        purple", of pencil cases none of which is violet."""
        in_force = [*self.state.hard, *maybe]
        kinds = [c for c in in_force if (c.facet, c.op) == ("category", Op.IS)]
        if self.opening or not kinds or not self.catalog.mask(in_force).any():
            return
        wishes: dict[str, list[Constraint]] = {}
        for wish in self.reading.constraints:
            if not wish.hard and wish.facet not in ("category", "compatible"):
                wishes.setdefault(wish.facet, []).append(wish)
        for facet, same in wishes.items():  # "blue or black": either
            rest = [c for c in in_force if c.facet != facet]
            if not any(self.catalog.mask([*rest, wish]).any() for wish in same):
                self.opening.append(self.words.say("no_such", wanted=wanted([same[0], *rest], self.catalog)))
                self.notes.append(f"preference not met: {' '.join(same[0].key)}")
                return

    def _separate_kinds(self) -> list[Constraint]:
        """A pen and a notebook: categories that no single item has are answered one by one."""
        kinds = [c for c in self.state.constraints if c.facet == "category" and c.op is Op.IS]
        if len(kinds) < 2 or self.like or self.named or self.catalog.mask(kinds).any():
            return []
        # "Extra fine, though", of a pen and a bottle of ink: what only some of them can be is said of those.
        said = [c for c in self.reading.constraints if c.facet in self.catalog.facets and c.facet not in GENERAL]
        meant = [k for k in kinds if any((self.catalog.satisfies(c) & self.catalog.satisfies(k)).any() for c in said)]
        return (meant if self.reading.act is Act.STEER and meant else kinds)[:MOST_ITEMS]

    def _slot_of(self, kind: Constraint, first: bool) -> Slot:
        """With several kinds asked for, a wish like "ruled" concerns those that can have it; price and brand all."""
        of_kind = self.catalog.satisfies(kind)
        others = [c for c in self.state.hard if c.facet != "category" or c.op is Op.NOT]
        hard = [kind] + [
            c
            for c in others
            if c.facet in ("price", "brand") or c.op is Op.NOT or (self.catalog.satisfies(c) & of_kind).any()
        ]
        allowed = self.free & self.catalog.mask(hard)
        if not allowed.any():
            allowed = self._nearest(hard, 1)
        return Slot(allowed, beside=self.reading.together and not first)

    def _nearest(self, hard: Sequence[Constraint], most: int) -> Mask:
        """What comes nearest, after saying what it misses."""
        found = nearest(self.catalog, hard, self.free, most)
        assert found is not None, "asked only while something is free"
        gone = self.catalog.mask(hard) & ~self.free
        reasons = [
            word
            for word, rows in (
                ("seen", self.state.shown),
                ("bought", self.state.history),
                ("refused", self.state.refused),
            )
            if gone[list(rows)].any()
        ]
        self.opening.append(said(found, self.catalog, hard, listed(reasons, "or"), self.words))
        self.notes.append(f"{found.reason}: gave up {', '.join(' '.join(c.key) for c in found.broken)}")
        allowed = np.zeros(len(self.catalog), dtype=bool)
        allowed[list(found.rows)] = True
        return allowed


def _narrowed(allowed: Mask, to: Mask) -> Mask:
    """The rows of both, or where there are none those of `allowed`."""
    both: Mask = allowed & to
    return both if both.any() else allowed


def _in_any(catalog: Catalog, categories: set[str]) -> Mask:
    """(items,) True where one of these categories is in the path; items without one are in none."""
    mask = np.zeros(len(catalog), dtype=bool)
    for category in categories - {""}:
        mask |= catalog.satisfies(Constraint("category", Op.IS, category))
    return mask
