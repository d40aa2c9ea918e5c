"""A rival's next items from histories alone: the same users, targets and metrics as evaluate.histories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from convrec.catalog import Catalog
from convrec.datasets import Case, Dataset
from convrec.errors import CatalogMismatch
from convrec.evaluate.histories import test_cases
from convrec.evaluate.metrics import at_cutoffs
from convrec.rivals.rival import How, Rival

TOP = 10


def evaluate_rival(
    rival: Rival, catalog: Catalog, dataset: Dataset, *, beams: int, how: How = "loop", users: int = 0
) -> dict[str, float]:
    """Recall, NDCG and MRR @1, 5, 10 on test targets, what was bought left out, as for single tokens.

    `users`: about that many, evenly spaced, where beams over all take too long; 0: all.

    Beams give a list and no scores of the rest: a target they did not reach ranks behind every item. Raises
    CatalogMismatch where the rival was trained over another catalogue.
    """
    if catalog.version != dataset.catalog.version:
        raise CatalogMismatch(
            f"the rival knows catalogue {catalog.version}, the dataset holds {dataset.catalog.version}; "
            "give the dataset that it was trained on"
        )
    cases = test_cases(dataset)
    asked = cases[:: max(1, len(cases) // users)] if users else cases
    return at_cutoffs(list(ranks(rival, len(catalog), asked, beams=beams, how=how)))


def ranks(rival: Rival, n_items: int, cases: Sequence[Case], *, beams: int, how: How = "loop") -> Iterable[float]:
    """The rank of each target, from 1; n_items + 1 where the beams did not reach it."""
    from rich.progress import track

    rival.eval()
    for case in track(cases, description=f"{rival.kind}, beam {beams}"):
        allowed = np.ones(n_items, dtype=bool)
        allowed[list(case.history)] = False
        rows = rival.recommend(case.history, allowed, TOP, beams=beams, how=how)
        yield float(rows.index(case.target) + 1 if case.target in rows else n_items + 1)
