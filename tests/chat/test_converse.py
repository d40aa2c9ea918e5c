"""The runner must notice what is wrong: each expectation is shown to fail where it does not hold."""

from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from convrec.catalog import Catalog
from convrec.chat.cast import Cast, load_scripted
from convrec.chat.converse import Outcome, converse, converse_files, table
from convrec.chat.script import Script, read_script
from convrec.datasets import Dataset, write_dataset
from convrec.errors import ScriptError


@pytest.fixture(scope="module")
def dataset(shop: Catalog) -> Dataset:
    pens = [item.item_id for item in shop.items if item.leaf == "Gel pens"][:3]
    bought = {"user_id": ["ann"] * 3, "item_id": pens, "timestamp": [1, 2, 3], "rating": [None] * 3, "review": [""] * 3}
    return Dataset(shop, pl.DataFrame(bought, schema_overrides={"rating": pl.Float64}))


@pytest.fixture(scope="module")
def cast(dataset: Dataset) -> Cast:
    return load_scripted(dataset)


def script(folder: Path, turns: str, head: str = "about: a test") -> Script:
    path = folder / "script.yaml"
    path.write_text(f"{head}\nturns:\n{turns}", encoding="utf-8")
    return read_script(path)


def run(folder: Path, cast: Cast, turns: str, head: str = "about: a test", dataset: Dataset | None = None) -> Outcome:
    return converse(script(folder, turns, head), cast, f"sqlite:///{folder}/scripts.sqlite", dataset)


@pytest.mark.parametrize(
    ("expectation", "complaint"),
    [
        ("items: {count: 2}", "1 items shown, expected 2"),
        ("items: {count: {min: 3}}", "1 items shown, expected 3"),
        ("items: {category: Staplers}", "is in Writing"),
        ("items: {category_not: Gel pens}", "is in Gel pens"),
        ("items: {brand: Nobody}", "is by"),
        ("items: {price_max: 0.5}", "costs"),
        ("items: {price_min: 500}", "costs"),
        ("items: {price_below: previous}", "which is not less than"),
        ("items: {attributes: {colour: invisible}}", "expected 'invisible'"),
        ("items: {attributes_not: {ink: gel}}", "ink is 'gel'"),
        ("items: {in_top: [S9999]}", "none of S9999"),
        ("items: {fits: owned}", "fits nothing"),
        ("items: {nearest: true}", "no wish was given up"),
        ("reading: {act: why}", "read as 'recommend', expected 'why'"),
        ("reading: {constraints: [{facet: price}]}", "did not read price"),
        ("reading: {no_constraints: [category]}", "read a constraint on category"),
        ("reading: {together: true}", "together was read as False"),
        ("narrative: {mentions: [unicorn]}", "does not mention 'unicorn'"),
        ("narrative: {not_contains: [the]}", "contains 'the'"),
        ("narrative: {min_words: 500}", "expected at least 500"),
        ("narrative: {max_words: 1}", "expected at most 1"),
        ("in_force: []", "in force, unexpectedly"),
        ("in_force: [{facet: brand}]", "brand is not in force"),
        ("stored: interrupted", "stored as 'done'"),
        ("latency_ms: {total: 0}", "expected 0"),
        ("error: empty", "was answered"),
    ],
)
def test_an_expectation_that_does_not_hold_is_a_sentence(
    tmp_path: Path, cast: Cast, expectation: str, complaint: str
) -> None:
    outcome = run(tmp_path, cast, f"  - say: I need a gel pen\n    {expectation}")
    assert any(complaint in failure for failure in outcome.failures), outcome.failures
    assert all(failure.startswith("turn 1 ('I need a gel pen'): ") for failure in outcome.failures)


def test_what_holds_is_no_failure(tmp_path: Path, cast: Cast) -> None:
    outcome = run(
        tmp_path,
        cast,
        """
  - say: I need a gel pen
    reading: {act: recommend, constraints: [{facet: category, op: is, value: Gel pens, hard: true}]}
    items: {count: 1, category: [Gel pens, Staplers], price_min: 0.1}
    narrative: {mentions: ["{title}", "{price}", "{brand}"], min_words: 3, max_words: 100}
    in_force: [{facet: category}]
  - say: ""
    error: empty
""",
    )
    assert outcome.failures == []
    assert len(outcome.turns) == 2


def test_a_user_of_the_dataset_owns_what_they_bought(tmp_path: Path, cast: Cast, dataset: Dataset) -> None:
    about = "about: a test\nuser: ann"
    outcome = run(tmp_path, cast, "  - say: what do you know about me?", about, dataset)
    reply = outcome.turns[0].reply
    assert reply is not None
    assert "3 things" in reply.parts[0].text  # type: ignore[union-attr]
    with pytest.raises(ScriptError, match="no user 'bob'"):
        run(tmp_path, cast, "  - say: hello", "about: a test\nuser: bob", dataset)
    with pytest.raises(ScriptError, match="needs a dataset"):
        run(tmp_path, cast, "  - say: hello", about)


@pytest.mark.parametrize(
    ("turn", "complaint"),
    [
        ("{say: hello, dislike: 1}", "turn 1: `dislike: 1`"),
        ("{say: hello, branch: 3}", "turn 1: `branch: 3`"),
        ("{retry: true}", "nothing was said yet"),
    ],
)
def test_an_action_without_its_object_is_a_script_error(tmp_path: Path, cast: Cast, turn: str, complaint: str) -> None:
    with pytest.raises(ScriptError, match=complaint):
        run(tmp_path, cast, f"  - {turn}")


def test_an_unknown_history_is_a_script_error(tmp_path: Path, cast: Cast) -> None:
    with pytest.raises(ScriptError, match="neither an item id nor a category"):
        run(tmp_path, cast, "  - say: hello", "about: a test\nhistory: [Unicorns]")


def test_a_folder_of_scripts_runs_and_the_table_tells_which_held(tmp_path: Path, dataset: Dataset, cast: Cast) -> None:
    write_dataset(dataset, tmp_path / "shop")
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "good.yaml").write_text("about: a\nturns: [{say: a gel pen, items: {count: 1}}]")
    (scripts / "poor.yaml").write_text("about: b\nturns: [{say: a gel pen, items: {count: 4}}]")
    console = Console(record=True, width=200, quiet=True)
    arguments = {"model": None, "dataset": tmp_path / "shop", "db": None, "scripted": True, "console": console}
    assert converse_files([scripts / "good.yaml"], **arguments)  # type: ignore[arg-type]
    assert not converse_files([scripts], **arguments)  # type: ignore[arg-type]
    with pytest.raises(ScriptError, match=r"no \*\.yaml"):
        converse_files([tmp_path / "shop"], **arguments)  # type: ignore[arg-type]
    drawn = table([run(tmp_path, cast, "  - say: a gel pen")])
    assert list(drawn.columns[1].cells) == ["yes"]
