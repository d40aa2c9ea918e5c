"""Turns, readings and replies to store."""

from convrec.conversation import (
    Act,
    Constraint,
    Evidence,
    ItemPart,
    Op,
    Reading,
    Reference,
    Reply,
    TextPart,
    Timing,
    Turn,
)

CHEAPER = Reading(
    Act.STEER,
    constraints=(
        Constraint("price", Op.AT_MOST, 9.5, said="under $9.50"),
        Constraint("refillable", Op.IS, True, False),
    ),
    references=(Reference("pen-1", "shown", "the second one"),),
    wishes=("smoother",),
    unmet=("scented",),
    dropped=("brand",),
    count=2,
    together=True,
)
REPLY = Reply(
    parts=(ItemPart("pen-2", 1, -1.25, {"title": "Pen Two", "price": "$9.00"}), TextPart("Pen Two costs $9.00.")),
    reading=CHEAPER,
    alternatives=(ItemPart("pen-3", 2, -2.5, {"title": "Pen Three"}),),
    evidence=Evidence(claims=3, true_claims=2, fact_claims=2, sentences=2, dropped=("It sings.",), notes=("no scent",)),
    timing=Timing(first_item_ms=12.5, total_ms=300.0, text_tokens=9),
    suggestions=("cheaper", "blue"),
)


def said(text: str, reading: Reading | None = None) -> Turn:
    return Turn("user", (TextPart(text),), reading)
