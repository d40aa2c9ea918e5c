"""Fact tokens: what they say is right by construction, unless the words around them turn it into a lie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from convrec.conversation import Op
from convrec.language.claims_frames import Frame, Sentence
from convrec.language.claims_lexicon import LEXICON
from convrec.language.claims_vocabulary import Meaning
from convrec.language.claims_words import stem, stems
from convrec.language.claims_world import Found, World

_W = LEXICON.words
_BELOW = frozenset({"under", "below", "within", "inside", "beneath"})
_ABOVE = frozenset({"over", "above", "beyond", "exceeds", "past", "exceeding", "outside", "breaks", "busts"})
_MOVING = frozenset(["come", "came", "comes", "coming", "gone", "goes", "went", "going", "brings", "bring", "brought"])
_AMOUNTS = frozenset({"price", "saving", "extra", "reference_price"})
_THAN = frozenset(
    {"less", "more", "cheaper", "dearer", "higher", "lower", "lighter", "heavier", "over", "under", "below", "above"}
)
_AGAIN = frozenset({"another", "again", "also", "more", "second", "further"})
_ALIKE = frozenset({"brand", "category"})
_WEIGH = {"weighs": "weight", "weighing": "weight", "weighed": "weight"}

# "When it comes to colour, it is …": of what is named so the next value must be.
_ANNOUNCED = re.compile(
    r"(?:when it comes to|as for|as far as|in terms of|(?:asking|wondering) about|speaking of|talking of|looking for)"
    r"(?: the| its)? (?P<name>[a-z]+(?: [a-z]+){0,2}?)(?: goes| is concerned)?,[^,⟨⟩]*$"
)


def fact_claims(sentence: Sentence, world: World) -> Iterator[Found]:
    """One claim for every fact token."""
    for at, token in enumerate(sentence.tokens):
        if token.kind == "fact":
            right = token.low in world.facts and _used_well(sentence, world, at, token.low)
            yield Found(at, at + 1, "fact", right)


def _used_well(sentence: Sentence, world: World, at: int, name: str) -> bool:
    frame = sentence.frames[at]
    if name in _AMOUNTS and sentence.low(at - 1) in ("the", "your", "serves", "suits"):
        return False  # "you know our pods from the $7.45", "it serves $7.85": money in the place of a thing
    if frame.about == "open":
        return True
    if name in ("saving", "extra"):
        return _difference_fits(sentence, world, at, name, frame)
    if name == "limit":
        return _limit_fits(sentence, world, at)
    if name == "title":
        return _title_fits(sentence, world, at, frame)
    if name == "reference" or name == "fits" or name.startswith("owned:"):
        return _other_fits(sentence, world, at, name, frame)
    if name == "reference_price":
        return _other_price_fits(sentence, world, at, frame)
    if name.startswith("wish:"):
        return not sentence.negated(at, at + 1) and sentence.low(at - 1) not in _BELOW | _ABOVE
    return _own_fact_fits(sentence, world, at, name, frame)


def _own_fact_fits(sentence: Sentence, world: World, at: int, name: str, frame: Frame) -> bool:
    """price, brand, category and attributes: true of the item, and of whatever else the sentence says them of."""
    before = sentence.words(at - 2, at)
    if sentence.negated(at, at + 1) or (before[-1:] == ["than"] and "other" not in sentence.words(at - 4, at)):
        return False
    likened = sentence.likened(at, at + 1)
    if likened is not None and any(_same(world, name, row) is not likened[1] for row in likened[0].rows):
        return False
    if name == "price":
        return _price_fits(sentence, world, at, frame)
    if before[-1:] and before[-1] in _BELOW | {"over", "above", "beyond"} and name.startswith("attr:"):
        return False
    if before == ["made", "of"] and name not in ("attr:material", "title"):  # a colour is nothing to make things of
        return False
    if _misnamed(sentence, world, at, name):
        return False
    meaning = _meaning(world, name)
    if frame.about == "other":
        return all(_same(world, name, row) for row in frame.rows)
    if frame.about == "history":
        count = world.count(lambda row: _same(world, name, row))
        denied = "never" in sentence.words(at - 6, at)
        return count == 0 if denied else count >= (2 if frame.often else 1) or (frame.loose and not frame.often)
    if frame.about == "wish" and meaning is not None and not frame.loose:
        return world.wished(meaning, False) is not None or name in _wished_facts(world)
    return name not in _ALIKE or _again_fits(sentence, world, at, name)


def _again_fits(sentence: Sentence, world: World, at: int, name: str) -> bool:
    """ "another ⟨category⟩", "also by ⟨brand⟩", "⟨brand⟩ again": something like it was bought or shown before."""
    start, end = sentence.clause(at)
    words = [*sentence.words(max(start, at - 3), at), *sentence.words(at + 1, min(end, at + 2))]
    if "first" in words and "your" in words:
        return world.count(lambda row: _same(world, name, row)) == 0
    if not (_AGAIN - {"more"}).intersection(words) and "stay" not in words and "stays" not in words:
        return True
    rows = {*world.context.history, *world.rows_of("reference")}
    return any(_same(world, name, row) for row in rows)


def _price_fits(sentence: Sentence, world: World, at: int, frame: Frame) -> bool:
    before, after = sentence.words(at - 3, at), sentence.words(at + 1, at + 3)
    if _W["differences"].intersection(sentence.words(at - 6, at)):
        return False
    if before[-1:] in (["your"], ["weighs"], ["by"]) or _W["saving"].intersection(before) - {"extra"}:
        return False
    if before[-1:] and before[-1] in _BELOW | _ABOVE | {"than"}:
        return False
    if after[:1] and after[0] in _THAN | {"off", "extra"}:
        return False
    lead = sentence.words(at - 8, at)  # "we've come down, to ⟨price⟩"
    moved = {way for i, word in enumerate(lead) if word in _MOVING for way in lead[i + 1 : i + 4]} & {"down", "up"}
    if moved:
        return moved == ({"down"} if "saving" in world.facts else {"up"} if "extra" in world.facts else set())
    if frame.about == "other":
        price = world.truth.catalog[world.row].price
        return all(world.truth.catalog[row].price == price for row in frame.rows)
    return frame.about != "history" or frame.loose


def _other_price_fits(sentence: Sentence, world: World, at: int, frame: Frame) -> bool:
    if sentence.negated(at, at + 1) and "saving" not in world.facts and "extra" not in world.facts:
        return False
    start, _ = sentence.clause(at)
    before = sentence.words(max(start, at - 3), at)
    other = sentence.last_entity(at, 6) or sentence.next_entity(at + 1, 4)
    compared = {"than", "against", "from", "instead", "versus", "unlike", "not", "was"}
    if "compared" in sentence.words(at - 4, at):
        compared |= {"to", "with"}
    if other is not None and other.rows == world.rows_of("reference"):
        compared |= {"at", "for", "of"}
    cheaper = "saving" in world.facts
    if {"under", "below"}.intersection(before) or before[-2:] == ["down", "from"] or before[-2:] == ["less", "than"]:
        return cheaper
    if {"over", "above"}.intersection(before) or before[-2:] == ["up", "from"] or before[-2:] == ["more", "than"]:
        return "extra" in world.facts
    return frame.about == "other" or bool(compared.intersection(before)) or sentence.low(at - 1) == "the"


def _difference_fits(sentence: Sentence, world: World, at: int, name: str, frame: Frame) -> bool:
    """⟨saving⟩ is what the item costs less than the reference, ⟨extra⟩ what it costs more."""
    start, end = sentence.clause(at)
    before, after = sentence.words(max(start, at - 6), at), sentence.words(at + 1, min(end, at + 4))
    if sentence.negated(at, at + 1):
        return False
    down, up = _W["price_less"], _W["price_more"]
    near = [w for w in after[:2] if w in down | up] or [w for w in reversed(before) if w in down | up]
    near = near or [w for w in (*after, *reversed(sentence.words(at - 8, at))) if w in down | up]
    led = bool(_W["saving"].intersection(before[-3:]) or _W["differences"].intersection(before))
    if not led and not (after[:1] and after[0] in down | up):
        return False  # "it costs ⟨saving⟩": the difference given for the price
    if not near:
        return bool(_W["differences"].intersection(before))
    less = near[0] in down
    turned = frame.about == "other"
    if less is not ((name == "saving") is not turned):
        return False
    base = sentence.next_entity(at + 1)
    if base is None or base.itself:
        return True
    difference = _price_gap(world, base.rows)
    return difference is not None and abs(difference - (_price_gap(world, world.rows_of("reference")) or 0.0)) < 0.005


def _price_gap(world: World, rows: tuple[int, ...]) -> float | None:
    own = world.truth.catalog[world.row].price
    other = world.truth.catalog[rows[0]].price if rows else None
    return None if own is None or other is None else other - own


def _limit_fits(sentence: Sentence, world: World, at: int) -> bool:
    """The limit is the user's, not the price: the item keeps to it, or goes beyond it if the words say so."""
    price, limit = world.truth.catalog[world.row].price, world.limit()
    if price is None or limit is None:
        return False
    start, _ = sentence.clause(at)
    words = sentence.words(max(start, at - 7), at)
    around = {*words, *sentence.words(at + 1, at + 2)}
    if not around & _W["limiting"]:
        return False  # "it costs ⟨limit⟩": the limit given for the price
    beyond = bool(_ABOVE.intersection(words)) or _followed(words, "more", "than")
    if sentence.negated(at, at + 1) or "not" in words:
        beyond = not beyond
    if words[-1:] and words[-1] in _W["cost_words"] | {"for", "at"} and "limit" not in words:
        return False
    return price > limit if beyond else price <= limit + 1e-9


def _title_fits(sentence: Sentence, world: World, at: int, frame: Frame) -> bool:
    if sentence.negated(at, at + 1) and "like" not in sentence.words(at - 2, at):
        return False
    owned = world.row in world.context.history
    before = sentence.words(at - 3, at)
    if "your" in before and not {"next", "new"}.intersection(before):
        return owned
    if before[-1:] in (["than"], ["unlike"]):
        return False
    if frame.about == "history" and not frame.loose:
        return owned
    return True


def _other_fits(sentence: Sentence, world: World, at: int, name: str, frame: Frame) -> bool:
    rows = world.rows_of(name)
    if sentence.low(at - 1) == "is" and sentence.low(at - 2) in ("it", "this", "one") and world.row not in rows:
        return False  # "it is the other thing"
    owned = bool(rows) and rows[0] in world.context.history
    mine = sentence.low(at - 1) == "your" or sentence.low(at - 2) == "your"
    if (mine or (frame.about == "history" and not frame.loose)) and not owned:
        return False
    start, end = sentence.clause(at)
    near = sentence.words(max(start, at - 6), min(end, at + 7))
    after = sentence.words(at + 1, at + 4)
    if after[:1] == ["you"] and _W["owning"].intersection(after[1:]) and "seen" not in after and not owned:
        return False
    if "never" in near and frame.about == "history" and owned:
        return False
    newest = bool(world.context.history) and bool(rows) and rows[0] == world.context.history[-1]
    latest = bool({"latest", "newest"}.intersection(near)) or _followed(near, "most", "recent", "recently")
    latest = latest or _followed(near, "last", "purchase", "bought", "buy", "order")
    return newest or not (latest and name != "reference")


def _misnamed(sentence: Sentence, world: World, at: int, name: str) -> bool:
    """ "weighs ⟨attr:width_cm⟩", "the colour is ⟨attr:material⟩", "when it comes to colour, it is ⟨attr:material⟩": the
    wrong name for the value."""
    if not name.startswith("attr:"):
        return False
    key = name.removeprefix("attr:")
    announced = _ANNOUNCED.search(sentence.text[: sentence.tokens[at].start].casefold())
    if announced is not None:
        called, facets = set(stems(announced["name"])), world.truth.catalog.facets
        meant = {k for k, facet in facets.items() if called <= {*stems(k.replace("_", " ")), *stems(facet.name)}}
        if meant and key not in meant:
            return True
    last = sentence.low(at - 1)
    if last in _W["cost_words"]:
        return True
    if last in _WEIGH:
        return _WEIGH[last] not in key
    if last in ("is", "of"):
        noun = stem(sentence.low(at - 2))
        keys = {k for k in world.truth.catalog.facets if noun in stems(k.replace("_", " ")) or noun == k}
        return bool(keys) and key not in keys
    return False


def _meaning(world: World, name: str) -> Meaning | None:
    item = world.truth.catalog[world.row]
    if name == "brand":
        return Meaning("brand", "brand", stems(item.brand))
    if name == "category":
        return Meaning("category", "category", stems(item.leaf))
    value = item.attributes.get(name.removeprefix("attr:"))
    return Meaning("value", name.removeprefix("attr:"), value) if isinstance(value, str) else None


def _same(world: World, name: str, row: int) -> bool:
    """Whether another item has the same value of this fact."""
    one, other = world.truth.catalog[world.row], world.truth.catalog[row]
    if name == "brand":
        return one.brand == other.brand
    if name == "category":
        return one.leaf == other.leaf
    if name == "price":
        return one.price == other.price
    key = name.removeprefix("attr:")
    return one.attributes.get(key) == other.attributes.get(key)


def _wished_facts(world: World) -> set[str]:
    """Facts that a constraint in force speaks of and that the item satisfies: numbers ("at least 80 sheets"), lists."""
    return {
        c.facet if c.facet in ("price", "brand", "category") else f"attr:{c.facet}"
        for c in world.constraints
        if c.op is not Op.NOT and world.truth.holds(c, world.row)
    }


def _followed(words: list[str], first: str, *seconds: str) -> bool:
    return any(a == first and b in seconds for a, b in pairwise(words))
