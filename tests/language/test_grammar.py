from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from convrec.errors import DataError
from convrec.language.grammar import CHOICE, SLOT, articles, expand, listed, money, phrasings, roughen, slots_of


def test_a_choice_and_a_slot_are_filled() -> None:
    drawn = {expand("a [b|c] {d} e", {"d": "x"}, random.Random(seed)) for seed in range(20)}
    assert drawn == {"a b x e", "a c x e"}


def test_a_missing_slot_is_an_error() -> None:
    with pytest.raises(KeyError):
        expand("{nothing}", {}, random.Random(0))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("a ivory pen", "an ivory pen"),
        ("A eraser", "An eraser"),
        ("a USB charger", "a USB charger"),
        ("a 8 mm blade", "an 8 mm blade"),
        ("a used one", "a used one"),
    ],
)
def test_articles(said: str, written: str) -> None:
    assert articles(said) == written


@given(st.text(alphabet="abcdefg ?.'", min_size=3).filter(str.strip), st.integers())
def test_roughening_keeps_most_of_a_sentence(sentence: str, seed: int) -> None:
    rough = roughen(sentence, random.Random(seed))
    assert abs(len(rough) - len(sentence)) <= 2 + sentence.count("'")


def test_money_says_the_amount_in_several_ways() -> None:
    said = {money(15, random.Random(seed)) for seed in range(60)}
    assert {"$15", "15 dollars", "fifteen bucks"} <= said
    assert all("15" in words or "fifteen" in words for words in said)


def test_a_missing_file_of_phrasings_is_named() -> None:
    with pytest.raises(DataError, match=r"no_such_file\.yaml"):
        phrasings("no_such_file")


def test_listed() -> None:
    assert listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize("held_out", ["critiques_unseen", "critiques_blind"])
def test_there_are_enough_phrasings_of_the_same_kinds_and_slots(held_out: str) -> None:
    train, unseen = phrasings("critiques"), phrasings(held_out)
    assert train.keys() == unseen.keys()
    assert len({t for kind in train.values() for t in kind}) >= 400
    assert len({t for kind in unseen.values() for t in kind}) >= 120
    for kind in unseen:  # a slot the training phrasings lack would never be filled
        known = {slot for template in train[kind] for slot in slots_of(template)}
        assert {slot for template in unseen[kind] for slot in slots_of(template)} <= known, kind


@pytest.mark.parametrize("held_out", ["critiques_unseen", "critiques_blind"])
def test_held_out_phrasings_are_no_near_copies(held_out: str) -> None:
    train = [template.lower() for kind in phrasings("critiques").values() for template in kind]
    for kind in phrasings(held_out).values():
        for template in kind:
            nearest = max(train, key=lambda known: fuzz.ratio(template.lower(), known))
            assert fuzz.ratio(template.lower(), nearest) < 80, (template, nearest)


@pytest.mark.parametrize("held_out", ["critiques_unseen", "critiques_blind"])
def test_what_carries_a_description_is_no_near_copy_of_held_out_phrasings(held_out: str) -> None:
    blank = [SLOT.sub("…", template.lower()) for kind in phrasings(held_out).values() for template in kind]
    carriers = phrasings("carriers")["carriers"]
    assert len(set(carriers)) == len(carriers) >= 600
    for carrier in carriers:
        assert slots_of(carrier) == {"goods"}
        assert not CHOICE.search(carrier)
        said = SLOT.sub("…", carrier.lower())
        assert max(fuzz.ratio(said, known) for known in blank) < 80, carrier
