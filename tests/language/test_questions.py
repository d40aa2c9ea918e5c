from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convrec.catalog import Catalog, Item
from convrec.conversation import Act, Constraint, Op, Question, Reading
from convrec.language.reader import Reader, Situation

LAMPS = ("Furniture", "Desk lamps")
CATALOG = Catalog(
    [
        Item(
            "a",
            "Noor Lamp",
            "Tarn",
            LAMPS,
            20.0,
            attributes={"brightness_lm": 350, "material": "steel", "colour": "red", "pieces": 2},
        ),
        Item("b", "Vela Lamp", "Orlo", LAMPS, 30.0, attributes={"dimmable": True, "colour": "blue", "weight_g": 900}),
        Item("c", "Old Chair", "Orlo", ("Furniture", "Chairs"), 90.0, attributes={"width_cm": 50}),
    ]
)
READER = Reader(CATALOG)
SHOWN = Situation(shown=(0, 1), all_shown=(0, 1), reference=0)


def read(text: str, situation: Situation = SHOWN) -> Reading:
    return READER.read(text, situation)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("how bright is it?", Question("brightness_lm")),
        ("and what is it made of", Question("material")),
        ("is it plastic?", None),  # plastic is nothing here
        ("is it steel?", Question("material", "steel")),
        ("is it dimmable?", Question("dimmable", True)),
        ("How heavy is the second one?", Question("weight_g")),
        ("what does it weigh?", Question("weight_g")),
        ("who makes it?", Question("brand")),
        ("what colour is that?", Question("colour")),
        ("what colours does it come in?", Question("colour", every=True)),
        ("which colours do you have?", Question("colour", every=True)),
        ("how many are in it?", Question("pieces")),
        ("how many in the box?", Question("pieces")),
        ("how many do I get?", Question("pieces")),
    ],
)
def test_a_question_about_what_was_shown_is_no_wish(text: str, question: Question | None) -> None:
    reading = read(text)
    assert (reading.act is Act.ABOUT) is (question is not None)
    assert reading.questions == (() if question is None else (question,))
    assert question is None or not reading.constraints


@pytest.mark.parametrize(
    "text",
    ["does it come in blue?", "is it too bright?", "why is it so heavy?", "is it cheaper than the second one?",
     "something that is dimmable?", "is it steel? I would rather have blue"],
)  # fmt: skip
def test_a_wish_in_the_form_of_a_question_stays_a_wish(text: str) -> None:
    assert read(text).act is not Act.ABOUT


@pytest.mark.parametrize(
    "text",
    ["does it come with a chair?", "is there a chair with it?", "do the chairs come with it?", "is a chair included?"],
)
def test_what_it_comes_with_is_asked_of_it_though_it_is_sold_alone(text: str) -> None:
    reading = read(text)
    assert (reading.act, reading.constraints) == (Act.ABOUT, ())


@pytest.mark.parametrize("text", ["is there a chair in red?", "how many chairs do you have?", "is there a chair?"])
def test_what_is_asked_of_the_shop_is_no_question_about_what_was_shown(text: str) -> None:
    assert read(text).act is not Act.ABOUT


@pytest.mark.parametrize("text", ["dimmable?", "and dimmable ?", "ok, dimmable??"])
def test_a_bare_property_with_a_question_mark_is_asked_of_what_was_shown(text: str) -> None:
    vela = Situation(shown=(1,), all_shown=(1,), reference=1)
    assert read(text, vela).questions == (Question("dimmable", True),)
    assert read("red?", vela).act is not Act.ABOUT, "which may want a red one"
    assert read("a dimmable one?", vela).act is not Act.ABOUT
    assert read(text, Situation()).constraints == (Constraint("dimmable", Op.IS, True, True, "dimmable"),)


def test_which_of_them_is_asked_about() -> None:
    assert [r.item_id for r in read("how heavy is the second one?").references] == ["b"]


def test_before_anything_is_shown_there_is_nothing_to_ask_about() -> None:
    assert read("is it dimmable?", Situation()).act is not Act.ABOUT


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_and_kept(text: str) -> None:
    reading = read(text)
    assert Reading.from_dict(reading.to_dict()) == reading
    assert reading.questions or reading.act is not Act.ABOUT
    assert not reading.questions or reading.act in (Act.ABOUT, Act.COMPARE)


def test_places_are_counted_in_the_last_reply_or_in_the_chat() -> None:
    one_by_one = Situation(shown=(1,), all_shown=(0, 1), reference=1)
    assert [r.item_id for r in read("how bright is the first one?", one_by_one).references] == ["a"]
    together = Situation(shown=(1, 2), all_shown=(0, 1, 2), reference=1)
    assert [r.item_id for r in read("what colour is the first one?", together).references] == ["b"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I'd rather have one that is", Constraint("dimmable", Op.IS, True, True, "one that is")),
        ("Ones which do, please", Constraint("dimmable", Op.IS, True, True, "Ones which do, please")),
        ("then show me one that isn't", Constraint("dimmable", Op.NOT, True, True, "one that isn't")),
        ("I would like one that is red", Constraint("colour", Op.IS, "red", True, "red")),
    ],
)
def test_what_was_asked_may_be_wanted_without_its_name(text: str, wanted: Constraint) -> None:
    asked = replace(SHOWN, asked=(Question("dimmable", True),))
    reading = read(text, asked)
    assert reading.act is Act.STEER
    assert reading.constraints == (wanted,)


def test_nothing_was_asked_and_nothing_is_wanted() -> None:
    assert not read("I'd rather have one that is").constraints
    of_degree = replace(SHOWN, asked=(Question("brightness_lm"), Question("weight_g", "less")))
    assert not read("I'd rather have one that is", of_degree).constraints
