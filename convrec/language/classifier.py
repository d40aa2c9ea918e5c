"""How a sentence speaks of a thing, learnt from a few dozen examples of each manner that stand in a file.

`manners.yaml` and `manners_said.yaml` hold the examples; what is fitted to them stands beside them, so that nothing has
to be encoded when a chat opens. After a change of the examples: `python -m convrec.language.classifier`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from convrec.language.encoder import SentenceEncoder, load_encoder

RIDGE = 1.0
FITTED = "classifiers.safetensors"
Floats = NDArray[np.float32]


class Classifier:
    """A linear classifier over sentence vectors. `weights` is (385, kinds): the last row is added to every sentence."""

    def __init__(self, encoder: SentenceEncoder, kinds: Sequence[str], weights: Floats) -> None:
        self._encoder, self.kinds, self.weights = encoder, tuple(kinds), weights

    @classmethod
    def fit(cls, encoder: SentenceEncoder, examples: Mapping[str, Sequence[str]]) -> Classifier:
        """By ridge regression in closed form. `examples`: kind → sentences, all together weighing as their root."""
        which = np.array([i for i, said in enumerate(examples.values()) for _ in said])
        vectors = encoder.vectors([text for said in examples.values() for text in said])
        inputs = np.hstack([vectors, np.ones((len(vectors), 1))]).astype(np.float64)
        goals = np.where(which[:, None] == np.arange(len(examples)), 1.0, -1.0)
        weights = np.bincount(which)[which] ** -0.5
        weighted = inputs.T * weights * len(which) / weights.sum()
        fitted = np.linalg.solve(weighted @ inputs + RIDGE * np.eye(inputs.shape[1]), weighted @ goals)
        return cls(encoder, list(examples), fitted.astype(np.float32))

    @classmethod
    def load(cls, encoder: SentenceEncoder, name: str) -> Classifier:
        """The one fitted to a question of manners.yaml."""
        kinds, weights = _fitted()[name]
        return cls(encoder, kinds, weights)

    def scores(self, text: str) -> dict[str, float]:
        """Kind → about ±1: how much like it the sentence is."""
        found = self._encoder.vector(text) @ self.weights[:-1] + self.weights[-1]
        return dict(zip(self.kinds, found.tolist(), strict=True))


def examples() -> dict[str, dict[str, list[str]]]:
    """Question → manner → sentences."""
    package = resources.files("convrec.language")
    acts, manners, said = (
        yaml.safe_load(package.joinpath(name).read_text("utf-8"))
        for name in ("acts.yaml", "manners.yaml", "manners_said.yaml")
    )
    for question, kinds in said.items():
        for manner, sentences in kinds.items():
            manners[question][manner] += sentences
    others = [text for act, sentences in acts.items() if act not in ("open", "steer") for text in sentences]
    manners["price"]["aside"] += others  # "what tipped the balance?" says nothing of money
    found: dict[str, dict[str, list[str]]] = manners
    return found


@cache
def _fitted() -> dict[str, tuple[list[str], Floats]]:
    with resources.as_file(resources.files("convrec.language").joinpath(FITTED)) as path, safe_open(path, "np") as file:
        kinds = file.metadata()
        return {name: (json.loads(kinds[name]), file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118


def main() -> None:
    found = {name: Classifier.fit(load_encoder(), kinds) for name, kinds in examples().items()}
    save_file(
        {name: classifier.weights for name, classifier in found.items()},
        Path(__file__).with_name(FITTED),
        {name: json.dumps(classifier.kinds) for name, classifier in found.items()},
    )


if __name__ == "__main__":
    main()
