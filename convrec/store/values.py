"""What the store hands out: plain values with ids, parents and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from convrec.conversation import Reply, Turn

SHARED = ""  # the owner of a dataset's shoppers: everyone reads them, only an import writes them

Status = Literal["done", "running", "interrupted"]
Verdict = Literal["like", "dislike"]


@dataclass(frozen=True, slots=True)
class Shopper:
    """Someone with a history; `own` is False for those of the dataset, who cannot be changed."""

    shopper_id: str
    purchases: int
    own: bool = False


@dataclass(frozen=True, slots=True)
class ConversationInfo:
    """One line of the list of conversations. `updated` is in seconds since 1970; `branches` counts the leaves."""

    conversation_id: str
    title: str
    shopper_id: str | None
    updated: float
    turns: int
    branches: int


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A turn where it stands in its tree.

    `turn` is what was said (an assistant's has no parts while it is running); `reply` is all of an assistant's turn and
    None for user turns, while running, and where nothing was kept. `status` of a user turn is "done". `siblings` are
    all turns under the same parent, this one included, oldest first. `feedback` maps item ids to a verdict.
    `created` is in seconds since 1970.
    """

    turn_id: str
    parent_id: str | None
    turn: Turn
    reply: Reply | None
    status: Status
    created: float
    siblings: tuple[str, ...]
    feedback: Mapping[str, Verdict] = field(default_factory=dict)
