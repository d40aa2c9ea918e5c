"""Training: what is learnt, what is not looked at, and a stopped run that goes on to the same result."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from small_model import round_trips, small_catalog

from convrec.conversation import Path as ConversationPath
from convrec.conversation import PathTurn
from convrec.datasets import Dataset
from convrec.datasets.frames import INTERACTIONS
from convrec.errors import CatalogMismatch, ConfigError, ModelError
from convrec.generate import load_engine
from convrec.generate.request import Chosen, Request, Sampling, Token
from convrec.model.ranking import score_paths
from convrec.model.saved import load
from convrec.regen.annotate import annotate
from convrec.train.recipe import Recipe
from convrec.train.run import train

RECIPE = {
    "layers": 1, "hidden": 32, "heads": 2, "vocabulary": 400, "width": 16, "dropout": 0.0, "residual_dropout": 0.1,
    "batch_symbols": 128, "validate_every": 5,
    "phases": [
        {"name": "histories", "epochs": 30, "learning_rate": 0.01, "examples": {"histories": 1}},
        {"name": "all", "epochs": 1, "learning_rate": 0.005, "lora": 4, "select": "conversations",
         "examples": {"histories": 1, "narratives": 0.2, "conversations": 0.15, "replies": 0.1}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return annotate(round_trips(), 0, hold_out=0.4)


def silent(event: str, figures: dict[str, float]) -> None:
    """A report to nobody."""


@pytest.fixture(scope="module")
def trained(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "model"
    return train(dataset, out, Recipe.model_validate(RECIPE), seed=1, backbone=None, report=silent)


def test_what_follows_what_is_learnt(trained: Path, dataset: Dataset) -> None:
    engine = load_engine(trained)
    paths = [ConversationPath(tuple((start + 2 * i) % 24 for i in range(5))) for start in range(24)]
    scores = score_paths(engine.model, engine.renderer, paths)
    top = np.argsort(-scores, axis=1)[:, :3]
    hits = np.mean([(start + 10) % 24 in top[start] for start in range(24)])
    assert hits > 0.6, "chance is 3 / 24"


def test_a_phase_that_only_harms_leaves_what_it_started_from(dataset: Dataset, tmp_path: Path) -> None:
    first = {"name": "histories", "epochs": 20, "learning_rate": 0.01, "examples": {"histories": 1}}
    harm = {**first, "name": "harm", "epochs": 1, "learning_rate": 50.0}
    paths = [ConversationPath((row, (row + 2) % 24)) for row in range(24)]
    scores = []
    for name, phases in (("one", [first]), ("both", [first, harm])):
        recipe = Recipe.model_validate({**RECIPE, "validate_every": 1, "phases": phases})
        engine = load_engine(train(dataset, tmp_path / name, recipe, seed=1, backbone=None, report=silent))
        scores.append(score_paths(engine.model, engine.renderer, paths))
    np.testing.assert_array_equal(scores[0], scores[1])


def test_a_phase_without_the_table_leaves_it_as_it_is(dataset: Dataset, tmp_path: Path) -> None:
    first = {"name": "histories", "epochs": 2, "learning_rate": 0.01, "examples": {"histories": 1}, "select": "none"}
    words = {**first, "name": "words", "examples": {"histories": 1, "replies": 0.1}, "table": False}
    models = []
    for name, phases in (("one", [first]), ("both", [first, words])):
        recipe = Recipe.model_validate({**RECIPE, "phases": phases})
        models.append(load(train(dataset, tmp_path / name, recipe, seed=1, backbone=None, report=silent)).model)
    before, after = (model.table.state_dict() for model in models)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not torch.equal(models[0].marks.weight, models[1].marks.weight)


def test_a_stopped_run_goes_on_to_the_same_result(trained: Path, dataset: Dataset, tmp_path: Path) -> None:
    out, epochs = tmp_path / "model", 0

    def stop_after_three(event: str, figures: dict[str, float]) -> None:
        nonlocal epochs
        epochs += event == "epoch"
        if epochs == 3 and event == "step":
            raise KeyboardInterrupt

    recipe = Recipe.model_validate(RECIPE)
    with pytest.raises(KeyboardInterrupt):
        train(dataset, out, recipe, seed=1, backbone=None, report=stop_after_three)
    assert not out.exists()
    train(dataset, out, recipe, seed=1, backbone=None, report=silent)
    ours, theirs = load(out).model.state_dict(), load(trained).model.state_dict()
    for name, tensor in theirs.items():
        torch.testing.assert_close(ours[name], tensor, msg=name)


def test_a_run_begun_before_a_field_of_recipes_came_is_the_same_run(
    trained: Path, dataset: Dataset, tmp_path: Path
) -> None:
    work = tmp_path / "model.training"
    shutil.copytree(trained.with_name("model.training"), work)
    record = json.loads((work / "run.json").read_text())
    for name in ("head", "clusters", "cluster_by", "negatives", "negatives_by"):
        del record["recipe"][name]
    (work / "run.json").write_text(json.dumps(record))
    out = train(dataset, tmp_path / "model", Recipe.model_validate(RECIPE), seed=1, backbone=None, report=silent)
    assert (out / "config.json").read_text() == (trained / "config.json").read_text()
    other = Recipe.model_validate({**RECIPE, "head": "full"})
    with pytest.raises(ConfigError, match="another run"):
        train(dataset, tmp_path / "model", other, seed=1, backbone=None, report=silent)


@pytest.mark.parametrize(
    ("head", "clusters"),
    [
        ({"head": "full"}, {"clusters": "frequency"}),
        (
            {"head": "sampled", "negatives": 12, "negatives_by": "popularity"},
            {"clusters": "spectral", "cluster_by": "both"},
        ),
        ({}, {"clusters": "balanced", "cluster_by": "content"}),
    ],
)
def test_every_head_learns_and_is_served_as_it_was_trained(
    dataset: Dataset, tmp_path: Path, head: dict[str, object], clusters: dict[str, object]
) -> None:
    recipe = Recipe.model_validate({**RECIPE, **head, **clusters, "phases": RECIPE["phases"][:1]})  # type: ignore[index]
    out = train(dataset, tmp_path / "model", recipe, seed=1, backbone=None, report=silent)
    saved = load(out)
    assert (saved.config.head, saved.config.clusters) == (recipe.head, recipe.clusters)
    assert saved.model.kind == recipe.head
    engine = load_engine(out)
    paths = [ConversationPath(tuple((start + 2 * i) % 24 for i in range(5))) for start in range(24)]
    scores = score_paths(engine.model, engine.renderer, paths)
    top = np.argsort(-scores, axis=1)[:, :3]
    assert np.mean([(start + 10) % 24 in top[start] for start in range(24)]) > 0.5, "chance is 3 / 24"
    assert (np.exp(scores).sum(1) <= 1 + 1e-4).all(), "words and marks have the rest"
    assert (np.exp(scores).sum(1) > 0.5).all(), "a history goes on with an item"
    (chosen,) = engine.generate([Request(paths[0], engine.catalog.mask(), narrate=False)])
    assert isinstance(chosen, Chosen)
    assert chosen.rows[0] == int(scores[0].argmax())
    assert np.diff(chosen.scores) == pytest.approx(np.diff(scores[0][list(chosen.rows)]), abs=1e-3)


def test_another_head_and_other_clusters_go_on_from_a_model_of_the_same_items(
    trained: Path, dataset: Dataset, tmp_path: Path
) -> None:
    before = load(trained).model
    short = {**RECIPE, "phases": [{**RECIPE["phases"][0], "epochs": 1, "learning_rate": 1e-9, "select": "none"}]}  # type: ignore[index, dict-item]
    plain = Recipe.model_validate(short)
    same = load(train(dataset, tmp_path / "same", plain, seed=7, backbone=str(trained), report=silent)).model
    assert torch.equal(same.table.cluster_of, before.table.cluster_of), "of the model's own seed"
    torch.testing.assert_close(same.table.clusters, before.table.clusters, atol=1e-3, rtol=1e-3)
    asked = Recipe.model_validate({**short, "clusters": "frequency", "head": "full"})
    out = train(dataset, tmp_path / "other", asked, seed=7, backbone=str(trained), report=silent)
    other = load(out).model
    assert not torch.equal(other.table.cluster_of, before.table.cluster_of)
    torch.testing.assert_close(other.table.free, before.table.free, atol=1e-3, rtol=1e-3)
    asked = Recipe.model_validate({**short, "clusters": "frequency"})
    back = load(train(dataset, tmp_path / "back", asked, seed=7, backbone=str(out), report=silent)).model
    means = torch.stack([back.table.vectors()[back.table.cluster_of == c].mean(0) for c in range(5)])
    # The full head never trained its clusters, so they start anew.
    torch.testing.assert_close(back.table.clusters, means, atol=1e-2, rtol=1e-2)


def test_a_phase_without_an_adapter_trains_the_whole_backbone_of_the_model_it_starts_from(
    trained: Path, dataset: Dataset, tmp_path: Path
) -> None:
    """Merging the adapter of the model to start from had left the backbone frozen."""
    far = {**RECIPE["phases"][0], "epochs": 1, "learning_rate": 0.5, "select": "none"}  # type: ignore[index, dict-item]
    recipe = Recipe.model_validate({**RECIPE, "phases": [far]})
    further = load(train(dataset, tmp_path / "further", recipe, seed=1, backbone=str(trained), report=silent)).model
    before = dict(load(trained).model.backbone.named_parameters())
    matrices = [(name, weight) for name, weight in further.backbone.named_parameters() if "proj" in name]
    assert matrices
    still = [name for name, weight in matrices if torch.allclose(weight, before[name], atol=2e-3)]  # but for rounding
    assert not still


def test_checkpoints_of_another_run_are_not_continued(dataset: Dataset, trained: Path) -> None:
    with pytest.raises(ConfigError, match="another run"):
        train(dataset, trained, Recipe.model_validate(RECIPE), seed=2, backbone=None, report=silent)


def test_a_corrupt_checkpoint_is_named(dataset: Dataset, tmp_path: Path) -> None:
    work = tmp_path / "model.training"
    work.mkdir()
    (work / "phase-0.safetensors").write_bytes(b"not a checkpoint at all")
    with pytest.raises(ModelError, match="phase-0"):
        train(dataset, tmp_path / "model", Recipe.model_validate(RECIPE), seed=1, backbone=None, report=silent)


def round_trips_of(items: int) -> Dataset:
    catalog = small_catalog(items)
    rows = [(f"u{u}", catalog[(u + s) % items].item_id, s, 5.0, "") for u in range(20) for s in range(6)]
    return Dataset(catalog, pl.DataFrame(rows, schema=INTERACTIONS, orient="row"))


def test_another_catalogue_starts_from_the_language_of_a_model(trained: Path, tmp_path: Path) -> None:
    other = annotate(round_trips_of(16), 0, hold_out=0.0)
    recipe = Recipe.model_validate({**RECIPE, "phases": [{**RECIPE["phases"][0], "epochs": 1, "select": "none"}]})  # type: ignore[index, dict-item]
    out = train(other, tmp_path / "other", recipe, seed=0, backbone=str(trained), report=silent)
    engine = load_engine(out)
    request = Request(ConversationPath((1,), (PathTurn("in blue"),)), engine.catalog.mask(), narrate=False)
    (chosen,) = engine.generate([request])
    assert isinstance(chosen, Chosen)
    assert len(engine.catalog) == 16


def test_saved_folders_have_small_shards_and_a_card_and_no_pickle(trained: Path) -> None:
    files = [path for path in trained.rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) <= 9_000_000
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".parquet", ".md"}
    assert "adapter" in {path.parent.name for path in files}
    assert "recall at 10" in (trained / "README.md").read_text()


def copied(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


@pytest.mark.parametrize(
    "name", ["config.json", "items.safetensors", "backbone/model.safetensors", "catalog/items.parquet"]
)
def test_truncated_files_are_one_clear_error(trained: Path, tmp_path: Path, name: str) -> None:
    from convrec.errors import ConvrecError

    folder = copied(trained, tmp_path / "copy")
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ConvrecError) as error:
        load(folder)
    assert str(folder) in str(error.value)


def test_a_folder_without_a_head_has_two_levels_and_an_unknown_head_is_named(trained: Path, tmp_path: Path) -> None:
    folder = copied(trained, tmp_path / "copy")
    config = json.loads((folder / "config.json").read_text())
    for name in ("head", "clusters", "cluster_by"):
        del config[name]
    (folder / "config.json").write_text(json.dumps(config))
    old = load(folder)
    assert old.model.kind == "two-level"
    assert old.config == load(trained).config
    (folder / "config.json").write_text(json.dumps({**config, "head": "three-level"}))
    with pytest.raises(ModelError, match="unknown head 'three-level'"):
        load(folder)


def test_a_table_of_another_catalogue_is_refused(trained: Path, tmp_path: Path) -> None:
    from convrec.datasets.frames import items_frame

    folder = copied(trained, tmp_path / "copy")
    items_frame(small_catalog(20)).write_parquet(folder / "catalog" / "items.parquet")
    with pytest.raises(CatalogMismatch, match="trained over catalogue"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "says"),
    [("nowhere/at/all", "no model folder"), (".", "config.json"), ("/etc/hostname", "no model folder")],
)
def test_no_model_is_said_plainly(name: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=says):
        load(name)


def test_an_unknown_backbone_is_one_clear_error(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="no usable backbone"):
        train(dataset, tmp_path / "m", Recipe.model_validate(RECIPE), seed=0, backbone="./nothing", report=silent)


@pytest.mark.parametrize("ablation", [{"hears": "nothing"}, {"splice_facts": False}, {"fact_tokens": False}])
def test_what_was_trained_with_a_switch_is_served_with_it(
    dataset: Dataset, tmp_path: Path, ablation: dict[str, object]
) -> None:
    phases = [{**RECIPE["phases"][1], "examples": {"replies": 0.05}}]  # type: ignore[index, dict-item]
    recipe = Recipe.model_validate({**RECIPE, "phases": phases, **ablation})
    engine = load_engine(train(dataset, tmp_path / "model", recipe, seed=1, backbone=None, report=silent))
    (name, value), renderer = *ablation.items(), engine.renderer
    assert getattr(renderer, name) == value
    said = [ConversationPath((1, 3), (PathTurn(text, reference=3),)) for text in ("something in red", "cheaper")]
    scores = engine.scores(said)
    assert np.array_equal(scores[0], scores[1]) == (name == "hears"), "only who hears can tell them apart"
    asked = [Request(said[0], engine.catalog.mask(), sampling=Sampling(2.0, 200, seed)) for seed in range(8)]
    events = list(engine.generate(asked))
    facts = [event for event in events if isinstance(event, Token) and event.is_fact]
    assert bool(facts) == (name != "fact_tokens"), "at this temperature nearly everything allowed is said"


@pytest.mark.parametrize("vectors", ["content", "collaborative"])
def test_item_vectors_start_from_what_the_recipe_says_alone(dataset: Dataset, tmp_path: Path, vectors: str) -> None:
    phases = [{**RECIPE["phases"][0], "epochs": 2}]  # type: ignore[index, dict-item]
    recipe = Recipe.model_validate({**RECIPE, "phases": phases, "item_vectors": vectors})
    out = train(dataset, tmp_path / "model", recipe, seed=1, backbone=None, report=silent)
    table = load(out).model.table
    assert table.content.any() == (vectors == "content")
    assert table.collaborative.any() == table.free.any() == (vectors == "collaborative")
    if vectors == "content":
        alone = table.from_content(table.content) + table.from_collaborative.bias
        torch.testing.assert_close(table.vectors(), alone)
    both = Recipe.model_validate({**RECIPE, "phases": phases})
    with pytest.raises(ConfigError, match=f"item vectors from {vectors}"):
        train(dataset, tmp_path / "both", both, seed=1, backbone=str(out), report=silent)


def test_a_gist_is_learnt_served_gone_on_with_and_taken_to_another_catalogue(dataset: Dataset, tmp_path: Path) -> None:
    phases = [{**RECIPE["phases"][0], "epochs": 1, "examples": {"histories": 1, "descriptions": 1}}]  # type: ignore[index, dict-item]
    recipe = Recipe.model_validate({**RECIPE, "phases": phases, "gist": True})
    out = train(dataset, tmp_path / "model", recipe, seed=1, backbone=None, report=silent)
    gist = load(out).model.gist
    assert gist is not None
    assert gist.project.weight.any()
    assert gist.weigh.weight.any()
    still = Recipe.model_validate({**RECIPE, "gist": True, "phases": [{**phases[0], "learning_rate": 1e-9}]})
    after = load(train(dataset, tmp_path / "on", still, seed=1, backbone=str(out), report=silent)).model.gist
    assert after is not None
    torch.testing.assert_close(after.project.weight, gist.project.weight, atol=1e-3, rtol=1e-3)
    other = annotate(round_trips_of(16), 0, hold_out=0.0)
    there = load(train(other, tmp_path / "other", still, seed=1, backbone=str(out), report=silent)).model.gist
    assert there is not None
    torch.testing.assert_close(there.project.weight, gist.project.weight, atol=1e-3, rtol=1e-3)
    without = Recipe.model_validate({**RECIPE, "phases": [{**phases[0], "learning_rate": 1e-9}]})
    with pytest.raises(ConfigError, match="gist: true"):
        train(dataset, tmp_path / "without", without, seed=1, backbone=str(out), report=silent)
    plain = train(dataset, tmp_path / "plain", without, seed=1, backbone=None, report=silent)
    begun = load(train(dataset, tmp_path / "begun", still, seed=1, backbone=str(plain), report=silent)).model.gist
    assert begun is not None
    assert begun.project.weight.abs().max() < 1e-3
