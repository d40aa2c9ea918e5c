from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convrec.catalog import Catalog, Interaction, Item
from convrec.datasets import Dataset
from convrec.errors import NotFound, StoreError
from convrec.store import SHARED, Shopper, Store

SHOP = [
    Interaction("17", "pen", 200, 4.0, "writes well"),
    Interaction("4", "desk", 100),
    Interaction("17", "ink", 100, None, "nul \0 byte"),
    Interaction("17", "cap", 200),
    Interaction("Anna_100%", "pen", 7),
]


def test_histories_are_in_the_order_of_time_then_of_the_file(store: Store) -> None:
    assert store.import_histories(SHOP) == 5
    history = store.history("me", "17")
    assert [i.item_id for i in history] == ["ink", "pen", "cap"]
    assert history[1] == SHOP[0]
    assert history[0].review == "nul \ufffd byte"
    assert store.shoppers("me") == [Shopper("17", 3), Shopper("4", 1), Shopper("Anna_100%", 1)]


def test_shoppers_are_searched_by_a_part_of_their_id(store: Store) -> None:
    store.import_histories(SHOP)
    for query, found in [("4", ["4"]), ("anna", ["Anna_100%"]), ("_", ["Anna_100%"]), ("%", ["Anna_100%"]), ("'", [])]:
        assert [s.shopper_id for s in store.shoppers("me", query)] == found
    assert [s.shopper_id for s in store.shoppers("me", limit=2)] == ["17", "4"]


def test_importing_again_changes_nothing_and_another_import_replaces(url: str) -> None:
    with Store(url) as store:
        assert store.import_histories(iter(SHOP)) == 5
        own = store.new_shopper("me")
        conversation = store.create_conversation("me", "17")
    with Store(url) as store:
        assert store.import_histories(SHOP) == 0
        assert store.import_histories([Interaction("4", "pen", 1)]) == 1
        assert store.shoppers("me") == [Shopper(own, 0, own=True), Shopper("4", 1)]
        assert store.conversation("me", conversation).shopper_id == "17"
        with pytest.raises(NotFound, match="'17'"):
            store.history("me", "17")


def test_an_import_that_fails_leaves_everything_as_it_was(store: Store) -> None:
    store.import_histories(SHOP)
    for broken in ([Interaction("4", "pen", 1), Interaction("4", "p\0n", 2)], [Interaction("4", "pen", None)]):  # type: ignore[arg-type]
        with pytest.raises(StoreError):
            store.import_histories(broken)
        assert [s.shopper_id for s in store.shoppers("me")] == ["17", "4", "Anna_100%"]
        assert len(store.history("me", "17")) == 3
        assert store.import_histories(SHOP) == 0


def test_a_dataset_is_imported_as_its_interactions(store: Store) -> None:
    catalog = Catalog([Item("pen", "Pen"), Item("ink", "Ink")])
    frame = pl.DataFrame(
        {
            "user_id": ["a", "a"],
            "item_id": ["pen", "ink"],
            "timestamp": [2, 1],
            "rating": [5.0, None],
            "review": ["good", None],
        }
    )
    assert store.import_histories(Dataset(catalog, frame)) == 2
    assert store.history("me", "a") == [Interaction("a", "ink", 1), Interaction("a", "pen", 2, 5.0, "good")]


def test_own_shoppers_buy_and_the_datasets_do_not(store: Store) -> None:
    store.import_histories(SHOP)
    shopper, second = store.new_shopper("me"), store.new_shopper("me")
    for item_id, timestamp in [("desk", 50), ("pen", 20), ("ink", 50)]:
        store.add_purchase("me", shopper, item_id, timestamp)
    assert [i.item_id for i in store.history("me", shopper)] == ["pen", "desk", "ink"]
    assert store.shoppers("me")[:2] == [Shopper(shopper, 3, own=True), Shopper(second, 0, own=True)]
    assert store.history("me", second) == []
    with pytest.raises(StoreError, match="belongs to the dataset"):
        store.add_purchase("me", "17", "pen", 1)
    with pytest.raises(NotFound):
        store.add_purchase("me", "nobody", "pen", 1)
    for write in (lambda: store.new_shopper(SHARED), lambda: store.add_purchase(SHARED, "17", "pen", 1)):
        with pytest.raises(StoreError, match="name an owner"):
            write()
    assert len(store.history("me", "17")) == 3


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("shared")
    with Store(f"sqlite:///{folder / 'store.sqlite'}") as store:
        yield store


INTERACTIONS = st.lists(
    st.builds(
        Interaction,
        st.sampled_from(["a", "b", "ü", "17"]),
        st.sampled_from(["pen", "ink"]),
        st.integers(0, 3),
        st.none() | st.floats(1, 5),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5),
    )
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(INTERACTIONS)
def test_any_histories_come_back_sorted_by_time(shared: Store, interactions: list[Interaction]) -> None:
    shared.import_histories(interactions)
    shoppers = list(dict.fromkeys(i.user_id for i in interactions))
    assert [s.shopper_id for s in shared.shoppers("me")] == shoppers
    for shopper in shoppers:
        expected = sorted((i for i in interactions if i.user_id == shopper), key=lambda i: i.timestamp)
        assert shared.history("me", shopper) == expected
