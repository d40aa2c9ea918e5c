"""Shoppers and what they bought: those of the dataset, and those of each owner."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, text
from sqlalchemy.orm import Session

from convrec.catalog import Interaction
from convrec.errors import NotFound, StoreError
from convrec.store.database import Database
from convrec.store.schema import ImportRow, PurchaseRow, ShopperRow, Table
from convrec.store.values import SHARED, Shopper

if TYPE_CHECKING:
    from convrec.datasets import Dataset

BATCH = 10_000  # rows an insert sends at once


class Histories(Database):
    """The half of the store that knows shoppers."""

    def import_histories(self, source: Dataset | Iterable[Interaction], owner: str = SHARED) -> int:
        """Makes `source` the imported shoppers of `owner`, in place of those imported before; all of it or nothing.

        Returns how many interactions were written: 0 where the same ones are there already. Shoppers that the owner
        made stay, and so do conversations, even those with a shopper who is gone. Raises StoreError.
        """
        interactions = _interactions(source)
        fingerprint = _fingerprint(interactions)
        with self._reading() as session:
            if session.scalar(_imported(owner)) == fingerprint:
                return 0
        with self._writing() as session:
            if session.get_bind().dialect.name == "postgresql":  # one import at a time, as SQLite has one writer
                session.execute(text("LOCK TABLE imports IN EXCLUSIVE MODE"))
            if session.scalar(_imported(owner)) == fingerprint:  # another process was faster
                return 0
            session.merge(ImportRow(owner=owner, fingerprint=fingerprint, created=time.time()))
            session.flush()
            session.execute(delete(ShopperRow).where(ShopperRow.owner == owner, ShopperRow.imported))
            bought = dict.fromkeys((i.user_id for i in interactions), 0)
            _insert(
                session,
                ShopperRow,
                (
                    {"owner": owner, "shopper_id": shopper_id, "number": number, "imported": True}
                    for number, shopper_id in enumerate(bought)
                ),
            )
            _insert(session, PurchaseRow, _purchases(owner, interactions, bought))
        return len(interactions)

    def shoppers(self, owner: str, query: str = "", limit: int = 50) -> list[Shopper]:
        """The owner's shoppers, then the dataset's in its order; `query` is a part of the id, in either case."""
        purchases = (
            select(func.count())
            .where(PurchaseRow.owner == ShopperRow.owner, PurchaseRow.shopper_id == ShopperRow.shopper_id)
            .scalar_subquery()
        )
        statement = (
            select(ShopperRow.shopper_id, purchases, ShopperRow.owner)
            .where(_readable(owner))
            .order_by(ShopperRow.owner == SHARED, ShopperRow.number, ShopperRow.shopper_id)
            .limit(limit)
        )
        if query:
            statement = statement.where(ShopperRow.shopper_id.icontains(query, autoescape=True))
        with self._reading() as session:
            return [Shopper(i, count, whose != SHARED) for i, count, whose in session.execute(statement)]

    def history(self, owner: str, shopper_id: str) -> list[Interaction]:
        """What a shopper bought, oldest first. Raises NotFound for one who is neither the owner's nor the dataset's."""
        with self._reading() as session:
            shopper = find_shopper(session, owner, shopper_id)
            rows = session.scalars(
                select(PurchaseRow)
                .where(PurchaseRow.owner == shopper.owner, PurchaseRow.shopper_id == shopper_id)
                .order_by(PurchaseRow.timestamp, PurchaseRow.position)
            )
            return [Interaction(r.shopper_id, r.item_id, r.timestamp, r.rating, r.review) for r in rows]

    def new_shopper(self, owner: str) -> str:
        """A shopper of the owner's, with no purchases yet; the id."""
        refuse_shared(owner)
        shopper_id = f"new-{uuid4().hex[:12]}"
        with self._writing() as session:
            last = session.scalar(select(func.max(ShopperRow.number)).where(ShopperRow.owner == owner))
            number = 0 if last is None else last + 1
            session.add(ShopperRow(owner=owner, shopper_id=shopper_id, number=number, imported=False))
        return shopper_id

    def add_purchase(self, owner: str, shopper_id: str, item_id: str, timestamp: int) -> None:
        """`timestamp` in seconds since 1970. Raises NotFound, and StoreError for a shopper of the dataset."""
        refuse_shared(owner)
        with self._writing() as session:
            shopper = find_shopper(session, owner, shopper_id)
            if shopper.owner == SHARED:
                raise StoreError(
                    f"shopper {shopper_id!r} belongs to the dataset and stays as it is; start as a new shopper to buy"
                )
            session.refresh(shopper, with_for_update=True)  # two purchases at once get two positions
            mine = (PurchaseRow.owner == owner, PurchaseRow.shopper_id == shopper_id)
            last = session.scalar(select(func.max(PurchaseRow.position)).where(*mine))
            session.add(
                PurchaseRow(
                    owner=owner,
                    shopper_id=shopper_id,
                    position=0 if last is None else last + 1,
                    item_id=item_id,
                    timestamp=timestamp,
                    review="",
                )
            )


def find_shopper(session: Session, owner: str, shopper_id: str) -> ShopperRow:
    """The owner's own shopper of this id before the dataset's. Raises NotFound."""
    statement = select(ShopperRow).where(_readable(owner), ShopperRow.shopper_id == shopper_id)
    shopper = session.scalars(statement.order_by(ShopperRow.owner == SHARED).limit(1)).first()
    if shopper is None:
        raise NotFound(f"no shopper {shopper_id!r}; choose one of the list, or start as a new one")
    return shopper


def refuse_shared(owner: str) -> None:
    """Raises StoreError for the owner of the dataset's shoppers: only an import writes there."""
    if owner == SHARED:
        raise StoreError("what belongs to everyone cannot be changed; name an owner")


def _readable(owner: str) -> ColumnElement[bool]:
    return or_(ShopperRow.owner == owner, ShopperRow.owner == SHARED)


def _imported(owner: str) -> Select[str]:
    return select(ImportRow.fingerprint).where(ImportRow.owner == owner)


def _interactions(source: Dataset | Iterable[Interaction]) -> list[Interaction]:
    if isinstance(source, Iterable):
        return list(source)
    frame = source.interactions.select(Interaction._fields)
    frame = frame.with_columns(frame["review"].fill_null(""))
    return [Interaction._make(row) for row in frame.iter_rows()]


def _fingerprint(interactions: Sequence[Interaction]) -> str:
    digest = hashlib.sha256()
    for interaction in interactions:
        digest.update(repr(tuple(interaction)).encode())  # repr escapes what UTF-8 cannot hold
    return digest.hexdigest()


def _purchases(owner: str, interactions: Iterable[Interaction], bought: dict[str, int]) -> Iterator[dict[str, Any]]:
    for user_id, item_id, timestamp, rating, review in interactions:
        row = {"owner": owner, "shopper_id": user_id, "position": bought[user_id], "item_id": item_id}
        yield {**row, "timestamp": timestamp, "rating": rating, "review": review}
        bought[user_id] += 1


def _insert(session: Session, table: type[Table], rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(rows, BATCH)):
        session.execute(insert(table), batch)
