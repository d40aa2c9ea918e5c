"""Choosing items and writing words: the token loop, the item step, and what crosses the engine's border."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from convrec.generate.engine import Engine


def load_engine(folder: str | Path) -> Engine:
    """The engine of a saved model, its LoRA merged. Raises ModelError or CatalogMismatch (model.saved.load)."""
    from convrec.generate.engine import Engine
    from convrec.language.encoder import load_encoder
    from convrec.model.saved import load

    saved = load(folder, indexed=True)
    return Engine(saved.model, saved.renderer(load_encoder()), saved.index, phrases=saved.phrases)
