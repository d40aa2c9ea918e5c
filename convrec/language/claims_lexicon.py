"""The checker's own words (claims.yaml), read once: what negates, compares, praises, and speaks of the past."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Degree:
    """A comparative or superlative: its words, words in the keys of the facets it orders, and +1 or −1."""

    words: tuple[str, ...]
    facets: tuple[str, ...]
    sign: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every list of claims.yaml under its own name: single words as sets, phrases as tuples of strings."""

    spellings: dict[str, str]
    number_words: dict[str, float]
    unit_words: dict[str, str]
    noun_facets: dict[str, str]
    flag_words: dict[str, tuple[str, ...]]
    flag_opposites: dict[str, tuple[str, ...]]
    comparatives: tuple[Degree, ...]
    superlatives: tuple[Degree, ...]
    words: dict[str, frozenset[str]]
    phrases: dict[str, tuple[str, ...]]


_PHRASES = (
    "contrast", "owned_words", "previous_words", "compatible", "quality", "service", "common_values", "in_stock",
    "out_of_stock", "plain_phrases", "claim_endings",
)  # fmt: skip
_MAPS = (
    "spellings",
    "number_words",
    "unit_words",
    "noun_facets",
    "flag_words",
    "flag_opposites",
    "comparatives",
    "superlatives",
)


def _read() -> Lexicon:
    text = files("convrec.language").joinpath("claims.yaml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=yaml.BaseLoader)  # every scalar stays a string: "no" and "on" are words here
    return Lexicon(
        spellings=data["spellings"],
        number_words={word: float(number) for word, number in data["number_words"].items()},
        unit_words=data["unit_words"],
        noun_facets=data["noun_facets"],
        flag_words={key: tuple(words) for key, words in data["flag_words"].items()},
        flag_opposites={key: tuple(words) for key, words in data["flag_opposites"].items()},
        comparatives=_degrees(data["comparatives"]),
        superlatives=_degrees(data["superlatives"]),
        words={name: frozenset(words) for name, words in data.items() if name not in (*_MAPS, *_PHRASES)},
        phrases={name: tuple(data[name]) for name in _PHRASES},
    )


def _degrees(entries: list[dict[str, Any]]) -> tuple[Degree, ...]:
    return tuple(Degree(tuple(e["words"]), tuple(e["facets"]), int(e["sign"])) for e in entries)


LEXICON = _read()
