"""What a purchase history says of a shopper: counts, favourites and prices, nothing guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from convrec.catalog import format_value
from convrec.language.facts import spoken_use
from convrec.language.relations import shelf, uses_of
from convrec.regen.frames import Page, Said, entries

KEYS = ("colour", "material", "style")  # attributes in which people have favourites


def habits(page: Page) -> Iterator[Said]:
    """Everything that can be said of the history of this page; the item of the page is not looked at."""
    catalog, rows = page.catalog, page.context.history
    items = [catalog[row] for row in rows]
    count = {"count": str(len(items))}
    if len(items) > 1:
        yield Said("summary_count", count)
    if brand := _favourite([item.brand for item in items if item.brand]):
        yield Said("summary_brand", {"most_brand": brand[0], "brand_count": brand[1], **count})
    if where := _favourite([shelf(item.categories)[-1] for item in items if item.categories]):
        # one shelf's name may be the name of things on another, too: who is told a number counts them as well
        found = sum(where[0] in item.categories for item in items)
        yield Said("summary_shelf", {"most_shelf": where[0].lower(), "shelf_count": str(found), **count})
    if use := _favourite([spoken_use(use) for row in rows for use in uses_of(catalog[row])]):
        yield Said("summary_use", {"most_use": use[0], "use_count": use[1], **count})
    for key in KEYS:
        if value := _favourite([entry for row in rows for entry in entries(catalog, row, key)]):
            name = catalog.facets[key].name
            yield Said("summary_value", {"most_value": value[0], "value_count": value[1], "most_name": name})
    prices = sorted(item.price for item in items if item.price is not None)
    if len(prices) > 2:
        said = {"low": prices[0], "median": prices[(len(prices) - 1) // 2], "high": prices[-1]}
        yield Said("summary_price", {name: format_value("price", price) for name, price in said.items()})


def _favourite(values: Sequence[str]) -> tuple[str, str] | None:
    """The most frequent value and how often it comes, if more than once."""
    most = Counter(values).most_common(1)
    return (most[0][0], str(most[0][1])) if most and most[0][1] > 1 else None
