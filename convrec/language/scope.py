"""How far the small words reach: what is negated, softened, taken back or only described in a message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from convrec.language.lexicon import Kind, Mention
from convrec.language.utterance import Utterance

_OPENERS = frozenset(["and", "but", "so", "because", "since", "as", "all", "well"])
_LACKS = re.compile(r"n't|dont| no$")
# "Without a desk lamp I can't work": what is missed is wanted.
_LOST_WITHOUT = re.compile(
    r"without (?:[^\s,.;!?]+ ){1,5}?(?:(?:i|we|he|she|they|my \S+|our \S+) "
    r"(?:can't|cant|cannot|can not|could not|couldn't|am|are|is|will not|won't|have no|has no|would be|wouldn't)|"
    r"i'm|we're)(?!\S)(?! (?:fine|ok|okay|happy|happier|better|good)(?!\S))"
)
# "Would not a pod serve me better?" proposes one.
_PROPOSED = re.compile(r"(?:(?:would|could|should) not|wouldn't|couldn't|shouldn't) (?:an?|some|the) ")
_TELLERS = frozenset(["i", "i'm", "im", "we", "we're", "my", "our", "he", "she", "they", "his", "her", "their"])


@dataclass(slots=True)
class Manner:
    """How one mention is meant. `described`: it says what is, not what should be ("the blue pen I bought"); `gone`: it
    is no more, so another is wanted ("my stapler broke"). `told`: soft for no other reason than that its clause tells
    how things are."""

    negative: bool = False
    soft: bool = False
    insisted: bool = False
    waived: bool = False
    described: bool = False
    gone: bool = False
    told: bool = False


@dataclass(slots=True)
class _State:
    """What is in force while walking through a sentence."""

    negative: str = ""  # "", "hard", "soft"
    denied: list[str] = field(default_factory=list)  # facets of what was negated since
    word: str = ""
    joined: str = ""  # the conjunction since the last mention
    soft: bool = False
    insisted: bool = False
    waived: bool = False
    owned: bool = False
    gone: bool = False
    told: bool = False  # the clause says how things are: "my desk is black", "I usually write in blue"

    def stop(self) -> None:
        self.negative, self.denied, self.joined, self.waived, self.owned, self.soft = "", [], "", False, False, False
        self.insisted = self.told = self.gone = False


class Scope:
    """The manner of every mention that is no cue. `places` are (first, last, facet) of other things that can be meant
    hard or soft, such as amounts; linear in the words of the message."""

    def __init__(
        self, utterance: Utterance, mentions: Sequence[Mention], places: Sequence[tuple[int, int, str]]
    ) -> None:
        self._u = utterance
        self._manners: dict[int, Manner] = {}
        self._unknown = {first for first, _, facet in places if facet == "unknown"}
        self._atoms = sorted(
            [(m.first, m.last, m.cue, _facet(m)) for m in mentions]
            + [(first, last, "", facet) for first, last, facet in places]
            + [
                (i, i + 1, "," if w.text == "," else ".", "")
                for i, w in enumerate(utterance.words)
                if w.is_end or w.text == ","
            ]
        )
        self._walk()

    def is_unknown(self, first: int) -> bool:
        """Whether words that the catalogue does not know begin at word `first`."""
        return first in self._unknown

    def of(self, first: int) -> Manner:
        """The manner of what begins at word `first`."""
        return self._manners.get(first, Manner())

    def _denies_nothing(self, first: int) -> bool:
        """Whether the "without" or the "not" at word `first` opens a clause by which what it names is wanted."""
        words = [word.text for word in self._u.words]
        start = first - 1 if words[first] == "not" and first else first
        if start and not (self._u.words[start - 1].is_end or words[start - 1] in (",", *_OPENERS)):
            return False
        clause = " ".join(words[start : start + 12])
        return bool(_LOST_WITHOUT.match(clause) or (words[-1] == "?" and _PROPOSED.match(clause)))

    def _walk(self) -> None:
        state = _State()
        clause: list[int] = []  # what began in this comma clause
        previous: list[int] = []
        state.told = self._tells(0)
        for number, (first, last, cue, facet) in enumerate(self._atoms):
            if cue in ("want", "insist", "negate", "contrast", "negate_softly", "swap"):
                state.told = False
            if cue in (".", ",", "but"):
                if not (cue == "," and self._list_goes_on(number, state)):
                    joins = last < len(self._u) and self._u.words[last].text in ("and", "or", "nor")
                    goes_on = cue == "." and bool(state.denied) and joins
                    state.stop()
                    state.soft = goes_on  # "I hate blue. And plastic." may mean either
                    state.told = self._tells(last)
                previous, clause = (clause or previous) if cue != "." else [], []
            elif cue == "negate" and self._denies_nothing(first):
                state.stop()
            elif cue == "negate":
                word = self._u.said(first, last).casefold()
                state.negative, state.denied, state.word, state.waived = "hard", [], word, False
            elif cue in ("contrast", "negate_softly"):
                state.negative, state.denied = ("hard" if cue == "contrast" else "soft"), []
            elif cue == "too" and self._u.words[first - 1].text in ("is", "are", "looks", "feels"):
                for start in self._just_before(clause, first - 1, only_next=True):
                    self._manners[start].negative = True  # "A4 is too big"
            elif cue == "swap":
                state.negative, state.denied, state.word = "hard", [], "swap"
            elif state.word == "swap" and (cue == "for" or (cue == "and" and state.denied)):
                state.stop()
                state.word = ""
            elif cue == "negated_after":
                for start in self._just_before(
                    clause or previous, first, only_next=self._u.words[first].text == "free"
                ):
                    self._manners[start].negative = not self._manners[start].negative
            elif cue in ("soft_before", "soft_after"):
                said_after = cue == "soft_after" or self._ends_clause(number, last)  # "a laptop stand, maybe"
                told = (clause or previous) if said_after else []
                for start in told:
                    self._manners[start].soft = True
                state.soft = state.soft or not told  # "if you have a blue one, I'd take it"
            elif cue == "insist":
                state.insisted, state.soft = True, False
                if state.denied:
                    state.negative, state.denied = "", []  # "we are without power, so it must run off batteries"
            elif cue == "waive_before":
                state.waived = not (
                    self._u.words[first].text in ("any", "whatever") and not self._facet_next(number, last)
                )
            elif cue == "waive_after":
                for start in self._just_before(clause or previous, first, only_next=False):
                    self._manners[start].waived = True
            elif cue == "gone_before":
                state.gone, state.owned, state.told = True, False, False
                if _LACKS.search(self._u.said(first, last).casefold()):
                    state.negative, state.denied = "hard", []  # "it has no lid" is meant so, "we have no pens" is not
            elif cue in ("gone_after", "want") and self._lacks_another(number, first, last):
                state.stop()  # "my desk is missing a lamp", "the pencil case needs a pen"
                self._manners[self._atoms[number - 1][0]].described = True
            elif cue == "gone_after":
                for start in self._just_before(clause, first, only_next=False):
                    self._manners[start] = Manner(gone=True)
            elif cue == "own":
                for start in self._just_before(clause, first, only_next=False):
                    if first - start <= 4:
                        self._manners[start].described = True
                state.owned = True
            elif cue == "want":
                state.owned = False
                if state.denied or state.word == "no":
                    state.negative, state.denied = "", []
            elif cue in ("or", "and"):
                state.joined = cue
            elif cue in ("for", "my", "the") and state.gone and state.negative:
                state.stop()  # "I have no idea what fits my printer": the printer is there
            elif cue in ("for", "my") and state.gone and clause and not state.joined:
                state.stop()  # "I ran out of ink for my printer"
            elif not cue:
                if state.word == "swap" and state.denied and self._u.words[first - 1].text in ("to", "into"):
                    state.stop()  # "change from yellow to red"
                    state.word = ""
                self._settle(first, facet, state)
                clause.append(first)

    def _settle(self, first: int, facet: str, state: _State) -> None:
        """A mention takes on what is in force; "not black and refillable": `and` with another facet ends a negation."""
        if state.negative and state.denied and state.joined == "and" and facet not in state.denied:
            state.negative, state.denied = "", []
        manner = self._manners.setdefault(first, Manner())
        manner.negative = manner.negative or bool(state.negative)
        manner.soft = state.soft or state.negative == "soft" or (state.told and facet != "price")
        manner.told = state.told and facet != "price" and not state.soft and not state.negative
        manner.insisted, manner.gone = state.insisted, state.gone
        manner.waived, manner.described = state.waived, state.owned
        if state.negative:
            state.denied.append(facet)
        state.joined = ""

    def _lacks_another(self, number: int, first: int, last: int) -> bool:
        """Whether a thing is said to need another: between two categories, the second with an article."""
        if not 0 < number < len(self._atoms) - 1:
            return False
        before, after = self._atoms[number - 1], self._atoms[number + 1]
        article = last < len(self._u) and self._u.words[last].text in ("a", "an", "some", "another", "new")
        return article and before[1] == first and before[3] == after[3] == "category" and after[0] <= last + 2

    def _list_goes_on(self, number: int, state: _State) -> bool:
        """Whether a comma continues a negated list, as in "no red, blue or green"."""
        if not state.negative or not state.denied:
            return False
        joined = False
        for _, _, cue, facet in self._atoms[number + 1 : number + 8]:
            if cue == "or":
                joined = True
            elif cue in (".", "but", "want", "negate") or (not cue and facet not in state.denied):
                return False
            elif not cue and joined:
                return True
        return False

    def _just_before(self, starts: Sequence[int], first: int, only_next: bool) -> list[int]:
        """The last mention before word `first`, with those joined to it directly ("black and blue are out")."""
        before = [s for s in starts if s < first]
        if not before or (only_next and self._end_of(before[-1]) != first):
            return []
        kept = [before[-1]]
        for start in reversed(before[:-1]):
            between = self._u.words[self._end_of(start) : kept[-1]]
            if len(between) > 1 or any(word.text == "so" for word in between):
                break  # "he's a lefty so normal ones are no use"
            kept.append(start)
        return kept

    def _end_of(self, first: int) -> int:
        return next((last for start, last, cue, _ in self._atoms if start == first and not cue), first + 1)

    def _tells(self, first: int) -> bool:
        words = [word.text for word in self._u.words[first : first + 2]]
        return words[:1] != [] and (words[0] in _TELLERS or (words[0] in _OPENERS and words[-1] in _TELLERS))

    def _ends_clause(self, number: int, last: int) -> bool:
        following = self._atoms[number + 1 : number + 2]
        return last == len(self._u) or (bool(following) and following[0][0] == last and following[0][2] in (".", ","))

    def _facet_next(self, number: int, last: int) -> bool:
        following = self._atoms[number + 1 : number + 2]
        return bool(following) and following[0][0] == last and following[0][3].startswith("name:")


def _facet(mention: Mention) -> str:
    for sense in mention.senses:
        if sense.kind is Kind.FACET:
            return f"name:{sense.facet}"
        if sense.facet:
            return sense.facet
    return ""
