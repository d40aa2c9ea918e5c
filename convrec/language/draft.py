"""A reading in the making."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from convrec.conversation import Constraint, Reference


@dataclass(slots=True)
class Draft:
    """What was understood so far; `relative`: something was measured by what was shown; `purpose`: it was said
    what the thing is to do ("to sharpen pencils"); `category`: asked for."""

    constraints: list[Constraint] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    wishes: list[str] = field(default_factory=list)
    unmet: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    unowned: list[str] = field(default_factory=list)
    relative: bool = False
    purpose: bool = False
    category: str = ""
    described: tuple[str, str] | None = None  # a category only told of ("I have enough pens"), and the words

    @property
    def asks(self) -> bool:
        """Whether anything is asked for that the catalogue can express, or is known not to have."""
        return bool(self.constraints or self.dropped or self.unmet)

    def drop(self, facet: str) -> None:
        """Takes back what was said of a facet in earlier turns."""
        if facet not in self.dropped:
            self.dropped.append(facet)

    def put(self, constraint: Constraint) -> None:
        """Takes a constraint once; said plainly and then softly, the softer is meant."""
        if all(c.key != constraint.key for c in self.constraints):
            self.constraints.append(constraint)
        elif not constraint.hard:
            self.constraints = [replace(c, hard=c.hard and c.key != constraint.key) for c in self.constraints]
