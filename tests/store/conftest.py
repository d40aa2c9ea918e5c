"""Every store test runs on a SQLite file and on a real PostgreSQL, started here for the session."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import pytest

from convrec.store import Store

HOW_TO_INSTALL = "no PostgreSQL to test the store on; install it (Debian: apt-get install postgresql)"


def find_binaries() -> Path | None:
    """The folder of initdb and postgres, which Debian keeps off the PATH."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("initdb"):
        candidates.insert(0, Path(found).resolve().parent)
    return next((folder for folder in candidates if {"initdb", "postgres"} <= {p.name for p in folder.iterdir()}), None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if any(HOW_TO_INSTALL in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(f"SKIPPED: {HOW_TO_INSTALL}", yellow=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The socket folder of a server of our own; anyone may log in as convrec."""
    binaries = find_binaries()
    if binaries is None:
        if os.environ.get("CI") == "true":
            pytest.fail(HOW_TO_INSTALL)
        pytest.skip(HOW_TO_INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="convrec-pg-", dir="/tmp"))  # socket paths hold 107 characters at most
    as_user = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        user = names.get("postgres") or names["nobody"]
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o755)
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "convrec", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        **as_user,
    )
    with (folder / "log").open("wb") as log:
        settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
        server = subprocess.Popen([binaries / "postgres", "-D", data, *settings], cwd=folder, stderr=log, **as_user)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(host=str(folder), user="convrec", dbname="postgres").close()
                break
            except psycopg.OperationalError:
                assert server.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.05)
        yield str(folder)
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        server.wait()
        shutil.rmtree(folder)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """The server's one database, wiped: that takes a hundredth of the time of creating another."""
    with psycopg.connect(host=postgres, user="convrec", dbname="postgres", autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return f"postgresql://convrec:secret-password@/postgres?host={postgres}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    return str(request.getfixturevalue(fixture))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store(url) as opened:
        yield opened


@pytest.fixture
def threads() -> Callable[[int, Callable[[int], Any]], list[Any]]:
    """Runs work(0) … work(n − 1) at once and gives their results; one that fails, fails the test."""

    def run(count: int, work: Callable[[int], Any]) -> list[Any]:
        start = Barrier(count)

        def begin(number: int) -> Any:
            start.wait()
            return work(number)

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(begin, range(count)))

    return run
