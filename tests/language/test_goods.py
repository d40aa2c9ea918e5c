"""What people call goods and need them for; none of these sentences is an example."""

from __future__ import annotations

import pytest
from readers import reader

from convrec.catalog import Catalog, Item
from convrec.conversation import Act, Op
from convrec.datasets.shop.catalogue import build_items
from convrec.language.encoder import load_encoder
from convrec.language.goods import goods
from convrec.language.reader import Reader, Situation


def categories(text: str, situation: Situation | None = None) -> set[tuple[object, bool]]:
    found = reader().read(text, situation or Situation()).constraints
    return {(c.value, c.hard) for c in found if c.facet == "category" and c.op is Op.IS}


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Stanley knife please", "Craft knives"),
        ("a rucksack for uni", "Backpacks"),
        ("have you got any post-its?", "Sticky notes"),
    ],
)
def test_a_thing_is_known_by_its_other_names(text: str, category: str) -> None:
    assert category in {name for name, _ in categories(text)}


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("my tea goes cold on the train every morning", "Travel mugs"),
        ("I read in bed and must not wake my wife", "Clip lamps"),
        ("I take calls all day and my ears hurt", "Headsets"),
        ("my feet dangle when I sit at my desk", "Footrests"),
    ],
)
def test_a_need_that_names_nothing_leans_to_what_it_needs(text: str, category: str) -> None:
    assert (category, False) in categories(text), "a preference: the words do not say so"


def test_what_is_said_of_the_thing_at_hand_is_about_it() -> None:
    lamp = next(row for row, item in enumerate(build_items(0)) if item.leaf == "Desk lamps")
    shown = Situation((), (lamp,), (lamp,), lamp)
    assert not categories("could it be a little friendlier", shown)
    assert reader().read("why this one?", shown).act is Act.WHY


def test_a_shop_without_these_categories_needs_none_of_them() -> None:
    items = [Item(str(n), f"Pot {n}", "Clay & Co", ("Garden", leaf)) for n, leaf in enumerate(["Pots", "Rakes"])]
    found = Reader(Catalog(items), load_encoder()).read("my tea goes cold on the train every morning")
    assert not {c.value for c in found.constraints} & set(goods())
