"""Next item from the history alone: leave-one-out, full ranking, what was bought removed, beside simple controls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.conversation import Path
from convrec.datasets import Case, Dataset, leave_one_out
from convrec.errors import CatalogMismatch
from convrec.evaluate.metrics import at_cutoffs
from convrec.items.vectors import Encoder
from convrec.model.prompt import Renderer
from convrec.model.ranking import expected_ranks
from convrec.train.examples import held_out_users


class Recommender(Protocol):
    """An engine, or a hybrid's picker: what knows a catalogue and scores every item of it."""

    @property
    def renderer(self) -> Renderer: ...

    def scores(self, paths: Sequence[Path]) -> NDArray[np.float32]:
        """(paths, items) scores of every item next, nothing masked."""
        ...


def evaluate_histories(recommender: Recommender, dataset: Dataset) -> dict[str, dict[str, float]]:
    """Recall, NDCG and MRR @1, 5, 10 on test targets, of the model, popularity, and text similarity to the last item.

    Where the dataset holds users out (those of validation or test dialogues), only they are asked about. Raises
    CatalogMismatch where the model was trained over another catalogue.
    """
    catalog = dataset.catalog
    known = recommender.renderer.catalog.version
    if known != catalog.version:
        raise CatalogMismatch(
            f"the model knows catalogue {known}, the dataset holds {catalog.version}; "
            "give the dataset that the model was trained on"
        )
    cases = test_cases(dataset)
    targets = [case.target for case in cases]
    allowed = np.ones((len(cases), len(catalog)), dtype=bool)
    for i, case in enumerate(cases):
        allowed[i, list(case.history)] = False
    rivals = {
        "model": recommender.scores([Path(case.history) for case in cases]),
        "popularity": np.tile(popularity(dataset), (len(cases), 1)),
        "text similarity": similarity(recommender.renderer.encoder, catalog, cases),
    }
    return {name: at_cutoffs(expected_ranks(scores, targets, allowed)) for name, scores in rivals.items()}


def test_cases(dataset: Dataset) -> list[Case]:
    held = held_out_users(dataset)
    return [case for case in leave_one_out(dataset.sequences()).test if not held or case.user_id in held]


def popularity(dataset: Dataset) -> NDArray[np.float32]:
    """(items,) how often each item was bought in training: nobody's last two items, no held-out users."""
    held = held_out_users(dataset)
    counts = np.zeros(len(dataset.catalog), dtype=np.float32)
    for user, rows in leave_one_out(dataset.sequences()).train.items():
        if user not in held:
            np.add.at(counts, rows, 1)
    return counts


def similarity(encoder: Encoder, catalog: Catalog, cases: Sequence[Case]) -> NDArray[np.float32]:
    """(cases, items) cosine of each item's text vector with that of the last item bought."""
    vectors = encoder.vectors([catalog.text(row) for row in range(len(catalog))])
    return vectors[[case.history[-1] for case in cases]] @ vectors.T
