"""Recipes: those in the repository are sound, and what is wrong with another is said."""

from pathlib import Path

import pytest

from convrec.errors import ConfigError
from convrec.train.recipe import Recipe, read_recipe


def test_recipes_in_the_repository_are_sound_and_a_wrong_one_names_its_field(tmp_path: Path) -> None:
    for path in (Path(__file__).parents[2] / "runs" / "recipes").glob("**/*.yaml"):
        assert read_recipe(path).phases
    wrong = tmp_path / "r.yaml"
    wrong.write_text("phases: [{name: a, epochs: -1, learning_rate: 1.0, examples: {}}]")
    with pytest.raises(ConfigError, match=r"phases.0.epochs"):
        read_recipe(wrong)


def test_every_ablation_is_the_embedded_recipe_but_for_one_field() -> None:
    recipes = Path(__file__).parents[2] / "runs" / "recipes"
    whole = read_recipe(recipes / "shop.yaml").model_dump()
    changed = {}
    for path in (recipes / "ablations").glob("*.yaml"):
        own = read_recipe(path).model_dump()
        (changed[path.stem],) = [name for name in whole if own[name] != whole[name]]
    assert set(changed.values()) == {"fact_tokens", "hears", "item_vectors", "phases", "splice_facts"}


def test_a_recipe_on_another_takes_its_fields_and_names_a_base_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("{layers: 7, phases: [{name: a, epochs: 1, learning_rate: 1.0, examples: {}}]}")
    (tmp_path / "own.yaml").write_text("{base: base.yaml, hidden: 64}")
    assert (read_recipe(tmp_path / "own.yaml").layers, read_recipe(tmp_path / "own.yaml").hidden) == (7, 64)
    (tmp_path / "own.yaml").write_text("{base: other.yaml}")
    with pytest.raises(ConfigError, match=r"other\.yaml"):
        read_recipe(tmp_path / "own.yaml")


def test_a_gist_is_of_what_the_encoder_hears() -> None:
    phase = {"name": "all", "epochs": 1, "learning_rate": 0.01, "examples": {"histories": 1}}
    with pytest.raises(ValueError, match="gist needs hears: encoder"):
        Recipe.model_validate({"phases": [phase], "gist": True, "hears": "tokens"})
