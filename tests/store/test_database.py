"""What goes wrong with a database is one sentence that names it, never its password, and nothing is half-written."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event
from store_samples import REPLY, said

from convrec.catalog import Interaction
from convrec.errors import StoreError
from convrec.store import Store

PASSWORD = "hunter2-secret"


def one_sentence(error: pytest.ExceptionInfo[StoreError], place: str | Path) -> str:
    message = str(error.value)
    assert str(place) in message
    assert "\n" not in message
    assert PASSWORD not in message
    return message


@contextmanager
def unprivileged() -> Iterator[None]:
    """As a user whom file permissions stop; root passes them by."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """pytest's own temporary folders are closed to other users."""
    folder = Path(tempfile.mkdtemp(prefix="convrec-", dir="/tmp"))
    folder.chmod(0o777)
    yield folder
    folder.chmod(0o777)
    shutil.rmtree(folder)


def test_sqlite_runs_in_wal_with_foreign_keys_and_waits(sqlite_url: str) -> None:
    with Store(sqlite_url) as store, store._engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 20_000, "synchronous": 2}


def test_closing_leaves_one_file(sqlite_url: str, tmp_path: Path) -> None:
    with Store(sqlite_url) as store:
        store.create_conversation("me", None)
        assert (tmp_path / "store.sqlite-wal").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["store.sqlite"]


def test_a_database_in_memory_is_one_for_all_threads(threads: Callable[..., list[object]]) -> None:
    with Store("sqlite://") as store:
        threads(8, lambda number: store.create_conversation("me", None, str(number)))
        assert {c.title for c in store.conversations("me")} == {str(number) for number in range(8)}


def test_a_read_only_file_is_read_and_not_written(public_folder: Path) -> None:
    file = public_folder / "store.sqlite"
    with Store(f"sqlite:///{file}") as store:
        conversation = store.create_conversation("me", None)
    file.chmod(0o444)
    with unprivileged(), Store(f"sqlite:///{file}") as store:
        with pytest.raises(StoreError, match="read-only") as error:
            store.add_user_turn("me", conversation, None, said("hello"))
        one_sentence(error, file)
        assert store.path("me", conversation) == []


def test_a_read_only_folder_is_named(public_folder: Path) -> None:
    file = public_folder / "store.sqlite"
    Store(f"sqlite:///{file}").close()
    file.chmod(0o444)
    public_folder.chmod(0o555)
    with unprivileged(), pytest.raises(StoreError, match="writable") as error, Store(f"sqlite:///{file}") as store:
        store.create_conversation("me", None)
    one_sentence(error, file)


def test_a_database_that_cannot_grow_keeps_what_it_has(sqlite_url: str) -> None:
    with Store(sqlite_url) as store:
        conversation = store.create_conversation("me", None)
        asked = store.add_user_turn("me", conversation, None, said("a pen"))
        reply = store.begin_reply("me", conversation, asked)
        with store._engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    with Store(sqlite_url) as store:
        event.listen(store._engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count = {pages + 2}"))
        store._engine.dispose()
        with pytest.raises(StoreError, match="disk is full") as error:
            store.import_histories([Interaction(str(i), "pen", i, None, "long " * 50) for i in range(500)])
        one_sentence(error, sqlite_url.removeprefix("sqlite:///"))
        with pytest.raises(StoreError, match="disk is full"):
            store.add_user_turn("me", conversation, reply, said("x" * 100_000))
        assert [t.turn_id for t in store.path("me", conversation)] == [asked, reply]
        assert store.shoppers("me") == []
        store.rename("me", conversation, "still alive")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a tmpfs is not allowed here; test_a_database_that_cannot_grow covers the message")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_loses_nothing_that_was_committed(tiny_disk: Path) -> None:
    file = tiny_disk / "store.sqlite"
    with Store(f"sqlite:///{file}") as store:
        conversation = store.create_conversation("me", None)
        kept: list[str] = []

        def fill() -> None:
            while True:
                kept.append(store.add_user_turn("me", conversation, kept[-1] if kept else None, said("x" * 5_000)))

        with pytest.raises(StoreError, match="disk is full") as error:
            fill()
        one_sentence(error, file)
        assert [t.turn_id for t in store.path("me", conversation)] == kept
    with Store(f"sqlite:///{file}") as store:
        assert [t.turn_id for t in store.path("me", conversation)] == kept


def test_a_locked_database(sqlite_url: str) -> None:
    with Store(sqlite_url + "?timeout=0.1") as store:
        conversation = store.create_conversation("me", None)
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another process") as error:
            store.rename("me", conversation, "later")
        one_sentence(error, sqlite_url.removeprefix("sqlite:///"))
        assert store.conversation("me", conversation).title == ""  # readers do not wait
        other.execute("COMMIT")
        other.close()
        store.rename("me", conversation, "later")
        assert store.conversation("me", conversation).title == "later"


def test_a_locked_conversation_on_postgres(postgres_url: str) -> None:
    with Store(postgres_url + "&options=-c%20lock_timeout%3D100ms") as store:
        conversation = store.create_conversation("me", None)
        with psycopg.connect(postgres_url) as other:
            other.execute("SELECT 1 FROM conversations FOR UPDATE")
            with pytest.raises(StoreError, match="locked by another process"):
                store.rename("me", conversation, "later")
        store.rename("me", conversation, "later")


def test_a_read_only_postgres(postgres_url: str) -> None:
    Store(postgres_url).close()
    options = "&options=-c%20default_transaction_read_only%3Don"
    with Store(postgres_url + options) as store, pytest.raises(StoreError, match="read-only") as error:
        store.create_conversation("me", None)
    assert "secret-password" not in str(error.value)


def test_postgres_that_restarts_is_reached_again(postgres_url: str) -> None:
    with Store(postgres_url) as store:
        conversation = store.create_conversation("me", None, "before")
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert store.conversation("me", conversation).title == "before"


@pytest.mark.parametrize("content", [b"no database at all " * 100, b"SQLite format 3\0" + b"\xff" * 4_000])
def test_a_file_that_is_no_database_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"file of another kind|damaged") as error:
        Store(f"sqlite:///{file}")
    one_sentence(error, file)
    assert file.read_bytes() == content


@pytest.mark.parametrize("name", ["missing/store.sqlite", "."])
def test_a_place_that_holds_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="cannot be opened") as error:
        Store(f"sqlite:///{tmp_path / name}")
    one_sentence(error, tmp_path / name)


def test_a_damaged_database(sqlite_url: str) -> None:
    with Store(sqlite_url) as store:
        conversation = store.create_conversation("me", None)
        asked = store.add_user_turn("me", conversation, None, said("a pen"))
        store.finish_reply("me", store.begin_reply("me", conversation, asked), REPLY)
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    file.write_bytes(file.read_bytes()[:8192] + b"\xff" * (file.stat().st_size - 8192))
    with pytest.raises(StoreError) as error, Store(sqlite_url) as store:
        store.path("me", conversation)
    one_sentence(error, file)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("form", ["postgresql://me:{}@127.0.0.1:{}/db", "postgres://me@127.0.0.1:{1}/db?password={0}"])
def test_an_unreachable_postgres(form: str) -> None:
    with pytest.raises(StoreError, match="cannot be reached") as error:
        Store(form.format(PASSWORD, unused_port()))
    assert "127.0.0.1" in one_sentence(error, "postgresql")


def test_an_unknown_postgres_database(postgres_url: str) -> None:
    place, _, query = postgres_url.partition("?")
    with pytest.raises(StoreError, match="nowhere") as error:
        Store(f"{place.rpartition('/')[0]}/nowhere?{query}")
    assert "secret-password" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "store.sqlite",
        "mysql://me:{}@host/db",
        "postgresql://me:{}@host:port/db",
        "sqlite+nothing:///x",
        "postgresql+nothing://me:{}@host/db",
        "sqlite:///x?timeout={}",
        "postgresql://me@127.0.0.1/db?unknown={}",
    ],
)
def test_a_url_that_makes_no_sense(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError) as error:
        Store(url.format(PASSWORD))
    one_sentence(error, "")
