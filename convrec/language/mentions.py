"""What a word that names something in the catalogue says after all, by the words around it: a mere answer, a property,
or nothing of the goods.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from convrec.language.lexicon import Kind, Mention
from convrec.language.prices import Amount
from convrec.language.utterance import Utterance

_RUNS_ON = re.compile(
    r"(?<!\S)(?:(?:runs?|running|works?|working|goes|operates?) (?:off|on)|(?:powered|operated) (?:by|with))(?: the)?$"
)
_IT_IS = (["has"], ["will"], ["must"], ["have"], ["is"])
_OF_THAT_KIND = frozenset(["one", "ones", "version", "powered", "operated", "driven", "model", "type"])
_DEAR_AS = frozenset(
    ["too", "so", "very", "rather", "quite", "less", "as", "bit", "not", "nothing", "terribly", "awfully"]
)
_ANSWERS = frozenset(["fine", "clear", "cool", "right"])
_RHETORICAL = frozenset(["doesn't", "doesnt", "isn't", "isnt", "aren't", "arent", "hasn't", "wouldn't", "couldn't"])


def of_goods(u: Utterance, mentions: Sequence[Mention], has: Collection[str] | None) -> list[Mention]:
    """The mentions that speak of goods, each as what it speaks of. `has`: the facets of what is shown, None where
    nothing is."""
    if _is_answer(u, mentions):
        mentions = mentions[1:]
    mentions = [_as_a_property(u, m, has) for m in mentions if not _is_rhetorical(u, m, mentions)]
    return [m for m in mentions if not _is_fond(u, m)]


def names_value(amount: Amount, mentions: Sequence[Mention], topics: Mapping[str, int]) -> bool:
    """Whether a figure that is none of the numbers here is the name of a value: scissors "in size 21 cm"."""
    values = [s for m in mentions if m.first < amount.last and amount.first < m.last for s in m.of(Kind.VALUE)]
    return any(s.facet in topics for s in values) and not any(c.hard for c in amount.constraints)


def _is_answer(u: Utterance, mentions: Sequence[Mention]) -> bool:
    """Whether a message begins with a word of assent that is a value, too: "Fine. Now for my desk …"."""
    first = mentions[0] if mentions else None
    return bool(first and (first.first, first.last) == (0, 1) and u.words[0].text in _ANSWERS and u.words[1:2]) and (
        u.words[1].is_end or u.words[1].text == ","
    )


def _is_rhetorical(u: Utterance, mention: Mention, mentions: Sequence[Mention]) -> bool:
    """ "Doesn't Tarn make one of these?" denies nothing; "doesn't need to be wireless" does."""
    place = mention.first
    begins = place == 0 or u.words[place - 1].is_end
    if not begins or mention.cue != "negate" or u.words[place].text not in _RHETORICAL:
        return False
    maker = any(m.first == place + 1 and any(s.facet == "brand" for s in m.of(Kind.VALUE)) for m in mentions)
    end = next((word.text for word in u.words[place:] if word.is_end), "")
    return maker or end == "?"


def _is_fond(u: Utterance, mention: Mention) -> bool:
    """ "A pen, dear" says nothing of its price."""
    before = u.words[mention.first - 1].text if mention.first else ""
    return u.words[mention.first].text == "dear" and mention.last == mention.first + 1 and before not in _DEAR_AS


def _as_a_property(u: Utterance, mention: Mention, has: Collection[str] | None) -> Mention:
    """ "A battery one", "it must run off batteries", "batteries it'll have to be" want no batteries. `has`: the facets
    of what is shown, None where nothing is."""
    values = mention.of(Kind.VALUE)
    properties = tuple(s for s in values if s.facet != "category" and (has is None or s.facet in has))
    if not properties or not any(s.facet == "category" for s in values):
        return mention
    before = " ".join(word.text for word in u.words[max(mention.first - 3, 0) : mention.first])
    after = [word.text for word in u.words[mention.last : mention.last + 2]]
    it_is = has is not None and after[:1] in (["it"], ["it'll"], ["it's"]) and after[1:] in _IT_IS
    if it_is or _RUNS_ON.search(before) or not _OF_THAT_KIND.isdisjoint(after[:1]):
        return replace(mention, senses=properties)
    return mention
