"""REGEN (arXiv 2503.11924): reviews with critiques and narratives, one table. Column names are a map, not a guess.

Of the published columns only those of COLUMNS are known for certain; any other is named by the user:
`--column critique=NAME --column endorsement=NAME`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from convrec.catalog import Interaction, Item
from convrec.datasets.cleaning import price, text, texts, untitled
from convrec.datasets.formats import Entry, Format, identity, number
from convrec.datasets.frames import KINDS, SPLITS
from convrec.datasets.rows import BadRow, Record
from convrec.errors import ConfigError

COLUMNS = {
    "user": "reviewer_id",
    "item": "asin",
    "title": "title",
    "category": "category",  # a path joined by " - "
    "price": "price",
    "rating": "rating",
    "review": "review",
    "date": "purchase_date",  # MM/DD/YYYY
    "user_summary": "long_summary",
}
ROLES = (*COLUMNS, "brand", "description", "split", "critique", "purchase_reason", "endorsement", "endorsement_long")
# What a row says is prose and never a fact token, whatever it looks like.
NO_MARKS = str.maketrans("⟨⟩", "‹›")


def regen(columns: Mapping[str, str], seed: int) -> Format:
    """The format under this column map (role → column, over COLUMNS). Of several critiques one is drawn by `seed`.

    Raises ConfigError for an unknown role.
    """
    if strange := [role for role in columns if role not in ROLES]:
        raise ConfigError(f"no column role {strange[0]!r}; roles are {', '.join(ROLES)}")
    names = {**COLUMNS, **columns}
    draw = np.random.default_rng(seed)

    described: set[str] = set()

    def entries(record: Record) -> list[Entry]:
        row = {role: record.get(name) for role, name in names.items()}
        item_id = identity(record, names["item"])
        interaction = Interaction(
            user_id=identity(record, names["user"]),
            item_id=item_id,
            timestamp=_date(row["date"], names["date"]),
            rating=number(record, names["rating"]),
            review=text(row["review"]),
        )
        split = text(row.get("split"))
        if split and split not in SPLITS:
            raise BadRow(f"{names['split']} is none of {', '.join(SPLITS)}: {split!r}")
        written: list[tuple[str, str, bool]] = []
        for kind in KINDS:
            found = [entry.translate(NO_MARKS) for entry in texts(_unpacked(row.get(kind)))]
            chosen = int(draw.integers(len(found))) if len(found) > 1 else 0
            written += [(kind, entry, place == chosen) for place, entry in enumerate(found)]
        first = item_id not in described
        described.add(item_id)
        return [Entry(interaction, tuple(written), split, _item(item_id, row) if first else None)]

    return Format("regen", entries)


def _item(item_id: str, row: Mapping[str, object]) -> Item:
    categories = tuple(level for part in text(row["category"]).split(" - ") if (level := part.strip()))
    return Item(
        item_id=item_id,
        title=text(row["title"]) or untitled(item_id, categories),
        brand=text(row.get("brand")),
        categories=categories,
        price=price(row["price"]),
        description=text(row.get("description")),
    )


def _unpacked(value: object) -> object:
    """Several critiques come as a list, in CSV as the JSON of one."""
    if isinstance(value, str) and value.startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            return value  # a sentence in brackets
    return value


def _date(value: object, name: str) -> int:
    if isinstance(value, str):
        for form in ("%m/%d/%Y", "%Y-%m-%d"):
            try:
                return int(datetime.strptime(value.strip(), form).replace(tzinfo=UTC).timestamp())
            except ValueError:
                continue
    raise BadRow(f"{name} is no date MM/DD/YYYY: {value!r}")
