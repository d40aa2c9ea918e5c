"""Rivals learn, stop and go on, come back from their folder, and say what is wrong with what they are given."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from small_model import HashEncoder, round_trips

from convrec.catalog import Catalog, Item
from convrec.datasets import Dataset
from convrec.errors import CatalogMismatch, ConfigError, ModelError
from convrec.evaluate.rivals import evaluate_rival
from convrec.rivals.rival import Kind
from convrec.rivals.saved import load_rival
from convrec.rivals.train import train_rival
from convrec.train.recipe import Recipe

RECIPE = {
    "layers": 2, "hidden": 64, "heads": 2, "vocabulary": 320, "dropout": 0.0, "residual_dropout": 0.0,
    "batch_symbols": 512, "validate_every": 12, "average": 0.9,
    "phases": [{"name": "histories", "epochs": 30, "learning_rate": 0.004, "examples": {"histories": 1}}],
}  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return round_trips()


def train(dataset: Dataset, out: Path, kind: Kind, **changes: object) -> Path:
    recipe = Recipe.model_validate({**RECIPE, **changes})
    return train_rival(dataset, out, recipe, kind, HashEncoder(), seed=1, report=lambda *_: None)


@pytest.mark.parametrize("kind", ["semantic", "titles"])
def test_what_follows_what_is_learnt(dataset: Dataset, tmp_path: Path, kind: Kind) -> None:
    rival, catalog = load_rival(train(dataset, tmp_path / "rival", kind))
    figures = evaluate_rival(rival, catalog, dataset, beams=10)
    assert figures["recall_at_1"] > 0.4, "chance is 1 / 17"
    history = dataset.sequences()["u3"][:5]
    allowed = np.ones(24, dtype=bool)
    allowed[history] = False
    rows = rival.recommend(history, allowed, 10, beams=10)
    assert not set(rows) & set(history)
    other = Dataset(dataset.catalog.extend([Item("new", "New pen")]), dataset.interactions)
    with pytest.raises(CatalogMismatch):
        evaluate_rival(rival, catalog, other, beams=10)


def test_a_stopped_run_goes_on_to_the_same_weights(dataset: Dataset, tmp_path: Path) -> None:
    phases = [{**RECIPE["phases"][0], "epochs": 4, "select": "none"}]  # type: ignore[index]
    whole, _ = load_rival(train(dataset, tmp_path / "whole", "semantic", phases=phases))

    class Stopped(Exception):
        pass

    def stop(event: str, figures: dict[str, float]) -> None:
        if event == "epoch" and figures["epoch"] == 3:
            raise Stopped

    recipe = Recipe.model_validate({**RECIPE, "phases": phases})
    with pytest.raises(Stopped):
        train_rival(dataset, tmp_path / "part", recipe, "semantic", HashEncoder(), seed=1, report=stop)
    assert not (tmp_path / "part").exists()
    part, _ = load_rival(train(dataset, tmp_path / "part", "semantic", phases=phases))
    for one, two in zip(whole.parameters(), part.parameters(), strict=True):
        np.testing.assert_array_equal(one.detach().numpy(), two.detach().numpy())


def test_a_recipe_with_words_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    phases = [*RECIPE["phases"], {**RECIPE["phases"][0], "examples": {"replies": 1}}]  # type: ignore[misc, index]
    besides = [{**RECIPE["phases"][0], "examples": {"histories": 1, "descriptions": 1}}]  # type: ignore[index]
    for refused in (phases, besides):
        with pytest.raises(ConfigError, match="one phase"):
            train(dataset, tmp_path / "rival", "titles", phases=refused)
    assert not (tmp_path / "rival").exists()


def test_bad_folders_are_told_apart(dataset: Dataset, tmp_path: Path) -> None:
    good = train(dataset, tmp_path / "rival", "semantic", phases=[{**RECIPE["phases"][0], "epochs": 1}])  # type: ignore[index]
    with pytest.raises(ModelError, match="holds no rival"):
        load_rival(tmp_path)
    for name, content, error in (
        ("codes.safetensors", "none", "missing or corrupt"),
        ("config.json", json.dumps({"rival": "semantic", "catalog_version": "9-x"}), "trained over catalogue 9-x"),
        ("config.json", "{", "holds no rival"),
    ):
        bad = tmp_path / "bad"
        shutil.rmtree(bad, ignore_errors=True)
        shutil.copytree(good, bad)
        (bad / name).write_text(content)
        with pytest.raises(ModelError, match=error):
            load_rival(bad)


def test_one_item_and_titles_that_are_alike(tmp_path: Path) -> None:
    import polars as pl

    from convrec.datasets.frames import INTERACTIONS
    from convrec.rivals.semantic import Semantic
    from convrec.rivals.titles import Titles

    def shop(titles: list[str]) -> Dataset:
        catalog = Catalog([Item(f"i{row}", title) for row, title in enumerate(titles)])
        rows = [(f"u{user}", f"i{step % len(titles)}", step, 5.0, "") for user in range(3) for step in range(4)]
        return Dataset(catalog, pl.DataFrame(rows, schema=INTERACTIONS, orient="row"))

    phases = [{**RECIPE["phases"][0], "epochs": 1, "select": "none"}]  # type: ignore[index]
    for name, titles in (("one", ["Pen"]), ("alike", ["Pen", "Pen", "Pen!"])):
        for kind, of in (("semantic", Semantic), ("titles", Titles)):
            rival, _ = load_rival(train(shop(titles), tmp_path / f"{name}-{kind}", kind, phases=phases))  # type: ignore[arg-type]
            assert isinstance(rival, of)
            rows = rival.recommend([0], np.ones(len(titles), dtype=bool), 10, beams=3)
            assert len(rows) == len(set(rows))
            assert set(rows) <= set(range(len(titles)))
            if kind == "semantic":
                assert len(rows) == len(titles)
