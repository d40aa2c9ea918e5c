"""The claim checker on a small catalogue, case by case, and on narratives of the demo shop, with and without errors."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convrec.catalog import Catalog, Item
from convrec.conversation import Constraint, Op
from convrec.language.claims import ClaimChecker, complete, sentences
from convrec.language.facts import Context
from convrec.language.grammar import phrasings

PEN = {"refillable": True, "waterproof": False, "left_handed": True, "tip_mm": 0.7, "weight_g": 12.0, "colour": "blue"}
ITEMS = [
    Item(
        "pen",
        "Penora Glide Gel Pen",
        "Penora",
        ("Writing", "Gel pens"),
        9.8,
        "A pen for long letters.",
        (),
        {**PEN, "ink": "gel", "system": "Penora G2 refill"},
    ),
    Item(
        "dear",
        "Inkwell Royal Fountain Pen",
        "Inkwell",
        ("Writing", "Fountain pens"),
        48.0,
        "",
        ("Award-winning design",),
        {**PEN, "refillable": False, "colour": "black", "weight_g": 30.0, "tip_mm": 0.5, "ink": "dye"},
    ),
    Item(
        "refill",
        "Penora Refill, Blue",
        "Penora",
        ("Writing", "Pen refills"),
        3.5,
        "",
        (),
        {"colour": "blue", "fits": "Penora G2 refill", "recycled": False},
    ),
    Item(
        "book",
        "Papyra Lined Notebook",
        "Papyra",
        ("Paper", "Notebooks"),
        7.0,
        "",
        (),
        {"sheets": 80, "colour": "red", "recycled": True, "weight_g": 200.0},
    ),
    Item(
        "cheap",
        "Sefto Basic Gel Pen",
        "Sefto",
        ("Writing", "Gel pens"),
        2.0,
        "",
        (),
        {**PEN, "colour": "red", "weight_g": 9.0, "ink": "gel"},
        available=False,
    ),
]
SMALL = Catalog(ITEMS)
CHECKER = ClaimChecker(SMALL)
# The pen, seen by someone who owns a notebook, then two Penora things; steered away from the fountain pen; at most $12.
LIMIT, BLUE = Constraint("price", Op.AT_MOST, 12.0), Constraint("colour", Op.IS, "blue")
CONTEXT = Context(history=(3, 2), constraints=(LIMIT, BLUE), reference=1)

TRUE = [
    "When it comes to colour, it is ⟨attr:colour⟩.",
    "As for the details, it has a tip of ⟨attr:tip_mm⟩ and is ⟨attr:colour⟩.",
    "The ⟨title⟩ from ⟨brand⟩ costs ⟨price⟩, ⟨saving⟩ less than the ⟨reference⟩.",
    "It is refillable, and it is not waterproof.",
    "It can be refilled, which suits left-handers.",
    "It isn't waterproof, though it is left-handed.",
    "At ⟨price⟩ it stays under your ⟨limit⟩.",
    "It is blue, as you asked.",
    "It is by ⟨brand⟩, like your ⟨owned:1⟩.",
    "It is lighter than the ⟨reference⟩, which is not refillable.",
    "The ⟨reference⟩ is black; this one is blue.",
    "Unlike the ⟨reference⟩, it is refillable.",
    "It is not black but blue.",
    "It fits the ⟨owned:1⟩ you bought.",
    "It has a 0.7 mm tip and weighs 12 g.",
    "At $9.80 it costs less than the ⟨reference⟩.",
    "You bought the ⟨owned:1⟩ and the ⟨owned:2⟩.",
    "It is cheaper than the Inkwell Royal Fountain Pen.",
    "The tip is thicker than that of the ⟨reference⟩.",
    "It is in stock.",
    "Have a look and tell me what you think.",
    "Should it be cheaper, or black?",
    "You did ask for blue, and this is blue.",
    "You did say you wanted that, and this one is blue.",
    "It is blue, and you wanted that, and it is refillable.",
    "You asked for that, so here it is.",
    "You said you wanted that it be blue, and this one is refillable.",
    "It shares its brand with your ⟨owned:1⟩.",
    "It is within your budget.",
    "This is the cheapest of our gel pens that we can send.",
    "There was the ⟨owned:2⟩, but nothing like the ⟨title⟩ yet.",
    "You bought the ⟨owned:2⟩ before; it is from another corner, ⟨category⟩.",
]
FALSE = [
    "It is made of ⟨attr:colour⟩.",
    "At ⟨price⟩ you are still under ⟨asked:colour⟩.",
    "It is not refillable.",
    "It isn't refillable.",
    "This non-refillable pen costs ⟨price⟩.",
    "It is waterproof.",
    "It is not ⟨attr:colour⟩.",
    "It is red.",
    "It is made by Inkwell.",
    "It costs $12.80.",
    "It has a 0.5 mm tip.",
    "It costs ⟨saving⟩.",
    "It costs ⟨saving⟩ more than the ⟨reference⟩.",
    "The ⟨reference⟩ is cheaper.",
    "It is heavier than the ⟨reference⟩.",
    "It is lighter than the moon, and better than any other.",
    "Your ⟨title⟩ is blue.",
    "You already own the ⟨title⟩.",
    "You own the ⟨reference⟩.",
    "It is ⟨attr:colour⟩, like your ⟨owned:2⟩.",
    "It has the same brand as your ⟨owned:2⟩.",
    "It fits your ⟨owned:2⟩.",
    "You keep choosing Sefto.",
    "You have bought several gel pens.",
    "It is refillable, as you asked.",
    "You did say you wanted that, and this one is refillable.",
    "You asked for that, so it is left-handed.",
    "It is refillable, and you asked for that.",
    "It is refillable, you wanted that.",
    "It is refillable, as you asked this time.",
    "It is over your ⟨limit⟩.",
    "It is sold out.",
    "It is award-winning.",
    "It lasts for years and everyone loves it.",
    "It is splashproof.",
    "It is the heaviest pen in the whole shop.",
    "This notebook costs ⟨price⟩.",
    "Under ⟨price⟩ it is yours.",
    "It weighs ⟨attr:tip_mm⟩.",
    "When it comes to colour, it is ⟨attr:tip_mm⟩.",
    "As far as tip goes, it is ⟨attr:colour⟩.",
    "⟨unknown⟩ is nice.",
    "It costs ⟨extra⟩ more.",
    "Your latest purchase is the ⟨owned:2⟩.",
    "Free shipping, too.",
    "It is cheaper than the Sefto Basic Gel Pen.",
]


@pytest.mark.parametrize("sentence", TRUE)
def test_true_sentence_is_released(sentence: str) -> None:
    assert [c for c in CHECKER.check(sentence, 0, CONTEXT) if not c.supported] == []


@pytest.mark.parametrize("frame", phrasings("narratives")["compare_shared"])
@pytest.mark.parametrize(("shared", "own"), [("is left-handed", "is refillable"), ("is not waterproof", "has gel ink")])
def test_what_is_said_of_both_must_be_true_of_both(frame: str, shared: str, own: str) -> None:
    assert CHECKER.release(frame.replace("{does_kept}", shared), 0, CONTEXT)
    assert not CHECKER.release(frame.replace("{does_kept}", own), 0, CONTEXT)


@pytest.mark.parametrize(
    "frame",
    ["It is {}, which is a change from the ⟨reference⟩.", "It is {}, so that changes from the ⟨reference⟩.",
     "It is {}, and that's a change from the ⟨reference⟩."],
)  # fmt: skip
def test_a_change_from_another_item_is_true_of_one_alone(frame: str) -> None:
    assert CHECKER.release(frame.format("refillable"), 0, CONTEXT)
    assert not CHECKER.release(frame.format("left-handed"), 0, CONTEXT)


@pytest.mark.parametrize("sentence", FALSE)
def test_false_sentence_is_kept_back(sentence: str) -> None:
    assert not CHECKER.release(sentence, 0, CONTEXT)


def test_praise_that_the_catalogue_states_is_allowed() -> None:
    assert CHECKER.release("It has an award-winning design.", 1, Context())
    assert not CHECKER.release("It has an award-winning design.", 0, Context())


def test_claims_say_what_they_are_and_who_makes_them() -> None:
    claims = CHECKER.check("The ⟨title⟩ is refillable and black.", 0, CONTEXT)
    assert [(c.text, c.kind, c.supported, c.by_fact) for c in claims] == [
        ("⟨title⟩", "fact", True, True),
        ("refillable", "flag", True, False),
        ("black", "value", False, False),
    ]


def test_a_mark_that_only_stands_for_a_word_is_checked_as_that_word() -> None:
    context = Context(constraints=(Constraint("brand", Op.NOT, "Inkwell"),), reference=1)
    for sentence in ("It is not from ⟨not:brand⟩; ⟨brand⟩ makes it.", "The ⟨reference⟩ is from ⟨reference_brand⟩."):
        assert [c for c in CHECKER.check(sentence, 0, context) if not c.supported] == []
    for sentence in (
        "It is from ⟨not:brand⟩.",
        "It is made by ⟨reference_brand⟩.",
        "You wanted ⟨not:brand⟩.",
        "For ⟨use:1⟩.",
    ):
        assert not CHECKER.release(sentence, 0, context)


def test_a_mark_of_a_relation_is_checked_as_what_it_stands_for() -> None:
    lighter = Constraint("weight_g", Op.LESS, 30.0)
    context = Context(history=(3, 2), constraints=(BLUE, lighter), reference=1)
    for sentence in (
        "It is by ⟨brand⟩, like your ⟨same:brand⟩.", "It is ⟨asked:colour⟩, as you asked.", "It ⟨is:1⟩.",
        "It ⟨asked_compared⟩ than the ⟨reference⟩, as you asked.", "It ⟨compared:1⟩ than the ⟨reference⟩.",
        "It ⟨is:2⟩, and it ⟨is_not:1⟩.",
    ):  # fmt: skip
        claims = CHECKER.check(sentence, 0, context)
        assert claims, sentence
        assert all(c.supported for c in claims), (sentence, claims)
        assert any(c.by_fact for c in claims), sentence
    for sentence in (
        "It is by ⟨brand⟩, unlike your ⟨same:brand⟩.", "It is made of ⟨asked:colour⟩.", "It is not ⟨asked:colour⟩.",
        "You do not want it to be ⟨asked:colour⟩.", "The ⟨reference⟩ ⟨is:1⟩.", "It is ⟨same:colour⟩, as you asked.",
        "It ⟨asked_compared⟩ than your ⟨owned:1⟩.", "It ⟨asked_is⟩, as you asked.", "It costs ⟨asked_saving⟩.",
    ):  # fmt: skip
        assert not CHECKER.release(sentence, 0, context), sentence


def test_money_does_not_stand_in_the_place_of_a_thing() -> None:
    assert not CHECKER.release("You know our ⟨category⟩ from the ⟨price⟩.", 0, CONTEXT)
    assert CHECKER.release("It costs ⟨price⟩.", 0, CONTEXT)


def test_the_item_is_not_set_beside_itself() -> None:
    assert not CHECKER.release("It is from the ⟨category⟩, like the ⟨title⟩.", 0, Context((1, 2)))
    assert CHECKER.release("You may like the ⟨title⟩.", 0, Context((1, 2)))


@pytest.mark.parametrize(
    "sentence",
    ["You wanted to stay under .", "It is ⟨attr:colour⟩, just like your   its place.", "By , then.", "It has  , too."],
)
def test_a_sentence_that_lacks_a_part_is_not_released(sentence: str) -> None:
    assert [c.kind for c in CHECKER.check(sentence, 0, CONTEXT) if not c.supported][-1:] == ["gap"]
    assert not CHECKER.release(sentence, 0, CONTEXT)


def test_a_use_beside_a_thing_owned_is_said_of_both() -> None:
    catalog = Catalog(
        [
            Item("pad", "Tarn Pad", "Tarn", ("Paper", "Pads"), attributes={"use": ("exams", "sketching")}),
            Item("box", "Umbrio Box", "Umbrio", ("Boxes",), attributes={"use": ("hiking",)}),
            Item("pen", "Tarn Pen", "Tarn", ("Pens",), attributes={"use": ("exams",)}),
        ]
    )
    checker, context = ClaimChecker(catalog), Context((2, 1))
    for sentence in (
        "With the ⟨owned:1⟩ you chose something for ⟨use:1⟩, and this one is for ⟨use:2⟩ too.",
        "Your ⟨owned:1⟩ and it are for the same thing: ⟨use:1⟩.",
        "As your ⟨owned:1⟩ is, it is suited to ⟨use:1⟩.",
        "Like the ⟨owned:2⟩ you own, it can be used for ⟨use:2⟩.",
    ):
        assert not checker.release(sentence, 0, context), sentence
    assert checker.release("Your ⟨owned:2⟩ and it are for the same thing: ⟨use:1⟩.", 0, context)
    assert checker.release("With the ⟨owned:2⟩ you chose something for ⟨use:1⟩.", 0, context)


def test_a_catalogue_of_titles_and_brands_is_enough() -> None:
    bare = Catalog(
        [Item("1", "VTECH Cordless Phone, White", "VTech", ("Telephones",)), Item("2", "HP Black Ink", "HP", ("Ink",))]
    )
    checker = ClaimChecker(bare)
    assert checker.release("The ⟨title⟩ is a cordless one by ⟨brand⟩.", 0, Context())
    assert not checker.release("It is made by HP.", 0, Context())
    assert not checker.release("It is refillable.", 0, Context())
    assert not checker.release("It costs ⟨price⟩.", 0, Context())


# ── any text at all ─────────────────────────────────────────────────────────────────────────────────────────────────

FACTS = st.sampled_from(
    ["⟨title⟩", "⟨price⟩", "⟨saving⟩", "⟨limit⟩", "⟨owned:2⟩", "⟨owned:99⟩", "⟨attr:colour⟩", "⟨x⟩", "⟨owned⟩"]
)
WORDS = st.sampled_from(
    ["it", "is", "not", "your", "you", "bought", "like", "cheaper", "than", "the", "refillable", "no", "blue", "Penora",
     ",", ".", ";", ":", "two", "$9.80", "0.7", "mm", "fits", "for", "as", "asked", "the last one", "unlike", "if",
     "one of the cheapest", "more sheets", "the same brand as", "what you have", "⟨", "⟩", "'s"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.one_of(FACTS, WORDS), max_size=25).map(" ".join))


@given(TEXTS, st.integers(0, 4), st.sampled_from([CONTEXT, Context(), Context((4, 4, 0)), Context((), (BLUE,), 0)]))
@settings(max_examples=300, deadline=None)
def test_checking_never_raises_and_quotes_the_sentence(text: str, row: int, context: Context) -> None:
    for claim in CHECKER.check(text, row, context):
        assert claim.text in text
        assert claim.by_fact == (claim.kind == "fact")


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_sentences_lose_nothing(text: str) -> None:
    assert "".join(sentences(text)).rstrip() == text.rstrip() or not text.strip()


@given(TEXTS, st.integers(1, 7))
@settings(max_examples=200, deadline=None)
def test_sentences_come_out_the_same_while_they_are_written(text: str, step: int) -> None:
    said, rest = [], ""
    for start in range(0, len(text), step):
        finished, rest = complete(rest + text[start : start + step])
        said += finished
    assert [*said, rest] == [*complete(text)[0], complete(text)[1]]


def test_sentences_end_where_a_reader_would_end_them() -> None:
    text = "It has a 0.7 mm tip, approx. 12 g. ⟨title⟩ costs ⟨price⟩! Does it fit? “Yes.” It does"
    assert sentences(text) == [
        "It has a 0.7 mm tip, approx. 12 g.", " ⟨title⟩ costs ⟨price⟩!", " Does it fit?", " “Yes.”", " It does",
    ]  # fmt: skip
    assert complete("It costs $9.") == ([], "It costs $9.")
    assert complete("It costs $9.80. It") == (["It costs $9.80."], " It")


@pytest.mark.parametrize(
    "sentence",
    [
        "There was the ⟨owned:1⟩, but nothing like the ⟨title⟩ yet.",
        "You bought the ⟨owned:1⟩ before; it is from another corner, ⟨category⟩.",
    ],
)
def test_what_is_called_the_first_of_its_kind_must_be(sentence: str) -> None:
    assert CHECKER.release(sentence, 0, Context(history=(2, 3)))
    assert not CHECKER.release(sentence, 0, Context(history=(4, 3))), "a gel pen was bought before"


@pytest.mark.parametrize(
    ("sentence", "true", "false"),
    [
        ("I went by what you told me, and {}.", "it comes in blue", "it's refillable"),
        ("{}, and that was the point.", "It comes in blue", "It is refillable"),
        ("You asked about that, and yes, {}.", "it is blue", "it is refillable"),
        ("You told me {}, so here it is.", "blue", "refillable"),
        ("I kept one thing from the ⟨reference⟩, so {}.", "it is left-handed", "it is refillable"),
        ("It's a step {} in price from the ⟨reference⟩.", "down", "up"),
    ],
)
def test_what_was_told_and_kept_must_have_been(sentence: str, true: str, false: str) -> None:
    assert CHECKER.release(sentence.format(true), 0, CONTEXT)
    assert not CHECKER.release(sentence.format(false), 0, CONTEXT)


def test_a_price_that_is_the_same_is_no_step_up_and_a_difference_must_be_asked_for() -> None:
    same = Context(history=(3, 2), constraints=(LIMIT,), reference=0)
    assert not CHECKER.release("It's ⟨price⟩, so it's a step up in price from the ⟨reference⟩.", 0, same)
    alike = Context(constraints=(BLUE,), reference=2)
    assert not CHECKER.release("That's the difference you wanted.", 0, alike)
    assert CHECKER.release(
        "That's the difference you wanted: it comes in blue.", 0, Context(constraints=(BLUE,), reference=1)
    )
    lighter = Context(constraints=(Constraint("weight_g", Op.LESS, 30.0),), reference=1)
    assert CHECKER.release("That's the difference you wanted: it is lighter than the ⟨reference⟩.", 0, lighter)


@pytest.mark.parametrize(
    "frame",
    [
        "It is {}, and you wouldn't get that with the ⟨reference⟩.", "It is {}, which isn't true of the ⟨reference⟩.",
        "Not the same as the ⟨reference⟩: it is {}.", "It doesn't have much in common with the ⟨reference⟩: it is {}.",
    ],
)  # fmt: skip
def test_what_is_said_to_be_of_one_alone_must_be(frame: str) -> None:
    assert CHECKER.release(frame.format("refillable"), 0, CONTEXT)
    assert not CHECKER.release(frame.format("left-handed"), 0, CONTEXT)


@pytest.mark.parametrize(
    "sentence",
    ["The ⟨reference⟩ was ⟨reference_price⟩, so we've come down to ⟨price⟩.", "We've come down to ⟨price⟩.",
     "That brings you down from ⟨reference_price⟩ to ⟨price⟩.", "So we came down a little, to ⟨price⟩."],
)  # fmt: skip
def test_what_has_come_down_costs_less_than_the_other(sentence: str) -> None:
    assert CHECKER.release(sentence, 0, Context(reference=1))
    assert not CHECKER.release(sentence, 1, Context(reference=0))
    assert CHECKER.release("So we've gone up, to ⟨price⟩.", 1, Context(reference=0))
    assert not CHECKER.release("So we've gone up, to ⟨price⟩.", 0, Context(reference=1))
