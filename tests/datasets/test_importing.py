"""Each importer on small files in the form it was published in, and on every kind of bad input."""

from __future__ import annotations

import gzip
import itertools
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convrec.datasets import read_dataset
from convrec.datasets.importing import FORMATS, import_dataset
from convrec.datasets.staging import distinct, k_core, places
from convrec.errors import ConfigError, DataError, ImportFailed

Record = Mapping[str, Any]
OFFICE = Path(__file__).parents[3] / "shared" / "data" / "amazon-office"


def write_lines(path: Path, records: Iterable[Record | str], packed: bool = False) -> Path:
    text = "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return path


def review(user: str, asin: str, time: int, **more: Any) -> Record:
    return {"reviewerID": user, "asin": asin, "overall": 4.0, "reviewText": "Fine", "unixReviewTime": time, **more}


REVIEWS = [
    review("U1", "B2", 200, reviewText="It&#8217;s <b>AT&amp;amp;T;</b>"),
    review("U1", "B1", 100),
    review("U2", "B1", 300, overall=1),
    review("U2", "B1", 300, overall=1),  # published files repeat rows
]
META_2014 = [
    "{'asin': 'B1', 'title': 'Gel Pen &quot;X&quot;', 'brand': \"Nib's\", 'price': 3.5, 'imUrl': 'http://x/1.jpg', "
    "'categories': [['Office Products', 'Pens'], ['Gifts']], 'description': 'Writes.', 'related': {'also': ['B2']}}",
    "{'asin': 'B2', 'categories': [['Office Products', 'Paper']]}",
    "{'asin': 'B9', 'title': 'Nobody bought it'}",
    "{'asin': 'B1', 'title': 'The same again'}",
]


def test_amazon_2014(tmp_path: Path) -> None:
    write_lines(tmp_path / "src" / "reviews_Office_5.json.gz", REVIEWS, packed=True)
    write_lines(tmp_path / "src" / "meta_Office.json.gz", META_2014, packed=True)
    done = import_dataset(tmp_path / "src", "amazon-2014", tmp_path / "out")
    assert (done.users, done.items, done.interactions, done.repeated, done.untitled) == (2, 2, 3, 1, 1)
    dataset = read_dataset(tmp_path / "out")
    pen, paper = dataset.catalog.item("B1"), dataset.catalog.item("B2")
    assert (pen.title, pen.brand, pen.price, pen.image) == ('Gel Pen "X"', "Nib's", 3.5, "http://x/1.jpg")
    assert (pen.categories, pen.description) == (("Office Products", "Pens"), "Writes.")
    assert paper.title == "Paper (B2)"
    assert dataset.interactions.rows()[0] == ("U1", "B2", 200, 4.0, "It’s AT&T")
    assert dataset.sequences() == {
        "U1": [dataset.catalog.row("B1"), dataset.catalog.row("B2")],
        "U2": [dataset.catalog.row("B1")],
    }
    assert "1 items without a title" in dataset.card
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "README.md",
        "interactions.parquet",
        "items.parquet",
    ]


def test_amazon_2018(tmp_path: Path) -> None:
    rows = write_lines(tmp_path / "Office_5.json", REVIEWS)
    meta = {
        "asin": "B1", "title": "Pen", "brand": "Nib", "price": "$1,299.00", "feature": ["Soft grip", "&nbsp;"],
        "category": ["Office", "Pens", "</span></span></span>", "Soft grip"], "description": ["One.", "", "Two."],
        "imageURL": ["small.jpg"], "imageURLHighRes": ["large.jpg"],
    }  # fmt: skip
    items = write_lines(
        tmp_path / "meta.json", [meta, {"asin": "B2", "title": "Paper", "category": [], "price": ".a{}"}]
    )
    import_dataset(rows, "amazon-2018", tmp_path / "out", items=items)
    catalog = read_dataset(tmp_path / "out").catalog
    pen = catalog.item("B1")
    assert (pen.price, pen.categories, pen.features) == (1299.0, ("Office", "Pens"), ("Soft grip",))
    assert (pen.description, pen.image) == ("One. Two.", "large.jpg")
    assert catalog.item("B2").price is None


def test_amazon_2023(tmp_path: Path) -> None:
    row = {"user_id": "U1", "parent_asin": "B1", "rating": 5, "text": "Good", "timestamp": 1588687728923, "asin": "B0"}
    write_lines(tmp_path / "src" / "Office.jsonl", [row])
    meta = {
        "parent_asin": "B1", "title": "Pen", "store": "Nib", "categories": ["Office", "Pens"], "price": "from 2.50",
        "features": ["Soft"], "description": ["Writes."], "images": [{"thumb": "t", "large": "l", "hi_res": None}],
        "details": {"Ink Color": "Blue", "Brand": "Nib", "Best Sellers Rank": {"Pens": 3}, "Story": "x" * 99},
    }  # fmt: skip
    write_lines(tmp_path / "src" / "meta_Office.jsonl", [meta])
    import_dataset(tmp_path / "src", "amazon-2023", tmp_path / "out")
    dataset = read_dataset(tmp_path / "out")
    pen = dataset.catalog.item("B1")
    assert (pen.brand, pen.price, pen.image, dict(pen.attributes)) == ("Nib", 2.5, "l", {"ink_color": "Blue"})
    assert dataset.interactions.rows() == [("U1", "B1", 1588687728, 5.0, "Good")]


def regen_row(user: str, asin: str, date: str, **more: Any) -> Record:
    return {
        "reviewer_id": user, "asin": asin, "title": f"Title {asin}", "category": "Office - Pens - Gel Pens",
        "price": 3.0, "rating": 5.0, "review": "Nice", "purchase_date": date, "long_summary": "", **more,
    }  # fmt: skip


def test_regen(tmp_path: Path) -> None:
    rows = [
        regen_row("U1", "B3", "03/02/2015", crit=["redder", "in red", "but red"], long_summary="Likes ⟨price⟩ pens"),
        regen_row("U1", "B1", "01/02/2015"),
        regen_row("U1", "B2", "02/02/2015", crit="finer"),
        regen_row("U2", "B1", "01/01/2015", crit="[not a list]"),
    ]
    source = write_lines(tmp_path / "regen.jsonl", rows)
    done = import_dataset(source, "regen", tmp_path / "out", columns={"critique": "crit"}, seed=1)
    assert done.turns == {"critique": 5, "user_summary": 1}
    dataset = read_dataset(tmp_path / "out")
    assert dataset.catalog.item("B1").categories == ("Office", "Pens", "Gel Pens")
    turns = dataset.turns.rows(named=True)
    assert [(t["user_id"], t["position"], t["target_item_id"], t["kind"], t["text"], t["split"]) for t in turns] == [
        ("U1", 2, "B3", "critique", "redder", "test"),
        ("U1", 2, "B3", "critique", "in red", "test"),
        ("U1", 2, "B3", "critique", "but red", "test"),
        ("U1", 2, "B3", "user_summary", "Likes ‹price› pens", "test"),  # text of others is never a fact token
        ("U1", 1, "B2", "critique", "finer", "validation"),
        ("U2", 0, "B1", "critique", "[not a list]", "train"),
    ]
    assert sum(t["chosen"] for t in turns[:3]) == 1, "one of several critiques is drawn"
    again = import_dataset(source, "regen", tmp_path / "again", columns={"critique": "crit"}, seed=1)
    assert again.turns == done.turns
    assert read_dataset(tmp_path / "again").turns.equals(dataset.turns)


def test_regen_from_csv_and_parquet(tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame(
        [regen_row("U1", "B1", "01/02/2015", long_summary="Blue, mostly"), regen_row("U1", "B2", "01/03/2015")]
    )
    frame.write_csv(tmp_path / "r.csv")
    frame.write_parquet(tmp_path / "r.parquet")
    for name in ("r.csv", "r.parquet"):
        import_dataset(tmp_path / name, "regen", tmp_path / f"{name}-out")
        dataset = read_dataset(tmp_path / f"{name}-out")
        assert dataset.turns["text"].to_list() == ["Blue, mostly"]
        assert dataset.catalog.item("B2").price == 3.0


def test_regen_columns_that_hold_nothing_or_mean_nothing(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "regen.jsonl", [regen_row("U1", "B1", "01/02/2015")])
    with pytest.raises(ImportFailed, match="column 'critiqe' held no critique"):
        import_dataset(source, "regen", tmp_path / "out", columns={"critique": "critiqe"})
    with pytest.raises(ConfigError, match="no column role 'critic'"):
        import_dataset(source, "regen", tmp_path / "out", columns={"critic": "x"})
    assert not (tmp_path / "out").exists()


SHOP = [
    {
        "item": 1,
        "title": "Pen",
        "categories": ["Office", "Pens & Pencils"],
        "attributes": {"Tip (mm)": 0.7, "colour": "blue"},
    },
    {"item_id": "2", "title": "Refill", "categories": "Office > Refills", "price": "$2.00", "available": False},
    {"item": 3, "title": "New", "features": ["Soft"], "attributes": {"materials": ["tin", "wood"], "quick_dry": True}},
]


def test_jsonl(tmp_path: Path) -> None:
    write_lines(tmp_path / "src" / "items.jsonl", SHOP)
    timed = {"user_id": "b", "items": [2, 1], "timestamps": [9, 5], "ratings": [None, 4], "reviews": ["", "Good"]}
    write_lines(tmp_path / "src" / "sequences.jsonl.gz", [{"user": 0, "items": [1, 2, 1]}, timed], packed=True)
    done = import_dataset(tmp_path / "src", "jsonl", tmp_path / "out")
    assert done.lines() == []
    dataset = read_dataset(tmp_path / "out")
    catalog, row = dataset.catalog, dataset.catalog.row
    assert len(catalog) == 3, "a shop's own items stay, bought or not"
    assert dict(catalog.item("1").attributes) == {"tip_mm": 0.7, "colour": "blue"}
    assert catalog.item("3").attributes == {"materials": ("tin", "wood"), "quick_dry": True}
    assert catalog.item("1").categories == ("Office", "Pens & Pencils")
    assert (catalog.item("2").categories, catalog.item("2").available) == (("Office", "Refills"), False)
    assert dataset.sequences() == {"0": [row("1"), row("2"), row("1")], "b": [row("1"), row("2")]}
    assert dataset.interactions["timestamp"].to_list() == [0, 1, 2, 9, 5]


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


def test_half_a_history_is_no_history(tmp_path: Path) -> None:
    write_lines(tmp_path / "src" / "items.jsonl", SHOP)
    bad = [{"user": 1, "items": [1, None]}, {"user": 2, "items": "12"}, {"user": 3, "items": [1], "ratings": [1, 2]}]
    write_lines(tmp_path / "src" / "sequences.jsonl", [*bad, {"user": 0, "items": [1, 2]}])
    import_dataset(tmp_path / "src", "jsonl", tmp_path / "out", max_bad=0.9)
    assert read_dataset(tmp_path / "out").interactions["user_id"].to_list() == ["0", "0"]


@pytest.mark.parametrize("attributes", [{"颜色": "blue"}, {"a": {"b": 1}}, {"a": float("inf")}, {"a": None}, ["a"]])
def test_attributes_that_cannot_be_facets_are_bad_rows(tmp_path: Path, attributes: object) -> None:
    write_lines(tmp_path / "src" / "items.jsonl", [{"item": 1, "title": "Pen", "attributes": attributes}, SHOP[1]])
    write_lines(tmp_path / "src" / "sequences.jsonl", [{"user": 0, "items": [2]}])
    done = import_dataset(tmp_path / "src", "jsonl", tmp_path / "out", max_bad=0.5)
    assert done.rejected[0].startswith("items.jsonl:1: item 1: attribute")
    assert [item.item_id for item in read_dataset(tmp_path / "out").catalog.items] == ["2"]


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


def test_python_in_metadata_is_never_run(tmp_path: Path) -> None:
    write_lines(tmp_path / "src" / "reviews.json", REVIEWS)
    trap = tmp_path / "trap"
    evil = f"{{'asin': 'B1', 'title': open({str(trap)!r}, 'w').write('x')}}"
    write_lines(tmp_path / "src" / "meta.json", [*META_2014, evil])
    done = import_dataset(tmp_path / "src", "amazon-2014", tmp_path / "out", max_bad=0.3)
    assert done.rejected == ["meta.json:5: neither JSON nor a Python literal"]
    assert not trap.exists()


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


def peeled(found: list[tuple[int, int, int]], k: int) -> list[tuple[int, int, int]]:
    """The k-core, one dropped row at a time."""
    for row in found:
        if any(sum(other[column] == row[column] for other in found) < k for column in (0, 1)):
            return peeled([other for other in found if other != row], k)
    return found


rows = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=30)


@given(rows, st.integers(0, 3))
def test_which_rows_stay(found: list[tuple[int, int, int]], k: int) -> None:
    users, items = (np.array(column, dtype=np.uint32) for column in list(zip(*found, strict=True))[:2])
    times = np.array([row[2] for row in found], dtype=np.int64)
    keep = distinct(users, items, times)
    assert keep.tolist() == [row not in found[:place] for place, row in enumerate(found)]
    core = k_core(users, items, keep, k)
    assert not (core & ~keep).any()
    kept = [row for row, stays in zip(found, core, strict=True) if stays]
    assert kept == peeled([row for row, stays in zip(found, keep, strict=True) if stays], k)
    positions, lengths = places(users, times, core)
    for user in set(users.tolist()):
        mine = [place for place in np.flatnonzero(core) if users[place] == user]
        order = sorted(mine, key=lambda place: times[place])
        assert [positions[place] for place in order] == list(range(len(mine)))
        assert all(lengths[place] == len(mine) for place in mine)


def test_every_format_is_known_to_the_command() -> None:
    from convrec.cli import SourceFormat

    assert tuple(SourceFormat) == FORMATS


def test_amazon_office(tmp_path: Path) -> None:
    if not OFFICE.is_dir():
        pytest.skip(f"REAL DATA ABSENT: {OFFICE} is not there, so the import of real data is NOT tested here")
    done = import_dataset(OFFICE, "jsonl", tmp_path / "office")
    assert (done.users, done.items, done.interactions) == (4905, 2420, 53258)
    assert (done.bad_rows, done.repeated, done.unknown_items, done.untitled) == (0, 0, 0, 3)
    dataset = read_dataset(tmp_path / "office")
    assert (len(dataset.sequences()), len(dataset.catalog), len(dataset.interactions)) == (4905, 2420, 53258)
    text = " ".join(f"{i.title} {i.brand} {i.description} {'/'.join(i.categories)}" for i in dataset.catalog.items)
    for broken in ("&amp", "&quot", "&reg", "AT&T;", "<br"):
        assert broken not in text
    assert dataset.catalog.facets["category"].values.count("Tape, Adhesives & Fasteners") == 1
    source = [json.loads(line) for line in (OFFICE / "sequences.jsonl").read_text().splitlines()]
    read = dataset.sequences()
    for sequence in source:
        assert [dataset.catalog[row].item_id for row in read[str(sequence["user"])]] == [
            str(i) for i in sequence["items"]
        ]
    followed = sum(b == a + 1 for rows in read.values() for a, b in itertools.pairwise(rows))
    assert followed < 0.01 * done.interactions, "the row order tells the next item"
