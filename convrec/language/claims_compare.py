"""Comparisons: "lighter than ⟨reference⟩", "more sheets", "the same brand as your ⟨owned:2⟩", "the cheapest"."""

from __future__ import annotations

from collections.abc import Iterator

from convrec.language.claims_frames import Entity, Sentence
from convrec.language.claims_lexicon import LEXICON, Degree
from convrec.language.claims_vocabulary import Mention
from convrec.language.claims_words import stem
from convrec.language.claims_world import Found, World

_W = LEXICON.words
_PRICE_MORE, _PRICE_LESS = Degree(("more",), ("price",), 1), Degree(("less",), ("price",), -1)
_NO_FACET = Degree((), (), 1)
_EVERYWHERE = frozenset({"shop", "store", "catalogue", "whole", "overall", "all", "entire"})
_SAME_KIND = frozenset({"kind", "type", "sort", "category"})
_MAKER = frozenset({"maker", "brand", "company", "manufacturer", "house", "label"})


def comparisons(sentence: Sentence, world: World) -> Iterator[Found]:
    """Every comparison with another item, and every superlative."""
    for mention in sentence.mentions:
        if sentence.frames[mention.start].about in ("open", "if"):
            continue
        if mention.kind == "compare":
            degree = of_noun(sentence, world, mention.end, mention.meanings[0].value)
            denied = sentence.negated(mention.start, mention.end)
            yield _compared(sentence, world, mention.start, mention.end, degree, denied)
        elif mention.kind == "superlative" and (
            sentence.frames[mention.start].about != "history"
        ):  # "the dearest thing you bought": its number is checked
            yield _most(sentence, world, mention)
    for at, token in enumerate(sentence.tokens):
        if token.kind != "word" or sentence.mention(at) is not None or sentence.frames[at].about in ("open", "if"):
            continue
        if token.low in ("more", "less", "fewer"):
            yield from _more_or_less(sentence, world, at)
        elif token.low in ("same", "identical", "different"):
            yield from _same(sentence, world, at)
        elif token.low in ("shares", "keeps") or (
            token.low in ("matches", "match") and {"in", "of"}.intersection(sentence.words(at, at + 6))
        ):
            yield from _shares(sentence, world, at)
        elif token.low.endswith("er") and sentence.low(at + 1) == "than" and token.low not in _W["plain_er"]:
            yield Found(at, at + 2, "comparison", False)  # a comparison nobody can check


def of_noun(sentence: Sentence, world: World, at: int, degree: Degree) -> Degree:
    """ "thinner paper", "a larger sheet capacity": the noun after a comparative says which facet it is about."""
    keys: set[str] = set()
    for i in range(at, at + 3):
        noun = stem(sentence.low(i))
        noun = LEXICON.noun_facets.get(noun, noun)
        found = world.vocabulary.facet_nouns.get(noun, set())
        if not found and sentence.low(i) not in ("of", "sheet", "battery") and noun not in LEXICON.unit_words:
            break
        keys = (keys & found or found) if found else keys
    if len(keys) > 1:  # "capacity" is rather capacity_l than sheet_capacity
        noun = stem(sentence.low(at))
        keys = {key for key in keys if stem(key.split("_")[0]) == noun} or keys
    return Degree(degree.words, tuple(sorted(keys)), degree.sign) if keys else degree


def _compared(sentence: Sentence, world: World, start: int, end: int, degree: Degree, denied: bool) -> Found:
    """ "lighter than X", or "lighter" alone: then than what is being steered away from."""
    frame = sentence.frames[start]
    if frame.about == "wish" and not frame.loose:
        keys = world.vocabulary.keys_of(degree, world.truth.catalog)
        return Found(start, end, "wish", any(c.facet in keys for c in world.constraints))
    subjects = frame.rows if frame.about == "other" else (world.row,)
    base, base_end = _base(sentence, world, end, turned=frame.about == "other")
    if base is None:
        return Found(start, end, "comparison", False)
    outcomes = [world.truth.compare(degree, one, two) for one in subjects for two in base]
    holds = bool(outcomes) and all(o is not None and (o == 1) is not denied for o in outcomes)
    return Found(start, base_end, "comparison", holds)


def _base(sentence: Sentence, world: World, end: int, turned: bool) -> tuple[tuple[int, ...] | None, int]:
    """The rows that are compared with, and where they end in the sentence; None where nobody can tell."""
    at = end
    while (
        at < min(end + 5, len(sentence.tokens)) and sentence.low(at) not in ("than", "to") and not sentence.breaks(at)
    ):
        at += 1
    if at < len(sentence.tokens) and sentence.low(at) in ("than", "to") and at - end < 5:
        entity = sentence.next_entity(at + 1, 6)
        if entity is not None:
            return (entity.rows or None), entity.end
        return None, at + 1
    if turned:
        return (world.row,), end
    named = [e for e in sentence.entities if e.end <= end and not e.itself]
    if named and {"to", "with", "against", "beside"}.intersection(sentence.words(named[-1].start - 2, named[-1].start)):
        return named[-1].rows or None, end  # "next to ⟨reference⟩ it is lighter"
    return (world.rows_of("reference") or None), end


def _more_or_less(sentence: Sentence, world: World, at: int) -> Iterator[Found]:
    word = sentence.low(at)
    after = sentence.low(at + 1)
    denied = sentence.negated(at, at + 1)
    if after == "than":
        entity = sentence.next_entity(at + 2, 6)
        start, _ = sentence.clause(at)
        before = sentence.words(max(start, at - 4), at)
        about_price = bool(_W["cost_words"].intersection(before)) or any(
            t.kind == "fact" and t.low in ("saving", "extra", "price") for t in sentence.tokens[max(start, at - 3) : at]
        )
        if entity is not None and (about_price or word != "fewer"):
            degree = _PRICE_MORE if word == "more" else _PRICE_LESS
            found = _compared(sentence, world, at, at + 1, degree, denied)
            yield found if about_price else Found(found.start, found.end, "comparison", False)
    elif sentence.low(at - 1) in ("cost", "costs") and not sentence.mention(at + 1) and not _W["verbs"] >= {after}:
        yield _compared(sentence, world, at, at + 1, _PRICE_MORE if word == "more" else _PRICE_LESS, denied)
    elif after == "for" and {"pay", "paid", "spend", "spent"}.intersection(sentence.words(at - 3, at)):
        entity = sentence.next_entity(at + 2, 4)
        if entity is not None and entity.rows and not entity.itself:  # "you paid more for X": the item costs less
            degree = _PRICE_LESS if word == "more" else _PRICE_MORE
            holds = all(world.truth.compare(degree, world.row, row) == 1 for row in entity.rows)
            yield Found(at, entity.end, "comparison", holds is not denied)
    elif (degree := of_noun(sentence, world, at + 1, _NO_FACET)).facets:
        sign = 1 if word == "more" else -1
        yield _compared(sentence, world, at, at + 2, Degree((word,), degree.facets, sign), denied)
    elif "than" in sentence.words(at + 2, at + 4) and sentence.mention(at + 1) is None:
        than = next(i for i in range(at + 2, at + 4) if sentence.low(i) == "than")
        if sentence.next_entity(than, 6) is not None:
            yield Found(at, than + 1, "comparison", False)  # "more pleasant than": nobody can check it


def _same(sentence: Sentence, world: World, at: int) -> Iterator[Found]:
    """ "the same brand as your ⟨owned:2⟩", "a different colour from ⟨reference⟩"."""
    alike = sentence.low(at) != "different"
    noun = stem(sentence.low(at + 1))
    if not noun and at + 1 < len(sentence.tokens):
        noun = sentence.tokens[at + 1].low.removeprefix("attr:")  # "the same ⟨category⟩ as"
    if noun in ("as", "on") and sentence.low(at - 1) == "the" and sentence.low(at - 2) in ("is", "are"):
        noun = stem(sentence.low(at - 3))  # "the colour is the same as on ⟨reference⟩"
    if noun == "as" and sentence.low(at - 2) in _W["cost_words"]:
        noun = "price"
    elif noun == "as":
        return  # "it is blue, the same as ⟨reference⟩": the likeness belongs to "blue"
    entity = None
    for i in range(at + 1, min(at + 6, len(sentence.tokens))):
        if sentence.low(i) in ("as", "from", "than", "to"):
            entity = sentence.next_entity(i + 1, 5)
            break
    mates = [e for e in sentence.entities if not e.itself and e.end <= at]
    if entity is None and mates and sentence.low(at - 2) in ("have", "has", "share"):
        entity = mates[-1]  # "your ⟨owned:1⟩ and it have the same brand"
    rows = entity.rows if entity is not None and not entity.itself else world.rows_of("reference")
    end = max(entity.end if entity is not None else 0, at + 1)
    if noun in world.vocabulary.facet_nouns or noun in _SAME_KIND | _MAKER or noun in world.vocabulary.facet_words:
        holds = bool(rows) and all(_equal(world, noun, row) is alike for row in rows)
        yield Found(at, min(end, len(sentence.tokens)), "comparison", holds is not sentence.negated(at, at + 1))
    elif entity is not None and not entity.itself:
        yield Found(at, end, "comparison", False)


def _shares(sentence: Sentence, world: World, at: int) -> Iterator[Found]:
    """ "shares its brand with ⟨reference⟩", "matches your ⟨owned:1⟩ in colour"."""
    if sentence.low(at) == "keeps" and "of" not in sentence.words(at + 2, at + 7):
        return
    nouns = [stem(w) for w in sentence.words(at + 1, min(sentence.clause(at)[1], at + 9))]
    noun = next((n for n in nouns if n in world.vocabulary.facet_words | _SAME_KIND | _MAKER), None)
    entity: Entity | None = sentence.next_entity(at + 1, 8)
    if noun is not None and entity is not None and entity.rows and not entity.itself:
        yield Found(at, entity.end, "comparison", all(_equal(world, noun, row) for row in entity.rows))


def _most(sentence: Sentence, world: World, mention: Mention) -> Found:
    frame = sentence.frames[mention.start]
    rows = frame.rows if frame.about == "other" else (world.row,)
    around = sentence.words(mention.end, mention.end + 8)
    among = "of" in sentence.words(mention.start - 3, mention.start) and "one" in sentence.words(
        mention.start - 4, mention.start
    )
    kind = next(
        (m for m in sentence.mentions if m.kind == "category" and mention.end <= m.start <= mention.end + 3), None
    )
    named = kind.meanings[0] if kind is not None else None
    everywhere = kind is None and "⟨category⟩" not in sentence.text and bool(_EVERYWHERE.intersection(around))
    denied = sentence.negated(mention.start, mention.end)
    holds = bool(rows) and all(
        world.truth.is_most(mention.meanings[0].value, row, everywhere, among, named) is not denied for row in rows
    )
    return Found(mention.start, mention.end, "superlative", holds)


def _equal(world: World, noun: str, row: int) -> bool:
    """Whether the item and `row` have the same value of the facet a noun names."""
    catalog = world.truth.catalog
    one, other = catalog[world.row], catalog[row]
    if noun in _MAKER:
        return one.brand == other.brand
    if noun in _SAME_KIND:
        return one.leaf == other.leaf
    keys = [key for key in catalog.facets if noun in {stem(part) for part in key.split("_")}]
    values = [(catalog.value(world.row, key), catalog.value(row, key)) for key in keys]
    known = [pair for pair in values if pair != (None, None)]
    return bool(known) and all(one == other for one, other in known)
