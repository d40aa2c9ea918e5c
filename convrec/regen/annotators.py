"""Annotators: what writes the texts of a task. The offline grammar, or a language model behind a backend."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Protocol

from convrec.catalog import Catalog
from convrec.regen.annotate import prompt_sha
from convrec.regen.answers_kept import Answer, KeptAnswers, key_of
from convrec.regen.ask import CRITIQUES, context_of, messages, read_prompt, texts_of
from convrec.regen.backends import Backend
from convrec.regen.tasks import NARRATIVES, Kind, Task
from convrec.regen.writer import Writer

MAX_TOKENS = {"critique": 300, "endorsement_long": 400}  # of an answer; 200 for the others


@dataclass(frozen=True, slots=True)
class Written:
    """The texts of one attempt (of a critique: several), and the tokens that it cost now (0: kept from before)."""

    texts: tuple[str, ...]
    tokens: int = 0


class Annotator(Protocol):
    """`name`, `model` and `prompt_sha` are stored with every text; `tries` are the attempts before one is given up."""

    name: str
    model: str
    prompt_sha: str
    tries: int

    async def write(self, task: Task, attempt: int, complaints: tuple[str, ...]) -> Written:
        """No texts where an answer holds none. Raises Unanswered where there is no answer."""
        ...


class GrammarAnnotator:
    """Writes by grammar, offline; the same task gives the same texts."""

    tries = 12  # they cost nothing

    def __init__(self, catalog: Catalog, seed: int) -> None:
        self.name, self.model, self.prompt_sha = "grammar", "convrec.regen", prompt_sha()
        self._writer, self._seed = Writer(catalog), seed

    async def write(self, task: Task, attempt: int, complaints: tuple[str, ...]) -> Written:
        rng = random.Random(f"{self._seed}:{task.user_id}:{task.position}:{task.kind}:{attempt}")
        if task.kind == "critique":
            found = self._writer.critiques(task.history[-1], task.target, rng, count=CRITIQUES, history=task.history)
            return Written(tuple(text for text, _ in found))
        return Written((self._writer.narrative(task.kind, task.target, context_of(task), rng),))


class ModelAnnotator:
    """Asks a language model; what it answered once is kept and never asked for again."""

    tries = 3

    def __init__(self, name: str, catalog: Catalog, backend: Backend, kept: KeptAnswers, seed: int) -> None:
        self.name, self.model = name, backend.model
        self.prompt_sha = key_of([_said(kind) for kind in ("critique", *NARRATIVES)])[:16]
        self._catalog, self._backend, self._kept, self._seed = catalog, backend, kept, seed

    async def write(self, task: Task, attempt: int, complaints: tuple[str, ...]) -> Written:
        asked = messages(self._catalog, task, complaints)
        most = MAX_TOKENS.get(task.kind, 200)
        seed = int(key_of(self._seed, task.user_id, task.position, task.kind, attempt)[:7], 16)  # a text of their own
        key = key_of(self.name, self.model, [(m.role, m.text) for m in asked], most, seed)
        answer: Answer | None = self._kept.find(key)
        tokens = 0
        if answer is None:
            self._kept.asking(key)
            answer = await self._backend.complete(asked, max_tokens=most, seed=seed)
            self._kept.keep(key, answer)
            tokens = answer.tokens
        return Written(tuple(texts_of(answer.text, task.kind)), tokens)


def _said(kind: Kind) -> tuple[int, str, str]:
    prompt = read_prompt(f"regen/ask/{kind}")
    return prompt.version, prompt.system, prompt.user
