"""What a message is said into."""

from __future__ import annotations

from dataclasses import dataclass

from convrec.conversation import Constraint, Question


@dataclass(frozen=True, slots=True)
class Situation:
    """Rows of the history (oldest first), of the last reply in order, of everything shown so far; the row steered from
    (last shown, else last bought); the constraints in force before this message; the alternatives of the last reply;
    what was last asked of a thing shown."""

    history: tuple[int, ...] = ()
    shown: tuple[int, ...] = ()
    all_shown: tuple[int, ...] = ()
    reference: int | None = None
    constraints: tuple[Constraint, ...] = ()
    offered: tuple[int, ...] = ()
    asked: tuple[Question, ...] = ()

    @property
    def seen(self) -> tuple[int, ...]:
        """What places ("the first one") and "the blue one" are counted in: the last reply, or where that showed one
        thing alone all that was shown."""
        return self.shown if len(self.shown) > 1 else self.all_shown or self.shown
