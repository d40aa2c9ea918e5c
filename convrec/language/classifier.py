"""What a sentence is by its meaning, learnt from a few dozen examples of each kind that stand in a file.

`acts.yaml`, `manners.yaml` and `goods.yaml` hold the examples; what is fitted to them stands beside them, so that
nothing has to be encoded when a chat opens. After a change of the examples: `python -m convrec.language.classifier`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from convrec.language.encoder import SentenceEncoder, load_encoder
from convrec.language.goods import goods, spoken

RIDGE = 1.0
STRENGTH = 10.0  # of the logistic regression (scikit-learn's C), chosen on messages of another author: docs/LOG.md
FITTED = "classifiers.safetensors"
Floats = NDArray[np.float32]


class Classifier:
    """A linear classifier over sentence vectors. `weights` is (385, kinds): the last row is added to every sentence."""

    def __init__(self, encoder: SentenceEncoder, kinds: Sequence[str], weights: Floats) -> None:
        self._encoder, self.kinds, self.weights = encoder, tuple(kinds), weights

    @classmethod
    def fit(cls, encoder: SentenceEncoder, name: str, examples: Mapping[str, Sequence[str]]) -> Classifier:
        """By ridge regression in closed form. `examples`: kind → sentences. A manner weighs by the root of the number
        of its examples, an act as any other act."""
        which = np.array([i for i, said in enumerate(examples.values()) for _ in said])
        vectors = encoder.vectors([text for said in examples.values() for text in said])
        inputs = np.hstack([vectors, np.ones((len(vectors), 1))]).astype(np.float64)
        goals = np.where(which[:, None] == np.arange(len(examples)), 1.0, -1.0)
        weights = np.bincount(which)[which] ** (-1.0 if name == "acts" else -0.5)
        weighted = inputs.T * weights * len(which) / weights.sum()
        fitted = np.linalg.solve(weighted @ inputs + RIDGE * np.eye(inputs.shape[1]), weighted @ goals)
        return cls(encoder, list(examples), fitted.astype(np.float32))

    @classmethod
    def fit_many(cls, encoder: SentenceEncoder, examples: Mapping[str, Sequence[str]]) -> Classifier:
        """By logistic regression, for many kinds of a few examples each: the exponentials of the scores are odds."""
        from sklearn.linear_model import LogisticRegression

        which = [i for i, said in enumerate(examples.values()) for _ in said]
        vectors = encoder.vectors([text for said in examples.values() for text in said])
        model = LogisticRegression(C=STRENGTH, max_iter=1000, class_weight="balanced").fit(vectors, which)
        return cls(encoder, list(examples), np.vstack([model.coef_.T, model.intercept_]).astype(np.float32))

    @classmethod
    def load(cls, encoder: SentenceEncoder, name: str) -> Classifier:
        """The one fitted to the examples of this name: "acts", or a question of manners.yaml."""
        kinds, weights = _fitted()[name]
        return cls(encoder, kinds, weights)

    def among(self, kinds: Collection[str]) -> Classifier:
        """The same for those of its kinds that are given."""
        kept = [i for i, kind in enumerate(self.kinds) if kind in kinds]
        return Classifier(self._encoder, [self.kinds[i] for i in kept], self.weights[:, kept])

    def likeliest(self, text: str) -> tuple[str, float]:
        """The kind with the best odds and its probability, of one fitted by `fit_many`."""
        scores = self.scores(text)
        best = max(scores, key=lambda kind: scores[kind])
        return best, 1 / sum(math.exp(score - scores[best]) for score in scores.values())

    def scores(self, text: str) -> dict[str, float]:
        """Kind → about ±1: how much like it the sentence is."""
        found = self._encoder.vector(text) @ self.weights[:-1] + self.weights[-1]
        return dict(zip(self.kinds, found.tolist(), strict=True))


def examples() -> dict[str, dict[str, list[str]]]:
    """Classifier → kind → sentences."""
    package = resources.files("convrec.language")
    acts, manners = (
        yaml.safe_load(package.joinpath(name).read_text("utf-8")) for name in ("acts.yaml", "manners.yaml")
    )
    others = [said for act, sentences in acts.items() if act != "ask" for said in sentences]
    manners["price"]["aside"] += others  # "what tipped the balance?" says nothing of money
    acts["ask"] += [said for words in goods().values() for said in words["needs"]]
    return {"acts": acts, **manners}


@cache
def _fitted() -> dict[str, tuple[list[str], Floats]]:
    with resources.as_file(resources.files("convrec.language").joinpath(FITTED)) as path, safe_open(path, "np") as file:
        kinds = file.metadata()
        return {name: (json.loads(kinds[name]), file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118


def main() -> None:
    found = {name: Classifier.fit(load_encoder(), name, kinds) for name, kinds in examples().items()}
    found["goods"] = Classifier.fit_many(load_encoder(), {kind: spoken(kind) for kind in goods()})
    save_file(
        {name: classifier.weights for name, classifier in found.items()},
        Path(__file__).with_name(FITTED),
        {name: json.dumps(classifier.kinds) for name, classifier in found.items()},
    )


if __name__ == "__main__":
    main()
