"""The same folder is a package, a Space and what `make` installs: they must not drift apart."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import gradio
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return found


@pytest.fixture(scope="module")
def front_matter() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "README.md").read_text("utf-8").split("---\n")[1])
    return found


def test_a_space_installs_what_the_package_needs(project: dict[str, Any]) -> None:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if line and line[0] not in "#-"] == project["dependencies"]


def test_the_front_matter_is_what_a_space_needs(front_matter: dict[str, Any], project: dict[str, Any]) -> None:
    assert front_matter["sdk"] == "gradio"
    assert (ROOT / front_matter["app_file"]).is_file()
    assert Version(front_matter["python_version"]) in SpecifierSet(project["requires-python"])
    assert front_matter["license"] == project["license"].lower()
    assert len(front_matter["short_description"]) <= 60
    wanted = next(r for r in map(Requirement, project["dependencies"]) if r.name == "gradio")
    assert re.fullmatch(r"\d+\.\d+\.\d+", front_matter["sdk_version"])
    assert Version(front_matter["sdk_version"]) in wanted.specifier
    assert Version(gradio.__version__) in wanted.specifier


def test_make_installs_the_torch_that_the_package_wants(project: dict[str, Any]) -> None:
    pinned = re.search(r"torch==(\S+)", (ROOT / "Makefile").read_text("utf-8"))
    wanted = next(r for r in map(Requirement, project["dependencies"]) if r.name == "torch")
    assert pinned
    assert Version(pinned[1]) in wanted.specifier


def test_the_space_entry_is_short() -> None:
    assert len((ROOT / "app.py").read_text("utf-8").splitlines()) <= 30


def test_the_licence_is_the_whole_text() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_help_loads_nothing_heavy() -> None:
    heavy = ("torch", "transformers", "sentence_transformers", "gradio", "sqlalchemy", "polars")
    code = f"import sys; from convrec.cli import app; print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_what_is_not_python_travels_with_the_package(project: dict[str, Any]) -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"][
        "convrec"
    ]
    packed = {path for pattern in patterns for path in (ROOT / "convrec").glob(pattern)}
    files = (p for p in (ROOT / "convrec").rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    others = {p for p in files if p.suffix != ".py"}
    assert others <= packed, sorted(str(p.relative_to(ROOT)) for p in others - packed)
