import pytest

from convrec.catalog import Catalog
from convrec.datasets.shop import SEED, build_items

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def shop() -> Catalog:
    """The catalogue of the demo shop."""
    return Catalog(build_items(SEED))
