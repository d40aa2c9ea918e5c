"""Constraints as words of a reply."""

import pytest

from convrec.catalog import Catalog
from convrec.chat.phrase import wanted
from convrec.conversation import Constraint, Op


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((), "items that are at most $5.00"),
        (("Desk lamps",), "desk lamps that are at most $5.00"),
        (("Copy paper",), "copy paper that is at most $5.00"),
        (("Copy paper", "Ink"), "copy paper and ink that are at most $5.00"),
    ],
)
def test_a_wish_agrees_with_its_noun(kinds: tuple[str, ...], expected: str) -> None:
    limit = Constraint("price", Op.AT_MOST, 5.0)
    assert wanted([*(Constraint("category", Op.IS, kind) for kind in kinds), limit], Catalog(())) == expected
