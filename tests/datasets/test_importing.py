"""An import is whole or leaves nothing, whatever is wrong with its source."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from dataset_samples import META_2014, REVIEWS, SHOP, review, write_lines

from convrec.datasets import read_dataset
from convrec.datasets.importing import FORMATS, import_dataset
from convrec.errors import ConfigError, DataError, ImportFailed


def test_the_seed_alone_orders_the_rows(tmp_path: Path) -> None:
    items = [{"item": n, "title": f"T{n}"} for n in range(50)]
    orders = []
    for name, seed, listed in (("a", 0, items), ("b", 0, items[::-1]), ("c", 1, items)):
        write_lines(tmp_path / name / "items.jsonl", listed)
        write_lines(tmp_path / name / "sequences.jsonl", [{"user": 0, "items": list(range(50))}])
        import_dataset(tmp_path / name, "jsonl", tmp_path / f"{name}-out", seed=seed)
        orders.append([item.item_id for item in read_dataset(tmp_path / f"{name}-out").catalog.items])
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != [str(n) for n in range(50)]


def test_core_keeps_those_with_enough(tmp_path: Path) -> None:
    write_lines(tmp_path / "src" / "items.jsonl", SHOP)
    sequences = [{"user": u, "items": [1, 2]} for u in "abc"] + [
        {"user": "d", "items": [1, 3]},
        {"user": "e", "items": [3]},
    ]
    write_lines(tmp_path / "src" / "sequences.jsonl", sequences)
    done = import_dataset(tmp_path / "src", "jsonl", tmp_path / "out", core=2)
    dataset = read_dataset(tmp_path / "out")
    assert (done.users, done.items, done.interactions, done.filtered) == (3, 2, 6, 3)
    assert set(dataset.sequences()) == set("abc"), "e has one item, so 3 has one user, so d has one item"
    assert {i.item_id for i in dataset.catalog.items} == {"1", "2"}
    with pytest.raises(ImportFailed, match="no user and item has 9 interactions"):
        import_dataset(tmp_path / "src", "jsonl", tmp_path / "none", core=9)


BAD_REVIEWS = {
    "no JSON": "{'reviewerID': ",
    "a JSON object was expected": "[1, 2]",
    "no usable reviewerID": json.dumps(review("", "B1", 1)),
    "no usable asin": json.dumps(review("U1", None, 1)),  # type: ignore[arg-type]
    "no unixReviewTime": json.dumps(review("U1", "B1", None)),  # type: ignore[arg-type]
    "unixReviewTime is no number": json.dumps(review("U1", "B1", "soon")),  # type: ignore[arg-type]
    "overall is no number": json.dumps(review("U1", "B1", 1, overall=float("nan"))),
    "is no time in seconds": json.dumps(review("U1", "B1", 10**15)),
    "characters that are no text": json.dumps(review("U\ud800", "B1", 1)),
    "no JSON (": "[" * 100_000,
}


@pytest.mark.parametrize("reason", BAD_REVIEWS)
def test_a_bad_row_is_reported_with_file_and_line_and_skipped(tmp_path: Path, reason: str) -> None:
    write_lines(tmp_path / "src" / "reviews.json", [REVIEWS[0], "", BAD_REVIEWS[reason], *REVIEWS[1:]])
    write_lines(tmp_path / "src" / "meta.json", META_2014)
    done = import_dataset(tmp_path / "src", "amazon-2014", tmp_path / "out", max_bad=0.2)
    assert done.bad_rows == 1
    assert done.rejected[0].startswith("reviews.json:3: ")
    assert reason in done.rejected[0]
    assert (tmp_path / "out" / "rejected.txt").read_text().startswith("reviews.json:3: ")
    assert len(read_dataset(tmp_path / "out").interactions) == 3
    with pytest.raises(
        ImportFailed, match=r"1 of 5 rows of .*reviews\.json are bad, more than 1\.00%: reviews\.json:3"
    ):
        import_dataset(tmp_path / "src", "amazon-2014", tmp_path / "strict")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "src"], "nothing half-written stays"


def test_bytes_that_are_no_text_are_a_bad_row(tmp_path: Path) -> None:
    rows = write_lines(tmp_path / "src" / "reviews.json", REVIEWS)
    rows.write_bytes(rows.read_bytes() + b"\xff\xfe\n")
    write_lines(tmp_path / "src" / "meta.json", META_2014)
    done = import_dataset(tmp_path / "src", "amazon-2014", tmp_path / "out", max_bad=0.5)
    assert done.rejected == ["reviews.json:5: not UTF-8 (invalid start byte)"]


def test_the_wrong_format_is_noticed_at_once(tmp_path: Path) -> None:
    write_lines(tmp_path / "src" / "reviews.json", REVIEWS * 1000)
    write_lines(tmp_path / "src" / "meta.json", META_2014)
    with pytest.raises(ImportFailed, match=r"none of the first 100 rows can be read: .* is --format right"):
        import_dataset(tmp_path / "src", "amazon-2023", tmp_path / "out")


def test_interactions_with_items_nobody_describes(tmp_path: Path) -> None:
    write_lines(tmp_path / "src" / "reviews.json", [*REVIEWS, review("U3", "B7", 5)])
    write_lines(tmp_path / "src" / "meta.json", META_2014)
    with pytest.raises(ImportFailed, match=r"1 of 5 interactions are with items .* 'B7' for one"):
        import_dataset(tmp_path / "src", "amazon-2014", tmp_path / "out")
    done = import_dataset(tmp_path / "src", "amazon-2014", tmp_path / "out", max_bad=0.3)
    assert done.unknown_items == 1
    assert set(read_dataset(tmp_path / "out").sequences()) == {"U1", "U2"}


@pytest.mark.parametrize("cut", ["archive", "parquet", "missing", "empty", "folder", "two", "alone"])
def test_a_source_that_cannot_be_read_says_so_and_leaves_nothing(tmp_path: Path, cut: str) -> None:
    source, items = tmp_path / "src", None
    write_lines(source / "reviews.json.gz", REVIEWS * 500, packed=True)
    write_lines(source / "meta.json", META_2014)
    rows = source / "reviews.json.gz"
    format, complaint = "amazon-2014", ""
    if cut == "archive":
        rows.write_bytes(rows.read_bytes()[:-20])
        complaint = "reviews.json.gz cannot be read after row"
    elif cut == "parquet":
        source, format, complaint = source / "r.parquet", "regen", "r.parquet is no readable Parquet file"
        source.write_bytes(b"PAR1 and nothing more")
    elif cut == "missing":
        source, complaint = tmp_path / "nowhere", "no such source"
    elif cut == "empty":
        rows.write_bytes(b"")
        complaint = "holds no rows"
    elif cut == "folder":
        rows.unlink()
        complaint = "one file of interactions and one of items, found meta.json"
    elif cut == "two":
        write_lines(source / "more.json", REVIEWS)
        complaint = "found meta.json, more.json, reviews.json.gz"
    else:
        source, complaint = rows, "name the items file too: --items FILE"
    with pytest.raises(DataError) as caught:
        import_dataset(source, format, tmp_path / "out", items=items)
    assert complaint in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["src"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"format": "amazon-1999"}, "unknown format 'amazon-1999'; it is one of amazon-2014"),
        ({"max_bad": 2.0}, "max_bad is a share"),
        ({"core": -1}, "cannot be negative"),
        ({"columns": {"user": "x"}}, "belongs to --format regen"),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        import_dataset(**{"source": tmp_path, "format": "jsonl", "out": tmp_path / "out", **options})
    assert complaint in str(caught.value)


def test_an_import_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    write_lines(tmp_path / "src" / "reviews.json", REVIEWS)
    write_lines(tmp_path / "src" / "meta.json", META_2014)

    def interrupt(name: str, done: int, total: int) -> None:
        if name == "meta.json":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_dataset(tmp_path / "src", "amazon-2014", tmp_path / "out", progress=interrupt)
    assert [p.name for p in tmp_path.iterdir()] == ["src"]


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    write_lines(tmp_path / "src" / "reviews.json", REVIEWS[:2] * 100_000)
    write_lines(tmp_path / "src" / "meta.json", META_2014)
    source, out = str(tmp_path / "src"), str(tmp_path / "out")
    command = [sys.executable, "-m", "convrec.cli", "data", "import", source, "--format", "amazon-2014", "--out", out]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not list(tmp_path.glob(".out.partial-*/staged-interactions.parquet")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.stderr
        said = process.stderr.read()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert [p.name for p in tmp_path.iterdir()] == ["src"]


# Imports, and stands still once the first file is read: the moment to kill it.
IMPORTING = """
import sys, time
from convrec.datasets.importing import import_dataset
import_dataset(sys.argv[1], "amazon-2014", sys.argv[2], progress=lambda *at: (print(at, flush=True), time.sleep(60)))
"""


def test_a_killed_import_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    write_lines(tmp_path / "src" / "reviews.json", REVIEWS)
    write_lines(tmp_path / "src" / "meta.json", META_2014)
    command = [sys.executable, "-c", IMPORTING, str(tmp_path / "src"), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert b"reviews.json" in process.stdout.readline()
        process.kill()
    assert not (tmp_path / "out").exists()
    assert list(tmp_path.glob(".out.partial-*/staged-interactions.parquet")), "it was in the middle of it"
    import_dataset(tmp_path / "src", "amazon-2014", tmp_path / "out")
    assert not list(tmp_path.glob(".out.*")), "the next import clears away what the killed one left"


def test_every_format_is_known_to_the_command() -> None:
    from convrec.commands.data import SourceFormat

    assert tuple(SourceFormat) == FORMATS
