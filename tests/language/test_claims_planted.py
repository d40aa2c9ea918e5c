"""The claim checker on narratives of the demo shop, as they are and with errors planted in them."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from planting import PLANTERS, Case

from convrec.catalog import Catalog
from convrec.datasets.shop.catalogue import build_items
from convrec.evaluate.claims import count_claims
from convrec.language.claims import ClaimChecker, sentences
from convrec.language.facts import Context, facts_of
from convrec.regen.writer import Writer


@pytest.fixture(scope="module")
def shop() -> Catalog:
    return Catalog(build_items(7))


@pytest.fixture(scope="module")
def shop_checker(shop: Catalog) -> ClaimChecker:
    return ClaimChecker(shop)


@pytest.fixture(scope="module")
def narratives(shop: Catalog) -> list[tuple[str, int, Context]]:
    """True narratives of all kinds, in contexts with purchases, wishes and an item steered away from."""
    rng, writer = random.Random(3), Writer(shop)
    leaves: dict[str, list[int]] = {}
    for row, item in enumerate(shop.items):
        leaves.setdefault(item.leaf, []).append(row)
    written: list[tuple[str, int, Context]] = []
    for number in range(260):
        row = rng.randrange(len(shop))
        reference = rng.choice([other for other in leaves[shop[row].leaf] if other != row])
        fitting = [int(r) for r in shop.compatible(row).nonzero()[0]]
        owned = [rng.randrange(len(shop)) for _ in range(rng.randint(2, 6))] + rng.sample(fitting, min(len(fitting), 1))
        history = tuple(r for r in dict.fromkeys([*owned, *([reference] if number % 3 == 0 else [])]) if r != row)
        critique = writer.critiques(reference, row, rng, "train", 1, history)
        constraints = critique[0][1].constraints if critique else ()
        context = Context(history, constraints, reference)
        kind = rng.choice(["reply", "reply", "reply", "endorsement", "purchase_reason", "user_summary"])
        written.append((writer.narrative(kind, row, context, rng), row, context))
    return written


def test_true_narratives_are_released(shop_checker: ClaimChecker, narratives: list[tuple[str, int, Context]]) -> None:
    counts = count_claims(shop_checker, narratives)
    assert counts["narratives"] == len(narratives)
    assert counts["claims"] > 3 * len(narratives)
    assert counts["true_before"] >= 0.995
    assert counts["true_after"] == 1.0
    assert counts["dropped_sentences"] <= 0.01
    assert counts["fact_claims"] + counts["text_claims"] == counts["claims"]


@pytest.mark.parametrize("kind", PLANTERS)
def test_planted_errors_are_caught(
    kind: str, shop: Catalog, shop_checker: ClaimChecker, narratives: list[tuple[str, int, Context]]
) -> None:
    rng = random.Random(f"plant {kind}")
    missed, planted = [], 0
    for text, row, context in narratives:
        case = Case(rng.choice(sentences(text)), row, context)
        wrong = PLANTERS[kind](shop, case, rng)
        if wrong is not None:
            planted += 1
            if shop_checker.release(wrong.sentence, wrong.row, wrong.context):
                missed.append((wrong.sentence, facts_of(shop, row, context)["title"]))
    assert planted >= 40
    assert len(missed) <= 0.02 * planted, missed


def test_every_kind_of_claim_occurs(shop_checker: ClaimChecker, narratives: list[tuple[str, int, Context]]) -> None:
    kinds = Counter(
        c.kind for text, row, ctx in narratives for s in sentences(text) for c in shop_checker.check(s, row, ctx)
    )
    assert {"fact", "flag", "value", "brand", "number", "comparison", "compatible", "history", "wish"} <= kinds.keys()
