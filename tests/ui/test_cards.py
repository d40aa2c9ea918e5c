"""The pieces of the page as markup: whatever is written into them stays text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convrec.catalog import Catalog, Item
from convrec.conversation import Act, Constraint, ItemPart, Op, Reading, TextPart
from convrec.ui import cards
from convrec.ui.page import shopper_name, title_of
from convrec.ui.pictograms import BOX, pictogram

TAGS = {"div", "p", "b", "i", "span", "small", "button", "h2", "h3", "svg", "path", "rect", "circle",
        "table", "thead", "tbody", "tr", "td"}  # fmt: skip
HOSTILE = st.text(alphabet="<>&\"'`=/ {}$⟨⟩|-\n x", min_size=1, max_size=30).filter(str.strip)


class Reader(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def item(**changed: object) -> Item:
    return Item(**({"item_id": "p1", "title": "Tarn Glide", "brand": "Tarn", "price": 9.8} | changed))  # type: ignore[arg-type]


@given(text=HOSTILE)
def test_a_message_is_its_text_and_nothing_else(text: str) -> None:
    read = Reader(cards.message(text))
    assert read.tags == ["div"]
    assert read.text == text


@given(text=HOSTILE)
def test_no_text_becomes_markup_wherever_it_stands(text: str) -> None:
    hostile = item(item_id=text, title=text, brand=text, categories=(text,), attributes={"colour": text})
    catalog = Catalog([hostile, item()])
    part = ItemPart(text, 1, -1.0, {"title": text, "brand": text, "price": text, "attr:colour": text, "fits": text})
    wish = Constraint("brand", Op.NOT, text, said=text)
    reading = Reading(Act.STEER, (wish,), wishes=(text,), unmet=(text,))
    drawn = [
        cards.words(text),
        cards.words(f"| {text}\n| --- |\n{text}"),
        cards.chips(reading, text, catalog),
        cards.prose_and_cards([TextPart(text), part], catalog, reading, text, {text: "like"}),
        cards.alternatives([part], catalog),
        cards.quick([text]),
        cards.tools(text, 12.0),
        cards.branches(["a", text], text),
        cards.who(text, [hostile]),
        cards.conversations([(text, text, 2)], text),
        cards.welcome([text]),
    ]
    for markup in drawn:
        read = Reader(markup)
        assert set(read.tags) <= TAGS
        assert not [name for name, _ in read.attributes if name.startswith("on")]
        values = {value for name, value in read.attributes if name == "data-value"}
        assert values <= {text, "0", "a", f"show me the {text}", *cards.ALWAYS}


@pytest.mark.parametrize(
    ("constraint", "label"),
    [
        (Constraint("price", Op.AT_MOST, 15.0), "at most $15.00"),
        (Constraint("price", Op.LESS, 9.8), "under $9.80"),
        (Constraint("brand", Op.NOT, "Tarn"), "not Tarn"),
        (Constraint("refillable", Op.IS, True), "refillable"),
        (Constraint("refillable", Op.NOT, True), "not refillable"),
        (Constraint("tip_mm", Op.AT_MOST, 0.5), "tip at most 0.5 mm"),
        (Constraint("compatible", Op.IS, "p1"), "fits Tarn Glide"),
    ],
)
def test_a_chip_says_what_was_understood(constraint: Constraint, label: str) -> None:
    catalog = Catalog([item(attributes={"refillable": True, "tip_mm": 0.7})])
    assert cards.constraint_label(constraint, catalog) == label
    read = Reader(cards.chips(Reading(Act.STEER, (constraint,)), "t1", catalog))
    assert read.text == f"{label} ×"
    assert ("class", "chip no" if constraint.op is Op.NOT else "chip limit") in read.attributes


def test_the_fact_that_answers_the_wish_stands_first_and_is_marked() -> None:
    pen = item(attributes={"colour": "blue", "refillable": True, "sheets": 80.0, "washable": False})
    part = ItemPart("p1", 1, -1.0, {"title": "Tarn Glide", "attr:colour": "blue", "attr:sheets": "80"})
    asked = Reading(Act.STEER, (Constraint("refillable", Op.IS, True), Constraint("colour", Op.IS, "red", hard=False)))
    markup = cards.card(part, Catalog([pen]), asked, "t1")
    hit = '<span class="fact hit" title="refillable">refillable</span>'
    assert hit in markup
    assert markup.index(hit) < markup.index(">blue<") < markup.index(">80 sheets<")
    assert "washable" not in markup


def test_an_item_that_left_the_catalogue_is_shown_as_it_was() -> None:
    part = ItemPart("gone", 1, -1.0, {"title": "Old Pen", "brand": "Tarn", "price": "$3.00"})
    read = Reader(cards.card(part, Catalog([item()]), None, "t1", "like"))
    assert "Old Pen" in read.text
    assert "$3.00" in read.text


def test_why_speaks_of_a_limit_only_where_it_is_kept() -> None:
    catalog = Catalog([item()])
    kept = ItemPart("p1", 1, -1.0, {"price": "$1,009.80", "limit": "$1,015.00", "fits": "Kestrel Cabinet"})
    broken = ItemPart("p1", 1, -1.0, {"price": "$1,020.00", "limit": "$1,015.00"})
    assert (
        "Fits the Kestrel Cabinet you bought · within your $1,015.00"
        in Reader(cards.card(kept, catalog, None, "t")).text
    )
    assert 'class="why"' not in cards.card(broken, catalog, None, "t")


def test_a_table_in_a_reply_becomes_a_table() -> None:
    said = "Side by side:\n\n|  | Pen | Pad |\n| --- | --- | --- |\n| price | $1.00 | – |\n\nThe pad costs less."
    read = Reader(cards.words(said))
    assert read.tags == ["p", "div", "table", "thead", "tr", "td", "td", "td", "tbody", "tr", "td", "td", "td", "p"]
    assert read.text == "Side by side:PenPadprice$1.00–The pad costs less."


def test_a_thing_is_drawn_as_what_its_name_ends_with() -> None:
    drawn = {name: pictogram([name]) for name in ("Gel pens", "Pen cases", "Desk lamps", "Desks", "Something else")}
    assert len(set(drawn.values())) == len(drawn)
    assert BOX in drawn["Something else"]
    assert pictogram(["Pen"], "navy blue") != pictogram(["Pen"], "red")
    assert pictogram(["Pen"], brand="Tarn") == pictogram(["Pen"], brand="Tarn")


@pytest.mark.parametrize(
    ("shopper_id", "name"),
    [("17", "Shopper 17"), ("shopper-0017", "Shopper 17"), ("A2X9", "A2X9"), ("", "New shopper"), ("0", "Shopper 0")],
)
def test_a_shopper_is_called_by_number_or_id(shopper_id: str, name: str) -> None:
    assert shopper_name(shopper_id) == name


@given(text=st.text())
def test_a_conversation_is_called_what_it_began_with(text: str) -> None:
    title = title_of(text)
    assert len(title) <= 60
    assert "\n" not in title
    assert " ".join(text.split()).startswith(title.rstrip("…").rstrip())
