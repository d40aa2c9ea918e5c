from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from convrec.datasets import Dataset, read_dataset
from convrec.errors import DataError
from convrec.regen.annotate import portion
from convrec.regen.demo import HOLD_OUT, build_demo, demo_dataset


def test_the_same_seed_gives_the_same_dataset(demo: Dataset) -> None:
    again = demo_dataset(shoppers=demo.interactions["user_id"].n_unique())
    assert_frame_equal(again.dialogues, demo.dialogues)
    assert_frame_equal(again.turns, demo.turns)
    assert again.card == demo.card


def test_it_is_written_read_back_and_not_overwritten(tmp_path: Path) -> None:
    built = build_demo(tmp_path / "demo", shoppers=4)
    read = read_dataset(tmp_path / "demo")
    assert_frame_equal(read.dialogues, built.dialogues)
    assert "This is fiction" in read.card
    assert str(len(built.dialogues)) in read.card
    with pytest.raises(DataError):
        build_demo(tmp_path / "demo", shoppers=4)


def test_one_critique_of_each_pair_is_drawn(demo: Dataset) -> None:
    critiques = demo.turns.filter(demo.turns["kind"] == "critique")
    drawn = critiques.group_by("user_id", "position").agg(pl.col("chosen").sum())
    assert set(drawn["chosen"]) == {1}


def test_splits_are_by_shopper_and_about_80_10_10(demo: Dataset) -> None:
    names = [f"shopper-{number:04d}" for number in range(3000)]
    shares = [portion(name, 7, HOLD_OUT) for name in names]
    assert 0.77 < shares.count("train") / 3000 < 0.83
    assert 0.08 < shares.count("test") / 3000 < 0.12
    assert set(demo.dialogues.group_by("user_id").agg(pl.col("split").n_unique())["split"]) == {1}
