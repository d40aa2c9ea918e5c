"""What holds at one point of a conversation, derived along the path from the root and from nothing else.

Undo, retry and branch are therefore trivial: another path is another state. What a message does to the constraints:

- constraints accumulate; a later one on the same facet replaces the earlier ones that it contradicts;
- a facet the message takes back (`Reading.dropped`) is forgotten;
- a new category replaces the old one, and with it go the constraints that nothing in the new category can meet, and
  "cheap" comes to what is cheap there;
- asking afresh (act `recommend`) for another category is a new need: earlier constraints are forgotten, and what was
  shown last is no longer what the message steers from;
- a thing shown before that is asked for again takes with it the constraints that it breaks;
- `restart` forgets constraints and what was shown; what was bought stays bought, what was refused stays refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.conversation import Act, Constraint, ItemPart, Op, Path, PathTurn, Question, Reading
from convrec.language.prices import CHEAPEST, is_named, lowest_price, price_level
from convrec.language.references import asks_again

TURNS_SHOWN_TO_THE_MODEL = 4
_UPPER, _LOWER = (Op.AT_MOST, Op.LESS), (Op.AT_LEAST, Op.MORE)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One user message with its reply, as the store keeps them: item ids, and the feedback given on them."""

    text: str
    reading: Reading
    shown: tuple[str, ...] = ()
    offered: tuple[ItemPart, ...] = ()  # the alternatives that came with the reply
    liked: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Rows, oldest first. `last_shown` are those of the last reply that showed any, in its order: "the second one";
    `asked` is what was last asked of a thing shown: "one that is"."""

    history: tuple[int, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    shown: tuple[int, ...] = ()
    last_shown: tuple[int, ...] = ()
    offered: tuple[ItemPart, ...] = ()
    refused: tuple[int, ...] = ()
    liked: tuple[int, ...] = ()
    reference: int | None = None
    turns: tuple[PathTurn, ...] = ()
    asked: tuple[Question, ...] = ()

    @property
    def hard(self) -> tuple[Constraint, ...]:
        return tuple(c for c in self.constraints if c.hard)

    @property
    def path(self) -> Path:
        """What the model is shown of it: the history, the last turns that led to items, and the message at hand."""
        turns = (*(turn for turn in self.turns[:-1] if turn.shown), *self.turns[-1:])
        return Path(self.history, turns[-TURNS_SHOWN_TO_THE_MODEL:])

    def hear(self, text: str, reading: Reading, catalog: Catalog) -> State:
        """The state in which this message is answered. Items that the catalogue no longer has are passed over."""
        state = self
        if reading.act is Act.RESTART:
            state = State(history=self.history, refused=self.refused, liked=self.liked)
        if _is_new_need(reading, state.constraints, catalog):
            state = replace(state, constraints=(), last_shown=(), offered=(), asked=())
        kept = tuple(c for c in state.constraints if c.facet not in reading.dropped)
        constraints = _merged(kept, reading.constraints, catalog)
        if (again := shown_again(text, reading, self, catalog)) is not None:
            constraints = tuple(c for c in constraints if catalog.satisfies(c)[again])
        reference = _reference(reading, state, catalog)
        turn = PathTurn(text, constraints, reference)
        turns = (*state.turns, turn)
        asked = reading.questions or state.asked
        return replace(state, constraints=constraints, reference=reference, turns=turns, asked=asked)

    def show(self, rows: Sequence[int], offered: Sequence[ItemPart] = ()) -> State:
        """The state after a reply that showed these rows; one without items leaves what stood before."""
        if not rows:
            return self
        rows = tuple(rows)
        turns = (*self.turns[:-1], replace(self.turns[-1], shown=rows)) if self.turns else ()
        shown = tuple(dict.fromkeys((*self.shown, *rows)))
        return replace(self, turns=turns, shown=shown, last_shown=rows, reference=rows[0], offered=tuple(offered))


def derive(path: Iterable[Exchange], history: Sequence[int], catalog: Catalog) -> State:
    """The state after the exchanges of `path` (root first) for someone who bought the rows of `history`."""
    state = State(history=tuple(history), reference=history[-1] if history else None)
    for exchange in path:
        state = state.hear(exchange.text, exchange.reading, catalog)
        state = state.show(_rows(exchange.shown, catalog), exchange.offered)
        liked, refused = _rows(exchange.liked, catalog), _rows(exchange.refused, catalog)
        state = replace(
            state,
            liked=tuple(dict.fromkeys((*(r for r in state.liked if r not in refused), *liked))),
            refused=tuple(dict.fromkeys((*(r for r in state.refused if r not in liked), *refused))),
        )
    return state


def shown_again(text: str, reading: Reading, before: State, catalog: Catalog) -> int | None:
    """The row shown before that a message wants to see again: it points at that one thing, asks for nothing else, and
    for nothing like it. None for what was shown last, turned down or sold out."""
    rows = _rows((r.item_id for r in reading.references if r.kind == "shown"), catalog)
    asks = reading.constraints or reading.together or len(reading.references) != 1
    if reading.act not in (Act.STEER, Act.RECOMMEND) or len(rows) != 1 or asks:
        return None
    if not asks_again(text):
        return None
    gone = rows[0] in (*before.last_shown[:1], *before.refused) or not catalog.live[rows[0]]
    return None if gone or rows[0] not in before.shown else rows[0]


def _rows(item_ids: Iterable[str], catalog: Catalog) -> tuple[int, ...]:
    return tuple(catalog.row(item_id) for item_id in item_ids if item_id in catalog)


def _reference(reading: Reading, state: State, catalog: Catalog) -> int | None:
    pointed_at = _rows((r.item_id for r in reading.references), catalog)
    if pointed_at and (reading.act is not Act.COMPARE or not state.last_shown):  # after a table it is still the last
        return pointed_at[0]
    if state.last_shown:
        return state.last_shown[0]
    return state.history[-1] if state.history else None


def _categories(constraints: Iterable[Constraint]) -> set[str]:
    return {str(c.value) for c in constraints if c.facet == "category" and c.op is Op.IS}


def _is_new_need(reading: Reading, constraints: Sequence[Constraint], catalog: Catalog) -> bool:
    """Asked afresh for a category that is neither the old one nor within it nor around it."""
    asked, before = _categories(reading.constraints), _categories(constraints)
    if reading.act is not Act.RECOMMEND or not asked or not before:
        return False
    within = [catalog.satisfies(Constraint("category", Op.IS, category)) for category in asked]
    around = [catalog.satisfies(Constraint("category", Op.IS, category)) for category in before]
    return not any((new & old).any() for new in within for old in around)


def _merged(kept: Sequence[Constraint], new: Sequence[Constraint], catalog: Catalog) -> tuple[Constraint, ...]:
    survivors = []
    for old in kept:
        if any(_replaces(later, old, catalog) for later in new):
            continue
        survivors.append(old)
    # "cheaper" (than the last one) does not lift the limit of $10 that was set before
    added = [c for c in new if not any(_is_implied(c, old) for old in survivors)]
    asked = _categories(added)
    if asked and not asked <= _categories(kept):
        within = catalog.mask(c for c in added if c.facet == "category" and c.op is Op.IS)
        before, now = ([c for c in all_of if c.facet == "category" and c.op is Op.IS] for all_of in (kept, added))
        other = not (within & catalog.mask(before)).any()
        able = [c for c in survivors if _goes_along(c, other) or _can_hold(c, within, catalog)]
        survivors = [_at_level(c, before, now, catalog) for c in able]
    merged = (*survivors, *added)
    return tuple(_at_lowest(c, merged, catalog) for c in merged)


def _at_lowest(limit: Constraint, others: Sequence[Constraint], catalog: Catalog) -> Constraint:
    """ "The cheapest", which came to the price of one of its kind, comes to that of one that meets the other wishes."""
    kinds = [c for c in others if (c.facet, c.op) == ("category", Op.IS)]
    if limit.facet != "price" or limit.hard or not kinds or not CHEAPEST.search(limit.said.casefold()):
        return limit
    hard = [c for c in others if c.hard and c.facet not in ("price", "category")]
    lowest = lowest_price(catalog, kinds, hard)
    return limit if lowest is None else replace(limit, value=lowest)


def _at_level(old: Constraint, before: Sequence[Constraint], now: Sequence[Constraint], catalog: Catalog) -> Constraint:
    """ "Cheap", which came to what such goods cost, comes to what those of the new kinds do."""
    if old.facet != "price" or is_named(old) or not before or old.value != price_level(catalog, before, old.op):
        return old
    level = price_level(catalog, now, old.op)
    return old if level is None else replace(old, value=level)


def _replaces(new: Constraint, old: Constraint, catalog: Catalog) -> bool:
    """Whether `new`, said later, takes the place of `old`."""
    if new.facet != old.facet:
        return False
    if new.facet == "price" and old.hard and not is_named(new):
        return False  # "the cheapest" lifts no limit of $10
    if new.key == old.key:
        return True
    facet = catalog.facets.get(new.facet)
    if new.facet == "title" or (facet is not None and facet.kind == "list" and new.facet != "category"):
        return new.value == old.value  # several words or values of a list can hold at once
    if new.op is Op.IS:
        return old.op is not Op.NOT or old.value == new.value
    if new.op is Op.NOT:
        return old.op is Op.IS and str(old.value).casefold() == str(new.value).casefold()
    if old.op is Op.NOT:
        return False
    if old.op is Op.IS:
        return True
    if (new.op in _UPPER) != (old.op in _UPPER):  # a floor and a ceiling: the later wins where both cannot hold
        low, high = (old, new) if new.op in _UPPER else (new, old)
        return float(low.value) >= float(high.value)
    return new.op in (Op.AT_MOST, Op.AT_LEAST) or not _is_implied(new, old)


def _is_implied(new: Constraint, old: Constraint) -> bool:
    """Whether a comparative ("cheaper", "wider") says no more than an earlier limit already does."""
    if new.facet != old.facet:
        return False
    if new.op is Op.LESS and old.op in _UPPER:
        return float(new.value) > float(old.value)
    if new.op is Op.MORE and old.op in _LOWER:
        return float(new.value) < float(old.value)
    return False


def _goes_along(constraint: Constraint, other: bool) -> bool:
    """Whether it goes along to new kinds whatever they hold. Not to those that are all `other` than before "cheaper",
    which was said of the last ones: no lamp costs less than a refill."""
    relative = other and constraint.facet == "price" and constraint.op in (Op.LESS, Op.MORE)
    return constraint.facet in ("price", "brand", "category") and not relative


def _can_hold(constraint: Constraint, within: NDArray[np.bool_], catalog: Catalog) -> bool:
    if constraint.op is Op.NOT:
        return constraint.facet in catalog.facets and any(
            catalog.value(row, constraint.facet) is not None for row in range(len(catalog)) if within[row]
        )
    return bool((catalog.satisfies(constraint) & within).any())
