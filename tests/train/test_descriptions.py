"""What items say of themselves is their own, and answered by them."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import round_trips, small_catalog, small_model

from convrec.catalog import Catalog, Item
from convrec.train.descriptions import EACH, described, descriptions, said
from convrec.train.examples import NOTHING, description
from convrec.train.material import material
from convrec.train.recipe import Recipe

WORDS = st.text("abcdefghij", min_size=1, max_size=6)
NAMES = st.text("klmnop", min_size=1, max_size=6)  # none of them a word of a title


@settings(max_examples=50, deadline=None)
@given(st.lists(WORDS, min_size=2, max_size=6, unique=True), NAMES, st.lists(NAMES, max_size=2), st.integers(0, 999))
def test_a_description_says_words_of_its_item_alone_and_never_all_of_its_title(
    title: list[str], brand: str, categories: list[str], seed: int
) -> None:
    item = Item("a", " ".join(title), brand=brand, categories=tuple(categories))
    said = set(described(item, random.Random(seed)).casefold().split())
    assert said
    assert said <= {*title, brand, *categories}
    assert not said >= set(title)


def test_attributes_are_said_as_they_are_and_what_is_not_so_is_not() -> None:
    item = Item("a", "Thing", attributes={"colour": "blue", "refillable": True, "waterproof": False})
    said = {described(item, random.Random(seed)).casefold() for seed in range(60)}
    assert said == {"", "blue", "refillable"}


def test_every_item_is_described_alike_whenever_its_catalogue_is_and_one_that_says_nothing_is_left_out() -> None:
    catalog = Catalog([*small_catalog().items, Item("mute", "Mute")])
    found = descriptions(catalog)
    assert found == descriptions(catalog)
    assert {row for _, row in found} == set(range(len(catalog) - 1))
    assert max([row for _, row in found].count(row) for row in range(len(catalog))) <= EACH


def test_a_description_is_asked_for_in_a_sentence_or_stands_alone() -> None:
    sentences = ["do you have {things}?", "[a|the] {adj} one"]
    asked = [said("blue one", sentences, random.Random(seed)) for seed in range(99)]
    plain = {text.casefold().rstrip("?.") for text in asked}
    assert plain == {"blue one", "do you have blue one", "a blue one one", "the blue one one"}


def test_a_description_is_a_message_of_somebody_without_purchases_that_its_item_answers() -> None:
    _, renderer = small_model()
    example = description(renderer, "blue thing", 7)
    control = renderer.symbols.control
    assert example.symbols.tolist() == [control("history"), control("user"), -1, -2, control("item")]
    assert example.targets.tolist() == [NOTHING] * 4 + [renderer.symbols.item(7)]


@pytest.mark.parametrize(
    ("hears", "share", "described"), [("encoder", 1, True), ("encoder", 0, False), ("nothing", 1, False)]
)
def test_only_a_recipe_that_hears_and_asks_for_them_gets_descriptions(
    hears: str, share: float, described: bool
) -> None:
    phase = {"name": "all", "epochs": 1, "learning_rate": 0.01, "examples": {"histories": 1, "descriptions": share}}
    data = material(round_trips(), Recipe.model_validate({"hears": hears, "phases": [phase]}))
    assert bool(data.descriptions) == described
