import pytest

from convrec.catalog import Catalog, Item
from convrec.chat import explain
from convrec.chat.state import State
from convrec.chat.words import Words
from convrec.conversation import Constraint, Op, Question

PENS = ("Writing", "Pens")
CATALOG = Catalog(
    [
        Item("a", "Loop Pen", "Tarn", PENS, 4.25, attributes={"colour": "blue", "tip_mm": 0.5, "system": "T2"}),
        Item("b", "Loop | Refill", "Tarn", ("Writing", "Refills"), 1.8, attributes={"colour": "blue", "fits": "T2"}),
        Item("c", "Nib Pen", "Orlo", PENS, 12.0, attributes={"colour": "black", "refillable": True}),
        Item("d", "Old Pen", "Orlo", PENS),
        Item("e", "Twin Pen", "Orlo", PENS, 4.25),
    ]
)
SEEDS = [Words(str(seed)) for seed in range(6)]


@pytest.mark.parametrize("words", SEEDS)
def test_why_names_the_wishes_met_and_missed_and_what_it_fits(words: Words) -> None:
    blue, by_orlo = Constraint("colour", Op.IS, "blue"), Constraint("brand", Op.IS, "Orlo")
    text = explain.why(CATALOG, 1, State(history=(0,), constraints=(blue, by_orlo)), words)
    for fact in ("Loop | Refill", "blue", "Loop Pen", "not by Orlo", "Tarn once"):
        assert fact in text


@pytest.mark.parametrize("words", SEEDS)
def test_of_two_kinds_asked_for_the_other_is_not_missed(words: Words) -> None:
    kinds = (Constraint("category", Op.IS, "Pens"), Constraint("category", Op.IS, "Refills"))
    black = Constraint("colour", Op.IS, "black")
    assert "not from the refills" not in explain.why(CATALOG, 0, State(constraints=kinds), words)
    assert "not black" in explain.why(CATALOG, 0, State(constraints=(*kinds, black)), words)
    assert "not from the refills" in explain.why(CATALOG, 0, State(constraints=kinds[1:]), words)
    wide = (Constraint("category", Op.IS, "Writing"), kinds[1])
    assert "not from the refills" in explain.why(CATALOG, 0, State(constraints=wide), words), "narrower, and missed"


def test_why_names_no_limit_that_nobody_named() -> None:
    named = Constraint("price", Op.AT_MOST, 0.5, False, "around $0.50")
    assert "0.50" in explain.why(CATALOG, 0, State(constraints=(named,)), SEEDS[0])
    cheap = Constraint("price", Op.AT_MOST, 0.5, False, "cheap")
    assert "0.50" not in explain.why(CATALOG, 0, State(constraints=(cheap,)), SEEDS[0])


def test_why_of_what_was_bought_says_so() -> None:
    assert "bought" in explain.why(CATALOG, 0, State(history=(0,)), SEEDS[0])


@pytest.mark.parametrize("words", SEEDS)
def test_the_table_holds_what_the_catalogue_holds(words: Words) -> None:
    text = explain.compare(CATALOG, (0, 2), words)
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    assert table[0] == ["", "Loop Pen", "Nib Pen"]
    rows = {line[0]: line[1:] for line in table[2:]}
    assert rows["price"] == ["$4.25", "$12.00"]
    assert rows["tip"] == ["0.5 mm", "–"]
    assert rows["refillable"] == ["–", "yes"]
    assert "system" not in rows
    assert "$7.75" in text  # 12.00 − 4.25


def test_a_title_cannot_break_the_table() -> None:
    table = [line for line in explain.compare(CATALOG, (0, 1), SEEDS[0]).splitlines() if line[:1] == "|"]
    assert len({line.count("|") for line in table}) == 1


def test_of_several_the_cheapest_is_named() -> None:
    text = explain.compare(CATALOG, (2, 0, 1), SEEDS[0])
    assert "cheapest" in text.lower()
    assert text.rstrip(".").endswith(("$1.80", "at $1.80"))


def test_equal_prices_and_a_single_item() -> None:
    assert "same" in explain.compare(CATALOG, (0, 4), SEEDS[0])
    assert "Nib Pen" in explain.compare(CATALOG, (2,), SEEDS[0])


@pytest.mark.parametrize("words", SEEDS)
@pytest.mark.parametrize(
    ("question", "title"), [(Question("price", "less"), "Loop Pen"), (Question("price", "more"), "Nib Pen")]
)
def test_what_is_ahead_in_what_was_asked_for_is_said_beside_the_table(
    words: Words, question: Question, title: str
) -> None:
    verdict = explain.compare(CATALOG, (0, 2), words, (question,)).rsplit("\n\n", 1)[1]
    assert title in verdict
    assert ("highest" if question.value == "more" else "lowest") in verdict


def test_what_is_not_recorded_of_all_leaves_the_verdict_to_the_price() -> None:
    asked, plain = (explain.compare(CATALOG, (0, 4), SEEDS[0], q) for q in ((Question("tip_mm", "more"),), ()))
    assert asked == plain


@pytest.mark.parametrize("words", SEEDS)
def test_a_question_that_no_facet_answers_is_said_to_be_open(words: Words) -> None:
    text = explain.about(CATALOG, 0, (), words)
    assert "catalogue" in text
    assert "blue" in text, "what it does record"


@pytest.mark.parametrize("words", SEEDS)
def test_sums_are_right_to_the_cent(words: Words) -> None:
    assert "$18.05" in explain.total(CATALOG, (0, 1, 2), words)
    assert "Old Pen" in explain.total(CATALOG, (0, 3), words)


def test_the_profile_counts_what_was_bought() -> None:
    state = State(history=(0, 1, 2), constraints=(Constraint("price", Op.AT_MOST, 5.0),), liked=(4,), refused=(3,))
    text = explain.profile(CATALOG, state, SEEDS[0])
    for fact in (
        "3 things",
        "Tarn (2)",
        "pens (2)",
        "$4.25",
        "$12.00",
        "Nib Pen",
        "at most $5.00",
        "Twin Pen",
        "Old Pen",
    ):
        assert fact in text
    assert "no purchases" in explain.profile(CATALOG, State(), SEEDS[0])


@pytest.mark.parametrize("words", SEEDS)
@pytest.mark.parametrize(
    ("row", "question", "said"),
    [
        (0, Question("colour"), "blue"),
        (0, Question("colour", "black"), "No"),
        (2, Question("colour", "black"), "Yes"),
        (0, Question("tip_mm"), "0.5 mm"),
        (2, Question("refillable", True), "Yes"),
        (0, Question("refillable", True), "No"),
        (3, Question("brand"), "Orlo"),
        (4, Question("colour"), "colour"),  # nothing is recorded of it
        (0, Question("colour", every=True), "black and blue"),
    ],
)
def test_questions_are_answered_from_the_catalogue(words: Words, row: int, question: Question, said: str) -> None:
    assert said in explain.about(CATALOG, row, [question], words)


def test_what_is_not_recorded_is_not_made_up() -> None:
    assert "blue" not in explain.about(CATALOG, 4, [Question("colour")], SEEDS[0])


@pytest.mark.parametrize("words", SEEDS)
def test_a_number_is_set_beside_its_own_shelf(words: Words) -> None:
    many = Catalog([Item(str(n), f"Pen {n}", categories=PENS, attributes={"weight_g": n}) for n in range(1, 9)])
    low, middle, high = (explain.about(many, row, [Question("weight_g")], words) for row in (0, 3, 7))
    assert "have more" in low or "less than most" in low
    assert "have less" in high or "more than most" in high
    assert "most" not in middle
