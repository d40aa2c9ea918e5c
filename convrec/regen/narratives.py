"""Narratives: two to four sentences about an item that are true of it, of what was asked and of what is owned."""

from __future__ import annotations

import random
from typing import Literal

from convrec.catalog import Catalog
from convrec.errors import ConfigError
from convrec.language.facts import Context
from convrec.language.wording import Wording
from convrec.regen.answers import answers
from convrec.regen.frames import Page, Said
from convrec.regen.habits import habits
from convrec.regen.relations import comparison, owned_slot, tie

NarrativeKind = Literal["reply", "purchase_reason", "endorsement", "endorsement_long", "user_summary"]
Part = Literal["fact", "price", "history", "compare"]
LONGEST = 4  # sentences
AT_LENGTH = 24  # words of a long endorsement at least, a fact token being one


class Narrator:
    """Writes marked texts over one catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.wording = Wording(catalog)

    def write(self, kind: NarrativeKind, row: int, context: Context, rng: random.Random) -> str:
        """A marked text about the item (or, for a user summary, about the history alone).

        Raises ConfigError for another kind, and for a user summary without any history.
        """
        if kind == "user_summary":
            return _summary(self._last_bought(context, rng))
        page = Page(self.catalog, self.wording, row, context, rng)
        if kind == "reply":
            _reply(page)
        elif kind == "purchase_reason":
            _reason(page)
        elif kind == "endorsement":
            _endorsement(page)
        elif kind == "endorsement_long":
            _endorsement(page)
            _at_length(page)
        else:
            raise ConfigError(
                f"no narrative {kind!r}; it is reply, purchase_reason, endorsement, endorsement_long or user_summary"
            )
        return page.text()

    def _last_bought(self, context: Context, rng: random.Random) -> Page:
        """The page of a summary: about the past alone, so that what comes next cannot show in it."""
        if not context.history:
            raise ConfigError("a user summary needs a history; give the rows bought before")
        return Page(self.catalog, self.wording, context.history[-1], context, rng)


def _reply(page: Page) -> None:
    """An opening or what answers the wish, then facts, something owned, a comparison, now and then a closing word."""
    rng = page.rng
    met = answers(page)
    if not met or rng.random() < 0.35:
        page.say(Said("opening"))
    for said in met[: 2 if rng.random() < 0.35 else 1]:
        page.say(said)
    parts: list[Part] = []
    chances: list[tuple[Part, float]] = [
        ("fact", 0.35 if met else 0.8), ("history", 0.97), ("compare", 0.4), ("price", 0.12)
    ]  # fmt: skip
    for part, chance in chances:
        parts += [part] if rng.random() < chance else []
    rng.shuffle(parts)
    closing = rng.random() < 0.15
    _tell(page, parts, LONGEST - closing)
    _enough(page)
    if closing and len(page.sentences) < LONGEST:
        page.say(Said("close", owned_slot(page)))


def _reason(page: Page) -> None:
    uses = page.uses() if page.rng.random() < 0.35 else ()
    if not (uses and page.say(Said("reason_use", {"use": page.rng.choice(uses)}))):
        page.say(Said("reason_opening", owned_slot(page)))
    _tell(page, _two_parts(page), limit=3 if page.rng.random() < 0.4 else 2, loose=False)
    _enough(page)


def _endorsement(page: Page) -> None:
    page.say(Said("endorse_opening", owned_slot(page)))
    _tell(page, _two_parts(page), limit=3)
    _enough(page)


def _at_length(page: Page) -> None:
    """More of the same, until it is as long as a long one should be or there is nothing left to say."""
    parts: list[Part] = ["fact", "history", "price", "history", "fact", "history"]
    for part in parts:
        if len(page.text().split()) < AT_LENGTH:
            _tell(page, [part], len(page.sentences) + 1)
    for _ in range(LONGEST):
        if len(page.text().split()) < AT_LENGTH:
            page.say(Said("opening"))


def _summary(page: Page) -> str:
    found = list(habits(page))
    page.rng.shuffle(found)
    parts = [Said("summary_bought"), *found[: page.rng.choice((1, 2, 2, 3))]]
    if page.rng.random() < 0.5:
        parts[:2] = parts[1::-1]
    for said in parts:
        page.say(said)
    return page.text()


def _two_parts(page: Page) -> list[Part]:
    parts: list[Part] = ["fact", "fact", "history", "price"]
    return page.rng.sample(parts, 2)


def _tell(page: Page, parts: list[Part], limit: int, loose: bool = True) -> None:
    """One sentence for each part that there is something to say about, up to `limit` sentences on the page."""
    for part in parts:
        if len(page.sentences) >= limit:
            return
        if part == "fact":
            uses = page.uses() if page.rng.random() < 0.2 else ()
            if not (uses and page.say(Said("fact_use", {"use": page.rng.choice(uses)}))):
                page.say(Said("fact"))
        elif part == "price":
            if "price" not in page.told:
                page.say(Said("price"))
        elif said := tie(page, loose) if part == "history" else comparison(page):
            page.say(said)


def _enough(page: Page) -> None:
    """At least two sentences and two claims, as far as the catalogue knows anything of the item."""
    parts: list[Part] = ["fact", "history", "price"]
    for part in parts:
        if len(page.sentences) >= 2 and page.claims >= 2:
            return
        _tell(page, [part], LONGEST)
    if len(page.sentences) < 2 or page.claims < 2:
        page.say(Said("opening"))
