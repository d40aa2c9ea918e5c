"""Words of titles, in a catalogue that says little else; and in the shop, which says all it has in fields."""

from __future__ import annotations

from functools import cache

import pytest

from convrec.catalog import Catalog, Item
from convrec.conversation import Op
from convrec.datasets.shop.catalogue import build_items
from convrec.language.encoder import load_encoder
from convrec.language.reader import Reader, Situation

WORDS = ("Laser", "Inkjet", "Textured", "Ruled", "Glossy", "Removable", "Kraft", "Waterproof", "Mini", "Clear")
CATALOG = Catalog(
    [
        Item(f"i{n}", f"Ovel {WORDS[n % 10]} Labels, Style {n % 30 + 200} with 2.5 Inches", "Ovel", ("Labels", "White"))
        for n in range(60)
    ]
)


@cache
def reader() -> Reader:
    return Reader(CATALOG, load_encoder())


def titled(text: str, one: Reader | None = None) -> set[tuple[Op, object, bool]]:
    reading = (one or reader()).read(text, Situation((0,), (), (), 0))
    return {(c.op, c.value, c.hard) for c in reading.constraints if c.facet == "title"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("something textured", {(Op.IS, "textured", False)}),
        ("not the removable sort", {(Op.NOT, "removable", False)}),
        ("I was thinking of kraft", {(Op.IS, "kraft", False)}),
        ("style 204 if you have it", {(Op.IS, "204", False)}),
        ("anything but 204", {(Op.NOT, "204", False)}),
        ("something from the moon", set()),
        ("labels, please", set()),  # what all of them are tells nothing
    ],
)
def test_words_that_only_titles_know_are_wishes(text: str, found: set[tuple[Op, object, bool]]) -> None:
    assert titled(text) == found


def test_what_a_title_holds_is_not_missing_here() -> None:
    assert not reader().read("I want a kraft one").unmet
    assert reader().read("I want a bicycle").unmet


def test_a_long_story_names_nothing() -> None:
    story = "yesterday my aunt, who is a mini woman in clear glasses, went out with the dog and came home " * 2
    assert not titled(story)


def test_what_the_fields_say_is_asked_for_by_them() -> None:
    shop = Reader(Catalog(build_items(0)), load_encoder())
    assert not titled("a light one, 40 or so", shop), "a roast and a number of sheets stand in titles, too"
    assert titled("the Dune one", shop) == {(Op.IS, "dune", False)}, "a series is a name and nothing else"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("It said glossy on the label, that's the one", "glossy"),
        ("isn't there one called removable?", "removable"),
        ("my sister wrote 'kraft' on her list", "kraft"),
        ("the title was white, and then I forgot the rest", "white"),  # a category's name, too
    ],
)
def test_words_that_are_to_stand_on_the_thing_are_looked_for_in_titles(text: str, word: str) -> None:
    catalog = Catalog([*CATALOG.items, Item("w", "Ovel White Tags", "Ovel", ("Labels", "Tags"))])
    reading = Reader(catalog, load_encoder()).read(text, Situation((0,), (), (), 0))
    assert {(c.facet, c.op, c.value) for c in reading.constraints} == {("title", Op.IS, word)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I want the blue one, please", ("colour", Op.IS, "blue")),
        ("I want the Tarn one please", ("brand", Op.IS, "Tarn")),
        ("it said steel on the label", ("material", Op.IS, "steel")),
    ],
)
def test_what_a_field_says_is_no_word_of_a_title(text: str, found: tuple[str, Op, str]) -> None:
    reading = Reader(Catalog(build_items(0)), load_encoder()).read(text)
    assert found in {(c.facet, c.op, c.value) for c in reading.constraints}
    assert all(c.facet != "title" for c in reading.constraints)
