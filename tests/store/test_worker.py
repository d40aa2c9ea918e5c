"""Killed processes lose at most the turn in flight; live ones, here or elsewhere, are left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_samples import REPLY, said

from convrec.catalog import Interaction
from convrec.errors import StoreError
from convrec.store import Store
from convrec.store.worker import FOREIGN_REPLY_S, is_alive, new_worker

# Says what it stored, begins a reply, and then does what it is told, line by line.
WRITER = """
import sys
sys.path.insert(0, sys.argv[2])
from store_samples import REPLY, said
from convrec.store import Store

with Store(sys.argv[1]) as store:
    conversation = store.create_conversation("me", None)
    asked = store.add_user_turn("me", conversation, None, said("a pen"))
    first = store.begin_reply("me", conversation, asked)
    store.finish_reply("me", first, REPLY)
    more = store.add_user_turn("me", conversation, first, said("cheaper"))
    reply = store.begin_reply("me", conversation, more)
    print(conversation, asked, first, more, reply, flush=True)
    for line in sys.stdin:
        store.finish_reply("me", reply, REPLY)
        print("finished", flush=True)
"""
Writer = tuple["subprocess.Popen[str]", list[str]]


@pytest.fixture
def writer(url: str) -> Iterator[Writer]:
    """Another process in the middle of a reply: the process, and the ids it printed."""
    command = [sys.executable, "-c", WRITER, url, str(Path(__file__).parent)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process, process.stdout.readline().split()
    process.kill()
    process.communicate()


def test_a_killed_process_loses_the_turn_in_flight_only(url: str, writer: Writer) -> None:
    process, (conversation, *turns) = writer
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, but a zombie until its parent waits for it
    with Store(url) as store:
        path = store.path("me", conversation)
        assert [t.turn_id for t in path] == turns
        assert [t.status for t in path] == ["done", "done", "done", "interrupted"]
        assert path[1].reply == REPLY
        again = store.begin_reply("me", conversation, turns[2])
        store.finish_reply("me", again, REPLY)
        assert store.path("me", conversation)[-1].siblings == (turns[3], again)


def test_a_process_killed_while_others_look_is_noticed(url: str, writer: Writer) -> None:
    process, (conversation, *_) = writer
    with Store(url) as store:
        assert store.path("me", conversation)[-1].status == "running"
        process.kill()
        process.wait()
        assert store.path("me", conversation)[-1].status == "interrupted"


def test_a_live_process_goes_on_though_another_opens_the_database(url: str, writer: Writer) -> None:
    process, (conversation, *_) = writer
    assert process.stdin is not None
    assert process.stdout is not None
    Store(url).close()
    process.stdin.write("finish\n")
    process.stdin.flush()
    assert process.stdout.readline() == "finished\n"
    with Store(url) as store:
        assert store.path("me", conversation)[-1].reply == REPLY


def test_processes_open_a_new_database_and_write_at_once(url: str) -> None:
    command = [sys.executable, "-c", WRITER, url, str(Path(__file__).parent)]
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **options) for _ in range(3)]  # type: ignore[call-overload]
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], outputs
    with Store(url) as store:
        for out, _ in outputs:
            conversation, *turns = out.split()
            assert [t.turn_id for t in store.path("me", conversation)] == turns
        assert len(store.conversations("me")) == 3


def test_who_is_alive() -> None:
    worker = new_worker()
    host, boot, namespace, pid, start, store = worker.split("|")

    def named(*parts: str) -> str:
        return "|".join(parts)

    year = 365 * 86_400.0
    assert is_alive(worker, year)
    assert not is_alive(named(host, boot, namespace, pid, str(int(start) + 1), store), 0)  # the pid was used again
    assert not is_alive(named(host, "earlier", namespace, pid, start, store), 0)  # the host restarted
    assert not is_alive(named(host, boot, "pid:[0]", pid, start, store), 0)  # the container restarted
    elsewhere = named(f"not-{host}", boot, namespace, "1", "1", store)
    assert is_alive(elsewhere, FOREIGN_REPLY_S - 1)
    assert not is_alive(elsewhere, FOREIGN_REPLY_S + 1)


def test_a_reply_wrongly_taken_for_dead_can_still_be_finished(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = store.create_conversation("me", None)
    reply = store.begin_reply("me", conversation, store.add_user_turn("me", conversation, None, said("a pen")))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("convrec.store.worker.FOREIGN_REPLY_S", -1.0)
        elsewhere.setattr("socket.gethostname", lambda: "another-host")
        with Store(url) as other:
            assert other.path("me", conversation)[-1].status == "interrupted"
    assert store.path("me", conversation)[-1].status == "interrupted"
    store.finish_reply("me", reply, REPLY)
    assert store.path("me", conversation)[-1].status == "done"


def test_eight_threads_write_one_conversation_and_nothing_is_lost(
    store: Store, threads: Callable[..., list[list[str]]]
) -> None:
    conversation = store.create_conversation("me", None)
    shopper = store.new_shopper("me")

    def write(number: int) -> list[str]:
        mine: list[str] = []
        for step in range(6):
            text = f"{number}:{step}"
            asked = store.add_user_turn("me", conversation, mine[-1] if mine else None, said(text))
            reply = store.begin_reply("me", conversation, asked)
            store.set_feedback("me", reply, "pen-2", "like")
            store.finish_reply("me", reply, REPLY)
            store.add_purchase("me", shopper, text, step)
            mine += [asked, reply]
        return mine

    branches = threads(8, write)
    assert store.conversation("me", conversation).turns == 8 * 12
    assert store.conversation("me", conversation).branches == 8
    for number, branch in enumerate(branches):
        path = store.path("me", conversation, branch[-1])
        assert [t.turn_id for t in path] == branch
        assert [t.turn.text for t in path[::2]] == [f"{number}:{step}" for step in range(6)]
        assert all(t.status == "done" and t.feedback == {"pen-2": "like"} for t in path[1::2])
    assert len({i.item_id for i in store.history("me", shopper)}) == 48


def test_a_reply_ended_by_two_threads_is_ended_by_one(store: Store, threads: Callable[..., list[bool]]) -> None:
    conversation = store.create_conversation("me", None)
    reply = store.begin_reply("me", conversation, store.add_user_turn("me", conversation, None, said("a pen")))

    def end(number: int) -> bool:
        try:
            store.finish_reply("me", reply, REPLY) if number % 2 else store.interrupt_reply("me", reply, None)
        except StoreError:
            return False
        return True

    assert sum(threads(8, end)) == 1


def test_many_threads_import_the_same_histories_once(store: Store, threads: Callable[..., list[int]]) -> None:
    shop = [Interaction(str(i % 50), "pen", i) for i in range(500)]
    assert sorted(threads(6, lambda _: store.import_histories(shop))) == [0] * 5 + [500]
    assert sum(s.purchases for s in store.shoppers("me")) == 500
