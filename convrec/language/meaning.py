"""From mentions to constraints: which facet a word is about, and how hard it is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from convrec.catalog import Catalog
from convrec.conversation import Constraint, Op
from convrec.language.comparisons import Comparisons
from convrec.language.cues import Cues
from convrec.language.draft import Draft
from convrec.language.fitting import Fitting
from convrec.language.lexicon import Kind, Mention, Sense, english
from convrec.language.manner import Spoken
from convrec.language.references import Pointed, Pointer
from convrec.language.scope import Manner, Scope
from convrec.language.situation import Situation
from convrec.language.utterance import Utterance
from convrec.language.verbs import TOWARDS, done_to, is_measure, is_verb

# After these a second category is what the first has to do with: "a sketchbook that takes watercolours".
_CARRIES = frozenset(
    ["of", "with", "in", "from", "take", "takes", "hold", "holds", "fits", "carry", "carries", "store", "stores", "per"]
)
_THINGS = frozenset(["something", "anything", "everything", "nothing", "all", "one", "ones", "things", "stuff", "set"])
_AGAIN = frozenset(["again", "still", "too", "also", "already"])  # after a value these keep it
# "What did the printer cost again?": one shown earlier is meant.
_EARLIER = re.compile(
    r"(?<!\S)again(?!\S)|(?<!\S)(?:what|how much) (?:is|was|did|were|are) (?:\S+ ){0,4}?(?:price|cost)(?!\S)"
)
_ELSE = re.compile(
    r"(?<!\S)(?:(?:some|any|every)thing|what|items?|stuff) (?:else|different|other)(?! (?:in|from|of|by)(?!\S))"
)
_VAGUE = frozenset({"use", "style"})  # facets that words only lean towards: "for school" excludes nothing


class Meaning:
    """The constraints of one message. `base` is the row that comparisons measure by, `topics` the facets that the items
    talked about have (none: nothing is known about what is talked about), `spoken` how things are spoken of where no
    cue says so."""

    def __init__(
        self,
        catalog: Catalog,
        pointer: Pointer,
        utterance: Utterance,
        mentions: Sequence[Mention],
        scope: Scope,
        situation: Situation,
        base: int | None,
        topics: Mapping[str, int],
        spoken: Spoken,
    ) -> None:
        self._catalog, self._pointer = catalog, pointer
        self._u, self._mentions, self._scope = utterance, mentions, scope
        self.cues = Cues(utterance, mentions)
        self._situation, self._base, self._topics, self._spoken = situation, base, topics, spoken
        self.draft = Draft()
        self._earlier = _EARLIER.search(utterance.line) is not None
        self._aside: tuple[Mention, Sense] | None = None
        self._turned_down: Constraint | None = None
        self._known: set[tuple[str, str, str]] = set()  # what is asked for and spoken of as known: "the desk"
        self.fitting = Fitting(catalog, pointer, utterance, self.draft, situation.history, base, spoken)
        self._comparisons = Comparisons(
            catalog, utterance, mentions, base, topics, self.draft, {c.facet for c in situation.constraints}, spoken
        )
        self._skip = self._comparisons.used

    def read(self) -> Draft:
        for place, mention in enumerate(self._mentions):
            if mention.cue or place in self._skip:
                continue
            manner = self._scope.of(mention.first)
            cues = self.cues.before(place)
            if mention.of(Kind.SCALE) and self._comparisons.scale(place, mention, manner, cues):
                continue
            named = manner.waived or not cues.keys().isdisjoint({"another", "same", "less", "more"})
            named = named or (
                place > 0 and any(s.facet in self._topics for s in mention.of(Kind.FACET)) and "want" not in cues
            )
            if mention.of(Kind.FACET) and (named or not mention.of(Kind.VALUE)):
                self._comparisons.facet(mention, manner, cues)
            elif mention.of(Kind.VALUE):
                self._value(place, mention, manner, cues)
            elif mention.of(Kind.ABSENT):
                self._absent(place, mention, manner)
        self._take_aside()
        self._turn_down()
        return self.draft

    def _turn_down(self) -> None:
        """ "Everyone gives us label tapes, think of something else" names what is at hand and wants none of it."""
        if self._turned_down is None or self.draft.category != self._turned_down.value:
            return
        self.draft.category = ""
        self.draft.constraints.remove(self._turned_down)
        self.draft.put(replace(self._turned_down, op=Op.NOT, hard=True))

    def leave_what_is_told_of(self) -> None:
        """Once amounts were taken. "The desk has no light, I need a lamp" wants no desk: of several kinds those spoken
        of as known are not asked for, where others are; nor are they where something of the thing at hand is."""
        named = [c for c in self.draft.constraints if (c.facet, c.op) == ("category", Op.IS)]
        known = [c for c in named if c.key in self._known]
        at_hand = self._base is not None and self._base in self._situation.shown
        here = self._catalog[self._base].categories if self._base is not None and at_hand else ()
        of_it = [c for c in self.draft.constraints if c.facet != "category" and c.facet in self._topics]
        told = [c for c in known if any(self._u.text.find(o.said) < self._u.text.find(c.said) for o in of_it)]
        if here and not any(c.value in here for c in named) and told:  # "it must have a plug, the batteries never last"
            self.draft.constraints = [c for c in self.draft.constraints if c not in told]
            self.draft.category = "" if len(told) == len(named) else self.draft.category
        elif known and len(known) < len(named):
            self.draft.constraints = [c for c in self.draft.constraints if c not in known]
            if self.draft.category in [c.value for c in known]:
                self.draft.category = str(next(c.value for c in named if c not in known))

    # --- values -----------------------------------------------------------------------------------------------------

    def _value(self, place: int, mention: Mention, manner: Manner, cues: Mapping[str, Mention]) -> None:
        sense = self._sense(place, mention, cues)
        if sense is None:
            return
        if sense.facet in ("category", "material") and (is_verb(self._u, mention) or is_measure(self._u, mention)):
            return
        ordinary = sense.facet == "brand" and str(sense.value).casefold() in english()["ordinary"]
        if ordinary and not self._u.is_capital(mention.first):
            return  # "my brother" is no printer
        if manner.waived:
            if any(c.facet == sense.facet for c in self._situation.constraints):
                self.draft.drop(sense.facet)
            return
        lost = manner.gone and sense.facet == "category"  # "I lost my charger" asks for another
        if lost and ("my" in cues or "the" in cues) and self.fitting.ran_out(mention):
            return
        if not lost and self._points(place, mention, sense, cues, manner.described):
            return
        if manner.described:
            if sense.facet == "category":
                self.draft.described = self.draft.described or (str(sense.value), self._said(mention))
            return
        aside = self._tells_of_another(place, sense, cues)
        if aside and self.draft.category:
            return
        has = None if self._base is None else self._pointer.holds(self._base, sense)
        elsewhere = self.draft.category and not self._is_about(Sense(Kind.VALUE, "category", self.draft.category))
        if not (manner.negative or has is None or elsewhere) and self._comparisons.states(mention.first):
            return  # "it's green"
        than = mention.first > 0 and self._u.words[mention.first - 1].text == "than"  # "smaller than A3"
        negative = (manner.negative or than) != (sense.value is False) and not lost
        if sense.facet == "material" and self._is_a_thing(mention):
            self.draft.wishes.append(self._said(mention))
            return
        plural = sense.facet == "material" and self._u.words[mention.last - 1].text.endswith(
            "s"
        )  # "rubbers" are things
        # "Paper clips" are no paper: what an unknown noun follows may only say what kind that is.
        soft = manner.soft or aside or not sense.sure or plural or self._scope.is_unknown(mention.last)
        soft = soft or (sense.facet in _VAGUE and not negative)
        if sense.facet == "category" and negative and not self._is_about(sense):
            soft = True  # nobody offered any: "no pens in my drawer" may ask for them
        if "less" in cues or "too" in cues:
            negative, soft, self.draft.relative = True, True, True
        if "more" in cues:
            soft, self.draft.relative = True, True
        if not negative and (manner.told or (sense.facet != "category" and not manner.soft)):
            following = self._u.words[mention.last].text if mention.last < len(self._u) else ""
            has = None if following in _AGAIN else has
            spoken = self._spoken.wish(mention, has)
            if spoken == "unwanted" and sense.facet != "category":
                negative, soft = True, True  # "plastic makes me sad"
            elif has and spoken != "wanted" and "want" not in self.cues.in_clause(place):
                soft = True  # "does it have to be blue?" of something blue
            elif spoken == "wanted" and manner.told and sense.sure and sense.facet not in _VAGUE:
                soft = False  # "my only wish is plastic"
        if sense.facet == "category" and not negative:
            if (verb := done_to(self._u, mention, self._mentions)) is not None:
                self.draft.purpose = True
                self.draft.wishes.append(self._u.said(verb, mention.last))
                return
            if not lost and self._is_aside(place, mention, cues):
                before = [word.text for word in self._u.words[max(mention.first - 5, 0) : mention.first]]
                thing = any(one in _THINGS and two == "for" for one, two in pairwise(before))  # "something for a desk"
                self._aside = self._aside or (None if "my" in cues or thing else (mention, sense))
                return
            self.draft.category = self.draft.category or str(sense.value)
        following = self._u.words[mention.last].stem if mention.last < len(self._u) else ""
        if "the" in cues and following == "one" and not manner.negative and "want" not in self.cues.in_clause(place):
            return  # "the glued ones fall apart"
        if self._is_not_here(sense.facet):
            said = self._said(mention)
            (self.draft.wishes if negative else self.draft.unmet).append(f"not {said}" if negative else said)
            return
        value = True if isinstance(sense.value, bool) else sense.value
        self._add(
            sense.facet, Op.NOT if negative else Op.IS, value, not soft or (manner.insisted and sense.sure), mention
        )
        wanted = "want" in self.cues.in_clause(place)
        if "the" in cues and not wanted:
            self._known.add(self.draft.constraints[-1].key)
        elif sense.facet == "category" and not (wanted or negative or cues) and self._is_about(sense):
            self._turned_down = self._turned_down or (
                self.draft.constraints[-1] if _ELSE.search(self._u.line) and " way of " not in self._u.line else None
            )

    def _is_a_thing(self, mention: Mention) -> bool:
        """ "A rubber and a sharpener" are two things, and nothing is of rubber."""
        before = self._u.words[mention.first - 1].text if mention.first else ""
        after = self._u.words[mention.last : mention.last + 1]
        return before in ("a", "an", "another") and (not after or after[0].is_mark or after[0].text in ("and", "or"))

    def _is_about(self, sense: Sense) -> bool:
        """Whether something of this category was shown or bought last, so that it can be turned down."""
        base = [self._base] if self._base is not None else []
        return any(
            self._pointer.holds(row, sense) for row in (*base, *self._situation.shown, *self._situation.all_shown)
        )

    def _take_aside(self) -> None:
        """A category that seemed to say what a thing is for is asked for where nothing else is: "up for a stapler"."""
        if self._aside is None or self.draft.category or self.draft.references:
            return
        mention, sense = self._aside
        self.draft.category = str(sense.value)
        self._add("category", Op.IS, str(sense.value), sense.sure and self._spoken.wish(mention) == "wanted", mention)

    def _is_not_here(self, facet: str) -> bool:
        """Whether nothing that is talked about has this facet. What was bought last is not talked about yet: someone
        who bought a notebook and asks for something refillable does not ask for a refillable notebook."""
        said = any(s.facet == "category" for m in self._mentions for s in m.of(Kind.VALUE))
        known = said or self._situation.shown or self._situation.all_shown
        return bool(known and self._topics) and facet not in self._topics and self._catalog.facets[facet].kind != "list"

    def _sense(self, place: int, mention: Mention, cues: Mapping[str, Mention]) -> Sense | None:
        """Which of several meanings: the one a facet named beside it says, a category that is asked for, what the items
        talked about have."""
        senses = mention.of(Kind.VALUE)
        beside = [
            sense.facet
            for other in (self.cues.next(place), self._mentions[place - 1] if place else None)
            if other and other.of(Kind.FACET) and (other.first == mention.last or other.last == mention.first)
            for sense in other.of(Kind.FACET)
        ]
        made = [word.text for word in self._u.words[max(mention.first - 2, 0) : mention.first]]
        beside += ["material"] if made in (["made", "of"], ["out", "of"], ["made", "from"]) else []
        for sense in senses:
            if sense.facet in beside:
                return sense
        following = self.cues.next(place)
        if (
            following
            and following.first == mention.last
            and any(s.facet == "category" for s in following.of(Kind.VALUE))
        ):
            senses = tuple(s for s in senses if s.facet != "category") or senses  # "a pen eraser" is no pen
        elif "for" in cues and any(s.facet == "use" for s in senses):
            return next(s for s in senses if s.facet == "use")
        for wanted in ("category", "brand"):
            for sense in senses:
                if sense.facet == wanted:
                    return sense

        def frequency(sense: Sense) -> tuple[int, int]:
            return self._topics.get(f"{sense.facet}={sense.value}", 0), self._topics.get(sense.facet, 0)

        return max(senses, key=frequency, default=None)

    def _is_aside(self, place: int, mention: Mention, cues: Mapping[str, Mention]) -> bool:
        """Whether a category only says what the thing asked for is for: "a case for pens", "something for my desk"."""
        start = place
        while (
            start
            and self._mentions[start - 1].last == self._mentions[start].first
            and (self._mentions[start - 1].of(Kind.VALUE) or self._mentions[start - 1].of(Kind.SCALE))
        ):
            start -= 1
        first = self._mentions[start].first
        if "swap" in self.cues.in_clause(place):
            return False
        fitting = (cues if start == place else self.cues.before(start)).get("for")
        if "my" in cues or (
            fitting and not (fitting.first and self._u.words[fitting.first - 1].stem in english()["offered"])
        ):
            return True
        before = [word.text for word in self._u.words[max(first - 3, 0) : first]]
        if before and before[-1] in ("a", "an", "the", "some"):
            before.pop()
        word = before[-1] if before else ""
        measured = any(text[0].isdigit() for text in before[-2:])  # "coffee, 1 kg bag"
        if word == "to" and len(before) > 1 and before[-2] in TOWARDS:
            return False  # "take me to the pens"
        return word in ("on", "inside", "to", "than") or (bool(self.draft.category) and (word in _CARRIES or measured))

    def _tells_of_another(self, place: int, sense: Sense, cues: Mapping[str, Mention]) -> bool:
        """Whether a value is of a thing that only says what the one asked for is for: "ink for a blue Velmo pen"."""
        if sense.facet in ("category", "use"):
            return False
        last = place
        while (other := self.cues.next(last)) and other.first == self._mentions[last].last and other.of(Kind.VALUE):
            last += 1
        if any(s.facet == "category" for s in self._mentions[last].of(Kind.VALUE)):
            return self._is_aside(last, self._mentions[last], self.cues.before(last))
        if sense.facet == "brand" and "for" in cues and self.draft.category:
            self.draft.wishes.append("for " + self._said(self._mentions[place]))
            return True
        return False

    def _points(self, place: int, mention: Mention, sense: Sense, cues: Mapping[str, Mention], owned: bool) -> bool:
        """Whether "this pen", "my pen", "the pen I bought" point at something known instead of asking for it."""
        group = [mention]
        while (
            (other := self.cues.next(place + len(group) - 1)) and other.first == group[-1].last and other.of(Kind.VALUE)
        ):
            group.append(other)
        start = min((cue.first for cue in cues.values()), default=mention.first)
        pointed: Pointed | None = None
        the = "the" in cues or (mention.first > 0 and self._u.words[mention.first - 1].text == "the")
        if "my" in cues or (owned and the):
            pointed = self._pointer.owned(self._u, start, group[-1].last, group, self._situation.history)
        elif "this" in cues and (sense.facet == "category" or len(group) > 1 or sense.facet == "brand"):
            pointed = self._pointer.shown_or_reference(
                self._u, start, group[-1].last, group, self._rows_in_mind(), self._situation.shown
            )
            self.draft.relative = self.draft.relative or pointed is not None
        elif the and sense.facet == "category" and self._earlier and self._one(mention):
            shown = self._situation.all_shown
            pointed = self._pointer.shown_or_reference(
                self._u, start, group[-1].last, group, tuple(reversed(shown)), shown
            )
        elif "the" in cues and sense.facet == "category" and "want" not in self.cues.in_clause(place):
            return any(self._pointer.holds(row, sense) for row in self._rows_in_mind()[:1])
        if pointed:
            self.fitting.refer(pointed, cues)
        elif "my" in cues and sense.facet == "category":
            self.fitting.refer_to_a_kind(str(sense.value), cues["my"].first, group[-1].last, cues)
        if pointed or ("my" in cues and sense.facet == "category"):
            self._skip.update(range(place, place + len(group)))
            return True
        return False

    def _one(self, mention: Mention) -> bool:
        word = self._u.words[mention.last - 1]
        return word.text == word.stem

    # --- what is not here -------------------------------------------------------------------------------------------

    def _absent(self, place: int, mention: Mention, manner: Manner) -> None:
        sense = mention.of(Kind.ABSENT)[0]
        if manner.negative or manner.waived or manner.described:
            return
        if sense.facet == "brand":
            before = self._mentions[place - 1] if place else None
            sold = before and before.last == mention.first and any(s.facet == "brand" for s in before.of(Kind.VALUE))
            ordinary = sense.value in english()["ordinary"] and not self._u.is_capital(mention.first)
            if sold or ordinary:
                return  # "Tarn Pilot" is a line of Tarn's; "my brother" is no printer
        self.draft.unmet.append(self._u.said(mention.first, mention.last))

    # --- small things -----------------------------------------------------------------------------------------------

    def _rows_in_mind(self) -> list[int]:
        base = [self._base] if self._base is not None else []
        return [*base, *self._situation.shown, *reversed(self._situation.history)]

    def _add(self, facet: str, op: Op, value: str | float | bool, hard: bool, mention: Mention) -> None:
        self.draft.put(Constraint(facet, op, value, hard, self._said(mention)))

    def _said(self, mention: Mention) -> str:
        return self._u.said(mention.first, mention.last)
