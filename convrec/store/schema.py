"""The tables. A change here needs a migration in migrations/versions; a test compares the two."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from convrec.errors import NotFound, StoreError


class Name(TypeDecorator[str]):
    """An id. Ids are compared, so one that PostgreSQL cannot hold is refused rather than altered: it names nothing."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and _storable(value) != value:
            raise NotFound(f"there is nothing named {value!r}: ids hold neither U+0000 nor lone surrogates")
        return value


class Prose(TypeDecorator[str]):
    """Text for people. What no database holds (U+0000, lone surrogates) becomes U+FFFD."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _storable(value)


class Document(TypeDecorator[Any]):
    """JSON. What its text cannot hold, a NaN, is refused here: SQLite would take it, PostgreSQL not."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> Any | None:
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise StoreError(f"a turn cannot be kept as JSON ({error}); nothing of it was stored") from None
        return value


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={  # batch migrations of SQLite drop constraints by name
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {str: Name, float: Double}  # noqa: RUF012 (SQLAlchemy reads it from the class)


class ImportRow(Table):
    """Which histories an owner's imported shoppers come from."""

    __tablename__ = "imports"

    owner: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    created: Mapped[float]


class ShopperRow(Table):
    __tablename__ = "shoppers"

    owner: Mapped[str] = mapped_column(primary_key=True)
    shopper_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]  # the order in which an owner's shoppers are listed
    imported: Mapped[bool]


class PurchaseRow(Table):
    """`position` breaks ties between equal timestamps: a history is ordered by (timestamp, position)."""

    __tablename__ = "purchases"
    __table_args__ = (
        ForeignKeyConstraint(["owner", "shopper_id"], ["shoppers.owner", "shoppers.shopper_id"], ondelete="CASCADE"),
    )

    owner: Mapped[str] = mapped_column(primary_key=True)
    shopper_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item_id: Mapped[str]
    timestamp: Mapped[int] = mapped_column(BigInteger)
    rating: Mapped[float | None]
    review: Mapped[str] = mapped_column(Prose)


class ConversationRow(Table):
    """`turns` counts them, `leaf` is the position of the current leaf; 0 stands before the first turn.

    The shopper is no foreign key: a later import may replace the dataset's shoppers, the conversation stays.
    """

    __tablename__ = "conversations"
    __table_args__ = (Index(None, "owner", "updated"),)

    conversation_id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    title: Mapped[str] = mapped_column(Prose)
    shopper_id: Mapped[str | None]
    created: Mapped[float]
    updated: Mapped[float]
    turns: Mapped[int]
    leaf: Mapped[int]


class TurnRow(Table):
    """`position` counts from 1 through a conversation in the order of creation, so a child's is above its parent's.

    User turns have `parts` and maybe a `reading`; assistant turns a `reply` once finished or interrupted, and the
    `worker` that writes it until then.
    """

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("conversation_id", "turn_id"),
        UniqueConstraint("conversation_id", "position"),
        ForeignKeyConstraint(["conversation_id"], ["conversations.conversation_id"], ondelete="CASCADE"),
        # composite: the parent is a turn of the same conversation
        ForeignKeyConstraint(
            ["conversation_id", "parent_id"], ["turns.conversation_id", "turns.turn_id"], ondelete="CASCADE"
        ),
        CheckConstraint("role IN ('user', 'assistant')", name="role"),
        CheckConstraint("status IN ('done', 'running', 'interrupted')", name="status"),
        Index(None, "conversation_id", "parent_id"),
        Index(None, "status"),
    )

    turn_id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    conversation_id: Mapped[str]
    parent_id: Mapped[str | None]
    position: Mapped[int]
    role: Mapped[str]
    status: Mapped[str]
    created: Mapped[float]
    worker: Mapped[str | None]
    parts: Mapped[list[dict[str, Any]] | None] = mapped_column(Document(none_as_null=True))
    reading: Mapped[dict[str, Any] | None] = mapped_column(Document(none_as_null=True))
    reply: Mapped[dict[str, Any] | None] = mapped_column(Document(none_as_null=True))


class FeedbackRow(Table):
    __tablename__ = "feedback"
    __table_args__ = (CheckConstraint("verdict IN ('like', 'dislike')", name="verdict"),)

    turn_id: Mapped[str] = mapped_column(ForeignKey("turns.turn_id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    verdict: Mapped[str]
