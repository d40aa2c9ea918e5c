"""Whatever is done to a conversation, the store's tree is that of a model in plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from store_samples import REPLY, said

from convrec.errors import StoreError
from convrec.store import Store


@dataclass
class Node:
    parent: str | None
    text: str | None  # None: a reply
    status: str = "done"
    feedback: dict[str, str] = field(default_factory=dict)


class Trees(RuleBasedStateMachine):
    url: str

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(self.url)
        self.conversation = self.store.create_conversation("me", None)
        self.nodes: dict[str, Node] = {}  # in the order of creation
        self.leaf: str | None = None
        self.numbers = count()

    def teardown(self) -> None:
        self.store.delete_conversation("me", self.conversation)
        self.store.close()

    def way(self, leaf: str | None) -> list[str]:
        nodes: list[str] = []
        while leaf is not None:
            nodes.insert(0, leaf)
            leaf = self.nodes[leaf].parent
        return nodes

    def under(self, parent: str | None) -> list[str]:
        return [turn_id for turn_id, node in self.nodes.items() if node.parent == parent]

    def pick(self, data: st.DataObject, *statuses: str, users: bool = True, replies: bool = True) -> str | None:
        fitting = [
            turn_id
            for turn_id, node in self.nodes.items()
            if (replies if node.text is None else users) and (not statuses or node.status in statuses)
        ]
        return data.draw(st.sampled_from(fitting)) if fitting else None

    @rule(data=st.data(), at_leaf=st.booleans(), at_root=st.booleans())
    def say(self, data: st.DataObject, at_leaf: bool, at_root: bool) -> None:
        parent = self.leaf if at_leaf else None if at_root else self.pick(data)
        text = f"message {next(self.numbers)}"
        self.leaf = self.store.add_user_turn("me", self.conversation, parent, said(text))
        self.nodes[self.leaf] = Node(parent, text)

    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        if parent := self.pick(data, replies=False):
            self.leaf = self.store.begin_reply("me", self.conversation, parent)
            self.nodes[self.leaf] = Node(parent, None, "running")

    @rule(data=st.data(), stopped=st.booleans())
    def end(self, data: st.DataObject, stopped: bool) -> None:
        if reply := self.pick(data, users=False):
            end = self.store.interrupt_reply if stopped else self.store.finish_reply
            if self.nodes[reply].status == "running":
                end("me", reply, REPLY)
                self.nodes[reply].status = "interrupted" if stopped else "done"
            else:
                with pytest.raises(StoreError):
                    end("me", reply, REPLY)

    @rule(data=st.data(), item_id=st.sampled_from("ab"), verdict=st.sampled_from(["like", "dislike", None]))
    def judge(self, data: st.DataObject, item_id: str, verdict: str | None) -> None:
        if reply := self.pick(data, users=False):
            self.store.set_feedback("me", reply, item_id, verdict)  # type: ignore[arg-type]
            self.nodes[reply].feedback.pop(item_id, None)
            if verdict:
                self.nodes[reply].feedback[item_id] = verdict

    @rule(data=st.data())
    def select(self, data: st.DataObject) -> None:
        if chosen := self.pick(data):
            leaves = [turn_id for turn_id in self.nodes if not self.under(turn_id) and chosen in self.way(turn_id)]
            self.leaf = leaves[-1]
            assert self.store.select("me", self.conversation, chosen) == self.leaf

    @rule()
    def undo(self) -> None:
        users = [turn_id for turn_id in self.way(self.leaf) if self.nodes[turn_id].text is not None]
        assert self.store.undo("me", self.conversation) == (users[-1] if users else None)
        self.leaf = self.nodes[users[-1]].parent if users else None

    @precondition(lambda self: self.nodes)
    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store(self.url)
        for node in self.nodes.values():
            node.status = "interrupted" if node.status == "running" else node.status

    @rule(data=st.data())
    def look_at_another_branch(self, data: st.DataObject) -> None:
        if turn_id := self.pick(data):
            assert [t.turn_id for t in self.store.path("me", self.conversation, turn_id)] == self.way(turn_id)
            children = self.store.children("me", self.conversation, turn_id)
            assert [t.turn_id for t in children] == self.under(turn_id)

    @invariant()
    def the_path_is_the_models(self) -> None:
        path = self.store.path("me", self.conversation)
        assert [t.turn_id for t in path] == self.way(self.leaf)
        for turn in path:
            node = self.nodes[turn.turn_id]
            assert (turn.parent_id, turn.status, turn.feedback) == (node.parent, node.status, node.feedback)
            assert list(turn.siblings) == self.under(node.parent)
            assert turn.turn.role == ("user" if node.text is not None else "assistant")
            assert node.text is None or turn.turn.text == node.text

    @invariant()
    def the_list_counts_right(self) -> None:
        listed = self.store.conversation("me", self.conversation)
        assert listed.turns == len(self.nodes)
        assert listed.branches == sum(1 for turn_id in self.nodes if not self.under(turn_id))


def test_the_tree_is_that_of_a_model(url: str) -> None:
    machine = type("TreesThere", (Trees,), {"url": url})
    run_state_machine_as_test(machine, settings=settings(max_examples=15, stateful_step_count=25, deadline=None))
