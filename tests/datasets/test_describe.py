"""Figures of a dataset, its picture, its faults, and the commands that show them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from dataset_samples import small_dataset

from convrec.datasets import Dataset, read_dataset, write_dataset
from convrec.datasets.describe import PLOT, describe, plot, problems
from convrec.errors import DataError


def convrec(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "convrec.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_figures() -> None:
    found = describe(small_dataset())
    assert (found.users, found.items, found.interactions) == (3, 3, 6)
    assert found.lengths == (1, 2.0, 2.0, 3)
    assert found.density == pytest.approx(6 / 9)
    assert (found.untouched, found.unavailable, found.repeats) == (0, 2, 0)
    assert found.missing == {
        "brand": 2, "categories": 2, "price": 1, "description": 2, "features": 2, "attributes": 1, "image": 2,
    }  # fmt: skip
    assert found.turns == {"critique": 1}
    assert (found.dialogues, found.messages) == (1, 1)
    assert ("items per user", "1 to 3, median 2, mean 2.00") in found.rows()


def test_repeats_and_untouched_items_are_counted() -> None:
    full = small_dataset()
    twice = pl.concat([full.interactions.filter(pl.col("user_id") == "cat")] * 2)
    found = describe(Dataset(full.catalog, twice))
    assert (found.repeats, found.untouched, found.density) == (1, 2, pytest.approx(1 / 3))


def test_an_empty_dataset_can_be_described_and_is_a_problem(tmp_path: Path) -> None:
    empty = Dataset(small_dataset().catalog, small_dataset().interactions.clear())
    assert describe(empty).lengths == (0, 0.0, 0.0, 0)
    assert plot(empty, tmp_path).stat().st_size > 0
    assert problems(empty) == ["interactions: there are none"]


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    path = plot(small_dataset(), tmp_path)
    assert path == tmp_path / PLOT
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in tmp_path.iterdir()] == [PLOT]
    with pytest.raises(DataError, match="cannot write"):
        plot(small_dataset(), tmp_path / "nowhere")


def test_a_sound_dataset_has_no_problems() -> None:
    assert problems(small_dataset()) == []


@pytest.mark.parametrize(
    ("table", "column", "value", "problem"),
    [
        ("turns", "position", 4, "position 4, but user 'ann' has 3 items"),
        ("turns", "position", -1, "position -1"),
        ("dialogues", "position", 3, "position 3, but user 'ben' has 2 items"),
        ("dialogues", "reading", '{"act": "haggle"}', "reading or constraints cannot be read"),
        ("dialogues", "constraints", "[1]", "reading or constraints cannot be read"),
        ("dialogues", "constraints", "{", "reading or constraints cannot be read"),
        ("dialogues", "refused", ["pen"], "the target 'pen' was refused before"),
    ],
)
def test_problems_are_found(table: str, column: str, value: object, problem: str) -> None:
    full = small_dataset()
    tables = {"turns": full.turns, "dialogues": full.dialogues}
    tables[table] = tables[table].with_columns(pl.lit(pl.Series([value])).alias(column))
    found = problems(Dataset(full.catalog, full.interactions, **tables))
    assert len(found) == 1
    assert found[0].startswith(f"{table}: row 0: ")
    assert problem in found[0]


def test_from_a_source_to_a_described_folder(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "items.jsonl").write_text('{"item": 1, "title": "Pen"}\n{"item": 2, "title": ""}\n')
    (tmp_path / "src" / "sequences.jsonl").write_text('{"user": 1, "items": [1, 2]}\n{"user": 2, "items": []}\n')
    command = ("data", "import", tmp_path / "src", "--format", "jsonl", "--out", tmp_path / "out")
    failed = convrec(*command)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("convrec: 1 of 2 rows of ")
    assert failed.stderr.count("\n") == 1, "one line and no traceback"
    assert not (tmp_path / "out").exists()

    done = convrec(*command, "--max-bad", "0.5")
    assert done.returncode == 0
    assert done.stdout == f"{tmp_path / 'out'}: 1 users, 2 items, 2 interactions\n"
    assert "sequences.jsonl:2: user 2: items is no list of ids" in done.stderr
    assert "1 items without a title" in done.stderr
    assert read_dataset(tmp_path / "out").sequences().keys() == {"1"}

    assert convrec("data", "validate", tmp_path / "out").stdout == f"{tmp_path / 'out'} is sound\n"
    described = convrec("data", "describe", tmp_path / "out")
    assert described.returncode == 0
    assert "items per user" in described.stdout
    assert (tmp_path / "out" / PLOT).is_file()
    again = convrec(*command, "--max-bad", "0.5", "--overwrite")
    assert again.returncode == 0
    assert not (tmp_path / "out" / PLOT).exists(), "an overwritten folder holds nothing of the old one"


def test_validate_fails_on_an_unsound_folder(tmp_path: Path) -> None:
    full = small_dataset()
    far = full.turns.with_columns(pl.lit(9).alias("position"))
    write_dataset(Dataset(full.catalog, full.interactions, far, full.dialogues), tmp_path / "set")
    done = convrec("data", "validate", tmp_path / "set")
    assert done.returncode == 1
    assert "turns: row 0: position 9" in done.stdout
    assert done.stderr.startswith(f"convrec: {tmp_path / 'set'} has 1 problem(s)")


def test_a_missing_folder_is_one_line_on_stderr(tmp_path: Path) -> None:
    for command in ("describe", "validate"):
        done = convrec("data", command, tmp_path / "nowhere")
        assert done.returncode == 1
        assert done.stderr.startswith("convrec: no dataset folder at ")
        assert done.stderr.count("\n") == 1


def test_a_column_is_given_as_role_and_name(tmp_path: Path) -> None:
    done = convrec("data", "import", tmp_path, "--format", "regen", "--out", tmp_path / "out", "--column", "critique")
    assert (done.returncode, done.stderr.count("ROLE=COLUMN")) == (1, 1)


# Modules that take their time: the command must not load them before it needs them.
SLOW = (
    "torch",
    "transformers",
    "gradio",
    "sqlalchemy",
    "polars",
    "pyarrow",
    "matplotlib",
    "sentence_transformers",
    "numpy",
)


def test_help_loads_nothing_heavy() -> None:
    script = f"""
import sys, json
from typer.testing import CliRunner
import convrec.cli
result = CliRunner().invoke(convrec.cli.app, ["--help"])
assert result.exit_code == 0 and "data" in result.output, result.output
print(json.dumps([name for name in {SLOW} if name in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_version() -> None:
    from importlib.metadata import version

    assert convrec("--version").stdout == f"{version('convrec')}\n"
