"""Opens the page: the chat behind it, its address, and what Gradio is told not to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio is imported: the page calls nobody

import gradio as gr

from convrec.api import add_endpoints
from convrec.chat.cast import load
from convrec.chat.chat import Chat
from convrec.errors import ConfigError
from convrec.settings import DATA
from convrec.store import Store
from convrec.ui.beside import started
from convrec.ui.blocks import build
from convrec.ui.style import CSS, theme

WAITING = 64  # messages that may wait for their turn; more are told to try again


def serve(model: str, imported: Callable[[], None], database: str, host: str, port: int) -> None:
    """Serves a model folder or hub id until interrupted, with the shoppers that `imported` (ui.beside) waits for.

    Raises ConvrecError as the rooms below do: a folder, a database or a port that cannot be opened.
    """
    cast = load(model)
    imported()
    with Store(database) as store:
        chat = Chat(*cast, store)
        started()
        launch(chat, invented=Path(model) == DATA / "model", host=host, port=port)


def launch(chat: Chat, *, invented: bool, host: str, port: int, block: bool = True) -> gr.Blocks:
    """Serves the page and the API until interrupted, or, with `block=False`, in the background.

    Raises ConfigError where the port is taken or cannot be opened.
    """
    blocks = build(chat, invented=invented)
    with blocks:
        add_endpoints(chat)
    blocks.queue(max_size=WAITING)
    try:
        blocks.launch(
            server_name=host,
            server_port=port,
            theme=theme(),
            css=CSS,
            footer_links=[],
            allowed_paths=[],
            max_file_size=1,  # nothing is ever uploaded; Gradio would take files of any size
            share=False,
            ssr_mode=False,
            run_history=False,
            quiet=not block,
            prevent_thread_lock=not block,
        )
    except OSError as error:
        raise ConfigError(f"cannot serve on {host}:{port} ({error}); choose another one with --port") from error
    return blocks
