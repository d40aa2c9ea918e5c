"""Rivals over the tiny catalogue with random weights, far enough apart that no two beams tie."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from small_model import HashEncoder, backbone, small_catalog

from convrec.model.backbone import train_tokenizer
from convrec.rivals.codes import semantic_codes
from convrec.rivals.semantic import VOCABULARY, Semantic
from convrec.rivals.titles import END, Titles

EVERYTHING = np.ones(30, dtype=bool)


def _spread(causal: Any) -> Any:
    torch.manual_seed(3)
    for weight in causal.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.15)
    return causal


def semantic(family: str = "llama") -> Semantic:
    catalog = small_catalog()
    codes = semantic_codes(HashEncoder().vectors([catalog.text(row) for row in range(30)]), seed=0)
    return Semantic(_spread(backbone(family, VOCABULARY)), codes).eval()


def titles(family: str = "llama", end_weight: float = 1.0) -> Titles:
    """`end_weight` draws the embedding of the end of a title out: beams then end at different lengths."""
    named = [item.title for item in small_catalog().items]
    tokenizer = train_tokenizer([title + END for title in named], 320)
    causal = _spread(backbone(family, len(tokenizer)))
    rival = Titles(causal, tokenizer, named).eval()
    with torch.no_grad():
        causal.get_output_embeddings().weight[rival.end] *= end_weight
    return rival
