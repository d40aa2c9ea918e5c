"""The offline annotator: critiques between two items and narratives about one, from a grammar, over any catalogue."""

from __future__ import annotations

import random
from collections.abc import Sequence

from convrec.catalog import Catalog
from convrec.conversation import Reading
from convrec.language.facts import Context
from convrec.regen.critiques import Phrasing, choose, write
from convrec.regen.narratives import NarrativeKind, Narrator
from convrec.regen.wishes import Wish, Wishes

TRIES = 6  # for each critique wanted, before fewer are given


class Writer:
    """Writes what shoppers say and what is answered. Everything is true of the catalogue; nothing is downloaded."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.wishes = Wishes(catalog)
        self.narrator = Narrator(catalog)

    def critiques(
        self,
        source_row: int,
        target_row: int,
        rng: random.Random,
        phrasing: Phrasing = "train",
        count: int = 5,
        history: Sequence[int] = (),
    ) -> list[tuple[str, Reading]]:
        """Up to `count` different critiques that lead from one item to another, each with its reading.

        Different wishes first, then other words for the same ones. `history` are rows owned, oldest first: what the
        target fits may then be wished for. Fewer come back where little leads there; none if nothing does.
        """
        found = self.wishes.between(source_row, target_row, history, rng)
        left, title = list(found), self.catalog[target_row].title.casefold()
        written: dict[str, Reading] = {}
        for _ in range(count * TRIES):
            if len(written) == count:
                break
            wish = choose(left, rng) or choose(found, rng)
            if wish is None:
                break
            text, reading = write(wish, found, rng, phrasing)
            if title not in text.casefold() and text.casefold() not in (known.casefold() for known in written):
                written[text] = reading
                left = [other for other in left if other is not wish and not _same(other, wish)]
        return list(written.items())

    def narrative(self, kind: NarrativeKind, row: int, context: Context, rng: random.Random) -> str:
        """A marked text (fact tokens) that is true of the item and of what is owned, asked and steered away from.

        It takes one draw of `rng`, however it is written: other frames leave everything else as it was.
        """
        return self.narrator.write(kind, row, context, random.Random(rng.random()))


def _same(one: Wish, other: Wish) -> bool:
    return one.kind == other.kind and one.facet == other.facet
