import pytest

from convrec.catalog import Catalog, Item
from convrec.chat.plan import plan
from convrec.chat.state import State
from convrec.chat.words import Words
from convrec.conversation import Act, Question, Reading, Reference

CATALOG = Catalog([Item(key, f"Lamp {key}", categories=("Lamps",), attributes={"colour": key}) for key in "abc"])


def answer(before: State, *references: Reference) -> str:
    reading = Reading(Act.ABOUT, references=references, questions=(Question("colour"),))
    return " ".join(plan("what colour is it?", reading, before, before, CATALOG, Words("0")).opening)


def test_a_question_is_about_what_it_points_at_whatever_is_at_hand() -> None:
    for at_hand in (0, 1, 2):
        before = State(shown=(0, 1, 2), last_shown=(1, 2), reference=at_hand)
        assert "Lamp a" in answer(before, Reference("a", "shown"))


def test_without_pointing_it_is_about_what_is_at_hand_else_the_first_shown() -> None:
    assert "Lamp c" in answer(State(shown=(1, 2), last_shown=(1, 2), reference=2))
    assert "Lamp b" in answer(State(shown=(1, 2), last_shown=(1, 2), reference=0))


PRICED = Catalog([Item(key, f"Lamp {key}", price=19.95, categories=("Lamps",)) for key in "ab"])
SHOWN = State(shown=(0,), last_shown=(0,), reference=0)


def said(text: str, act: Act) -> str:
    return " ".join(plan(text, Reading(act), SHOWN, SHOWN.hear(text, Reading(act), PRICED), PRICED, Words("0")).opening)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("what does it cost?", "$19.95"),
        ("how expensive is it?", "$19.95"),
        ("are they dear?", "$19.95"),
        ("how much would 30 of them be?", "$598.50"),
    ],
)
def test_a_price_that_is_asked_for_is_told(text: str, price: str) -> None:
    assert price in said(text, Act.ABOUT)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("how are you, dear?", Act.SOCIAL),
        ("how much paper comes with it?", Act.ABOUT),
        ("how much does it weigh?", Act.ABOUT),
        ("why is it so expensive?", Act.WHY),
        ("does it come with a price tag?", Act.ABOUT),
    ],
)
def test_a_price_that_is_not_asked_for_is_not_told(text: str, act: Act) -> None:
    assert "costs $19.95" not in said(text, act)
    assert "It is $19.95" not in said(text, act)


def test_thanks_are_no_answer_to_a_question_about_service() -> None:
    assert said("thank you! do you deliver?", Act.SOCIAL) != said("thank you!", Act.SOCIAL)
    assert said("thanks! I return tomorrow, ok?", Act.SOCIAL) == said("thanks!", Act.SOCIAL)
