"""The docs keep up with the code: commands, links, files named, and words that have no place in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from convrec.cli import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# Paths of somebody's machine, and marks of unfinished work. (A Space's /data is a documented place.)
FORBIDDEN = re.compile(
    r"(?<![\w.~-])/(?:work|root|home|opt|mnt|Users)/|\b(?:TODO|FIXME|XXX)\b|lorem ipsum", re.IGNORECASE
)


def commands(group: TyperGroup, name: str) -> Iterator[str]:
    for child, command in group.commands.items():
        yield from commands(command, f"{name} {child}") if isinstance(command, TyperGroup) else [f"{name} {child}"]


def _commands() -> list[str]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return sorted(commands(group, "convrec"))


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_documented(command: str) -> None:
    assert any(re.search(rf"\b{command}\b", page.read_text("utf-8")) for page in PAGES), f"no page names `{command}`"


@pytest.mark.parametrize("command", _commands())
def test_every_command_explains_itself(command: str) -> None:
    found: object = typer.main.get_command(app)
    for name in command.split()[1:]:
        assert isinstance(found, TyperGroup)
        found = found.commands[name]
    assert getattr(found, "help", None)
    assert all(getattr(param, "help", None) for param in getattr(found, "params", []))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), f"{target}: only https"
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{page.name}: {target} leads nowhere"
        if anchor:
            assert anchor in _anchors(found), f"{page.name}: {target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_somebodys_machine_or_unfinished_work(page: Path) -> None:
    assert not (found := FORBIDDEN.findall(page.read_text("utf-8"))), found


def test_the_readme_is_about_this_repository() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert "docs/screenshot.png" in text
    for target in re.findall(r"make (\w+)", text):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE), f"make {target}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
