"""A word that names something in the catalogue may say nothing of the goods that are wanted."""

import pytest

from convrec.conversation import Constraint, Op
from convrec.language.lexicon import Kind, Mention, Sense
from convrec.language.mentions import names_value, of_goods
from convrec.language.prices import Amount
from convrec.language.utterance import Utterance

FINE = Sense(Kind.VALUE, "tip", "fine")
DEAR = Sense(Kind.SCALE, "price", "high")
TARN = Sense(Kind.VALUE, "brand", "Tarn")
NOT = Sense(Kind.CUE, value="negate")
BATTERIES = (Sense(Kind.VALUE, "category", "Batteries"), Sense(Kind.VALUE, "power", "battery"))


def mention(text: str, word: str, *senses: Sense) -> Mention:
    place = [w.text for w in Utterance(text).words].index(word)
    return Mention(place, place + 1, senses)


@pytest.mark.parametrize(
    ("text", "word", "sense", "said"),
    [
        ("Fine. Now a lamp", "fine", FINE, False),
        ("fine, a lamp then", "fine", FINE, False),
        ("fine pens for drawing", "fine", FINE, True),
        ("a pen, dear", "dear", DEAR, False),
        ("that is too dear", "dear", DEAR, True),
    ],
)
def test_an_answer_or_a_form_of_address_is_nothing_of_the_goods(text: str, word: str, sense: Sense, said: bool) -> None:
    found = mention(text, word, sense)
    assert of_goods(Utterance(text), [found], None) == ([found] if said else [])


@pytest.mark.parametrize(
    ("text", "denies"),
    [("doesn't Tarn make one", False), ("isn't there a blue one?", False), ("doesn't need it", True)],
)
def test_a_question_that_begins_by_denying_denies_nothing(text: str, denies: bool) -> None:
    cue = Mention(0, 1, (NOT,))
    others = [mention(text, "tarn", TARN)] if "Tarn" in text else []
    assert of_goods(Utterance(text), [cue, *others], None) == ([cue] if denies else []) + others


@pytest.mark.parametrize(
    ("text", "word", "has", "goods"),
    [
        ("a battery one please", "battery", None, False),
        ("it must run off batteries", "batteries", None, False),
        ("batteries it'll have to be", "batteries", {"power"}, False),
        ("some batteries please", "batteries", None, True),
        ("batteries it'll have to be", "batteries", None, True),
    ],
)
def test_what_a_thing_runs_on_is_not_what_is_wanted(text: str, word: str, has: set[str] | None, goods: bool) -> None:
    (found,) = of_goods(Utterance(text), [mention(text, word, *BATTERIES)], has)
    assert found.senses == (BATTERIES if goods else BATTERIES[1:])


@pytest.mark.parametrize(("hard", "named"), [(False, True), (True, False)])
def test_a_figure_within_the_name_of_a_value_is_that_value_unless_it_is_surely_a_measure(
    hard: bool, named: bool
) -> None:
    size = Mention(2, 5, (Sense(Kind.VALUE, "size", "21 cm"),))
    amount = Amount(3, 5, (Constraint("length", Op.IS, 21.0, hard=hard),))
    assert names_value(amount, [size], {"size": 1}) == named
    assert not names_value(amount, [size], {"colour": 1})
