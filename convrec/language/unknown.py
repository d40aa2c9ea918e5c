"""Words that mean something to people and nothing to the catalogue: what a message does with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from convrec.conversation import Constraint, Op
from convrec.language.draft import Draft
from convrec.language.lexicon import Kind, Lexicon, Mention, Sense
from convrec.language.likeness import Likeness
from convrec.language.scope import Scope
from convrec.language.utterance import Utterance

# Of a thing at hand: "a burgundy cover would be handsome" asks for no cover.
_PARTS = frozenset(
    ["cover", "covers", "lid", "handle", "strap", "pocket", "pockets", "barrel", "grip", "finish", "spine", "back",
     "seat", "base", "frame", "shade", "body", "clip", "cap", "tip", "blade", "look", "pattern", "print"]
)  # fmt: skip

_NO_KIND = frozenset(["something", "anything", "nothing", "everything"])  # "something prettier"


class Unknown:
    """The unknown words of messages over one lexicon."""

    def __init__(self, lexicon: Lexicon, likeness: Likeness) -> None:
        self._lexicon, self._likeness = lexicon, likeness

    def runs(
        self, u: Utterance, mentions: Sequence[Mention], taken: set[int], acts: Mapping[str, list[tuple[int, int]]]
    ) -> list[tuple[int, int]]:
        """Runs (first, last + 1) of words that mean something to people and nothing to the catalogue."""
        known = taken | {i for m in mentions for i in range(m.first, m.last)}
        known |= {i for places in acts.values() for first, last in places for i in range(first, last)}
        runs: list[tuple[int, int]] = []
        for index, word in enumerate(u.words):
            plain = index not in known and word.text[0].isalpha() and word.text not in self._lexicon.stop
            if not plain or (word.stem in self._lexicon.general and not (runs and runs[-1][1] == index)):
                continue
            if runs and runs[-1][1] == index:
                runs[-1] = (runs[-1][0], index + 1)
            else:
                runs.append((index, index + 1))
        return runs[:40]

    def take(
        self,
        u: Utterance,
        draft: Draft,
        runs: Sequence[tuple[int, int]],
        mentions: Sequence[Mention],
        scope: Scope,
        topics: Mapping[str, int],
        fresh: bool,
    ) -> None:
        """Unknown words: nearly a value by meaning (a preference), an object the shop does not have, or a wish.

        `fresh`: nothing was shown or bought that the words could be about.
        """
        senses = self._likeness.nearest([u.said(first, last) for first, last in runs])
        for (first, last), sense in zip(runs, senses, strict=True):
            manner = scope.of(first)
            said = u.said(first, last)
            words = [word.text for word in u.words[first:last]]
            part = not fresh and words[-1] in _PARTS
            alone = fresh and last == len(u) and all(map(self._likeness.is_english, words))
            if manner.described or manner.waived:
                continue
            if [word.text for word in u.words[max(first - 2, 0) : first]] == ["made", "in"]:
                draft.unmet.append(u.said(first - 2, last))
                draft.wishes = [wish for wish in draft.wishes if wish.casefold() != "made"]
            elif last < len(u) and u.words[last].text == "free":
                draft.unmet.append(u.said(first, last + 1))
            elif sense is not None and self._credible(u, sense, first, last, mentions, draft, topics):
                op = Op.NOT if manner.negative else Op.IS
                value = sense.value if not isinstance(sense.value, bool) else True
                draft.constraints.append(Constraint(sense.facet, op, value, False, said))
            elif (start := _object_start(u, first, last, mentions, alone)) is not None and not (
                draft.category or manner.negative or part
            ):
                inside = u.said(start, last)
                draft.constraints = [c for c in draft.constraints if not (c.said and c.said in inside)]
                draft.unmet.append(inside)
            elif said.casefold() != "none":  # "but none that smell"
                draft.wishes.append(f"not {said}" if manner.negative else said)

    def _credible(
        self,
        u: Utterance,
        sense: Sense,
        first: int,
        last: int,
        mentions: Sequence[Mention],
        draft: Draft,
        topics: Mapping[str, int],
    ) -> bool:
        """Whether a likeness of meaning may count: a category as what is asked for, a value of what is talked about."""
        if sense.facet == "category":
            return not draft.category and _object_start(u, first, last, mentions) is not None
        return sense.facet in topics


def _object_start(u: Utterance, first: int, last: int, mentions: Sequence[Mention], alone: bool = False) -> int | None:
    """Where the thing asked for begins, if these words are its head: "i need | a red bicycle" → the place of "red".

    `alone`: the words may be the whole message, "rubber bands".
    """
    start = first
    while (before := next((m for m in mentions if m.last == start), None)) and not before.cue and before.of(Kind.VALUE):
        start = before.first
    article = start > 0 and u.words[start - 1].text in ("a", "an", "some", "any")
    asked = start - article
    if (alone and start == 0) or (article and (asked == 0 or u.words[asked - 1].is_mark)):
        return start
    if start > 0 and u.words[start - 1].text in _NO_KIND and u.words[first].text.endswith("er"):
        return None
    cue = next((m.cue for m in mentions if m.last in (asked, start) and m.cue), "")
    return start if cue in ("want", "waive_before") and last - start <= 5 else None
