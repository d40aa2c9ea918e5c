"""Turns end to end: real store, reader and checker, the scripted engine. Scripts cover what is said; here: the turn."""

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest

from convrec.catalog import Catalog, Interaction
from convrec.chat.cast import Cast
from convrec.chat.chat import LONGEST, ROOT, Chat
from convrec.chat.events import ChatEvent, Done, Sentence, Shown, Understood
from convrec.chat.fake import ScriptedEngine
from convrec.conversation import Constraint, Op, Reading, Reply
from convrec.errors import NotFound, ReplyError
from convrec.generate.request import Event, Request, Token
from convrec.store import Store

ME = "me"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path}/chat.sqlite") as opened:
        yield opened


@pytest.fixture
def chat(cast: Cast, store: Store) -> Chat:
    return Chat(*cast, store)


@pytest.fixture
def conversation(chat: Chat) -> str:
    return chat.store.create_conversation(ME, None)


def say(chat: Chat, conversation: str, text: str, parent: str | None = None) -> tuple[str, Reply]:
    done = list(chat.say(ME, conversation, text, parent))[-1]
    assert isinstance(done, Done)
    return done.turn_id, done.reply


def test_a_turn_happens_in_order_and_what_was_shown_is_what_is_stored(chat: Chat, conversation: str) -> None:
    events: list[ChatEvent] = list(chat.say(ME, conversation, "two gel pens under $20 please, show me 2 options"))
    assert isinstance(events[0], Understood)
    assert isinstance(events[-1], Done)
    assert all(isinstance(event, Shown | Sentence) for event in events[1:-1])
    user, assistant = chat.store.path(ME, conversation)
    assert (user.turn_id, assistant.turn_id) == (events[0].turn_id, events[-1].turn_id)
    assert user.turn.reading == events[0].reading
    assert assistant.reply == events[-1].reply
    assert assistant.status == "done"
    shown = [event.item for event in events if isinstance(event, Shown)]
    assert tuple(item.item_id for item in shown) == assistant.reply.item_ids
    assert "".join(e.text for e in events if isinstance(e, Sentence)) == assistant.turn.text


def test_the_same_words_get_the_same_reply_elsewhere(chat: Chat) -> None:
    parts = [say(chat, chat.store.create_conversation(ME, None), "a lamp for my desk")[1].parts for _ in range(2)]
    assert parts[0] == parts[1]


def test_what_is_owned_is_never_shown(chat: Chat, shop: Catalog) -> None:
    pens = [item.item_id for item in shop.items if item.leaf == "Gel pens"]
    chat.store.import_histories([Interaction("ann", item_id, at) for at, item_id in enumerate(pens[:-1])], ME)
    conversation = chat.store.create_conversation(ME, "ann")
    _, reply = say(chat, conversation, "a gel pen")
    assert reply.item_ids == (pens[-1],)
    _, reply = say(chat, conversation, "another gel pen")
    assert not set(reply.item_ids) & set(pens)
    assert reply.evidence.notes[0].startswith("exhausted")


def test_a_revised_reading_is_answered_anew(chat: Chat, conversation: str, shop: Catalog) -> None:
    say(chat, conversation, "a red gel pen")
    asked = chat.store.path(ME, conversation)[0]
    assert asked.turn.reading is not None
    revised = Reading(asked.turn.reading.act, (Constraint("category", Op.IS, "Staplers"),))
    chat.store.revise_reading(ME, asked.turn_id, revised)
    done = list(chat.answer(ME, conversation, asked.turn_id))[-1]
    assert isinstance(done, Done)
    assert shop.item(done.reply.item_ids[0]).leaf == "Staplers"
    assert len(chat.store.children(ME, conversation, asked.turn_id)) == 2


def test_an_answer_cannot_be_answered(chat: Chat, conversation: str) -> None:
    turn_id, _ = say(chat, conversation, "a gel pen")
    with pytest.raises(ReplyError, match="only what you said"):
        next(chat.answer(ME, conversation, turn_id))


@pytest.mark.parametrize(("text", "complaint"), [("", "empty"), (" \n\t ", "empty"), ("x" * (LONGEST + 1), "4,001")])
def test_a_message_that_cannot_be_read_changes_nothing(
    chat: Chat, conversation: str, text: str, complaint: str
) -> None:
    say(chat, conversation, "a gel pen")
    before = chat.store.path(ME, conversation)
    with pytest.raises(ReplyError, match=complaint):
        next(chat.say(ME, conversation, text))
    assert chat.store.path(ME, conversation) == before


def test_nobody_elses_conversation(chat: Chat, conversation: str) -> None:
    with pytest.raises(NotFound):
        next(chat.say("someone else", conversation, "hello"))


def test_stopping_keeps_what_was_released(chat: Chat, conversation: str) -> None:
    events = chat.say(ME, conversation, "a gel pen")
    released = [next(events) for _ in range(3)]
    events.close()
    stored = chat.store.path(ME, conversation)[-1]
    assert stored.status == "interrupted"
    assert stored.reply is not None
    assert stored.reply.item_ids == tuple(e.item.item_id for e in released if isinstance(e, Shown))
    assert stored.turn.text == "".join(e.text for e in released if isinstance(e, Sentence))


class Breaking(ScriptedEngine):
    def generate(self, requests: Sequence[Request]) -> Generator[Event]:
        for number, event in enumerate(super().generate(requests)):
            if number > 8:
                raise MemoryError("no more")
            yield event


def test_a_reply_that_breaks_is_marked_interrupted_and_the_error_is_not_hidden(cast: Cast, store: Store) -> None:
    chat = Chat(Breaking(cast.catalog), *cast[1:], store)
    conversation = store.create_conversation(ME, None)
    with pytest.raises(MemoryError):
        list(chat.say(ME, conversation, "a gel pen"))
    assert store.path(ME, conversation)[-1].status == "interrupted"
    with pytest.raises(MemoryError):  # and the conversation can go on
        list(chat.say(ME, conversation, "a stapler"))


class Watching(ScriptedEngine):
    """Remembers what it was asked, and how many tokens it wrote."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(catalog)
        self.requests: list[Request] = []
        self.tokens = 0

    def generate(self, requests: Sequence[Request]) -> Generator[Event]:
        self.requests += requests
        for event in super().generate(requests):
            self.tokens += isinstance(event, Token)
            yield event


def test_the_engine_sees_the_path_and_the_masks(cast: Cast, store: Store, shop: Catalog) -> None:
    engine = Watching(shop)
    chat = Chat(engine, *cast[1:], store)
    conversation = store.create_conversation(ME, None)
    _, first = say(chat, conversation, "a gel pen under $20")
    say(chat, conversation, "in blue, if possible")
    request = engine.requests[-1]
    assert [turn.text for turn in request.path.turns] == ["a gel pen under $20", "in blue, if possible"]
    row = shop.row(first.item_ids[0])
    assert request.path.turns[0].shown == (row,)
    assert request.path.turns[1].reference == row
    assert not request.allowed[row]
    assert {shop[int(r)].leaf for r in request.allowed.nonzero()[0]} == {"Gel pens"}


def test_alternatives_are_shown_without_the_model(cast: Cast, store: Store) -> None:
    engine = Watching(cast.catalog)
    chat = Chat(engine, *cast[1:], store)
    conversation = store.create_conversation(ME, None)
    _, first = say(chat, conversation, "a gel pen")
    asked = len(engine.requests)
    _, more = say(chat, conversation, "show me others")
    assert len(engine.requests) == asked
    assert more.item_ids == tuple(part.item_id for part in first.alternatives)


def test_branches_know_their_own_path_only(chat: Chat, conversation: str, shop: Catalog) -> None:
    first, _ = say(chat, conversation, "a gel pen")
    say(chat, conversation, "in blue")
    _, red = say(chat, conversation, "in red", parent=first)
    assert shop.item(red.item_ids[0]).attributes["colour"] == "red"
    _, clock = say(chat, conversation, "a wall clock", parent=ROOT)
    assert shop.item(clock.item_ids[0]).leaf == "Wall clocks"
    assert [len(turn.siblings) for turn in chat.store.path(ME, conversation)] == [2, 1]


def test_suggestions_can_be_said_and_met(chat: Chat, conversation: str, shop: Catalog) -> None:
    turn_id, reply = say(chat, conversation, "a fountain pen over $30")
    assert 1 <= len(reply.suggestions) <= 4
    for suggestion in reply.suggestions:
        _, answer = say(chat, conversation, suggestion, parent=turn_id)
        assert answer.item_ids, suggestion
        assert shop.item(answer.item_ids[0]).leaf == "Fountain pens", suggestion


def test_facts_are_stated_as_of_then(chat: Chat, conversation: str, shop: Catalog) -> None:
    _, reply = say(chat, conversation, "a gel pen")
    part = next(p for p in reply.parts if not hasattr(p, "text"))
    item = shop.item(reply.item_ids[0])
    assert part.facts["title"] == item.title  # type: ignore[union-attr]
    assert part.facts["price"] == f"${item.price:,.2f}"  # type: ignore[union-attr]
    assert part.facts["attr:colour"] == item.attributes["colour"]  # type: ignore[union-attr]
