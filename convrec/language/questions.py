"""What is asked about a thing shown: "how heavy is it?", "is it waterproof?", "what colours does it come in?"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from convrec.catalog import Catalog
from convrec.conversation import Constraint, Op, Question
from convrec.language.aims import CERTAINLY, OVER_NAMES, SURELY, Aim
from convrec.language.draft import Draft
from convrec.language.lexicon import Kind, Mention, Sense
from convrec.language.utterance import Utterance

LONGEST = 16  # words; whoever says more tells a story
ANSWER = 4  # words before a question that may answer what was shown, with no cues but these
_MILD = frozenset(["soft_before", "soft_after", "filler", "this", "the", "so", "and", "but"])
_NTH = "1st|2nd|3rd|first|second|third|last"
_IT = (
    r"(?:(?:it|its|it's|this|that|they|these|those|them)(?: one| thing| ones)?|"
    rf"the (?:{_NTH}) one)"
)
_VERB = r"(?:is|are|does|do|can|could|will|has|have)"
_FIRST = (
    r"(?:(?:and|but|so|ok|okay|hmm?|oh|ah|well|sorry|also|wait|hang on|cool|nice|great|by the way|btw|do you know|"
    r"(?:that|this|the|those|these)(?: \S+){1,3}(?= ,)|"
    r"(?:can|could) you (?:tell|say)(?: me)?|tell me|may i ask|i wonder|just wondering|out of interest) (?:, )?)*"
)
_LAST = r"(?: (?:then|exactly|please|by the way))?(?: \?)*"
_ASKS = re.compile(
    rf"{_FIRST}(?:{_VERB} {_IT}(?: \S+)+?|"
    rf"(?:what|which|how|who|what's|whats|who's)(?: \S+)*? {_IT}(?: \S+)*?|"
    rf"(?:what's|whats|what is|what are) the(?: \S+)+?|how long does the(?: \S+)+?){_LAST}"
)
_OF_IT = re.compile(rf"^{_FIRST}(?:{_VERB} {_IT} .*|{_IT} {_VERB} .*\?$|(?:how|what|which|number of|amount of) .*\?$)")
_IN_FORM = re.compile(rf"^{_FIRST}(?:how|what|which|who|{_VERB})(?!\S)|(?<!\S){_VERB} {_IT}(?!\S).*\?")
_OF_THAT = re.compile(rf"^{_FIRST}(?:does|do|did|would|will|is|are) (?:it|this|that|these|those)(?: \S+)+? \?")
_YES_OR_NO = re.compile(rf"{_FIRST}{_VERB} ")
_CHOICES = re.compile(
    rf"{_FIRST}(?:what|which|how many) (?:other )?(?P<facet>\S+(?: \S+)?) "
    rf"(?:{_VERB} {_IT}(?: available| come| be had)+|(?:{_VERB} (?:you|there|i|we)|have you got)"
    rf"(?: available| have| get| got| sell| stock| offer| order| it)*)(?: in)?{_LAST}"
)
# A wish in the form of a question, a complaint, a comparison, or about money, which the chat counts itself.
_NO_QUESTION = re.compile(
    r"(?<!\S)(?:too|so|enough|instead|rather|else|than|come|comes|another|other|others|need|needs|must|should|fit|fits|"
    r"(?:can|could) (?:it|they|this|these) (?:have|be)|"
    r"fitting|compatible|why|not|isn't|aren't|doesn't|don't|no|more|less|cheaper|for me|better|worth|cost|costs|price|"
    r"available|like|compare|compared|together|similar|good|take|takes|use|uses|go|goes|work|works)(?!\S)"
)
_NAMED = (  # asked without naming the facet
    (r"who (?:\S+ ){0,2}?(?:makes?|made|manufactures?|produces?)|who (?:is )?it (?:by|from)", "brand"),
    (r"(?<!\S)made (?:of|from|out of)(?!\S)", "material"),
    (r"(?<!\S)weighs?(?!\S)", "weight"),
    (r"how much (?:\S+ ){1,6}?holds?(?!\S)", "capacity"),
    (r"(?<!\S)batter(?:y|ies) (?:last|hold|life)", "battery"),
    (rf"what {_VERB} (?:\S+ ){{0,3}}?{_IT}(?: \S+)? for(?: \?)*$", "use"),
)
# How many there are in one: no word names the facet.
_PIECES = re.compile(
    rf"{_FIRST}how many (?:"
    r"(?:(?:are|is|come|comes|do (?:i|you|we) get|would (?:i|we) get)(?: there)? )?(?:in|to|per|inside) "
    r"(?:it|them|this|that|one|each|(?:an?|the|each|every|this|that) (?:pack|packet|box|set|bag|case|tin|tub|roll|one))"
    rf"|do (?:i|you|we) get|would (?:i|we) get){_LAST}"
)
# Of what is shown, though goods of ours are named: "do they come with an eraser?", "is there a pen in it?".
_COMES_WITH = re.compile(
    rf"{_FIRST}(?:(?:do|does|will|would|is|are) (?:{_IT}|the(?: \S+){{1,3}}?) "
    r"(?:come|comes|supplied|sold|fitted) with(?: \S+){1,4}?"
    rf"|(?:is|are) there (?:an?|any|some)(?: \S+){{1,3}}? (?:on|in|with|inside|attached to) {_IT}"
    rf"|(?:is|are) (?:an?|the|any)(?: \S+){{1,3}}? included(?: with {_IT})?){_LAST}"
)
_IS_IT_DEAR = re.compile(
    rf"{_FIRST}(?:(?:is|are) {_IT}|how) (?:very |really |quite )?(?:expensive|cheap|dear|pricey|costly)"
    rf"(?: (?:is|are) {_IT})?(?: \?)+"
)
# "I'd rather have one that is", after "is it waterproof?"
_THAT_IS = re.compile(
    r"(?<!\S)(?:one|ones|something|anything|some|any|those) (?:that|which) (?:really |actually )?"
    r"(?:(?P<yes>is|are|does|do|has|have|can|will)|(?P<no>isn't|aren't|doesn't|don't|hasn't|haven't|can't|won't|"
    r"(?:is|are|does|do|has|have) not))(?: (?:then|though|instead|please|,))*(?: [.!?])*$"
)
_OF_ONE = re.compile(rf"(?<!\S)(?P<verb>is|are|does|do|can|could|will|would|has|have) the (?:{_NTH}) one(?!\S)", re.I)
_COMPARES = re.compile(r"(?<!\S)(?:better|worse|best|worst|than|more|less|as)(?!\S)")
_BARE = re.compile(rf"(?P<first>{_FIRST})[^?]+ \?(?: \?)*")
_SIZES = ("size", "width", "height", "length", "capacity", "diameter")


class Questions:
    """Finds what a message asks about an item, by the catalogue's facets."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._by_name: dict[str, list[str]] = {}
        for key, facet in catalog.facets.items():
            self._by_name.setdefault(facet.name, []).append(key)

    def about(self, u: Utterance, mentions: Sequence[Mention], row: int, topics: Iterable[str]) -> tuple[Question, ...]:
        """What is asked about the item in `row`, at most two facets; nothing where the message is no such question.

        `topics` are the facets that the things talked about have: of several that a word may mean, those come first.
        """
        if (start := _answered(u)) and all(m.cue in _MILD for m in mentions if m.first < start):
            rest = [replace(m, first=m.first - start, last=m.last - start) for m in mentions if m.first >= start]
            u, mentions = Utterance(u.text[u.words[start].start :]), rest
        if len(u) > LONGEST or any(word.is_end and word.text != "?" for word in u.words):
            return ()
        known = {*self._catalog[row].attributes, "brand", "use"}
        if choices := _CHOICES.fullmatch(u.line):
            last = u.span(choices)[0] + len(choices["facet"].split()) + 2
            named = [s.facet for m in mentions if m.first < last for s in m.of(Kind.FACET)]
            found = self._first(named, known, topics)
            return (Question(found, every=True),) if found and found != "price" else ()
        if _PIECES.fullmatch(u.line) and (found := self._first(self._by_name.get("pieces", ()), known, topics)):
            return (Question(found),)
        if flag := self._bare(u, mentions, known):
            return (flag,)
        if not _ASKS.fullmatch(u.line) or _NO_QUESTION.search(u.line):
            return ()
        for pattern, name in _NAMED:
            if re.search(pattern, u.line) and (found := self._first(self._by_name.get(name, ()), known, topics)):
                return (Question(found),)
        return tuple(dict.fromkeys(self._asked(u, mentions, known, topics)))[:2]

    def asks(self, u: Utterance, draft: Draft, aim: Aim) -> bool:
        """Whether a message that is no question by its form is one by its meaning; where it names a value, it must be
        in the form of one as well: "they are made of aluminium?", but not "anything made of cork"."""
        if draft.dropped or any(c.facet in ("compatible", "title") for c in draft.constraints):
            return False
        if _COMES_WITH.fullmatch(u.line) or _IS_IT_DEAR.fullmatch(u.line):
            return True
        if any(c.facet == "price" for c in draft.constraints):
            return False
        if aim.about >= OVER_NAMES and _IN_FORM.search(u.line):  # "dishwasher safe, are they?", "how big's the bag?"
            return True
        if aim.about >= CERTAINLY and _OF_THAT.search(u.line) and not _NO_QUESTION.search(u.line):
            return True
        if any(c.hard and c.op in (Op.IS, Op.NOT) for c in draft.constraints):
            return False
        if not draft.constraints:
            return aim.about >= (CERTAINLY if draft.unmet or draft.references else SURELY)
        kinds = any(c.facet == "category" for c in draft.constraints)
        return not kinds and aim.about >= CERTAINLY and _OF_IT.search(u.line) is not None

    def wanted(self, u: Utterance, asked: Iterable[Question]) -> Iterator[Constraint]:
        """What was `asked` of a thing shown, where the message wants one of which it holds, or does not."""
        if (match := _THAT_IS.search(u.line)) is None:
            return
        for question in asked:
            if question.value is not None and question.value not in ("more", "less"):
                op = Op.IS if match["yes"] else Op.NOT
                yield Constraint(question.facet, op, question.value, True, u.said(*u.span(match)))

    def _asked(
        self, u: Utterance, mentions: Sequence[Mention], known: set[str], topics: Iterable[str]
    ) -> Iterator[Question]:
        yes_or_no = _YES_OR_NO.match(u.line) is not None
        for mention in mentions:
            scales = mention.of(Kind.SCALE)
            values = [s for s in mention.of(Kind.VALUE) if s.facet != "category"]
            if yes_or_no and (value := _value(values, known, topics)):
                yield Question(value.facet, value.value)
            elif scales and not any(s.value in ("less", "more") for s in scales):
                sizes = u.said(mention.first, mention.last).casefold() in ("big", "large", "small")
                names = [key for name in _SIZES for key in self._by_name.get(name, ())] if sizes else []
                if found := self._first([*names, *(s.facet for s in scales)], known, topics):
                    yield Question(found)
            elif found := self._first([s.facet for s in mention.of(Kind.FACET)], known, topics):
                yield Question(found)
            elif flags := [s for s in values if isinstance(s.value, bool)]:
                yield Question(flags[0].facet, flags[0].value if yes_or_no else None)

    def _bare(self, u: Utterance, mentions: Sequence[Mention], known: set[str]) -> Question | None:
        """ "Magnetic?": nothing but a property that the item has or lacks. "Blue?" may want one that is."""
        match = _BARE.fullmatch(u.line)
        named = [m for m in mentions if m.cue not in _MILD]
        if match is None or len(named) != 1:
            return None
        whole = named[0].first == len(match["first"].split()) and u.words[named[0].last].text == "?"
        flags = (s for s in named[0].of(Kind.VALUE) if s.value is True and s.facet in known)
        return next((Question(flag.facet, True) for flag in flags if whole), None)

    def _first(self, facets: Iterable[str], known: set[str], topics: Iterable[str]) -> str:
        """The first facet that the item has, else that such items have, else that anything here has; else empty."""
        facets = [facet for facet in facets if facet in self._catalog.facets and facet not in ("price", "category")]
        for group in (known, set(topics), facets):
            if found := next((facet for facet in facets if facet in group), ""):
                return found
        return ""


def of_it(u: Utterance, mentions: Sequence[Mention]) -> Utterance:
    """ "Is the second one sturdy?" as it is asked of a thing alone ("is it sturdy?"): else it sounds like a comparison,
    which "is the second one cheaper?" is."""
    compares = _COMPARES.search(u.line) or any(s.value in ("less", "more") for m in mentions for s in m.of(Kind.SCALE))
    return u if compares else Utterance(_OF_ONE.sub(lambda match: f"{match['verb']} it", u.text, count=1))


def _answered(u: Utterance) -> int:
    """Where what follows a first sentence of a few words begins ("Hm, maybe. How bright is it?"); 0 without one."""
    ends = [i for i, word in enumerate(u.words[:-1]) if word.is_end and word.text not in ("?", ":")]
    short = len(ends) == 1 and ends[0] <= ANSWER and not any(word.is_number for word in u.words[: ends[0]])
    return ends[0] + 1 if short else 0


def _value(values: Sequence[Sense], known: set[str], topics: Iterable[str]) -> Sense | None:
    """The value that is asked for: of something the item has, else of what such items have, else none."""
    topics = set(topics)
    for facets in (known, topics):
        for sense in values:
            if sense.facet in facets:
                return sense
    return None
