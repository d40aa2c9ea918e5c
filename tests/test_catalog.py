"""Rows, facets and masks; what a mask allows is held against a plain-Python reading of the same words."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convrec.catalog import Catalog, Item, format_value, item_from_dict, item_to_dict, permuted
from convrec.conversation import Constraint, Op
from convrec.datasets.frames import FrameRows, catalog_of, items_frame
from convrec.errors import CatalogError

BRANDS = ["", "Nib & Co", "nib & co", "Stropp"]
LEVELS = ["Office", "Pens", "Gel Pens", "Paper"]
COLOURS = ["blue", "Blue", "red"]
NUMBERS = [0.5, 0.7, 1.0, 3.0]
SYSTEMS = ["G2", "A4"]

attributes = st.fixed_dictionaries(
    {},
    optional={
        "colour": st.sampled_from(COLOURS),
        "tip_mm": st.sampled_from(NUMBERS),
        "refillable": st.booleans(),
        "materials": st.lists(st.sampled_from(["steel", "Wood", "wood"]), max_size=2).map(tuple),
        "system": st.sampled_from(SYSTEMS),
        "fits": st.lists(st.sampled_from(SYSTEMS), min_size=1, max_size=2).map(tuple),
        "mixed": st.sampled_from([1.0, 1, "1", True, False, ("One", "1"), ()]),
    },
)
items = st.builds(
    Item,
    item_id=st.just("?"),
    title=st.sampled_from(["Pen", "Refill"]),
    brand=st.sampled_from(BRANDS),
    categories=st.lists(st.sampled_from(LEVELS), max_size=3, unique=True).map(tuple),
    price=st.none() | st.sampled_from([1.0, 2.5, 9.8, 10.0]),
    attributes=attributes,
    available=st.booleans(),
)
# The first item has every facet, so that every constraint drawn below is about one the catalogue knows.
FULL = Item(
    "0", "All", "Stropp", ("Office", "Pens"), 5.0,
    attributes={"colour": "green", "tip_mm": 0.4, "refillable": True, "materials": ("tin",), "system": "G2",
                "fits": ("A4",), "mixed": "one"},
)  # fmt: skip
catalogs = st.lists(items, max_size=8).map(
    lambda found: Catalog(
        [FULL, *(item_from_dict(item_to_dict(i) | {"item_id": str(n)}) for n, i in enumerate(found, 1))]
    )
)
ORDERINGS = (Op.AT_MOST, Op.AT_LEAST, Op.LESS, Op.MORE)
equalities = st.one_of(
    st.tuples(st.just("brand"), st.sampled_from([b for b in BRANDS if b])),
    st.tuples(st.just("category"), st.sampled_from([*LEVELS, "office"])),
    st.tuples(st.just("colour"), st.sampled_from([*COLOURS, "green", "mauve"])),
    st.tuples(st.just("materials"), st.sampled_from(["steel", "wood", "tin"])),
    st.tuples(st.just("refillable"), st.booleans()),
    st.tuples(st.just("tip_mm"), st.sampled_from(NUMBERS)),
    st.tuples(st.just("price"), st.sampled_from([1.0, 9.8])),
)
constraints = st.one_of(
    st.builds(lambda pair, op: Constraint(pair[0], op, pair[1]), equalities, st.sampled_from([Op.IS, Op.NOT])),
    st.builds(Constraint, st.sampled_from(["price", "tip_mm"]), st.sampled_from(ORDERINGS),
              st.sampled_from([0.5, 1.0, 2.5, 9.8])),
    st.just(Constraint("compatible", Op.IS, "0")),
)  # fmt: skip


def holds(item: Item, constraint: Constraint, catalog: Catalog) -> bool:
    """The same rule, said once more without arrays."""
    facet, op, value = constraint.facet, constraint.op, constraint.value
    if facet == "compatible":
        host = catalog.item(str(value))
        return fits(item, host) or fits(host, item)
    found = {"price": item.price, "brand": item.brand or None, "category": item.categories or None}.get(facet)
    if facet not in ("price", "brand", "category"):
        found = item.attributes.get(facet)
    if op in (Op.IS, Op.NOT):
        return same(found, value) == (op is Op.IS)
    if found is None:
        return False
    return {Op.AT_MOST: found <= value, Op.LESS: found < value, Op.AT_LEAST: found >= value, Op.MORE: found > value}[op]


def fits(item: Item, host: Item) -> bool:
    return host.attributes.get("system") in item.attributes.get("fits", ())


def same(found: object, value: object) -> bool:
    if isinstance(value, bool):
        return bool(found) is value
    if isinstance(found, tuple):
        return any(entry.lower() == str(value).lower() for entry in found)
    if isinstance(value, float):
        return found is not None and math.isclose(found, value)  # type: ignore[arg-type]
    return found is not None and str(found).lower() == str(value).lower()


@given(catalogs, constraints)
def test_satisfies_agrees_with_plain_python(catalog: Catalog, constraint: Constraint) -> None:
    expected = [holds(item, constraint, catalog) for item in catalog.items]
    assert catalog.satisfies(constraint).tolist() == expected


@given(catalogs, st.lists(constraints, max_size=3), st.data())
def test_mask_is_live_and_every_constraint(catalog: Catalog, wanted: list[Constraint], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from([i.item_id for i in catalog.items])))
    catalog = catalog.retire(gone)
    expected = [
        item.available and item.item_id not in gone and all(holds(item, c, catalog) for c in wanted)
        for item in catalog.items
    ]
    assert catalog.mask(wanted).tolist() == expected


@given(catalogs, constraints)
def test_not_is_the_complement_of_is(catalog: Catalog, constraint: Constraint) -> None:
    if constraint.op is Op.IS and constraint.facet != "compatible":
        negated = Constraint(constraint.facet, Op.NOT, constraint.value)
        assert np.array_equal(catalog.satisfies(negated), ~catalog.satisfies(constraint))


@given(catalogs)
def test_items_survive_their_dictionary_form(catalog: Catalog) -> None:
    assert tuple(item_from_dict(item_to_dict(item)) for item in catalog.items) == catalog.items


@given(st.lists(st.text(min_size=1), unique=True, max_size=30), st.integers(0, 2**32))
def test_permuting_keeps_the_items_and_is_drawn_by_the_seed(ids: list[str], seed: int) -> None:
    found = [Item(i, "T") for i in ids]
    order = permuted(found, seed)
    assert sorted(order, key=lambda i: i.item_id) == sorted(found, key=lambda i: i.item_id)
    assert order == permuted(found, seed)


def test_permuting_breaks_the_order_of_first_appearance() -> None:
    found = [Item(str(n), "T") for n in range(500)]
    order = [int(item.item_id) for item in permuted(found, 0)]
    followed = sum(b == a + 1 for a, b in itertools.pairwise(order))
    assert followed < 10, "rows still follow the order of the source"


mixed = st.builds(
    Constraint, st.just("mixed"), st.sampled_from([Op.IS, Op.NOT]), st.sampled_from([True, False, "1", "ONE", "true"])
)


def written(catalog: Catalog) -> pl.DataFrame:
    """The catalogue's table as it comes back from Parquet."""
    file = io.BytesIO()
    items_frame(catalog).write_parquet(file)
    file.seek(0)
    return pl.read_parquet(file)


@settings(deadline=None)
@given(catalogs, st.lists(constraints | mixed, max_size=4), st.data())
def test_a_catalogue_of_a_table_answers_as_one_of_items(
    catalog: Catalog, wanted: list[Constraint], data: st.DataObject
) -> None:
    rows = range(-1, len(catalog))
    gone = data.draw(st.sets(st.sampled_from(catalog.ids)))
    read, catalog = catalog_of(written(catalog.retire(gone))), catalog.retire(gone)
    for _ in range(2):  # before every item is made, and after
        assert (len(read), read.version, read.ids, read.retired) == (
            len(catalog), catalog.version, catalog.ids, catalog.retired
        )  # fmt: skip
        assert list(read.facets.items()) == list(catalog.facets.items())
        assert np.array_equal(read.live, catalog.live)
        assert np.array_equal(read.mask(wanted), catalog.mask(wanted))
        for constraint in wanted:
            assert np.array_equal(read.satisfies(constraint), catalog.satisfies(constraint))
        for key, facet in catalog.facets.items():
            assert [read.value(row, key) for row in rows] == [catalog.value(row, key) for row in rows]
            if facet.kind == "number":
                assert np.array_equal(read.numbers(key), catalog.numbers(key), equal_nan=True)
                assert read.quantile(key, 2.5) == catalog.quantile(key, 2.5)
        assert [read[row] for row in rows] == [catalog[row] for row in rows]
        assert [read.text(row) for row in rows] == [catalog.text(row) for row in rows]
        assert [read.compatible(row).tolist() for row in rows] == [catalog.compatible(row).tolist() for row in rows]
        for item_id in catalog.ids:
            assert (read.row(item_id), read.item(item_id)) == (catalog.row(item_id), catalog.item(item_id))
            assert item_id in read
        read = read.retire(catalog.ids[:1])
        catalog = catalog.retire(catalog.ids[:1])
        assert read.items == catalog.items
    more = [Item("new", "New", price=3.0)]
    assert read.extend(more).items == catalog.extend(more).items
    assert read.extend(more).version == catalog.extend(more).version


class Unmade(FrameRows):
    """A table of which no item may be made."""

    def __getitem__(self, row: int, /) -> Item:
        raise AssertionError(f"row {row} was made")

    def __iter__(self) -> Iterator[Item]:
        raise AssertionError("every row was made")


def test_what_is_asked_of_all_items_makes_none() -> None:
    catalog = Catalog(Unmade(written(Catalog([FULL, Item("1", "B", price=2.0)])))).retire(["1"])
    assert catalog.version == Catalog([FULL, Item("1", "B")]).version
    assert catalog.quantile("price", 5.0) == 0.75
    wanted = [Constraint("price", Op.MORE, 3.0), Constraint("materials", Op.IS, "TIN")]
    assert catalog.mask(wanted).tolist() == [True, False]


@pytest.mark.parametrize("row", [2, -3])
def test_a_row_beyond_the_last_is_no_item(row: int) -> None:
    found = Catalog([FULL, Item("1", "B")])
    for catalog in (found, catalog_of(written(found))):
        with pytest.raises(IndexError):
            catalog[row]


def test_rows_are_never_reused() -> None:
    first = Catalog([Item("a", "A"), Item("b", "B")])
    later = first.retire(["a"]).extend([Item("c", "C")])
    assert [later.row(i) for i in "abc"] == [0, 1, 2]
    assert later.mask().tolist() == [False, True, True]
    assert later.version != first.version
    assert first.retire(["a"]).version == first.version, "a tombstone moves no row"


def test_an_id_stands_once() -> None:
    with pytest.raises(CatalogError, match="'a' stands twice"):
        Catalog([Item("a", "A"), Item("a", "B")])


@pytest.mark.parametrize(("item_id", "title"), [("", "A"), ("a", "")])
def test_an_item_needs_an_id_and_a_title(item_id: str, title: str) -> None:
    with pytest.raises(CatalogError, match="needs an id and a title"):
        Item(item_id, title)


@pytest.mark.parametrize(
    ("word", "rows"),
    [
        ("laser", [0]),
        ("LABEL", [0, 1]),  # in either case, singular or plural
        ("label", [0, 1]),
        ("2.5", [1]),
        ("2", [2]),  # not the 2 of 2.5, nor of 12
        ("5", []),
        ("las", []),
        (".*", []),  # a word and no pattern
    ],
)
def test_titles_are_asked_by_the_word(word: str, rows: list[int]) -> None:
    catalog = Catalog([Item("a", "Laser Labels"), Item("b", "Label, 2.5-Inch"), Item("c", "12 Boxes of 2")])
    assert np.flatnonzero(catalog.titled(word)).tolist() == rows
    wish, against = (Constraint("title", op, word, False) for op in (Op.IS, Op.NOT))
    assert catalog.satisfies(wish).tolist() == catalog.titled(word).tolist()
    assert catalog.satisfies(against).tolist() == (~catalog.titled(word)).tolist()


def test_unknown_items_and_facets_are_named() -> None:
    catalog = Catalog([Item("a", "A", "Stropp", price=2.0)])
    with pytest.raises(CatalogError, match="no item 'z'"):
        catalog.row("z")
    with pytest.raises(CatalogError, match="no facet 'colour'; it has: brand, price"):
        catalog.mask([Constraint("colour", Op.IS, "red")])
    with pytest.raises(CatalogError, match="'brand' is no number"):
        catalog.mask([Constraint("brand", Op.LESS, 3.0)])


def test_facets_know_their_kind_range_and_unit() -> None:
    facets = Catalog([FULL, Item("1", "B", "Stropp", attributes={"tip_mm": 0.7, "refillable": False})]).facets
    assert {key: facet.kind for key, facet in facets.items()} == {
        "price": "number", "brand": "choice", "category": "choice", "colour": "choice", "fits": "list",
        "materials": "list", "mixed": "choice", "refillable": "flag", "system": "choice", "tip_mm": "number",
    }  # fmt: skip
    assert (facets["tip_mm"].low, facets["tip_mm"].high) == (0.4, 0.7)
    assert (facets["tip_mm"].name, facets["tip_mm"].unit) == ("tip", "mm")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("price", 1299.0, "$1,299.00"),
        ("tip_mm", 0.7, "0.7 mm"),
        ("recycled_pct", 30, "30%"),
        ("sheets", 200.0, "200"),
        ("materials", ("steel", "tin", "wood"), "steel, tin and wood"),
        ("quick_dry", True, "quick dry"),
        ("quick_dry", False, "not quick dry"),
        ("colour", "blue", "blue"),
    ],
)
def test_values_are_said_as_people_say_them(key: str, value: object, said: str) -> None:
    assert format_value(key, value) == said  # type: ignore[arg-type]


def test_what_the_encoder_reads_holds_title_brand_path_and_attributes() -> None:
    text = Catalog([FULL]).text(0)
    assert text.startswith("All. Stropp. Office > Pens")
    assert "tip: 0.4 mm" in text
    assert "G2" not in text, "systems are links between items, not words about one"
