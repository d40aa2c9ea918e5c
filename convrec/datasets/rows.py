"""Rows of a source file, streamed: JSON lines, Python-literal lines, CSV or Parquet, compressed or not."""

from __future__ import annotations

import ast
import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from convrec.errors import DataError, ImportFailed

Record = dict[str, Any]
Progress = Callable[[str, int, int], None]  # file name, bytes read, bytes in all
T = TypeVar("T")

LONGEST_ROW = 1 << 24  # bytes; a longer line is no row, and is never held whole
FIRST_ROWS = 100  # when none of these is good, the format is wrong and reading on is pointless


class BadRow(ValueError):
    """One row of a source that cannot be used; the message says why."""


class Tally:
    """Counts the rows of one file and writes down the bad ones; raises ImportFailed past the limit.

    `max_bad` is a share of the rows. `log` gets a line "file:line: reason" for each bad row.
    """

    def __init__(self, path: Path, max_bad: float, log: IO[str]) -> None:
        self.path, self.max_bad = path, max_bad
        self.rows = self.bad = 0
        self.first: list[str] = []
        self._log = log

    def reject(self, line: int, reason: object) -> None:
        """Raises ImportFailed when not one of the first rows was good."""
        self.bad += 1
        report = f"{self.path.name}:{line}: {reason}"
        self._log.write(report.replace("\n", " ") + "\n")
        if len(self.first) < 10:
            self.first.append(report)
        if self.bad == self.rows == FIRST_ROWS and self.max_bad < 1:
            raise ImportFailed(
                f"none of the first {FIRST_ROWS} rows can be read: {self.first[0]}; "
                "is --format right? Nothing was written"
            )

    def close(self) -> None:
        """Raises ImportFailed when more rows were bad than the limit allows, or when there was none at all."""
        if not self.rows:
            raise ImportFailed(f"{self.path} holds no rows; nothing was written")
        if self.bad > self.max_bad * self.rows:
            raise ImportFailed(
                f"{self.bad} of {self.rows} rows of {self.path} are bad, more than {self.max_bad:.2%}: "
                f"{'; '.join(self.first[:3])}. Correct them or raise --max-bad; nothing was written"
            )


def json_record(line: str) -> Record:
    """Raises BadRow for what is no JSON object."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRow(f"no JSON ({error})") from None
    if not isinstance(record, dict):
        raise BadRow(f"a JSON object was expected, found {type(record).__name__}")
    return record


def literal_record(line: str) -> Record:
    """A JSON object, or a Python dictionary as the 2014 metadata is written. Evaluates literals only, never code."""
    try:
        return json_record(line)
    except BadRow:
        try:
            record = ast.literal_eval(line)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            raise BadRow("neither JSON nor a Python literal") from None
        if not isinstance(record, dict):
            raise BadRow(f"a dictionary was expected, found {type(record).__name__}") from None
        return record


def read_rows(
    convert: Callable[[Record], T], tally: Tally, progress: Progress, parse: Callable[[str], Record]
) -> Iterator[T]:
    """What `convert` makes of every good row of the tally's file. Rows that raise BadRow go to the tally.

    `.csv` and `.parquet` files have records already; in any other file each line is one, read by `parse`.
    Raises DataError for a file that is missing, unreadable or cut off, ImportFailed past the tally's limit.
    """
    try:
        for number, found in _records(tally.path, parse, progress):
            tally.rows += 1
            try:
                if isinstance(found, BadRow):
                    raise found
                yield convert(found)
            except BadRow as error:
                tally.reject(number, error)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{tally.path} cannot be read after row {tally.rows}: {error}; nothing was written") from error
    tally.close()


def _records(path: Path, parse: Callable[[str], Record], progress: Progress) -> Iterator[tuple[int, Record | BadRow]]:
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind == "parquet":
        return _parquet_records(path, progress)
    return _csv_records(path, progress) if kind == "csv" else _line_records(path, parse, progress)


@contextmanager
def _opened(path: Path, progress: Progress) -> Iterator[tuple[IO[bytes], Callable[[], None]]]:
    """The uncompressed bytes of a file, and what to call now and then to report how far the reading is."""
    size = path.stat().st_size
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
        yield stream, lambda: progress(path.name, raw.tell(), size)
        progress(path.name, size, size)


def _line_records(
    path: Path, parse: Callable[[str], Record], progress: Progress
) -> Iterator[tuple[int, Record | BadRow]]:
    with _opened(path, progress) as (stream, report):
        for number, line in enumerate(iter(lambda: stream.readline(LONGEST_ROW), b""), start=1):
            if number % 2000 == 0:
                report()
            if line.isspace():
                continue
            try:
                yield number, parse(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError as error:
                yield number, BadRow(f"not UTF-8 ({error.reason})")
            except BadRow as error:
                yield number, error


def _csv_records(path: Path, progress: Progress) -> Iterator[tuple[int, Record | BadRow]]:
    csv.field_size_limit(LONGEST_ROW)
    with _opened(path, progress) as (stream, report):
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        rows = csv.DictReader(text)
        try:
            for count, record in enumerate(rows):
                if count % 2000 == 0:
                    report()
                if None in record or None in record.values():
                    yield rows.line_num, BadRow(f"a row of {len(rows.fieldnames or ())} columns was expected")
                else:
                    yield rows.line_num, record
        except csv.Error as error:
            raise DataError(f"{path}:{rows.line_num}: not CSV ({error}); nothing was written") from None


def _parquet_records(path: Path, progress: Progress) -> Iterator[tuple[int, Record | BadRow]]:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    try:
        with pq.ParquetFile(path) as file:
            total, number = file.metadata.num_rows, 0
            for batch in file.iter_batches(batch_size=2000):
                progress(path.name, number, total)
                for record in batch.to_pylist():
                    number += 1
                    yield number, record
            progress(path.name, total, total)
    except pa.ArrowException as error:
        raise DataError(f"{path} is no readable Parquet file ({error}); nothing was written") from None
