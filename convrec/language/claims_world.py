"""What one sentence is checked against: an item in its context; and what a check finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from convrec.conversation import Constraint, Op
from convrec.language.claims_truth import Truth
from convrec.language.claims_vocabulary import Meaning, Vocabulary
from convrec.language.claims_words import stems
from convrec.language.facts import OWNED, Context
from convrec.language.prices import is_named


class Found(NamedTuple):
    """A claim at tokens `start` to `end` of its sentence."""

    start: int
    end: int
    kind: str
    supported: bool


@dataclass(frozen=True, slots=True)
class World:
    """One item (`row`) in one context, and the facts that have a value there."""

    truth: Truth
    vocabulary: Vocabulary
    row: int
    context: Context
    facts: Mapping[str, str]

    @property
    def reference(self) -> int | None:
        return self.context.reference if self.context.reference != self.row else None

    @property
    def constraints(self) -> Sequence[Constraint]:
        return self.context.constraints

    def rows_of(self, fact: str) -> tuple[int, ...]:
        """The rows a fact token names: of ⟨reference⟩, ⟨fits⟩ or ⟨owned:n⟩; none where it has no value."""
        history = self.context.history
        if fact == "reference":
            return () if self.reference is None else (self.reference,)
        if fact == "fits":
            return tuple(row for row in reversed(history) if self.truth.fits(self.row, row))[:1]
        back = int(fact.split(":")[1]) if fact.split(":")[1].isdigit() else 0
        return (history[-back],) if 1 <= back <= min(OWNED, len(history)) else ()

    def owned_alike(self) -> tuple[int, ...]:
        """What "the one you have" means: the reference if owned, else the newest of the same kind, else the newest."""
        history = self.context.history
        if self.reference is not None and self.reference in history:
            return (self.reference,)
        leaf = self.truth.catalog[self.row].leaf
        alike = [row for row in history if self.truth.catalog[row].leaf == leaf]
        return tuple((alike or history)[-1:])

    def has(self, meanings: Sequence[Meaning], row: int) -> bool:
        return any(self.truth.has(row, meaning) for meaning in meanings)

    def count(self, true_of: Callable[[int], bool]) -> int:
        """How many purchases of the history a predicate holds for."""
        return sum(true_of(row) for row in self.context.history)

    def limit(self) -> float | None:
        limits = [float(c.value) for c in self.constraints if c.key[:2] == ("price", "at_most") and is_named(c)]
        return min(limits, default=None)

    def wished(self, meaning: Meaning, denied: bool) -> Constraint | None:
        """The constraint in force that asks for what `meaning` says (or, `denied`, asks to be spared it)."""
        for constraint in self.constraints:
            if constraint.op not in (Op.IS, Op.NOT):
                continue
            value, wants = constraint.value, constraint.op is Op.IS
            if meaning.kind == "flag":
                same = constraint.facet == meaning.key
                wants = wants == (value is meaning.value)
            else:
                words = stems(str(value))
                target = stems(str(meaning.value)) if meaning.kind == "value" else meaning.value
                loosely = meaning.kind in ("category", "part") and target[-1:] == words[-1:]
                named = constraint.facet == meaning.key or meaning.kind in ("brand", "category", "part")
                same = isinstance(value, str) and named and (words == target or loosely)
            if same and wants is not denied:
                return constraint
        return None
