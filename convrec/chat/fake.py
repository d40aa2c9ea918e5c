"""A deterministic engine: popularity for a choice, one true narrative for words. Every other test talks to it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence

import numpy as np

from convrec.catalog import Catalog
from convrec.conversation import Constraint
from convrec.generate.request import Chosen, Event, Finished, Request, Token
from convrec.language.facts import Context, facts_of, split

# Said in this order, each sentence only where all of its facts have a value.
SENTENCES = (
    "The ⟨title⟩ comes from ⟨brand⟩.",
    "It costs ⟨price⟩.",
    "You asked for ⟨asked:brand⟩, and that is what you get.",
    "You asked for ⟨asked:colour⟩, and that is what you get.",
    "It ⟨asked_is⟩, as you asked.",
    "It is ⟨saving⟩ cheaper than the ⟨reference⟩.",
    "It fits your ⟨fits⟩.",
)


class ScriptedEngine:
    """Ranks allowed rows by how many wishes they satisfy, then by `popularity` (row → times bought), then by row.

    To be of the same kind as the item being steered from counts as a wish.
    The same requests give the same events. Closing the iterator ends it at once, as with the real engine.
    """

    def __init__(self, catalog: Catalog, popularity: Mapping[int, int] | None = None) -> None:
        self.catalog = catalog
        counts = dict(popularity or {})
        self.popularity = np.array([1 + counts.get(row, 0) for row in range(len(catalog))], dtype=np.float64)

    def generate(self, requests: Sequence[Request]) -> Generator[Event]:
        for index, request in enumerate(requests):
            chosen = self._choose(index, request)
            yield chosen
            for row in chosen.rows[: chosen.count] if request.narrate else ():
                yield from self._narrate(index, request, row)

    def _choose(self, index: int, request: Request) -> Chosen:
        shares = np.log(self.popularity / self.popularity.sum())
        if request.forced:
            return Chosen(index, request.forced, tuple(float(shares[r]) for r in request.forced), len(request.forced))
        wishes = np.zeros(len(self.catalog))
        reference = request.path.turns[-1].reference if request.path.turns else None
        if reference is not None:  # "cheaper" means the same kind of thing
            wishes += [item.leaf == self.catalog[reference].leaf for item in self.catalog.items]
        for constraint in _in_force(request):
            wishes += self.catalog.satisfies(constraint)
        rows = np.flatnonzero(request.allowed)
        best = rows[np.lexsort((rows, -self.popularity[rows], -wishes[rows]))][: request.count + request.alternatives]
        count = min(request.count, len(best))
        return Chosen(index, tuple(int(r) for r in best), tuple(float(shares[r]) for r in best), count)

    def _narrate(self, index: int, request: Request, row: int) -> Iterator[Event]:
        reference = request.path.turns[-1].reference if request.path.turns else None
        facts = facts_of(self.catalog, row, Context(request.path.history, _in_force(request), reference))
        if reference is not None and self.catalog[reference].leaf != self.catalog[row].leaf:
            facts.pop("saving", None)  # cheaper than another kind of thing says nothing
        tokens = 0
        for sentence in SENTENCES:
            pieces = split(sentence)
            if not all(name in facts for name, is_fact in pieces if is_fact):
                continue
            for piece, is_fact in [(" ", False), *pieces] if tokens else pieces:
                for text in [f"⟨{piece}⟩"] if is_fact else re.findall(r"\s*\S+|\s+", piece):
                    if tokens >= request.sampling.max_tokens:
                        yield Finished(index, row, "length")
                        return
                    yield Token(index, row, text, is_fact)
                    tokens += 1
        yield Finished(index, row, "end")


def _in_force(request: Request) -> tuple[Constraint, ...]:
    return request.path.turns[-1].constraints if request.path.turns else ()
