import numpy as np

from convrec.catalog import Catalog
from convrec.chat.fake import ScriptedEngine
from convrec.conversation import Constraint, Op, Path, PathTurn
from convrec.generate.request import Chosen, Finished, Request, Sampling, Token
from convrec.language.facts import MARK


def pens(shop: Catalog) -> np.ndarray:
    return shop.mask([Constraint("category", Op.IS, "Gel pens")])


def test_soft_wishes_come_before_popularity(shop: Catalog) -> None:
    allowed = pens(shop)
    red = Constraint("colour", Op.IS, "red", hard=False)
    popular = int(np.flatnonzero(allowed & ~shop.satisfies(red))[0])
    engine = ScriptedEngine(shop, {popular: 50})
    plain = Request(Path(turns=(PathTurn("a pen"),)), allowed)
    wish = Request(Path(turns=(PathTurn("a red pen", (red,)),)), allowed)
    first, second = (next(iter(engine.generate([request]))) for request in (plain, wish))
    assert isinstance(first, Chosen)
    assert isinstance(second, Chosen)
    assert first.rows[0] == popular
    assert shop.satisfies(red)[second.rows[0]]
    assert len(first.rows) == 4
    assert sorted(first.scores, reverse=True) == list(first.scores)


def test_words_follow_each_item_and_facts_are_single_tokens(shop: Catalog) -> None:
    events = list(ScriptedEngine(shop).generate([Request(Path(), pens(shop), count=2)]))
    assert isinstance(events[0], Chosen)
    finished = [event.row for event in events if isinstance(event, Finished)]
    assert finished == list(events[0].rows[:2])
    for event in events:
        if isinstance(event, Token):
            assert bool(MARK.fullmatch(event.text)) == event.is_fact


def test_forced_rows_are_shown_whatever_is_allowed(shop: Catalog) -> None:
    nothing = np.zeros(len(shop), dtype=bool)
    chosen = next(iter(ScriptedEngine(shop).generate([Request(Path(), nothing, forced=(7, 3), narrate=False)])))
    assert isinstance(chosen, Chosen)
    assert (chosen.rows, chosen.count) == ((7, 3), 2)


def test_the_token_limit_cuts_the_words(shop: Catalog) -> None:
    events = list(ScriptedEngine(shop).generate([Request(Path(), pens(shop), sampling=Sampling(max_tokens=3))]))
    assert sum(isinstance(event, Token) for event in events) == 3
    assert events[-1] == Finished(0, events[-1].row, "length")  # type: ignore[union-attr]
