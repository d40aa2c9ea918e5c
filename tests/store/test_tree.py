from dataclasses import replace

import pytest
from store_samples import CHEAPER, REPLY, said

from convrec.conversation import Act, Reading, Reply, Turn
from convrec.errors import NotFound, StoreError
from convrec.store import SHARED, Store, StoredTurn

TEXTS = ["plain", "", "emoji 🖊️ and ελληνικά", "'; DROP TABLE turns; --", "nul \0 and lone \ud800", "⟨price⟩ {{ x }}"]


def ids(path: list[StoredTurn]) -> list[str]:
    return [turn.turn_id for turn in path]


def exchange(store: Store, conversation: str, parent: str | None, text: str) -> tuple[str, str]:
    asked = store.add_user_turn("me", conversation, parent, said(text))
    reply = store.begin_reply("me", conversation, asked)
    store.finish_reply("me", reply, REPLY)
    return asked, reply


@pytest.mark.parametrize("text", TEXTS)
def test_a_turn_and_its_reply_come_back_as_they_went_in(store: Store, text: str) -> None:
    conversation = store.create_conversation("me", None)
    turn = said(text, CHEAPER)
    asked = store.add_user_turn("me", conversation, None, turn)
    reply = store.begin_reply("me", conversation, asked)
    running = store.path("me", conversation)[-1]
    assert (running.status, running.reply, running.turn) == ("running", None, Turn("assistant", ()))
    store.finish_reply("me", reply, REPLY)
    first, second = store.path("me", conversation)
    assert (first.turn_id, first.parent_id, first.turn, first.status) == (asked, None, turn, "done")
    assert (second.turn_id, second.parent_id, second.reply, second.status) == (reply, asked, REPLY, "done")
    assert second.turn.item_ids == ("pen-2",)
    assert first.created <= second.created


def test_everything_is_there_after_a_restart(url: str) -> None:
    with Store(url) as store:
        conversation = store.create_conversation("me", None, "Pens")
        _, reply = exchange(store, conversation, None, "a pen")
        store.set_feedback("me", reply, "pen-2", "like")
        before = store.path("me", conversation), store.conversations("me")
    with Store(url) as store:
        assert (store.path("me", conversation), store.conversations("me")) == before


def test_a_reply_is_ended_once(store: Store) -> None:
    conversation = store.create_conversation("me", None)
    _, reply = exchange(store, conversation, None, "a pen")
    for end in (store.finish_reply, store.interrupt_reply):
        with pytest.raises(StoreError, match="ended already"):
            end("me", reply, REPLY)


@pytest.mark.parametrize("kept", [None, REPLY])
def test_a_stopped_reply_keeps_what_there_is_of_it(store: Store, kept: Reply | None) -> None:
    conversation = store.create_conversation("me", None)
    asked = store.add_user_turn("me", conversation, None, said("a pen"))
    store.interrupt_reply("me", store.begin_reply("me", conversation, asked), kept)
    last = store.path("me", conversation)[-1]
    assert (last.status, last.reply) == ("interrupted", kept)


def test_replies_left_running_are_interrupted_when_the_store_closes(url: str) -> None:
    with Store(url) as store:
        conversation = store.create_conversation("me", None)
        store.begin_reply("me", conversation, store.add_user_turn("me", conversation, None, said("a pen")))
    with Store(url) as store:
        assert [turn.status for turn in store.path("me", conversation)] == ["done", "interrupted"]


def test_branches_undo_and_select(store: Store) -> None:
    conversation = store.create_conversation("me", None)
    a, reply_a = exchange(store, conversation, None, "a pen")
    b, reply_b = exchange(store, conversation, reply_a, "cheaper")
    assert store.undo("me", conversation) == b
    assert ids(store.path("me", conversation)) == [a, reply_a]
    c, reply_c = exchange(store, conversation, reply_a, "blue")
    assert ids(store.path("me", conversation)) == [a, reply_a, c, reply_c]
    assert ids(store.path("me", conversation, reply_b)) == [a, reply_a, b, reply_b]
    assert ids(store.path("me", conversation, b)) == [a, reply_a, b]
    assert store.path("me", conversation)[2].siblings == (b, c)
    assert ids(store.children("me", conversation, reply_a)) == [b, c]
    assert ids(store.children("me", conversation, None)) == [a]
    assert store.select("me", conversation, b) == reply_b
    assert ids(store.path("me", conversation)) == [a, reply_a, b, reply_b]
    assert store.select("me", conversation, a) == reply_c  # the newest under it
    again = store.begin_reply("me", conversation, c)  # regenerate
    store.finish_reply("me", again, REPLY)
    assert store.path("me", conversation)[-1].siblings == (reply_c, again)
    (listed,) = store.conversations("me")
    assert (listed.turns, listed.branches) == (7, 3)
    assert [store.undo("me", conversation) for _ in range(3)] == [c, a, None]
    assert store.path("me", conversation) == []
    assert store.select("me", conversation, reply_b) == reply_b


def test_feedback_belongs_to_the_branch_it_was_given_on(store: Store) -> None:
    conversation = store.create_conversation("me", None)
    asked, first = exchange(store, conversation, None, "a pen")
    second = store.begin_reply("me", conversation, asked)
    store.set_feedback("me", first, "pen-2", "like")
    store.set_feedback("me", first, "pen-3", "dislike")
    store.set_feedback("me", second, "pen-2", "dislike")  # while it is still being written
    assert store.path("me", conversation, first)[-1].feedback == {"pen-2": "like", "pen-3": "dislike"}
    assert store.path("me", conversation, second)[-1].feedback == {"pen-2": "dislike"}
    store.set_feedback("me", first, "pen-2", "dislike")
    store.set_feedback("me", first, "pen-3", None)
    store.set_feedback("me", first, "never-given", None)
    assert store.path("me", conversation, first)[-1].feedback == {"pen-2": "dislike"}
    with pytest.raises(StoreError, match="belongs to a reply"):
        store.set_feedback("me", asked, "pen-2", "like")
    with pytest.raises(StoreError, match="'love'"):
        store.set_feedback("me", first, "pen-2", "love")  # type: ignore[arg-type]


def test_a_reading_can_be_revised(store: Store) -> None:
    conversation = store.create_conversation("me", None)
    asked = store.add_user_turn("me", conversation, None, said("under $9.50", CHEAPER))
    store.revise_reading("me", asked, Reading(Act.RECOMMEND))
    turn = store.path("me", conversation)[0].turn
    assert (turn.text, turn.reading) == ("under $9.50", Reading(Act.RECOMMEND))
    reply = store.begin_reply("me", conversation, asked)
    with pytest.raises(StoreError, match="is a reply"):
        store.revise_reading("me", reply, CHEAPER)


def test_the_list_of_conversations(store: Store) -> None:
    assert store.conversations("me") == []
    first = store.create_conversation("me", None)
    second = store.create_conversation("me", None, "Second \0")
    store.add_user_turn("me", first, None, said("hello"))
    store.rename("me", first, "First, 'quoted'")
    listed = store.conversations("me")
    assert [(c.conversation_id, c.title, c.turns, c.branches) for c in listed] == [
        (first, "First, 'quoted'", 1, 1),
        (second, "Second \ufffd", 0, 0),
    ]
    assert store.conversation("me", first) == listed[0]
    store.delete_conversation("me", first)
    assert [c.conversation_id for c in store.conversations("me")] == [second]
    with pytest.raises(NotFound):
        store.path("me", first)


def test_a_deleted_conversation_takes_its_turns_and_feedback_along(store: Store) -> None:
    conversation, other = (store.create_conversation("me", None) for _ in range(2))
    asked, reply = exchange(store, conversation, None, "a pen")
    kept, _ = exchange(store, other, None, "a desk")
    store.set_feedback("me", reply, "pen-2", "like")
    store.delete_conversation("me", conversation)
    for call in (
        lambda: store.finish_reply("me", reply, REPLY),
        lambda: store.set_feedback("me", reply, "pen-2", None),
        lambda: store.revise_reading("me", asked, CHEAPER),
    ):
        with pytest.raises(NotFound):
            call()
    assert store.path("me", other)[0].turn_id == kept


def test_turns_stay_in_their_own_tree(store: Store) -> None:
    here, there = (store.create_conversation("me", None) for _ in range(2))
    asked, reply = exchange(store, there, None, "a pen")
    for call in (
        lambda: store.add_user_turn("me", here, reply, said("cheaper")),
        lambda: store.begin_reply("me", here, asked),
        lambda: store.path("me", here, reply),
        lambda: store.children("me", here, reply),
        lambda: store.select("me", here, reply),
    ):
        with pytest.raises(NotFound):
            call()
    assert store.conversation("me", here).turns == 0
    with pytest.raises(StoreError, match="is a reply"):
        store.begin_reply("me", there, reply)
    with pytest.raises(StoreError, match="begin_reply"):
        store.add_user_turn("me", there, None, Turn("assistant", ()))
    assert store.conversation("me", there).turns == 2


def test_a_conversation_needs_an_owner_and_a_shopper_who_exists(store: Store) -> None:
    with pytest.raises(StoreError, match="name an owner"):
        store.create_conversation(SHARED, None)
    with pytest.raises(NotFound, match="'nobody'"):
        store.create_conversation("me", "nobody")
    shopper = store.new_shopper("me")
    conversation = store.create_conversation("me", shopper)
    assert store.conversation("me", conversation).shopper_id == shopper


def test_a_score_that_json_cannot_say_is_refused_and_the_reply_stays_open(store: Store) -> None:
    conversation = store.create_conversation("me", None)
    reply = store.begin_reply("me", conversation, store.add_user_turn("me", conversation, None, said("a pen")))
    with pytest.raises(StoreError, match="JSON"):
        store.finish_reply("me", reply, replace(REPLY, parts=(replace(REPLY.alternatives[0], score=float("nan")),)))
    store.finish_reply("me", reply, REPLY)
    assert store.path("me", conversation)[-1].status == "done"
