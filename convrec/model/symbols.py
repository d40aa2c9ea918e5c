"""One integer space for everything a model reads and emits: text, controls, facts, items, heard vectors.

    [0, text)            the backbone's own tokens
    [text, +controls)    marks of structure; never emitted as prose, never reachable from what a user types
    […, +facts)          fact tokens: "title", "price", "attr:colour" …
    [items, items + n)   one symbol an item: items + row
    negative             -1 - i: the i-th heard vector (a word piece of the sentence encoder, or a facet value)

The backbone's vocabulary is not resized; level 1 of the head scores text, controls, facts and clusters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from convrec.conversation import Op

QUANTILES = 16
KINDS = ("reply", "purchase_reason", "endorsement")
CONTROLS = (
    "history", "user", "shown", "item", "facts", "end", "wish", "reference",
    *KINDS,
    *(f"op:{op}" for op in Op),
    *(f"quantile:{q}" for q in range(QUANTILES)),
)  # fmt: skip


@dataclass(frozen=True)
class Symbols:
    """The numbering of one model: `text` backbone tokens, `facts` names in order (language.facts.fact_vocabulary)."""

    text: int
    facts: tuple[str, ...]

    @cached_property
    def _control(self) -> dict[str, int]:
        return {name: self.text + i for i, name in enumerate(CONTROLS)}

    @cached_property
    def _fact(self) -> dict[str, int]:
        return {name: self.text + len(CONTROLS) + i for i, name in enumerate(self.facts)}

    @property
    def first_fact(self) -> int:
        return self.text + len(CONTROLS)

    @property
    def items(self) -> int:
        """The first item symbol, and so the number of text, control and fact symbols."""
        return self.text + len(CONTROLS) + len(self.facts)

    def control(self, name: str) -> int:
        return self._control[name]

    def fact(self, name: str) -> int:
        return self._fact[name]

    def has_fact(self, name: str) -> bool:
        return name in self._fact

    def fact_name(self, symbol: int) -> str:
        return self.facts[symbol - self.first_fact]

    def item(self, row: int) -> int:
        return self.items + row

    @staticmethod
    def heard(index: int) -> int:
        return -1 - index
