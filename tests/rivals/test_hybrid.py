"""The hybrid: its picker learns histories and what was said, comes back from its folder, and writes nothing."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from small_model import backbone, round_trips, small_model
from torch.nn import functional as F

from convrec.conversation import Path as ConversationPath
from convrec.conversation import PathTurn
from convrec.datasets import Dataset
from convrec.errors import CatalogMismatch, ConfigError, ModelError
from convrec.evaluate.histories import evaluate_histories
from convrec.evaluate.language import picks, write_narratives
from convrec.evaluate.steering import questions
from convrec.generate.engine import Engine
from convrec.language.encoder import load_encoder
from convrec.language.reader import Reader
from convrec.model.losses import full_loss
from convrec.regen.annotate import annotate
from convrec.rivals.hybrid import ALIGNED, TEMPERATURE, Hybrid, Picker
from convrec.rivals.saved import load_hybrid, load_rival, rival_kind
from convrec.rivals.train import train_hybrid
from convrec.train.recipe import Recipe

RECIPE = {
    "layers": 1, "hidden": 32, "heads": 2, "dropout": 0.0, "residual_dropout": 0.0, "batch_symbols": 256,
    "validate_every": 5, "average": 0.9,
    "phases": [
        {"name": "histories", "epochs": 25, "learning_rate": 0.01, "examples": {"histories": 1}},
        {"name": "all", "epochs": 2, "learning_rate": 0.005, "select": "conversations",
         "examples": {"histories": 1, "conversations": 0.3}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return annotate(round_trips(), 0, hold_out=0.4)


@pytest.fixture(scope="module")
def folder(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hybrid") / "hybrid"
    recipe = Recipe.model_validate(RECIPE)
    return train_hybrid(dataset, out, recipe, load_encoder(), seed=1, report=lambda *_: None)


@pytest.fixture(scope="module")
def picker(folder: Path) -> Picker:
    return load_hybrid(folder)


def test_what_follows_what_is_learnt(picker: Picker, dataset: Dataset) -> None:
    figures = evaluate_histories(picker, dataset)
    assert figures["model"]["recall_at_1"] > 0.4, "chance is 1 / 17"


def test_what_was_said_is_heard(picker: Picker) -> None:
    said = [ConversationPath((1, 3), (PathTurn(text, reference=3),)) for text in ("something in red", "cheaper", "")]
    scores = picker.scores(said)
    assert scores.shape == (3, 24)
    assert np.abs(scores[0] - scores[1]).max() > 1e-3
    assert np.abs(scores[0] - scores[2]).max() > 1e-3


def test_an_item_is_its_id_and_its_text(picker: Picker) -> None:
    table = picker.model.table
    both = table.tokens()
    torch.testing.assert_close(table.tokens(torch.tensor([5, 2])), both[[5, 2]])
    torch.testing.assert_close(both, table.ids + table.from_text(table.content))
    assert not torch.equal(table.content[0], table.content[1])


def test_the_loss_holds_ids_to_their_texts() -> None:
    torch.manual_seed(0)
    hybrid = Hybrid(backbone("llama", 1), torch.randn(12, 8))
    head, first = hybrid.head(), hybrid.symbols.items
    hidden = torch.randn(3, 32)
    targets = torch.tensor([first + 4, first + 7, first + 4])
    ids, texts = hybrid.table.ids[[4, 7]], hybrid.table.from_text(hybrid.table.content[[4, 7]])
    cosines = F.cosine_similarity(ids[:, None], texts[None], dim=2)
    aligned = -torch.log_softmax(cosines / TEMPERATURE, dim=1).diagonal().mean()
    plain = full_loss(hidden, targets, torch.ones(3), head)
    torch.testing.assert_close(hybrid.loss(hidden, targets, torch.ones(3), head), plain + ALIGNED * aligned)


def test_the_model_writes_of_what_the_hybrid_picks(picker: Picker, dataset: Dataset) -> None:
    asked = questions(dataset, Reader(dataset.catalog))[:10]
    rows = picks(picker, asked, dataset.catalog)
    assert all(question.allowed(dataset.catalog)[row] for question, row in zip(asked, rows, strict=True))
    engine = Engine(*small_model(catalog=dataset.catalog))
    written = write_narratives(engine, asked, rows=rows)
    assert [row for _, row, _ in written] == rows
    assert rows != [row for _, row, _ in write_narratives(engine, asked)]


def test_words_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    phases = [{**RECIPE["phases"][0], "examples": {"replies": 1}}]  # type: ignore[index, dict-item]
    recipe = Recipe.model_validate({**RECIPE, "phases": phases})
    with pytest.raises(ConfigError, match="writes nothing"):
        train_hybrid(dataset, tmp_path / "hybrid", recipe, load_encoder(), seed=1, report=lambda *_: None)


def test_bad_folders_are_told_apart(folder: Path, tmp_path: Path) -> None:
    assert rival_kind(folder) == "hybrid"
    with pytest.raises(ModelError, match="not decoded by beams"):
        load_rival(folder)
    with pytest.raises(ModelError, match="holds no rival"):
        load_hybrid(tmp_path)
    for name, content, error, says in (
        ("picker.safetensors", "none", ModelError, "corrupt or cut short"),
        ("backbone/config.json", "{", ModelError, "corrupt or cut short"),
        ("config.json", '{"rival": "titles", "catalog_version": "9-x"}', CatalogMismatch, "trained over catalogue 9-x"),
    ):
        bad = tmp_path / "bad"
        shutil.rmtree(bad, ignore_errors=True)
        shutil.copytree(folder, bad)
        (bad / name).write_text(content)
        with pytest.raises(error, match=says):
            load_hybrid(bad)
