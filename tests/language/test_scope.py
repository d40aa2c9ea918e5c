"""How far small words reach: what is negated, softened, swapped, taken back or only told of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readers import bare, meant, pen, reader, shop, steered

from convrec.conversation import Constraint, Op
from convrec.language.reader import Situation

VALUES = st.sampled_from(
    [("colour", "black"), ("colour", "green"), ("material", "bamboo"), ("brand", "Tarn"), ("brand", "Rasko")]
)


@settings(max_examples=60, deadline=None)
@given(
    VALUES,
    st.sampled_from(
        ["not {}", "no {} please", "without {}", "anything but {}", "I don't want {}", "I hate {}", "nothing {}"]
    ),
)
def test_what_is_negated_is_never_demanded(value: tuple[str, str], frame: str) -> None:
    facet, word = value
    reading = bare().read(frame.format(word), steered())
    assert (facet, "not", word) in meant(reading)
    assert (facet, "is", word) not in meant(reading)


@settings(max_examples=60, deadline=None)
@given(
    VALUES,
    st.sampled_from(["ideally {}", "maybe {}", "{} if possible", "{} would be nice", "I like {}", "preferably {}"]),
)
def test_what_is_softened_is_never_a_hard_mask(value: tuple[str, str], frame: str) -> None:
    facet, word = value
    found = {c.key: c.hard for c in bare().read(frame.format(word), steered()).constraints}
    assert found == {(facet, "is", word): False}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("my desk is black, so I need a lamp", {"black"}),
        ("I usually write in blue but today I need a highlighter", {"blue"}),
        ("a case for black pens", {"black"}),
        ("a planner, coral if there is one", {"coral"}),
        ("a laptop stand, maybe", {"Laptop stands"}),
        ("paper clips", {"Paper"}),
        ("a notebook, A4 is enough", {"A4"}),
        ("two bags, one of them brown", {"brown"}),
        ("toner for my Velmo", {"Velmo"}),
        ("staplers, more than 10", {"10.0"}),
    ],
)
def test_what_is_mentioned_in_passing_is_never_a_hard_mask(text: str, values: set[str]) -> None:
    assert not [c for c in reader().read(text).constraints if c.hard and str(c.value) in values]


def test_taking_back_names_the_facet_only() -> None:
    situation = Situation(reference=pen(), shown=(pen(),), constraints=(Constraint("brand", Op.NOT, "Tarn"),))
    assert bare().read("I don't mind Tarn", situation).dropped == ("brand",)
    assert bare().read("I don't mind Tarn", steered()).dropped == ()
    assert not bare().read("I don't mind Tarn", situation).constraints


def test_a_swap_for_something_asks_for_it() -> None:
    assert meant(bare().read("swap it for one in blue", steered())) == {("colour", "is", "blue")}


@pytest.mark.parametrize(
    "text", ["change from yellow to red", "please swap yellow for red", "Please change from yellow to red."]
)
def test_a_swap_turns_down_the_one_and_asks_for_the_other(text: str) -> None:
    assert meant(bare().read(text)) == {("colour", "not", "yellow"), ("colour", "is", "red")}


@pytest.mark.parametrize(
    "text",
    ["don't come home without a charger", "I can no longer put off buying a charger", "I get by without a charger",
     "I can't carry on without a charger", "day three without a charger", "without a charger I can't carry on",
     "morning, without a charger my phone is dead", "would not a charger serve me better?",
     "wouldn't a charger be better?"],
)  # fmt: skip
def test_what_is_done_without_is_lacking(text: str) -> None:
    assert meant(bare().read(text)) == {("category", "is", "Chargers")}


@pytest.mark.parametrize(
    "text",
    [
        "I don't buy Velmo",
        "Velmo isn't allowed here",
        "Velmo is off our supplier list",
        "had it up to here with Velmo",
        "stop it with Velmo",
        "enough with Velmo",
    ],
)
def test_what_is_barred_is_turned_down(text: str) -> None:
    assert ("brand", "not", "Velmo") in meant(bare().read(text, steered()))


def test_what_the_thing_shown_has_is_rather_complained_of() -> None:
    colour = str(shop()[pen()].attributes["colour"])
    assert meant(reader().read(f"ugh, {colour} again", steered())) == {("colour", "not", colour)}


@pytest.mark.parametrize(
    "text",
    ["a bag without a lid I can open", "wouldn't touch a charger", "no charger, we have one",
     "without a charger we are fine"],
)  # fmt: skip
def test_what_is_no_lack_and_no_proposal_stays_turned_down(text: str) -> None:
    assert not meant(bare().read(text)) & {("category", "is", "Chargers"), ("closure", "is", "lid")}


@pytest.mark.parametrize("text", ["don't go to any lengths on my account", "let the record show I prefer mine in red"])
def test_figures_of_speech_ask_for_nothing(text: str) -> None:
    assert meant(bare().read(text, steered())) <= {("colour", "is", "red")}
