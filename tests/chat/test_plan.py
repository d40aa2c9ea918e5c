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
