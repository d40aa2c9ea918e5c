"""Numbers and prices in plain words: "$15", "0.7 mm", "two drawers" must be values of what they are said of."""

from __future__ import annotations

from collections.abc import Iterator

from convrec.facets import UNITS
from convrec.language.claims_frames import Sentence
from convrec.language.claims_lexicon import LEXICON
from convrec.language.claims_vocabulary import OF_ITEMS, Mention
from convrec.language.claims_words import number_of, stem
from convrec.language.claims_world import Found, World

_W = LEXICON.words
_MONEY = frozenset({"dollar", "usd", "buck"})
_BELOW = frozenset({"under", "below", "within"})
_ABOVE = frozenset({"over", "above", "beyond"})
_ABOUT = frozenset({"about", "around", "roughly", "nearly", "almost", "approx", "approximately"})
_COUNTED = frozenset(
    {
        "reason",
        "thing",
        "way",
        "word",
        "step",
        "minute",
        "option",
        "choice",
        "people",
        "person",
        "hand",
        "side",
        "point",
        "of",
    }
)


def number_claims(sentence: Sentence, world: World) -> Iterator[Found]:
    """One claim for every number that no mention covers; "one" and "two reasons" say nothing about an item."""
    for at, token in enumerate(sentence.tokens):
        value = number_of(token)
        if value is None or sentence.mention(at) is not None or sentence.frames[at].about == "open":
            continue
        noun = stem(sentence.low(at + 1))
        if token.kind == "word" and (
            noun in _COUNTED
            or sentence.low(at - 1) in ("these", "those", "the", "first", "last", "all", "other")
            or not noun
        ):
            continue
        if token.low.startswith("$") or noun in _MONEY:
            yield Found(at, at + 1, "number", _is_price(sentence, world, at, value))
        else:
            yield Found(
                at, at + 1, "number", _is_value(sentence, world, at, value, noun) is not sentence.negated(at, at + 1)
            )


def _is_price(sentence: Sentence, world: World, at: int, value: float) -> bool:
    """By the words around it an amount is a price, a limit, or a difference to the reference."""
    frame = sentence.frames[at]
    catalog = world.truth.catalog
    if frame.about == "history":
        prices = sorted(p for row in world.context.history if (p := catalog[row].price) is not None)
        middle = (prices[(len(prices) - 1) // 2] + prices[len(prices) // 2]) / 2 if prices else None
        return any(abs(value - p) < 0.006 for p in (*prices, *([] if middle is None else [middle])))
    price = catalog[frame.rows[0] if frame.about == "other" and frame.rows else world.row].price
    if price is None or sentence.negated(at, at + 1):
        return False
    before, after = sentence.words(at - 4, at), sentence.words(at + 1, at + 4)
    limit = world.limit()
    if {"limit", "budget"}.intersection([*before, *after]) or frame.about == "wish":
        return limit is not None and abs(value - limit) < 0.005 and price <= limit
    other = next((catalog[row].price for row in world.rows_of("reference")), None)
    for word in (*after[:2], *before[::-1][:2]):
        if word in ("less", "cheaper", "off", "save", "saves", "saving") and "than" not in before[-1:]:
            return other is not None and abs(other - price - value) < 0.005
        if word in ("more", "extra", "dearer", "pricier") and "than" not in before[-1:]:
            return other is not None and abs(price - other - value) < 0.005
    if (
        _BELOW.intersection(before[-2:])
        or before[-2:] == ["less", "than"]
        or before[-2:] == ["at", "most"]
        or before[-2:] == ["up", "to"]
    ):
        return price <= value
    if _ABOVE.intersection(before[-2:]) or before[-2:] in (["more", "than"], ["at", "least"]):
        return price >= value
    if _ABOUT.intersection(before[-1:]):
        return abs(price - value) <= max(0.5, 0.05 * price)
    if {"from", "than", "was"}.intersection(before[-1:]) or before[-2:] == ["instead", "of"]:
        return other is not None and abs(other - value) < 0.005
    return abs(price - value) < 0.005


def _is_value(sentence: Sentence, world: World, at: int, value: float, noun: str) -> bool:
    frame = sentence.frames[at]
    if frame.about == "history":
        return _counts_history(sentence, world, at, value)
    if frame.about == "wish":
        numbers = [c.value for c in world.constraints if not isinstance(c.value, str | bool)]
        return any(abs(float(number) - value) < 1e-6 for number in numbers)
    rows = frame.rows if frame.about == "other" else (world.row,)
    return bool(rows) and all(_has_number(sentence, world, at, row, value, noun) for row in rows)


def _has_number(sentence: Sentence, world: World, at: int, row: int, value: float, noun: str) -> bool:
    token = sentence.tokens[at]
    unit = "%" if token.low.endswith("%") else LEXICON.unit_words.get(noun, "")
    named = world.vocabulary.facet_nouns.get(noun) or world.vocabulary.facet_nouns.get(
        stem(sentence.low(at + 2)), set()
    )
    numbers = world.truth.numbers(row)
    if unit:
        numbers = {key: n for key, n in numbers.items() if UNITS.get(key.rsplit("_", 1)[-1]) == unit}
    elif named & numbers.keys():
        numbers = {key: n for key, n in numbers.items() if key in named}
    before = sentence.words(at - 2, at)
    if _BELOW.intersection(before) or before in (["less", "than"], ["fewer", "than"], ["at", "most"]):
        return any(n < value or (before == ["at", "most"] and n == value) for n in numbers.values())
    if _ABOVE.intersection(before) or before in (["more", "than"], ["at", "least"]):
        return any(n > value or (before == ["at", "least"] and n == value) for n in numbers.values())
    if any(abs(n - value) < 1e-6 for n in numbers.values()):
        return True
    word = sentence.tokens[at + 1].stem if at + 1 < len(sentence.tokens) else ""
    return world.truth.says(row, (token.stem, word)) or (
        not unit and not named and world.truth.says(row, (token.stem,))
    )


def _counts_history(sentence: Sentence, world: World, at: int, value: float) -> bool:
    """ "you bought two Tarn pens", "4 of them are from Tarn", "7 purchases": so many, no more and no less."""
    start, end = sentence.clause(at)
    named = [m for m in sentence.mentions if m.kind in OF_ITEMS]
    groups = [[m for m in named if at < m.start <= at + 3][:2], [m for m in named if start <= m.start < end], named, []]
    counts = [_purchases(world, group) for group in groups]
    if any(meaning.kind == "category" for m in named for meaning in m.meanings) and value <= max(counts[:3]):
        return True  # a shelf's name ("paper") also names parts of others: at least so many is all that can be told
    return value in ((counts[3],) if not named else (counts[0], counts[1], counts[2]) if groups[0] else counts)


def _purchases(world: World, group: list[Mention]) -> int:
    """How many purchases are everything the mentions say."""
    return world.count(lambda row: all(world.has(mention.meanings, row) for mention in group))
