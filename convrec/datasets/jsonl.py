"""`items.jsonl` and `sequences.jsonl`: the plainest form of a shop's own data."""

from __future__ import annotations

import math

from convrec.catalog import AttributeValue, Interaction, Item
from convrec.datasets.cleaning import attribute_key, clean, join_comma_names, price, text, texts, untitled
from convrec.datasets.formats import Entry, Format, identity, moment, number
from convrec.datasets.rows import BadRow, Record


def sequence(record: Record) -> list[Entry]:
    """`{"user": …, "items": [id, …]}` in time order; `timestamps`, `ratings`, `reviews` may add one entry an item.

    Without timestamps a counter stands in: order is all that is known.
    """
    user_id = identity(record, "user", "user_id")
    items = record.get("items")
    if not isinstance(items, list) or not items:
        raise BadRow(f"user {user_id}: items is no list of ids")
    for name in ("timestamps", "ratings", "reviews"):
        values = record.get(name)
        if values is not None and (not isinstance(values, list) or len(values) != len(items)):
            raise BadRow(f"user {user_id}: {name} needs one entry for each of the {len(items)} items")
    entries: list[Entry] = []  # whole or not at all: half a history would be a wrong one
    for place, item in enumerate(items):
        fields = {name: record[name][place] for name in ("timestamps", "ratings", "reviews") if record.get(name)}
        entries.append(
            Entry(
                Interaction(
                    user_id=user_id,
                    item_id=identity({"items": item}, "items"),
                    timestamp=moment(fields, "timestamps") if "timestamps" in fields else place,
                    rating=number(fields, "ratings"),
                    review=text(fields.get("reviews")),
                )
            )
        )
    return entries


def jsonl() -> Format:
    """Items have `item` (or `item_id`) and `title`, and may have any other field of an Item; `categories` is a list,
    or a path "A > B" or "A, B" in one string. Attribute names become keys: "Tip mm" → tip_mm.
    """
    commas: set[str] = set()  # items whose path was split at commas, some of which may be part of a name

    def item(record: Record) -> Item:
        item_id = identity(record, "item", "item_id")
        found = record.get("categories")
        if isinstance(found, str) and " > " in found:
            found = found.split(" > ")
        elif isinstance(found, str):
            found = found.split(", ")
            commas.add(item_id)
        categories = tuple(texts(found))
        attributes = record.get("attributes") or {}
        if not isinstance(attributes, dict):
            raise BadRow(f"item {item_id}: attributes is no object")
        return Item(
            item_id=item_id,
            title=text(record.get("title")) or untitled(item_id, categories),
            brand=text(record.get("brand")),
            categories=categories,
            price=price(record.get("price")),
            description=text(record.get("description")),
            features=tuple(texts(record.get("features"))),
            attributes={_key(item_id, key): _attribute(item_id, key, value) for key, value in attributes.items()},
            available=record.get("available") is not False,
            image=text(record.get("image")),
        )

    return Format(
        "jsonl",
        sequence,
        item,
        items_file=lambda name: name.startswith("items"),
        tidy=lambda items: join_comma_names(items, commas),
        whole_catalogue=True,
    )


def _key(item_id: str, name: str) -> str:
    key = attribute_key(name)
    if not key:
        raise BadRow(f"item {item_id}: attribute {name!r} needs a name with letters a to z or digits")
    return key


def _attribute(item_id: str, key: str, value: object) -> AttributeValue:
    if isinstance(value, list):
        return tuple(texts(value))
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise BadRow(f"item {item_id}: attribute {key} is neither text, number, flag nor list")
