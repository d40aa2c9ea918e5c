"""Whom the words of a sentence are about: the item, another item, what the user bought, or what the user asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from convrec.language.claims_lexicon import LEXICON
from convrec.language.claims_vocabulary import OF_ITEMS, Mention
from convrec.language.claims_words import Token

About = Literal["item", "other", "history", "wish", "open", "if"]
_W = LEXICON.words
_JOINERS = _W["joiners"]


@dataclass(frozen=True, slots=True)
class Frame:
    """`rows` are the other items meant; `often`: said to be a habit, so one purchase is not enough; `loose`: after a
    comma, where the words may have come back to the item. "open": in a question; "if": in a condition."""

    about: About = "item"
    rows: tuple[int, ...] = ()
    often: bool = False
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """Something a sentence can be about or compare with: tokens `start` to `end`, and the rows it may stand for."""

    start: int
    end: int
    rows: tuple[int, ...]
    itself: bool = False


ITEM = Frame()
_OPEN, _CONDITION, _HISTORY = Frame("open"), Frame("if"), Frame("history")
_ATTACHING = frozenset({"from", "by", "in", "with", "of", "the", "a"})

# Ways to say that another item has it, too: after what is said, and before it.
_HOLDS = (
    ("goes", "for"), ("true", "of"), ("get", "that", "with"), ("same", "as"), ("saw", "with"), ("follows",),
    ("in", "that", "like"), ("change", "from"), ("changes", "from"),
)  # fmt: skip
_SHARES = (
    ("no", "change", "from"), ("same", "as"), ("common", "with"), ("lose", "from"), ("lose", "part", "of"),
    ("stay", "as", "with"), ("held", "on", "to"), ("recognise", "from"), ("recognize", "from"),
    ("liked", "that", "about"), ("kept", "thing", "from"), ("keep", "something", "of"), ("coming", "from"),
    ("moved", "from"), ("changed", "from"), ("like", "get", "with"), ("like", "in", "that"),
    ("leaving", "change", "everything"), ("even", "if", "leave"),
)  # fmt: skip

_KEEPS = frozenset({"no", "lose", "changed", "moved", "everything"})  # "no change from": denials that say so
_TURNS = frozenset({"change", "changes"})  # "a change from": the other has it where this is denied
_AFTER = frozenset({"recognise", "recognize", "in", "that", "change", "everything", "you", "get"})
_DENIES = frozenset({"little", "hardly", "barely", "least"})


class Sentence:
    """Tokens with their mentions, entities and frames; the questions the checks ask of them."""

    def __init__(
        self, text: str, tokens: Sequence[Token], mentions: Sequence[Mention], entities: Sequence[Entity]
    ) -> None:
        self.text, self.tokens, self.mentions = text, tokens, mentions
        self.entities = entities
        self._mention_at = {i: m for m in mentions for i in range(m.start, m.end)}
        self._entity_at = {e.start: e for e in entities}
        self.triggers: list[tuple[int, int, Frame]] = []  # "you have bought": tokens and the frame they open
        self.frames = self._scan()

    def low(self, at: int) -> str:
        return self.tokens[at].low if 0 <= at < len(self.tokens) and self.tokens[at].kind != "fact" else ""

    def words(self, start: int, end: int) -> list[str]:
        return [self.low(i) for i in range(max(start, 0), min(end, len(self.tokens)))]

    def span(self, start: int, end: int) -> str:
        """The text of tokens `start` to `end`."""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end]

    def mention(self, at: int) -> Mention | None:
        return self._mention_at.get(at)

    def entity(self, at: int) -> Entity | None:
        return self._entity_at.get(at)

    def breaks(self, at: int) -> bool:
        """Whether a clause ends here for good: a semicolon, a dash, "but"."""
        token = self.tokens[at]
        if token.kind == "mark":
            return token.low in ";:!?.—–-()"
        return token.low in _W["breaks"] and token.kind == "word" and at not in self._mention_at

    def clause(self, at: int) -> tuple[int, int]:
        """The tokens of the clause around `at`: up to commas and breaks."""
        start, end = at, at + 1
        while start > 0 and not self._ends(start - 1):
            start -= 1
        while end < len(self.tokens) and not self._ends(end):
            end += 1
        return start, end

    def negated(self, start: int, end: int) -> bool:
        """Whether what stands at tokens `start` to `end` is denied: by "not", "no", "without", "rather than" before it
        in its clause, or by "-free" after it."""
        denied = False
        for at in range(start - 1, max(start - 9, -1), -1):
            mention = self.mention(at)
            if mention is not None and mention.kind == "contrast":
                return not denied if start - at <= 5 else denied
            if self._ends(at) and not (self.low(at) == "," and self.low(at + 1) in ("or", "nor")):
                break
            word = self.low(at)
            if word in ("and", "which", "that", "because", "so") and at < start - 1 and word != "that":
                break
            if word in _W["negators"] and self.low(at + 1) not in _W["not_negating"] and self._reaches(at, start):
                denied = not denied
            elif self.tokens[at].kind == "word" and word in _W["verbs"] and self._blocks(at, start):
                break
        if self.low(start - 1) == "left" and self.low(end) == "out":
            denied = not denied
        if self.low(end) == "free" and self.tokens[end].start - self.tokens[end - 1].end <= 1:
            denied = not denied
        return denied

    def next_entity(self, start: int, reach: int = 8) -> Entity | None:
        """The first entity from `start` on, before the clause breaks."""
        for at in range(start, min(start + reach, len(self.tokens))):
            if self.breaks(at):
                return None
            if entity := self.entity(at):
                return entity
        return None

    def last_entity(self, end: int, reach: int = 6) -> Entity | None:
        """The nearest entity that ends before `end`, in the same clause."""
        for at in range(end - 1, max(end - reach, -1), -1):
            if self.breaks(at):
                return None
            if entity := self.entity(at):
                return entity
        return None

    def _reaches(self, at: int, start: int) -> bool:
        """ "no" and "non" deny the next words only, "not" and "without" the rest of the clause."""
        return start - at <= (4 if self.low(at) in ("no", "non", "hardly", "minus") else 8)

    def _blocks(self, at: int, start: int) -> bool:
        """Whether a finite verb ends the reach of a negator before it: "does not leak and runs dry"; "is" does not."""
        return self.low(at) not in _W["be"] | _W["open_verbs"]

    def _ends(self, at: int) -> bool:
        return self.breaks(at) or (self.tokens[at].kind == "mark" and self.tokens[at].low == ",")

    def _starts_clause(self, at: int) -> bool:
        while at > 0 and self.low(at - 1) in _W["determiners"]:
            at -= 1
        return at == 0 or self._ends(at - 1) or (self.low(at - 1) in _JOINERS - {"than", "unlike", "like"})

    def _verb_follows(self, at: int) -> bool:
        while self.low(at) in _W["adverbs"]:
            at += 1
        return self.low(at) in _W["verbs"]

    def _scan(self) -> list[Frame]:
        """One frame for every token, from left to right; then the phrases that belong to another item or the user."""
        default = self._default()
        frames: list[Frame] = []
        current = _OPEN if self._offers() else default
        covered = -1  # tokens up to here belong to a phrase already read
        for at in range(len(self.tokens)):
            entity = self._entity_at.get(at)
            word = self.low(at)
            if default.about == "open" or at <= covered:
                pass
            elif self.breaks(at):
                if word != ":" or current.about != "history":  # "you often choose Tarn: 4 of 6"
                    current = default
            elif word == ",":
                if current.about in ("history", "wish"):
                    current = Frame(current.about, current.rows, current.often, loose=True)
                else:
                    current = default
            elif word == "if" and self.low(at - 1) not in ("as", "even"):
                current = _CONDITION
            elif entity is not None and not entity.itself:
                opened = self._opened_by_entity(at, entity)
                if opened is not None:
                    covered, frame = opened
                    frames += [current] * (covered - at + 1)
                    current = frame
            elif entity is not None:
                if self._verb_follows(entity.end) or (self._starts_clause(at) and word in _W["self"]):
                    current = ITEM
            elif word in _W["persons"] and current.about != "if":
                trigger = self._opened_by_person(at)
                if trigger is not None:
                    end, current = trigger
                    covered = end - 1
                    if current.about != "item":
                        self.triggers.append((at, end, current))
                        self._mark_before(frames, at, current)
            if len(frames) <= at:
                frames.append(current)
        if default.about != "open":
            self._mark_owned(frames)
            self._mark_attached(frames)
        return frames

    def _default(self) -> Frame:
        """A question says nothing; a sum over purchases ("three of them are from Tarn") is about the history."""
        words = [t.low for t in self.tokens if t.kind in ("word", "mark")]
        if words[-1:] == ["?"] and words[0] in _W["asking"] and words[1:2] != ["not"]:
            return _OPEN
        counted = any(t.kind == "number" for t in self.tokens) or words[:1] in (["half"], ["much"])
        summing = words[:2] == ["most", "of"] or (counted and _W["sums"].intersection(words))
        if summing and not any(e.itself for e in self.entities):
            return _HISTORY
        return ITEM

    def _offers(self) -> bool:
        """Whether it starts with an offer to go on: "I can show you something cheaper"."""
        words = [t.low for t in self.tokens[:7] if t.kind == "word"]
        offering = {"i", "we", "let"}.intersection(words[:2]) and _W["looking"].intersection(words)
        return bool(offering) and "that" not in words

    def _opened_by_entity(self, at: int, entity: Entity) -> tuple[int, Frame] | None:
        """ "your ⟨owned:1⟩ is …" and "⟨reference⟩, which …": the last token read, and a frame about that other item."""
        if (
            self._starts_clause(at)
            and self._verb_follows(entity.end)
            and "me" not in self.words(entity.end, entity.end + 3)
        ):
            return at, Frame("other", entity.rows)
        comma = self.low(entity.end) == ","
        if self.low(entity.end + comma) in (("which", "whose") if comma else ("which", "that", "whose")):
            return entity.end + comma, Frame("other", entity.rows)
        return None

    def _opened_by_person(self, you: int) -> tuple[int, Frame] | None:
        """ "you have often bought" → where the object starts, and the frame of what follows."""
        at, seen = you + 1, []
        known = _W["aux"] | _W["habit"] | _W["bought"] | _W["wished"]
        while self.low(at) in known or self.low(at) in _W["abilities"]:
            seen.append(self.low(at))
            at += 1
        said = set(seen)
        if said == {"have"} and (self.low(you - 1) in ("one", "it", "this", "here") or self.low(at) == "spend"):
            return at, ITEM  # "in this one you have …", "what you have to spend"
        if seen[-1:] == ["keep"] or (
            seen and at < len(self.tokens) and self.tokens[at].low in ("saving", "extra", "price")
        ):
            return at, ITEM  # "you keep ⟨saving⟩", "you pay ⟨price⟩"
        if said <= {"have", "to"} and self.low(at) == "spend":
            return at, ITEM
        if not said or self.low(you - 1) in _W["conditions"]:
            return (at, ITEM) if said else None
        if seen[0] in _W["abilities"]:
            return at, ITEM
        often = bool(said & _W["habit"]) or "again" in self.words(at, at + 6)
        if said & _W["wished"] or {"would", "like"} <= said:
            return at, Frame("wish")
        if said & (_W["bought"] | _W["habit"]):
            return at, Frame("history", often=often)
        return None

    def _mark_before(self, frames: list[Frame], you: int, frame: Frame) -> None:
        """In "the gel pens you bought" the words before "you" are about the past as well."""
        at = you - 1
        while at >= 0 and self.low(at) in ("that", "which"):
            at -= 1
        if at < 0 or (
            self.mention(at) is None and self.tokens[at].kind != "fact" and self.low(at) not in _W["generic_nouns"]
        ):
            return
        if self.low(at) in _JOINERS | _W["breaks"] | {"what"} or self.tokens[at].low in ("title",):
            return
        while at >= 0 and not self._ends(at) and self.low(at) not in _W["verbs"] | _JOINERS:
            if self.entity(at) is None and at < len(frames):
                frames[at] = frame
            if self.low(at) in _W["determiners"]:
                break
            at -= 1

    def _mark_owned(self, frames: list[Frame]) -> None:
        """ "your blue pen", "your usual Tarn": names after "your" are about what was bought."""
        for at, token in enumerate(self.tokens):
            if token.low != "your" or token.kind != "word" or frames[at].about == "wish":
                continue
            end, often, named = at + 1, False, False
            while end < len(self.tokens) and not self._ends(end):
                mention = self.mention(end)
                if self.low(end) in _W["past"] or self.low(end) in ("own", "earlier"):
                    often = often or self.low(end) in ("usual", "favourite", "favorite", "regular")
                    end += 1
                elif mention is not None and mention.kind in OF_ITEMS:
                    named = (
                        named
                        or mention.kind == "brand"
                        or (mention.kind == "category" and mention.end - mention.start > 1)
                    )
                    end = mention.end
                elif (
                    token.kind == "word"
                    and self.tokens[end].kind == "fact"
                    and self.tokens[end].low in ("brand", "category")
                ):
                    named, end = True, end + 1
                elif self.tokens[end].kind == "fact" and self.tokens[end].low.startswith("attr:") and end == at + 1:
                    end += 1
                else:
                    break
            if named:
                frames[at:end] = [Frame("history", often=often)] * (end - at)

    def _mark_attached(self, frames: list[Frame]) -> None:
        """In "the blue ⟨reference⟩", "the ⟨reference⟩ from Tarn" the words beside another item's name describe it."""
        for entity in self.entities:
            if entity.itself:
                continue
            before = self.mention(entity.start - 1)
            if before is not None and before.kind in OF_ITEMS:
                frames[before.start : before.end] = [Frame("other", entity.rows)] * (before.end - before.start)
            at = entity.end
            while self.low(at) in _ATTACHING and at - entity.end < 2:
                at += 1
            after = self.mention(at)
            if (
                after is not None
                and after.kind in OF_ITEMS
                and at > entity.end
                and self.low(entity.end) in ("from", "by")
            ):
                frames[after.start : after.end] = [Frame("other", entity.rows)] * (after.end - after.start)

    def likened(self, start: int, end: int) -> tuple[Entity, bool] | None:
        """The other item that what stands at `start` to `end` is also said of (True) or denied of (False): in
        "blue, like your ⟨owned:2⟩", "as with ⟨reference⟩, it is blue", "unlike ⟨reference⟩, it is blue"."""
        at = end
        while (
            at - end < 3
            and self.mention(at) is None
            and self.low(at) not in _W["verbs"] | {"", ",", "like", "unlike", "as"}
        ):
            at += 1  # "⟨attr:ink⟩ ink, like …"
        at += self.low(at) == ","
        while self.low(at) in ("just", "much", "exactly", "too"):
            at += 1
        after = self._liking(at)
        if after is not None:
            entity = self.next_entity(after[0], 4)
            return None if entity is None or entity.itself or not entity.rows else (entity, after[1])
        if (held := self._shared(at + (self.low(at) == "so"), _HOLDS)) is not None:
            return held
        first = self._liking(self.low(0) == "just")
        entity = self.next_entity(first[0], 4) if first is not None else None
        if entity is None and (shared := self._shared(0, _SHARES)) is not None:
            entity, first = shared[0], (shared[0].start, shared[1])
        if first is None or entity is None or entity.itself or not entity.rows or entity.end > start:
            return None
        between = range(entity.end, start)
        said = any((m := self.mention(i)) is not None and m.kind in OF_ITEMS for i in between)
        said = said or any(self.tokens[i].kind == "fact" and self.entity(i) is None for i in between)
        return None if said else (entity, first[1])

    def _shared(self, start: int, ways: Sequence[tuple[str, ...]]) -> tuple[Entity, bool] | None:
        """The other item that is named next, if one of these ways of saying that it shares something leads to it, and
        whether it is said to: "which isn't true of" it is denied."""
        for at in range(start, min(start + 12, len(self.tokens))):
            if self.breaks(at):
                return None
            entity = self.entity(at)
            if entity is not None and not entity.itself and entity.rows:
                words = self.words(start, entity.start)  # and "coming from it, you'll recognise", "like it in that"
                words += [w for w in self.words(entity.end, entity.end + 5) if w in _AFTER]
                way = next((way for way in ways if all(word in words for word in way)), None)
                if way is None:
                    return None
                denied = bool(_DENIES.intersection(words) or _W["negators"].intersection(words))
                turned = bool(_TURNS.intersection(way)) and not _KEEPS.intersection(way)
                return entity, denied if turned else not denied or bool(_KEEPS.intersection(way))
        return None

    def _liking(self, at: int) -> tuple[int, bool] | None:
        """Where the name after "like", "as with", "the same as", "unlike" starts, and whether it is a likeness."""
        words = self.words(at, at + 3)
        if words[:1] in (["like"], ["unlike"]):
            return at + 1, words[0] == "like"
        if words[:1] == ["as"] and words[1:2] and words[1] in ("with", "does", "do", "is", "has"):
            return at + 2, True
        return (at + 3, True) if words == ["the", "same", "as"] else None
