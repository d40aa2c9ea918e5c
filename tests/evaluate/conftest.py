"""A tiny shop with held-out shoppers, a random model over it and a reader: enough to ask every question quickly."""

import pytest
from small_model import round_trips, small_model

from convrec.datasets import Dataset
from convrec.evaluate.steering import Question, questions
from convrec.generate.engine import Engine
from convrec.language.reader import Reader
from convrec.regen.annotate import annotate


@pytest.fixture(scope="session")
def bought() -> Dataset:
    return round_trips()


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
