"""Each importer on small files in the form its data was published in, and on real data where that is there."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dataset_samples import META_2014, REVIEWS, SHOP, write_lines

from convrec.datasets import read_dataset
from convrec.datasets.importing import import_dataset
from convrec.errors import ConfigError, ImportFailed

Record = Mapping[str, Any]
OFFICE = Path(__file__).parents[3] / "shared" / "data" / "amazon-office"


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


def test_python_in_metadata_is_never_run(tmp_path: Path) -> None:
    write_lines(tmp_path / "src" / "reviews.json", REVIEWS)
    trap = tmp_path / "trap"
    evil = f"{{'asin': 'B1', 'title': open({str(trap)!r}, 'w').write('x')}}"
    write_lines(tmp_path / "src" / "meta.json", [*META_2014, evil])
    done = import_dataset(tmp_path / "src", "amazon-2014", tmp_path / "out", max_bad=0.3)
    assert done.rejected == ["meta.json:5: neither JSON nor a Python literal"]
    assert not trap.exists()


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
