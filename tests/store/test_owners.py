"""Nobody sees or changes what belongs to someone else; it looks like what never was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import CHEAPER, REPLY, said

from convrec.catalog import Interaction
from convrec.errors import NotFound
from convrec.store import SHARED, Shopper, Store

Call = Callable[[Store, str, str], object]
BY_CONVERSATION: dict[str, Call] = {
    "conversation": lambda s, owner, c: s.conversation(owner, c),
    "path": lambda s, owner, c: s.path(owner, c),
    "children": lambda s, owner, c: s.children(owner, c, None),
    "undo": lambda s, owner, c: s.undo(owner, c),
    "rename": lambda s, owner, c: s.rename(owner, c, "stolen"),
    "delete_conversation": lambda s, owner, c: s.delete_conversation(owner, c),
    "add_user_turn": lambda s, owner, c: s.add_user_turn(owner, c, None, said("mine now")),
}
BY_TURN: dict[str, Call] = {
    "finish_reply": lambda s, owner, t: s.finish_reply(owner, t, REPLY),
    "interrupt_reply": lambda s, owner, t: s.interrupt_reply(owner, t, None),
    "set_feedback": lambda s, owner, t: s.set_feedback(owner, t, "pen-2", "dislike"),
    "revise_reading": lambda s, owner, t: s.revise_reading(owner, t, CHEAPER),
}
BY_SHOPPER: dict[str, Call] = {
    "history": lambda s, owner, i: s.history(owner, i),
    "add_purchase": lambda s, owner, i: s.add_purchase(owner, i, "pen", 1),
    "create_conversation": lambda s, owner, i: s.create_conversation(owner, i),
}
BY_BOTH: dict[str, Callable[[Store, str, str, str], object]] = {
    "add_user_turn": lambda s, owner, c, t: s.add_user_turn(owner, c, t, said("mine now")),
    "begin_reply": lambda s, owner, c, t: s.begin_reply(owner, c, t),
    "path": lambda s, owner, c, t: s.path(owner, c, t),
    "children": lambda s, owner, c, t: s.children(owner, c, t),
    "select": lambda s, owner, c, t: s.select(owner, c, t),
}
OWNERS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)


def complaint(call: Callable[[], object], name: str) -> str:
    with pytest.raises(NotFound) as error:
        call()
    return str(error.value).replace(repr(name), "NAME")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(owners=st.lists(OWNERS, min_size=2, max_size=2, unique=True))
def test_two_owners_never_meet(store: Store, owners: list[str]) -> None:
    mine, theirs = owners
    for conversation in [*store.conversations(mine), *store.conversations(theirs)]:  # of an earlier example
        for owner in owners:
            if conversation in store.conversations(owner):
                store.delete_conversation(owner, conversation.conversation_id)
    known = {s.shopper_id for owner in owners for s in store.shoppers(owner)}
    shopper = store.new_shopper(mine)
    store.add_purchase(mine, shopper, "pen", 5)
    conversation_id = store.create_conversation(mine, shopper, "private")
    asked = store.add_user_turn(mine, conversation_id, None, said("a secret pen"))
    reply = store.begin_reply(mine, conversation_id, asked)

    def snapshot() -> object:
        return (
            store.path(mine, conversation_id),
            store.conversations(mine),
            store.shoppers(mine),
            store.history(mine, shopper),
        )

    before = snapshot()
    for name, calls in ((conversation_id, BY_CONVERSATION), (reply, BY_TURN), (asked, BY_TURN), (shopper, BY_SHOPPER)):
        for call in calls.values():
            for stranger in {theirs, mine + "x", mine.swapcase(), f" {mine}"} - {mine}:
                found = complaint(lambda c=call, s=stranger, n=name: c(store, s, n), name)
                assert found == complaint(lambda c=call, s=stranger: c(store, s, "never-was"), "never-was")
    own = store.create_conversation(theirs, None)
    for stranger_call in BY_BOTH.values():
        for conversation_of in (conversation_id, own):
            complaint(lambda c=stranger_call, o=conversation_of: c(store, theirs, o, asked), asked)
    assert snapshot() == before
    assert [c.conversation_id for c in store.conversations(theirs)] == [own]
    assert not {s.shopper_id for s in store.shoppers(theirs)} - known
    store.finish_reply(mine, reply, REPLY)


def test_everyone_reads_the_datasets_shoppers_and_their_own(store: Store) -> None:
    store.import_histories([Interaction("17", "pen", 1)])
    store.import_histories([Interaction("17", "desk", 1), Interaction("18", "desk", 2)], owner="me")
    assert store.shoppers("you") == [Shopper("17", 1)]
    assert store.shoppers("me") == [Shopper("17", 1, own=True), Shopper("18", 1, own=True), Shopper("17", 1)]
    assert [i.item_id for i in store.history("me", "17")] == ["desk"]
    assert [i.item_id for i in store.history("you", "17")] == ["pen"]
    assert [i.item_id for i in store.history(SHARED, "17")] == ["pen"]


@pytest.mark.parametrize("name", ["", "\0", "\ud800", "' OR '1'='1", "%", "x" * 10_000])
def test_no_name_finds_what_is_not_there(store: Store, name: str) -> None:
    conversation = store.create_conversation("me", None)
    asked = store.add_user_turn("me", conversation, None, said("a pen"))
    for call in (*BY_CONVERSATION.values(), *BY_TURN.values(), *BY_SHOPPER.values()):
        with pytest.raises(NotFound):
            call(store, "me", name)
    for both in BY_BOTH.values():
        with pytest.raises(NotFound):
            both(store, "me", conversation, name)
        with pytest.raises(NotFound):
            both(store, "me", name, asked)
    assert store.conversation("me", conversation).turns == 1
