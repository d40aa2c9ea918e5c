"""Which rows of a source stay, and where they stand in their user's history."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from convrec.datasets.staging import distinct, k_core, places


def peeled(found: list[tuple[int, int, int]], k: int) -> list[tuple[int, int, int]]:
    """The k-core, one dropped row at a time."""
    for row in found:
        if any(sum(other[column] == row[column] for other in found) < k for column in (0, 1)):
            return peeled([other for other in found if other != row], k)
    return found


rows = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=30)


@given(rows, st.integers(0, 3))
def test_which_rows_stay(found: list[tuple[int, int, int]], k: int) -> None:
    users, items = (np.array(column, dtype=np.uint32) for column in list(zip(*found, strict=True))[:2])
    times = np.array([row[2] for row in found], dtype=np.int64)
    keep = distinct(users, items, times)
    assert keep.tolist() == [row not in found[:place] for place, row in enumerate(found)]
    core = k_core(users, items, keep, k)
    assert not (core & ~keep).any()
    kept = [row for row, stays in zip(found, core, strict=True) if stays]
    assert kept == peeled([row for row, stays in zip(found, keep, strict=True) if stays], k)
    positions, lengths = places(users, times, core)
    for user in set(users.tolist()):
        mine = [place for place in np.flatnonzero(core) if users[place] == user]
        order = sorted(mine, key=lambda place: times[place])
        assert [positions[place] for place in order] == list(range(len(mine)))
        assert all(lengths[place] == len(mine) for place in mine)
