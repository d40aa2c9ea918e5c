"""What a turn yields, in the order in which it happens."""

from __future__ import annotations

from dataclasses import dataclass

from convrec.conversation import ItemPart, Reading, Reply


@dataclass(frozen=True, slots=True)
class Understood:
    """The message is stored as `turn_id`, and this is how it was read."""

    turn_id: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Shown:
    """An item, the moment the model chose it; its words follow."""

    item: ItemPart


@dataclass(frozen=True, slots=True)
class Sentence:
    """A released piece of text, with the white space that belongs before it: pieces concatenate.

    `item_id` is the item it speaks about, None for words from templates and code.
    """

    text: str
    item_id: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The reply is stored as `turn_id`."""

    turn_id: str
    reply: Reply


ChatEvent = Understood | Shown | Sentence | Done
