"""What must fit a thing that is owned or at hand: "a refill for my pen", "my printer ran out", "which pods fit it?"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from convrec.catalog import Catalog
from convrec.conversation import Constraint, Op
from convrec.language.draft import Draft
from convrec.language.lexicon import Kind, Mention
from convrec.language.manner import Spoken
from convrec.language.references import Pointed, Pointer
from convrec.language.utterance import Utterance, stems

# Stems of words for whatever goes into a thing, whatever the shop calls it; what is said after a thing that has none.
_FILLS = frozenset(["refill", "supply", "accessory", "spare", "part", "replacement", "insert", "consumable"])
_AT_HAND = re.compile(r"(?:this|that|these|those|like|it)(?!\w)")  # what is steered from, not what needs something
_OF_IT = re.compile(r"\b(?:fit|fits|compatible with|(?:goes|go|works|work) (?:well )?with|made for) (?:it|that|this)\b")
_KINDS = 2  # of things that fit what was only named: more are no answer
_MEANT = 3  # of several things owned that the words are true of, besides the newest
_EMPTY = re.compile(
    r"(?:(?:that )?(?:i|we) (?:have|own|bought|got|use) (?:just )?)?"
    r"(?:is|are|has|have|ran|runs|went) (?:\w+ )?(?:empty|out|dry|low)(?!\w)"
)


class Fitting:
    """Takes into `draft` what fits; `history` are the rows owned, `base` the row that is at hand."""

    def __init__(
        self,
        catalog: Catalog,
        pointer: Pointer,
        utterance: Utterance,
        draft: Draft,
        history: Sequence[int],
        base: int | None,
        spoken: Spoken,
    ) -> None:
        self._catalog, self._pointer, self._u, self._draft = catalog, pointer, utterance, draft
        self._history, self._base, self._spoken = history, base, spoken
        self._owned: list[Pointed] = []  # pointed at, and no small word says what for
        self._unowned: list[tuple[str, str]] = []  # (category, as it was said) of what something should fit

    def refer(self, pointed: Pointed, cues: Mapping[str, Mention]) -> None:
        """Takes a reference, and what fits it where that is asked for ("a refill for my pen")."""
        if pointed.reference not in self._draft.references:
            self._draft.references.append(pointed.reference)
        fitting = cues.get("for")
        if fitting is None:
            if pointed.reference.kind == "owned" and not _AT_HAND.match(pointed.reference.said.casefold()):
                self._owned.append(pointed)
            return
        said = self._u.said(fitting.first, pointed.last)
        if self._catalog.compatible(pointed.row).any():
            self._name_what_fits(pointed.row)
            if not (self._fits(pointed.row) or self._sounds_fitting(pointed.row) or self._is_any_fill()):
                return  # "paper for my printer": what fits is cartridges
            if not self._fits(pointed.row):  # "ink cartridges for my printer": what fits counts, not what it is called
                self._soften_category()
            self._take(pointed, said)
        elif "fit" in said or "compatible" in said:
            self._draft.unmet.append(said)

    def refer_to_a_kind(self, category: str, first: int, last: int, cues: Mapping[str, Mention]) -> None:
        """Notes that something should fit "my stapler" where none was bought here."""
        if "for" in cues or self._spoken.wants_fitting(first, last):
            self._unowned.append((category, self._u.said(first, last)))

    def refer_to_what_is_not_owned(self) -> None:
        """Takes the kinds of things that fit what was only named, within what is asked for; none where it is not clear
        which: paper for a printer, the many things that fit a pen."""
        for category, said in self._unowned:
            kinds = self._kinds_that_fit(category)
            asked = self._asked()
            if asked:
                within = self._catalog.satisfies(asked)
                kinds = [
                    kind
                    for kind in kinds
                    if (self._catalog.satisfies(_kind(kind, said)) & within).any() or _alike(asked.said, kind)
                ]
            if 0 < len(kinds) <= _KINDS:
                self._draft.unowned.append(said)
                self._draft.constraints = [c for c in self._draft.constraints if c != asked]
                for kind in kinds:
                    self._draft.category = kind
                    self._draft.put(_kind(kind, said))

    def _kinds_that_fit(self, category: str) -> list[str]:
        """The leaf categories of what fits anything of this category, in the catalogue's order."""
        hosts = self._catalog.satisfies(_kind(category, "")).nonzero()[0]
        fitting = np.logical_or.reduce([self._catalog.compatible(int(row)) for row in hosts])
        return list(dict.fromkeys(self._catalog[int(row)].leaf for row in fitting.nonzero()[0]))

    def refer_to_what_lacks(self) -> None:
        """Takes what fits a thing owned that was only spoken of: "top up my printer"."""
        for pointed in self._owned:
            fitting = self._fits(pointed.row) or (self._is_any_fill() and self._catalog.compatible(pointed.row).any())
            if fitting and self._spoken.wants_fitting(pointed.first, pointed.last):
                said = self._u.said(pointed.first, pointed.last)
                if not self._fits(pointed.row):
                    self._soften_category()
                self._take(pointed, said)

    def refer_to_it(self, said: str) -> None:
        """Takes what fits "it", where the shop knows such a thing: the thing owned that the message speaks of ("my
        printer is empty, what fits it?"), else the base ("which pods fit it?")."""
        for pointed in self._owned[:1]:
            if self._catalog.compatible(pointed.row).any():
                self._take(pointed, said)
                return
        if self._base is None:
            return
        self._name_what_fits(self._base)
        asked = self._asked()
        if (asked and not self._fits(self._base)) or (not asked and _OF_IT.search(self._u.line)):  # "what fits it?"
            fitting = self._catalog.compatible(self._base).nonzero()[0]
            kinds = list(dict.fromkeys(self._catalog[int(row)].leaf for row in fitting))
            kinds = [kind for kind in kinds if not asked or _alike(asked.said, kind)]
            if kinds and len(kinds) <= _KINDS:
                self._draft.constraints = [c for c in self._draft.constraints if c != asked]
                for kind in kinds:
                    self._draft.category = kind
                    self._draft.put(_kind(kind, said))
        if self._draft.category and self._fits(self._base):
            self._draft.put(Constraint("compatible", Op.IS, self._catalog[self._base].item_id, True, said))

    def ran_out(self, mention: Mention) -> bool:
        """Takes what fits an owned thing that is empty: "my printer ran out"; whether there is such a thing."""
        if not _EMPTY.match(self._u.said(mention.last, len(self._u)).casefold()):
            return False
        pointed = self._pointer.owned(self._u, mention.first, mention.last, [mention], self._history)
        category = next((str(s.value) for s in mention.of(Kind.VALUE) if s.facet == "category"), "")
        if pointed is None and category and self._u.words[max(mention.first - 1, 0)].text in ("my", "our"):
            self._unowned.append((category, self._u.said(mention.first - 1, mention.last)))
            return bool(self._kinds_that_fit(category))
        if pointed is None or not self._catalog.compatible(pointed.row).any():
            return False
        self._draft.references.append(pointed.reference)
        self._take(pointed, self._u.said(mention.first, len(self._u)))
        return True

    def _take(self, pointed: Pointed, said: str) -> None:
        """What fits the thing pointed at, or either of them where "my craft knife" is true of two."""
        either = tuple(self._catalog[row].item_id for row in self._others_meant(pointed))
        constraint = Constraint("compatible", Op.IS, pointed.reference.item_id, True, said, either)
        if all(constraint.key != c.key for c in self._draft.constraints):
            self._draft.constraints.append(constraint)

    def _others_meant(self, pointed: Pointed) -> list[int]:
        """Other things owned, newest first, that the words are as true of and other things fit."""
        if pointed.reference.kind != "owned" or not set(stems(pointed.reference.said)) & self._words(pointed.row):
            return []
        said = set(stems(pointed.reference.said)) & self._words(pointed.row)
        fitting = self._catalog.compatible(pointed.row)
        found = [
            row
            for row in dict.fromkeys(reversed(self._history))
            if row != pointed.row
            and self._catalog[row].leaf == self._catalog[pointed.row].leaf
            and said <= self._words(row)
            and (self._catalog.compatible(row) != fitting).any()
        ]
        return [row for row in found if self._catalog.compatible(row).any()][:_MEANT]

    def _words(self, row: int) -> set[str]:
        """Stems of what an item is called: title, maker, category."""
        item = self._catalog[row]
        return {stem for text in (item.title, item.brand, item.leaf) for stem in stems(text)}

    def _name_what_fits(self, row: int) -> None:
        """ "Tapes for it" are the tapes that fit it, whatever else is called tape."""
        asked = self._asked()
        if asked and self._fits(row) and not set(stems(asked.said)).isdisjoint(stems(str(asked.value))):
            return
        leaves = {self._catalog[int(fitting)].leaf for fitting in self._catalog.compatible(row).nonzero()[0]}
        if asked:
            named = [leaf for leaf in leaves if set(stems(asked.said)) <= set(stems(leaf))]
        else:
            words = {word.stem: word for word in self._u.words}
            named = [leaf for leaf in leaves if stems(leaf)[-1] in words]
        if len(named) != 1:
            return
        self._draft.category = named[0]
        said = asked.said if asked else words[stems(named[0])[-1]].text
        self._draft.constraints = [c for c in self._draft.constraints if c != asked]
        self._draft.put(Constraint("category", Op.IS, named[0], asked is not None and asked.hard, said))

    def _asked(self) -> Constraint | None:
        """The category that is asked for."""
        return next((c for c in self._draft.constraints if c.facet == "category" and c.op is Op.IS), None)

    def _soften_category(self) -> None:
        self._draft.constraints = [replace(c, hard=c.hard and c.facet != "category") for c in self._draft.constraints]

    def _is_any_fill(self) -> bool:
        """Whether the category was asked for by a word for whatever goes into a thing: "a refill"."""
        asked = self._asked()
        return asked is not None and set(stems(asked.said)) <= _FILLS

    def _sounds_fitting(self, row: int) -> bool:
        """Whether what fits an item shares a word with the category asked for."""
        rows = self._catalog.compatible(row).nonzero()[0]
        words = {stem for fitting in rows for stem in stems(self._catalog[int(fitting)].leaf)}
        return not words.isdisjoint(stems(self._draft.category))

    def _fits(self, row: int) -> bool:
        """Whether anything (of the category asked for) is known to fit this item."""
        fitting = self._catalog.compatible(row)
        if self._draft.category:
            fitting = fitting & self._catalog.satisfies(Constraint("category", Op.IS, self._draft.category))
        return bool(fitting.any())


def _alike(said: str, kind: str) -> bool:
    """Whether each of the words that asked for another kind begins a word of this one: "ink" for a printer, inkjet
    cartridges; no "bottled ink", which has a name of its own."""
    return all(any(word.startswith(stem) for word in stems(kind)) for stem in stems(said))


def _kind(category: str, said: str) -> Constraint:
    return Constraint("category", Op.IS, category, True, said)
