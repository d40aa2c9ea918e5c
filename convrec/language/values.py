"""Values that a message wants and does not name: "runs on sunshine", "it rains here every day", "no caffeine for her".

One logistic regression a value over the vector of the whole sentence, fitted to the messages of prompts/intents whose
authors said which values they meant; a rare value, a number, a colour or a brand is heard by its words alone. After a
change of the messages:

    python -m convrec.language.values
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from convrec.catalog import Catalog
from convrec.conversation import Constraint, Op
from convrec.language.aims import SHORT
from convrec.language.draft import Draft
from convrec.language.encoder import SentenceEncoder, load_encoder
from convrec.language.intents import authored
from convrec.language.lexicon import Mention
from convrec.language.utterance import Utterance

MEANT = 0.75  # how probable a value must be
FITTED = Path(__file__).with_name("values.safetensors")
_CLAUSE = re.compile(r"[.,;:!?]+\s+|\s+(?:and|but)\s+")
BATCH = 256
LEAST = 15  # messages of which a value is learnt
BY_WORDS = frozenset(["brand", "colour", "price", "size", "use"])
STRENGTH = 30.0  # of the fit: inverse of the penalty
Value = tuple[str, str | bool]


class Values:
    """What is fitted, over one catalogue."""

    def __init__(self, catalog: Catalog, encoder: SentenceEncoder) -> None:
        self._catalog, self._encoder = catalog, encoder
        self.values, self._weights = _fitted()

    def take(self, u: Utterance, draft: Draft, mentions: Sequence[Mention], base: int | None) -> None:
        """Adds as preferences what is probably meant and not named, of what is asked for, or else of what is at hand
        (`base`): values of facets that the message does not speak of."""
        kinds = [c for c in draft.constraints if (c.facet, c.op) == ("category", Op.IS)]
        if kinds:
            goods = np.logical_or.reduce([self._catalog.satisfies(c) for c in kinds])
        elif base is not None and self._catalog[base].leaf:
            goods = self._catalog.satisfies(Constraint("category", Op.IS, self._catalog[base].leaf))
        else:
            return
        named = {sense.facet for mention in mentions for sense in mention.senses}
        named |= {c.facet for c in draft.constraints}
        for (facet, value), probable in self.of(u.text).items():
            if probable < MEANT or facet in named or facet not in self._catalog.facets:
                continue
            wish = Constraint(facet, Op.IS, value, False, u.said(0, len(u)))
            if (self._catalog.satisfies(wish) & goods).any():
                draft.constraints.append(wish)

    def of(self, text: str) -> dict[Value, float]:
        """(facet, value) → how probable it is that the message wants it, as a whole or by one of its clauses."""
        clauses = [said for said in _CLAUSE.split(text) if len(said.split()) >= SHORT and said != text]
        vectors = [self._encoder.vector(text), *(self._encoder.vectors(clauses) if clauses else ())]
        odds = (np.stack(vectors) @ self._weights[:-1] + self._weights[-1]).max(0)
        return dict(zip(self.values, (1 / (1 + np.exp(-odds))).tolist(), strict=True))


@cache
def _fitted() -> tuple[list[Value], NDArray[np.float32]]:
    with safe_open(FITTED, "np") as file:
        values = [(facet, value) for facet, value in json.loads(file.metadata()["values"])]
        return values, file.get_tensor("weights").astype(np.float32)


def wanted(said: str) -> set[Value]:
    """The values of one line's second column that are learnt: "material=wood,!colour=black,quiet=yes" → wood, quiet."""
    found: set[Value] = set()
    for facet, _, value in (part.strip().partition("=") for part in said.split(",")):
        flag = {"yes": True, "true": True, "no": False, "false": False}.get(value.casefold())
        number = value.replace(".", "").isdecimal()
        if value and not facet.startswith("!") and facet not in BY_WORDS and not number and flag is not False:
            found.add((facet, value if flag is None else flag))
    return found


def fit(encoder: SentenceEncoder) -> tuple[list[Value], NDArray[np.float16]]:
    """The values and (385, values) their weights, of which the last row is added to every sentence."""
    from sklearn.linear_model import LogisticRegression

    lines = [columns for _, columns in authored()]
    said = [columns[-1] for columns in lines]
    vectors = np.concatenate([encoder.vectors(said[i : i + BATCH]) for i in range(0, len(said), BATCH)])
    wants = [wanted(columns[1]) for columns in lines]
    counts = Counter(value for found in wants for value in found)
    values = sorted((value for value, count in counts.items() if count >= LEAST), key=str)
    weights = np.zeros((vectors.shape[1] + 1, len(values)), np.float32)
    for column, value in enumerate(values):
        model = LogisticRegression(C=STRENGTH, max_iter=500, class_weight={0: 1, 1: 3})
        model.fit(vectors, [value in found for found in wants])
        weights[:-1, column], weights[-1, column] = model.coef_[0], model.intercept_[0]
    return values, weights.astype(np.float16)


def fingerprint() -> str:
    """SHA-256 of what is fitted to, which stands in FITTED, too."""
    return hashlib.sha256(json.dumps([columns for _, columns in authored()]).encode()).hexdigest()


def main() -> None:
    values, weights = fit(load_encoder())
    save_file({"weights": weights}, FITTED, {"values": json.dumps(values), "examples": fingerprint()})


if __name__ == "__main__":
    main()
