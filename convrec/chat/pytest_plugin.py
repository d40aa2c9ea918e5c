"""Collects scripted conversations: every `*.yaml` right in a folder named `conversations` is one test.

Loaded by pytest in every environment that has convrec, so nothing heavy is imported until there is a script to run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from convrec.chat.cast import Cast
    from convrec.datasets import Dataset


class ScriptFailed(Exception):
    """What did not hold, turn by turn."""


class ScriptFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        yield ScriptItem.from_parent(self, name=self.path.stem)


class ScriptItem(pytest.Item):
    def runtest(self) -> None:
        from convrec.chat.converse import converse
        from convrec.chat.script import read_script

        cast, dataset = _cast(self.config)
        with tempfile.TemporaryDirectory() as folder:
            outcome = converse(read_script(self.path), cast, f"sqlite:///{folder}/script.sqlite", dataset)
        if outcome.failures:
            raise ScriptFailed("\n".join(outcome.failures))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        from convrec.errors import ConvrecError

        if isinstance(excinfo.value, ScriptFailed | ConvrecError):
            return f"{self.path}:\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"conversation {self.name}"


_CAST = pytest.StashKey["tuple[Cast, Dataset]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("convrec", "scripted conversations")
    group.addoption("--convrec-model", metavar="DIR", help="run scripts against this model; default: a scripted engine")
    group.addoption("--convrec-dataset", metavar="DIR", help="the dataset folder with items and shoppers")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix == ".yaml" and file_path.parent.name == "conversations":
        return ScriptFile.from_parent(parent, path=file_path)
    return None


def _cast(config: pytest.Config) -> tuple[Cast, Dataset]:
    """Loaded once a run: the sentence encoder takes seconds."""
    if _CAST not in config.stash:
        from convrec.chat.cast import load, load_scripted
        from convrec.datasets import read_dataset
        from convrec.settings import Settings

        dataset = read_dataset(config.getoption("--convrec-dataset") or Settings().dataset)
        model = config.getoption("--convrec-model")
        config.stash[_CAST] = (load(Path(model)) if model else load_scripted(dataset), dataset)
    return config.stash[_CAST]
