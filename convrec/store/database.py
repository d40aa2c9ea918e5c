"""One database: opened, brought to the newest schema, read and written in transactions, its errors in plain words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from convrec.errors import StoreError
from convrec.store.upgrade import upgrade

DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
# What a URL's query leaves out: seconds to wait for a lock (SQLite), for the server and for a lock (PostgreSQL).
DEFAULTS = {
    "sqlite": {"timeout": "20"},
    "postgresql": {"connect_timeout": "10", "options": "-c lock_timeout=20s", "client_encoding": "utf8"},
}
WRITES = "convrec_writes"  # the execution option of connections that will write


class Database:
    """Opens `url` (`sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`), migrating an older schema.

    Threads may share it. SQLite runs in WAL with foreign keys on; a writer takes the write lock when its transaction
    begins, so that it waits for others instead of failing half-way. Raises StoreError, naming the file or the URL
    without its password: for a URL of another kind, a database that is unreachable, locked, read-only or full, that is
    none, or that a newer version wrote.
    """

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self.place = _place(parsed)
        self._engine = self._opened(parsed)
        self._writing_engine = self._engine.execution_options(**{WRITES: True})
        try:
            with self._explained():
                upgrade(self._engine, self._writing_engine, self.place)
        except StoreError:
            self._engine.dispose()
            raise

    def _opened(self, url: URL) -> Engine:
        options: dict[str, Any] = {"pool_pre_ping": True}
        if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
            options |= {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}  # it lives in one connection
            options |= {"connect_args": {"check_same_thread": False}}
        try:
            engine = create_engine(url, **options)
        except ModuleNotFoundError as error:
            raise StoreError(
                f"{self.place} needs the Python package {error.name!r}; run: pip install 'convrec[postgres]'"
            ) from None
        except ValueError:
            raise StoreError(f"{self.place}: the query of its URL makes no sense; remove what follows the ?") from None
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        return engine

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with self._explained(), Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """One transaction: all of it is in the database when the block ends, or none of it."""
        with self._explained(), Session(self._writing_engine) as session, session.begin():
            yield session

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None)
            if isinstance(cause, StoreError):  # raised where a value was bound
                raise cause from None
            raise StoreError(f"{self.place} {_complaint(error)}") from error


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = URL.create("unreadable")
    driver = DRIVERS.get(parsed.drivername)
    if driver is None:
        raise StoreError(  # without the URL: it may hold a password
            "the database URL is not understood; write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        )
    parsed = parsed.set(drivername=driver)
    return parsed.set(query={**DEFAULTS[parsed.get_backend_name()], **parsed.query})


def _place(url: URL) -> str:
    """For messages: the file, or the URL without password and query (which may hold one too)."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database or ':memory:'}"
    return f"the database {url.set(query={}).render_as_string(hide_password=True)}"


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, not where the driver guesses
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")


SQLITE_COMPLAINTS = {
    sqlite3.SQLITE_READONLY: "is read-only; make the file and its folder writable",
    sqlite3.SQLITE_FULL: "could not grow, its disk is full; free some space and try again",
    sqlite3.SQLITE_BUSY: "is locked by another process; try again when that one is done",
    sqlite3.SQLITE_LOCKED: "is locked by another process; try again when that one is done",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; its folder must exist and be writable",
    sqlite3.SQLITE_NOTADB: "is a file of another kind; name a new file or a SQLite database",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup",
    sqlite3.SQLITE_IOERR: "could not be read or written (input/output error); check its disk",
}
POSTGRES_COMPLAINTS = {
    "25006": "is read-only; connect to a primary server or let this user write",
    "28P01": "refuses the password; check the URL",
    "3D000": "does not exist; create it with createdb",
    "40P01": "broke off two writers that waited for each other; try again",
    "42501": "does not let this user do that; grant it the rights on the schema",
    "53100": "could not grow, its disk is full; free some space and try again",
    "53300": "has too many connections; try again when others are done",
    "55P03": "is locked by another process; try again when that one is done",
}


def _complaint(error: SQLAlchemyError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        known = SQLITE_COMPLAINTS.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)  # the low byte is the kind
    else:
        known = POSTGRES_COMPLAINTS.get(getattr(cause, "sqlstate", None) or "")
    if known:
        return known
    reason = (str(cause or getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__])[0]
    if (isinstance(error, DBAPIError) and error.connection_invalidated) or getattr(cause, "sqlstate", "") is None:
        return f"cannot be reached ({reason}); check that the server runs and that the URL is right"
    return f"refused: {reason}"
