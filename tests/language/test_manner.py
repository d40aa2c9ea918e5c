"""How things are spoken of where no small word says so; none of these sentences stands in manners.yaml."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest
from readers import reader

from convrec.conversation import Op
from convrec.datasets.shop.catalogue import build_items
from convrec.language.classifier import Classifier, examples
from convrec.language.encoder import load_encoder
from convrec.language.grammar import phrasings
from convrec.language.manner import Manners
from convrec.language.reader import Situation


@cache
def manners() -> Manners:
    return Manners(load_encoder())


def row(leaf: str, **attributes: object) -> int:
    items = build_items(0)
    return next(
        i for i, item in enumerate(items) if item.leaf == leaf and attributes.items() <= dict(item.attributes).items()
    )


@pytest.mark.parametrize(
    "text", ["leather disgusts me", "give leather a miss", "leather, absolutely not", "keep leather out"]
)
def test_what_is_turned_down_without_a_not_is_never_demanded(text: str) -> None:
    found = {(c.op, c.hard) for c in reader().read(text).constraints if c.value == "leather"}
    assert found == {(Op.NOT, False)}, "a preference against it: the words are no plain no"


@pytest.mark.parametrize(
    "text", ["leather suits me best", "my vote goes to leather", "leather, that would be something"]
)
def test_what_is_asked_for_in_other_words_is_not_turned_down(text: str) -> None:
    assert Op.IS in {c.op for c in reader().read(text).constraints if c.value == "leather"}


def test_in_the_same_words_some_things_are_wanted_and_some_are_told() -> None:
    assert manners().wish("nothing would please me more than that", None) == "wanted"
    assert manners().wish("the walls in my house are that", None) == "aside"


@pytest.mark.parametrize("text", ["wow, heavy", "heavy is no good to me", "how heavy is that!"])
def test_a_complaint_asks_for_the_other_way(text: str) -> None:
    backpack = row("Backpacks")
    reading = reader().read(text, Situation((backpack,), (), (), backpack, ()))
    assert [c.op for c in reading.constraints if c.facet == "weight_g"] == [Op.LESS]


@pytest.mark.parametrize(
    ("text", "facet", "op"),
    [
        ("there are not enough pages", "sheets", Op.MORE),
        ("so many pages put me off", "sheets", Op.LESS),
        ("the price is a problem", "price", Op.LESS),
        ("that hurts my wallet", "price", Op.LESS),
        ("I'd like to pay less", "price", Op.LESS),
        ("I want the good stuff, whatever it costs", "price", Op.MORE),
    ],
)
def test_more_and_less_are_heard_without_a_comparison(text: str, facet: str, op: Op) -> None:
    notebook = row("Spiral notebooks")
    reading = reader().read(text, Situation((notebook,), (), (), notebook, ()))
    assert [(c.facet, c.op) for c in reading.constraints] == [(facet, op)]


@pytest.mark.parametrize("text", ["the price is fine", "what is the price?", "I like the paper"])
def test_what_is_only_named_is_not_wished_otherwise(text: str) -> None:
    notebook = row("Spiral notebooks")
    assert not reader().read(text, Situation((notebook,), (), (), notebook, ())).constraints


@pytest.mark.parametrize("text", ["what does my printer take?", "top up my printer", "what goes inside my printer?"])
def test_what_is_owned_and_lacks_something_is_what_it_must_fit(text: str) -> None:
    printer = row("Laser printers")
    reading = reader().read(text, Situation((printer,), (), (), printer, ()))
    assert ("compatible", reader()._catalog[printer].item_id) in {(c.facet, c.value) for c in reading.constraints}


@pytest.mark.parametrize(
    "text",
    ["I've got no refill for my gel pen any more", "my gel pen is missing a refill", "a refill for my gel pen",
     "my gel pen ran out", "my gel pen is empty", "there's nothing left in my gel pen",
     "I have no idea what fits my gel pen"],
)  # fmt: skip
def test_what_runs_out_wants_what_fits_it(text: str) -> None:
    pen, notebook = row("Gel pens"), row("Spiral notebooks")
    reading = reader().read(text, Situation((pen, notebook), (), (), notebook, ()))
    assert ("compatible", reader()._catalog[pen].item_id) in {(c.facet, c.value) for c in reading.constraints}


@pytest.mark.parametrize(
    "text",
    ["there is no hole punch in my drawer", "the office has no hole punches", "we have no hole punches left",
     "my desk is missing a hole punch", "the kids' pencil case needs a hole punch", "take me to the hole punches",
     "lead me to the hole punches", "I'm writing a list: a hole punch",
     "which aisle for hole punches?", "I don't have a hole punch"],
)  # fmt: skip
def test_what_is_lacking_is_asked_for(text: str) -> None:
    notebook = row("Spiral notebooks")
    reading = reader().read(text, Situation((notebook,), (), (), notebook, ()))
    assert [(c.facet, c.op, c.value) for c in reading.constraints] == [("category", Op.IS, "Hole punches")]


def test_a_thing_without_something_is_not_one_with_it() -> None:
    notebook = row("Spiral notebooks")
    reading = reader().read("one that has no leather", Situation((notebook,), (), (), notebook, ()))
    assert {(c.facet, c.op) for c in reading.constraints} == {("material", Op.NOT)}


def test_a_category_nobody_offered_is_only_a_preference_when_it_is_turned_down() -> None:
    notebook, pen = row("Spiral notebooks"), row("Gel pens")
    of = [reader().read("no gel pens", Situation((last,), (), (), last, ())).constraints for last in (notebook, pen)]
    assert [[(c.op, c.hard) for c in found] for found in of] == [[(Op.NOT, False)], [(Op.NOT, True)]]


@pytest.mark.parametrize("text", ["I love my printer", "cheaper than my printer", "my printer broke"])
def test_what_is_only_told_of_a_thing_owned_asks_for_nothing_that_fits_it(text: str) -> None:
    printer = row("Laser printers")
    reading = reader().read(text, Situation((printer,), (), (), printer, ()))
    assert "compatible" not in {c.facet for c in reading.constraints}


@pytest.mark.parametrize("text", ["ready for a stapler", "in the mood for a stapler"])
def test_what_one_is_up_for_is_asked_for(text: str) -> None:
    assert {(c.facet, c.value) for c in reader().read(text).constraints} == {("category", "Staplers")}


def test_no_example_is_a_phrasing_held_out() -> None:
    said = {
        re.sub(r"\W+", " ", text).casefold()
        for kinds in examples().values()
        for kind in kinds.values()
        for text in kind
    }
    held_out = {
        re.sub(r"\W+", " ", re.sub(r"\{\w+\}", "that", text)).casefold()
        for name in ("critiques_unseen", "critiques_blind")
        for texts in phrasings(name).values()
        for text in texts
    }
    assert held_out
    assert not said & held_out


def test_what_is_fitted_is_fitted_to_the_examples_of_today() -> None:
    for name, kinds in examples().items():
        stored, fitted = Classifier.load(load_encoder(), name), Classifier.fit(load_encoder(), kinds)
        assert stored.kinds == fitted.kinds
        assert np.allclose(stored.weights, fitted.weights, atol=1e-3), "run python -m convrec.language.classifier"


def test_the_same_words_turn_down_what_an_item_has_and_ask_for_what_it_lacks() -> None:
    felt, leather = row("Desk mats", material="felt"), row("Desk mats", material="leather")

    def leather_is(base: int) -> set[tuple[Op, bool]]:
        read = reader().read("leather, really?", Situation((base,), (base,), (base,), base))
        return {(c.op, c.hard) for c in read.constraints if c.value == "leather"}

    assert Op.NOT not in {op for op, _ in leather_is(felt)}
    assert leather_is(leather) == {(Op.NOT, False)}


def test_my_knife_may_be_either_of_two_and_what_fits_either_will_do() -> None:
    catalog = reader()._catalog
    knives = [i for i, item in enumerate(catalog.items) if item.leaf == "Craft knives"]
    first = knives[0]
    second = next(i for i in knives if (catalog.compatible(i) != catalog.compatible(first)).any())
    constraint = next(
        c
        for c in reader().read("blades for my craft knife", Situation((first, second))).constraints
        if c.facet == "compatible"
    )
    assert constraint.hard
    assert set(constraint.values) == {catalog[first].item_id, catalog[second].item_id}
    assert (catalog.satisfies(constraint) == (catalog.compatible(first) | catalog.compatible(second))).all()


@pytest.mark.parametrize(
    "text", ["my ceiling sits at eight", "what can $8 buy me?", "8 dollars is where I stop", "got 8 bucks in my pocket"]
)
def test_an_amount_that_is_all_there_is_is_the_most(text: str) -> None:
    assert ("price", Op.AT_MOST, 8.0, True) in {
        (c.facet, c.op, c.value, c.hard) for c in reader().read(text).constraints
    }


def test_what_its_neighbours_come_in_may_be_asked_of_what_was_bought() -> None:
    scissors = row("Scissors")  # sold by their size, and never in packs; knife blades beside them are
    read = reader().read("in a pack of 5", Situation((scissors,), reference=scissors))
    assert ("pieces", 5.0) in {(c.facet, c.value) for c in read.constraints}


@pytest.mark.parametrize(
    "text",
    [
        "Everybody gives us spiral notebooks, think of something else",
        "Can we move on from spiral notebooks?",
        "I've a drawer full of spiral notebooks",
    ],
)
def test_what_is_at_hand_can_be_named_and_turned_down(text: str) -> None:
    notebook = row("Spiral notebooks")
    found = reader().read(text, Situation((notebook,), (notebook,), (notebook,), notebook, ())).constraints
    assert [(c.facet, c.op, c.value) for c in found] == [("category", Op.NOT, "Spiral notebooks")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I find myself without a stapler", "Staplers"),
        ("the desk in my room has no light at all, I need a desk lamp", "Desk lamps"),
        ("that's not even a desk lamp", "Desk lamps"),
    ],
)
def test_of_what_is_named_the_thing_that_is_wanted_is_asked_for(text: str, kind: str) -> None:
    found = [(c.op, c.value) for c in reader().read(text).constraints if c.facet == "category"]
    assert (Op.IS, kind) in found
    assert (Op.NOT, kind) not in found
    assert (Op.IS, "Desks") not in found


@pytest.mark.parametrize(
    ("text", "op"),
    [
        ("anything under 80 sheets is useless to me", Op.AT_LEAST),
        ("kindly exclude everything below 80 sheets", Op.AT_LEAST),
        ("anything under 80 sheets?", Op.AT_MOST),
    ],
)
def test_amounts_that_are_of_no_use_are_the_other_way_round(text: str, op: Op) -> None:
    notebook = row("Spiral notebooks")
    found = reader().read(text, Situation((notebook,), (notebook,), (notebook,), notebook, ())).constraints
    assert [(c.op, c.value) for c in found if c.facet == "sheets"] == [(op, 80.0)]
