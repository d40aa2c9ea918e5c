"""Figures that are no money: written in digits or not."""

import pytest

from convrec.catalog import Catalog, Item
from convrec.conversation import Op
from convrec.language.reader import Reader

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
