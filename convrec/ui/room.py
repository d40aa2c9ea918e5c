"""What each message and each tap does. Methods say what changes on the page, by the names of its pieces."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from html import escape
from typing import Any, cast

import gradio as gr

from convrec.chat.chat import Chat
from convrec.chat.events import ChatEvent, Done, Sentence, Shown, Understood
from convrec.conversation import ItemPart, Reading, TextPart, Turn
from convrec.errors import ConvrecError, ReplyError
from convrec.store import Verdict
from convrec.ui.page import NEW_SHOPPER, Page, title_of

Changes = dict[str, Any]  # piece of the page → its new value; pieces not named stay as they are


class Room:
    """One for all visitors. It remembers only which conversations are being answered right now, so as to stop them."""

    def __init__(self, chat: Chat) -> None:
        self.chat, self.store = chat, chat.store
        self.page = Page(chat.store, chat.catalog)
        self._answering: dict[str, threading.Event] = {}  # conversation → set when its reply is to stop

    def arrive(self, owner: str) -> Changes:
        """A visitor comes, or comes back: then their last conversation is open."""
        found = self.store.conversations(owner)
        listed: Changes = {"choices": self.page.shoppers(owner)}
        if found:
            return self._opened(owner, found[0].conversation_id, **listed)
        return self._fresh(owner, NEW_SHOPPER) | {"shopper": gr.update(value=NEW_SHOPPER, **listed)}

    def choose(self, owner: str, shopper: str | None) -> Changes:
        """A fresh page for this shopper; the conversation begins with the first message."""
        try:
            return self._fresh(owner, shopper or NEW_SHOPPER)
        except ConvrecError as error:
            notice(error)
            return {"shopper": NEW_SHOPPER}

    def stop(self, conversation: str | None) -> None:
        if conversation in self._answering:
            self._answering[conversation].set()

    def say(self, owner: str, conversation: str | None, shopper: str | None, text: str) -> Iterator[Changes]:
        """A message and its reply as it comes. What was typed stays in the box until it is stored."""
        begun = None
        try:
            if not text.strip():
                raise ReplyError("Nothing was written yet: say what you are looking for.")
            if conversation is None:
                conversation = begun = self.store.create_conversation(owner, shopper or None, title_of(text))
            past = self.page.past(self.store.path(owner, conversation))
            yield from self._answer(owner, conversation, self.chat.say(owner, conversation, text), past, text)
        except ConvrecError as error:
            notice(error)
            if begun and not self.store.path(owner, begun):  # the message was refused, so there is no conversation
                self.store.delete_conversation(owner, begun)
                conversation = None
            yield self._settled(owner, conversation)

    def ask(
        self, owner: str, conversation: str | None, shopper: str | None, act: str, value: str, turn: str
    ) -> Iterator[Changes]:
        """A tap that is answered: a critique one tap away, another try, a chip removed."""
        if act == "say":
            yield from self.say(owner, conversation, shopper, value)
        elif conversation:
            try:
                if act == "forget":
                    turn = self._without(owner, conversation, turn, value)
                *past, asked = self.store.path(owner, conversation, turn)
                events = self.chat.answer(owner, conversation, turn)
                yield from self._answer(owner, conversation, events, self.page.past(past), asked.turn.text)
            except ConvrecError as error:
                notice(error)
                yield self._settled(owner, conversation)

    def tap(self, owner: str, conversation: str | None, act: str, value: str, turn: str) -> Changes:
        """A tap that only moves about or gives an opinion. Ids come from the page and are not trusted."""
        changes: Changes = {}
        try:
            match act:
                case "open":
                    return self._opened(owner, value)
                case "like" | "dislike" if conversation:
                    self._feel(owner, conversation, turn, value, act)
                case "select" if conversation:
                    self.store.select(owner, conversation, value)
                case "undo" if conversation:
                    self.store.undo(owner, conversation)
                case "edit" if conversation:
                    changes["box"] = self.store.path(owner, conversation, turn)[-1].turn.text
                    self.store.undo(owner, conversation)
            return changes | {"thread": self.page.thread(owner, conversation)}
        except ConvrecError as error:
            notice(error)
            return {}

    def _without(self, owner: str, conversation: str, turn: str, index: str) -> str:
        """The same message with one constraint less, as a branch beside it; its id."""
        asked = self.store.path(owner, conversation, turn)[-1]
        reading = asked.turn.reading
        if reading is None or not index.isdecimal() or int(index) >= len(reading.constraints):
            raise ReplyError("That is not among what was understood of this message; reload the page.")
        kept = tuple(c for i, c in enumerate(reading.constraints) if i != int(index))
        revised = Turn("user", asked.turn.parts, replace(reading, constraints=kept))
        return self.store.add_user_turn(owner, conversation, asked.parent_id, revised)

    def _feel(self, owner: str, conversation: str, turn: str, item_id: str, verdict: Verdict) -> None:
        """An opinion on what a reply showed; a second tap takes it back."""
        reply = self.store.path(owner, conversation, turn)[-1]
        if item_id not in reply.turn.item_ids:
            raise ReplyError("That item was not shown in this reply; reload the page.")
        self.store.set_feedback(owner, turn, item_id, None if reply.feedback.get(item_id) == verdict else verdict)

    def _answer(
        self, owner: str, conversation: str, events: Iterator[ChatEvent], past: str, text: str
    ) -> Iterator[Changes]:
        """The reply piece by piece: card first, sentences as they are released; then the page as the store has it."""
        if conversation in self._answering:
            raise ReplyError("This conversation is being answered right now: stop that first, or wait a moment.")
        stopped = self._answering.setdefault(conversation, threading.Event())
        live = Live(self.page, text)
        try:
            with closing(cast(Generator[ChatEvent, None, None], events)) as happening:
                busy = {"send": gr.update(visible=False), "stop": gr.update(visible=True)}
                yield {"conversation": conversation, "thread": past, "live": live.draw(), **busy}
                for event in happening:
                    live.add(event)
                    if stopped.is_set() or isinstance(event, Done):
                        break
                    # the message is stored now: only here may it leave the box
                    yield {"live": live.draw(), **({"box": ""} if isinstance(event, Understood) else {})}
        except Exception:  # whatever it was is said by who called; the page must not wait for ever
            yield self._settled(owner, conversation)
            raise
        finally:
            del self._answering[conversation]
        yield self._settled(owner, conversation)

    def _settled(self, owner: str, conversation: str | None) -> Changes:
        """The page as the store has it, with nothing in flight."""
        quiet = {"live": "", "send": gr.update(visible=True), "stop": gr.update(visible=False)}
        try:
            thread, listed = self.page.thread(owner, conversation), self.page.conversations(owner, conversation)
        except ConvrecError as error:
            notice(error)
            return quiet
        return {"conversation": conversation, "thread": thread, "listed": listed, **quiet}

    def _fresh(self, owner: str, shopper: str) -> Changes:
        return {
            "conversation": None,
            "thread": self.page.thread(owner, None),
            "listed": self.page.conversations(owner, None),
            "who": self.page.who(owner, shopper),
        }

    def _opened(self, owner: str, conversation: str, **dropdown: Any) -> Changes:
        shopper = self.store.conversation(owner, conversation).shopper_id or NEW_SHOPPER
        return {
            "conversation": conversation,
            "thread": self.page.thread(owner, conversation),
            "listed": self.page.conversations(owner, conversation),
            "who": self.page.who(owner, shopper),
            "shopper": gr.update(value=shopper, **dropdown),
        }


class Live:
    """The exchange in flight, as far as it was released."""

    def __init__(self, page: Page, text: str) -> None:
        self.page, self.text = page, text
        self.reading: Reading | None = None
        self.parts: list[TextPart | ItemPart] = []

    def add(self, event: ChatEvent) -> None:
        match event:
            case Understood():
                self.reading = event.reading
            case Shown():
                self.parts.append(event.item)
            case Sentence():
                last = self.parts[-1] if self.parts else None
                if isinstance(last, TextPart):
                    self.parts[-1] = TextPart(last.text + event.text)
                else:
                    self.parts.append(TextPart(event.text))

    def draw(self) -> str:
        said = self.page.message(self.text, self.reading)
        return f'{said}<div class="reply waiting">{self.page.parts(self.parts, self.reading)}</div>'


def notice(error: ConvrecError) -> None:
    """A passing notice in plain words. Gradio shows notices as HTML, so the text is escaped."""
    gr.Warning(escape(str(error)), title="That did not work")
