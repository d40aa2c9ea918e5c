"""Values that are meant and not named. None of these sentences is an example."""

from __future__ import annotations

import pytest
from readers import reader
from safetensors import safe_open

from convrec.conversation import Constraint, Op
from convrec.datasets.shop.catalogue import build_items
from convrec.language.reader import Situation
from convrec.language.values import FITTED, Value, fingerprint, wanted


def read(text: str, shown: str) -> tuple[Constraint, ...]:
    items = build_items(0)
    row = next(row for row, item in enumerate(items) if item.leaf == shown)
    return reader().read(text, Situation((), (row,), (row,), row)).constraints


@pytest.mark.parametrize(
    ("text", "shown", "value"),
    [
        ("it rains on my way to work every single day", "Backpacks", ("waterproof", True)),
        ("the baby sleeps right beside my desk, not a sound please", "Mice", ("quiet", True)),
        ("I am a lefty, you see", "Scissors", ("left_handed", True)),
    ],
)
def test_a_value_is_heard_by_what_it_is_for(text: str, shown: str, value: Value) -> None:
    found = [(c.facet, c.value, c.op, c.hard) for c in read(text, shown)]
    assert (*value, Op.IS, False) in found or (*value, Op.IS, True) in found


def test_only_what_such_goods_can_be_is_heard() -> None:
    assert not [
        c for c in read("it rains on my way to work every single day", "Coffee beans") if c.facet == "waterproof"
    ]


def test_what_the_words_say_comes_first() -> None:
    found = [c for c in read("my heart races all night, but make it dark", "Coffee beans") if c.facet == "roast"]
    assert [c.value for c in found] == ["dark"]


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("material=wood,!colour=black,quiet=yes", {("material", "wood"), ("quiet", True)}),
        ("quiet=True, pieces=12,colour=red", {("quiet", True)}),  # numbers and colours are heard by their words
        ("!material=felt,waterproof=no", set()),
        ("", set()),
    ],
)
def test_what_authors_noted(said: str, values: set[Value]) -> None:
    assert wanted(said) == values


def test_what_is_fitted_is_of_these_messages() -> None:
    with safe_open(FITTED, "np") as file:
        assert file.metadata()["examples"] == fingerprint(), "run python -m convrec.language.values"
