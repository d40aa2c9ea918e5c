"""Backbones: any transformers causal LM by hub id or folder, or our own small Llama shape with its own tokenizer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convrec.errors import ModelError


class Shape(Protocol):
    """Our own backbone: a Llama of this many layers, hidden width and heads."""

    @property
    def layers(self) -> int: ...
    @property
    def hidden(self) -> int: ...
    @property
    def heads(self) -> int: ...


def small_backbone(shape: Shape, vocabulary: int) -> Any:
    """A randomly initialised Llama; the caller seeds torch."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.hidden * 11 // 4,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        tie_word_embeddings=True,
        max_position_embeddings=2048,
    )
    return LlamaForCausalLM(config)


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """A cased byte-level BPE over `texts` (prose without marks); it can write any text, seen or not."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(texts, vocab_size=vocabulary, min_frequency=2, show_progress=False)
    return PreTrainedTokenizerFast(tokenizer_object=bpe._tokenizer)  # type: ignore[no-untyped-call]


def load_backbone(name: str, revision: str | None = None) -> tuple[Any, Any]:
    """(causal LM in fp32, tokenizer) from a folder or a hub id. Raises ModelError where there is none."""
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = AutoModelForCausalLM.from_pretrained(name, revision=revision, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        what = "folder" if Path(name).exists() else "hub id or folder"
        raise ModelError(
            f"no usable backbone at {name!r}: give the {what} of a transformers causal LM "
            f"with its tokenizer ({str(error).splitlines()[0]})"
        ) from error
    return model, tokenizer


def add_residual_dropout(backbone: Any, rate: float) -> None:
    """Dropout on what every attention and feed-forward block adds, in training only: Llama has none of its own.

    Small catalogues overfit within minutes without it.
    """

    def drop(module: nn.Module, inputs: Any, output: Any) -> Any:
        if isinstance(output, Tensor):
            return dropout(output, rate, module.training)
        return (dropout(output[0], rate, module.training), *output[1:])

    for layer in backbone.base_model.layers:
        layer.self_attn.register_forward_hook(drop)
        layer.mlp.register_forward_hook(drop)


def dropout(x: Tensor, rate: float, training: bool) -> Tensor:
    """As F.dropout, with `rate` in steps of 1/256. On a CPU torch draws a mask number by number in one thread, a tenth
    of a training step; a byte an entry from numpy is five times as fast, and seeded by torch all the same.
    """
    cut = round(rate * 256)
    if not training or not cut:
        return x
    if x.device.type != "cpu":
        return F.dropout(x, cut / 256)
    rng = np.random.Generator(np.random.SFC64(int(torch.randint(2**62, ()))))
    kept = torch.from_numpy(rng.integers(0, 256, x.shape, dtype=np.uint8)) >= cut
    return x * kept.to(x.dtype) * (256 / (256 - cut))
