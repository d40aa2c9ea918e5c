"""A real local server that speaks the OpenAI chat protocol, and misbehaves on demand; it remembers every request."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Trouble = Callable[[int, str], str]  # (number of the request, its prompt) → "" or what goes wrong


class ChatServer(ThreadingHTTPServer):
    """`answer` makes the content of an answer from the prompt of the user."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answer: Callable[[str], str], trouble: Trouble = lambda number, prompt: "") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.trouble = answer, trouble
        self.number = 0
        self.asked: Counter[str] = Counter()  # by prompt
        self.answered: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that went away is no trouble of the server's
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = body["messages"][-1]["content"]
        key = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        with self.server.lock:
            self.server.number += 1
            number = self.server.number
            self.server.asked[key] += 1
            self.server.bodies.append(body)
        wrong = self.server.trouble(number, prompt)
        if wrong in ("429", "500", "503", "401"):
            return self._send(int(wrong), b"no", {"Retry-After": "0"} if wrong == "429" else {})
        if wrong == "slow":
            time.sleep(3.0)
        if wrong in ("drop", "slow"):  # never a late answer: on a busy machine it may still be taken
            self.close_connection = True
            self.connection.close()
            return None
        text = "Certainly! I would love to help." if wrong == "prose" else self.server.answer(prompt)
        said = {"choices": [{"message": {"role": "assistant", "content": "" if wrong == "empty" else text}}]}
        whole = json.dumps(said | {"usage": {"total_tokens": 50}}).encode()
        with self.server.lock:
            self.server.answered[key] += wrong != "cut"
        return self._send(200, whole[: len(whole) // 2] if wrong == "cut" else whole, {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
