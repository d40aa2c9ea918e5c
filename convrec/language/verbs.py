"""Where a word that names a kind of thing names none: "a bottle of ink", "to sharpen pencils"."""

from __future__ import annotations

from collections.abc import Sequence

from convrec.language.lexicon import Mention
from convrec.language.utterance import Utterance

# Beside these a category's word is a verb: "I'm writing a list", "lead me to". After these, "to" it is the way there.
_DOING = frozenset(["i'm", "im", "am", "are", "we're", "is", "was", "were", "been", "keep", "started", "just"])
_MODALS = frozenset(["can", "could", "may", "might", "should", "would", "will", "shall", "cannot", "can't"])
_FEELS = frozenset(["that", "it", "i", "we", "they", "this", "which", "one", "always", "just", "never"])
_TOLD_TO = frozenset(["me", "us", "him", "her", "them", "myself", "yourself"])
TOWARDS = frozenset(["me", "us", "over", "on", "back", "go", "get", "move", "along", "straight", "up", "down", "round"])
_PLACES = frozenset(["something", "anything", "somewhere", "anywhere", "things", "stuff", "one"])
_PREPOSITIONS = frozenset(["from", "with", "on", "in", "out", "into", "off"])
_DETERMINERS = frozenset(
    ["a", "an", "the", "some", "my", "our", "her", "his", "their", "all", "these", "those", "loose", "old"]
)  # fmt: skip
# "To buy pencils" asks for pencils, "to sharpen pencils" for what does that; "that needs staples" tells of the thing.
_ACQUIRES = frozenset(
    ["a", "an", "the", "my", "our", "some", "buy", "get", "see", "have", "order", "purchase", "find", "try",
     "browse", "grab", "pick", "add", "own", "restock", "replace", "upgrade", "switch", "be", "look", "go",
     "recommend", "show", "suggest", "want", "need", "like", "choose", "consider", "shop", "stock", "take", "use",
     "receive", "obtain", "acquire", "compare", "fit", "match", "bring", "change", "return", "move", "refill", "top",
     "feed", "complement", "accompany", "include"]
)  # fmt: skip
_STATES = frozenset(
    ["is", "has", "was", "fits", "needs", "takes", "looks", "matches", "goes", "works", "comes", "suits", "uses",
     "does", "accepts", "loves", "likes", "includes"]
)  # fmt: skip
_MEASURES = frozenset(
    ["bottle", "bottles", "box", "boxes", "tube", "tubes", "jar", "roll", "rolls", "pad", "bag", "bags"]
)


def is_verb(u: Utterance, mention: Mention) -> bool:
    """ "Lead me to the pens" is not about leads, "I'm writing a list" not about writing, "it felt odd" not felt, "so I
    can stand" wants no stand, "something to drink from" no drink."""
    before = u.words[mention.first - 1].text if mention.first else ""
    after = u.words[mention.last].text if mention.last < len(u) else ""
    if mention.last - mention.first > 1:
        return False
    if u.words[mention.first].text == "felt" and before in _FEELS:
        return True
    earlier = u.words[mention.first - 2].text if mention.first > 1 else ""
    if before in _MODALS and earlier not in _DETERMINERS and not u.words[mention.first].text.endswith("s"):
        return True
    if before == "to" and earlier in _PLACES and after in _PREPOSITIONS:
        return True
    doing = u.words[mention.first].text.endswith("ing") and before in _DOING
    return doing or (after in _TOLD_TO and before not in ("a", "an", "the", "my", "this"))


def is_measure(u: Utterance, mention: Mention) -> bool:
    """ "A bottle of ink" is no bottle."""
    words = [word.text for word in u.words[mention.first : mention.last + 1]]
    return len(words) == 2 and words[0] in _MEASURES and words[1] == "of"


def done_to(u: Utterance, mention: Mention, mentions: Sequence[Mention]) -> int | None:
    """Where the verb stands if a category is only what something is to be done to: "to sharpen pencils", "that cuts
    paper"; None where it is asked for, as in "to buy pencils", or where the verb means something here itself."""
    words = [word.text for word in u.words[: mention.first]]
    if words and words[-1] in _DETERMINERS:
        words.pop()
    if len(words) < 3:
        return None
    link, verb = words[-2:]
    purpose = link == "to" and verb not in _ACQUIRES and words[-3] not in TOWARDS
    doing = link in ("that", "which") and verb.endswith("s") and verb not in _STATES
    meant = any(u.words[m.last - 1].text == verb for m in mentions)
    return len(words) - 1 if (purpose or doing) and verb.isalpha() and not meant else None
