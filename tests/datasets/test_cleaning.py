"""Scraped text becomes what the shop meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convrec.catalog import Item
from convrec.datasets.cleaning import attribute_key, clean, join_comma_names, price


@pytest.mark.parametrize(
    ("scraped", "meant"),
    [
        ("AT&amp;T; 210 Corded Phone", "AT&T 210 Corded Phone"),
        ("AT&T; is", "AT&T is"),
        ("Johnson &amp;amp; Johnson", "Johnson & Johnson"),
        ("14&quot; x 14&quot;", '14" x 14"'),
        ("Post-it&reg; 1&amp;3/8in", "Post-it® 1&3/8in"),
        ("Bold<br />and <b class='x'>blue</b>", "Bold and blue"),
        ("&lt;p&gt;Paper&lt;/p&gt;", "Paper"),
        ("3 < 5 and 6 > 2", "3 < 5 and 6 > 2"),
        ("a\x00b\ud800c \n\t d\u00a0e", "abc d e"),
        ("R&D; Pens & Pencils", "R&D Pens & Pencils"),
        ("", ""),
    ],
)
def test_clean(scraped: str, meant: str) -> None:
    assert clean(scraped) == meant


@given(st.text())
def test_clean_text_is_one_printable_line_that_can_be_stored(text: str) -> None:
    found = clean(text)
    assert found == found.strip()
    assert "\n" not in found
    assert "\x00" not in found
    assert found.encode("utf-8").decode("utf-8") == found


@given(st.text(st.characters(categories=["L", "N", "P"], exclude_characters="&<>")))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == " ".join(text.split())


@pytest.mark.parametrize(
    ("written", "dollars"),
    [
        ("$1,299.00", 1299.0),
        ("$12.99", 12.99),
        ("12.99 - 24.99", 12.99),
        ("$1,012.99 – $1,024.99", 1012.99),
        ("from 7.50", 7.5),
        ("US$ 3", 3.0),
        (9.5, 9.5),
        (4, 4.0),
        ("", None),
        ("None", None),
        ("—", None),
        (None, None),
        (True, None),
        (0.0, None),
        (-3.0, None),
        (float("nan"), None),
        (".a-box-inner{background-color:#fff}#alohaBuyBoxWidget .selected", None),
        ("12,99 €", None),
        (["$3"], None),
    ],
)
def test_price(written: object, dollars: float | None) -> None:
    assert price(written) == dollars


@pytest.mark.parametrize(("name", "key"), [("Tip (mm)", "tip_mm"), (" Ink Color ", "ink_color"), ("Größe", "gr_e")])
def test_attribute_keys_can_name_fact_tokens(name: str, key: str) -> None:
    assert attribute_key(name) == key


def test_names_with_commas_are_put_together_again() -> None:
    paths = {
        "tape": "Supplies, Tape, Adhesives & Fasteners, Tape",
        "glue": "Supplies, Tape, Adhesives & Fasteners, Glue",
        "arm": "Supplies, Desk, Platforms, Stands & Shelves, Arms",
        "pen": "Supplies, Pens",
        "phone": "Electronics, Phones & Accessories, Corded",
        "radio": "Electronics, Radios",
        "alone": "Kindle Accessories, Styluses",
    }
    items = [Item(key, "T", categories=tuple(path.split(", "))) for key, path in paths.items()]
    mended = {item.item_id: item.categories for item in join_comma_names(items, set(paths))}
    assert mended == {
        "tape": ("Supplies", "Tape, Adhesives & Fasteners", "Tape"),
        "glue": ("Supplies", "Tape, Adhesives & Fasteners", "Glue"),
        "arm": ("Supplies", "Desk", "Platforms, Stands & Shelves", "Arms"),
        "pen": ("Supplies", "Pens"),
        "phone": ("Electronics", "Phones & Accessories", "Corded"),
        "radio": ("Electronics", "Radios"),
        "alone": ("Kindle Accessories", "Styluses"),
    }
    assert join_comma_names(items, ()) == items
