"""One turn = load path → read → plan → generate → check → store → reply. Scripted conversations live here too.

`Chat` and `load` are imported when first used: pytest imports this package to find scripted conversations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convrec.chat.cast import Cast, load, load_scripted
    from convrec.chat.chat import ROOT, Chat

__all__ = ["ROOT", "Cast", "Chat", "load", "load_scripted"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from convrec.chat import cast, chat

    return getattr(chat if name in ("Chat", "ROOT") else cast, name)
