"""Words that tell like from like: every pair gets a critique, and the gates let it through."""

import random

import pytest

from convrec.catalog import Catalog, Item
from convrec.language.reader import Reader
from convrec.regen.gates import Gates
from convrec.regen.tasks import Task
from convrec.regen.telling import Telling, words_of
from convrec.regen.writer import Writer

PATH = ("Office", "Pens", "Gel Pens")
TITLES = [
    "Acme Gel Pen, Blue, 12 Pack (4410)",
    "Acme Gel Pen, Purple Retractable, 4-Pack (4411)",
    "Acme Gel Pen, Blue, 12 Pack (4499)",
    "Acme Gel Pen, Blue, 12 Pack (4410)",
]
CATALOG = Catalog(
    [Item(f"g{number}", title, "Acme", PATH) for number, title in enumerate(TITLES)]
    + [Item("g4", TITLES[0], "Acme", PATH, description="Smudges hardly ever.")]
    + [Item(f"s{number}", f"Corvus Stapler No {number}", "Corvus", ("Office", "Staplers")) for number in range(95)]
)
BLUE, PURPLE, MODEL, SAME, DESCRIBED = range(5)


@pytest.fixture(scope="module")
def telling() -> Telling:
    return Telling(CATALOG)


def test_words_are_words_models_and_numbers_with_what_they_count() -> None:
    assert words_of("A 2-Inch Ring, 3 x 1/2-inch; 0.7mm HL-4040CN (26401)") == [
        "2 inch", "ring", "inch", "0.7 mm", "4040cn", "26401"
    ]  # fmt: skip


def test_only_what_the_other_lacks_tells_and_no_name(telling: Telling) -> None:
    assert telling.apart(BLUE, PURPLE) == ["purple", "retractable", "4 pack"]
    assert telling.apart(PURPLE, BLUE) == ["blue", "12 pack"]
    assert telling.apart(BLUE, MODEL) == []
    assert telling.apart(BLUE, MODEL, models=True) == ["4499"]
    assert telling.apart(BLUE, SAME, models=True) == []
    assert telling.apart(BLUE, DESCRIBED) == ["smudges", "hardly"], "where titles say nothing"


def test_what_many_titles_hold_tells_nothing(telling: Telling) -> None:
    assert "stapler" not in telling.apart(BLUE, 10)


@pytest.mark.parametrize(("source", "target"), [(BLUE, PURPLE), (PURPLE, BLUE), (BLUE, MODEL), (BLUE, DESCRIBED)])
def test_every_pair_that_differs_at_all_gets_a_critique_that_passes(source: int, target: int) -> None:
    gates = Gates(CATALOG, Reader(CATALOG))
    task = Task("u", 1, "critique", target, (source,))
    written = [text for text, _ in Writer(CATALOG).critiques(source, target, random.Random(0), count=5)]
    assert written
    assert any(gates.refusal(task, text) is None for text in written)
    assert not any(gates.leaks(target, text) for text in written)


def test_what_tells_them_apart_the_wrong_way_round_is_refused() -> None:
    gates = Gates(CATALOG, Reader(CATALOG))
    task = Task("u", 1, "critique", PURPLE, (BLUE,))
    assert gates.refusal(task, "a retractable kind please") is None
    assert gates.refusal(task, "rather not the 12 pack") is None
    for text in ("show me the 12 pack", "not retractable please", "something with a pack", "hello there"):
        assert gates.refusal(task, text) is not None
