"""Next item from the history alone: leave-one-out, full ranking, what was bought removed, beside simple controls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.conversation import Path
from convrec.datasets import Case, Dataset, leave_one_out
from convrec.errors import CatalogMismatch
from convrec.evaluate.metrics import Floats, at_cutoffs, gains, hits, ratio_interval
from convrec.items.vectors import Encoder
from convrec.model.prompt import Renderer
from convrec.model.ranking import expected_ranks
from convrec.train.examples import held_out_users

MARGIN = 0.05  # what a model may lose against another and still count as not inferior


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
    cases = test_cases(dataset)
    allowed = _not_bought(dataset, cases)
    found = {"model": _ranks_of(recommender, dataset, cases, allowed)}
    rivals = {
        "popularity": np.tile(popularity(dataset), (len(cases), 1)),
        "text similarity": similarity(recommender.renderer.encoder, dataset.catalog, cases),
    }
    targets = [case.target for case in cases]
    found |= {name: expected_ranks(scores, targets, allowed) for name, scores in rivals.items()}
    return {name: at_cutoffs(ranks) for name, ranks in found.items()}


def compare_histories(
    recommenders: Iterable[Recommender], against: Iterable[Recommender], dataset: Dataset
) -> dict[str, dict[str, float]]:
    """Recall@10 and NDCG@10 on the same test targets of models and of those they are compared with (seeds of one recipe
    each: a user counts as the mean over them), their ratio with its 95 % interval by a paired bootstrap over users, and
    whether the first are not inferior: 1 where even the lower end loses less than MARGIN.

    Raises CatalogMismatch where a model was trained over another catalogue.
    """
    cases = test_cases(dataset)
    allowed = _not_bought(dataset, cases)
    ours = [_ranks_of(recommender, dataset, cases, allowed) for recommender in recommenders]
    theirs = [_ranks_of(recommender, dataset, cases, allowed) for recommender in against]
    return {
        name: _compared(np.mean([values(r) for r in ours], 0), np.mean([values(r) for r in theirs], 0))
        for name, values in (("recall at 10", hits), ("ndcg at 10", gains))
    }


def _compared(ours: Floats, theirs: Floats) -> dict[str, float]:
    low, high = ratio_interval(ours, theirs)
    return {
        "model": float(ours.mean()),
        "against": float(theirs.mean()),
        "ratio": float(ours.mean() / max(theirs.mean(), 1e-9)),
        "ratio_low": low,
        "ratio_high": high,
        "not_inferior": float(low > 1 - MARGIN),
        "users": float(len(ours)),
    }


def _ranks_of(recommender: Recommender, dataset: Dataset, cases: Sequence[Case], allowed: NDArray[np.bool_]) -> Floats:
    known = recommender.renderer.catalog.version
    if known != dataset.catalog.version:
        raise CatalogMismatch(
            f"the model knows catalogue {known}, the dataset holds {dataset.catalog.version}; "
            "give the dataset that the model was trained on"
        )
    scores = recommender.scores([Path(case.history) for case in cases])
    return expected_ranks(scores, [case.target for case in cases], allowed)


def _not_bought(dataset: Dataset, cases: Sequence[Case]) -> NDArray[np.bool_]:
    """(cases, items)"""
    allowed = np.ones((len(cases), len(dataset.catalog)), dtype=bool)
    for i, case in enumerate(cases):
        allowed[i, list(case.history)] = False
    return allowed


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
