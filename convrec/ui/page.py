"""The page as the database has it: every method draws HTML from what the store returns, for one owner."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from convrec.catalog import Catalog, Item
from convrec.conversation import ItemPart, Reading, Reply, TextPart
from convrec.store import Store, StoredTurn
from convrec.ui import cards

OWNER = re.compile(r"[A-Za-z0-9_-]{32,64}")
SHOPPERS_LISTED = 200
NEW_SHOPPER = ""  # the dropdown's value for someone without a history
ASKS = ("something to write with", "a gift for a colleague", "what do you know about me?")


def shopper_name(shopper_id: str) -> str:
    """“17” and “shopper-0017” are Shopper 17; other ids are names already."""
    numbered = re.fullmatch(r"(?:shopper\W?)?0*(\d+)", shopper_id, re.IGNORECASE)
    return f"Shopper {numbered[1]}" if numbered else shopper_id or "New shopper"


def title_of(message: str) -> str:
    """A conversation is called what it began with."""
    line = " ".join(message.split())
    return line if len(line) <= 60 else line[:59].rstrip() + "…"


class Page:
    """Draws; holds no state. Methods raise NotFound for what is not there or is someone else's, and StoreError."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self.store, self.catalog = store, catalog

    def shoppers(self, owner: str) -> list[tuple[str, str]]:
        """(label, value) of the list to choose from: the first of them; any other id can be typed."""
        found = self.store.shoppers(owner, limit=SHOPPERS_LISTED)
        return [
            ("Start as a new shopper", NEW_SHOPPER),
            *((f"{shopper_name(s.shopper_id)} · {s.purchases} bought", s.shopper_id) for s in found),
        ]

    def who(self, owner: str, shopper_id: str) -> str:
        history = self.store.history(owner, shopper_id) if shopper_id else []
        bought = [self._item(interaction.item_id) for interaction in history]
        return cards.who(shopper_name(shopper_id), bought)

    def conversations(self, owner: str, current: str | None) -> str:
        found = [(c.conversation_id, c.title, c.branches) for c in self.store.conversations(owner)]
        return cards.conversations(found, current)

    def thread(self, owner: str, conversation_id: str | None) -> str:
        """The conversation along its current branch, with what can be said and done next under the last reply."""
        path = self.store.path(owner, conversation_id) if conversation_id else []
        if not path:
            return cards.welcome(ASKS)
        last = path[-1]
        if last.turn.role == "user":
            return self.past(path) + '<p class="note">This was never answered.</p>' + cards.tools(last.turn_id, None)
        return self.past(path) + self._next(last.reply, last.parent_id or "")

    def past(self, path: Sequence[StoredTurn]) -> str:
        """What was said on a path, and nothing to do next."""
        drawn, reading = [], None
        for turn in path:
            if turn.turn.role == "user":
                reading = turn.turn.reading
                drawn.append(self.message(turn.turn.text, reading, turn.turn_id, turn.siblings))
            else:
                drawn.append(self._reply(turn, reading))
        return "".join(drawn)

    def message(self, text: str, reading: Reading | None, turn: str = "", siblings: Sequence[str] = ()) -> str:
        """What was said, and under it what was understood."""
        understood = cards.chips(reading, turn, self.catalog) if reading else ""
        tries = cards.branches(siblings, turn)
        return cards.message(text) + understood + (f'<div class="read">{tries}</div>' if tries else "")

    def parts(
        self,
        parts: Sequence[TextPart | ItemPart],
        reading: Reading | None,
        turn: str = "",
        feedback: Mapping[str, str] | None = None,
    ) -> str:
        return cards.prose_and_cards(parts, self.catalog, reading, turn, feedback or {})

    def _reply(self, turn: StoredTurn, reading: Reading | None) -> str:
        drawn = self.parts(turn.turn.parts, reading, turn.turn_id, turn.feedback)
        if turn.status == "interrupted":
            drawn += '<p class="note">Stopped here.</p>'
        elif turn.status == "running":
            drawn += '<p class="note">Still being written; reopen the conversation in a moment.</p>'
        return f'<div class="reply">{drawn}{cards.branches(turn.siblings, turn.turn_id)}</div>'

    def _next(self, reply: Reply | None, user_turn: str) -> str:
        offered = cards.alternatives(reply.alternatives, self.catalog) if reply else ""
        asks = ""
        if reply and reply.item_ids:
            asks = cards.quick([*reply.suggestions, *(["compare them"] if len(reply.item_ids) > 1 else [])])
        return offered + asks + cards.tools(user_turn, reply.timing.first_item_ms if reply else None)

    def _item(self, item_id: str) -> Item:
        """A thing once bought; the catalogue may have lost it since."""
        return self.catalog.item(item_id) if item_id in self.catalog else Item(item_id, item_id)
