"""The store: who bought what, who said what, in one database."""

from __future__ import annotations

from typing import Self

from convrec.store.conversations import Conversations
from convrec.store.histories import Histories


class Store(Histories, Conversations):
    """The database at `url`, open: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`.

    Opening migrates an older schema and marks as interrupted the replies that killed processes left running. Threads
    may share a store, processes a database. Every method takes the owner first and sees nothing of other owners but
    the dataset's shoppers (owner SHARED). Each call is one transaction, committed when it returns; it raises NotFound
    for what is missing or someone else's, and StoreError, naming the database, when that fails.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
