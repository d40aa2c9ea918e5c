"""Brings a database to the newest schema, whole or not at all, however many processes open it at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from convrec.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "convrec_version"  # of our own: a PostgreSQL schema may hold another program's alembic_version
POSTGRES_LOCK = 7_026_731  # any number, the same in every process

_one_at_a_time = threading.Lock()  # alembic's context is a module, shared by all threads


def upgrade(reading: Engine, writing: Engine, place: str) -> None:
    """Runs the migrations that are missing in one transaction; a database that is current is only read.

    `place` names it in messages. Raises StoreError for one that a newer version wrote.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with reading.connect() as connection:
        if _version(connection, scripts, place) == scripts.get_current_head():
            return
    with _one_at_a_time, writing.connect() as connection, _foreign_keys_off(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": POSTGRES_LOCK})
        if _version(connection, scripts, place) != scripts.get_current_head():  # another process was faster
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise StoreError(f"{place} has rows that refer to missing ones; it was not changed, restore a backup")


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Batch migrations of SQLite rebuild tables; dropping the old one must not cascade. No effect in a transaction."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.cursor()
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _version(connection: Connection, scripts: ScriptDirectory, place: str) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    version = context.get_current_revision()
    if version is not None and version not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(
            f"{place} was written by a newer version of Convrec (schema {version}); "
            "update Convrec, or name another database"
        )
    return version
