"""Which items of a catalogue are alike, which of them people buy, and what constraints leave of them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.conversation import Constraint
from convrec.language.relations import shelf


class Shelves:
    """The rows of each shelf, most bought first, and cached answers to "which items satisfy this?"."""

    def __init__(self, catalog: Catalog, sequences: Mapping[str, Sequence[int]]) -> None:
        self.catalog = catalog
        self.popularity = np.bincount(
            np.fromiter((row for rows in sequences.values() for row in rows), dtype=np.int64), minlength=len(catalog)
        )
        self._rows: dict[tuple[str, ...], list[int]] = {}
        for row in np.argsort(-self.popularity, kind="stable").tolist():
            if catalog.live[row]:
                self._rows.setdefault(shelf(catalog[row].categories), []).append(row)
        self._satisfied: dict[tuple[str, str, str], NDArray[np.bool_]] = {}

    def rows(self, row: int) -> list[int]:
        """What stands on the shelf of this item and may be recommended, most bought first."""
        return self._rows.get(shelf(self.catalog[row].categories), [])

    def holds(self, row: int, constraint: Constraint) -> bool:
        found = self._satisfied.get(constraint.key)
        if found is None:
            found = self._satisfied[constraint.key] = self.catalog.satisfies(constraint)
        return bool(found[row])

    def suitable(self, row: int, constraints: Iterable[Constraint], without: Iterable[int]) -> list[int]:
        """Items of this item's shelf that satisfy all constraints, `without` some rows; most bought first."""
        excluded, wanted = set(without), list(constraints)
        return [
            other
            for other in self.rows(row)
            if other not in excluded and all(self.holds(other, constraint) for constraint in wanted)
        ]


def drawn(rows: Sequence[int], rng: random.Random) -> int:
    """One of the rows, the first ones most often: what an unsteered recommender would show, not always the same."""
    return rows[min(int(rng.expovariate(0.35)), len(rows) - 1)]
