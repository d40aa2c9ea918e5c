"""The audit of written texts: true ones pass, planted errors are found, and naming what is wanted is a leak."""

import pytest
from audit import Auditor

from convrec.catalog import Item

SUPPLIES = ("Office Supplies", "Pens")
ITEMS = [
    Item("p1", "Acme Glide Retractable Ballpoint Pen, Blue", "Acme", (*SUPPLIES, "Ballpoint Pens"), price=3.5),
    Item("p2", "Bolt Smooth Gel Pen, Black (4410)", "Bolt", (*SUPPLIES, "Gel Pens"), price=2.0),
    Item("p3", "Acme Grip Ballpoint Pen, 12 Pack", "Acme", (*SUPPLIES, "Ballpoint Pens")),
    Item("s1", "Corvus Desktop Stapler", "Corvus", ("Office Supplies", "Staplers"), price=10.0,
         attributes={"colour": "crimson", "sheets": 20}),
]  # fmt: skip
BLUE, GEL, PACK, STAPLER = range(4)
T = [item.title for item in ITEMS]


@pytest.fixture(scope="module")
def auditor() -> Auditor:
    return Auditor(ITEMS)


@pytest.mark.parametrize(
    ("text", "history"),
    [
        (f"Meet the {T[BLUE]} by Acme. It costs $3.50.", [GEL]),
        (f"Like your {T[PACK]}, it is one of the ballpoint pens. Acme makes both, {T[PACK]} too.", [PACK]),
        (f"You already own the {T[STAPLER]}; this is one of our ballpoint pens.", [STAPLER]),
        (f"It shares its maker with the {T[PACK]} you own.", [GEL, PACK]),
        (f"There was the {T[STAPLER]}, but nothing like the {T[BLUE]} yet.", [STAPLER]),
        ("I've gone back to ballpoint pens, where you found your Acme Grip Ballpoint Pen.", [PACK]),  # in short
        ("I didn't want to show you the Bolt Smooth Gel Pen again, so here's one of our ballpoint pens.", [GEL]),
        ("If the name Acme rings a bell, it's from your Acme Grip Ballpoint Pen.", [PACK]),
    ],
)
def test_what_is_true_passes_and_is_counted(auditor: Auditor, text: str, history: list[int]) -> None:
    found = auditor.narrative(text, BLUE, history)
    assert found.wrong == []
    assert found.facts > 0


@pytest.mark.parametrize(
    ("text", "history"),
    [
        ("It is by Bolt.", [GEL]),  # another maker
        ("This is one of our gel pens.", [GEL]),  # another category
        ("It costs $4.50.", [GEL]),  # another price
        (f"Look at the {T[STAPLER]}.", [GEL]),  # another item
        (f"It goes next to your {T[BLUE]}.", [GEL]),  # not owned
        (f"It is by Acme, like your {T[GEL]}.", [GEL]),  # the maker of the one, not of the other
        (f"It shares its maker with the {T[GEL]} you own.", [GEL]),
        (f"It belongs to the ballpoint pens, like your {T[GEL]}.", [GEL]),
        ("With that at home, you do not have this yet.", [BLUE]),
        (f"There was the {T[STAPLER]}, but nothing like the {T[BLUE]} yet.", [PACK, STAPLER]),
        (f"You bought the {T[PACK]} before; it is from another corner, ballpoint pens.", [PACK]),
        ("Your Corvus Desktop Stapler would go with it.", [GEL]),  # not owned, and it has no shorter name
        ("I've gone back to ballpoint pens, where you found your Bolt Smooth Gel Pen.", [GEL]),
        ("It shares a shelf with your Bolt Smooth Gel Pen, ballpoint pens.", [GEL]),
        ("I didn't want to show you the Acme Grip Ballpoint Pen again, so here's something else.", [PACK]),
        ("It is crimson.", [GEL]),  # another item's value
        ("It holds 20 of them.", [GEL]),  # nobody's number here
        ("It is the best one.", [GEL]),
    ],
)
def test_planted_errors_are_found(auditor: Auditor, text: str, history: list[int]) -> None:
    assert auditor.narrative(text, BLUE, history).wrong


HISTORY = [GEL, BLUE, STAPLER, PACK]


@pytest.mark.parametrize(
    "text",
    [
        "So far you bought 4 things here. 2 of them are from Acme.",
        "You keep coming back to pens, 3 times so far. 3 of your 4 purchases are from pens.",
        f"You bought the {T[PACK]} last. Acme is the brand you bought most, 2 times.",
        f"Your latest purchase is the {T[PACK]}, and before it came the {T[STAPLER]}.",
        f"First the {T[BLUE]}, then the {T[STAPLER]}, and now the {T[PACK]}.",
        f"Before the {T[PACK]} you bought the {T[STAPLER]}.",
        f"The last two you bought are the {T[STAPLER]} and the {T[PACK]}.",
        "Your purchases cost between $2.00 and $10.00.",
    ],
)
def test_true_summaries_pass(auditor: Auditor, text: str) -> None:
    found = auditor.narrative(text, None, HISTORY)
    assert found.wrong == []
    assert found.facts > 0


@pytest.mark.parametrize(
    "text",
    [
        "So far you bought 5 things here.",
        "3 of them are from Acme.",
        "You keep coming back to pens, 2 times so far.",
        "Bolt is the brand you bought most, 1 times.",
        f"You bought the {T[STAPLER]} last.",
        f"First the {T[PACK]}, then the {T[BLUE]}, and now the {T[STAPLER]}.",
        f"You followed the {T[PACK]} with the {T[GEL]}.",
        f"You have the {T[PACK]} and, more recently, the {T[STAPLER]}.",
        f"The last two you bought are the {T[GEL]} and the {T[BLUE]}.",
        "Your purchases cost between $1.00 and $10.00.",
    ],
)
def test_errors_in_summaries_are_found(auditor: Auditor, text: str) -> None:
    assert auditor.narrative(text, None, HISTORY).wrong


@pytest.mark.parametrize("text", ["Anything from Bolt?", "not acme please", "I have enough ballpoint pens", "no Acme"])
def test_critiques_may_ask_for_the_target_and_refuse_the_source(auditor: Auditor, text: str) -> None:
    found = auditor.critique(text, GEL, BLUE)
    assert found.wrong == []
    assert found.facts > 0


@pytest.mark.parametrize("text", ["Show me Acme", "from Corvus please", "anything but Bolt", "a stapler please"])
def test_critiques_that_lead_elsewhere_are_found(auditor: Auditor, text: str) -> None:
    assert auditor.critique(text, GEL, BLUE).wrong


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        ("I want the bolt smooth gel pen, black 4410", True),
        ("the smooth gel pen black one", True),
        ("have you got p2 in stock", True),
        ("something smooth", False),
        ("a gel pen by Bolt", False),
        ("a pen like p1", False),
    ],
)
def test_naming_what_is_wanted_is_a_leak(auditor: Auditor, text: str, leaks: bool) -> None:
    assert auditor.leaks(text, GEL) is leaks
