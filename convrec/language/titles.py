"""Words that no facet of a catalogue accounts for and that some of its titles hold: wishes for those items.

Real catalogues record little in fields and much in titles ("Easy Peel White Mailing Labels for Laser Printers").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from convrec.catalog import Catalog, format_value
from convrec.conversation import Constraint, Op
from convrec.language.draft import Draft
from convrec.language.lexicon import Lexicon, Mention
from convrec.language.scope import Scope
from convrec.language.utterance import Utterance, Word, stems

COMMON = 0.1  # a word in more of the titles than this tells nothing where it is wanted,
OFTEN = 0.5  # and in more than this where it is not
LONGEST = 20  # words; whoever says more tells a story, with any words in it
SHARES_KEPT = 1_000  # words: people say many
# Words that are to stand on the thing: "it said magnetic on the label", "where is written laser", "isn't there one
# called barrels", "the title was document".
_W = r"(?!the |a |an |my |it |this |that |one )[^\s,.?!]+"
_QUOTED = re.compile(
    rf"(?<!\S)(?:with|said|says?|has|having|saying|reads?|got|see)(?: the words?)? (?P<before>(?:{_W} ){{1,3}}?)"
    r"(?:written |printed )?"
    r"(?:in (?:the|its|their) (?:name|title)"
    r"|on (?:it|(?:the|its|their) (?:label|box|packet|packaging|tin|cover|front)))(?!\S)"
    r"|(?<!\S)(?:is written|the words?|called|labelled|kept saying|goe?s? by|described as|"
    r"(?:listed|look|filed|found) under|(?:titles?|names?|description)(?: \S+ by)?(?: ,(?: [^\s,]+){1,4} ,)?"
    rf"(?: should| must)? (?:contain(?:s|ed)?|was|had|mentions?|says?|said)) (?P<after>{_W})"
    rf"|(?<!\S)['\"] (?P<marked>{_W}(?: {_W})?) ['\"](?!\S)"
    rf"|^(?P<first>{_W}) [,!?] (?:\S+ ){{1,4}}(?:in|on) (?:the|any of your|its) (?:\S+ )?"
    r"(?:names?|titles?|labels?)(?!\S)"
)
# The name of a thing that goods are made for.
_MADE_FOR = re.compile(r"(?<!\S)(?:for|fits?|fitting) (?:(?:an?|the|my|our) )?(?P<name>[^\s,.?!]+ [^\s,.?!]+)")
_NO = re.compile(r"(?<!\S)(?:no|not|don't|never|had|nothing)(?!\S)")
LOOKED_AT = 100  # of the items whose title holds a word
SHORTEST = 3  # letters of a word that is no number


class Titles:
    """The words of the titles of one catalogue."""

    def __init__(self, catalog: Catalog, lexicon: Lexicon) -> None:
        self._catalog, self._lexicon = catalog, lexicon
        self._brands = {words[0] for brand in {item.brand for item in catalog.items} if (words := stems(brand))}
        self._share = lru_cache(SHARES_KEPT)(self._measured)

    @staticmethod
    def quoted(u: Utterance, mentions: Sequence[Mention]) -> tuple[int, int]:
        """Where the words (first, last + 1) lie that are to stand on the thing, "with laser in the name", though one of
        them may be a category or a maker, too; (0, 0) where there are none, or where a field of the catalogue says it.
        """
        match = _QUOTED.search(u.line)
        if match is None:
            return 0, 0
        start, end = next(match.span(name) for name in match.groupdict() if match[name])
        first = u.line.count(" ", 0, start)
        last = first + len(u.line[start:end].split())
        said = [s for m in mentions if not m.cue and m.first < last and m.last > first for s in m.senses]
        return (first, last) if all(s.facet in ("category", "brand") for s in said) else (0, 0)

    def numbers(self, u: Utterance, taken: set[int]) -> list[int]:
        """The places of numbers that are no amount and stand in titles ("57", the name of a cartridge)."""
        if len(u) > LONGEST:
            return []
        numbers = (i for i, word in enumerate(u.words) if word.is_number and len(word.text) > 1 and i not in taken)
        return [i for i in numbers if self._share(u.words[i].text)]

    def take(self, u: Utterance, draft: Draft, scope: Scope, numbers: Sequence[int], quoted: tuple[int, int]) -> None:
        """Makes preferences of the wishes and `numbers` that titles know, or where words are `quoted` of these alone.
        What was thought not to be sold here is, where one title holds all of its words."""
        if len(u) > LONGEST:
            return
        on_it = u.said(*quoted) if quoted[1] > quoted[0] else ""
        if words := [word for word in self._words(on_it) if self._catalog.titled(word).any()]:
            for word in words:
                draft.put(Constraint("title", Op.IS, word, False, on_it))
            draft.wishes, draft.unmet = [], []
            return
        self._take_made_for(u, draft, scope)
        asked = {w for c in draft.constraints if c.facet == "category" for w in stems(str(c.value))}
        kept = []
        for wish in draft.wishes:
            words, op = self._words(wish.removeprefix("not ")), Op.NOT if wish.startswith("not ") else Op.IS
            found = [
                Constraint("title", op, word, False, wish)
                for word in words
                if word not in asked and self._tells(word, op)
            ]
            for constraint in found:
                draft.put(constraint)
            if len(found) < max(len(words), 1):
                kept.append(wish)
        draft.wishes = kept
        for said in list(draft.unmet):
            wanted = [Constraint("title", Op.IS, word, False, said) for word in self._words(said)]
            if wanted and all(self._tells(str(c.value), Op.IS) for c in wanted) and self._catalog.mask(wanted).any():
                draft.unmet.remove(said)
                for constraint in wanted:
                    draft.put(constraint)
        for place in numbers:
            op, word = Op.NOT if scope.of(place).negative else Op.IS, u.words[place].text
            if self._tells(word, op):
                draft.put(Constraint("title", op, word, False, u.said(place, place + 1)))

    def _take_made_for(self, u: Utterance, draft: Draft, scope: Scope) -> None:
        """ "Pods for a Galdrin Duo": where titles of such goods say "for Galdrin Duo", nothing else will do."""
        kinds = [c for c in draft.constraints if (c.facet, c.op) == ("category", Op.IS)]
        for match in _MADE_FOR.finditer(u.line) if kinds else ():
            name = match["name"]
            words, manner = self._words(name), scope.of(u.span(match)[0])
            if len(words) < len(name.split()) or words[0] not in self._brands:
                continue
            if manner.negative or manner.described or manner.gone or _NO.search(u.line[: match.start()]):
                continue
            wanted = [Constraint("title", Op.IS, word, True, name) for word in words]
            among = np.logical_or.reduce([self._catalog.satisfies(kind) for kind in kinds])
            rows = np.flatnonzero(self._catalog.mask(wanted) & among)
            if any(f"for {name}" in self._catalog[int(row)].title.casefold() for row in rows):
                said = set(words)
                draft.wishes = [wish for wish in draft.wishes if not said & set(stems(wish))]
                draft.unmet = [wish for wish in draft.unmet if not said & set(stems(wish))]
                draft.constraints = [
                    c for c in draft.constraints if c.facet != "brand" or not said & set(stems(c.said))
                ]
                for constraint in wanted:
                    draft.put(constraint)

    def _words(self, said: str) -> list[str]:
        return [w.stem for w in Utterance(said).words if not (w.is_mark or self._is_small(w))]

    def _is_small(self, word: Word) -> bool:
        return word.text in self._lexicon.stop or word.stem in self._lexicon.general

    def _tells(self, word: str, op: Op) -> bool:
        tells = len(word) >= SHORTEST or word[0].isdecimal()
        return tells and 0 < self._share(word) <= (COMMON if op is Op.IS else OFTEN)

    def _measured(self, word: str) -> float:
        """Of all titles, those that hold this word; 0 where the fields of most of these items say it, too: what they
        say is asked for by them ("light" of a roast, "40" of sheets)."""
        rows = np.flatnonzero(self._catalog.titled(word))
        whole = re.compile(rf"(?<![^\W_]){re.escape(word)}")
        told = sum(whole.search(self._fields(int(row))) is not None for row in rows[:LOOKED_AT])
        return len(rows) / len(self._catalog) if 2 * told < min(len(rows), LOOKED_AT) else 0.0

    def _fields(self, row: int) -> str:
        item = self._catalog[row]
        values = (f"{self._catalog.facets[key].name} {format_value(key, v)}" for key, v in item.attributes.items())
        return " ".join((item.brand, item.leaf, *values)).casefold()
