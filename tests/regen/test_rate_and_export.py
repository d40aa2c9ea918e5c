"""Judging texts beside the rules, and REGEN rows that the importer reads back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from regen.chat_server import ChatServer
from sklearn.metrics import cohen_kappa_score

from convrec.datasets import Dataset, read_dataset
from convrec.datasets.importing import import_dataset
from convrec.errors import DataError
from convrec.language.reader import Reader
from convrec.regen.answers_kept import KeptAnswers
from convrec.regen.backends import HttpBackend
from convrec.regen.export import export
from convrec.regen.gates import Gates
from convrec.regen.rate import Rating, rate, sample, summary


def test_a_rater_beside_the_rules(demo: Dataset, tmp_path: Path) -> None:
    server = ChatServer(
        lambda prompt: json.dumps({"faithful": "cheaper" not in prompt, "relevant": 4, "natural": 3}),
        lambda number, prompt: "prose" if number == 1 else "",
    )
    texts = sample(demo, 40, 0)
    kept = KeptAnswers(tmp_path / "answers.sqlite")
    backend = HttpBackend(server.url, "any", pause=0.01)
    gates = Gates(demo.catalog, Reader(demo.catalog))

    async def judge() -> list[Rating]:
        try:
            return [r for _ in range(2) for r in await rate(demo, texts, backend, gates, kept)]
        finally:
            await backend.close()
            kept.close()

    ratings = asyncio.run(judge())
    assert server.number == 40, "what was judged is not asked for again"
    assert len(ratings) == 2 * 39, "an answer without the rubric counts as none"
    assert all((r.relevant, r.natural) == (4, 3) for r in ratings)
    assert all(r.passes for r in ratings if r.kind != "critique"), "the grammar writes nothing that is not so"
    asked = "\n".join(body["messages"][-1]["content"] for body in server.bodies)
    assert "⟨" not in asked, "the rater reads what a person would read"


def test_agreement_is_cohens_kappa() -> None:
    said = [True, True, False, False, True, False, True, True]
    ruled = [True, False, False, True, True, False, True, True]
    ratings = [Rating("critique", a, b, 3, 4) for a, b in zip(said, ruled, strict=True)]
    figures = summary(ratings, 10)
    assert figures["all"]["kappa"] == pytest.approx(cohen_kappa_score(said, ruled))
    assert figures["all"]["agreement"] == 0.75
    assert figures["unrated"]["texts"] == 2


def test_nothing_to_rate_is_said(demo: Dataset) -> None:
    with pytest.raises(DataError, match="regen run"):
        sample(Dataset(demo.catalog, demo.interactions), 10, 0)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_exported_rows_can_be_imported(demo: Dataset, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"rows.{form}"
    assert export(demo, path, form) == len(demo.interactions)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="already exists"):
        export(demo, path, form)  # type: ignore[arg-type]
    if form == "parquet":
        return
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert not any("⟨" in str(row) for row in rows)
    chosen = sum(row["critique"] is not None for row in rows)
    assert chosen == len(demo.turns.filter(demo.turns["chosen"] & (demo.turns["kind"] == "critique")))
    columns = {"critique": "critique", "purchase_reason": "purchase_reason", "endorsement": "endorsement"}
    import_dataset(path, "regen", tmp_path / "back", columns=columns)
    back = read_dataset(tmp_path / "back")
    assert len(back.interactions) == len(demo.interactions)
    assert len(back.turns.filter(back.turns["kind"] == "critique")) == chosen
