"""Conversations as trees of turns: nothing said is ever lost; undo and branching only move the current leaf."""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import ColumnElement, func, select, update

from convrec.conversation import Reading, Reply, Turn, part_to_dict
from convrec.errors import StoreError
from convrec.store.database import Database
from convrec.store.histories import find_shopper, refuse_shared
from convrec.store.schema import ConversationRow, FeedbackRow, TurnRow
from convrec.store.tree import (
    append,
    find_conversation,
    find_turn,
    info,
    infos,
    knots,
    lock_turn,
    missing,
    stored,
    turn_at,
)
from convrec.store.values import ConversationInfo, Status, StoredTurn, Verdict
from convrec.store.worker import is_alive, new_worker


class Conversations(Database):
    """The half of the store that knows conversations.

    Every method takes the owner first and raises NotFound for what is not there, or is someone else's: alike.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._worker = new_worker()
        with self._reading() as session:
            running = session.execute(
                select(TurnRow.worker, func.max(TurnRow.created))
                .where(TurnRow.status == "running")
                .group_by(TurnRow.worker)
            ).all()
        dead = [worker for worker, begun in running if worker and not is_alive(worker, time.time() - begun)]
        if dead:
            self._interrupt(dead)

    def close(self) -> None:
        """Ends the store; replies it left running are marked interrupted."""
        try:
            with self._reading() as session:
                running = session.scalar(select(TurnRow.turn_id).where(*_running_by([self._worker])).limit(1))
            if running:
                self._interrupt([self._worker])
        finally:
            super().close()

    def create_conversation(self, owner: str, shopper_id: str | None, title: str = "") -> str:
        """An empty conversation; its id, which cannot be guessed. Raises NotFound for an unknown shopper."""
        refuse_shared(owner)
        conversation_id, now = uuid4().hex, time.time()
        with self._writing() as session:
            if shopper_id is not None:
                find_shopper(session, owner, shopper_id)
            session.add(
                ConversationRow(
                    conversation_id=conversation_id,
                    owner=owner,
                    title=title,
                    shopper_id=shopper_id,
                    created=now,
                    updated=now,
                    turns=0,
                    leaf=0,
                )
            )
        return conversation_id

    def conversations(self, owner: str) -> list[ConversationInfo]:
        """The owner's conversations, the one last spoken in first."""
        with self._reading() as session:
            return [info(row, parents) for row, parents in session.execute(infos(owner))]

    def conversation(self, owner: str, conversation_id: str) -> ConversationInfo:
        with self._reading() as session:
            statement = infos(owner).where(ConversationRow.conversation_id == conversation_id)
            found = session.execute(statement).first()
            if found is None:
                raise missing("conversation", conversation_id)
            return info(*found)

    def rename(self, owner: str, conversation_id: str, title: str) -> None:
        with self._writing() as session:
            find_conversation(session, owner, conversation_id, lock=True).title = title

    def delete_conversation(self, owner: str, conversation_id: str) -> None:
        """With all its turns and feedback."""
        with self._writing() as session:
            session.delete(find_conversation(session, owner, conversation_id, lock=True))

    def add_user_turn(self, owner: str, conversation_id: str, parent_id: str | None, turn: Turn) -> str:
        """A message under `parent_id` (None: a first message) becomes the current leaf; its id."""
        if turn.role != "user":
            raise StoreError("only user turns are added; an assistant's begins with begin_reply")
        parts = [part_to_dict(part) for part in turn.parts]
        reading = turn.reading.to_dict() if turn.reading else None
        with self._writing() as session:
            content = {"role": "user", "status": "done", "parts": parts, "reading": reading}
            conversation = find_conversation(session, owner, conversation_id, lock=True)
            return append(session, conversation, parent_id, content)

    def begin_reply(self, owner: str, conversation_id: str, parent_id: str) -> str:
        """A reply to the user turn `parent_id`, in flight from now on, becomes the current leaf; its id."""
        with self._writing() as session:
            content = {"role": "assistant", "status": "running", "worker": self._worker}
            conversation = find_conversation(session, owner, conversation_id, lock=True)
            if find_turn(session, conversation, parent_id).role != "user":
                raise StoreError(f"turn {parent_id!r} is a reply; only what a user said can be replied to")
            return append(session, conversation, parent_id, content)

    def finish_reply(self, owner: str, turn_id: str, reply: Reply) -> None:
        """The whole reply, in one transaction. Raises StoreError for one this store did not begin, or ended already."""
        self._end_reply(owner, turn_id, reply, "done")

    def interrupt_reply(self, owner: str, turn_id: str, reply: Reply | None) -> None:
        """The user stopped it: what there is of it is kept (None: nothing). Raises as `finish_reply`."""
        self._end_reply(owner, turn_id, reply, "interrupted")

    def path(self, owner: str, conversation_id: str, leaf_id: str | None = None) -> list[StoredTurn]:
        """The turns from the root to `leaf_id`, which may be any turn; None: to the current leaf."""
        with self._reading() as session:
            conversation = find_conversation(session, owner, conversation_id)
            tree = knots(session, conversation)
            by_id = {knot.turn_id: knot for knot in tree}
            if leaf_id is not None and leaf_id not in by_id:
                raise missing("turn", leaf_id)
            knot = by_id[leaf_id] if leaf_id else next((k for k in tree if k.position == conversation.leaf), None)
            way: list[str] = []
            while knot is not None:
                way.append(knot.turn_id)
                knot = by_id[knot.parent_id] if knot.parent_id else None
            return stored(session, way[::-1], tree)

    def children(self, owner: str, conversation_id: str, turn_id: str | None) -> list[StoredTurn]:
        """The turns right under one (None: the first messages), oldest first."""
        with self._reading() as session:
            conversation = find_conversation(session, owner, conversation_id)
            if turn_id is not None:
                find_turn(session, conversation, turn_id)
            tree = knots(session, conversation)
            return stored(session, [knot.turn_id for knot in tree if knot.parent_id == turn_id], tree)

    def select(self, owner: str, conversation_id: str, turn_id: str) -> str:
        """Makes the branch through a turn current, down to the newest turn under it, whose id it returns."""
        with self._writing() as session:
            conversation = find_conversation(session, owner, conversation_id, lock=True)
            leaf = find_turn(session, conversation, turn_id)
            newest, under = (leaf.turn_id, leaf.position), {turn_id}
            for knot in knots(session, conversation):
                if knot.parent_id in under:  # parents come first, and the newest turn of all is a leaf
                    under.add(knot.turn_id)
                    newest = (knot.turn_id, knot.position)
            newest_id, conversation.leaf = newest
            return newest_id

    def undo(self, owner: str, conversation_id: str) -> str | None:
        """Moves the current leaf to before the last user turn; that turn's id (`select` it to redo), None at the start.

        Nothing is deleted.
        """
        with self._writing() as session:
            conversation = find_conversation(session, owner, conversation_id, lock=True)
            turn = turn_at(session, conversation, conversation.leaf)
            while turn is not None and turn.role != "user":
                turn = session.get(TurnRow, turn.parent_id) if turn.parent_id else None
            if turn is None:
                return None
            parent = session.get_one(TurnRow, turn.parent_id) if turn.parent_id else None
            conversation.leaf = parent.position if parent else 0
            return turn.turn_id

    def set_feedback(self, owner: str, turn_id: str, item_id: str, verdict: Verdict | None) -> None:
        """Feedback on an item that a reply showed; None takes it back. It holds on every branch through that turn."""
        if verdict not in ("like", "dislike", None):
            raise StoreError(f"feedback is 'like', 'dislike' or None; got {verdict!r}")
        with self._writing() as session:
            _, turn = lock_turn(session, owner, turn_id)
            if turn.role != "assistant":
                raise StoreError(f"turn {turn_id!r} is the user's own; feedback belongs to a reply")
            row = session.get(FeedbackRow, (turn_id, item_id))
            if verdict is None:
                if row is not None:
                    session.delete(row)
            elif row is None:
                session.add(FeedbackRow(turn_id=turn_id, item_id=item_id, owner=owner, verdict=verdict))
            else:
                row.verdict = verdict

    def revise_reading(self, owner: str, turn_id: str, reading: Reading) -> None:
        """Replaces what was understood of a user turn, on every branch through it: the user removed a chip."""
        with self._writing() as session:
            _, turn = lock_turn(session, owner, turn_id)
            if turn.role != "user":
                raise StoreError(f"turn {turn_id!r} is a reply; only what a user said has a reading to revise")
            turn.reading = reading.to_dict()

    def _end_reply(self, owner: str, turn_id: str, reply: Reply | None, status: Status) -> None:
        with self._writing() as session:
            conversation, turn = lock_turn(session, owner, turn_id)
            if turn.worker != self._worker:
                raise StoreError(f"reply {turn_id!r} has ended already, or another process began it; ask again")
            turn.reply = reply.to_dict() if reply else None
            turn.status, turn.worker = status, None
            conversation.updated = time.time()

    def _interrupt(self, workers: Sequence[str]) -> None:
        with self._writing() as session:
            session.execute(update(TurnRow).where(*_running_by(workers)).values(status="interrupted"))


def _running_by(workers: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return TurnRow.status == "running", TurnRow.worker.in_(workers)
