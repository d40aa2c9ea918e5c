"""A tiny shop with held-out shoppers, a random model over it and a reader: enough to ask every question quickly."""

import polars as pl
import pytest
from small_model import small_catalog, small_model

from convrec.datasets import Dataset
from convrec.datasets.frames import INTERACTIONS
from convrec.evaluate.steering import Question, questions
from convrec.generate.engine import Engine
from convrec.language.reader import Reader
from convrec.regen.annotate import annotate


@pytest.fixture(scope="session")
def bought() -> Dataset:
    """60 users who go round the shop, two rows at a step: eight different items each."""
    catalog = small_catalog(24)
    rows = [
        (f"u{user}", catalog[(user + 2 * step) % 24].item_id, 1000 * user + step, 5.0, "fine")
        for user in range(60)
        for step in range(8)
    ]
    return Dataset(catalog, pl.DataFrame(rows, schema=INTERACTIONS, orient="row"))


@pytest.fixture(scope="session")
def dataset(bought: Dataset) -> Dataset:
    return annotate(bought, 0, hold_out=0.4)


@pytest.fixture(scope="session")
def engine(dataset: Dataset) -> Engine:
    return Engine(*small_model(catalog=dataset.catalog))


@pytest.fixture(scope="session")
def reader(dataset: Dataset) -> Reader:
    return Reader(dataset.catalog)


@pytest.fixture(scope="session")
def asked(dataset: Dataset, reader: Reader) -> list[Question]:
    return questions(dataset, reader)
