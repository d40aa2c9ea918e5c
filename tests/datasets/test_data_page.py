"""docs/data.md says what the commands and tables are: nothing missing, and its example rows can be imported."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from convrec.datasets import read_dataset
from convrec.datasets.frames import DIALOGUES, INTERACTIONS, ITEMS, TURNS
from convrec.datasets.importing import FORMATS, import_dataset
from convrec.datasets.regen_rows import COLUMNS, ROLES

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
EXAMPLES = [line for line in PAGE.splitlines() if line.startswith("{")]


def test_every_column_format_role_and_option_is_described() -> None:
    from typer.main import get_command

    from convrec.cli import app

    command = get_command(app).commands["data"].commands["import"]  # type: ignore[attr-defined]
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    table = {*options, *FORMATS, *ROLES, *COLUMNS.values(), *ITEMS, *INTERACTIONS, *TURNS, *DIALOGUES}
    words = set(re.findall(r"[\w-]+", PAGE))
    assert {"--seed", "--core", "--max-bad"} <= options
    assert sorted(table - words - {"title", "category", "price", "rating", "review", "user", "item", "date"}) == []


@pytest.mark.parametrize(
    ("format", "rows", "items"),
    [
        ("jsonl", '{"user": "ann"', '{"item": "P-17"'),
        ("amazon-2014", '{"reviewerID"', "{'asin'"),
        ("amazon-2023", '{"user_id"', '{"parent_asin"'),
        ("regen", '{"reviewer_id"', ""),
    ],
)
def test_example_rows_can_be_imported(tmp_path: Path, format: str, rows: str, items: str) -> None:
    (row,) = [line for line in EXAMPLES if line.startswith(rows)]
    (tmp_path / "rows.jsonl").write_text(row + "\n")
    if items:
        (item,) = [line for line in EXAMPLES if line.startswith(items)]
        second = '{"item": "R-2", "title": "Refill"}\n' if format == "jsonl" else ""
        (tmp_path / "items.jsonl").write_text(item + "\n" + second)
    done = import_dataset(
        tmp_path / "rows.jsonl",
        format,
        tmp_path / "out",
        items=tmp_path / "items.jsonl" if items else None,
        max_bad=0.0,
    )
    assert done.bad_rows == done.untitled == 0
    dataset = read_dataset(tmp_path / "out")
    assert len(dataset.interactions) == (2 if format == "jsonl" else 1)
    first = dataset.catalog.item(json.loads(row).get("asin", dataset.catalog[0].item_id))
    assert first.title
