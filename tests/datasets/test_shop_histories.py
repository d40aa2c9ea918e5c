"""The demo shop's purchases: the rules they keep, and that there is something to learn in them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import numpy as np
import pytest

from convrec.catalog import FITS, SYSTEM, Interaction
from convrec.datasets.shop import SEED, Shop, build_shop
from convrec.datasets.shop.catalogue import content
from convrec.datasets.shop.figures import figures, leaf_markov, recall, sequences
from convrec.datasets.shop.shoppers import build_shoppers

FEW = 500


@pytest.fixture(scope="module")
def shop() -> Shop:
    return build_shop(SEED, FEW)


def by_shopper(shop: Shop) -> dict[str, list[Interaction]]:
    found: dict[str, list[Interaction]] = {}
    for purchase in shop.interactions:
        found.setdefault(purchase.user_id, []).append(purchase)
    return found


def fingerprint(shop: Shop) -> str:
    return hashlib.sha256(repr((shop.catalog.items, shop.interactions, shop.shoppers)).encode()).hexdigest()


def test_the_same_seed_gives_the_same_shop() -> None:
    assert fingerprint(build_shop(SEED, 20)) == fingerprint(build_shop(SEED, 20))
    assert fingerprint(build_shop(SEED, 20)) != fingerprint(build_shop(SEED + 1, 20))


def test_fewer_shoppers_are_the_first_ones_of_the_full_shop(shop: Shop) -> None:
    small = build_shop(SEED, 15)
    assert small.shoppers == shop.shoppers[:15]
    assert small.interactions == shop.interactions[: len(small.interactions)]


def test_histories_keep_their_rules(shop: Shop) -> None:
    histories = by_shopper(shop)
    assert list(histories) == [shopper.user_id for shopper in shop.shoppers]
    for purchases in histories.values():
        ids = [purchase.item_id for purchase in purchases]
        times = [purchase.timestamp for purchase in purchases]
        assert 6 <= len(ids) <= 20
        assert len(set(ids)) == len(ids)
        assert times == sorted(times)
        assert all(shop.catalog.item(item_id).available for item_id in ids[-5:])
        assert all(purchase.rating in (1, 2, 3, 4, 5) for purchase in purchases)


def test_all_personas_shop_and_every_leaf_of_a_journey_exists(shop: Shop) -> None:
    personas = content("personas")["personas"]
    assert len(personas) >= 12
    assert {shopper.persona for shopper in shop.shoppers} == set(personas)
    known = {item.leaf for item in shop.catalog.items}
    named = {leaf for persona in personas.values() for stage in persona["journey"] for leaf in stage}
    assert named <= known
    brands = {brand for circle in content("personas")["circles"] for brand in circle}
    assert brands <= set(content("brands"))


def test_tastes_show_in_what_is_bought(shop: Shop) -> None:
    people = {shopper.user_id: shopper for shopper in shop.shoppers}
    loved = np.mean([shop.catalog.item(p.item_id).brand in people[p.user_id].brands for p in shop.interactions])
    assert loved > 1.6 * 10 / 46  # ten brands of 46, were it chance
    left = [p for p in shop.interactions if people[p.user_id].persona == "left-handed planner"]
    flags = [shop.catalog.item(p.item_id).attributes.get("left_handed") for p in left]
    others = [item.attributes["left_handed"] for item in shop.catalog.items if "left_handed" in item.attributes]
    assert flags.count(True) / (flags.count(True) + flags.count(False)) > 1.5 * np.mean(others)


def test_supplies_are_bought_for_what_is_owned(shop: Shop) -> None:
    refills = owned = 0
    for purchases in by_shopper(shop).values():
        items = [shop.catalog.item(purchase.item_id) for purchase in purchases]
        for place, item in enumerate(items):
            if item.leaf in ("Gel refills", "Ballpoint refills"):
                refills += 1
                owned += item.attributes[FITS] in {earlier.attributes.get(SYSTEM) for earlier in items[:place]}
    assert refills > 100
    assert owned > 0.9 * refills


def test_there_is_something_to_learn_but_not_too_much(shop: Shop) -> None:
    found = figures(shop)
    assert found["pairs_in_one_middle_category"] >= 0.45
    assert found["hosts_later_supplied"] > 0.6
    assert found["popularity_recall_at_10"] <= 0.05
    assert 0.10 < found["markov_recall_at_10"] < 0.25


def test_the_order_of_purchases_matters(shop: Shop) -> None:
    histories = sequences(shop)
    training = [rows[:-2] for rows in histories]
    popularity = np.bincount(np.concatenate(training), minlength=len(shop.catalog)).astype(float)
    guess = leaf_markov(shop.catalog, training, popularity)
    rng = np.random.default_rng(0)
    shuffled = [[*(int(row) for row in rng.permutation(rows[:-1])), rows[-1]] for rows in histories]
    assert recall(shop.catalog, histories, guess) > 1.3 * recall(shop.catalog, shuffled, guess)


def test_reviews_differ_and_praise_only_what_is_there(shop: Shop) -> None:
    reviews = Counter(purchase.review for purchase in shop.interactions if purchase.review)
    assert len(reviews) > 0.6 * sum(reviews.values())
    praised = 0
    for purchase in shop.interactions:
        attributes = shop.catalog.item(purchase.item_id).attributes
        for flag, remarks in content("reviews")["praise"]["flags"].items():
            if any(remark in purchase.review for remark in remarks):
                assert attributes[flag] is True
                assert purchase.rating is not None
                assert purchase.rating >= 4
                praised += 1
        for flag, remarks in content("reviews")["blame"]["flags"].items():
            if any(remark in purchase.review for remark in remarks):
                assert attributes[flag] is False
        for price in re.findall(r"\$([\d.]+\d)", purchase.review):
            assert float(price) == shop.catalog.item(purchase.item_id).price
    assert praised > 100


def test_shoppers_come_in_the_shares_of_their_personas() -> None:
    counts = Counter(shopper.persona for shopper in build_shoppers(SEED, 3600))
    shares = {name: spec["share"] for name, spec in content("personas")["personas"].items()}
    for name, share in shares.items():
        assert counts[name] / 3600 == pytest.approx(share / sum(shares.values()), abs=0.02)
