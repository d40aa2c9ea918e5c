"""Tiny random models over a tiny catalogue, of several backbone families; seconds to make, no download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from convrec.catalog import Catalog, Item
from convrec.datasets import Dataset
from convrec.datasets.frames import INTERACTIONS
from convrec.items.clusters import cluster
from convrec.items.vectors import content_vectors, standardise, statistics
from convrec.language.facts import fact_vocabulary
from convrec.model.backbone import train_tokenizer
from convrec.model.head import Head, HeadKind
from convrec.model.model import ConvrecModel
from convrec.model.prompt import Hears, Renderer
from convrec.model.symbols import Symbols
from convrec.model.tables import ItemTable

WORDS = [
    "It is blue and costs little.",
    "This one goes with your pen, and it is light.",
    "You asked for something cheaper.",
]
SHAPE = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 512,
}  # fmt: skip


class HashEncoder:
    """Stands where the sentence encoder stands: a vector a word, the same word always the same."""

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = np.stack([self.tokens(text).sum(0) for text in texts])
        return (found / np.linalg.norm(found, axis=1, keepdims=True).clip(1e-6)).astype(np.float32)

    def tokens(self, text: str) -> NDArray[np.float32]:
        rows = [np.random.default_rng(sum(word.encode()) + 7 * len(word)).normal(size=384) for word in text.split()]
        return np.array(rows, dtype=np.float32).reshape(-1, 384)


def small_catalog(n: int = 30) -> Catalog:
    colours, brands = ["blue", "black", "red"], ["Norrby", "Tarn"]
    return Catalog(
        [
            Item(
                f"i{row}",
                f"{brands[row % 2]} thing {row}",
                brands[row % 2],
                ("Office", ["Pens", "Paper"][row % 2], ["Gel pens", "Notebooks"][row % 2]),
                1.0 + row,
                attributes={"colour": colours[row % 3], "weight_g": 10.0 + row, "refillable": row % 4 == 0},
            )
            for row in range(n)
        ]
    )


def backbone(family: str, vocabulary: int) -> Any:
    torch.manual_seed(0)
    if family == "qwen3":
        return Qwen3ForCausalLM(Qwen3Config(vocab_size=vocabulary + 7, tie_word_embeddings=False, **SHAPE)).eval()
    if family == "gemma3":
        config = Gemma3TextConfig(vocab_size=vocabulary, tie_word_embeddings=True, sliding_window=16, **SHAPE)
        return Gemma3ForCausalLM(config).eval()
    tied = family == "smollm"  # SmolLM is a Llama with tied embeddings
    return LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, tie_word_embeddings=tied, **SHAPE)).eval()


def small_model(
    family: str = "llama",
    hears: Hears = "encoder",
    catalog: Catalog | None = None,
    kind: HeadKind = "two-level",
) -> tuple[ConvrecModel, Renderer]:
    catalog = catalog or small_catalog()
    tokenizer = train_tokenizer(WORDS * 3, 400)
    encoder = HashEncoder()
    content = content_vectors(catalog, encoder)
    content = standardise(content, *statistics(content))
    causal = backbone(family, len(tokenizer))
    torch.manual_seed(1)
    table = ItemTable(
        torch.from_numpy(content),
        torch.zeros(len(catalog), 8),
        torch.from_numpy(cluster(content, seed=0)),
        width=16,
        hidden=32,
        part_dropout=0.25,
    )
    symbols = Symbols(len(tokenizer), fact_vocabulary(catalog))
    model = ConvrecModel(causal, symbols, table, heard_width=384, kind=kind).eval()
    return model, Renderer(catalog, symbols, tokenizer, encoder, hears)


def a_head(n_symbols: int, cluster_of: list[int], hidden: int, seed: int, kind: HeadKind = "two-level") -> Head:
    """Random vectors that gradients may be taken of, no model behind them."""
    generator = torch.Generator().manual_seed(seed)
    clusters = max(cluster_of) + 1 if kind == "two-level" else 0
    items = torch.randn(len(cluster_of), hidden, generator=generator, requires_grad=True)
    level1 = torch.randn(n_symbols + clusters, hidden, generator=generator, requires_grad=True)
    return Head(level1[:n_symbols], level1, items, torch.tensor(cluster_of), n_symbols, kind)


def round_trips() -> Dataset:
    """60 users who go round a shop of 24: after row n comes row n + 2 (the same brand); eight different items each."""
    catalog = small_catalog(24)
    rows = [
        (f"u{user}", catalog[(user + 2 * step) % 24].item_id, 1000 * user + step, 5.0, "fine")
        for user in range(60)
        for step in range(8)
    ]
    return Dataset(catalog, pl.DataFrame(rows, schema=INTERACTIONS, orient="row"))
