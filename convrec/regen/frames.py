"""One narrative being written: sentence frames filled with what is true of one item in one context."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from convrec.catalog import FITS, SYSTEM, Catalog
from convrec.language.facts import MARK, Context, facts_of
from convrec.regen.grammar import capitalised, expand, phrasings, slots_of
from convrec.regen.wishes import PACK
from convrec.regen.wording import Wording

Slots = Mapping[str, str]
_IT = re.compile(r"\{[Ii]t\}")


class Page:
    """Sentences about one item, written one after another: no fact is told twice if another is left to tell."""

    def __init__(self, catalog: Catalog, wording: Wording, row: int, context: Context, rng: random.Random) -> None:
        self.catalog, self.wording, self.row, self.context, self.rng = catalog, wording, row, context, rng
        self.facts = facts_of(catalog, row, context)
        self.sentences: list[str] = []
        self.told: set[str] = set()  # fact tokens and flags already spoken of
        self.claims = 0
        self._values = [key for key in catalog[row].attributes if self._sayable(key)]
        self._flags = {key: v for key, v in catalog[row].attributes.items() if isinstance(v, bool)}

    def say(self, group: str, slots: Slots | None = None) -> bool:
        """Adds a sentence of the group if any of its frames can be filled; tells whether one was."""
        keys: dict[str, str] = {}
        filled = {**self._item_slots(keys), **(slots or {})}
        frames = [f for f in phrasings("narratives")[group] if self._fits(f, filled)]
        if not frames:
            return False
        frame = self.rng.choice(frames)
        frame = _IT.sub(lambda it: self._subject(it.group(), frame), frame)
        sentence = expand(frame, filled, self.rng)
        self.sentences.append(capitalised(sentence) if not sentence.startswith("⟨") else sentence)
        marks = MARK.findall(sentence)
        self.told.update(marks, (keys[slot] for slot in slots_of(frame) if slot in keys))
        self.claims += len(marks) + sum(slot in keys and keys[slot] in self._flags for slot in slots_of(frame))
        return True

    def does(self, key: str) -> str | None:
        """What is said of one attribute after "it", if this item's value can be said at all."""
        return self.wording.some(key, "does", self.rng) if key in self._values else None

    def has(self, key: str) -> str | None:
        return self.wording.some(key, "has", self.rng) if key in self._values else None

    def text(self) -> str:
        return " ".join(self.sentences)

    def _fits(self, frame: str, slots: Slots) -> bool:
        if not slots_of(frame) - {"it", "It"} <= slots.keys():
            return False
        marks = MARK.findall(frame)
        return all(mark in self.facts for mark in marks) and not ("title" in marks and "title" in self.told)

    def _subject(self, slot: str, frame: str) -> str:
        subjects = ["it", "it", "this one"]
        if "⟨title⟩" not in frame and "title" not in self.told:
            subjects.append("the ⟨title⟩")
        subject = self.rng.choice(subjects)
        return capitalised(subject) if slot == "{It}" else subject

    def _item_slots(self, keys: dict[str, str]) -> dict[str, str]:
        """Two values and two flags not told yet; `keys` notes which attribute each slot speaks of."""
        slots: dict[str, str] = {}
        fresh = [key for key in self._values if f"attr:{key}" not in self.told]
        for key, number in zip(self._some(fresh, 2), ("", "2"), strict=False):
            for form in ("has", "does"):
                if phrase := self.wording.some(key, form, self.rng):
                    slots[form + number], keys[form + number] = phrase, key
            slots["name" + number] = self.catalog.facets[key].name
        for form, wanted, count in (("is", True, 2), ("is_not", False, 1)):
            flags = [k for k, v in self._flags.items() if v is wanted and k not in self.told and self._word(k, form)]
            for key, number in zip(self._some(flags, count), ("", "2"), strict=False):
                slots[form + number], keys[form + number] = str(self.wording.some(key, form, self.rng)), key
        return slots

    def _word(self, key: str, form: str) -> bool:
        return bool(self.wording.entry(key).get(form))

    def _some(self, keys: Sequence[str], count: int) -> list[str]:
        return self.rng.sample(list(keys), min(count, len(keys)))

    def _sayable(self, key: str) -> bool:
        """Not what is no value ("none", no pockets), nor one of what is counted in the plural."""
        value = self.catalog[self.row].attributes[key]
        if key in (SYSTEM, FITS) or isinstance(value, bool) or value == "none" or value == 0:
            return False
        counted = "amount" in self.wording.entry(key) or key.split("_")[0] in PACK
        return not (counted and value == 1) and bool(self.wording.entry(key).get("does"))
