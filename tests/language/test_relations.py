"""How things stand to each other: nothing is told that the catalogue does not bear out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from convrec.catalog import Catalog, Item
from convrec.conversation import Op
from convrec.language.relations import number, relations, similar


def item(name: str, leaf: str, price: float, **attributes: object) -> Item:
    return Item(name, name, "Penora", ("Paper", "Pads", leaf), price, attributes=attributes)  # type: ignore[arg-type]


CATALOG = Catalog(
    [
        item("a", "Exam pads", 4.0, use=("exams", "sketching"), sheets=100, colour="blue", recycled=True),
        item("b", "Art pads", 4.0, use=("sketching",), sheets=98, colour="blue", weight_g=90),
        item("c", "Art pads", 6.5, use=("planning",), sheets=50, colour="red", recycled=True),
        Item("d", "Lamp", "Other", ("Light", "Lamps"), 2.0, attributes={"colour": "blue", "sheets": 5}),
    ]
)


def test_what_both_have_and_what_differs_clearly() -> None:
    assert relations(CATALOG, 0, 1) == [(Op.IS, "brand"), (Op.IS, "use:2"), (Op.IS, "attr:colour")]
    assert relations(CATALOG, 1, 2) == [
        (Op.IS, "brand"), (Op.IS, "category"), (Op.LESS, "price"), (Op.MORE, "attr:sheets"),
    ]  # fmt: skip


def test_things_of_other_shelves_are_not_measured_against_each_other() -> None:
    assert relations(CATALOG, 0, 3) == [(Op.IS, "attr:colour")]


@given(st.integers(0, 3), st.integers(0, 3))
def test_relations_hold_and_turn_around(one: int, other: int) -> None:
    there, back = relations(CATALOG, one, other), relations(CATALOG, other, one)
    for op, fact in there:
        if op is Op.IS:
            continue
        assert similar(CATALOG, one, other)
        assert (Op.MORE if op is Op.LESS else Op.LESS, fact) in back
        if fact.startswith("attr:"):
            mine, theirs = (number(CATALOG, row, fact.removeprefix("attr:")) for row in (one, other))
            assert mine is not None
            assert theirs is not None
            assert (mine < theirs) is (op is Op.LESS)
