"""What a language model is asked, and how its answer is read: the prompts are files in prompts/regen/ask/ and
prompts/rate/.

A file starts with `version: N`; then comes what stands under `# System` and `# User`, Jinja2 templates over plain
values. What users wrote is only ever a value: it is cleaned, cut, quoted, and said to be a quotation.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from convrec.catalog import Catalog
from convrec.errors import ConfigError
from convrec.language.facts import Context, facts_of, render
from convrec.regen.backends import Message
from convrec.regen.tasks import Task

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
CRITIQUES = 5  # written for each pair, of which one is drawn
QUOTED = 600  # characters of a review or description at most
RECENT = 12  # purchases shown
_TAG = re.compile(r"<[^>]{0,200}>")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f⟨⟩{}]+")
_SECTIONS = re.compile(r"\Aversion: (\d+)\n+# System\n(.*?)\n# User\n(.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    version: int
    system: str
    user: str


def context_of(task: Task) -> Context:
    """What the text may speak of: nothing but what came before. A summary is about the last thing bought."""
    return Context(task.history)


def subject_of(task: Task) -> int:
    """The row that the fact tokens of the text are about."""
    return task.history[-1] if task.kind == "user_summary" else task.target


def messages(catalog: Catalog, task: Task, complaints: tuple[str, ...] = ()) -> list[Message]:
    """The request for one text; `complaints` say what was wrong with earlier answers."""
    values = {**_values(catalog, task), "count": CRITIQUES, "complaints": complaints}
    return _messages(read_prompt(f"regen/ask/{task.kind}"), values)


def rating(catalog: Catalog, task: Task, text: str) -> list[Message]:
    """The request to judge one text that was written: the rubric of prompts/rate/."""
    name = "critique" if task.kind == "critique" else "narrative"
    values = _values(catalog, task)
    plain = render(text, facts_of(catalog, subject_of(task), context_of(task)))
    return _messages(read_prompt(f"rate/{name}"), {**values, "text": quoted(plain)})


def _values(catalog: Catalog, task: Task) -> dict[str, object]:
    context, subject = context_of(task), subject_of(task)
    item, last = catalog[subject], catalog[task.history[-1]]
    return {
        "item": {"title": item.title, "text": quoted(catalog.text(subject))},
        "last": {"title": last.title, "text": quoted(catalog.text(task.history[-1]))},
        "facts": facts_of(catalog, subject, context),
        "history": [quoted(catalog[row].title) for row in task.history[-RECENT:]],
        "review": quoted(task.review),
    }


def _messages(prompt: Prompt, values: dict[str, object]) -> list[Message]:
    return [Message("system", _rendered(prompt.system, values)), Message("user", _rendered(prompt.user, values))]


def texts_of(answer: str, kind: str) -> list[str]:
    """The texts of an answer: of a JSON object with "critiques" or "text"; prose around it is ignored."""
    found = object_in(answer)
    texts = found.get("critiques") if kind == "critique" else [found.get("text")]
    return [" ".join(t.split()) for t in texts if isinstance(t, str) and t.strip()] if isinstance(texts, list) else []


def object_in(answer: str) -> dict[str, object]:
    """The JSON object in an answer, prose and fences around it ignored; empty if there is none."""
    start, end = answer.find("{"), answer.rfind("}")
    try:
        found = json.loads(answer[start : end + 1]) if 0 <= start < end else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def quoted(text: str) -> str:
    """What somebody wrote, as one line without tags, control characters, fact marks or braces, cut to QUOTED."""
    plain = " ".join(_UNSAFE.sub(" ", _TAG.sub(" ", text)).split())
    return plain if len(plain) <= QUOTED else plain[:QUOTED].rsplit(" ", 1)[0] + " …"


@cache
def read_prompt(name: str) -> Prompt:
    """Raises ConfigError for a file that is missing or not in the form above."""
    path = PROMPTS / f"{name}.md"
    try:
        found = _SECTIONS.match(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"the prompt {path} cannot be read: {error.strerror}") from error
    if not found:
        raise ConfigError(f"{path} needs `version: N`, then `# System` and `# User`")
    return Prompt(int(found[1]), found[2].strip(), found[3].strip())


def _rendered(template: str, values: dict[str, object]) -> str:
    return _ENVIRONMENT.from_string(template).render(values)


_ENVIRONMENT = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
