"""What is pointed at: things shown, owned, offered, and what fits them."""

from __future__ import annotations

import pytest
from readers import after, bare, meant, pen, reader, shop, steered

from convrec.conversation import Act, Op
from convrec.language.reader import Situation


def test_what_goes_with_a_thing_fits_it() -> None:
    reading = bare().read("what goes well with my gel pens?", steered())
    assert ("compatible", "is", shop()[pen()].item_id) in meant(reading)


def test_my_planner_is_rather_a_planner_than_what_goes_into_one() -> None:
    rows = {
        leaf: next(r for r, i in enumerate(shop().items) if i.leaf == leaf)
        for leaf in ("Ring planners", "Planner inserts")
    }
    situation = Situation(history=(rows["Ring planners"], rows["Planner inserts"]))
    pointed = reader().read("inserts for my planner", situation).references
    assert [r.item_id for r in pointed] == [shop()[rows["Ring planners"]].item_id]


def test_comparisons_use_what_is_pointed_at() -> None:
    shown = [row for row, item in enumerate(shop().items) if item.leaf == "Gel pens"][:3]
    situation = Situation(shown=tuple(shown), all_shown=tuple(shown), reference=shown[-1])
    reading = bare().read("cheaper than the first one", situation)
    assert ("price", "less", str(shop()[shown[0]].price)) in meant(reading)
    assert [r.item_id for r in reading.references] == [shop()[shown[0]].item_id]


def test_a_title_in_full_is_a_reference_and_no_constraint() -> None:
    item = next(i for i in shop().items if i.leaf == "Desk lamps")
    reading = bare().read(f"Something like the {item.title}, but cheaper")
    assert [r.item_id for r in reading.references] == [item.item_id]
    assert meant(reading) == {("price", "less", str(item.price))}


def test_what_fits_is_only_asked_for_where_something_fits() -> None:
    chair = next(row for row, item in enumerate(shop().items) if item.leaf == "Office chairs")
    reading = bare().read("refills for my chair", Situation(history=(chair,), reference=chair))
    assert all(c.facet != "compatible" for c in reading.constraints)


def test_what_should_fit_a_thing_that_was_not_bought_is_said_to_be_unsure() -> None:
    assert reader().read("what fits my stapler").unowned == ("my stapler",)
    assert reader().read("staples, please").unowned == ()


def test_what_works_with_a_thing_is_not_powered_by_it() -> None:
    assert after("Mice", "something that works with batteries").unmet == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the second of the others, please", 1),
        ("is the first alternative quieter?", 0),
        ("show me the last of those others", 2),
    ],
)
def test_alternatives_are_pointed_at_by_their_place(text: str, place: int) -> None:
    situation = Situation(shown=(pen(),), all_shown=(pen(),), reference=pen(), offered=(5, 6, 7))
    assert [r.item_id for r in reader().read(text, situation).references] == [shop()[5 + place].item_id]
    assert not reader().read("the fourth of the others", situation).references


def test_no_need_to_start_over_keeps_what_is_compared_with() -> None:
    reading = after("Gel pens", "no need to start over, just something cheaper")
    assert (reading.act, [(c.facet, c.op) for c in reading.constraints]) == (Act.STEER, [("price", Op.LESS)])


@pytest.mark.parametrize(
    ("leaf", "text", "kind"),
    [
        ("Staplers", "what fits it?", "Staples"),
        ("Staplers", "what goes with that?", "Staples"),
        ("Inkjet printers", "what ink does it take?", "Inkjet cartridges"),
        ("Inkjet printers", "ink cartridges for it", "Inkjet cartridges"),
    ],
)
def test_what_fits_the_thing_at_hand_is_of_its_own_kind(leaf: str, text: str, kind: str) -> None:
    reading = after(leaf, text)
    assert {c.value for c in reading.constraints if c.facet == "category"} == {kind}
    assert [c.hard for c in reading.constraints if c.facet == "compatible"] == [True]


@pytest.mark.parametrize("text", ["paper for it", "a desk that goes with it", "anything cheaper for it?"])
def test_what_is_used_beside_a_thing_need_not_fit_it(text: str) -> None:
    assert not [c for c in after("Inkjet printers", text).constraints if c.facet == "compatible"]


def test_a_kind_called_by_its_whole_name_is_that_kind_for_the_thing_at_hand_too() -> None:
    reading = after("Fountain pens", "bottled ink in turquoise for it")
    assert {c.value for c in reading.constraints if c.facet == "category"} == {"Bottled ink"}


@pytest.mark.parametrize(
    "text",
    ["my last mouse was too expensive", "something like my mouse, but cheaper", "cheaper than the mouse I bought",
     "similar to my old mouse, only cheaper", "the same as the mouse we have, but cheaper"],
)  # fmt: skip
def test_a_thing_bought_that_is_compared_with_is_what_is_measured_by(text: str) -> None:
    mouse = next(row for row, item in enumerate(shop().items) if item.leaf == "Mice")
    reading = reader().read(text, Situation((mouse, pen()), (pen(),), (pen(),), pen()))
    assert [r.item_id for r in reading.references] == [shop()[mouse].item_id]
    its_kind = set() if "than" in text else {("category", "is", "Mice")}
    assert meant(reading) == {("price", "less", str(shop()[mouse].price)), *its_kind}


def test_a_thing_bought_that_is_no_more_is_lacking_and_not_compared_with() -> None:
    mouse = next(row for row, item in enumerate(shop().items) if item.leaf == "Mice")
    reading = reader().read("my last mouse broke", Situation((mouse, pen()), (pen(),), (pen(),), pen()))
    assert ("category", "is", "Mice") in meant(reading)
