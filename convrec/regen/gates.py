"""What a written text must pass before it is stored, and why one that does not is refused."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.conversation import Constraint
from convrec.language.claims import ClaimChecker, sentences
from convrec.language.facts import MARK, facts_of
from convrec.language.reader import Reader, Situation
from convrec.regen.ask import context_of, subject_of
from convrec.regen.tasks import Task
from convrec.regen.telling import Telling, words_of

WORDS = {
    "critique": (1, 25), "purchase_reason": (6, 80), "endorsement": (6, 60), "endorsement_long": (20, 130),
    "user_summary": (6, 90),
}  # fmt: skip
# The commonest English words: a text of more than a few words without any of them is in another language.
_ENGLISH = frozenset({
    "a", "an", "and", "any", "anything", "are", "as", "at", "be", "but", "by", "can", "do", "does", "for", "from",
    "got", "has", "have", "i", "if", "in", "is", "it", "its", "just", "less", "like", "looking", "me", "more", "much",
    "my", "need", "no", "not", "of", "on", "one", "or", "other", "please", "rather", "same", "see", "show", "so",
    "some", "something", "than", "that", "the", "there", "they", "this", "to", "too", "up", "want", "was", "we",
    "what", "when", "which", "will", "with", "without", "would", "you", "your",
})  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_STRANGE = re.compile(
    r"https?://|www\.|[{}<>\[\]|`]|\b(?:as an ai|language model|json|system prompt|instructions?)\b", re.IGNORECASE
)
_REFUSES = re.compile(r"\b(?:no|not|never|but|except|than|enough|out|away|seen|tired)\b|n't\b|nt\b", re.IGNORECASE)
_NAMED = 3  # words of a title in a row that name the item


class Refusal(NamedTuple):
    """`rule` is counted, `why` is told to the writer."""

    rule: str
    why: str


class Gates:
    """The gates over one catalogue. `refusal` says why a text may not be stored, None if it may."""

    def __init__(self, catalog: Catalog, reader: Reader) -> None:
        self.catalog, self._reader, self._checker = catalog, reader, ClaimChecker(catalog)
        self._telling = Telling(catalog)
        self._satisfies = lru_cache(maxsize=20_000)(self._mask)

    def refusal(self, task: Task, text: str) -> Refusal | None:
        return self._form(task, text) or (self._critique if task.kind == "critique" else self._narrative)(task, text)

    def leaks(self, target: int, text: str) -> bool:
        """Whether a text names the item: its id, its title, or words of it in a row that are no category or brand."""
        item = self.catalog[target]
        said, title = _words(text), _words(item.title)
        if item.item_id.casefold() in text.casefold().split() or (title and _contains(said, title)):
            return True
        common = {word for name in (item.brand, *item.categories) for word in _words(name)}
        runs = [title[i : i + _NAMED] for i in range(len(title) - _NAMED + 1)]
        return any(_contains(said, run) for run in runs if not set(run) <= common)

    def _form(self, task: Task, text: str) -> Refusal | None:
        least, most = WORDS[task.kind]
        words = _words(MARK.sub(" mark ", text))
        if len(words) < least and "⟨" in text:  # names are short as marks, and as long as they are to who reads them
            facts = facts_of(self.catalog, subject_of(task), context_of(task))
            words = _words(MARK.sub(lambda mark: facts.get(mark[1], "mark"), text))
        if not least <= len(words) <= most:
            return Refusal("length", f"it has {len(words)} words and must have {least} to {most}")
        if _STRANGE.search(text):
            return Refusal("form", "it holds an address, markup or words about instructions")
        if len(words) > 4 and (not _ENGLISH.intersection(words) or _foreign(text)):
            return Refusal("language", "it is not in English")
        return None

    def _critique(self, task: Task, text: str) -> Refusal | None:
        """Not the target's name, and something that leads from the last item to the target."""
        if MARK.search(text):
            return Refusal("marks", "a shopper says no marks")
        if self.leaks(task.target, text):
            return Refusal("leak", "it names the item that is wanted")
        source = task.history[-1]
        constraints = self._reader.read(text, Situation(task.history, reference=source)).constraints
        told = self._tells(text, source, task.target)
        if not constraints and not told:
            return Refusal("nothing said", "it says nothing that the catalogue knows")
        for constraint in constraints:
            if constraint.hard and not self._satisfies(constraint)[task.target]:
                return Refusal("not the item", f"the wanted item is not like that: {constraint.said or text}")
        if not told and not any(self._satisfies(c)[task.target] > self._satisfies(c)[source] for c in constraints):
            return Refusal("no difference", "the first item is like that already")
        return None

    def _tells(self, text: str, source: int, target: int) -> bool:
        """Whether it asks for a word that tells the wanted item from the first, or refuses one that tells the first."""
        said = set(words_of(text))
        if _REFUSES.search(text):
            return not said.isdisjoint(self._telling.apart(target, source, models=True))
        return not said.isdisjoint(self._telling.apart(source, target))

    def _narrative(self, task: Task, text: str) -> Refusal | None:
        """Known marks, at least one claim, and no claim that the facts and the history do not bear out."""
        context, subject = context_of(task), subject_of(task)
        unknown = set(MARK.findall(text)) - facts_of(self.catalog, subject, context).keys()
        if unknown or "⟨" in MARK.sub("", text):
            return Refusal("marks", f"⟨{min(unknown, default='…')}⟩ is no mark of this item")
        claims = [c for sentence in sentences(text) for c in self._checker.check(sentence, subject, context)]
        for claim in claims:
            if not claim.supported:
                return Refusal("false claim", f"the facts do not bear out: {claim.text}")
        return None if claims else Refusal("no claim", "it says nothing of the item or the shopper")

    def _mask(self, constraint: Constraint) -> NDArray[np.bool_]:
        return self.catalog.satisfies(constraint)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _contains(words: list[str], run: list[str]) -> bool:
    return any(words[i : i + len(run)] == run for i in range(len(words) - len(run) + 1))


def _foreign(text: str) -> bool:
    """Whether more than a tenth of the letters are not Latin ones without marks on them."""
    letters = [c for c in MARK.sub("", text) if c.isalpha()]
    return sum(not c.isascii() for c in letters) > len(letters) / 10
