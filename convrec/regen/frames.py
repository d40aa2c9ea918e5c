"""One narrative being written: sentence frames filled with what is true of one item in one context."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from convrec.catalog import FITS, SYSTEM, Catalog
from convrec.language.facts import MARK, Context, facts_of, plain
from convrec.language.grammar import capitalised, expand, phrasings, slots_of
from convrec.language.wording import Wording
from convrec.regen.wishes import PACK

_IT = re.compile(r"\{[Ii]t\}")
# Words around ⟨category⟩ that only suit a plural: "one of our pens", but not "one of our glue".
_COUNTED = re.compile(
    r"\b(one of|of them|of those|of theirs|another|are|were|several|further|more|’s|'s)\b", re.IGNORECASE
)

_UNLIKE = re.compile(r"\b(?:nothing like|another corner)\b")  # said of what is the first of its kind to be bought


class Said(NamedTuple):
    """Something true that can be said: a group of frames and what fills their slots."""

    group: str
    slots: dict[str, str] = {}  # noqa: RUF012 - never written to


class Page:
    """Sentences about one item, written one after another: nothing is told twice while there is something else."""

    def __init__(self, catalog: Catalog, wording: Wording, row: int, context: Context, rng: random.Random) -> None:
        self.catalog, self.wording, self.row, self.context, self.rng = catalog, wording, row, context, rng
        self.item = catalog[row]
        self.facts = facts_of(catalog, row, context)
        self.sentences: list[str] = []
        self.told: set[str] = set()  # fact tokens already spoken of
        self.groups: set[str] = set()
        self.claims = 0
        self._named = self.item.brand.casefold() in self.item.title.casefold()  # the title says the brand, too
        self._plural = self.item.leaf.endswith("s")
        self._first = all(catalog[row].leaf != self.item.leaf for row in context.history)  # of its kind to be bought
        self._values = [key for key in self.item.attributes if self._sayable(key)]

    def say(self, said: Said) -> bool:
        """Adds a sentence of the group if any of its frames can be filled; tells whether one was."""
        slots = {**self._drawn(), **said.slots}
        frames = [frame for frame in phrasings("narratives")[said.group] if self._fits(frame, slots)]
        if not frames:
            return False
        frame = self.rng.choice(frames)
        frame = _IT.sub(lambda it: self._subject(it.group(), frame), frame)
        sentence = expand(frame, slots, self.rng)
        self.sentences.append(capitalised(sentence))
        self.groups.add(said.group)
        marks = MARK.findall(sentence)
        self.told.update(marks, map(plain, marks))
        self.claims += len(marks)
        return True

    def does(self, key: str) -> str | None:
        """What is said of one attribute after "it", if this item's value can be said at all."""
        return self.wording.some(key, "does", self.rng) if key in self._values else None

    def has(self, key: str) -> str | None:
        return self.wording.some(key, "has", self.rng) if key in self._values else None

    def uses(self) -> tuple[str, ...]:
        """The fact tokens of what the item is for."""
        return tuple(f"⟨{name}⟩" for name in self.facts if name.startswith("use:"))

    def text(self) -> str:
        return " ".join(self.sentences)

    def _fits(self, frame: str, slots: dict[str, str]) -> bool:
        if not slots_of(frame) - {"it", "It"} <= slots.keys():
            return False
        marks = _marks(frame)
        if not marks <= self.facts.keys() or ("title" in marks and "title" in self.told):
            return False
        if {"category", "asked:category"} & marks and not self._plural and _COUNTED.search(frame):
            return False
        if _UNLIKE.search(frame) and not self._first:
            return False
        return not (self._named and "title" in marks and {"brand", "asked:brand"} & marks)

    def _subject(self, slot: str, frame: str) -> str:
        subjects = ["it", "it", "this one"]
        if "⟨title⟩" not in frame and "title" not in self.told:
            subjects.append("the ⟨title⟩")
        subject = self.rng.choice(subjects)
        return capitalised(subject) if slot == "{It}" else subject

    def _drawn(self) -> dict[str, str]:
        """Slots for two values and three flags not told yet."""
        slots: dict[str, str] = {}
        fresh = [key for key in self._values if f"attr:{key}" not in self.told]
        for key, number in zip(self._some(fresh, 2), ("", "2"), strict=False):
            for form in ("has", "does"):
                if phrase := self.wording.some(key, form, self.rng):
                    slots[form + number] = phrase
            slots["name" + number] = self.catalog.facets[key].name
        told = {self.facts.get(name) for name in self.told}
        for form, count in (("is", 2), ("is_not", 1)):
            flags = [n for n, said in self.facts.items() if n.startswith(f"{form}:") and said not in told]
            for name, number in zip(self._some(flags, count), ("", "2"), strict=False):
                slots[form + number] = f"⟨{name}⟩"
        return slots

    def _some(self, keys: Sequence[str], count: int) -> list[str]:
        return self.rng.sample(list(keys), min(count, len(keys)))

    def _sayable(self, key: str) -> bool:
        """Not what is no value ("none", no pockets), nor one of what is counted in the plural."""
        value = self.item.attributes[key]
        if key in (SYSTEM, FITS) or isinstance(value, bool) or value == "none" or value == 0:
            return False
        counted = "amount" in self.wording.entry(key) or key.split("_")[0] in PACK
        return not (counted and value == 1) and bool(self.wording.entry(key).get("does"))


def entries(catalog: Catalog, row: int, key: str) -> tuple[str, ...]:
    """The values of a choice or list attribute of an item; none where it is missing."""
    value = catalog[row].attributes.get(key)
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()


@cache
def _marks(frame: str) -> frozenset[str]:
    return frozenset(MARK.findall(frame))
