"""Amazon Reviews: the 2014, 2018 and 2023 publications (reviews and metadata)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from convrec.catalog import AttributeValue, Interaction, Item
from convrec.datasets.cleaning import attribute_key, clean, price, text, texts, untitled
from convrec.datasets.formats import Entry, Format, identity, moment, number
from convrec.datasets.rows import Record, json_record, literal_record

# Facets of their own, or words the catalogue keeps for itself; and details that say nothing about the thing.
NOT_ATTRIBUTES = {
    "brand", "price", "category", "compatible", "system", "fits", "asin", "upc", "date_first_available",
    "best_sellers_rank", "customer_reviews", "item_model_number", "is_discontinued_by_manufacturer",
}  # fmt: skip
LONGEST_VALUE = 60  # characters; longer details are prose
ATTRIBUTES = 40  # every attribute is a fact token: the most frequent ones are kept ...
COMMON = 0.02  # ... that this share of the items has


def review_2014(record: Record) -> list[Entry]:
    """`reviewerID, asin, overall, reviewText, unixReviewTime` (2014 and 2018)."""
    return [
        Entry(
            Interaction(
                user_id=identity(record, "reviewerID"),
                item_id=identity(record, "asin"),
                timestamp=moment(record, "unixReviewTime"),
                rating=number(record, "overall"),
                review=text(record.get("reviewText")),
            )
        )
    ]


def review_2023(record: Record) -> list[Entry]:
    """`user_id, parent_asin, rating, text, timestamp` in milliseconds."""
    return [
        Entry(
            Interaction(
                user_id=identity(record, "user_id"),
                item_id=identity(record, "parent_asin"),
                timestamp=moment(record, "timestamp", per_second=1000),
                rating=number(record, "rating"),
                review=text(record.get("text")),
            )
        )
    ]


def item_2014(record: Record) -> Item:
    """`asin, title, brand, category|categories, price, description, feature, imUrl|imageURL*` (2014 and 2018)."""
    item_id = identity(record, "asin")
    paths = record.get("category") or record.get("categories") or []
    if paths and isinstance(paths[0], list):  # 2014: several paths, the first is the main one
        paths = paths[0]
    if isinstance(paths, list):  # 2018: behind this tag come features that slipped in
        end = next((place for place, level in enumerate(paths) if "</span>" in str(level)), len(paths))
        paths = paths[:end]
    categories = tuple(texts(paths))
    return Item(
        item_id=item_id,
        title=text(record.get("title")) or untitled(item_id, categories),
        brand=text(record.get("brand")),
        categories=categories,
        price=price(record.get("price")),
        description=text(record.get("description")),
        features=tuple(texts(record.get("feature"))),
        image=next(
            iter(texts(record.get("imageURLHighRes")) + texts(record.get("imageURL") or record.get("imUrl"))), ""
        ),
    )


def item_2023(record: Record) -> Item:
    """`parent_asin, title, store, categories, price, features, description, details, images`."""
    item_id = identity(record, "parent_asin")
    categories = tuple(texts(record.get("categories")))
    return Item(
        item_id=item_id,
        title=text(record.get("title")) or untitled(item_id, categories),
        brand=text(record.get("store")),
        categories=categories,
        price=price(record.get("price")),
        description=text(record.get("description")),
        features=tuple(texts(record.get("features"))),
        attributes=_details(record.get("details")),
        image=_first_image(record.get("images")),
    )


def common_attributes(items: Iterable[Item]) -> list[Item]:
    """The items with those attributes only that enough of them have."""
    items = list(items)
    counts = Counter(key for item in items for key in item.attributes)
    kept = {key for key, count in counts.most_common(ATTRIBUTES) if count >= COMMON * len(items)}
    return [replace(i, attributes={key: i.attributes[key] for key in i.attributes if key in kept}) for i in items]


def _details(details: object) -> dict[str, AttributeValue]:
    if isinstance(details, str):
        try:
            details = json.loads(details)
        except ValueError:
            return {}  # some rows hold prose here, which states no attribute
    attributes: dict[str, AttributeValue] = {}
    if isinstance(details, Mapping):
        for name, value in details.items():
            key = attribute_key(str(name))
            if key and key not in NOT_ATTRIBUTES and isinstance(value, str) and 0 < len(clean(value)) <= LONGEST_VALUE:
                attributes[key] = clean(value)
    return attributes


def _first_image(images: object) -> str:
    """2023 has a list of {"large": url, …}, in some exports a {"large": [url, …]}."""
    if isinstance(images, list) and images:
        images = images[0]
    if isinstance(images, Mapping):
        return next(iter(texts(images.get("large")) + texts(images.get("hi_res"))), "")
    return ""


def _is_meta(name: str) -> bool:
    return name.startswith("meta")


AMAZON_2014 = Format("amazon-2014", review_2014, item_2014, _is_meta, literal_record)
AMAZON_2018 = Format("amazon-2018", review_2014, item_2014, _is_meta, json_record)
AMAZON_2023 = Format("amazon-2023", review_2023, item_2023, _is_meta, json_record, tidy=common_attributes)
