"""The reply while it grows: what was released so far is at any moment a reply that can be stored."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from convrec.chat.events import Sentence, Shown
from convrec.conversation import Evidence, ItemPart, Part, Reading, Reply, TextPart, Timing


@dataclass
class Draft:
    """Parts in order, and the counts behind `Evidence`. The clock starts when the draft is made."""

    parts: list[Part] = field(default_factory=list)
    alternatives: list[ItemPart] = field(default_factory=list)
    suggestions: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    claims: int = 0
    true_claims: int = 0
    fact_claims: int = 0
    sentences: int = 0
    dropped: list[str] = field(default_factory=list)
    rewritten: int = 0
    released_claims: int = 0
    released_true: int = 0
    text_tokens: int = 0
    first_item_ms: float | None = None
    started: float = field(default_factory=time.perf_counter)

    def show(self, item: ItemPart) -> Shown:
        if self.first_item_ms is None:
            self.first_item_ms = self._elapsed_ms()
        self.parts.append(item)
        return Shown(item)

    def say(self, text: str, item_id: str | None = None) -> Sentence:
        """Adds a sentence, with the white space that sets it off from what is before; a table is its own paragraph."""
        text = text.strip()
        last = self.parts[-1] if self.parts else None
        if isinstance(last, TextPart):
            text = ("\n\n" if "\n" in text else " ") + text
            self.parts[-1] = TextPart(last.text + text)
        else:
            self.parts.append(TextPart(text))
        return Sentence(text, item_id)

    def reply(self, reading: Reading) -> Reply:
        evidence = Evidence(
            claims=self.claims,
            true_claims=self.true_claims,
            fact_claims=self.fact_claims,
            sentences=self.sentences,
            dropped=tuple(self.dropped),
            rewritten=self.rewritten,
            released_claims=self.released_claims,
            released_true=self.released_true,
            notes=tuple(self.notes),
        )
        timing = Timing(self.first_item_ms, self._elapsed_ms(), self.text_tokens)
        return Reply(tuple(self.parts), reading, tuple(self.alternatives), evidence, timing, self.suggestions)

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self.started) * 1000
