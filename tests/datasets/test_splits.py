"""What a split may and may not contain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convrec.datasets import by_time, leave_one_out
from convrec.errors import ConfigError, DataError

histories = st.dictionaries(st.text(max_size=3), st.lists(st.integers(0, 20), min_size=1, max_size=8), max_size=8)


def test_the_last_is_the_test_and_the_last_but_one_validation() -> None:
    split = leave_one_out({"ann": [5, 6, 7, 8], "ben": [1, 2]})
    assert split.train == {"ann": [5, 6], "ben": [1, 2]}
    assert split.validation == [("ann", (5, 6), 7)]
    assert split.test == [("ann", (5, 6, 7), 8)]


@given(histories)
def test_leave_one_out_gives_every_interaction_one_place(sequences: dict[str, list[int]]) -> None:
    split = leave_one_out(sequences)
    held_out = {case.user_id: case for case in split.test}
    chosen_on = {case.user_id: case for case in split.validation}
    assert held_out.keys() == chosen_on.keys() == {user for user, rows in sequences.items() if len(rows) >= 3}
    for user, rows in sequences.items():
        ends = [chosen_on[user].target, held_out[user].target] if user in held_out else []
        assert split.train[user] + ends == rows
        if user in held_out:
            assert list(held_out[user].history) == [*chosen_on[user].history, chosen_on[user].target]
            assert list(chosen_on[user].history) == split.train[user]


timed = st.dictionaries(
    st.text(max_size=3), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), min_size=1, max_size=8), max_size=8
)
shares = st.sampled_from([(0.1, 0.1), (0.0, 0.2), (0.3, 0.0), (0.25, 0.5)])


@given(timed, shares)
def test_by_time_learns_nothing_from_the_future(
    events: dict[str, list[tuple[int, int]]], share: tuple[float, float]
) -> None:
    events = {user: sorted(found, key=lambda event: event[0]) for user, found in events.items()}
    rows = {user: [row for _, row in found] for user, found in events.items()}
    times = {user: [time for time, _ in found] for user, found in events.items()}
    split = by_time(rows, times, validation=share[0], test=share[1])
    trained = [time for user, kept in split.train.items() for time in times[user][: len(kept)]]
    when = {
        name: [times[case.user_id][len(case.history)] for case in cases]
        for name, cases in (("validation", split.validation), ("test", split.test))
    }
    for user, kept in split.train.items():
        assert kept == rows[user][: len(kept)]
    assert max(trained, default=-1) < min(when["validation"] + when["test"], default=99)
    assert max(when["validation"], default=-1) < min(when["test"], default=99)
    for case in [*split.validation, *split.test]:
        assert case.history
        assert [*case.history, case.target] == rows[case.user_id][: len(case.history) + 1]
    firsts = sum(not split.train.get(user) for user in rows)  # a first item has no history to be guessed from
    assert sum(map(len, split.train.values())) + len(split.validation) + len(split.test) + firsts == sum(
        map(len, rows.values())
    )
    if not share[0]:
        assert not split.validation
    if not share[1]:
        assert not split.test


def test_by_time_cuts_at_the_shares() -> None:
    rows = {str(user): list(range(10)) for user in range(10)}
    times = {str(user): [10 * step + user for step in range(10)] for user in range(10)}
    split = by_time(rows, times, validation=0.2, test=0.1)
    assert sum(map(len, split.train.values())) == pytest.approx(70, abs=1)
    assert len(split.validation) == pytest.approx(20, abs=1)
    assert len(split.test) == pytest.approx(10, abs=1)


def test_by_time_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ConfigError, match="leave nothing to train on"):
        by_time({"a": [1]}, {"a": [1]}, validation=0.5, test=0.5)
    with pytest.raises(DataError, match="one timestamp for each item"):
        by_time({"a": [1, 2]}, {"a": [1]})
