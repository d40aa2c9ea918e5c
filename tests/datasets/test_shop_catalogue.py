"""The demo shop's items: enough of them, unlike one another, and true to their own attributes."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations

import pytest

from convrec.catalog import FITS, SYSTEM, Catalog, format_value
from convrec.datasets.shop import SEED, build_items
from convrec.datasets.shop.catalogue import content, leaves
from convrec.facets import UNITS

NUMBER = re.compile(rf"(?<![\w.,])(\d[\d,]*(?:\.\d+)?) ?({'|'.join(sorted(set(UNITS.values()) - {'%'}, key=len))})\b")
COLOURS = ("black", "blue", "red", "green", "yellow", "grey", "white", "pink", "brown", "navy", "violet", "silver")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog(build_items(SEED))


def test_there_is_enough_to_choose_from(catalog: Catalog) -> None:
    assert len(catalog) >= 1200
    assert all(len(item.categories) == 3 for item in catalog.items)
    per_leaf = Counter(item.categories for item in catalog.items)
    assert len(per_leaf) >= 60
    assert min(per_leaf.values()) >= 5
    assert len({item.brand for item in catalog.items}) >= 40
    assert 0.02 < 1 - catalog.live.mean() < 0.06
    assert all(4 <= len(item.attributes) <= 16 for item in catalog.items)
    assert {facet.kind for facet in catalog.facets.values()} == {"number", "choice", "flag", "list"}


def test_no_two_items_read_alike(catalog: Catalog) -> None:
    titles = Counter(item.title.casefold() for item in catalog.items)
    assert titles.most_common(1)[0][1] == 1
    assert len({(item.leaf, item.description) for item in catalog.items}) > 0.6 * len(catalog)


def test_the_same_seed_gives_the_same_items_in_an_order_that_says_nothing(catalog: Catalog) -> None:
    assert build_items(SEED) == list(catalog.items)
    assert build_items(SEED + 1) != list(catalog.items)
    neighbours = [a.leaf == b.leaf for a, b in zip(catalog.items, catalog.items[1:], strict=False)]
    assert sum(neighbours) < 0.05 * len(catalog)


def test_prices_are_those_of_the_leaf_and_follow_the_brand(catalog: Catalog) -> None:
    tiers = {name: brand["tier"] for name, brand in content("brands").items()}
    shop = leaves()
    cheap, dear = [], []
    for item in catalog.items:
        low, high = shop[item.categories]["price"]  # type: ignore[index]
        assert item.price is not None
        assert 0.9 * low <= item.price <= 1.1 * high, item
        assert item.price == round(item.price, 2)
        (cheap if tiers[item.brand] <= 2 else dear).append((item.price - low) / (high - low))
    assert sum(cheap) / len(cheap) < 0.6 * sum(dear) / len(dear)


def test_every_number_written_is_an_attribute(catalog: Catalog) -> None:
    found = 0
    for item in catalog.items:
        true = {format_value(key, value) for key, value in item.attributes.items()}
        true |= {" ".join(pair) for text in true for pair in NUMBER.findall(text)}
        for text in (item.title, item.description, *item.features):
            for amount, unit in NUMBER.findall(text):
                assert f"{amount} {unit}" in true, (item.title, text)
                found += 1
    assert found > len(catalog)


def test_every_flag_written_holds(catalog: Catalog) -> None:
    flags = [key for key, facet in catalog.facets.items() if facet.kind == "flag"]
    found = 0
    for item in catalog.items:
        for flag in flags:
            words = flag.replace("_", "[ -]")
            for text in (item.description, *item.features):
                for match in re.finditer(rf"\b(not )?{words}\b", text, flags=re.IGNORECASE):
                    assert item.attributes[flag] is (match[1] is None), (item.title, text)
                    found += 1
    assert found > 1000


def test_every_colour_and_material_in_a_title_is_the_items_own(catalog: Catalog) -> None:
    materials = [value for value in catalog.facets["material"].values if value not in ("wood", "paper")]
    for item in catalog.items:
        own = " ".join(format_value(key, value) for key, value in item.attributes.items()).casefold()
        for word in (*COLOURS, *materials):
            if re.search(rf"\b{re.escape(word)}\b", item.title.casefold()):
                assert word in own, item.title


def test_both_sides_of_every_system_are_for_sale(catalog: Catalog) -> None:
    hosts = Counter(item.attributes[SYSTEM] for item in catalog.items if SYSTEM in item.attributes)
    supplies = Counter(item.attributes[FITS] for item in catalog.items if FITS in item.attributes)
    assert set(supplies) <= set(hosts)
    assert len(hosts.keys() & supplies.keys()) > 40
    families = {item.leaf for item in catalog.items if FITS in item.attributes}
    assert len(families) >= 12
    pen = next(row for row, item in enumerate(catalog.items) if item.attributes.get(SYSTEM) == "Tarn T2 refill")
    fitting = [catalog[row] for row in catalog.compatible(pen).nonzero()[0]]
    assert {item.leaf for item in fitting} == {"Gel refills"}
    assert all(item.attributes[FITS] == "Tarn T2 refill" for item in fitting)


def test_what_cannot_be_refilled_takes_no_refill(catalog: Catalog) -> None:
    pens = [item for item in catalog.items if item.leaf == "Gel pens"]
    assert {SYSTEM in item.attributes for item in pens if item.attributes["refillable"]} == {True}
    assert {SYSTEM in item.attributes for item in pens if not item.attributes["refillable"]} == {False}


def test_quiet_is_what_is_measured_to_be(catalog: Catalog) -> None:
    by_leaf: dict[str, dict[bool, list[float]]] = {}
    for item in catalog.items:
        if "noise_db" in item.attributes:
            loudness = float(item.attributes["noise_db"])  # type: ignore[arg-type]
            by_leaf.setdefault(item.leaf, {True: [], False: []})[item.attributes["quiet"] is True].append(loudness)
    assert len(by_leaf) >= 6
    for levels in by_leaf.values():
        assert max(levels[True], default=0.0) < min(levels[False], default=999.0)


def test_no_two_brands_are_easily_confused(catalog: Catalog) -> None:
    brands = sorted({item.brand.casefold() for item in catalog.items})
    assert max(SequenceMatcher(None, a, b).ratio() for a, b in combinations(brands, 2)) < 0.8
    words = {word.casefold() for facet in catalog.facets.values() if facet.key != "brand" for word in facet.values}
    assert not words & set(brands)
