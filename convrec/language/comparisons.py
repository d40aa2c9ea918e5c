"""More and less: what a comparison measures, and against which value."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from convrec.catalog import Catalog
from convrec.conversation import Constraint, Op
from convrec.language.acts import act_phrases
from convrec.language.draft import Draft
from convrec.language.lexicon import Kind, Mention, Sense
from convrec.language.manner import Spoken
from convrec.language.scope import Manner
from convrec.language.utterance import Utterance

_LITTLE = frozenset({"bit", "little", "slightly", "kinda"})
_LINKS = frozenset(
    [
        "is",
        "are",
        "should",
        "be",
        "too",
        "a",
        "bit",
        "little",
        "so",
        "way",
        "not",
        "was",
        "seems",
        "could",
        "must",
        "really",
    ]
)
_TONES = frozenset(["colour", "color", "colours", "colors", "shade", "tone", "hue", "tint"])
# After these "that is" tells which one is meant.
_NOUNS = frozenset(
    ["one", "ones", "something", "anything", "nothing", "everything", "any", "some", "those", "model", "version",
     "kind", "sort", "type", "piece", "thing", "item", "option", "product", "choice"]
)  # fmt: skip
_STATING = re.compile(
    r"(?:^| )(?:it's|its|that's|thats|(?:it|that|this|one) (?:is|was|looks|feels|seems)|they're|these are)$"
)


class Comparisons:
    """Reads the scale words ("lighter", "too heavy") and the named facets ("another brand", "more sheets") of a message
    into `draft`. `base` is the row that they measure by; `topics` the facets that the items talked about have;
    `limited` the facets of the constraints in force; `used`: places in `mentions` that another mention has taken in."""

    def __init__(
        self,
        catalog: Catalog,
        utterance: Utterance,
        mentions: Sequence[Mention],
        base: int | None,
        topics: Mapping[str, int],
        draft: Draft,
        limited: Collection[str],
        spoken: Spoken,
    ) -> None:
        self._catalog, self._u, self._mentions = catalog, utterance, mentions
        self._base, self._topics, self._draft, self._limited = base, topics, draft, limited
        self._spoken = spoken
        self.used: set[int] = set()

    def _is_of_a_place(self, mention: Mention) -> bool:
        """ "For a small classroom" says how large the room is, not the goods."""
        following = next((m for m in self._mentions if m.first == mention.last), None)
        values = following.of(Kind.VALUE) if following else ()
        return bool(values) and all(sense.facet == "use" for sense in values)

    def scale(self, place: int, mention: Mention, manner: Manner, cues: Mapping[str, Mention]) -> bool:
        """Reads "lighter", "too heavy", "not so big"; False where the word is rather a value, as "fine" is of nibs."""
        directions = {str(s.value) for s in mention.of(Kind.SCALE)}
        compares = bool(directions & {"less", "more"})
        plain = not compares and not cues.keys() & {"too", "less", "more"}
        values = [s for s in mention.of(Kind.VALUE) if s.facet in self._topics]
        if plain and values:
            return False
        if manner.described and "too" not in cues:
            return True
        if plain and self._is_of_a_place(mention):
            return True
        if not _TONES.isdisjoint(word.text for word in self._u.words[mention.last : mention.last + 1]):
            self._draft.wishes.append(self._u.said(mention.first, mention.last + 1))
            return True  # "in a lighter colour" weighs nothing
        if manner.waived:
            if (
                not plain or mention.of(Kind.SCALE)[0].facet in self._limited
            ):  # else "doesn't have to be cheap" takes nothing back
                self._draft.drop(mention.of(Kind.SCALE)[0].facet)
            return True
        named = self._named_beside(place)
        sense = self._measurable(mention, named)
        elsewhere = self._draft.category and (
            self._base is None or self._draft.category not in self._catalog[self._base].categories
        )
        mild = ("too" in cues and manner.negative) or (
            "less" in cues and self._u.said(cues["less"].first, cues["less"].last).casefold() == "not too"
        )
        # "A pen, not cheap" says nothing of the lamp just shown, nor does "start over. A cheap lamp", and "not too
        # expensive" nothing of its price.
        if sense is None or (plain and (elsewhere or "restart" in act_phrases(self._u))) or mild:
            if mention.of(Kind.VALUE):
                return False
            self._draft.relative = self._draft.relative or not plain
            wish = self._u.said(min((c.first for c in cues.values()), default=mention.first), mention.last)
            self._draft.wishes.append(wish)
            if (plain or mild) and any(s.facet == "price" for s in mention.of(Kind.SCALE)):
                low = (directions == {"low"}) != (mild or manner.negative)
                first = min((c.first for n, c in cues.items() if n in ("too", "less", "negate")), default=mention.first)
                said = self._u.said(first, mention.last)
                self._draft.level = (Op.AT_MOST if low else Op.AT_LEAST, said, wish)
            return True
        direction = str(sense.value)
        complaint = plain and not manner.negative and self._complains(mention, cues)
        if plain and sense.facet == "price" and not manner.negative and (heard := self._spoken.price()):
            complaint = (heard is Op.LESS) == (direction in ("more", "high"))  # "go posh on me" is no complaint
        soft = manner.soft or (plain and (not complaint or sense.facet == "price")) or not sense.sure
        upwards = direction in ("more", "high")
        if "too" in cues or complaint:
            upwards = not upwards
        elif "less" in cues:
            upwards = not upwards
            soft = soft or self._u.words[cues["less"].first].text == "not"
        elif manner.negative and not compares:
            upwards, soft = not upwards, True
        op = Op.MORE if upwards else Op.LESS
        if compares and manner.negative:
            op = Op.AT_MOST if upwards else Op.AT_LEAST
        first = min((c.first for n, c in cues.items() if n in ("too", "less", "more")), default=mention.first)
        self._compare(sense.facet, op, not soft, self._u.said(first, mention.last))
        return True

    def facet(self, mention: Mention, manner: Manner, cues: Mapping[str, Mention]) -> None:
        """The name of a facet: "another brand", "this colour", "any brand", "more sheets"."""
        facet = next(
            (s.facet for s in mention.of(Kind.FACET) if s.facet in self._topics), mention.of(Kind.FACET)[0].facet
        )
        first = min((c.first for c in cues.values()), default=mention.first)
        said = self._u.said(first, mention.last)
        if "less" in cues and self._u.said(cues["less"].first, cues["less"].last).lower() == "not that":
            cues = {**cues, "another": cues["less"]}  # "not that brand" is no comparison as in "not that expensive"
        number = self._measurable_facet([s.facet for s in mention.of(Kind.FACET)])
        if any(m.last == mention.first and m.of(Kind.VALUE) for m in self._mentions):
            number = ""  # "a fine tip"
        if manner.waived:
            self._draft.drop(facet)
        elif cues.keys().isdisjoint({"another", "same", "less", "more"}) and number:
            if op := self._spoken.amount(mention):  # "the weight puts me off", "not enough pages"
                self._compare(number, op, not manner.soft and (op is Op.LESS or number != "price"), said)
        elif cues.keys() & {"another", "same", "this"} and self._base is not None:
            value = self._catalog.value(self._base, facet)
            if value is None or facet == "price":
                return
            self._draft.relative = True
            if isinstance(value, tuple):
                value = value[-1]
            negative = manner.negative or "another" in cues
            self._draft.put(Constraint(facet, Op.NOT if negative else Op.IS, value, not manner.soft, said))
        elif cues.keys() & {"less", "more"} and self._catalog.facets[facet].kind == "number":
            if number:
                self._compare(number, Op.MORE if "more" in cues else Op.LESS, not manner.soft, said)
            else:
                self._draft.wishes.append(said)

    def _complains(self, mention: Mention, cues: Mapping[str, Mention]) -> bool:
        """ "It's heavy", "a bit heavy": what the thing at hand is, so the other way is wanted."""
        start = min((c.first for n, c in cues.items() if n in ("so", "soft_before")), default=mention.first)
        little = "soft_before" in cues and self._u.words[cues["soft_before"].last - 1].text in _LITTLE
        before = self._u.words[mention.first - 1].text if mention.first else ""
        ends = mention.last == len(self._u) or self._u.words[mention.last].is_mark
        if before in ("this", "that") and ends:
            return True  # "a pack this small", "something that light"
        return little or self.states(start) or self._spoken.complains(mention)

    def states(self, first: int) -> bool:
        """Whether what begins at word `first` is said of the thing at hand: "it's green", "that is heavy"."""
        words = [word.text for word in self._u.words[max(first - 3, 0) : first]]
        if len(words) == 3 and words[1] == "that" and words[0] in _NOUNS:
            return False  # "one that is green" asks for it
        if len(words) >= 2 and words[-1] in ("that's", "thats") and words[-2] in _NOUNS:
            return False
        return _STATING.search(" ".join(words[-2:])) is not None

    def _measurable(self, mention: Mention, named: Sequence[str]) -> Sense | None:
        senses = mention.of(Kind.SCALE)
        if named:
            directions = [s.value for s in senses]
            facet = self._measurable_facet(named)
            return Sense(Kind.SCALE, facet, directions[0], all(s.sure for s in senses)) if facet else None
        facet = self._measurable_facet([s.facet for s in senses])
        return next((s for s in senses if s.facet == facet), None)

    def _measurable_facet(self, facets: Sequence[str]) -> str:
        """The first of these that the base has a number for, if it is what is talked about at all."""
        if self._base is None:
            return ""
        for facet in facets:
            value = self._catalog.value(self._base, facet)
            known = isinstance(value, int | float) and not isinstance(value, bool)
            if known and (facet == "price" or not self._topics or facet in self._topics):
                return facet
        return ""

    def _named_beside(self, place: int) -> list[str]:
        """Number facets named next to a scale word: "bigger capacity", "the weight is too high"."""
        mention = self._mentions[place]
        following = self._mentions[place + 1] if place + 1 < len(self._mentions) else None
        if following and following.first == mention.last and following.of(Kind.FACET):
            facets = self._numbers(following)
            if facets:
                self.used.add(place + 1)
            return facets
        for other in reversed(self._mentions[:place]):
            between = [self._u.words[i].text for i in range(other.last, mention.first)][:5]
            if len(between) > 4 or not _LINKS.issuperset(between):
                break
            if other.of(Kind.FACET) and between:
                return self._numbers(other)
        return []

    def _numbers(self, mention: Mention) -> list[str]:
        return [s.facet for s in mention.of(Kind.FACET) if self._catalog.facets[s.facet].kind == "number"]

    def _compare(self, facet: str, op: Op, hard: bool, said: str) -> None:
        value = self._catalog.value(self._base, facet) if self._base is not None else None
        self._draft.relative = True
        self._draft.put(Constraint(facet, op, float(value), hard, said))  # type: ignore[arg-type]
