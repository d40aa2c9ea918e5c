"""Dialogues: what a shopper says on the way to what they really bought next, and what is answered at the end of it.

Two forms. REGEN steers from the last item BOUGHT, on the same shelf. A chat opens with a request, or with none, and
then steers from the last item SHOWN and refused, step by step. Every wish said is true of the target.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from convrec.conversation import Act, Constraint, Op, Reading
from convrec.language.facts import Context
from convrec.language.relations import similar
from convrec.regen.critiques import Phrasing, asked, statement
from convrec.regen.pairs import Shelves, drawn
from convrec.regen.wishes import Wish
from convrec.regen.writer import Writer

STEPS = 4  # messages in one dialogue at most
ON = 0.6  # chance that a dialogue goes on after a message
UPPER, LOWER = (Op.AT_MOST, Op.LESS), (Op.AT_LEAST, Op.MORE)
# What takes a wish back, for contrast pairs: the kind of its phrasings and of those of its opposite.
OPPOSITES = {"swap": "value_out", "flag_in": "flag_out", "brand_in": "brand_out"}
Rows = list[dict[str, Any]]


class Dialogues:
    """Writes dialogues for single purchases; all of them rows of dialogues.parquet."""

    def __init__(self, writer: Writer, shelves: Shelves) -> None:
        self.writer, self.shelves, self.catalog = writer, shelves, writer.catalog

    def regen(self, history: Sequence[int], target: int, rng: random.Random, phrasing: Phrasing) -> Rows:
        """Steers from the last item bought, on from what is then shown. Empty if that is no neighbour of the target."""
        if not history or not similar(self.catalog, history[-1], target):
            return []
        first = self.writer.critiques(history[-1], target, rng, phrasing, 1, history[:-1])
        return self._follow(first[0], history, target, rng, phrasing) if first else []

    def chat(self, history: Sequence[int], target: int, rng: random.Random, phrasing: Phrasing) -> Rows:
        """Opens with or without a request, then steers from what was shown. `history` may be empty."""
        return self._follow(self._opening(history, target, rng, phrasing), history, target, rng, phrasing)

    def contrast(self, history: Sequence[int], target: int, rng: random.Random, phrasing: Phrasing) -> list[Rows]:
        """Two dialogues of one message: a wish, and its opposite with another target. Empty where there is none."""
        source = history[-1]
        wishes = [w for w in self.writer.wishes.between(source, target, (), rng) if w.kind in OPPOSITES]
        rng.shuffle(wishes)
        for wish in wishes:
            opposite = self._opposite(wish, rng)
            if opposite is None:
                continue
            others = self.shelves.suitable(target, opposite.constraints, {*history, target})
            if others:
                said = statement(wish, rng, phrasing)
                unsaid = statement(opposite, rng, phrasing)
                return [
                    [self._row(0, said, said[1].constraints, history, source, [], target, rng)],
                    [self._row(0, unsaid, unsaid[1].constraints, history, source, [], drawn(others, rng), rng)],
                ]
        return []

    def _follow(
        self,
        message: tuple[str, Reading],
        history: Sequence[int],
        target: int,
        rng: random.Random,
        phrasing: Phrasing,
    ) -> Rows:
        """The message, and up to three more that steer from items shown in answer to it."""
        rows: Rows = []
        said: list[Reading] = []
        force: tuple[Constraint, ...] = ()
        shown: list[int] = []
        reference = history[-1] if history else None
        while True:
            force = in_force(force, message[1])
            rows.append(self._row(len(rows), message, force, history, reference, shown, target, rng))
            if len(rows) == STEPS or rng.random() > ON:
                return rows
            # what is shown obeys what was said so far, and is no bad guess: it is among the most bought of the shelf
            seen = {*history, *shown, target}
            offers = self.shelves.suitable(target, force, seen)
            offers = offers or self.shelves.suitable(target, (c for c in force if c.hard), seen)
            if not offers:
                return rows
            shown = [*shown, drawn(offers, rng)]
            reference = shown[-1]
            said.append(message[1])
            fresh = (
                new
                for new in self.writer.critiques(reference, target, rng, phrasing, 3, history)
                if not _repeats(new[1], said)
            )
            following = next(fresh, None)
            if following is None:
                return rows
            message = following

    def _opening(
        self, history: Sequence[int], target: int, rng: random.Random, phrasing: Phrasing
    ) -> tuple[str, Reading]:
        draw, path = rng.random(), self.catalog[target].categories
        fitting = list(self.writer.wishes.compatible(None, target, history, rng))
        if fitting and draw < 0.5:
            text, reading = asked("request_fits", fitting[0].slots, fitting[0].constraints, rng, phrasing)
            return text, Reading(Act.RECOMMEND, reading.constraints, fitting[0].references)
        if not path or rng.random() < 0.25:
            return asked("open", {}, (), rng, phrasing)
        category = path[-1] if rng.random() < 0.75 else path[-2 if len(path) > 1 else -1]
        noun = self.writer.wishes.wording.noun(category)
        constraint = Constraint("category", Op.IS, category, said=noun.many)
        return asked("request", {"a_thing": noun.one, "things": noun.many}, (constraint,), rng, phrasing)

    def _row(
        self,
        step: int,
        message: tuple[str, Reading],
        constraints: Sequence[Constraint],
        history: Sequence[int],
        reference: int | None,
        shown: Sequence[int],
        target: int,
        rng: random.Random,
    ) -> dict[str, Any]:
        context = Context(tuple(history), tuple(constraints), reference)
        return {
            "position": len(history),
            "step": step,
            "reference_item_id": None if reference is None else self.catalog[reference].item_id,
            "refused": [self.catalog[row].item_id for row in shown],
            "text": message[0],
            "reading": _json(message[1].to_dict()),
            "constraints": _json([constraint.to_dict() for constraint in constraints]),
            "target_item_id": self.catalog[target].item_id,
            "narrative": self.writer.narrative("reply", target, context, rng),
        }

    def _opposite(self, wish: Wish, rng: random.Random) -> Wish | None:
        (constraint,) = wish.constraints
        against = Constraint(constraint.facet, Op.NOT, constraint.value, said=f"not {constraint.value}")
        if wish.kind == "brand_in":
            return Wish("brand_out", (against,), {"brand": str(constraint.value)})
        if wish.kind == "flag_in":
            without = self.writer.wishes.wording.some(constraint.facet, "avoid", rng)
            return Wish("flag_out", (against,), {"avoid": without}) if without else None
        name = self.catalog.facets[constraint.facet].name
        is_choice = self.catalog.facets[constraint.facet].kind == "choice"
        return Wish("value_out", (against,), {"value": str(constraint.value), "name": name}) if is_choice else None


def in_force(kept: Sequence[Constraint], reading: Reading) -> tuple[Constraint, ...]:
    """All constraints after a message: later ones take the place of earlier ones on the same facet that say as much.

    Since everything said here is true of one target, nothing contradicts; `convrec.chat.state` does the same for what
    real people say, who do contradict themselves.
    """
    added = [new for new in reading.constraints if not any(_implied(new, old) for old in kept)]
    return (*(old for old in kept if not any(_replaces(new, old) for new in added)), *added)


def _repeats(new: Reading, said: Sequence[Reading]) -> bool:
    """Whether a message asks for something that an earlier one asked for already."""
    keys = {constraint.key for reading in said for constraint in reading.constraints}
    words = {wish for reading in said for wish in reading.wishes}
    return any(constraint.key in keys for constraint in new.constraints) or bool(words.intersection(new.wishes))


def _replaces(new: Constraint, old: Constraint) -> bool:
    if new.facet != old.facet or new.facet == "use":
        return new.key == old.key
    if new.op is Op.IS:
        return old.op is not Op.NOT
    return new.key == old.key or (new.op in UPPER and old.op in UPPER) or (new.op in LOWER and old.op in LOWER)


def _implied(new: Constraint, old: Constraint) -> bool:
    """ "Cheaper" than the last one says no more than an earlier, tighter limit."""
    if new.facet != old.facet:
        return False
    if new.op is Op.LESS and old.op in UPPER:
        return float(new.value) > float(old.value)
    return new.op is Op.MORE and old.op in LOWER and float(new.value) < float(old.value)


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
