"""What a sentence is by its meaning, learnt from a few dozen examples of each kind that stand in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from convrec.language.encoder import SentenceEncoder

RIDGE = 1.0


class Classifier:
    """A linear classifier over sentence vectors, fitted in closed form (ridge regression, all kinds weighing the same)
    to `examples`: kind → sentences. Fitting takes under a second."""

    def __init__(self, encoder: SentenceEncoder, examples: Mapping[str, Sequence[str]]) -> None:
        self._encoder, self._kinds = encoder, list(examples)
        which = np.array([i for i, said in enumerate(examples.values()) for _ in said])
        inputs = _with_bias(encoder.vectors([text for said in examples.values() for text in said]))
        goals = np.where(which[:, None] == np.arange(len(examples)), 1.0, -1.0)
        weighted = inputs.T * (1 / np.bincount(which)[which]) * len(which) / len(examples)
        self._weights = np.linalg.solve(weighted @ inputs + RIDGE * np.eye(inputs.shape[1]), weighted @ goals)

    def scores(self, text: str) -> dict[str, float]:
        """Kind → about ±1: how much like it the sentence is."""
        found = (_with_bias(self._encoder.vectors([text])) @ self._weights)[0]
        return dict(zip(self._kinds, found.tolist(), strict=True))


def read_examples(name: str) -> Any:
    """Kind → sentences, of a file of this package; in manners.yaml by question."""
    text = resources.files("convrec.language").joinpath(name).read_text(encoding="utf-8")
    return yaml.safe_load(text)


def _with_bias(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.hstack([vectors, np.ones((len(vectors), 1))]).astype(np.float64)
