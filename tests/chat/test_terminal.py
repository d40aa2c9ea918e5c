import io
import json
from pathlib import Path

from rich.console import Console

from convrec.chat.cast import Cast
from convrec.chat.chat import Chat
from convrec.chat.terminal import OWNER, as_json, show, talk
from convrec.conversation import Reply
from convrec.store import Store


def chat_at(folder: Path, cast: Cast) -> tuple[Chat, str]:
    store = Store(f"sqlite:///{folder}/chat.sqlite")
    return Chat(*cast, store), store.create_conversation(OWNER, None)


def test_one_turn_as_json_is_the_stored_reply(tmp_path: Path, cast: Cast) -> None:
    chat, conversation = chat_at(tmp_path, cast)
    typed = json.loads(as_json(chat.say(OWNER, conversation, "a gel pen under $9"), conversation))
    stored = chat.store.path(OWNER, conversation)[-1]
    assert typed["turn_id"] == stored.turn_id
    assert Reply.from_dict(typed) == stored.reply
    assert typed["text"] == stored.turn.text
    chat.store.close()


def test_a_turn_as_text_shows_item_words_and_what_else_could_be_said(tmp_path: Path, cast: Cast) -> None:
    chat, conversation = chat_at(tmp_path, cast)
    console = Console(record=True, width=120, file=io.StringIO())
    show(chat.say(OWNER, conversation, "show me 2 gel pens under $20"), chat.catalog, console)
    show(chat.say(OWNER, conversation, "compare them"), chat.catalog, console)
    text = console.export_text()
    reply = chat.store.path(OWNER, conversation)[1].reply
    assert reply is not None
    for part in reply.parts:
        if hasattr(part, "facts"):
            assert part.facts["title"] in text
            assert part.facts["price"] in text
    assert "understood: from the gel pens · at most $20.00" in text
    assert "you could say:" in text
    assert "side by side" in text.lower()
    chat.store.close()


def test_the_loop_ends_with_the_input_and_says_what_is_wrong(tmp_path: Path, cast: Cast) -> None:
    chat, conversation = chat_at(tmp_path, cast)
    console = Console(record=True, width=120, file=io.StringIO())
    lines = iter(["", "hello"])

    def read(*_: object) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    console.input = read  # type: ignore[method-assign]
    talk(chat, conversation, console)
    assert "the message is empty" in console.export_text()
    assert len(chat.store.path(OWNER, conversation)) == 2
    chat.store.close()
