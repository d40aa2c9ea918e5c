"""Every earlier schema is upgraded with its data kept; add a revision's rows to ROWS when you add the revision."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, create_engine, inspect, text
from store_samples import CHEAPER, REPLY

from convrec.catalog import Interaction
from convrec.conversation import TextPart, Turn, part_to_dict
from convrec.errors import StoreError
from convrec.store import Store, upgrade
from convrec.store.schema import Table

# What each revision's tables held, as that revision wrote it.
Rows = Mapping[str, list[dict[str, Any]]]
ROWS: dict[str, Rows] = {
    "0001": {
        "imports": [{"owner": "", "fingerprint": "f", "created": 1.0}],
        "shoppers": [{"owner": "", "shopper_id": "17", "number": 0, "imported": True}],
        "purchases": [
            {
                "owner": "",
                "shopper_id": "17",
                "position": 0,
                "item_id": "pen-1",
                "timestamp": 5,
                "rating": 4.0,
                "review": "fine",
            }
        ],
        "conversations": [
            {
                "conversation_id": "c",
                "owner": "me",
                "title": "Pens",
                "shopper_id": "17",
                "created": 1.0,
                "updated": 2.0,
                "turns": 2,
                "leaf": 2,
            }
        ],
        "turns": [
            {
                "turn_id": "t1",
                "owner": "me",
                "conversation_id": "c",
                "parent_id": None,
                "position": 1,
                "role": "user",
                "status": "done",
                "created": 1.0,
                "worker": None,
                "parts": [part_to_dict(TextPart("cheaper"))],
                "reading": CHEAPER.to_dict(),
                "reply": None,
            },
            {
                "turn_id": "t2",
                "owner": "me",
                "conversation_id": "c",
                "parent_id": "t1",
                "position": 2,
                "role": "assistant",
                "status": "done",
                "created": 2.0,
                "worker": None,
                "parts": None,
                "reading": None,
                "reply": REPLY.to_dict(),
            },
        ],
        "feedback": [{"turn_id": "t2", "item_id": "pen-2", "owner": "me", "verdict": "like"}],
    },
}


def config() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(upgrade.MIGRATIONS))
    return settings


REVISIONS = [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()]


def engine_of(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def make_earlier(url: str, revision: str) -> None:
    """A database as the version with that schema left it."""
    engine = engine_of(url)
    with engine.begin() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if table.name in ROWS[revision]:
                connection.execute(table.insert(), ROWS[revision][table.name])
    engine.dispose()


def tables_of(url: str) -> set[str]:
    engine = engine_of(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def assert_all_is_there(url: str) -> None:
    with Store(url) as store:
        assert store.history("me", "17") == [Interaction("17", "pen-1", 5, 4.0, "fine")]
        asked, reply = store.path("me", "c")
        assert asked.turn == Turn("user", (TextPart("cheaper"),), CHEAPER)
        assert (reply.reply, reply.feedback, reply.parent_id) == (REPLY, {"pen-2": "like"}, "t1")
        (listed,) = store.conversations("me")
        assert (listed.title, listed.shopper_id, listed.turns, listed.branches) == ("Pens", "17", 2, 1)


def test_every_revision_has_rows_to_be_upgraded() -> None:
    assert set(ROWS) == set(REVISIONS)


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_each_revision_opens_with_its_data(url: str, revision: str) -> None:
    make_earlier(url, revision)
    assert_all_is_there(url)


def test_the_migrations_make_the_tables_of_the_schema(url: str) -> None:
    Store(url).close()
    engine = engine_of(url)
    with engine.connect() as connection:
        options = {"version_table": upgrade.VERSION_TABLE, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Table.metadata) == []
    engine.dispose()


def test_a_newer_database_is_refused_and_left_alone(url: str) -> None:
    Store(url).close()
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE convrec_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer version of Convrec \(schema 9999\)"):
        Store(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM convrec_version")).scalar() == "9999"
    engine.dispose()


def test_tables_of_another_program_are_in_the_way_and_nothing_is_half_made(url: str) -> None:
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE turns (mine INTEGER)"))
    with pytest.raises(StoreError, match=r"turns.* already exists"):
        Store(url)
    assert tables_of(url) == {"turns"}
    engine.dispose()


def test_several_threads_may_open_a_new_database_at_once(url: str) -> None:
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            Store(url).close()
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"


def upgrade() -> None:
    with op.batch_alter_table("conversations", recreate="auto") as batch:
        batch.alter_column("title", type_=sa.String(500))
        batch.add_column(sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
    {then}
"""


@pytest.fixture
def next_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A migrations folder with room for one more revision than there is."""
    folder = tmp_path / "migrations"
    shutil.copytree(upgrade.MIGRATIONS, folder)
    monkeypatch.setattr(upgrade, "MIGRATIONS", folder)
    return folder / "versions" / "next.py"


def test_a_batch_migration_rebuilds_a_table_without_losing_what_refers_to_it(url: str, next_revision: Path) -> None:
    make_earlier(url, REVISIONS[0])
    next_revision.write_text(NEXT.format(head=REVISIONS[0], then=""))
    assert_all_is_there(url)
    engine = engine_of(url)
    assert "pinned" in {column["name"] for column in inspect(engine).get_columns("conversations")}
    engine.dispose()
    if url.startswith("sqlite"):
        with Store(url) as store:  # foreign keys are on again: the turns go with their conversation
            store.delete_conversation("me", "c")
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        assert connection.execute("SELECT count(*) FROM turns").fetchone() == (0,)
        connection.close()


def test_a_migration_that_fails_changes_nothing(url: str, next_revision: Path) -> None:
    make_earlier(url, REVISIONS[0])
    next_revision.write_text(NEXT.format(head=REVISIONS[0], then='op.execute("INSERT INTO nowhere VALUES (1)")'))
    with pytest.raises(StoreError, match="nowhere"):
        Store(url)
    next_revision.unlink()
    assert_all_is_there(url)
    engine = engine_of(url)
    assert "pinned" not in {column["name"] for column in inspect(engine).get_columns("conversations")}
    engine.dispose()
