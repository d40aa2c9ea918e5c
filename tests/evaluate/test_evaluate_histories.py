"""Evaluation from histories: who is asked, what is counted, what is removed, and that row order says nothing."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import rankdata
from small_model import small_catalog, small_model

from convrec.catalog import Catalog, permuted
from convrec.datasets import Dataset
from convrec.errors import CatalogMismatch
from convrec.evaluate import histories
from convrec.evaluate.histories import compare_histories, evaluate_histories, popularity
from convrec.generate.engine import Engine
from convrec.train.examples import held_out_users


def test_only_held_out_users_are_asked_about_and_about_their_last_item(dataset: Dataset) -> None:
    cases = histories.test_cases(dataset)
    held = held_out_users(dataset)
    assert 0 < len(held) < 60
    assert sorted(case.user_id for case in cases) == sorted(held)
    sequences = dataset.sequences()
    for case in cases:
        assert [*case.history, case.target] == sequences[case.user_id]


def test_without_held_out_users_everyone_is_asked_about(bought: Dataset) -> None:
    assert len(histories.test_cases(bought)) == 60


def test_popularity_counts_no_held_out_user_and_nobodys_last_two_items(dataset: Dataset) -> None:
    held = held_out_users(dataset)
    before = popularity(dataset)
    assert before.sum() == sum(len(rows) - 2 for user, rows in dataset.sequences().items() if user not in held)

    def all_buy_the_first(users: pl.Expr) -> Dataset:
        item = pl.when(users).then(pl.lit(dataset.catalog[0].item_id)).otherwise(pl.col("item_id"))
        return replace(dataset, interactions=dataset.interactions.with_columns(item.alias("item_id")))

    is_held = pl.col("user_id").is_in(sorted(held))
    np.testing.assert_array_equal(popularity(all_buy_the_first(is_held)), before)
    assert popularity(all_buy_the_first(~is_held))[0] == before.sum()


def test_popularity_is_ranked_over_everything_but_what_was_bought(engine: Engine, dataset: Dataset) -> None:
    bought = popularity(dataset)
    ranks = []
    for case in histories.test_cases(dataset):
        left = [row for row in range(len(dataset.catalog)) if row not in case.history]
        ranks.append(rankdata(-bought[left])[left.index(case.target)])  # ties at their average rank
    figures = evaluate_histories(engine, dataset)
    assert figures["popularity"]["recall_at_10"] == pytest.approx(np.mean(np.array(ranks) <= 10))
    assert figures["popularity"]["mrr_at_1"] == pytest.approx(np.mean(np.array(ranks) == 1))
    assert figures.keys() == {"model", "popularity", "text similarity"}


def test_the_order_of_rows_says_nothing(engine: Engine, dataset: Dataset) -> None:
    other = replace(dataset, catalog=Catalog(permuted(dataset.catalog.items, 3)))
    before = evaluate_histories(engine, dataset)
    after = evaluate_histories(Engine(*small_model(catalog=other.catalog)), other)
    for rival in ("popularity", "text similarity"):
        assert after[rival] == pytest.approx(before[rival])


def test_a_model_over_another_catalogue_is_refused(dataset: Dataset) -> None:
    other = Engine(*small_model(catalog=small_catalog(20)))
    with pytest.raises(CatalogMismatch, match=dataset.catalog.version):
        evaluate_histories(other, dataset)


def test_a_model_is_no_worse_than_itself(engine: Engine, bought: Dataset) -> None:
    figures = compare_histories([engine], [engine], bought)
    model = evaluate_histories(engine, bought)["model"]
    for name in ("recall at 10", "ndcg at 10"):
        assert figures[name]["model"] == figures[name]["against"] == pytest.approx(model[name.replace(" ", "_")])
        assert (figures[name]["ratio"], figures[name]["ratio_low"], figures[name]["ratio_high"]) == (1, 1, 1)
        assert figures[name]["not_inferior"] == 1
        assert figures[name]["users"] == 60


def test_seeds_count_as_their_mean_and_ratios_as_those_of_the_means(
    engine: Engine, bought: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ranks are given: half the users have rank 1 or 11 with one seed of the first, all have rank 3 with the others."""
    half = np.where(np.arange(60) % 2, 1.0, 11.0)
    ranks = iter([half, np.full(60, 3.0), np.full(60, 3.0)])
    monkeypatch.setattr(histories, "expected_ranks", lambda *_: next(ranks))
    figures = compare_histories([engine, engine], [engine], bought)
    assert figures["recall at 10"]["model"] == pytest.approx(0.75)
    assert figures["recall at 10"]["against"] == 1
    assert figures["recall at 10"]["ratio"] == pytest.approx(0.75)
    assert figures["recall at 10"]["not_inferior"] == 0
    assert figures["ndcg at 10"]["model"] == pytest.approx(0.5)
    assert figures["ndcg at 10"]["ratio"] == pytest.approx(1)
    low, high = figures["ndcg at 10"]["ratio_low"], figures["ndcg at 10"]["ratio_high"]
    # a user counts 1/4 or 3/4 against 1/2: the spread of the mean of 60 such is 1/4 ÷ √60
    assert (low, high) == pytest.approx((1 - 1.96 * 0.5 / 60**0.5, 1 + 1.96 * 0.5 / 60**0.5), abs=0.03)


def test_a_comparison_over_another_catalogue_is_refused(engine: Engine, dataset: Dataset) -> None:
    with pytest.raises(CatalogMismatch, match=dataset.catalog.version):
        compare_histories([engine], [Engine(*small_model(catalog=small_catalog(20)))], dataset)
