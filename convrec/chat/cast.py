"""Who plays: everything a chat needs besides the store, loaded from a model folder, or scripted over a dataset."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from convrec.catalog import Catalog
    from convrec.chat.narrate import Engine
    from convrec.datasets import Dataset
    from convrec.language.claims import ClaimChecker
    from convrec.language.reader import Reader


class Cast(NamedTuple):
    engine: Engine
    catalog: Catalog
    reader: Reader
    checker: ClaimChecker


def load(model: str | Path) -> Cast:
    """The trained model of a folder or hub id, over its own catalogue. Raises ModelError, CatalogMismatch."""
    from convrec.generate import load_engine

    engine = load_engine(model)
    return _over(engine.catalog, engine)


def load_scripted(dataset: Dataset) -> Cast:
    """The scripted engine, which ranks by how often things were bought: no model is needed."""
    from convrec.chat.fake import ScriptedEngine

    bought = Counter(row for history in dataset.sequences().values() for row in history)
    return _over(dataset.catalog, ScriptedEngine(dataset.catalog, bought))


def _over(catalog: Catalog, engine: Engine) -> Cast:
    from convrec.language.claims import ClaimChecker
    from convrec.language.encoder import load_encoder
    from convrec.language.reader import Reader

    return Cast(engine, catalog, Reader(catalog, load_encoder()), ClaimChecker(catalog))
