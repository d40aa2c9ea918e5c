"""A folder that appears whole or not at all: written beside its place, then renamed into it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from convrec.errors import DataError


@contextmanager
def new_folder(target: Path, *, overwrite: bool = False, proof: str = "items.parquet") -> Iterator[Path]:
    """Yields an empty folder to write into; on success it becomes `target`, on any exception it vanishes.

    An existing `target` is replaced only with `overwrite`, and only if it holds `proof` (so that a mistyped path never
    costs anyone a folder of something else). Raises DataError for a target in the way and for every failing write:
    no permission, a full disk.
    """
    target = Path(os.path.abspath(target))
    occupied = os.path.lexists(target) and not (target.is_dir() and not any(target.iterdir()))
    if occupied and not overwrite:
        raise DataError(
            f"{target} already exists and is left as it is; choose another place or overwrite it (--overwrite)"
        )
    if occupied and not (target / proof).is_file():
        raise DataError(f"{target} holds no {proof}, so it is not ours to overwrite; choose another place")
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        partial.mkdir()
        yield partial
        if occupied:
            _replace(target, partial)
        else:
            partial.rename(target)
    except OSError as error:
        raise DataError(f"cannot write {target}: {error.strerror or error}; nothing was written there") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _replace(target: Path, partial: Path) -> None:
    old = target.with_name(f".{target.name}.old-{os.getpid()}")
    target.rename(old)
    try:
        partial.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Removes what killed processes left half-written beside the target."""
    for partial in target.parent.glob(f".{target.name}.partial-*"):
        pid = partial.name.rpartition("-")[2]
        with suppress(ProcessLookupError, PermissionError):
            if pid.isdigit() and int(pid) != os.getpid():
                os.kill(int(pid), 0)  # raises when no such process lives
                continue
        shutil.rmtree(partial, ignore_errors=True)
