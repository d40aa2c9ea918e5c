"""Trains a rival as single tokens are trained: the same loop, histories, backbone shape and recipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from convrec.datasets import Case, Dataset
from convrec.errors import ConfigError
from convrec.items.vectors import Encoder, content_vectors, standardise, statistics
from convrec.language.encoder import SentenceEncoder
from convrec.model.backbone import add_residual_dropout, small_backbone, train_tokenizer
from convrec.model.prompt import Renderer
from convrec.rivals.codes import semantic_codes
from convrec.rivals.hybrid import Hybrid
from convrec.rivals.rival import Kind, Rival, Tokens
from convrec.rivals.saved import save_hybrid, save_rival
from convrec.rivals.semantic import VOCABULARY, Semantic
from convrec.rivals.titles import END, Titles
from convrec.train.examples import windows
from convrec.train.material import Material, hearing, material
from convrec.train.recipe import Recipe
from convrec.train.run import same_run, train_phases
from convrec.train.trainer import Report, train_phase

VALIDATED = 300  # cases at most: each is a beam search
BEAMS = 20


def train_rival(
    dataset: Dataset, out: Path, recipe: Recipe, kind: Kind, encoder: Encoder, *, seed: int, report: Report
) -> Path:
    """Trains and writes the folder; a run that was stopped continues where its last checkpoint stands.

    Of the recipe: the backbone's shape, dropout, and its one phase of histories. Raises ConfigError for a recipe with
    other phases and where checkpoints of another run are in the way, ModelError for a catalogue that cannot be spelt.
    """
    first = recipe.phases[0]
    shares = first.examples.model_dump().values()
    if len(recipe.phases) != 1 or not 0 < first.examples.histories == sum(shares) or first.lora:
        raise ConfigError("a rival learns histories and nothing else: give a recipe of one phase of them, without LoRA")
    work = out.with_name(out.name + ".training")
    same_run(work, recipe, seed, kind, dataset)
    data = material(dataset, recipe)
    rival, tokenizer = _build(dataset, recipe, kind, encoder, seed)
    report("phase", {"number": 1, "of": 1})
    train_phase(
        rival, recipe.phases[0], recipe, number=0, seed=seed,
        make_examples=lambda rng: spelt(rival, data, recipe, rng),
        loss=lambda rival, examples: rival.loss(examples),
        validate=validator(data.validation, len(dataset.catalog)),
        checkpoint=work / "phase-0.safetensors",
        report=report,
    )  # fmt: skip
    save_rival(out, rival, tokenizer, dataset.catalog)
    return out


def train_hybrid(
    dataset: Dataset, out: Path, recipe: Recipe, encoder: SentenceEncoder, *, seed: int, report: Report
) -> Path:
    """As `train_rival`, of phases of histories and conversations: what the joint model learns, less the words.

    Raises ConfigError for a recipe with words or LoRA.
    """
    if any(phase.lora or phase.examples.narratives or phase.examples.replies for phase in recipe.phases):
        raise ConfigError("the hybrid's picker writes nothing: give a recipe of histories and conversations, no LoRA")
    work = out.with_name(out.name + ".training")
    same_run(work, recipe, seed, "hybrid", dataset)
    data = material(dataset, recipe)
    report("vectors", {"items": len(dataset.catalog)})
    content = content_vectors(dataset.catalog, encoder)
    torch.manual_seed(seed)
    backbone = small_backbone(recipe, 3)  # the few tokens that a backbone must have; nobody says them
    if recipe.residual_dropout:
        add_residual_dropout(backbone, recipe.residual_dropout)
    picker = Hybrid(backbone, torch.from_numpy(standardise(content, *statistics(content))), recipe.dropout)
    renderer = Renderer(dataset.catalog, picker.symbols, None, hearing(encoder, data), "encoder")
    train_phases(picker, renderer, data, recipe, work=work, seed=seed, report=report)
    save_hybrid(out, picker, dataset.catalog)
    return out


def spelt(rival: Rival, data: Material, recipe: Recipe, rng: np.random.Generator) -> list[Tokens]:
    """One epoch's histories, each at most as long as single tokens are shown."""
    return [rival.spell(windows(rows, rng, recipe.item_dropout)) for rows in data.histories]


def validator(cases: list[Case], n_items: int) -> Callable[[Rival], dict[str, float]]:
    """Recall@10 and NDCG@10 of the beams over what was not bought, on some of the cases; "score" is chosen by."""

    def validate(rival: Rival) -> dict[str, float]:
        rival.eval()
        gains = []
        for case in cases[:: max(1, len(cases) // VALIDATED)]:
            allowed = np.ones(n_items, dtype=bool)
            allowed[list(case.history)] = False
            rows = rival.recommend(case.history, allowed, 10, beams=BEAMS)
            gains.append(1 / np.log2(2 + rows.index(case.target)) if case.target in rows else 0.0)
        recall, ndcg = float(np.mean([gain > 0 for gain in gains])), float(np.mean(gains))
        return {"histories_recall_at_10": recall, "histories_ndcg_at_10": ndcg, "score": recall + ndcg}

    return validate


def _build(dataset: Dataset, recipe: Recipe, kind: Kind, encoder: Encoder, seed: int) -> tuple[Rival, Any]:
    """The untrained rival and its tokenizer; that of semantic ids says nothing and is there for completeness."""
    titles = [item.title for item in dataset.catalog.items]
    tokenizer = train_tokenizer([title + END for title in titles], recipe.vocabulary)
    torch.manual_seed(seed)
    backbone = small_backbone(recipe, VOCABULARY if kind == "semantic" else len(tokenizer))
    with torch.no_grad():
        for weight in backbone.parameters():
            if weight.ndim > 1:
                # Llama's 0.02 is for a width of thousands; at ours attention to codes four tokens back is never learnt.
                weight.normal_(std=recipe.hidden**-0.5)
    if recipe.residual_dropout:
        add_residual_dropout(backbone, recipe.residual_dropout)
    if kind == "titles":
        return Titles(backbone, tokenizer, titles, recipe.dropout), tokenizer
    vectors = encoder.vectors([dataset.catalog.text(row) for row in range(len(dataset.catalog))])
    return Semantic(backbone, semantic_codes(vectors, seed=seed), recipe.dropout), tokenizer
