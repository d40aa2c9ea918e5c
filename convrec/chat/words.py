"""What is said from templates: prompts/reply/*.yaml, names with their variants. Values are inserted as plain text."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import yaml

from convrec.errors import ConfigError

FOLDER = Path(__file__).resolve().parents[2] / "prompts" / "reply"


class Words:
    """The templates, with one variant chosen by a seed: the same turn of the same conversation says the same.

    Only the files are templates. What a user typed is a value: `{{ … }}` in it stays what it is.
    """

    def __init__(self, seed: str, folder: Path = FOLDER) -> None:
        self.seed = seed
        self.variants = _variants(folder)

    def say(self, name: str, **values: Any) -> str:
        """One variant of the template `name`. Raises ConfigError where there is none, or a value is missing."""
        if name not in self.variants:
            raise ConfigError(f"no reply template {name!r}; prompts/reply/ has: {', '.join(sorted(self.variants))}")
        chosen = random.Random(f"{self.seed}:{name}").choice(self.variants[name])
        try:
            return chosen.render(values).strip()
        except jinja2.UndefinedError as error:
            raise ConfigError(f"reply template {name!r}: {error.message}; give it that value") from error


@cache
def _variants(folder: Path) -> dict[str, list[jinja2.Template]]:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["quoted"] = quoted
    found: dict[str, list[jinja2.Template]] = {}
    for path in sorted(folder.glob("*.yaml")):
        for name, texts in yaml.safe_load(path.read_text("utf-8")).items():
            found[name] = [environment.from_string(text) for text in texts]
    if not found:
        raise ConfigError(f"no reply templates in {folder}; it belongs to the repository, restore it")
    return found


def quoted(words: str, most: int = 60) -> str:
    """A user's words for quoting back: on one line, no longer than needed."""
    line = " ".join(words.split())
    return f"“{line if len(line) <= most else line[: most - 1].rstrip() + '…'}”"
