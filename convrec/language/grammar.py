"""Phrasings as files: templates with choices and slots, and what hurried people do to a sentence."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from convrec.errors import DataError

PROMPTS = Path(__file__).resolve().parents[2] / "prompts" / "regen"
CHOICE = re.compile(r"\[([^\[\]]*)\]")
SLOT = re.compile(r"\{([A-Za-z_0-9]+)\}")
NUMBERS = {
    2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten", 12: "twelve",
    15: "fifteen", 20: "twenty", 25: "twenty-five", 30: "thirty", 40: "forty", 50: "fifty", 100: "a hundred",
}  # fmt: skip


@cache
def phrasings(name: str) -> Any:
    """The content of prompts/regen/NAME.yaml. Raises DataError when it is missing or no YAML."""
    path = PROMPTS / f"{name}.yaml"
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise DataError(f"{path} cannot be read ({error}); restore it from the repository") from None


def slots_of(template: str) -> frozenset[str]:
    """The names of the slots a template needs."""
    return frozenset(SLOT.findall(template))


def expand(template: str, slots: Mapping[str, str], rng: random.Random) -> str:
    """One sentence of a template: each [a|b] chosen (innermost first), each {slot} filled, "a" before a vowel "an".

    Raises KeyError for a slot without a value.
    """
    while CHOICE.search(template):
        template = CHOICE.sub(lambda choice: rng.choice(choice.group(1).split("|")), template)
    text = SLOT.sub(lambda slot: slots[slot.group(1)], template)
    return articles(re.sub(r" {2,}", " ", text).strip())


def articles(text: str) -> str:
    """ "a ivory pen" → "an ivory pen". Only before lower-case letters: names keep what the writer gave them."""
    text = re.sub(r"\b([Aa]) (?=(?!uni|use|usb|one\b|eu)[aeiou])", r"\1n ", text)
    return re.sub(r"\b([Aa]) (?=(?:8|11|18)\b)", r"\1n ", text)


def capitalised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def money(amount: float, rng: random.Random) -> str:
    """A price limit as people say it: "$15", "15 dollars", "fifteen bucks"."""
    number = f"{amount:g}" if amount == int(amount) else f"{amount:.2f}"
    words = NUMBERS.get(int(amount), number) if amount == int(amount) else number
    return rng.choice(
        [f"${number}", f"${number}", f"${number}", f"{number} dollars", f"{number} dollars", f"{number} bucks",
         f"{number}$", number, f"{words} dollars", f"{words} bucks", words]
    )  # fmt: skip


def roughen(sentence: str, rng: random.Random) -> str:
    """As typed: with or without a capital and a full stop, now and then all lower case or with one slip of the keys."""
    if sentence[-1] not in "?!." and rng.random() < 0.45:
        sentence += "."
    elif sentence.endswith("?") and rng.random() < 0.3:
        sentence = sentence[:-1]
    if rng.random() < 0.55:
        sentence = capitalised(sentence)
    elif rng.random() < 0.4:
        sentence = sentence.lower()
    if rng.random() < 0.06:
        sentence = _slip(sentence, rng)
    if rng.random() < 0.1:
        sentence = sentence.replace("'", "")
    return sentence


def listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _slip(sentence: str, rng: random.Random) -> str:
    """Two neighbouring letters change places, one is lost or one doubled, inside one longer lower-case word."""
    words = list(re.finditer(r"\b[a-z]{5,}\b", sentence))
    if not words:
        return sentence
    word = rng.choice(words)
    at = rng.randrange(word.start() + 1, word.end() - 1)
    before, one, two, after = sentence[:at], sentence[at], sentence[at + 1 : at + 2], sentence[at + 2 :]
    return rng.choice([before + two + one + after, before + two + after, before + one + one + two + after])
