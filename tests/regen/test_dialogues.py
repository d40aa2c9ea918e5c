from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from convrec.conversation import Act, Constraint, Op, Reading
from convrec.datasets import Dataset
from convrec.language.relations import similar
from convrec.regen.annotate import FIRST
from convrec.regen.dialogues import in_force

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def dialogues(demo: Dataset) -> list[Rows]:
    found: dict[str, Rows] = defaultdict(list)
    for row in demo.dialogues.iter_rows(named=True):
        found[row["dialogue_id"]].append(row)
    return list(found.values())


def constraints_of(row: dict[str, Any]) -> list[Constraint]:
    return [Constraint.from_dict(constraint) for constraint in json.loads(row["constraints"])]


def test_constraints_in_force_are_true_of_the_target(demo: Dataset) -> None:
    for row in demo.dialogues.iter_rows(named=True):
        target = demo.catalog.row(row["target_item_id"])
        for constraint in constraints_of(row):
            assert demo.catalog.satisfies(constraint)[target], (row["text"], constraint)


def test_steps_follow_from_what_was_shown(demo: Dataset, dialogues: list[Rows]) -> None:
    sequences, catalog = demo.sequences(), demo.catalog
    longest = 0
    for rows in dialogues:
        longest = max(longest, len(rows))
        history = [catalog[row].item_id for row in sequences[rows[0]["user_id"]][: rows[0]["position"]]]
        force: tuple[Constraint, ...] = ()
        for step, row in enumerate(rows):
            reading = Reading.from_dict(json.loads(row["reading"]))
            force = in_force(force, reading)
            assert list(force) == constraints_of(row)
            assert row["step"] == step
            assert row["reference_item_id"] == (row["refused"][-1] if step else history[-1])
            assert len(row["refused"]) == len(set(row["refused"])) == step
            assert not {row["target_item_id"], *row["refused"]} & set(history)
            assert row["target_item_id"] not in row["refused"]
            if step:
                shown, hard = (
                    catalog.row(row["reference_item_id"]),
                    [c for c in constraints_of(rows[step - 1]) if c.hard],
                )
                assert catalog.mask(hard)[shown], "what is shown obeys what was said before"
                assert all(not catalog.satisfies(c)[shown] for c in reading.constraints)
    assert longest == 4


def test_the_target_is_what_was_bought_next(demo: Dataset, dialogues: list[Rows]) -> None:
    sequences, kept = demo.sequences(), 0
    for rows in dialogues:
        first = rows[0]
        bought = demo.catalog[sequences[first["user_id"]][first["position"]]].item_id
        kept += all(row["target_item_id"] == bought for row in rows)
        assert len({row["target_item_id"] for row in rows}) == 1
    assert kept > 0.8 * len(dialogues)  # the rest are the opposite halves of contrast pairs


def test_positions_keep_the_last_purchases_out_of_training(demo: Dataset) -> None:
    sequences = demo.sequences()
    for row in demo.dialogues.iter_rows(named=True):
        left = len(sequences[row["user_id"]]) - row["position"]
        if row["split"] == "train":
            assert left > 2
            assert row["position"] >= FIRST
        else:
            assert left == (1 if row["split"] == "test" else 2)


def test_training_never_sees_the_unseen_phrasing(demo: Dataset) -> None:
    found = {(row["split"], row["phrasing"]) for row in demo.dialogues.iter_rows(named=True)}
    assert found == {
        ("train", "train"), ("validation", "train"), ("validation", "unseen"), ("test", "train"), ("test", "blind")
    }  # fmt: skip


def test_every_test_shopper_is_asked(demo: Dataset, dialogues: list[Rows]) -> None:
    sequences = demo.sequences()
    splits = {row["user_id"]: row["split"] for row in demo.turns.iter_rows(named=True)}
    asked = {rows[0]["user_id"] for rows in dialogues if rows[0]["split"] == "test"}
    assert asked == {user for user, split in splits.items() if split == "test"}
    for user in asked:
        *_, source, target = sequences[user]
        mine = [rows for rows in dialogues if rows[0]["user_id"] == user]
        steered = [r for r in mine if json.loads(r[0]["reading"])["act"] == Act.STEER]
        assert bool(steered) is similar(demo.catalog, source, target)


def test_later_limits_take_the_place_of_earlier_ones() -> None:
    said = [Constraint("price", Op.LESS, 20.0), Constraint("colour", Op.NOT, "red"), Constraint("use", Op.IS, "exams")]
    later = [
        Constraint("price", Op.AT_MOST, 10.0),
        Constraint("colour", Op.IS, "blue"),
        Constraint("use", Op.IS, "art"),
    ]
    force = in_force(said, Reading(Act.STEER, tuple(later)))
    assert force == (said[1], said[2], *later)
    implied = Reading(Act.STEER, (Constraint("price", Op.LESS, 15.0),))
    assert in_force(force, implied) == force
