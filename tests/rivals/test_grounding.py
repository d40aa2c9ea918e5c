"""A title finds its item; other words find the nearest; nothing finds nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_model import small_catalog

from convrec.rivals.grounding import Grounding

TITLES = ["Gel pen, blue", "Gel pen gel pen", "Stapler", "Gel pen, blue", "!!!", "A4 paper 500 sheets"]
ALL = np.ones(len(TITLES), dtype=bool)


@given(st.lists(st.text(st.sampled_from("abc !ß1"), min_size=1, max_size=8), min_size=1, max_size=12))
def test_a_title_finds_itself(titles: list[str]) -> None:
    grounding = Grounding(titles)
    for row, title in enumerate(titles):
        rows = grounding.rows([title], np.ones(len(titles), dtype=bool), len(titles))
        same = [r for r, other in enumerate(titles) if other.casefold().split() == title.casefold().split()]
        assert rows[: len(same)] == same
        assert row in same


def test_case_and_spaces_do_not_matter_and_equal_titles_come_together() -> None:
    assert Grounding(TITLES).rows(["gel  PEN, blue"], ALL, 2) == [0, 3]


def test_other_words_find_the_nearest() -> None:
    assert Grounding(TITLES).rows(["paper, 500 sheets of it"], ALL, 1) == [5]
    assert Grounding([item.title for item in small_catalog().items]).rows(["thing 7"], np.ones(30, dtype=bool), 1) == [
        7
    ]


def test_the_best_of_each_text_comes_before_the_second_best_of_any() -> None:
    assert Grounding(TITLES).rows(["Gel pen, blue", "Stapler"], ALL, 3) == [0, 2, 3]


def test_only_what_is_allowed_is_found() -> None:
    assert Grounding(TITLES).rows(["Gel pen, blue", "Stapler"], np.arange(6) != 0, 2) == [3, 2]


@pytest.mark.parametrize("text", ["", "   ", "zzz", "?!"])
def test_words_of_no_item_find_nothing(text: str) -> None:
    assert Grounding(TITLES).rows([text], ALL, 5) == []


def test_titles_without_a_word_and_one_item() -> None:
    assert Grounding(["!!!", "..."]).rows(["...", "pen"], np.ones(2, dtype=bool), 5) == [1]
    assert Grounding(["Pen"]).rows(["a pen"], np.ones(1, dtype=bool), 5) == [0]
