"""The Gradio page: its pieces, and which of them talks to which method of the room. It decides nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import gradio as gr

from convrec.chat.chat import Chat
from convrec.ui.page import NEW_SHOPPER, OWNER
from convrec.ui.room import Changes, Room
from convrec.ui.style import SCRIPT

# Two replies at once keep two cores busy; more would only make everyone wait longer for their first item.
REPLIES: dict[str, Any] = {"concurrency_limit": 2, "concurrency_id": "replies"}
# The page's own events are no API: convrec/api.py has typed endpoints for programs.
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
CHECKED = "Everything said about a product is checked against the catalogue."
INVENTED = "The shop shown here is invented."


def build(chat: Chat, *, invented: bool) -> gr.Blocks:
    """The page over one chat; `invented` makes it say that the shop is fiction."""
    room = Room(chat)
    blocks: gr.Blocks = gr.Blocks(title="Convrec", analytics_enabled=False, fill_width=True)
    with blocks:
        # Who someone is: an unguessable id that their browser keeps. Key and secret are fixed, or every restart would
        # make strangers of all; the secret only scrambles the visitor's own storage, it guards nothing.
        owner = gr.BrowserState(None, storage_key="convrec-owner", secret="convrec")
        conversation = gr.State(None)
        with gr.Row(elem_id="page"):
            with gr.Column(elem_id="side"):
                _html("brand", '<h1>Convrec</h1><p class="tag">Say what you would rather have.</p>')
                shopper = gr.Dropdown(
                    [("Start as a new shopper", NEW_SHOPPER)],
                    value=NEW_SHOPPER,
                    label="Shopper",
                    show_label=False,
                    container=False,
                    allow_custom_value=True,
                    elem_id="shopper",
                )
                who = _html("who")
                new = gr.Button("New conversation", elem_id="new")
                listed = _html("conversations")
            with gr.Column(elem_id="main"):
                _html("top", '<div class="topbar"><button data-act="menu" aria-label="Menu">☰</button>Convrec</div>')
                with gr.Column(elem_id="scroll"):
                    thread = _html("thread")
                    live = _html("live")
                with gr.Column(elem_id="composer"), gr.Row(elem_id="writing"):
                    box = gr.Textbox(
                        placeholder="Say what you would change…",
                        label="Message",
                        show_label=False,
                        container=False,
                        lines=1,
                        max_lines=6,
                        elem_id="box",
                    )
                    send = gr.Button("Send", elem_id="send")
                    stop = gr.Button("Stop", elem_id="stop", visible=False)
                _html("foot", f"<p>{CHECKED}{f' {INVENTED}' if invented else ''}</p>")

        pieces = {
            "conversation": conversation, "thread": thread, "live": live, "listed": listed, "shopper": shopper,
            "who": who, "box": box, "send": send, "stop": stop,
        }  # fmt: skip
        outputs = list(pieces.values())

        def updates(changes: Changes) -> list[Any]:
            return [changes.get(name, gr.skip()) for name in pieces]

        def visit(known: str | None) -> list[Any]:
            visitor = known if known and OWNER.fullmatch(known) else secrets.token_urlsafe(32)
            return [visitor, *updates(room.arrive(visitor))]

        def say(visitor: str, current: str | None, customer: str | None, text: str) -> Iterator[list[Any]]:
            yield from map(updates, room.say(visitor, current, customer, text))

        def ask(visitor: str, current: str | None, customer: str | None, tap: gr.EventData) -> Iterator[list[Any]]:
            yield from map(updates, room.ask(visitor, current, customer, tap.act, tap.value, tap.turn))

        def tap(visitor: str, current: str | None, tap: gr.EventData) -> list[Any]:
            return updates(room.tap(visitor, current, tap.act, tap.value, tap.turn))

        def choose(visitor: str, customer: str | None) -> list[Any]:
            return updates(room.choose(visitor, customer))

        blocks.load(visit, owner, [owner, *outputs], **PRIVATE)
        gr.on([box.submit, send.click], say, [owner, conversation, shopper, box], outputs, **REPLIES, **PRIVATE)
        thread.ask(ask, [owner, conversation, shopper], outputs, **REPLIES, **PRIVATE)
        for piece in (thread, listed):
            piece.tap(tap, [owner, conversation], outputs, **PRIVATE)
        gr.on([shopper.input, new.click], choose, [owner, shopper], outputs, **PRIVATE)
        new.click(None, js="() => document.querySelector('#page').classList.remove('side-open')")
        stop.click(room.stop, conversation, None, queue=False, **PRIVATE)
    return blocks


def _html(elem_id: str, value: str = "") -> Any:
    return gr.HTML(value, elem_id=elem_id, js_on_load=SCRIPT, apply_default_css=False)
