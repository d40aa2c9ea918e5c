"""What is said of money, with a figure and without."""

from __future__ import annotations

import numpy as np
import pytest
from readers import bare, reader, shop, steered

from convrec.conversation import Act, Constraint, Op
from convrec.datasets.shop.catalogue import build_items
from convrec.language.reader import Situation


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("under $15", [(Op.AT_MOST, 15.0, True)]),
        ("less than twelve bucks", [(Op.AT_MOST, 12.0, True)]),
        ("between 10 and 20", [(Op.AT_LEAST, 10.0, True), (Op.AT_MOST, 20.0, True)]),
        ("$10-$20", [(Op.AT_LEAST, 10.0, True), (Op.AT_MOST, 20.0, True)]),
        ("around $20", [(Op.AT_LEAST, 16.0, False), (Op.AT_MOST, 24.0, False)]),
        ("no more than 1,250 dollars", [(Op.AT_MOST, 1250.0, True)]),
        ("max. 30", [(Op.AT_MOST, 30.0, True)]),
        ("more than $10 I will not pay for it, sorry", [(Op.AT_MOST, 10.0, True)]),
        ("a desk lamp. More than 60 I will not pay", [(Op.AT_MOST, 60.0, True)]),
        ("over 60 we cannot spend", [(Op.AT_MOST, 60.0, True)]),
        ("over twenty dollars we can't go", [(Op.AT_MOST, 20.0, True)]),
        ("nothing over $20, we cannot spend it all", [(Op.AT_MOST, 20.0, True)]),
        ("must not cost more as $5, this are the rules", [(Op.AT_MOST, 5.0, True)]),
        ("at least twenty five dollars", [(Op.AT_LEAST, 25.0, True)]),
        ("what would you pick if I only had 5 dollars?", [(Op.AT_MOST, 5.0, True)]),
        ("I have $40 for the two of them", [(Op.AT_MOST, 20.0, True)]),
        ("at most 60 dollars for all three", [(Op.AT_MOST, 20.0, True)]),
        ("between $20 and $30 for the pair", [(Op.AT_LEAST, 10.0, True), (Op.AT_MOST, 15.0, True)]),
        ("about $40 for both", [(Op.AT_MOST, 20.0, False)]),
        ("under $40 for the two of us", [(Op.AT_MOST, 40.0, True)]),
        ("I have 3 children", []),
        ("ten years of experience", []),
    ],
)
def test_prices(text: str, limits: list[tuple[Op, float, bool]]) -> None:
    reading = bare().read(text)
    assert [(c.op, c.value, c.hard) for c in reading.constraints if c.facet == "price"] == limits


@pytest.mark.parametrize("text", ["something nicer", "got anything nicer than this?", "a nicer one in blue, please"])
def test_nicer_is_a_preference_for_what_costs_more(text: str) -> None:
    reading = reader().read(text, steered())
    assert [(c.op, c.hard) for c in reading.constraints if c.facet == "price"] == [(Op.MORE, False)]
    assert not reading.unmet


@pytest.mark.parametrize("text", ["forget the price", "forget about the price", "ignore the budget"])
def test_a_price_that_is_taken_back_is_no_wish_to_pay_less(text: str) -> None:
    reading = reader().read(text, steered())
    assert (reading.dropped, reading.constraints) == (("price",), ())


@pytest.mark.parametrize("text", ["something prettier", "a nicer colour", "anything lovelier?"])
def test_what_is_prettier_says_nothing_of_a_price(text: str) -> None:
    assert not any(c.facet == "price" for c in reader().read(text, steered()).constraints)
    assert not reader().read("something prettier", steered()).unmet


def test_the_cheapest_costs_as_little_as_any_that_is_asked_for() -> None:
    for text in ("show me the cheapest blue gel pen", "the cheapest stapler?"):
        reading = reader().read(text)
        limit = next(c for c in reading.constraints if c.facet == "price")
        rows = shop().mask(c for c in reading.constraints if c.hard)
        assert limit.value == min(shop()[int(row)].price or 1e9 for row in rows.nonzero()[0])
        assert (limit.op, limit.hard, reading.wishes) == (Op.AT_MOST, False, ())


@pytest.mark.parametrize(
    "text",
    ["a stapler, anything but the cheapest", "a stapler, it doesn't have to be the cheapest",
     "the second cheapest stapler", "is that the cheapest?", "the cheapest stapler isn't always the best"],
)  # fmt: skip
def test_the_cheapest_is_not_always_asked_for(text: str) -> None:
    assert not any((c.op, c.said) == (Op.AT_MOST, "cheapest") for c in reader().read(text, steered()).constraints)


@pytest.mark.parametrize("text", ["would the first one be nicer?", "which one's nicer", "it would be nicer in black"])
def test_what_is_judged_nicer_is_no_wish_to_pay_more(text: str) -> None:
    assert not any(c.said == "nicer" for c in reader().read(text, steered()).constraints)


@pytest.mark.parametrize("text", ["are they expensive?", "is it dear?", "how expensive is it?"])
def test_whether_it_is_dear_is_a_question(text: str) -> None:
    reading = reader().read(text, steered())
    assert (reading.act, reading.constraints) == (Act.ABOUT, ())


def test_another_currency_is_never_a_mask_and_is_said() -> None:
    reading = bare().read("a stapler under £10")
    assert all(not c.hard for c in reading.constraints if c.facet == "price")
    assert any("US$" in words for words in reading.unmet)


@pytest.mark.parametrize(
    ("text", "op", "said"),
    [
        ("a cheap pen", Op.AT_MOST, "cheap"),
        ("a pen, nothing too dear", Op.AT_MOST, "too dear"),
        ("a premium pen", Op.AT_LEAST, "premium"),
        ("a pen, not cheap", Op.AT_LEAST, "not cheap"),
    ],
)
def test_cheap_is_what_such_goods_seldom_cost_less_than(text: str, op: Op, said: str) -> None:
    (price,) = [c for c in reader().read(text).constraints if c.facet == "price"]
    assert (price.op, price.hard) == (op, False)
    assert said in price.said
    pens = [item.price for item in build_items(0) if "Pens" in item.categories and item.price is not None]
    met = np.mean([p <= price.value if op is Op.AT_MOST else p >= price.value for p in pens])
    assert 0.2 < met < 0.5


@pytest.mark.parametrize("text", ["thank you dear, a pen please", "dear me, a pen", "a pen, dear"])
def test_dear_is_a_price_only_after_a_word_of_degree(text: str) -> None:
    assert not [c for c in reader().read(text).constraints if c.facet == "price"]


def test_what_was_named_is_kept_beside_cheap() -> None:
    limit = Constraint("price", Op.AT_MOST, 8.0, True, "budget is $8")
    asked = reader().read("a cheap fountain pen", Situation(constraints=(limit,)))
    assert [c.facet for c in asked.constraints] == ["category"]
    assert "cheap" in " ".join(reader().read("something cheap please").wishes)
