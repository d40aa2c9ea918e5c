"""The claim checker: which statements a marked sentence makes about items and people, and whether the catalogue bears
them out. It reads free wording: every word of the catalogue's own vocabulary is a claim wherever it stands, unless the
sentence says it of something else; praise, promises and unknown properties are claims that nothing supports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from convrec.catalog import Catalog
from convrec.language.claims_compare import comparisons
from convrec.language.claims_facts import fact_claims
from convrec.language.claims_frames import Entity, Sentence
from convrec.language.claims_history import history_claims
from convrec.language.claims_items import item_claims
from convrec.language.claims_numbers import number_claims
from convrec.language.claims_sentences import complete, sentences
from convrec.language.claims_truth import Truth
from convrec.language.claims_vocabulary import Mention, Vocabulary
from convrec.language.claims_words import Token, tokenise
from convrec.language.claims_world import Found, World
from convrec.language.facts import OWNED, Context, facts_of, split

__all__ = ["Claim", "ClaimChecker", "complete", "sentences"]


# Two spaces in a row, or one before a full stop: where a fact token was meant to stand and none had a value, so that
# the sentence lacks a part ("you wanted to stay under .").
_GAP = re.compile(r"\S*(?: {2,}\S*| +(?=[.,;:!?]))")

# The item set beside itself: "it is from the desk lamps, like the ⟨title⟩".
_ITSELF = re.compile(r"(?:,|^) ?(?:like|next to|beside|as with) (?:the |your )?⟨title⟩", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of a sentence: its words, its kind ("fact", "flag", "value", "brand", "category", "title",
    "number", "comparison", "superlative", "compatible", "history", "wish", "limit", "stock", "quality"; "gap" where a
    part of the sentence is missing), whether the catalogue and the context bear it out, and whether a fact token makes
    it."""

    text: str
    kind: str
    supported: bool
    by_fact: bool


class ClaimChecker:
    """Checks sentences about the items of one catalogue. Building it reads the catalogue once; a check is read-only."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._vocabulary = Vocabulary(catalog)
        self._truth = Truth(catalog, self._vocabulary)
        self._world = lru_cache(maxsize=64)(self._world_of)

    def check(self, marked_sentence: str, row: int, context: Context) -> list[Claim]:
        """The claims of one marked sentence written about `row`: the parts that are missing, then the others in the
        order of the text. Never raises on any text."""
        world = self._world(row, context)
        gaps = [Claim(gap[0], "gap", False, False) for gap in _GAP.finditer(marked_sentence.strip())]
        gaps += [Claim(match[0], "history", False, False) for match in _ITSELF.finditer(marked_sentence.strip())]
        marked_sentence, spoken = _plain(marked_sentence, world)
        tokens = tokenise(marked_sentence)
        mentions = self._vocabulary.mentions(tokens)
        sentence = Sentence(marked_sentence, tokens, mentions, list(_entities(tokens, mentions, world)))
        found: list[Found] = []
        for claims in (fact_claims, item_claims, history_claims, comparisons, number_claims):
            found += claims(sentence, world)
        found.sort(key=lambda f: (f.start, f.end))
        return gaps + [
            Claim(
                sentence.span(f.start, f.end),
                f.kind,
                f.supported,
                f.kind == "fact" or any(a < tokens[f.end - 1].end and tokens[f.start].start < b for a, b in spoken),
            )
            for f in found
        ]

    def release(self, marked_sentence: str, row: int, context: Context) -> bool:
        """Whether the sentence may be shown: every claim in it is supported."""
        return all(claim.supported for claim in self.check(marked_sentence, row, context))

    def _world_of(self, row: int, context: Context) -> World:
        return World(self._truth, self._vocabulary, row, context, facts_of(self.catalog, row, context))


def _plain(marked: str, world: World) -> tuple[str, list[tuple[int, int]]]:
    """The sentence with every mark that relates the item to something put as what it stands for: another mark that
    names the thing itself, or words; and where in it those words stand. Whether they hold is then checked from the
    catalogue, as if they had been written freely."""
    out, length, spoken = [], 0, []
    for piece, is_fact in split(marked):
        text = (_stands_for(piece, world) or world.facts.get(piece, f"⟨{piece}⟩")) if is_fact else piece
        if is_fact and not text.startswith("⟨"):
            spoken.append((length, length + len(text)))
        out.append(text)
        length += len(text)
    return "".join(out), spoken


def _stands_for(name: str, world: World) -> str | None:
    """The mark that a relation stands for; None for one that is checked as the words it is rendered to."""
    kind, _, key = name.partition(":")
    if kind in ("same", "asked_fits"):
        return _owned(world.facts.get(name), world) or f"⟨{name}⟩"
    if name == "asked_saving":
        return "⟨saving⟩"
    if kind in ("asked", "kept", "shared") and key != "use":
        own = key if key in ("brand", "category") else f"attr:{key}"
        return f"⟨{own}⟩" if name in world.facts and world.facts.get(own) == world.facts[name] else None
    words = ("reference_brand", "shared_use", "least", "asked_is", "asked_compared")
    return None if name in words or kind in ("asked", "not", "use", "is", "is_not", "compared") else f"⟨{name}⟩"


def _owned(title: str | None, world: World) -> str | None:
    """The mark of the newest thing owned under this title."""
    for back in range(1, OWNED + 1):
        if title is not None and world.facts.get(f"owned:{back}") == title:
            return f"⟨owned:{back}⟩"
    return title


def _entities(tokens: list[Token], mentions: list[Mention], world: World) -> Iterator[Entity]:
    """The things a sentence speaks of: fact tokens, titles in plain words, "the last one", "what you have", "it"."""
    covered = {i for m in mentions for i in range(m.start, m.end)}
    for at, token in enumerate(tokens):
        if token.kind == "fact":
            if token.low == "title":
                yield Entity(at, at + 1, (world.row,), itself=True)
            elif token.low in ("reference", "fits") or token.low.startswith("owned:"):
                yield Entity(at, at + 1, world.rows_of(token.low))
        elif at not in covered and token.low in ("it", "this", "these", "they", "here") and tokens[at - 1].low != "of":
            yield Entity(at, at + 1, (world.row,), itself=True)
    for mention in mentions:
        if mention.kind == "owned":
            yield Entity(mention.start, mention.end, world.owned_alike())
        elif mention.kind == "previous":
            yield Entity(mention.start, mention.end, world.rows_of("reference"))
        elif mention.kind == "title":
            rows = mention.meanings[0].value
            yield Entity(mention.start, mention.end, rows, itself=world.row in rows)
