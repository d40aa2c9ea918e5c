"""A small shop behind the real page, with the scripted engine: run as a program by conftest.py."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from convrec.catalog import Catalog, Interaction, Item
from convrec.chat.chat import Chat
from convrec.chat.fake import ScriptedEngine
from convrec.conversation import Act, Constraint, Op, Reading, Reference
from convrec.generate.request import Event, Request
from convrec.language.claims import ClaimChecker
from convrec.language.reader import Situation
from convrec.store import Store

PENS = ("Stationery", "Writing", "Gel Pens")
NOTEBOOKS = ("Stationery", "Paper", "Notebooks")
CATALOG = Catalog(
    [
        Item("p1", "Norrby Fine Gel Pen", "Norrby", PENS, 3.40, attributes={"colour": "blue", "tip_mm": 0.5}),
        Item("p2", "Tarn Glide Gel Pen", "Tarn", PENS, 9.80, attributes={"colour": "black", "refillable": True}),
        Item("p3", "Osprey Flow Gel Pen", "Osprey", PENS, 7.20, attributes={"colour": "red", "refillable": True}),
        Item("p4", "Linde Pro Gel Pen", "Linde", PENS, 13.50, attributes={"colour": "blue", "tip_mm": 0.7}),
        Item("p5", "Kestrel <b>Bold</b> & Co Pen", "Kestrel", PENS, 5.00, attributes={"colour": "green"}),
        Item(
            "n1", "Kestrel Dotted Notebook", "Kestrel", NOTEBOOKS, 11.90, attributes={"colour": "brown", "sheets": 80}
        ),
        Item("n2", "Hallam Ruled Notebook", "Hallam", NOTEBOOKS, 6.50, attributes={"colour": "red", "sheets": 60}),
    ]
)
BOUGHT = [Interaction("17", "p1", 1), Interaction("17", "n1", 2), Interaction("18", "n2", 1)]


class SlowEngine(ScriptedEngine):
    """Takes its time where the message says so: there has to be something to stop."""

    def generate(self, requests: Sequence[Request]) -> Generator[Event, None, None]:
        slowly = any("slowly" in turn.text for request in requests for turn in request.path.turns[-1:])
        for event in super().generate(requests):
            time.sleep(0.2 if slowly else 0)
            yield event


class WordReader:
    """Understands a few words, always in the same way."""

    def read(self, text: str, situation: Situation) -> Reading:
        said = text.lower()
        constraints = []
        if limit := re.search(r"under \$?(\d+)", said):
            constraints.append(Constraint("price", Op.LESS, float(limit[1]), said=limit[0]))
        if "refillable" in said:
            constraints.append(Constraint("refillable", Op.IS, True, said="refillable"))
        for brand in ("Norrby", "Tarn", "Osprey", "Linde"):
            if f"not {brand.lower()}" in said:
                constraints.append(Constraint("brand", Op.NOT, brand, said=f"not {brand}"))
        if "maybe blue" in said:
            constraints.append(Constraint("colour", Op.IS, "blue", hard=False, said="maybe blue"))
        if re.search(r"\bpen\b", said):
            constraints.append(Constraint("category", Op.IS, "Gel Pens", said="pen"))
        named = tuple(Reference(i.item_id, "named", i.title) for i in CATALOG.items if i.title.lower() in said)
        if named:
            return Reading(Act.STEER, references=named)
        wishes = ("smoother",) if "smoother" in said else ()
        act = Act.WHY if "why" in said else Act.MORE if "others" in said else Act.RECOMMEND
        return Reading(act, tuple(constraints), wishes=wishes)


def main(port: int, database: Path) -> None:
    from convrec.ui.serve import launch

    store = Store(f"sqlite:///{database}")
    store.import_histories(BOUGHT)
    chat = Chat(SlowEngine(CATALOG), CATALOG, WordReader(), ClaimChecker(CATALOG), store)  # type: ignore[arg-type]
    launch(chat, invented=True, host="127.0.0.1", port=port)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
