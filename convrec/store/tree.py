"""Finding, locking and growing one conversation's tree inside a transaction; every look-up is scoped to the owner."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast
from uuid import uuid4

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from convrec.conversation import Reading, Reply, Turn, part_from_dict
from convrec.errors import NotFound
from convrec.store.schema import ConversationRow, FeedbackRow, TurnRow
from convrec.store.values import ConversationInfo, Status, StoredTurn, Verdict
from convrec.store.worker import is_alive


class Knot(NamedTuple):
    """A turn without its content: enough to walk the tree."""

    turn_id: str
    parent_id: str | None
    position: int


def missing(what: str, name: str) -> NotFound:
    return NotFound(f"no {what} {name!r}; it may have been deleted")


def find_conversation(session: Session, owner: str, conversation_id: str, *, lock: bool = False) -> ConversationRow:
    """`lock`: PostgreSQL's other writers to this conversation wait (SQLite has one writer at a time anyway)."""
    statement = select(ConversationRow).where(
        ConversationRow.conversation_id == conversation_id, ConversationRow.owner == owner
    )
    found = session.scalars(statement.with_for_update() if lock else statement).first()
    if found is None:
        raise missing("conversation", conversation_id)
    return found


def lock_turn(session: Session, owner: str, turn_id: str) -> tuple[ConversationRow, TurnRow]:
    """The turn, read after its conversation was locked: everyone locks in this order, so no two wait for each other."""
    mine = (TurnRow.turn_id == turn_id, TurnRow.owner == owner)
    conversation_id = session.scalar(select(TurnRow.conversation_id).where(*mine))
    if conversation_id is None:
        raise missing("turn", turn_id)
    conversation = find_conversation(session, owner, conversation_id, lock=True)
    turn = session.scalars(select(TurnRow).where(*mine)).first()
    if turn is None:
        raise missing("turn", turn_id)
    return conversation, turn


def append(session: Session, conversation: ConversationRow, parent_id: str | None, content: Mapping[str, Any]) -> str:
    """A new turn under `parent_id` in a locked conversation becomes its current leaf; the id."""
    if parent_id is not None:
        find_turn(session, conversation, parent_id)
    now = time.time()
    conversation.turns += 1
    conversation.leaf, conversation.updated = conversation.turns, now
    turn = TurnRow(
        turn_id=uuid4().hex,
        owner=conversation.owner,
        conversation_id=conversation.conversation_id,
        parent_id=parent_id,
        position=conversation.turns,
        created=now,
        **content,
    )
    session.add(turn)
    return turn.turn_id


def find_turn(session: Session, conversation: ConversationRow, turn_id: str) -> TurnRow:
    turn = session.get(TurnRow, turn_id)
    if turn is None or turn.conversation_id != conversation.conversation_id:
        raise missing("turn", turn_id)
    return turn


def turn_at(session: Session, conversation: ConversationRow, position: int) -> TurnRow | None:
    return session.scalars(
        select(TurnRow).where(TurnRow.conversation_id == conversation.conversation_id, TurnRow.position == position)
    ).first()


def knots(session: Session, conversation: ConversationRow) -> list[Knot]:
    """All turns by position, so that parents come before their children."""
    rows = session.execute(
        select(TurnRow.turn_id, TurnRow.parent_id, TurnRow.position)
        .where(TurnRow.conversation_id == conversation.conversation_id)
        .order_by(TurnRow.position)
    )
    return [Knot(*row) for row in rows]


def stored(session: Session, turn_ids: Sequence[str], tree: Sequence[Knot]) -> list[StoredTurn]:
    """The turns of these ids, in this order, as values."""
    siblings: dict[str | None, list[str]] = {}
    for knot in tree:
        siblings.setdefault(knot.parent_id, []).append(knot.turn_id)
    rows = {row.turn_id: row for row in session.scalars(select(TurnRow).where(TurnRow.turn_id.in_(turn_ids)))}
    feedback: dict[str, dict[str, Verdict]] = {turn_id: {} for turn_id in turn_ids}
    for said in session.scalars(select(FeedbackRow).where(FeedbackRow.turn_id.in_(turn_ids))):
        feedback[said.turn_id][said.item_id] = cast(Verdict, said.verdict)
    return [
        _value(rows[turn_id], tuple(siblings[rows[turn_id].parent_id]), feedback[turn_id])
        for turn_id in turn_ids
        if turn_id in rows  # gone when the conversation was deleted a moment ago
    ]


def _value(row: TurnRow, siblings: tuple[str, ...], feedback: Mapping[str, Verdict]) -> StoredTurn:
    reply = Reply.from_dict(row.reply) if row.reply else None
    if row.role == "user":
        parts = tuple(part_from_dict(part) for part in row.parts or ())
        turn = Turn("user", parts, Reading.from_dict(row.reading) if row.reading else None)
    else:
        turn = Turn("assistant", reply.parts if reply else ())
    return StoredTurn(row.turn_id, row.parent_id, turn, reply, _status(row), row.created, siblings, feedback)


def _status(row: TurnRow) -> Status:
    """A running reply whose worker died since this store was opened is shown as what it is."""
    if row.status == "running" and not (row.worker and is_alive(row.worker, time.time() - row.created)):
        return "interrupted"
    return cast(Status, row.status)


def infos(owner: str) -> Select[ConversationRow, int]:
    """The owner's conversations, each with how many of its turns have children."""
    return (
        select(ConversationRow, func.count(TurnRow.parent_id.distinct()))
        .outerjoin(TurnRow, TurnRow.conversation_id == ConversationRow.conversation_id)
        .where(ConversationRow.owner == owner)
        .group_by(ConversationRow.conversation_id)
        .order_by(ConversationRow.updated.desc(), ConversationRow.conversation_id)
    )


def info(row: ConversationRow, parents: int) -> ConversationInfo:
    return ConversationInfo(
        row.conversation_id, row.title, row.shopper_id, row.updated, turns=row.turns, branches=row.turns - parents
    )
