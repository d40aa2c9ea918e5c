"""What leads from one item to another: every wish that is true of the target and not of the item steered from."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from convrec.catalog import FITS, SYSTEM, Catalog, format_value
from convrec.conversation import Constraint, Op, Reference
from convrec.language.facts import fit, spoken_use
from convrec.language.grammar import money, phrasings
from convrec.language.relations import NEAR
from convrec.language.wording import Wording
from convrec.regen.telling import COMMON, Telling

LIMITS = (
    2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100, 120, 150, 180, 200, 250,
    300, 350, 400, 500, 600, 800, 1000,
)  # fmt: skip
AMOUNTS = (10, 20, 25, 30, 40, 50, 60, 75, 80, 90, 100, 120, 150, 180, 200, 250, 300, 400, 500, 750, 1000, 2000, 5000)
PACK = frozenset({"pack", "pieces"})  # stems of attributes that count the pieces of a pack
APART = 4  # words that tell two things apart, where nothing better does
RECENT = 6  # how far back a shopper speaks of a thing they own


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing to ask for. `kind` names the list of phrasings, `slots` fills them, `short` stands after a noun
    ("in blue") where two wishes are joined or one is softened; `vague` words have no constraint."""

    kind: str
    constraints: tuple[Constraint, ...] = ()
    slots: Mapping[str, str] = field(default_factory=dict)
    short: str = ""
    references: tuple[Reference, ...] = ()
    vague: tuple[str, ...] = ()

    @property
    def facet(self) -> str:
        return self.constraints[0].facet if self.constraints else ""


class Wishes:
    """Finds the wishes between two items of one catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.wording = Wording(catalog)

    def between(self, source: int, target: int, history: Sequence[int], rng: random.Random) -> list[Wish]:
        """All wishes true of `target` and untrue of `source`; `history` are the rows owned, oldest first."""
        found = [*self._price(source, target, rng), *self._brand(source, target)]
        found += self._category(source, target)
        keys = self.catalog[source].attributes.keys() | self.catalog[target].attributes.keys()
        for key in sorted(keys - {SYSTEM, FITS}):
            kind = self.catalog.facets[key].kind
            if kind == "number":
                found += self._number(key, source, target, rng)
            elif kind == "flag":
                found += self._flag(key, source, target, rng)
            else:
                found += self._choice(key, source, target, rng)
        found += self.compatible(source, target, history, rng)
        found += [Wish("vague", slots={"vague": v}, vague=(v,)) for v in self._vague(source, target)]
        if not self.catalog[target].attributes:
            found += self._words(source, target)
        return found

    def _price(self, source: int, target: int, rng: random.Random) -> Iterator[Wish]:
        old, new = self.catalog[source].price, self.catalog[target].price
        if old is None or new is None:
            return
        if new < old * (1 - NEAR):
            yield Wish("cheaper", (Constraint("price", Op.LESS, old, said="cheaper"),), short="cheaper")
            if between := [limit for limit in LIMITS if new < limit < old and limit <= new * 1.6 + 1]:
                limit = float(rng.choice(between))
                said = money(limit, rng)
                constraint = Constraint("price", Op.AT_MOST, limit, said=f"under {said}")
                yield Wish("limit", (constraint,), {"limit": said}, short=f"under {said}")
        elif new > old * 1.2:
            constraint = Constraint("price", Op.MORE, old, hard=False, said="nicer")
            yield Wish("nicer", (constraint,), vague=("nicer",))

    def _brand(self, source: int, target: int) -> Iterator[Wish]:
        old, new = self.catalog[source].brand, self.catalog[target].brand
        if old.casefold() == new.casefold():
            return
        if new:
            constraint = Constraint("brand", Op.IS, new, said=f"from {new}")
            slots = {"brand": new} | ({"old": old} if old else {})
            yield Wish("brand_in", (constraint,), slots, short=f"from {new}")
        if old:
            constraint = Constraint("brand", Op.NOT, old, said=f"not {old}")
            yield Wish("brand_out", (constraint,), {"brand": old}, short=f"not from {old}")

    def _category(self, source: int, target: int) -> Iterator[Wish]:
        old, new = self.catalog[source], self.catalog[target]
        if not old.leaf or not new.leaf or old.leaf == new.leaf:
            return
        was, noun = self.wording.noun(old.leaf), self.wording.noun(new.leaf)
        things = {"old_thing": was.one, "old_things": was.many}
        constraint = Constraint("category", Op.IS, new.leaf, said=noun.many)
        yield Wish("category", (constraint,), things | {"a_thing": noun.one, "things": noun.many})
        yield Wish("category_out", (Constraint("category", Op.NOT, old.leaf, said=f"not {was.many}"),), things)

    def _choice(self, key: str, source: int, target: int, rng: random.Random) -> Iterator[Wish]:
        old, new = self.catalog.value(source, key), self.catalog.value(target, key)
        were = old if isinstance(old, tuple) else () if old is None else (str(old),)
        for value in new if isinstance(new, tuple) else () if new is None else (str(new),):
            if value in were or value == "none":
                continue
            if key == "use":
                said = spoken_use(value)
                constraint = Constraint(key, Op.IS, value, said=f"for {said}")
                yield Wish("use", (constraint,), {"use": said}, short=f"for {said}")
            elif post := self.wording.post(key, value, rng):
                slots = {"post": post, "value": value}
                if self.wording.entry(key).get("is_adjective"):
                    slots["adj"] = value
                if isinstance(old, str):
                    slots["old"] = old
                yield Wish("swap", (Constraint(key, Op.IS, value, said=post),), slots, short=post)
        if isinstance(old, str) and old not in (new, "none") and new is not None and key != "use":
            slots = {"value": old, "name": self.catalog.facets[key].name}
            post = self.wording.post(key, old, rng)
            constraint = Constraint(key, Op.NOT, old, said=f"not {old}")
            yield Wish(
                "value_out",
                (constraint,),
                slots,
                short=f"not {post}" if post and post.startswith(("in ", "made ")) else "",
            )

    def _flag(self, key: str, source: int, target: int, rng: random.Random) -> Iterator[Wish]:
        old, new = self.catalog.value(source, key), self.catalog.value(target, key)
        if new is None or (old is True) == (new is True):  # what a thing cannot be is no difference either
            return
        form = "want" if new else "avoid"
        phrase = self.wording.some(key, form, rng)
        if phrase:
            slots = {form: phrase}
            adjective = self.wording.some(key, "adj", rng)
            if new and adjective:
                slots["adj"] = adjective
            short = phrase if adjective is None else adjective if new else f"not {adjective}"
            op = Op.IS if new else Op.NOT
            yield Wish("flag_in" if new else "flag_out", (Constraint(key, op, True, said=phrase),), slots, short)

    def _number(self, key: str, source: int, target: int, rng: random.Random) -> Iterator[Wish]:
        old, new = self.catalog.value(source, key), self.catalog.value(target, key)
        if new is None or old == new:
            return
        new, entry = float(new), self.wording.entry(key)  # type: ignore[arg-type]
        if key.split("_")[0] in PACK:
            constraint = Constraint(key, Op.IS, new, said=f"a pack of {new:g}")
            if new == 1:
                yield Wish("single", (constraint,), short="sold singly")
            else:
                yield Wish("pack", (constraint,), {"n": f"{new:g}"}, short=f"in a pack of {new:g}")
        elif post := self.wording.post(key, new, rng):
            constraint = Constraint(key, Op.IS, new, said=post)
            yield Wish("swap", (constraint,), {"post": post, "value": format_value(key, new)}, short=post)
        if old is None or abs(new - float(old)) < NEAR * max(abs(new), abs(float(old))):  # type: ignore[arg-type]
            return
        old = float(old)  # type: ignore[arg-type]
        direction, op = ("less", Op.LESS) if new < old else ("more", Op.MORE)
        if key.split("_")[0] in PACK:
            yield Wish(f"pack_{direction}", (Constraint(key, op, old, said=f"{direction} in the pack"),))
            return
        if entry.get("unwanted") == direction:
            return
        compared = entry.get(direction, {})
        for form in ("adj", "loose", "np"):
            if words := compared.get(form):
                comp = rng.choice(words)
                short = f"with {comp}" if form == "np" else comp
                kind = "comparison_np" if form == "np" else "comparison_adj"
                yield Wish(kind, (Constraint(key, op, old, said=comp),), {"comp": comp}, short=short)
        if too := compared.get("not_so"):
            adjective = rng.choice(too)
            constraint = Constraint(key, op, old, said=f"not so {adjective}")
            yield Wish("not_so", (constraint,), {"adj": adjective}, short=f"not so {adjective}")
        if (unit := entry.get("amount")) and new > old and (steps := [a for a in AMOUNTS if old < a <= new]):
            amount = float(rng.choice(steps))
            said = f"{amount:g} {unit}"
            constraint = Constraint(key, Op.AT_LEAST, amount, said=f"at least {said}")
            yield Wish("least", (constraint,), {"amount": said}, short=f"with at least {said}")

    def compatible(self, source: int | None, target: int, history: Sequence[int], rng: random.Random) -> Iterator[Wish]:
        """The wish for what fits the newest owned thing that the target fits, and the source does not."""
        for owned in dict.fromkeys(reversed(history[-RECENT:])):
            item = self.catalog[owned]
            if not fit(item, self.catalog[target]) or (source is not None and fit(item, self.catalog[source])):
                continue
            mine = rng.choice(self._names(owned))
            constraint = Constraint("compatible", Op.IS, item.item_id, said=f"fits {mine}")
            reference = Reference(item.item_id, "owned", said=mine)
            yield Wish("compatible", (constraint,), {"mine": mine}, f"fitting {mine}", (reference,))
            return

    def _names(self, owned: int) -> list[str]:
        item, noun = self.catalog[owned], self.wording.noun(self.catalog[owned].leaf)
        brand = f"{item.brand} " if item.brand else ""
        return [f"my {noun.bare}", f"the {noun.bare} I have", f"the {noun.bare} I bought", f"my {brand}{noun.bare}",
                f"the {brand}{noun.bare} I own"]  # fmt: skip

    def _vague(self, source: int, target: int) -> list[str]:
        words: list[str] = []
        moods = phrasings("attributes")["_vague"]
        for key, facet in self.catalog.facets.items():
            old, new = self.catalog.value(source, key), self.catalog.value(target, key)
            if facet.kind == "number" and old is not None and new is not None:
                old, new = float(old), float(new)  # type: ignore[arg-type]
                if abs(new - old) > 0.25 * max(abs(old), abs(new)):
                    words += moods.get(f"{key}:{'more' if new > old else 'less'}", [])
            elif isinstance(new, str) and new != old:
                words += moods.get(f"{key}:{new}", [])
            elif new is True and old is not True:
                words += moods.get(key, [])
        return words

    def _words(self, source: int, target: int) -> Iterator[Wish]:
        """Where a catalogue has no attributes, a telling word of the title is all there is to wish for; where the title
        has none, any word that tells the two apart is, or one that is had and not wanted."""
        known = set(_title_words(self.catalog[source].title))
        words = [
            word
            for word in dict.fromkeys(_title_words(self.catalog[target].title))
            if word not in known
            and word not in phrasings("attributes")["_dull"]
            and 4 <= self._frequency[word] <= len(self.catalog) * COMMON
        ]
        alike = self.catalog[source].brand.casefold() == self.catalog[target].brand.casefold()
        alike = alike and self.catalog[source].leaf == self.catalog[target].leaf
        if alike and len(words) < APART:
            words = list(dict.fromkeys([*words, *self._telling.apart(source, target)]))[:APART]
            for word in self._telling.apart(target, source, models=not words)[: APART - len(words)]:
                yield Wish("value_out", slots={"value": word}, vague=(f"not {word}",))
        yield from (Wish("words", slots={"word": word}, vague=(word,)) for word in words)

    @cached_property
    def _telling(self) -> Telling:
        return Telling(self.catalog)

    @cached_property
    def _frequency(self) -> Counter[str]:
        return Counter(word for item in self.catalog.items for word in set(_title_words(item.title)))


def _title_words(title: str) -> list[str]:
    """Longer plain words of a title, without its first one, which is mostly the brand."""
    return [word.lower() for word in re.findall(r"(?<= )[A-Za-z]{5,}\b", title)]
