"""What people call the goods of a shop, and what they say who need one and do not name it: "my loose sheets fly all
over the desk". goods.yaml holds it by the names that categories have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

import yaml


@cache
def goods() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Category → names | needs | parts → how it is said."""
    text = resources.files("convrec.language").joinpath("goods.yaml").read_text("utf-8")
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return found


def spoken(category: str) -> list[str]:
    """Everything that may be said of a category, by its own name and by other ones."""
    words = goods()[category]
    named = [category.lower(), f"i need {category.lower()}", *(f"i need a {name}" for name in words["names"])]
    return [*named, *words["names"], *words["needs"], *words["parts"]]
