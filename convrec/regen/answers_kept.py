"""Answers of a backend, kept by the content of the request: what was received once is never asked for again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convrec.errors import DataError


@dataclass(frozen=True, slots=True)
class Answer:
    """What a backend said, and what it cost: `tokens` of prompt and answer together."""

    text: str
    tokens: int


class KeptAnswers:
    """An SQLite file beside the dataset being written. A killed process loses at most the requests in flight.

    `repeated` counts requests that an earlier run had sent and never had an answer to, and that are sent again.
    """

    def __init__(self, path: Path) -> None:
        self.repeated = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, text TEXT, tokens INTEGER)")
        except (OSError, sqlite3.Error) as error:
            raise DataError(f"cannot keep answers in {path}: {error}; free it or choose another --out") from error

    def find(self, key: str) -> Answer | None:
        row = self._db.execute("SELECT text, tokens FROM answers WHERE key = ? AND text IS NOT NULL", (key,)).fetchone()
        return None if row is None else Answer(*row)

    def asking(self, key: str) -> None:
        """Notes that a request is about to be sent."""
        noted = self._write("INSERT OR IGNORE INTO answers (key) VALUES (?)", (key,))
        self.repeated += noted == 0

    def keep(self, key: str, answer: Answer) -> None:
        self._write("UPDATE answers SET text = ?, tokens = ? WHERE key = ?", (answer.text, answer.tokens, key))

    def close(self) -> None:
        self._db.close()

    def _write(self, statement: str, values: tuple[object, ...]) -> int:
        try:
            return self._db.execute(statement, values).rowcount
        except sqlite3.Error as error:
            raise DataError(f"answers cannot be kept: {error}; make room and run again, none is lost") from error


def key_of(*parts: Any) -> str:
    """The same parts give the same key, on every machine."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
