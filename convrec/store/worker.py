"""Which process writes a reply, and whether it still lives: how a killed process's replies are told from running ones.

A worker is named `host|boot id|pid namespace|pid|start|store`. On the same host it is alive while its pid runs with the
same start time; after a reboot or in a new container of the same name it is dead. Processes of other hosts (they share
a PostgreSQL) cannot be seen: their replies count as running for `FOREIGN_REPLY_S`, far longer than a reply takes. A
wrong guess costs a wrong label for a moment, never a reply: the worker that began a reply may always finish it.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from uuid import uuid4

FOREIGN_REPLY_S = 120.0


def new_worker() -> str:
    """The name of one open store in this process."""
    pid = os.getpid()
    return "|".join((*_machine(), str(pid), _start(pid) or "", uuid4().hex))


def is_alive(worker: str, age: float) -> bool:
    """Whether the worker that began a reply `age` seconds ago can still be writing it."""
    host, boot, namespace, pid, start, _ = worker.split("|")
    ours = _machine()
    if host != ours[0]:
        return age < FOREIGN_REPLY_S
    return (boot, namespace) == ours[1:] and _start(int(pid)) == start


def _machine() -> tuple[str, str, str]:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return socket.gethostname().replace("|", "-"), boot, os.readlink("/proc/self/ns/pid")


def _start(pid: int) -> str | None:
    """Clock ticks from boot to the start of a process; None when it does not run (a zombie does not)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()  # the name in parentheses may hold anything
    return None if fields[0] in "ZX" else fields[19]
