"""The real page in a real browser: one server and one chromium for the module, a fresh visitor for each test."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_visitor import PATIENCE_S, Visitor
from playwright.sync_api import Browser, expect, sync_playwright

CHROMIUM = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
START_S = 300  # seconds of processor time become minutes where something else has the cores
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running page over the small shop."""
    folder = tmp_path_factory.mktemp("shop")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, log = f"http://127.0.0.1:{port}", folder / "log"
    with log.open("w") as written:
        command = [sys.executable, str(Path(__file__).with_name("shop_app.py")), str(port), str(folder / "shop.sqlite")]
        server = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT)
        try:
            _await_page(url, server, log)
            yield url
        finally:
            server.terminate()
            server.wait(20)


def _await_page(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the page did not start:\n{log.read_text()}"
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the page was not ready after {START_S} s:\n{log.read_text()}")


# For a module, not the session: while it runs, playwright's event loop is this thread's, and no test can start another.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "the page is tested in chromium; `make test` installs it"
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        yield running
        running.close()


@pytest.fixture
def visitor(browser: Browser, shop: str) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Visitor(context, shop).come()
    context.close()


@pytest.fixture
def stranger(browser: Browser, shop: str) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Visitor(context, shop)
    context.close()


@pytest.fixture
def phone(browser: Browser, shop: str) -> Iterator[Visitor]:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    yield Visitor(context, shop).come()
    context.close()
