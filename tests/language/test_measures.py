"""Figures that are no money: written in digits or not."""

import pytest

from convrec.catalog import Catalog, Item
from convrec.conversation import Op
from convrec.language.reader import Reader, Situation

WIDTHS = {"Noor": 50, "Vela": 100, "Iris": 180}
READER = Reader(
    Catalog(
        [
            Item(name, f"{name} Slate", "Tarn", ("Boards",), 20.0, attributes={"width_cm": w})
            for name, w in WIDTHS.items()
        ]
    )
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a board a metre wide", [(Op.IS, 100.0, True)]),
        ("a board half a meter wide", [(Op.IS, 50.0, True)]),
        ("a board at least a metre wide", [(Op.AT_LEAST, 100.0, True)]),
        ("a board about a metre wide", [(Op.AT_LEAST, 80.0, False), (Op.AT_MOST, 120.0, False)]),
        ("a board 100 cm wide", [(Op.IS, 100.0, True)]),
        ("a board 1.8 m wide", [(Op.IS, 180.0, True)]),
        ("a board, half a metre is fine", []),
        ("a metric board", []),
        ("a board I look at for an hour a day", []),
    ],
)
def test_a_measure_is_read_in_the_unit_of_its_facet(text: str, said: list[tuple[Op, float, bool]]) -> None:
    found = [(c.op, c.value, c.hard) for c in READER.read(text).constraints if c.facet == "width_cm"]
    assert found == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a set would be better than a single one", [(Op.AT_LEAST, 2.0)]),
        ("I'd rather have a pack of them", [(Op.AT_LEAST, 2.0)]),
        ("do you have it as a set?", [(Op.AT_LEAST, 2.0)]),
        ("not just one, a whole box", [(Op.AT_LEAST, 2.0)]),
        ("several of them in a pack", [(Op.AT_LEAST, 2.0)]),
        ("not a whole box", [(Op.IS, 1.0)]),
        ("a whole pack is too much", [(Op.IS, 1.0)]),
        ("just a single one", [(Op.IS, 1.0)]),
        ("a pack of 12", [(Op.IS, 12.0)]),
        ("I'd like a pack from Tarn", []),
    ],
)
def test_how_many_in_a_pack_without_a_figure(text: str, said: list[tuple[Op, float]]) -> None:
    leads = [Item(f"p{n}", f"Tarn Leads {n}", "Tarn", ("Leads",), 2.0, attributes={"pieces": n}) for n in (1, 6, 12)]
    reader, shown = Reader(Catalog(leads)), Situation(reference=0, shown=(0,))
    assert [(c.op, c.value) for c in reader.read(text, shown).constraints if c.facet == "pieces"] == said
