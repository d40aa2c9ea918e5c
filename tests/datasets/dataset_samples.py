"""A small dataset with something in every table, and small sources to import."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from convrec.catalog import Catalog, Item
from convrec.conversation import Act, Constraint, Op, Reading
from convrec.datasets import Dataset
from convrec.datasets.frames import TURNS

PEN = Item(
    "pen", "Gel Pen ⟨price⟩ 笔", "Nib & Co", ("Office", "Pens"), 2.5, "Smooth.", ("quick dry",),
    {"tip_mm": 0.7, "refillable": True, "materials": ("steel", "wood"), "system": "G2"},
)  # fmt: skip
REFILL = Item("refill", "Refill", attributes={"fits": "G2", "count": 3}, available=False, image="refill.png")
PAPER = Item("paper", "Paper", price=9.99)
WISH = Constraint("price", Op.AT_MOST, 5.0, said="under $5")


def small_dataset() -> Dataset:
    """ann: pen, refill, paper (in that order of time, not of rows); ben: paper, pen at the same second; cat: pen."""
    interactions = pl.DataFrame(
        {
            "user_id": ["ann", "ben", "ann", "ben", "cat", "ann"],
            "item_id": ["paper", "paper", "pen", "pen", "pen", "refill"],
            "timestamp": [30, 7, 10, 7, 40, 20],
            "rating": [5.0, None, 4.0, 1.0, None, None],
            "review": ["Good paper", "", "It writes", "", "", ""],
        }
    )
    turns = pl.DataFrame(
        [("ann", 1, "refill", "critique", "Something for my pen", True, "train", "grammar", "none", 0, "ab")],
        schema=TURNS,
        orient="row",
    )
    dialogues = pl.DataFrame(
        [
            {
                "dialogue_id": "d0",
                "user_id": "ben",
                "position": 2,
                "step": 0,
                "reference_item_id": "pen",
                "refused": ["paper"],
                "text": "under $5",
                "reading": json.dumps(Reading(Act.STEER, (WISH,)).to_dict()),
                "constraints": json.dumps([WISH.to_dict()]),
                "target_item_id": "pen",
                "narrative": "⟨title⟩ costs ⟨price⟩.",
                "phrasing": "unseen",
                "split": "test",
            }
        ]
    )
    return Dataset(Catalog([PEN, REFILL, PAPER], ["paper"]), interactions, turns, dialogues, "# Small\n")


Record = Mapping[str, Any]


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
