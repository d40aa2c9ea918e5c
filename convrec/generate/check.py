"""Is an index still good? What it finds beside the scan of every item, and how even the clusters are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from convrec.conversation import Path as Asked
from convrec.datasets import Dataset, leave_one_out
from convrec.errors import CatalogMismatch
from convrec.generate.search import Search
from convrec.generate.step import best_items
from convrec.language.encoder import load_encoder
from convrec.model.index import read
from convrec.model.ranking import collate
from convrec.model.saved import load

HISTORY = 20  # items of a history that are asked with: the last ones
RECALL, UNEVEN = 0.99, 4.0


def check(model: Path, dataset: Dataset, count: int) -> tuple[dict[str, float], str]:
    """Figures, and what to do. Raises ModelError or CatalogMismatch for an index that does not fit (model.index.read).

    `recall at 10` against the exact scan and its worst case, `opened`, the share of the items that was scored,
    `unevenness`, how many times the mean size the cluster of an item is on average: 1 where all are alike.
    """
    saved = load(model)
    if dataset.catalog.version != saved.catalog.version:
        raise CatalogMismatch(f"{model} was trained on another catalogue than this dataset's; name its own: --dataset")
    index = read(model)
    head = saved.model.head()
    indexed = saved.model.indexed_head(index)
    renderer = saved.renderer(load_encoder())
    cases = leave_one_out(dataset.sequences()).test
    chosen = np.random.default_rng(0).permutation(len(cases))[:count]
    found, opened = [], []
    everything = saved.catalog.live
    with torch.inference_mode():
        for case in (cases[i] for i in chosen):
            prompt = renderer.path(Asked(tuple(case.history[-HISTORY:])))
            symbols, heard, mask = collate([prompt])
            hidden = saved.model(symbols, heard, head, mask)[0, -1]
            exact, _ = best_items(hidden, hidden, head, everything, 10)
            search = Search(hidden, hidden, indexed)
            found.append(_share(search.best(everything, 10)[0], exact))
            opened.append(search.rows_opened / len(index))
    sizes = np.diff(index.starts)
    uneven = float((sizes**2).sum() / sizes.sum() / sizes.mean())
    recall = float(np.mean(found))
    figures = {
        "items": len(index), "clusters": len(sizes), "largest cluster": int(sizes.max()), "unevenness": uneven,
        "histories": len(found), "recall at 10": recall, "worst recall": min(found), "opened": float(np.mean(opened)),
    }  # fmt: skip
    if recall < RECALL:
        return (
            figures,
            f"recall is below {RECALL}: build it again; else train with clusters: balanced",
        )
    if uneven > UNEVEN:
        return figures, "the clusters are uneven, which makes the step slow: train on with clusters: balanced"
    return figures, "the index is good as it is"


def _share(found: Sequence[int], wanted: Sequence[int]) -> float:
    return len(set(found) & set(wanted)) / max(len(wanted), 1)
