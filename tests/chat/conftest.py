import pytest

from convrec.catalog import Catalog
from convrec.chat.cast import Cast, load_scripted
from convrec.datasets import Dataset
from convrec.datasets.frames import INTERACTIONS


@pytest.fixture(scope="session")
def cast(shop: Catalog) -> Cast:
    """The scripted engine with the real reader and claim checker over the demo shop."""
    return load_scripted(Dataset(shop, INTERACTIONS.to_frame()))
