"""The bench over tiny catalogues: every system answers, and its figures are those of the runs."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from small_model import HashEncoder, small_catalog
from typer.testing import CliRunner

from convrec.cli import app
from convrec.errors import ConfigError
from convrec.evaluate.decode import FORWARD, Cost, measure, plot, ratios
from convrec.evaluate.decode_systems import Shape, make_shape, random_codes, synthetic_titles, systems
from convrec.generate import engine
from convrec.model import index
from convrec.model.model import ConvrecModel

MODEL = Path(__file__).resolve().parents[2] / "data" / "model"
TITLES = [item.title for item in small_catalog().items]


@pytest.fixture(scope="module")
def shape() -> Shape:
    return make_shape("tiny", TITLES, MODEL)


@pytest.fixture(scope="module")
def costs(shape: Shape) -> list[Cost]:
    return list(measure(shape, TITLES, [25, 60], HashEncoder(), rounds=2, seconds=0, report=lambda _: None))


def test_every_system_is_measured_at_every_size(costs: list[Cost]) -> None:
    names = {cost.system for cost in costs}
    assert {FORWARD, "single token", "semantic ids, beam 20, loop", "titles, beam 10, generate"} <= names
    assert len(costs) == 2 * len(names)
    for cost in costs:
        assert cost.runs == 1, "of two rounds the first warms up"
        assert 0 < cost.prefill_ms <= cost.total_ms <= cost.total_p95_ms + 1e-9
        assert cost.read_mb > 0
    tokens = {cost.system: cost.tokens for cost in costs}
    assert tokens["single token"] == 1
    assert tokens["semantic ids, beam 10, loop"] == 4
    assert tokens["titles, beam 10, loop"] > 2


def test_ratios_are_of_one_size(costs: list[Cost]) -> None:
    found = ratios(costs, items=60)
    assert found["single token"] == 1
    assert found[FORWARD] < 1
    assert ratios(costs, items=61) == {}


def test_each_system_takes_as_many_forwards_as_an_item_has_tokens(shape: Shape) -> None:
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1

    with shape.forwards(count):
        for system in systems(shape, synthetic_titles(TITLES, 40, np.random.default_rng(0)), HashEncoder()):
            calls = 0
            system.run()
            assert calls == system.tokens, system.name


def test_random_codes_are_distinct() -> None:
    codes = random_codes(5000, np.random.default_rng(0))
    assert codes.shape == (5000, 4)
    assert len(np.unique(codes, axis=0)) == 5000
    assert codes.min() >= 0
    assert codes.max() < 256


def test_a_plot_names_every_system(costs: list[Cost], tmp_path: Path) -> None:
    plot(costs, tmp_path / "cost.svg")
    drawn = (tmp_path / "cost.svg").read_text()
    assert drawn.startswith("<?xml")
    for cost in costs:
        assert cost.system in drawn or re.sub("[^a-z]", "", cost.system) in drawn


def test_the_command_prints_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "decode.json"
    run = CliRunner().invoke(app, ["bench", "decode", "--items", "30", "--rounds", "1", "--out", str(out)])
    assert run.exit_code == 0, run.output
    assert "single token" in run.output
    assert {row["items"] for row in json.loads(out.read_text())} == {30}


@pytest.mark.parametrize("items", ["many", "0", ""])
def test_sizes_that_are_none_are_said(items: str) -> None:
    run = CliRunner().invoke(app, ["bench", "decode", "--items", items])
    assert run.exit_code == 1
    assert isinstance(run.exception, SystemExit | ConfigError)


def test_the_single_token_is_the_products_own_path(shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    embed = ConvrecModel.embed

    def spy(self: ConvrecModel, symbols: object, heard: object, head: object) -> object:
        seen.append(symbols)
        return embed(self, symbols, heard, head)  # type: ignore[arg-type]

    monkeypatch.setattr(ConvrecModel, "embed", spy)
    single = systems(shape, TITLES, HashEncoder())[0]
    (chosen,) = single.run()  # type: ignore[misc, attr-defined]
    assert len(chosen.rows) == 10
    assert seen[0].shape == (1, 21)  # ⟨history⟩ and 20 items


def test_it_is_served_from_an_index_where_there_would_be_one(shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned = systems(shape, TITLES, HashEncoder())[0]
    monkeypatch.setattr(index, "USED_FROM", len(TITLES))
    opened = systems(shape, TITLES, HashEncoder())[0]
    assert opened.read_mb != scanned.read_mb
    heads = []
    original = engine.best_items

    def spy(said: object, bought: object, head: object, *rest: object) -> object:
        heads.append(head)
        return original(said, bought, head, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "best_items", spy)
    (chosen,) = opened.run()  # type: ignore[misc, attr-defined]
    assert isinstance(heads[0], index.IndexedHead)
    assert len(chosen.rows) == 10
