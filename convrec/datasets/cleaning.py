"""What shops write, made readable: entities, tags, prices, category paths joined by commas."""

from __future__ import annotations

import html
import math
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from convrec.catalog import Item

TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
# "AT&T;": an encoder that took "&T" for an entity. After real entities are gone, the semicolon means nothing.
BROKEN_ENTITY = re.compile(r"&(\w+);")
PRICE = re.compile(
    r"(?:from\s*)?(?:US)?\s*\$?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?:\s*[-–—]\s*(?:US)?\s*\$?\s*[\d.,]+)?"
)


def clean(text: str) -> str:
    """One line of plain text: entities unescaped (doubled and broken ones too), tags and unprintables removed.

    "AT&amp;amp;T;" → "AT&T", "14&quot;" → '14"', "a<br />b" → "a b".
    """
    if "&" in text:
        for _ in range(3):  # "&amp;amp;quot;" was escaped three times
            unescaped = html.unescape(text)
            if unescaped == text:
                break
            text = unescaped
        text = BROKEN_ENTITY.sub(r"&\1", text)
    if "<" in text:
        text = TAG.sub(" ", text)
    return " ".join(UNPRINTABLE.sub("", text).split())


def texts(value: object) -> list[str]:
    """The non-empty strings of a field that holds one, a list of them, or nothing; cleaned."""
    found = value if isinstance(value, list | tuple) else [value]
    return [text for entry in found if isinstance(entry, str) and (text := clean(entry))]


def text(value: object) -> str:
    """A text field: a string, a list of paragraphs, or nothing."""
    return " ".join(texts(value))


def price(value: object) -> float | None:
    """US$: 1299.0 for "$1,299.00", the lower end of a range, None for what is no price (scraped style sheets occur)."""
    if isinstance(value, str):
        match = PRICE.fullmatch(clean(value))
        value = float(match[1].replace(",", "") + (match[2] or "")) if match else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        return None
    return float(value)


def untitled(item_id: str, categories: Sequence[str]) -> str:
    """The name of an item whose source gives none: people must be able to read something."""
    return f"{categories[-1] if categories else 'Item'} ({item_id})"


def attribute_key(name: str) -> str:
    """The key of an attribute, which also names its fact token: "Tip (mm)" → "tip_mm"."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def join_comma_names(items: Iterable[Item], split: Container[str]) -> list[Item]:
    """Mends paths that were split at ", " inside a name: ("Tape", "Adhesives & Fasteners") is one category.

    Only the items in `split` (ids) are looked at.

    A level is joined to the next where the next, "… & …", is its only child in the whole catalogue and no item ends at
    it: that is how the first half of a list in a name looks, and how a real level hardly ever does.
    """
    items = list(items)
    affected = [item for item in items if item.item_id in split]
    children: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for item in affected:
        for depth in range(1, len(item.categories) + 1):
            children[item.categories[:depth]].add(item.categories[depth] if depth < len(item.categories) else "")
    mended: dict[str, Item] = {}
    for item in affected:
        path: list[str] = []
        open_name = False  # the last entry of `path` is the first half of a name
        for depth, level in enumerate(item.categories, start=1):
            if open_name:
                path[-1] += f", {level}"
            else:
                path.append(level)
            following = children[item.categories[:depth]]
            open_name = "&" not in level and len(following) == 1 and " & " in next(iter(following))
        mended[item.item_id] = replace(item, categories=tuple(path))
    return [mended.get(item.item_id, item) for item in items]
