"""The folder holds what was written, appears whole or not at all, and says clearly what is wrong with it."""

from __future__ import annotations

import math
import os
import signal
import string
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import pytest
from dataset_samples import small_dataset
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from convrec.catalog import Catalog, Item
from convrec.datasets import Dataset, read_dataset, write_dataset
from convrec.datasets.atomic import new_folder
from convrec.datasets.folder import read_catalog
from convrec.datasets.frames import INTERACTIONS
from convrec.errors import DataError

TABLES = ("items", "interactions", "turns", "dialogues")


def assert_same(found: Dataset, expected: Dataset) -> None:
    assert found.catalog.items == expected.catalog.items
    assert found.catalog.retired == expected.catalog.retired
    assert found.card == expected.card
    for table in TABLES[1:]:
        assert_frame_equal(getattr(found, table), getattr(expected, table))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_dataset(small_dataset(), tmp_path / "small")
    return tmp_path / "small"


def test_what_was_written_is_read(folder: Path) -> None:
    assert_same(read_dataset(folder), small_dataset())
    assert read_catalog(folder).items == small_dataset().catalog.items


names = st.text(string.ascii_letters + "é⟨⟩\"'\n ", min_size=1, max_size=8)
attribute = st.one_of(
    st.booleans(), st.floats(allow_nan=False, allow_infinity=False), names, st.lists(names, max_size=3).map(tuple)
)
any_items = st.lists(
    st.builds(
        Item,
        item_id=names,
        title=names,
        categories=st.lists(names, max_size=3).map(tuple),
        price=st.none() | st.floats(0.01, 1e6),
        features=st.lists(names, max_size=2).map(tuple),
        attributes=st.dictionaries(names, attribute, max_size=3),
        available=st.booleans(),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda item: item.item_id,
)


@settings(max_examples=40, deadline=None)
@given(any_items, st.data())
def test_any_dataset_survives_the_folder(found: list[Item], data: st.DataObject) -> None:
    ids = [item.item_id for item in found]
    rows = data.draw(st.lists(st.tuples(names, st.sampled_from(ids), st.integers(0, 9)), max_size=12))
    interactions = pl.DataFrame(
        [(*row, None, "") for row in rows],
        schema=INTERACTIONS,
        orient="row",
    )
    dataset = Dataset(Catalog(found), interactions)
    with tempfile.TemporaryDirectory() as place:
        write_dataset(dataset, f"{place}/set")
        again = read_dataset(f"{place}/set")
    assert_same(again, dataset)
    expected: dict[str, list[int]] = {}
    for user, item_id, _ in sorted(rows, key=lambda row: row[2]):
        expected.setdefault(user, []).append(ids.index(item_id))
    assert again.sequences() == expected


def test_sequences_follow_time_then_row(folder: Path) -> None:
    dataset = read_dataset(folder)
    assert dataset.sequences() == {"ann": [0, 1, 2], "ben": [2, 0], "cat": [0]}
    assert list(dataset.sequences()) == ["ann", "ben", "cat"], "users stand in order of first appearance"
    assert dataset.timestamps() == {"ann": [10, 20, 30], "ben": [7, 7], "cat": [40]}


def test_turns_and_dialogues_may_be_absent(tmp_path: Path) -> None:
    full = small_dataset()
    write_dataset(Dataset(full.catalog, full.interactions), tmp_path / "plain")
    assert sorted(p.name for p in (tmp_path / "plain").iterdir()) == [
        "README.md",
        "interactions.parquet",
        "items.parquet",
    ]
    again = read_dataset(tmp_path / "plain")
    assert again.turns.schema == full.turns.schema
    assert again.dialogues.schema == full.dialogues.schema
    assert len(again.turns) == len(again.dialogues) == 0


def test_an_existing_folder_stays_untouched_unless_asked(folder: Path) -> None:
    other = Dataset(Catalog([Item("a", "A")]), small_dataset().interactions.clear())
    with pytest.raises(DataError, match="already exists"):
        write_dataset(other, folder)
    assert_same(read_dataset(folder), small_dataset())
    write_dataset(other, folder, overwrite=True)
    assert_same(read_dataset(folder), other)
    assert [p.name for p in folder.parent.iterdir()] == [folder.name], "nothing is left beside it"


def test_overwriting_never_takes_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="not ours to overwrite"):
        write_dataset(small_dataset(), tmp_path / "home", overwrite=True)
    assert (tmp_path / "home" / "letter.txt").read_text() == "dear"


def test_a_missing_folder_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no dataset folder at .*nowhere; make one with `convrec data import"):
        read_dataset(tmp_path / "nowhere")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("damage", ["cut", "nothing", "noise", "flipped"])
def test_a_corrupt_table_is_named(folder: Path, table: str, damage: str) -> None:
    path = folder / f"{table}.parquet"
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(
        {
            "cut": whole[:middle],
            "nothing": b"",
            "noise": os.urandom(200),
            "flipped": whole[:-40] + bytes(b ^ 255 for b in whole[-40:]),
        }[damage]
    )
    with pytest.raises(DataError) as caught:
        read_dataset(folder)
    assert str(path) in str(caught.value)
    assert "again" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("table", ["items", "interactions"])
def test_a_missing_table_is_named(folder: Path, table: str) -> None:
    (folder / f"{table}.parquet").unlink()
    with pytest.raises(DataError, match=rf"{table}\.parquet is missing"):
        read_dataset(folder)


@pytest.mark.parametrize(
    ("table", "column", "old", "new", "complaint"),
    [
        ("items", "item_id", "pen", "paper", "'paper' stands twice"),
        ("items", "title", "Paper", "", "row 2 is no item"),
        ("items", "attributes", '{"fits": "G2", "count": 3}', "{", "row 1 is no item"),
        ("items", "attributes", '{"fits": "G2", "count": 3}', "[1]", "row 1 is no item"),
        ("items", "attributes", '{"fits": "G2", "count": 3}', '{"count": 3} {', "row 1 is no item"),
        ("items", "attributes", '{"fits": "G2", "count": 3}', "null", "row 1 is no item"),
        ("interactions", "item_id", "refill", "ghost", "item_id 'ghost' is not in items"),
        ("interactions", "timestamp", 10, None, "1 of 6 rows have no timestamp"),
        ("turns", "user_id", "ann", "zoe", "user_id 'zoe' is not in interactions"),
        ("turns", "target_item_id", "refill", "ghost", "target_item_id 'ghost' is not in items"),
        ("turns", "kind", "critique", "insult", "kind 'insult' is unknown"),
        ("dialogues", "split", "test", "exam", "split 'exam' is unknown"),
        ("dialogues", "reference_item_id", "pen", "ghost", "reference_item_id 'ghost' is not in items"),
    ],
)
def test_a_value_that_does_not_fit_is_named(
    folder: Path, table: str, column: str, old: object, new: object, complaint: str
) -> None:
    path = folder / f"{table}.parquet"
    pl.read_parquet(path).with_columns(pl.col(column).replace(old, new)).write_parquet(path)
    with pytest.raises(DataError) as caught:
        read_dataset(folder)
    assert complaint in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("held", "attributes"),
    [(None, {}), ("", {}), (' {"a": Infinity}', {"a": math.inf}), ('{"a": "\\ud83d"}', {"a": "\ud83d"})],
)
def test_attributes_may_be_absent_or_what_only_python_reads(
    folder: Path, held: str | None, attributes: dict[str, object]
) -> None:
    path = folder / "items.parquet"
    pl.read_parquet(path).with_columns(pl.lit(held, dtype=pl.String).alias("attributes")).write_parquet(path)
    assert [item.attributes for item in read_catalog(folder).items] == [attributes] * 3


@pytest.mark.parametrize(
    ("table", "column"),
    [("items", "title"), ("interactions", "timestamp"), ("turns", "kind"), ("dialogues", "refused")],
)
def test_a_missing_or_mistyped_column_is_named(folder: Path, table: str, column: str) -> None:
    path = folder / f"{table}.parquet"
    frame = pl.read_parquet(path)
    frame.drop(column).write_parquet(path)
    with pytest.raises(DataError, match=rf"{table}\.parquet: column {column} is missing"):
        read_dataset(folder)
    frame.with_columns(pl.struct(pl.lit(1)).alias(column)).write_parquet(path)
    with pytest.raises(DataError, match=rf"{table}\.parquet: column .*the wrong type"):
        read_dataset(folder)


# Writes folders until it is killed: new ones ("new") or the same one again and again ("over").
WRITING = """
import itertools, sys
from dataset_samples import small_dataset
from convrec.datasets import write_dataset
place, kind = sys.argv[1:]
for n in itertools.count():
    if kind == "new":
        write_dataset(small_dataset(), f"{place}/n{n}")
    else:
        write_dataset(small_dataset(), f"{place}/small", overwrite=True)
    print(n, flush=True)
"""


def killed_while_writing(place: Path, kind: str, after: float) -> None:
    command = [sys.executable, "-c", WRITING, str(place), kind]
    with subprocess.Popen(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()  # it is at it
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        process.stdout.read()


def test_a_kill_leaves_whole_folders_only(tmp_path: Path) -> None:
    killed_while_writing(tmp_path, "new", 0.1)
    whole = [p for p in tmp_path.iterdir() if not p.name.startswith(".")]
    assert whole
    for found in whole:
        assert_same(read_dataset(found), small_dataset())
    hidden = [p for p in tmp_path.iterdir() if p.name.startswith(".")]
    assert len(hidden) <= 1
    for partial in hidden:  # writing again clears it away
        name = partial.name[1:].partition(".")[0]
        write_dataset(small_dataset(), tmp_path / name)
        assert not partial.exists()


@pytest.mark.parametrize("after", [0.011, 0.017, 0.03])
def test_a_kill_while_overwriting_loses_nothing(folder: Path, after: float) -> None:
    killed_while_writing(folder.parent, "over", after)
    stands = [folder] if folder.exists() else list(folder.parent.glob(".small.old-*"))
    assert len(stands) == 1
    assert_same(read_dataset(stands[0]), small_dataset())


FULL_DISK = """
import resource, sys
from dataset_samples import small_dataset
from convrec.datasets import write_dataset
from convrec.datasets.frames import INTERACTIONS
from convrec.errors import DataError
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_dataset(small_dataset(), sys.argv[1], overwrite=True)
except DataError as error:
    print(error)
"""


@pytest.mark.parametrize("existing", [True, False])
def test_a_disk_that_takes_no_more_leaves_nothing_and_says_so(folder: Path, existing: bool) -> None:
    target = folder if existing else folder.with_name("other")
    command = [sys.executable, "-c", FULL_DISK, str(target)]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"cannot write {target}: ")
    assert "nothing was written" in done.stdout
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]
    assert_same(read_dataset(folder), small_dataset())


def test_what_fails_while_writing_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with new_folder(tmp_path / "set") as partial:
            (partial / "items.parquet").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []
