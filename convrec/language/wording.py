"""How attribute keys are put into words: prompts/regen/attributes.yaml, with plain fallbacks for keys it lacks."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from convrec.catalog import AttributeValue, Catalog, Facet, format_value
from convrec.language.grammar import articles, phrasings


@dataclass(frozen=True, slots=True)
class Noun:
    """A leaf category as a noun: "a gel pen" · "gel pen" · "gel pens"; "some copy paper" where it has no plural."""

    one: str  # with its article
    bare: str
    many: str

    @classmethod
    def of(cls, leaf: str) -> Noun:
        name = re.sub(r"[A-Za-z]+", lambda w: w.group() if w.group().isupper() else w.group().lower(), leaf)
        if re.search(r"&|,| and ", name):  # "Pens & Refills" is a shelf, not a thing
            return cls(f"something from {name}", name, name)
        if not name.endswith("s") or name.endswith("ss"):
            return cls(f"some {name}", name, name)
        if name.endswith(("scissors", "supplies", "accessories", "trousers", "goods")):
            return cls(f"some {name}", name, name)
        bare = _singular(name)
        return cls(articles(f"a {bare}"), bare, name)


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return name[:-3] + "y"
    if name.endswith(("shelves", "knives")):
        return name[:-3] + ("f" if name.endswith("shelves") else "fe")
    if name.endswith(("ches", "shes", "xes", "sses", "zes")):
        return name[:-2]
    return name[:-1]


class Wording:
    """Words for the facets of one catalogue.

    Every facet has `has` (after "it has" / "with") and `does` (after "it"), marked texts for narratives; numbers have
    comparatives (`adj`: "lighter", `np`: "more sheets"), choices and flags a phrase to put after a noun ("in blue").
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def entry(self, key: str) -> Mapping[str, Any]:
        known: Mapping[str, Any] | None = phrasings("attributes").get(key)
        return known if known is not None else _fallback(self.catalog.facets[key])

    def post(self, key: str, value: AttributeValue, rng: random.Random) -> str | None:
        """A phrase after a noun for one value: "in blue", "made of wood"; None where the key has none."""
        choices = self.entry(key).get("post")
        if not choices:
            return None
        return articles(rng.choice(choices).replace("{v}", format_value(key, value)))

    def some(self, key: str, form: str, rng: random.Random) -> str | None:
        """One of the phrases of this form ("has", "does", "want", "avoid", "is", "is_not"), or None."""
        choices = self.entry(key).get(form)
        return rng.choice(choices) if choices else None

    @staticmethod
    def noun(category: str) -> Noun:
        return Noun.of(category)


@lru_cache(maxsize=1024)
def _fallback(facet: Facet) -> Mapping[str, Any]:
    name, mark = facet.name, f"⟨attr:{facet.key}⟩"
    if facet.kind == "flag":
        return {
            "want": [f"that is {name}"], "avoid": [f"that is not {name}"], "adj": [name], "is": [f"is {name}"],
            "is_not": [f"is not {name}"],
        }  # fmt: skip
    if facet.kind == "number":
        return {
            "less": {"np": [f"less {name}", f"a lower {name}"]},
            "more": {"np": [f"more {name}", f"a higher {name}"]},
            "has": [f"a {name} of {mark}"],
            "does": [f"has a {name} of {mark}"],
        }
    return {
        "post": [f"with {{v}} as {name}"],
        "has": [f"{mark} as its {name}"],
        "does": [f"lists {mark} as its {name}"],
    }
