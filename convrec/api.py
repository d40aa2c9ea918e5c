"""The typed JSON endpoints, for programs: the same chat and the same store as the page, answered in whole replies.

`owner` is a bearer token: whoever knows it sees its conversations. Without one, `recommend` makes a new one.
"""

# No `from __future__ import annotations` here: Gradio reads the annotations to describe the endpoints.

import secrets
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from convrec.chat.events import Done
from convrec.conversation import Part, TextPart
from convrec.errors import ConvrecError

if TYPE_CHECKING:
    from convrec.chat.chat import Chat


class PartJson(TypedDict):
    """`text` for words; for items their id, and the facts as stated then."""

    type: str
    text: NotRequired[str]
    item_id: NotRequired[str]
    title: NotRequired[str]
    rank: NotRequired[int]
    score: NotRequired[float]
    facts: NotRequired[dict[str, str]]


class ReplyJson(TypedDict):
    owner: str
    conversation_id: str
    turn_id: str
    reading: dict[str, Any]
    parts: list[PartJson]
    alternatives: list[PartJson]
    suggestions: list[str]
    first_item_ms: float | None
    total_ms: float
    text_tokens: int


class TurnJson(TypedDict):
    turn_id: str
    role: str
    status: str
    parts: list[PartJson]
    feedback: dict[str, str]


class ConversationJson(TypedDict):
    conversation_id: str
    title: str
    shopper_id: str | None
    turns: list[TurnJson]


class ShopperJson(TypedDict):
    shopper_id: str
    purchases: int


class Api:
    """The endpoints as plain functions. Each raises ConvrecError as the chat and the store do."""

    def __init__(self, chat: "Chat") -> None:
        self.chat, self.store = chat, chat.store

    def recommend(self, shopper_id: str, message: str, conversation_id: str = "", owner: str = "") -> ReplyJson:
        """Answers one message. An empty `shopper_id` is someone without a history; an empty `conversation_id` begins a
        conversation, and the reply says which. Keep `owner` from the reply to go on."""
        owner = owner or secrets.token_urlsafe(32)
        begun = not conversation_id
        if begun:
            conversation_id = self.store.create_conversation(owner, shopper_id or None, message.strip()[:60])
        try:
            done = self._done(owner, conversation_id, message)
        except ConvrecError:
            if begun and not self.store.path(owner, conversation_id):
                self.store.delete_conversation(owner, conversation_id)
            raise
        reply = done.reply
        return {
            "owner": owner,
            "conversation_id": conversation_id,
            "turn_id": done.turn_id,
            "reading": reply.reading.to_dict(),
            "parts": parts_json(reply.parts),
            "alternatives": parts_json(reply.alternatives),
            "suggestions": list(reply.suggestions),
            "first_item_ms": reply.timing.first_item_ms,
            "total_ms": reply.timing.total_ms,
            "text_tokens": reply.timing.text_tokens,
        }

    def conversation(self, owner: str, conversation_id: str) -> ConversationJson:
        """A conversation along its current branch."""
        found = self.store.conversation(owner, conversation_id)
        return {
            "conversation_id": conversation_id,
            "title": found.title,
            "shopper_id": found.shopper_id,
            "turns": [
                {
                    "turn_id": turn.turn_id,
                    "role": turn.turn.role,
                    "status": turn.status,
                    "parts": parts_json(turn.turn.parts),
                    "feedback": dict(turn.feedback),
                }
                for turn in self.store.path(owner, conversation_id)
            ],
        }

    def shoppers(self, query: str = "", limit: int = 50) -> list[ShopperJson]:
        """Shoppers of the dataset whose id contains `query`; at most 200."""
        found = self.store.shoppers("", query, max(0, min(limit, 200)))
        return [{"shopper_id": s.shopper_id, "purchases": s.purchases} for s in found]

    def _done(self, owner: str, conversation_id: str, message: str) -> Done:
        for event in self.chat.say(owner, conversation_id, message):
            if isinstance(event, Done):
                return event
        raise AssertionError("a turn that raises nothing ends with Done")


def parts_json(parts: Sequence[Part]) -> list[PartJson]:
    return [
        {"type": "text", "text": part.text}
        if isinstance(part, TextPart)
        else {
            "type": "item",
            "item_id": part.item_id,
            "title": part.facts.get("title", part.item_id),
            "rank": part.rank,
            "score": part.score,
            "facts": dict(part.facts),
        }
        for part in parts
    ]


def add_endpoints(chat: "Chat") -> None:
    """Adds /recommend, /conversation and /shoppers to the Blocks being built. Errors reach the caller as sentences."""
    from gradio.events import api as expose

    api = Api(chat)
    expose(_explained(api.recommend), api_name="recommend", concurrency_limit=2, concurrency_id="replies")
    expose(_explained(api.conversation), api_name="conversation")
    expose(_explained(api.shoppers), api_name="shoppers")


def _explained(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    import gradio as gr

    @wraps(endpoint)
    def explained(*args: Any, **kwargs: Any) -> Any:
        try:
            return endpoint(*args, **kwargs)
        except ConvrecError as error:
            raise gr.Error(str(error)) from error

    return explained
