"""How the page starts soon: shoppers come into the database by a process of their own, while this one loads.

Nothing is looked through for garbage meanwhile, since all that is made then stays.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def importing(database: str, dataset: Path | None) -> Iterator[Future[None]]:
    """Done when the shoppers of `dataset` are there, or at once without one; `result` raises DataError and StoreError.

    No garbage is collected until `started` or the end. Nothing heavy is imported here, and no thread would do: it would
    wait while others import.
    """
    gc.disable()
    try:
        if dataset is None:
            nothing: Future[None] = Future()
            nothing.set_result(None)
            yield nothing
        else:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside:
                yield beside.submit(_import, database, dataset)
    finally:
        gc.enable()


def started() -> None:
    """What was imported and loaded stays, and is not looked through again."""
    gc.freeze()
    gc.enable()


def _import(database: str, dataset: Path) -> None:
    gc.disable()
    from convrec.datasets import read_dataset
    from convrec.store import Store

    with Store(database) as store:
        store.import_histories(read_dataset(dataset))
