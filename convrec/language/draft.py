"""A reading in the making."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations

from convrec.catalog import Catalog
from convrec.conversation import Constraint, Op, Reference


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

    level: tuple[Op, str, str] | None = None  # AT_MOST or AT_LEAST what such goods cost, "cheap", and the wish it was

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


def agreeing(catalog: Catalog, constraints: Sequence[Constraint], base: int | None) -> list[Constraint]:
    """Values that cannot hold at once are alternatives ("blue or black"), so neither is demanded. Where the base
    has one of them already, the other is asked for: "plastic? I was after cardboard"."""
    out = list(dict.fromkeys(constraints))
    refused = {(c.facet, c.value): n for n, c in reversed(list(enumerate(out))) if c.op is Op.NOT}
    # "any colour but blue, blue is the employers'"
    out = [c for n, c in enumerate(out) if c.op is not Op.IS or refused.get((c.facet, c.value), n) >= n]
    if any(c.hard and (c.facet, c.op) == ("price", Op.LESS) for c in out):  # "dear me, anything more modest?"
        out = [c for c in out if c.hard or (c.facet, c.op) != ("price", Op.MORE)]
    if base is not None:
        values = [c for c in out if c.op is Op.IS and c.facet not in ("category", "compatible", "use")]
        had = {c for c in values if isinstance(c.value, str) and catalog.satisfies(c)[base]}
        insisted = {c.facet for c in had if c.hard}  # "rather plastic, those in cardboard tear", of something plastic
        lacked = {c.facet for c in values if c not in had and (c.hard or c.facet not in insisted)}
        out = [c for c in out if c not in had or c.facet not in lacked]
    by_facet: dict[str, list[Constraint]] = defaultdict(list)
    for constraint in out:
        if constraint.op is Op.IS and not isinstance(constraint.value, bool):
            by_facet[constraint.facet].append(constraint)
    exact = {c.facet for c in out if c.op in (Op.IS, Op.AT_MOST, Op.AT_LEAST) and c.facet != "price"}
    out = [c for c in out if c.op not in (Op.LESS, Op.MORE) or c.facet not in exact]  # "thicker, say 1 mm"
    rivals = {
        one
        for same in by_facet.values()
        for one, other in permutations(same, 2)
        if not (catalog.satisfies(one) & catalog.satisfies(other)).any()
    }
    return [replace(c, hard=False) if c in rivals else c for c in out]
