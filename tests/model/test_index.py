"""The index holds f(E) and nothing else, belongs to one table, and says so when it does not."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from small_model import a_head, small_catalog, small_model
from typer.testing import CliRunner

from convrec.cli import app
from convrec.datasets import Dataset, write_dataset
from convrec.errors import CatalogMismatch, ConfigError, DataError, ModelError
from convrec.generate.engine import Engine
from convrec.generate.request import Path as Asked
from convrec.generate.request import Request
from convrec.model import index, saved
from convrec.model.head import Head

ASKED = Request(Asked((1, 2, 3)), np.ones(30, dtype=bool), alternatives=9, narrate=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A saved model whose table is not at its start."""
    return save(tmp_path / "model", 0)


def save(folder: Path, seed: int) -> Path:
    model, renderer = small_model()
    torch.manual_seed(seed)
    torch.nn.init.normal_(model.table.free)
    symbols = model.symbols
    config = saved.SavedConfig(symbols.text, symbols.facts, "encoder", 16, 384, 0.25, renderer.catalog.version)
    statistics = (torch.zeros(model.table.content.shape[1]), 1.0)
    saved.save(folder, model, renderer.tokenizer, renderer.catalog, config, statistics, "card")
    return folder


def test_it_gives_back_the_vectors_it_was_built_from() -> None:
    head = a_head(4, [2, 0, 2, 5, 5, 5, 0], 6, 3)
    built = index.build(head)
    torch.testing.assert_close(built[torch.arange(7)], head.items.detach(), atol=1e-4, rtol=1e-4)
    assert built.clusters.tolist() == [0, 2, 5]
    assert built.rows.tolist() == [1, 6, 0, 2, 3, 4, 5]
    assert built.rows[built.places].tolist() == list(range(7))


def test_a_narrow_table_is_held_narrow() -> None:
    generator = torch.Generator().manual_seed(0)
    items = torch.randn(50, 3, generator=generator) @ torch.randn(3, 16, generator=generator) + 2
    head = Head(torch.zeros(1, 16), torch.zeros(3, 16), items, torch.arange(50) % 2, 1)
    built = index.build(head)
    assert built.coordinates.shape == (50, 3)
    torch.testing.assert_close(built[torch.arange(50)], items, atol=3e-4, rtol=1e-4)


def test_in_nine_directions_of_ten_no_member_lies_farther_out_than_the_index_says() -> None:
    generator = torch.Generator().manual_seed(1)
    head = a_head(4, [0, *[1] * 40, *[2] * 200], 8, 2)
    items = torch.randn(241, 8, generator=generator) ** 3  # far from normal
    built = index.build(Head(head.inputs.detach(), head.level1.detach(), items, head.cluster_of, 4))
    asked = head.level1[4:].detach()
    along = items @ (asked - asked.mean(0)).T
    assert built.reach[0] == 0, "one item is its own mean"
    for cluster, members in ((1, slice(1, 41)), (2, slice(41, None))):
        own = along[members]
        spread = (built.variance[cluster] @ ((asked - asked.mean(0)) @ built.basis).square().T).sqrt()
        farthest = ((own - own.mean(0)) / spread).amax(0)
        assert built.reach[cluster] == pytest.approx(float(farthest.quantile(0.9)), abs=1e-3)
        assert farthest.max() > 3


@pytest.mark.parametrize("items", [torch.zeros(5, 4), torch.ones(5, 4), torch.zeros(1, 4)])
def test_empty_and_equal_vectors_are_held_too(items: torch.Tensor) -> None:
    head = Head(torch.zeros(1, 4), torch.zeros(2, 4), items, torch.zeros(len(items), dtype=torch.int64), 1)
    torch.testing.assert_close(index.build(head)[torch.arange(len(items))], items)


def test_no_numbers_and_no_clusters_are_said() -> None:
    head = a_head(2, [0, 1, 1], 4, 0)
    with torch.no_grad():
        head.items[1, 2] = torch.nan
    with pytest.raises(ModelError, match="1 of 3 item vectors"):
        index.build(head)
    with pytest.raises(ConfigError, match="full head has none"):
        index.build(a_head(2, [0, 1, 1], 4, 0, "full"))


def test_an_engine_over_an_index_chooses_what_one_without_chooses(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    renderer = small_model()[1]
    whole = saved.load(folder)
    index.write(index.build(whole.model.head()), folder)
    with caplog.at_level(logging.INFO):
        assert saved.load(folder, indexed=True).index is None, "so few items are scanned"
    assert "left alone: 30 items" in caplog.text
    monkeypatch.setattr(saved, "USED_FROM", 30)
    mapped = saved.load(folder, indexed=True)
    assert mapped.index is not None
    assert not hasattr(mapped.model.table, "content")
    torch.testing.assert_close(mapped.model.table.tokens(), whole.model.table.tokens(), atol=1e-4, rtol=1e-4)
    (ours,) = Engine(mapped.model, renderer, mapped.index).generate([ASKED])
    (theirs,) = Engine(whole.model, renderer).generate([ASKED])
    assert ours.rows == theirs.rows  # type: ignore[union-attr]
    assert ours.scores == pytest.approx(theirs.scores, abs=1e-3)  # type: ignore[union-attr]


def test_the_index_of_another_table_is_refused(folder: Path, tmp_path: Path) -> None:
    path = index.write(index.build(saved.load(folder).model.head()), folder)
    other = save(tmp_path / "other", 1)
    (other / index.FILE).write_bytes(path.read_bytes())
    with pytest.raises(CatalogMismatch, match="another item table"):
        index.read(other)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ModelError, match="corrupt or cut short"):
        index.read(folder)


def test_the_index_of_another_version_is_refused(folder: Path) -> None:
    path = index.write(index.build(saved.load(folder).model.head()), folder)
    with safe_open(path, "pt") as file:
        held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        save_file(held, path, {"table": file.metadata()["table"]})
    with pytest.raises(ModelError, match="another version of Convrec; build it again"):
        index.read(folder)


def test_the_codes_say_what_members_have_of_their_own() -> None:
    """A few coordinates, of which the mean and the codes give back what the others would add little to."""
    generator = torch.Generator().manual_seed(2)
    labels = torch.randint(5, (300,), generator=generator)
    spread = torch.tensor([2.0, 1.0, 0.5, 0.25] + [0.01] * 12)
    items = torch.randn(5, 16, generator=generator)[labels] + spread * torch.randn(300, 16, generator=generator)
    built = index.build(Head(torch.zeros(1, 16), torch.randn(6, 16, generator=generator), items, labels, 1))
    m = len(built.step)
    assert 4 <= m < 16
    for c, begin in enumerate(built.blocks[:-1]):
        first, last = built.starts[c], built.starts[c + 1]
        block = built.codes[begin : built.blocks[c + 1]].reshape(m, -1)[:, : last - first].T
        told = built.mean[c, :m] + block * built.step
        held = (built.coordinates * built.grain[:, None])[first:last, :m]
        torch.testing.assert_close(told, held, atol=float(built.step.max()), rtol=0)


def test_what_cannot_be_written_leaves_nothing(folder: Path) -> None:
    built = index.build(saved.load(folder).model.head())
    before = sorted(folder.iterdir())
    (folder / index.FILE).mkdir()
    with pytest.raises(DataError, match="nothing was written"):
        index.write(built, folder)
    (folder / index.FILE).rmdir()
    assert sorted(folder.iterdir()) == before


def test_the_commands_build_and_check(folder: Path, tmp_path: Path, round_trips: Dataset) -> None:
    runner = CliRunner()
    missing = runner.invoke(app, ["index", "check", str(folder), "--dataset", str(tmp_path / "none")])
    assert missing.exit_code == 1
    assert runner.invoke(app, ["index", "build", str(folder)]).exit_code == 0
    write_dataset(round_trips, tmp_path / "data")
    checked = runner.invoke(app, ["index", "check", str(folder), "--dataset", str(tmp_path / "data"), "--count", "5"])
    assert checked.exit_code == 0, checked.output
    assert "recall at 10" in checked.output
    assert "the index is good as it is" in checked.output


@pytest.fixture
def round_trips() -> Dataset:
    from small_model import round_trips

    data = round_trips()
    return Dataset(small_catalog(), data.interactions)
