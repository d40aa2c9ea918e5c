"""Which cues stand where among the mentions of one message."""

from __future__ import annotations

from collections.abc import Sequence

from convrec.language.lexicon import Mention
from convrec.language.utterance import Utterance

_SMALL = frozenset(["a", "an", "of", "is", "are", "in", "one"])  # one of these may stand between a cue and its word


class Cues:
    """The mentions of one message by their places, and the cues before each."""

    def __init__(self, utterance: Utterance, mentions: Sequence[Mention]) -> None:
        self._u, self._mentions = utterance, mentions

    def before(self, place: int, first: int | None = None) -> dict[str, Mention]:
        """Cue → mention for the unbroken row of cues before a mention; one small word may stand between. `first`: the
        word they stand before, where it is not the mention's own."""
        start = self._mentions[place].first if first is None else first
        cues: dict[str, Mention] = {}
        for other in reversed(self._mentions[:place]):
            gap = range(other.last, start)
            if not other.cue or len(gap) > 1 or any(self._u.words[i].text not in _SMALL for i in gap):
                break
            cues.setdefault(other.cue, other)
            start = other.first
        return cues

    def before_word(self, first: int) -> dict[str, Mention]:
        """The cues that stand directly before word `first`."""
        place = next((i for i, m in enumerate(self._mentions) if m.first >= first), len(self._mentions))
        return self.before(place, first)

    def in_clause(self, place: int) -> set[str]:
        """The cues between the beginning of a mention's clause and the mention; values are "" among them."""
        found: set[str] = set()
        start = self._mentions[place].first
        for other in reversed(self._mentions[:place]):
            if any(self._u.words[i].is_end or self._u.words[i].text == "," for i in range(other.last, start)):
                break
            found.add(other.cue)
            start = other.first
        return found

    def next(self, place: int) -> Mention | None:
        return self._mentions[place + 1] if place + 1 < len(self._mentions) else None
