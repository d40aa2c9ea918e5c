"""Words of the catalogue and of praise: flags, values, brands, categories, titles, stock, qualities, what fits what."""

from __future__ import annotations

from collections.abc import Iterator

from convrec.language.claims_frames import Frame, Sentence
from convrec.language.claims_lexicon import LEXICON
from convrec.language.claims_vocabulary import OF_ITEMS, Mention
from convrec.language.claims_words import stem, stems
from convrec.language.claims_world import Found, World

_W = LEXICON.words
_PREPOSITIONS = _W["prepositions"]
_NEGATED_KINDS = frozenset({"flag", "value", "part", "brand", "category"})


def item_claims(sentence: Sentence, world: World) -> Iterator[Found]:
    """Claims made by the mentions of a sentence, and by words built like a property ("splashproof")."""
    for mention in sentence.mentions:
        frame = sentence.frames[mention.start]
        if frame.about == "open":
            continue
        if mention.kind in OF_ITEMS:
            yield from _of_item(sentence, world, mention, frame)
        elif mention.kind == "title":
            yield Found(mention.start, mention.end, "title", _title_holds(sentence, world, mention, frame))
        elif mention.kind == "stock":
            live = bool(world.truth.catalog.live[world.row])
            said = mention.meanings[0].value is not sentence.negated(mention.start, mention.end)
            yield Found(mention.start, mention.end, "stock", said is live and frame.about == "item")
        elif mention.kind in ("quality", "service"):
            if frame.about == "if" or any(s <= mention.start < e for s, e, _ in sentence.triggers):
                continue
            holds = world.truth.says(world.row, mention.meanings[0].value) and not sentence.negated(
                mention.start, mention.end
            )
            yield Found(mention.start, mention.end, "quality", holds and frame.about == "item")
        elif mention.kind == "compatible":
            yield from _compatible(sentence, world, mention)
    for at, token in enumerate(sentence.tokens):
        if token.kind == "word" and sentence.mention(at) is None:
            if _is_property(token.low):
                holds = world.truth.says(world.row, (token.stem,)) and not sentence.negated(at, at + 1)
                yield Found(at, at + 1, "quality", holds)
            elif token.low == "for" and sentence.low(at + 1) == "your":
                yield from _made_for(sentence, world, at)


def _of_item(sentence: Sentence, world: World, mention: Mention, frame: Frame) -> Iterator[Found]:
    kind = mention.kind
    if kind in ("category", "part") and not _names_the_item(sentence, mention, frame):
        return
    if any(start <= mention.start < end for start, end, _ in sentence.triggers):
        return
    said_of_wish = frame.about == "wish" and sentence.low(mention.start - 1) in ("want", "wanted")
    if not said_of_wish and (frame.about != "history" or frame.loose) and _is_plain(sentence, mention):
        return
    denied = kind in _NEGATED_KINDS and sentence.negated(mention.start, mention.end)
    if kind == "property" and sentence.negated(mention.start, mention.end):
        yield Found(mention.start, mention.end, "flag", False)  # the catalogue knows no such flag: nobody can deny it
        return
    said = {"value": "value", "part": "value", "property": "flag"}.get(kind, kind)
    holds = _holds(sentence, world, mention, frame, denied) and _shared_use(sentence, world, mention, frame)
    yield Found(mention.start, mention.end, said, holds)
    yield from _likened(sentence, world, mention, denied)


def _holds(sentence: Sentence, world: World, mention: Mention, frame: Frame, denied: bool) -> bool:
    meanings = mention.meanings
    own = world.has(meanings, world.row) is not denied
    if frame.about == "other":
        return bool(frame.rows) and all(world.has(meanings, row) is not denied for row in frame.rows)
    if frame.about == "wish":
        asked = any(world.wished(meaning, denied) for meaning in meanings)
        return asked or (frame.loose and own)
    if own and _moved_from(sentence, mention):
        return False
    if _moved_from(sentence, mention):
        return any(world.has(meanings, row) for row in (*world.rows_of("reference"), *world.context.history))
    if frame.about == "history":
        never = denied or "never" in sentence.words(mention.start - 6, mention.start)
        group = _group(sentence, mention)
        count = world.count(lambda row: all(world.has(m.meanings, row) for m in group))
        mostly = {"mostly", "mainly", "always"}.intersection(sentence.words(mention.start - 6, mention.start))
        if never:
            return count == 0
        enough = count >= (2 if frame.often else 1) and (not mostly or 2 * count >= len(world.context.history))
        liked = {"like", "love", "prefer", "favour"}.intersection(sentence.words(mention.start - 6, mention.start))
        asked = bool(liked) and any(world.wished(m, False) for m in meanings)
        return enough or (frame.loose and own) or asked
    return own


def _shared_use(sentence: Sentence, world: World, mention: Mention, frame: Frame) -> bool:
    """A use named beside one of the things owned ("for exams you have the ⟨owned:2⟩, and it is for exams too") is said
    of both: the ways to put that are too many to tell whose it is, so it has to hold of both."""
    if frame.about == "wish" or not any(meaning.key == "use" for meaning in mention.meanings):
        return True
    named = [token.low for token in sentence.tokens if token.kind == "fact" and token.low.startswith("owned:")]
    rows = [row for name in named for row in world.rows_of(name)]
    return not rows or all(world.has(mention.meanings, row) for row in (*rows, world.row))


def _moved_from(sentence: Sentence, mention: Mention) -> bool:
    """ "from Tarn to ⟨brand⟩": said of what came before."""
    return sentence.low(mention.start - 1) == "from" and sentence.low(mention.end) == "to"


def _group(sentence: Sentence, mention: Mention) -> list[Mention]:
    """The mentions that stand directly beside each other: "blue gel pens" is one kind of thing."""
    group = [mention]
    while (before := sentence.mention(group[0].start - 1)) is not None and before.kind in OF_ITEMS:
        group.insert(0, before)
    while group[-1].end < len(sentence.tokens) and (after := sentence.mention(group[-1].end)) is not None:
        if after.kind not in OF_ITEMS:
            break
        group.append(after)
    return group


def _names_the_item(sentence: Sentence, mention: Mention, frame: Frame) -> bool:
    """A category word is a claim where it names the item ("this pen", "it is a notebook"), not in "on paper"."""
    if frame.about != "item":
        return frame.about != "if" and sentence.low(mention.start - 1) not in ("more", "less", "fewer")
    at = mention.start - 1
    while (sentence.mention(at) or sentence.tokens[at].kind == "fact") and at > 0 and sentence.entity(at) is None:
        at -= 1
    if sentence.low(at) in ("this", "another"):
        return sentence.low(at - 1) not in _PREPOSITIONS
    article = sentence.low(at) in ("a", "an")
    if mention.end - mention.start > 1 and article:
        return sentence.low(at - 1) not in _PREPOSITIONS
    return article and sentence.low(at - 1) in _W["be"] and sentence.low(at - 2) != "there"


def _is_plain(sentence: Sentence, mention: Mention) -> bool:
    """Whether an ordinary word that some facet also knows ("light", "clear") stands here without that facet."""
    if mention.end - mention.start > 1 or sentence.tokens[mention.start].stem not in _W["ambiguous"]:
        return False
    if sentence.low(mention.start - 1) in ("for", "to", "suits", "serves", ":") and any(
        m.key == "use" for m in mention.meanings
    ):
        return False
    near = {t.stem for t in sentence.tokens[max(mention.start - 3, 0) : mention.end + 2]}
    return not any(near.intersection(meaning.key.split("_")) for meaning in mention.meanings)


def _likened(sentence: Sentence, world: World, mention: Mention, denied: bool) -> Iterator[Found]:
    """ "blue, like your ⟨owned:2⟩" says blue of both; "unlike ⟨reference⟩, it is blue" denies it of the other."""
    likened = sentence.likened(mention.start, mention.end)
    if likened is not None and sentence.frames[mention.start].about == "item":
        entity, alike = likened
        holds = all((world.has(mention.meanings, row) is not denied) is alike for row in entity.rows)
        yield Found(entity.start, entity.end, "comparison", holds)


def _title_holds(sentence: Sentence, world: World, mention: Mention, frame: Frame) -> bool:
    """A title in plain words must be the item's own, the reference's or an owned one's; "your" only an owned one's."""
    rows = set(mention.meanings[0].value)
    if sentence.low(mention.start - 1) == "your" or (frame.about == "history" and not frame.loose):
        return bool(rows.intersection(world.context.history))
    return bool(rows.intersection((world.row, *world.rows_of("reference"), *world.context.history)))


def _compatible(sentence: Sentence, world: World, mention: Mention) -> Iterator[Found]:
    """ "fits your ⟨owned:1⟩", "your ⟨owned:2⟩ takes it": the two must fit, or must not where it is denied."""
    about = sentence.frames[mention.start].about
    offered = {"something", "anything", "things", "others"}.intersection(
        sentence.words(mention.start - 2, mention.start)
    )
    if about in ("open", "if") or offered:
        return
    entity = sentence.next_entity(mention.end, 6)
    if entity is not None and entity.itself:  # "your ⟨owned:2⟩ takes it"
        earlier = [e for e in sentence.entities if e.end <= mention.start and not e.itself]
        entity = earlier[-1] if earlier else None
    if entity is None or not entity.rows or entity.itself:
        return
    denied = sentence.negated(mention.start, mention.end)
    yield Found(
        mention.start, entity.end, "compatible", all(world.truth.fits(world.row, r) is not denied for r in entity.rows)
    )


def _made_for(sentence: Sentence, world: World, at: int) -> Iterator[Found]:
    """ "ink for your ⟨owned:1⟩" says that it fits."""
    entity = sentence.next_entity(at + 1, 3)
    before = sentence.mention(at - 1)
    bought = {"more", "less", "pay", "paid", "spent"}.intersection(sentence.words(at - 2, at))
    fitting = before is not None and before.kind == "compatible"
    if entity is not None and entity.rows and not entity.itself and not bought and not fitting:
        yield Found(at, entity.end, "compatible", all(world.truth.fits(world.row, row) for row in entity.rows))


def _is_property(word: str) -> bool:
    return (
        len(word) > 6
        and word.endswith(LEXICON.phrases["claim_endings"])
        and word not in _W["not_claims"]
        and stem(word) not in _W["not_claims"]
        and bool(stems(word))
    )
