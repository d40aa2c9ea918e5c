"""What both rivals are: a causal language model over tokens that spell items, trained on histories, asked by beams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from convrec.generate.decoder import Decoder, decoder_of
from convrec.model.backbone import dropout
from convrec.model.prompt import MAX_HISTORY

Kind = Literal["semantic", "titles"]
How = Literal["loop", "generate"]
Tokens = NDArray[np.int64]
NOTHING = -1  # the target of padding


class Rival(nn.Module, ABC):
    """`backbone` is any transformers causal LM with full attention; `dropout` is that of the recipe, in training."""

    kind: Kind

    def __init__(self, backbone: Any, dropout: float = 0.0) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = dropout
        self._reads: Decoder | None = None
        backbone.generation_config.eos_token_id = None  # what ends an item is said at each call

    @property
    def decoder(self) -> Any:
        """The backbone without its language-model head."""
        return self.backbone.base_model

    @property
    def reads(self) -> Decoder:
        """What the product would read this backbone with; its weights are those since the last `eval` or `train`."""
        self._reads = self._reads or decoder_of(self.decoder)
        return self._reads

    def train(self, mode: bool = True) -> Self:
        self._reads = None  # it may hold the weights laid out anew
        return super().train(mode)

    @abstractmethod
    def spell(self, rows: Sequence[int]) -> Tokens:
        """(length,) the tokens of a history, oldest first: what is trained on, and what the next item follows."""

    @abstractmethod
    def recommend(
        self, history: Sequence[int], allowed: NDArray[np.bool_], count: int, *, beams: int, how: How = "loop"
    ) -> list[int]:
        """At most `count` rows out of `allowed` (items,), best first; fewer where the beams reach fewer.

        `how` says which of the two beam searches of rivals.beams decodes; what they find is the same.
        """

    def prompt(self, history: Sequence[int]) -> list[int]:
        """The tokens of the last items of a history, as many as single tokens are shown."""
        return [int(token) for token in self.spell(history[-MAX_HISTORY:])]

    def loss(self, examples: Sequence[Tokens]) -> Tensor:
        """Mean next-token cross entropy in nats; matrix work in bf16, the softmax in fp32."""
        length = max(map(len, examples))
        ids = np.zeros((len(examples), length), dtype=np.int64)
        targets = np.full((len(examples), length), NOTHING, dtype=np.int64)
        for i, example in enumerate(examples):
            ids[i, : len(example)] = example
            targets[i, : len(example) - 1] = example[1:]
        wanted = torch.from_numpy(targets)
        real = wanted != NOTHING
        with torch.autocast("cpu", dtype=torch.bfloat16):
            vectors = self.backbone.get_input_embeddings()(torch.from_numpy(ids))
            vectors = dropout(vectors, self.dropout, self.training)
            # Padding stands on the right and attention looks left, so no mask is needed.
            hidden = self.decoder(inputs_embeds=vectors, use_cache=False).last_hidden_state[real]
            logits = self.backbone.get_output_embeddings()(dropout(hidden, self.dropout, self.training))
        return F.cross_entropy(logits.float(), wanted[real])
