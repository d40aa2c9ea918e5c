"""What a person points at: "the second one", "that pen", "the pen I bought", "my printer", a title."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from convrec.catalog import Catalog
from convrec.conversation import Reference
from convrec.language.lexicon import Kind, Mention, Sense
from convrec.language.situation import Situation
from convrec.language.utterance import Utterance, stems

_ORDINALS = {
    "first": 0, "1st": 0, "1 st": 0, "former": 0, "top": 0, "second": 1, "2nd": 1, "2 nd": 1, "middle": 1,
    "third": 2, "3rd": 2, "3 rd": 2, "fourth": 3, "4 th": 3, "fifth": 4, "5 th": 4,
    "last": -1, "final": -1, "latter": -1, "bottom": -1,
}  # fmt: skip
_FOLLOWS = frozenset([
    "and", "or", "but", "is", "looks", "in", "with", "please", "compare", "compares", "vs", "versus", "than", "to",
    "for", "because", "has", "was",
])  # fmt: skip
_NOUNS = r"ones?|options?|items?|suggestions?|choices?|recommendations?|picks?|things?|products?"
_WHICH = "|".join(_ORDINALS)
_ORDINAL = re.compile(
    rf"(?<!\S)(?<!my )(?P<det>the |your |"
    rf"that )?(?P<which>{_WHICH})(?: (?P<noun>{_NOUNS}))?(?P<tail>(?: that)?(?: i| we) (?:bought|have|"
    rf"own|got|ordered|purchased))?(?!\S)"
)
_OFFERED = re.compile(
    rf"(?<!\S)(?:the )?(?P<which>{_WHICH})(?: one)? (?:of|among|from|in) (?:the |your |those |these )?"
    rf"(?:others?|other ones|other options|alternatives|rest)(?!\S)|"
    rf"(?<!\S)(?:the )?(?P<one>{_WHICH}) (?:alternative|other one|other option)(?!\S)"
)
_LEADING = re.compile(r"(?<!\S)the (?P<end>first|last) (?P<count>[2-5])(?= \w*(?:ones|options|items)(?!\S)|(?! \w))")
_NUMBERED = re.compile(
    r"(?<!\S)(?:number|option|#|no \.|nr|item|suggestion|choice) (?P<number>\d)(?!\S)|"
    r"(?<!\S)(?:the )?(?P<word>two)(?!\S)"
)
_THIS = re.compile(
    r"(?<!\S)(?:this|that) (?:one|item|product|thing|suggestion|recommendation|option)(?!\S)|(?<!\S)like (?:this|"
    r"that|it)(?= (?:but|and|in|with|only|just|except)|$| [,.;!?])|(?<!\S)the one (?:you (?:just )?(?:showed|"
    r"suggested|recommended|picked|gave)(?: me)?|above)(?!\S)"
)
_ALL = re.compile(
    r"(?<!\S)(?:them|both|these|those|the 2|these 2|those 2|the 3|all 3|all of them|these ones|those ones|"
    r"differences?(?! (?:between|in)(?!\S)))(?!\S)"
)
_OWNED = re.compile(
    r"(?<!\S)(?:my (?:last|latest|most recent|previous|recent) (?:purchase|order|buy|one)|(?:the )?(?:last|"
    r"latest) (?:thing|item|one) (?:that )?i (?:bought|got|ordered|purchased)"
    r"|what i (?:just )?(?:bought|have|got|ordered)(?: last| before| already)?|"
    r"the one (?:that )?(?:i (?:already )?(?:bought|have|own|got|ordered|purchased|use)|i've got)(?: last| before)?|"
    r"the (?:thing|item) i (?:bought|ordered)|"
    r"(?<!nicked )(?<!pinched )(?<!stole )(?<!broke )(?<!lost )(?<!snapped )(?<!took )(?<!borrowed )(?<!finished )"
    r"mine(?! (?:is|was|has|takes)(?!\S)))(?!\S)"
    # "my last one broke" tells why, it points at nothing
    r"(?! (?:has |have |had |just |finally )*(?:broke|broken|died|failed|fell|"
    r"wore|worn|ran|run|cracked|leaked|snapped|stopped|is broken)(?!\S))"
)

# "Show me the first one again", "the first one was nicer", "no, the white one"; but not "like the first one".
_SEEN = re.compile(
    r"\bagain\b|\b(?:back|return) to the\b|\b(?:show|see) (?:me |us )?(?:the|that)\b"
    r"|\b(?:was|were|is|looks?|looked) (?:much |a lot )?(?:nicer|better|best)\W*$"
    r"|\b(?:like[ds]?|prefer(?:red)?) the .* (?:better|best|more|after all)\W*$"
    r"|\b(?:prefer|preferred|go with|take|rather have) the .*\bone\W*$"
    r"|^(?:and )?(?:what|how) about the (?:\S+ )?one\W*$"
    r"|^no\W+(?:(?:i|i'd) (?:want|meant|mean|prefer) )?the (?:\S+ )?one\W*$",
    re.IGNORECASE,
)
_NOT_AGAIN = re.compile(
    r"\b(?:more like|similar|such as|of the kind|same|but|like (?:it|this|that)|not|never|no longer|hate[ds]?|"
    r"dislike[ds]?|too|than|alternatives?|instead of|other|without|box|anything|something)\b|n't\b|\?.*\S",
    re.IGNORECASE,
)


# What stands around a thing bought that is compared with: "like the pens I bought", "my last mouse was too dear".
_COMPARES = re.compile(r"(?<!\S)(?:like|similar to|alike to|than|same as|as (?:good|nice|cheap|small|big|light) as)$")
_LIKE = re.compile(r"(?<!\S)(?:like|similar to|alike to|same as)$")
_FOUND_SO = re.compile(
    r"(?:was|were|is|are|feels?|felt|cost|costs) (?:too|so|way too|far too|a bit too|a little too)(?!\S)"
)
_BOUGHT = re.compile(
    r"(?:that |which )?(?:i|we) (?:(?:have|had|just|already|last) )*(?:bought|ordered|got|own|have|purchased|use)(?!\S)"
)


def asks_again(text: str) -> bool:
    """Whether words that point at a thing shown want that thing itself: "the first one was nicer"."""
    return _SEEN.search(text) is not None and _NOT_AGAIN.search(text) is None


@dataclass(frozen=True, slots=True)
class Pointed:
    """A reference with the words that make it, and its row."""

    first: int
    last: int
    row: int
    reference: Reference

    def stands_for_its_kind(self, u: Utterance) -> bool:
        """Whether others of its kind are asked for: "like my mouse", "my last mouse was too dear"; not "cheaper than my
        mouse"."""
        texts = [word.text for word in u.words]
        before, after = texts[max(self.first - 3, 0) : self.first], texts[self.last : self.last + 6]
        return bool(_LIKE.search(" ".join(before)) or _FOUND_SO.match(" ".join(after)))


class Pointer:
    """Finds references in one catalogue; titles are indexed by their words."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._titles = [frozenset(stems(item.title)) for item in catalog.items]
        self._rows: dict[str, list[int]] = defaultdict(list)
        for row, title in enumerate(self._titles):
            for stem in title:
                self._rows[stem].append(row)

    def place(self, u: Utterance, situation: Situation, all_of: bool) -> list[Pointed]:
        """Pointing by place and time: the second one, the first of the others, the one I bought. `all_of`: "them" means
        all shown.

        Places are counted in the last reply, or where that showed one thing alone in all that was shown.
        """
        shown, history, reference = situation.shown, situation.history, situation.reference
        places = situation.seen
        found: list[Pointed] = []
        for match in _OFFERED.finditer(u.line):
            place = _ORDINALS[match["which"] or match["one"]]
            if -len(situation.offered) <= place < len(situation.offered):
                found.append(self._pointed(u, *u.span(match), situation.offered[place], "named"))
        for match in _OWNED.finditer(u.line):
            if history:
                found.append(self._pointed(u, *u.span(match), history[-1], "owned"))
        for match in _ORDINAL.finditer(u.line):
            first, last = u.span(match)
            if match["tail"] and history and _ORDINALS[match["which"]] == -1:
                found.append(self._pointed(u, first, last, history[-1], "owned"))
            elif (match["det"] or match["noun"]) and (match["noun"] or _stands_alone(u, last)):
                place = _ORDINALS[match["which"]]
                bare = place == -1 and not match["noun"] and not (match["det"] == "the " and last == len(u))
                if -len(places) <= place < len(places) and not bare:
                    found.append(self._pointed(u, first, last, places[place], "shown"))
        for match in _NUMBERED.finditer(u.line):
            if match["number"] and 0 < int(match["number"]) <= len(places):
                found.append(self._pointed(u, *u.span(match), places[int(match["number"]) - 1], "shown"))
        for match in _LEADING.finditer(u.line):
            count = int(match["count"])
            for row in places[:count] if match["end"] == "first" else places[-count:]:
                found.append(self._pointed(u, *u.span(match), row, "shown"))
        for match in _THIS.finditer(u.line):
            if reference is not None:
                found.append(self._pointed(u, *u.span(match), reference, "shown" if reference in shown else "owned"))
        for match in _ALL.finditer(u.line) if all_of else ():
            first, last = u.span(match)
            found += [self._pointed(u, first, last, row, "shown") for row in shown]
        return _without_overlap(found)

    def owned(
        self, u: Utterance, first: int, last: int, mentions: Sequence[Mention], history: Sequence[int]
    ) -> Pointed | None:
        """The newest thing bought that all these mentions are true of ("my Tarn pen"); rather one that is called so
        than one that is for such a thing ("my planner" is no planner insert)."""
        said = {word.stem for word in u.words[first:last]}
        called = [row for row in history if said & set(stems(self._catalog[row].leaf)[-1:])]
        newest = self._newest(u, first, last, mentions, called, "owned")
        return newest or self._newest(u, first, last, mentions, history, "owned")

    def among_shown(self, u: Utterance, mentions: Sequence[Mention], shown: Sequence[int]) -> Iterator[Pointed]:
        """ "The blue one" where exactly one of several things shown is blue."""
        for number, mention in enumerate(mentions):
            if mention.cue != "the" or len(shown) < 2:
                continue
            run = [m for m in mentions[number + 1 : number + 4] if not m.cue]
            for last in (1, 2):
                group = run[:last]
                if not group or group[0].first != mention.last or group[-1].last - mention.last > 3:
                    continue
                end = group[-1].last
                if end < len(u) and u.words[end].text == "one":
                    fitting = [row for row in shown if self._is(row, group)]
                    if len(fitting) == 1:
                        yield self._pointed(u, mention.first, end + 1, fitting[0], "shown")

    def compared_with(self, u: Utterance, mentions: Sequence[Mention], history: Sequence[int]) -> Iterator[Pointed]:
        """A thing bought that something is to be like, or that was too much so: "like the watercolours I bought", "my
        last mouse was too expensive"."""
        texts = [word.text for word in u.words]
        for number, mention in enumerate(mentions):
            if mention.cue not in ("my", "the"):
                continue
            first, start = mention.first, mention.last
            if texts[start : start + 1] in (["last"], ["old"], ["previous"], ["current"], ["latest"]):
                start += 1
            group = [m for m in mentions[number + 1 : number + 3] if not m.cue and m.first >= start]
            group = [m for place, m in enumerate(group) if m.first == (group[place - 1].last if place else start)]
            if not group:
                continue
            after = " ".join(texts[group[-1].last : group[-1].last + 6])
            bought = _BOUGHT.match(after)
            end = group[-1].last + (len(bought.group().split()) if bought else 0)
            like = _COMPARES.search(" ".join(texts[max(first - 3, 0) : first])) and (bought or mention.cue == "my")
            if not like and not (mention.cue == "my" and _FOUND_SO.match(after)):
                continue
            pointed = self.owned(u, first, end, group, history)
            if pointed is not None:
                yield pointed

    def shown_or_reference(
        self,
        u: Utterance,
        first: int,
        last: int,
        mentions: Sequence[Mention],
        rows: Sequence[int],
        shown: Sequence[int],
    ) -> Pointed | None:
        """ "This pen", "that stapler": the first of `rows` that it is true of."""
        for row in rows:
            if self._is(row, mentions):
                return self._pointed(u, first, last, row, "shown" if row in shown else "owned")
        return None

    def titles(
        self, u: Utterance, near: Collection[int], shown: Sequence[int], history: Sequence[int]
    ) -> list[Pointed]:
        """Items named by title, nearly in full; for items shown or owned, brand and name of the line are enough."""
        places: dict[str, int] = {}
        for index, word in enumerate(u.words[:400]):
            if not word.is_mark:
                places.setdefault(word.stem, index)
        hits: dict[int, int] = defaultdict(int)
        for stem in places:
            if len(rows := self._rows.get(stem, ())) <= 60 or len(rows) < len(self._titles) // 50:
                for row in rows:
                    hits[row] += 1
        best: list[tuple[float, int]] = []
        for row, count in hits.items():
            if count < (1 if row in near else 2):
                continue
            title = self._titles[row]
            shared = [stem for stem in title if stem in places]
            share = len(shared) / len(title)
            brand = set(stems(self._catalog[row].brand))
            if (share >= 0.75 and (len(shared) >= 4 or share == 1.0)) or (
                row in near and brand and brand < set(shared) and count >= 1 and self._line_named(row, shared)
            ):
                best.append((share + (0.5 if row in near else 0.0), row))
        best.sort(key=lambda scored: (-scored[0], scored[1]))
        if not best or (len(best) > 1 and best[0][0] == best[1][0]):
            return []
        row = best[0][1]
        indices = sorted(places[stem] for stem in self._titles[row] if stem in places)
        first, last = _densest(indices)
        if last - first < 2:
            return []
        kind: Literal["shown", "owned", "named"] = "shown" if row in shown else "owned" if row in history else "named"
        return [self._pointed(u, first, last, row, kind)]

    def _line_named(self, row: int, shared: Sequence[str]) -> bool:
        """Whether a word of the title is shared that few other items have, besides the brand."""
        brand = set(stems(self._catalog[row].brand))
        return any(len(self._rows[stem]) <= 60 and not stem[0].isdigit() for stem in shared if stem not in brand)

    def _newest(
        self,
        u: Utterance,
        first: int,
        last: int,
        mentions: Sequence[Mention],
        rows: Sequence[int],
        kind: Literal["shown", "owned", "named"],
    ) -> Pointed | None:
        return next(
            (self._pointed(u, first, last, row, kind) for row in reversed(rows) if self._is(row, mentions)), None
        )

    def _is(self, row: int, mentions: Sequence[Mention]) -> bool:
        return all(
            any(self.holds(row, sense) for sense in mention.of(Kind.VALUE))
            for mention in mentions
            if mention.of(Kind.VALUE)
        )

    def holds(self, row: int, sense: Sense) -> bool:
        """Whether a value is one of this item's."""
        found = self._catalog.value(row, sense.facet)
        if isinstance(found, tuple):
            return sense.value in found
        return found == sense.value or (sense.value is False and not found)

    def _pointed(
        self, u: Utterance, first: int, last: int, row: int, kind: Literal["shown", "owned", "named"]
    ) -> Pointed:
        return Pointed(first, last, row, Reference(self._catalog[row].item_id, kind, u.said(first, last)))


def _stands_alone(u: Utterance, last: int) -> bool:
    """Whether nothing follows that the ordinal could belong to ("the second" but not "the second drawer")."""
    return last >= len(u) or u.words[last].is_mark or u.words[last].text in _FOLLOWS


def _without_overlap(found: Sequence[Pointed]) -> list[Pointed]:
    """Of overlapping references the earlier found is kept; "both" is several over the same words."""
    kept: list[Pointed] = []
    for pointed in found:
        clash = [k for k in kept if k.first < pointed.last and pointed.first < k.last]
        if all((k.first, k.last) == (pointed.first, pointed.last) and k.row != pointed.row for k in clash):
            kept.append(pointed)
    return sorted(kept, key=lambda pointed: pointed.first)


def _densest(indices: Sequence[int]) -> tuple[int, int]:
    """The longest run (first, last + 1) of places with gaps of at most one word."""
    best = start = 0
    best_end = 0
    for i in range(1, len(indices)):
        if indices[i] - indices[i - 1] > 2:
            start = i
        if i - start > best_end - best:
            best, best_end = start, i
    return indices[best], indices[best_end] + 1
