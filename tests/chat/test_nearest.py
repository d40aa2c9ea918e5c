import numpy as np
import pytest

from convrec.catalog import Catalog, Item
from convrec.chat.nearest import nearest, opposite, said
from convrec.chat.words import Words
from convrec.conversation import Constraint, Op

CATALOG = Catalog(
    [
        Item("a", "Small Safe", "Tarn", ("Furniture", "Safes"), 17.2, attributes={"colour": "blue"}),
        Item("b", "Big Safe", "Tarn", ("Furniture", "Safes"), 90.0, attributes={"colour": "blue"}),
        Item("c", "Red Safe", "Orlo", ("Furniture", "Safes"), 4.0, attributes={"colour": "red"}),
        Item("d", "Blue Chair", "Orlo", ("Furniture", "Chairs"), 3.0, attributes={"colour": "blue"}),
        Item("e", "Green Safe", "Orlo", ("Furniture", "Safes"), 2.0, attributes={"colour": "green"}, available=False),
    ]
)
SAFES, BLUE = Constraint("category", Op.IS, "Safes"), Constraint("colour", Op.IS, "blue")
CHEAP = Constraint("price", Op.AT_MOST, 3.5)


def test_the_cheapest_is_nearest_when_only_price_stands_in_the_way() -> None:
    found = nearest(CATALOG, (SAFES, BLUE, CHEAP), CATALOG.live & (np.arange(5) < 2), 4)
    assert found is not None
    assert (found.rows, found.broken, found.reason) == ((0, 1), (CHEAP,), "impossible")


def test_another_kind_of_thing_is_given_before_a_refusal_is_broken() -> None:
    not_blue = Constraint("colour", Op.NOT, "blue")
    found = nearest(CATALOG, (SAFES, not_blue), np.array([True, False, False, False, False]), 4)
    assert found is not None
    assert found.broken == (not_blue,)  # the only row there is
    found = nearest(CATALOG, (Constraint("category", Op.IS, "Chairs"), not_blue), CATALOG.live, 4)
    assert found is not None
    assert found.rows == (2,)


def test_sold_out_and_exhausted_are_told_apart() -> None:
    green = Constraint("colour", Op.IS, "green")
    sold_out = nearest(CATALOG, (SAFES, green), CATALOG.live, 1)
    exhausted = nearest(CATALOG, (SAFES, BLUE), np.array([False, False, True, False, False]), 1)
    assert sold_out is not None
    assert exhausted is not None
    assert (sold_out.reason, exhausted.reason) == ("sold_out", "exhausted")


def test_nothing_open_is_nothing_near() -> None:
    assert nearest(CATALOG, (SAFES,), np.zeros(5, dtype=bool), 3) is None


@pytest.mark.parametrize("seed", range(4))
def test_what_cannot_be_met_is_said_with_the_true_bound(seed: int) -> None:
    wishes = (SAFES, BLUE, CHEAP)
    found = nearest(CATALOG, wishes, np.array([True, True, False, False, False]), 3)
    assert found is not None
    text = said(found, CATALOG, wishes, "seen", Words(str(seed)))
    assert "safes" in text
    assert "blue" in text
    assert "$17.20" in text  # the cheapest blue safe
    assert "more than $3.50" in text


def test_the_opposite_of_a_constraint_holds_exactly_where_it_does_not(shop: Catalog) -> None:
    for constraint in (CHEAP, BLUE, Constraint("price", Op.LESS, 9.0), Constraint("price", Op.AT_LEAST, 9.0)):
        assert (shop.satisfies(opposite(constraint)) == ~shop.satisfies(constraint)).all()
        assert opposite(opposite(constraint)) == constraint
