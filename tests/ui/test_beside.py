"""What starts beside the page: shoppers are there when it opens, and what is wrong with them is said."""

import gc
import multiprocessing
from pathlib import Path

import pytest

from convrec.errors import DataError, StoreError
from convrec.store import SHARED, Store
from convrec.ui.beside import importing, started

DEMO = Path(__file__).parents[2] / "data" / "demo"


def test_the_shoppers_of_a_dataset_come_in(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/shop.sqlite"
    with importing(database, DEMO) as imported:
        assert not gc.isenabled()
        imported()
        started()
        assert gc.isenabled()
    with Store(database) as store:
        assert len(store.shoppers(SHARED, limit=5)) == 5


def test_an_import_that_is_killed_is_said(tmp_path: Path) -> None:
    before = set(multiprocessing.active_children())
    with importing(f"sqlite:///{tmp_path}/shop.sqlite", DEMO) as imported:
        (child,) = set(multiprocessing.active_children()) - before
        child.kill()
        with pytest.raises(StoreError, match="ended before it said"):
            imported()


def test_the_process_ends_with_its_work(tmp_path: Path) -> None:
    before = set(multiprocessing.active_children())
    with importing(f"sqlite:///{tmp_path}/shop.sqlite", DEMO) as imported:
        (child,) = set(multiprocessing.active_children()) - before
        imported()
        child.join(20)
        assert child.exitcode == 0


def test_without_a_dataset_there_is_nothing_to_wait_for(tmp_path: Path) -> None:
    with importing(f"sqlite:///{tmp_path}/shop.sqlite", None) as imported:
        imported()
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("database", "dataset", "error", "told"),
    [
        ("sqlite:///{here}/shop.sqlite", "none", DataError, "no dataset folder at"),
        ("sqlite:///{here}/none/shop.sqlite", "", StoreError, "none/shop.sqlite"),
    ],
)
def test_what_is_wrong_is_said_in_this_process(
    tmp_path: Path, database: str, dataset: str, error: type[Exception], told: str
) -> None:
    given = database.format(here=tmp_path), tmp_path / dataset if dataset else DEMO
    with importing(*given) as imported, pytest.raises(error, match=told):
        imported()
    assert gc.isenabled()
