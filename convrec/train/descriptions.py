"""What items say of themselves, as messages that they answer: how the item table learns words (after arXiv 2406.02844,
whose first phase ties an item to its text before anything is asked of it).

Histories place items by who buys them, and a table that was kept as they made it hardly tells a thick pen from a thin
one: a message can only choose between what lies apart. A description has no shopper, so no history is learnt by heart
over it. Most are said in a sentence of those that critiques are trained in ("do you have …?") or of others
(prompts/regen/carriers.yaml): which words of a message name goods, and which only carry them, is learnt so.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from convrec.catalog import Catalog, Item, format_value
from convrec.language.grammar import expand, phrasings, roughen, slots_of

EACH = 8  # descriptions of an item
BRAND, CATEGORY, ATTRIBUTE, TITLE = 0.35, 0.35, 0.35, 0.5  # how often one says each of these
LEAF = 0.7  # how often its category is the last of its path
MOST = 3  # words of a title in a row
SAID = 0.75  # how often it is said in a sentence
SENTENCES = ("brand_in", "category", "flag_in", "request", "soft", "swap", "use", "words")  # that ask for something


def descriptions(catalog: Catalog) -> list[tuple[str, int]]:
    """EACH texts of every item that says anything, with its row; of the same catalogue always the same."""
    rng = random.Random(f"descriptions of {catalog.version}")
    sentences = [text for kind in SENTENCES for text in phrasings("critiques")[kind] if len(slots_of(text)) == 1]
    sentences += phrasings("carriers")["carriers"]
    drawn = ((described(item, rng), row) for row, item in enumerate(catalog.items) for _ in range(EACH))
    return [(said(text, sentences, rng), row) for text, row in drawn if text]


def said(description: str, sentences: Sequence[str], rng: random.Random) -> str:
    """The description as somebody might ask for it, or as it is."""
    if rng.random() >= SAID:
        return description
    sentence = rng.choice(sentences)
    (slot,) = slots_of(sentence)
    return roughen(expand(sentence, {slot: description}, rng), rng)


def described(item: Item, rng: random.Random) -> str:
    """Some of what is true of an item, in any order: its brand, a category, an attribute, words of its title."""
    said = list(_facts(item, rng))
    title = re.findall(r"\w[\w'.-]*", item.title)
    if len(title) > 1 and (not said or rng.random() < TITLE):
        count = rng.randint(1, min(MOST, len(title) - 1))
        start = rng.randint(0, len(title) - count)
        said.append(" ".join(title[start : start + count]))
    rng.shuffle(said)
    text = " ".join(said)
    return text.lower() if rng.random() < 0.5 else text


def _facts(item: Item, rng: random.Random) -> Iterator[str]:
    if item.brand and rng.random() < BRAND:
        yield item.brand
    if item.categories and rng.random() < CATEGORY:
        yield item.categories[-1] if rng.random() < LEAF else rng.choice(item.categories)
    known = [(key, value) for key, value in item.attributes.items() if value is not False]
    if known and rng.random() < ATTRIBUTE:
        key, value = rng.choice(known)
        yield key.replace("_", " ") if value is True else format_value(key, value)
