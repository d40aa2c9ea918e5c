"""The chat in a terminal: items as they are chosen, sentences as they are released; one turn as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import closing
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.panel import Panel

from convrec.catalog import Catalog
from convrec.chat.chat import Chat
from convrec.chat.events import ChatEvent, Done, Sentence, Shown, Understood
from convrec.chat.phrase import phrase
from convrec.conversation import ItemPart, TextPart
from convrec.errors import ReplyError

OWNER = "terminal"


def talk(chat: Chat, conversation_id: str, console: Console) -> None:
    """Reads messages until end of input or an empty `quit`; Ctrl-C stops a reply, not the chat."""
    console.print("What are you looking for? [dim](end with Ctrl-D)[/dim]")
    while True:
        try:
            text = console.input("\n[bold cyan]you>[/bold cyan] ")
        except (EOFError, KeyboardInterrupt):
            console.print()
            return
        try:
            show(chat.say(OWNER, conversation_id, text), chat.catalog, console)
        except ReplyError as error:
            console.print(f"[yellow]{escape(str(error))}[/yellow]")


def show(events: Generator[ChatEvent], catalog: Catalog, console: Console) -> None:
    """Prints one turn as it happens. Ctrl-C closes it: what was released is kept."""
    with closing(events):
        try:
            before: ChatEvent | None = None
            for event in events:
                if isinstance(before, Sentence) and isinstance(event, Shown):
                    console.print()  # the card begins on a line of its own
                _print(event, catalog, console)
                before = event
        except KeyboardInterrupt:
            console.print("\n[dim]stopped[/dim]")


def as_json(events: Generator[ChatEvent], conversation_id: str) -> str:
    """One finished turn: conversation and turn ids, the reading, the parts in order, alternatives, evidence, timing."""
    turn_id, reply = next((e.turn_id, e.reply) for e in events if isinstance(e, Done))
    typed: dict[str, Any] = {
        "conversation_id": conversation_id,
        "turn_id": turn_id,
        "text": "".join(part.text for part in reply.parts if isinstance(part, TextPart)),
        **reply.to_dict(),
    }
    return json.dumps(typed, ensure_ascii=False, indent=2)


def _print(event: ChatEvent, catalog: Catalog, console: Console) -> None:
    match event:
        case Understood(_, reading):
            chips = [*(phrase(c, catalog) for c in reading.constraints), *reading.wishes]
            if chips:
                console.print("[dim]understood: " + escape(" · ".join(chips)) + "[/dim]")
        case Shown(item):
            console.print(_card(item, catalog))
        case Sentence(text, _) if "\n|" in text:
            console.print(Markdown(text))
        case Sentence(text, _):
            console.print(escape(text), end="", soft_wrap=True)
        case Done(_, reply):
            console.print()
            if reply.alternatives:
                titles = "; ".join(part.facts.get("title", part.item_id) for part in reply.alternatives)
                console.print(f"[dim]others: {escape(titles)}[/dim]")
            if reply.suggestions:
                console.print(f"[dim]you could say: {escape(' · '.join(reply.suggestions))}[/dim]")


def _card(part: ItemPart, catalog: Catalog) -> Panel:
    facts = part.facts
    line = " · ".join(facts[name] for name in ("brand", "category", "price") if name in facts)
    attributes = [
        f"{catalog.facets[key].name if key in catalog.facets else key}: {value}"
        for name, value in facts.items()
        if name.startswith("attr:") and value != "no" and (key := name.removeprefix("attr:"))
    ]
    body = escape(line) + (f"\n[dim]{escape(', '.join(attributes[:6]))}[/dim]" if attributes else "")
    return Panel(body, title=escape(facts.get("title", part.item_id)), title_align="left", expand=False)
