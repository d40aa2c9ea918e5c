"""How the page starts soon: shoppers come into the database by a process of their own, while this one loads.

Nothing is looked through for garbage meanwhile, since all that is made then stays.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from convrec.errors import ConvrecError, StoreError


@contextmanager
def importing(database: str, dataset: Path | None) -> Iterator[Callable[[], None]]:
    """Begins; what it gives waits until the shoppers of `dataset` are there and raises DataError and StoreError as
    `read_dataset` and `Store` do. Without a dataset there is nothing to wait for.

    No garbage is collected until `started` or the end. Nothing heavy is imported here, and no thread would do: it would
    wait while others import.
    """
    gc.disable()
    try:
        yield _begun(database, dataset) if dataset else lambda: None
    finally:
        gc.enable()


def started() -> None:
    """What was imported and loaded stays, and is not looked through again."""
    gc.freeze()
    gc.enable()


def _begun(database: str, dataset: Path) -> Callable[[], None]:
    context = multiprocessing.get_context("spawn")
    answer, sending = context.Pipe(duplex=False)
    process = context.Process(target=_import, args=(database, dataset, sending), daemon=True)
    process.start()
    sending.close()  # so that the end of the process is the end of the pipe

    def wait() -> None:
        try:
            error: ConvrecError | None = answer.recv()
        except EOFError:
            error = StoreError(
                f"the import of {dataset} into {database} ended before it said that it was done; start again: "
                "what is imported is stored whole or not at all"
            )
        finally:
            answer.close()
            process.join()
        if error:
            raise error

    return wait


def _import(database: str, dataset: Path, answer: Connection) -> None:
    gc.disable()
    from convrec.datasets import read_dataset
    from convrec.store import Store

    error: ConvrecError | None = None
    try:
        with Store(database) as store:
            store.import_histories(read_dataset(dataset))
    except ConvrecError as wrong:
        error = wrong
    with suppress(BrokenPipeError):  # who waited was stopped
        answer.send(error)
