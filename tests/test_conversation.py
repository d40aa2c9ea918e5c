"""The values of a conversation survive the JSON that the store, the API and datasets keep them in."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convrec.conversation import (
    Act,
    Constraint,
    ItemPart,
    Op,
    Part,
    Reading,
    Reference,
    Reply,
    TextPart,
    Turn,
    part_from_dict,
    part_to_dict,
)

words = st.text(max_size=12)
values = st.one_of(words, st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
constraints = st.builds(Constraint, words, st.sampled_from(Op), values, st.booleans(), words)
references = st.builds(Reference, words, st.sampled_from(["shown", "owned", "named"]), words)


def several(of: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(of, max_size=3).map(tuple)


readings = st.builds(
    Reading,
    st.sampled_from(Act),
    constraints=several(constraints),
    references=several(references),
    wishes=several(words),
    unmet=several(words),
    dropped=several(words),
    count=st.none() | st.integers(1, 9),
    together=st.booleans(),
)
parts = st.one_of(
    st.builds(TextPart, words),
    st.builds(ItemPart, words, st.integers(1), st.floats(max_value=0, allow_nan=False), st.dictionaries(words, words)),
)


@given(readings)
def test_readings_survive_json(reading: Reading) -> None:
    assert Reading.from_dict(json.loads(json.dumps(reading.to_dict()))) == reading


@given(parts)
def test_parts_survive_json(part: Part) -> None:
    assert part_from_dict(json.loads(json.dumps(part_to_dict(part)))) == part


def test_a_reading_needs_only_its_act() -> None:
    assert Reading.from_dict({"act": "more"}) == Reading(Act.MORE)


def test_an_unknown_act_is_refused() -> None:
    with pytest.raises(ValueError, match="haggle"):
        Reading.from_dict({"act": "haggle"})


@given(constraints, st.booleans(), words)
def test_the_key_of_a_constraint_forgets_hardness_and_wording(constraint: Constraint, hard: bool, said: str) -> None:
    again = dataclasses.replace(constraint, hard=hard, said=said)
    assert again.key == constraint.key
    assert dataclasses.replace(constraint, facet=constraint.facet + "x").key != constraint.key


def test_turns_and_replies_keep_items_and_words_apart() -> None:
    spoken: tuple[Part, ...] = (ItemPart("a", 1, -0.5), TextPart("Smooth. "), ItemPart("b", 2, -1.5), TextPart("Bold."))
    turn = Turn("assistant", spoken)
    assert (turn.text, turn.item_ids) == ("Smooth. Bold.", ("a", "b"))
    assert Reply(spoken, Reading(Act.RECOMMEND)).item_ids == ("a", "b")


def test_values_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Reading(Act.WHY).act = Act.MORE  # type: ignore[misc]
