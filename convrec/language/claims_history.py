"""What a sentence says of the user: what was bought, what was asked for, which limit was set."""

from __future__ import annotations

from collections.abc import Iterator

from convrec.conversation import Constraint, Op
from convrec.language.claims_compare import of_noun
from convrec.language.claims_frames import Frame, Sentence
from convrec.language.claims_lexicon import LEXICON
from convrec.language.claims_vocabulary import OF_ITEMS
from convrec.language.claims_words import number_of
from convrec.language.claims_world import Found, World

_W = LEXICON.words
_PLAIN = _W["generic_nouns"] | _W["function_words"] | _W["aux"] | _W["bought"] | _W["habit"] | _W["history_nouns"]
_POINT = frozenset({("was", "the", "point"), ("is", "the", "point"), ("that's", "the", "point")})
_BY = frozenset({"by", "to", "on", "that's", "is", "was"})  # … what you told me
_UNLIKE = frozenset({("nothing", "like"), ("another", "corner")})  # … of what was bought so far
_THAT, _GOES_ON = frozenset({"that", "this"}), frozenset({",", ";", ".", "—", "–", "and", "so", "but", ""})
_AS = frozenset({"as", "what", "which", "like", "just", "exactly", "all", "everything"})
_SEVERAL = frozenset({"several", "many", "few", "various", "numerous"})


def history_claims(sentence: Sentence, world: World) -> Iterator[Found]:
    """A claim for every "you bought …" and "as you asked"; words of the catalogue in them are checked on their own."""
    for start, end, frame in sentence.triggers:
        if frame.about == "history":
            yield Found(start, _clause_end(sentence, end), "history", _bought(sentence, world, start, end, frame))
        else:
            yield Found(start, end, "wish", _asked(sentence, world, start, end))
    for at, token in enumerate(sentence.tokens):
        if token.kind == "word" and token.low in ("budget", "limit") and not _names_limit(sentence, at):
            yield Found(at, at + 1, "limit", _within_limit(sentence, world, at))
        if tuple(sentence.words(at - 2, at + 1)) in _POINT:  # "it is blue, and that was the point"
            yield Found(at - 1, at + 1, "wish", _asked(sentence, world, at - 1, at + 1))
        if (token.low, sentence.low(at + 1)) in _UNLIKE and sentence.frames[at].about != "open":
            yield Found(at, at + 2, "history", _first_of_its_kind(world))
        if token.low == "history" or (token.low == "usual" and sentence.low(at - 1) == "your"):
            if sentence.frames[at].about == "open":
                continue
            if token.low == "usual" and sentence.low(at + 1) in ("brand", "maker"):
                yield Found(at, at + 2, "history", _usual_brand(world))
            else:
                yield Found(at, at + 1, "history", bool(world.context.history))


def _first_of_its_kind(world: World) -> bool:
    leaf = world.truth.catalog[world.row].leaf
    return world.count(lambda row: world.truth.catalog[row].leaf == leaf) == 0


def _usual_brand(world: World) -> bool:
    brand = world.truth.catalog[world.row].brand
    return world.count(lambda row: world.truth.catalog[row].brand == brand) >= 2


def _bought(sentence: Sentence, world: World, start: int, end: int, frame: Frame) -> bool:
    """There is a history, and what it is said to hold is either checked elsewhere (mentions, facts) or found in it."""
    if not world.context.history:
        return False
    words = sentence.words(start, end)
    if _SEVERAL.intersection(words) and len(world.context.history) < 2:
        return False
    unknown = _unknown_object(sentence, end)
    if unknown:
        found = world.count(lambda row: all(world.truth.is_called(row, word) for word in unknown))
        return found >= (2 if frame.often else 1)
    return True


def _unknown_object(sentence: Sentence, start: int) -> list[str]:
    """Content words after "you bought" that no mention covers: "a bicycle"."""
    unknown: list[str] = []
    for at in range(start, min(start + 7, len(sentence.tokens))):
        token = sentence.tokens[at]
        if (
            token.kind in ("mark", "fact")
            or sentence.breaks(at)
            or token.low in ("it", "this", "which", "that", "for", "as", "when", "because", "from", "in")
        ):
            break
        mention = sentence.mention(at)
        if mention is not None and mention.kind not in OF_ITEMS:
            break
        plain = token.low in _PLAIN or token.stem in _PLAIN or token.low in _W["verbs"]
        if mention is None and not plain and number_of(token) is None and not token.low.endswith("ly"):
            unknown.append(token.stem)
    return unknown


def _asked(sentence: Sentence, world: World, start: int, end: int) -> bool:
    """ "you asked for blue": the mentions after it are checked on their own. "as you asked": what stands before it, and
    "you wanted that": what stands after it, must be asked for by a constraint in force that the item satisfies."""
    met = [c for c in world.constraints if world.truth.holds(c, world.row)]
    stop = _clause_end(sentence, end)
    if any(m.kind in OF_ITEMS or m.kind == "compare" for m in sentence.mentions if end <= m.start < stop):
        return bool(world.constraints)
    named = {sentence.tokens[at].low for at in range(end, stop) if sentence.tokens[at].kind == "fact"}
    if named:
        return bool(world.constraints)
    about = _beside(sentence, world, range(start - 1, -1, -1))
    if about:
        return any(c.facet in about for c in met)
    if _points_on(sentence, end):
        about = _beside(sentence, world, range(end, len(sentence.tokens)))
        if about:
            return any(c.facet in about for c in world.constraints)
    if sentence.low(start - 1) == "difference":
        reference = world.context.reference
        return any(c.op in (Op.LESS, Op.MORE) or not _holds(c, reference, world) for c in met)
    if sentence.low(start - 1) not in _AS:
        return True  # "you asked, and I would say …": nothing is said of what was asked
    if sentence.low(start - 2) in _BY and (about := _beside(sentence, world, range(end, len(sentence.tokens)))):
        further = {"too", "also", "well"}.intersection(sentence.words(end, len(sentence.tokens)))
        return bool(further and met) or any(c.facet in about for c in met)  # "I went by what you told me, and it's …"
    holds = bool(met) and len(met) == len(world.constraints)
    return holds is not sentence.negated(start, end)


def _holds(constraint: Constraint, row: int | None, world: World) -> bool:
    return row is None or world.truth.holds(constraint, row)


def _points_on(sentence: Sentence, end: int) -> bool:
    """Whether "that" is what was wanted: "you wanted that, and …", not "you wanted that one" or "this time"."""
    end += sentence.low(end) in ("about", "for")
    after = end + (sentence.low(end) in _THAT)
    return sentence.low(after - 1) in _THAT and sentence.low(after) in _GOES_ON


def _beside(sentence: Sentence, world: World, places: range) -> set[str]:
    """The facets of the claim that is met first; empty where there is none."""
    for at in places:
        token, mention = sentence.tokens[at], sentence.mention(at)
        if sentence.breaks(at) and places.step < 0:  # "so" comes between "you wanted that" and what that is
            return set()
        if token.kind == "fact":
            if (sentence.entity(at) is not None and token.low != "fits") or sentence.low(at - 1) == "than":
                continue
            if token.low.startswith("wish:"):
                return {c.facet for c in world.constraints}
            return {
                {"limit": "price", "saving": "price", "extra": "price", "fits": "compatible"}.get(
                    token.low, token.low.removeprefix("attr:")
                )
            }
        if (
            mention is not None
            and mention.kind in OF_ITEMS
            and token.stem not in _W["ambiguous"]
            and mention.kind != "category"
        ):
            return {meaning.key or meaning.kind for meaning in mention.meanings}
        if mention is not None and mention.kind == "compare":
            degree = of_noun(sentence, world, mention.end, mention.meanings[0].value)
            return set(world.vocabulary.keys_of(degree, world.truth.catalog))
    return set()


def _names_limit(sentence: Sentence, at: int) -> bool:
    """Whether ⟨limit⟩ or a number stands beside the word: then that is the claim. A question claims nothing."""
    near = sentence.tokens[max(at - 3, 0) : at + 5]
    named = any(token.kind == "number" or (token.kind == "fact" and token.low == "limit") for token in near)
    return named or sentence.frames[at].about in ("open", "if")


def _within_limit(sentence: Sentence, world: World, at: int) -> bool:
    price, limit = world.truth.catalog[world.row].price, world.limit()
    if limit is None or price is None:
        return False
    beyond = bool({"over", "above", "beyond", "exceeds"}.intersection(sentence.words(at - 4, at)))
    return (price > limit) is (beyond is not sentence.negated(at, at + 1))


def _clause_end(sentence: Sentence, start: int) -> int:
    end = start
    while end < len(sentence.tokens) and sentence.tokens[end].low != "," and not sentence.breaks(end):
        end += 1
    return max(end, 1)
