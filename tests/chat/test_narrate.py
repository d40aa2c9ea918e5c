import re
from collections.abc import Generator, Sequence

import numpy as np
import pytest

from convrec.catalog import Catalog
from convrec.chat.draft import Draft
from convrec.chat.events import Sentence, Shown
from convrec.chat.fake import ScriptedEngine
from convrec.chat.narrate import Narrator
from convrec.conversation import Act, Constraint, Op, Path, PathTurn, Reading
from convrec.generate.request import Chosen, Event, Finished, Request, Token
from convrec.language.claims import ClaimChecker
from convrec.language.facts import split


class Speaker:
    """Says what it is told: one text for the first attempt, the next for each further one."""

    def __init__(self, *texts: str, reason: str = "end") -> None:
        self.texts = list(texts)
        self.reason = reason
        self.requests: list[Request] = []
        self.running = 0

    def generate(self, requests: Sequence[Request]) -> Generator[Event]:
        self.requests += requests
        self.running += 1
        try:
            row = requests[0].forced[0] if requests[0].forced else int(np.flatnonzero(requests[0].allowed)[0])
            yield Chosen(0, (row,), (-1.0,), 1)
            for piece, is_fact in split(self.texts.pop(0)):
                for text in [f"⟨{piece}⟩"] if is_fact else re.findall(r"\s*\S+|\s+", piece):
                    yield Token(0, row, text, is_fact)
            yield Finished(0, row, self.reason)
        finally:
            self.running -= 1


@pytest.fixture(scope="module")
def checker(shop: Catalog) -> ClaimChecker:
    return ClaimChecker(shop)


@pytest.fixture(scope="module")
def plain_pen(shop: Catalog) -> int:
    """A gel pen that is neither waterproof nor refillable."""
    return next(
        row
        for row, item in enumerate(shop.items)
        if item.leaf == "Gel pens" and not item.attributes.get("waterproof") and not item.attributes.get("refillable")
    )


def only(shop: Catalog, row: int) -> Request:
    allowed = np.zeros(len(shop), dtype=bool)
    allowed[row] = True
    return Request(Path(turns=(PathTurn("a pen"),)), allowed)


def test_the_item_comes_first_and_sentences_whole(shop: Catalog, checker: ClaimChecker, plain_pen: int) -> None:
    draft = Draft()
    events = list(Narrator(ScriptedEngine(shop), checker, shop).tell(only(shop, plain_pen), draft))
    item = shop[plain_pen]
    assert isinstance(events[0], Shown)
    assert events[0].item.item_id == item.item_id
    assert events[0].item.facts["price"] == f"${item.price:.2f}"
    assert events[0].item.facts["attr:waterproof"] == "no"
    sentences = [event for event in events[1:] if isinstance(event, Sentence)]
    assert len(sentences) == len(events) - 1 >= 2
    assert all(sentence.item_id == item.item_id for sentence in sentences)
    assert "".join(s.text for s in sentences) == draft.reply(Reading(Act.RECOMMEND)).parts[1].text  # type: ignore[union-attr]
    evidence = draft.reply(Reading(Act.RECOMMEND)).evidence
    assert evidence.claims == evidence.true_claims == evidence.released_true == evidence.released_claims > 0
    assert evidence.dropped == ()


def test_a_false_sentence_is_rewritten_once(shop: Catalog, checker: ClaimChecker, plain_pen: int) -> None:
    engine = Speaker("It costs ⟨price⟩. It is waterproof.", "It is refillable. It comes from ⟨brand⟩.")
    draft = Draft()
    list(Narrator(engine, checker, shop).tell(only(shop, plain_pen), draft))
    reply = draft.reply(Reading(Act.RECOMMEND))
    text = reply.parts[1].text  # type: ignore[union-attr]
    assert text == f"It costs ${shop[plain_pen].price:.2f}. It comes from {shop[plain_pen].brand}."
    assert (reply.evidence.rewritten, reply.evidence.dropped) == (1, ())
    assert reply.evidence.true_claims < reply.evidence.claims
    assert reply.evidence.released_true == reply.evidence.released_claims
    again = engine.requests[1]
    assert again.forced == (plain_pen,)
    assert again.sampling != engine.requests[0].sampling


def test_a_sentence_that_stays_false_is_dropped_and_counted(
    shop: Catalog, checker: ClaimChecker, plain_pen: int
) -> None:
    engine = Speaker("It is waterproof.", "It is refillable.", "It is waterproof and refillable.")
    draft = Draft()
    events = list(Narrator(engine, checker, shop).tell(only(shop, plain_pen), draft))
    assert [type(event) for event in events] == [Shown]
    evidence = draft.reply(Reading(Act.RECOMMEND)).evidence
    assert evidence.dropped == ("It is waterproof.",)
    assert (evidence.sentences, evidence.rewritten, evidence.released_claims) == (1, 0, 0)


def test_an_item_whose_words_were_all_dropped_gets_another_attempt(
    shop: Catalog, checker: ClaimChecker, plain_pen: int
) -> None:
    engine = Speaker("It is waterproof.", "It is refillable.", "It is waterproof. It costs ⟨price⟩.")
    draft = Draft()
    list(Narrator(engine, checker, shop).tell(only(shop, plain_pen), draft))
    reply = draft.reply(Reading(Act.RECOMMEND))
    assert reply.parts[1].text == f"It costs ${shop[plain_pen].price:.2f}."  # type: ignore[union-attr]
    assert (reply.evidence.rewritten, reply.evidence.dropped) == (1, ("It is waterproof.",))
    assert len({request.sampling.seed for request in engine.requests}) == 3


def test_words_cut_off_by_the_limit_are_not_released(shop: Catalog, checker: ClaimChecker, plain_pen: int) -> None:
    engine = Speaker("It costs ⟨price⟩. It is by", reason="length")
    events = list(Narrator(engine, checker, shop).tell(only(shop, plain_pen), Draft()))
    assert [event.text for event in events if isinstance(event, Sentence)] == [
        f"It costs ${shop[plain_pen].price:.2f}."
    ]


def test_each_of_two_items_is_followed_by_its_own_words(shop: Catalog, checker: ClaimChecker) -> None:
    gel = Request(Path(turns=(PathTurn("pens"),)), shop.mask([Constraint("category", Op.IS, "Gel pens")]), count=2)
    draft = Draft()
    events = list(Narrator(ScriptedEngine(shop), checker, shop).tell(gel, draft))
    speaking_of = None
    for event in events:
        if isinstance(event, Shown):
            speaking_of = event.item.item_id
        elif isinstance(event, Sentence):
            assert event.item_id == speaking_of
    assert sum(isinstance(event, Shown) for event in events) == 2
    assert len(draft.alternatives) == 3
    assert [part.rank for part in draft.alternatives] == [3, 4, 5]


def test_closing_stops_the_engine(shop: Catalog, checker: ClaimChecker, plain_pen: int) -> None:
    engine = Speaker("It costs ⟨price⟩. It is by ⟨brand⟩.")
    events = Narrator(engine, checker, shop).tell(only(shop, plain_pen), Draft())
    next(events)
    assert engine.running == 1
    events.close()  # type: ignore[attr-defined]
    assert engine.running == 0


class Interleaver(ScriptedEngine):
    """Writes about all its items at the same time, a token of each in turn, as the model's engine does."""

    def generate(self, requests: Sequence[Request]) -> Generator[Event]:
        events = list(super().generate(requests))
        yield events[0]
        rows = events[0].rows[: events[0].count] if isinstance(events[0], Chosen) else ()
        queues = [[e for e in events[1:] if not isinstance(e, Chosen) and e.row == row] for row in rows]
        for step in range(max(map(len, queues))):
            yield from (queue[step] for queue in queues if step < len(queue))


def test_items_written_at_the_same_time_are_read_one_after_the_other(shop: Catalog, checker: ClaimChecker) -> None:
    gel = Request(Path(turns=(PathTurn("pens"),)), shop.mask([Constraint("category", Op.IS, "Gel pens")]), count=3)
    one_by_one, at_once = Draft(), Draft()
    list(Narrator(ScriptedEngine(shop), checker, shop).tell(gel, one_by_one))
    list(Narrator(Interleaver(shop), checker, shop).tell(gel, at_once))
    assert at_once.parts == one_by_one.parts
    assert len(at_once.parts) == 6


def test_a_mark_that_is_no_fact_token_is_no_mark(shop: Catalog, checker: ClaimChecker, plain_pen: int) -> None:
    class Copier(Speaker):
        def generate(self, requests: Sequence[Request]) -> Generator[Event]:
            yield Chosen(0, (plain_pen,), (-1.0,), 1)
            for text in ("Take", " this", " ⟨price⟩", "."):
                yield Token(0, plain_pen, text, False)
            yield Finished(0, plain_pen, "end")

    events = list(Narrator(Copier(), checker, shop).tell(only(shop, plain_pen), Draft()))
    assert "$" not in "".join(event.text for event in events if isinstance(event, Sentence))


def test_what_was_told_is_not_told_again(shop: Catalog, checker: ClaimChecker, plain_pen: int) -> None:
    engine = Speaker("It comes from ⟨brand⟩. It costs ⟨price⟩. The ⟨title⟩ comes from ⟨brand⟩. I hope that helps.")
    draft = Draft()
    list(Narrator(engine, checker, shop).tell(only(shop, plain_pen), draft))
    text = draft.reply(Reading(Act.RECOMMEND)).parts[1].text  # type: ignore[union-attr]
    item = shop[plain_pen]
    assert text == f"It comes from {item.brand}. It costs ${item.price:.2f}. I hope that helps."
