"""From a dataset folder to a model folder: vectors, backbone, the phases of a recipe, the card."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convrec.conversation import Path as ConversationPath
from convrec.datasets import Dataset
from convrec.errors import ConfigError, ModelError
from convrec.items.clusters import cluster, vectors_to_cluster
from convrec.items.vectors import TEXT_WIDTH, collaborative_vectors, content_vectors, standardise, statistics
from convrec.language.encoder import load_encoder
from convrec.language.facts import fact_vocabulary
from convrec.model.backbone import add_residual_dropout, load_backbone, small_backbone, train_tokenizer
from convrec.model.losses import Negatives, popularity_chances
from convrec.model.model import ConvrecModel
from convrec.model.phrases import FILE as PHRASES
from convrec.model.prompt import Renderer
from convrec.model.ranking import expected_ranks, score_paths
from convrec.model.saved import Saved, SavedConfig, load, save
from convrec.model.symbols import Symbols
from convrec.model.tables import ItemTable
from convrec.train.card import model_card
from convrec.train.examples import (
    Example,
    conversation,
    description,
    narrative,
    sequence,
    windows,
)
from convrec.train.material import Material, hearing, material, phrases, prose
from convrec.train.recipe import Part, Phase, Recipe
from convrec.train.trainer import Report, batch_loss, train_phase

Floats = NDArray[np.float32]


def train(
    dataset: Dataset, out: Path, recipe: Recipe, *, seed: int, backbone: str | None, report: Report, folder: str = ""
) -> Path:
    """Trains and writes the model folder; a run that was stopped continues where its last checkpoint stands.

    `backbone`: None trains our own small one; else a hub id or folder of a transformers causal LM, or a Convrec model
    folder: over the same catalogue training goes on from all of it, over another its language is kept. `folder` is
    where the dataset lies, so that its shoppers can chat with the model where nobody names another. Raises ConfigError
    where checkpoints of another run are in the way, DataError or ModelError for bad input.
    """
    work = out.with_name(out.name + ".training")
    same_run(work, recipe, seed, backbone, dataset)
    encoder = load_encoder()
    data = material(dataset, recipe)
    report("vectors", {"items": len(dataset.catalog)})
    content = content_vectors(dataset.catalog, encoder)
    mean, scale = statistics(content)
    collaborative = collaborative_vectors(data.histories, len(dataset.catalog), seed=seed)
    collaborative = standardise(collaborative, *statistics(collaborative))
    content = standardise(content, mean, scale)
    if recipe.item_vectors == "content":
        collaborative = np.zeros_like(collaborative)
    elif recipe.item_vectors == "collaborative":
        content = np.zeros_like(content)
    torch.manual_seed(seed)
    model, tokenizer, source = _build(dataset, data, recipe, backbone, content, collaborative, seed)
    renderer = Renderer(
        dataset.catalog, model.symbols, tokenizer, hearing(encoder, data), recipe.hears,
        splice_facts=recipe.splice_facts, fact_tokens=recipe.fact_tokens,
    )  # fmt: skip
    negatives = _negatives(recipe, _purchases(data, len(dataset.catalog)))
    figures = train_phases(model, renderer, data, recipe, work=work, seed=seed, report=report, negatives=negatives)
    config = SavedConfig(
        text_symbols=model.symbols.text,
        facts=model.symbols.facts,
        hears=recipe.hears,
        gist=recipe.gist,
        width=recipe.width,
        heard_width=TEXT_WIDTH,
        part_dropout=recipe.part_dropout,
        catalog_version=dataset.catalog.version,
        dataset=folder,
        backbone=source,
        head=recipe.head,
        clusters=recipe.clusters,
        cluster_by=recipe.cluster_by,
        splice_facts=recipe.splice_facts,
        fact_tokens=recipe.fact_tokens,
        item_vectors=recipe.item_vectors,
    )
    card = model_card(dataset, recipe, seed, backbone, figures)
    learnt = backbone is None or (Path(backbone) / PHRASES).is_file()  # its language from such texts
    said = phrases(data, renderer) if learnt and recipe.fact_tokens else None
    save(out, model, tokenizer, dataset.catalog, config, (torch.from_numpy(mean), scale), card, said)
    return out


def train_phases(
    model: ConvrecModel,
    renderer: Renderer,
    data: Material,
    recipe: Recipe,
    *,
    work: Path,
    seed: int,
    report: Report,
    negatives: Negatives | None = None,
) -> list[tuple[Phase, list[dict[str, float]]]]:
    """Trains `model` through every phase, with checkpoints in `work`; returns what each validated."""
    figures: list[tuple[Phase, list[dict[str, float]]]] = []
    for number, phase in enumerate(recipe.phases):
        torch.manual_seed(seed * 1_000_003 + number)  # an adapter starts alike in a run that was stopped
        if phase.lora:
            _add_lora(model, phase.lora)
        model.table.requires_grad_(phase.table)
        report("phase", {"number": number + 1, "of": len(recipe.phases)})
        history = train_phase(
            model, phase, recipe, number=number, seed=seed,
            make_examples=lambda rng, part=phase.examples: make_examples(renderer, data, part, recipe, rng),  # type: ignore[misc]
            loss=partial(batch_loss, phase=phase, negatives=negatives),
            validate=validator(renderer, data, phase),
            checkpoint=work / f"phase-{number}.safetensors",
            report=report,
        )  # fmt: skip
        figures.append((phase, history))
    return figures


def make_examples(
    renderer: Renderer, data: Material, part: Part, recipe: Recipe, rng: np.random.Generator
) -> list[Example]:
    """One epoch's examples in the shares of `part`, with messages and readings dropped at the recipe's rates."""
    found = [
        sequence(renderer, windows(data.histories[i], rng, recipe.item_dropout))
        for i in _draw(len(data.histories), part.histories, rng)
    ]
    found += [narrative(renderer, *data.narratives[i]) for i in _draw(len(data.narratives), part.narratives, rng)]
    found += [
        description(renderer, *data.descriptions[i]) for i in _draw(len(data.descriptions), part.descriptions, rng)
    ]
    for share, words in ((part.conversations, False), (part.replies, True)):
        for i in _draw(len(data.dialogues), share, rng):
            heard = rng.random() >= recipe.message_dropout
            read = heard and rng.random() >= recipe.reading_dropout
            found.append(conversation(renderer, data.dialogues[i], heard=heard, read=read, words=words))
    return found


def validator(renderer: Renderer, data: Material, phase: Phase) -> Callable[[ConvrecModel], dict[str, float]]:
    """Recall@10 and NDCG@10 over the whole catalogue less what was bought or refused; "score" is chosen by."""
    cases = [(ConversationPath(c.history), c.target, c.history) for c in data.validation]
    said = [(d.path, d.target, d.path.history + d.refused) for d in data.validation_dialogues]
    asked = {"histories": cases} if phase.select == "histories" else {"histories": cases, "conversations": said}

    def validate(model: ConvrecModel) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name, questions in asked.items():
            scores = score_paths(model, renderer, [path for path, _, _ in questions])
            allowed = np.ones_like(scores, dtype=bool)
            for i, (_, _, gone) in enumerate(questions):
                allowed[i, list(gone)] = False
            ranks = expected_ranks(scores, [target for _, target, _ in questions], allowed)
            figures[f"{name}_recall_at_10"] = float((ranks <= 10).mean())
            figures[f"{name}_ndcg_at_10"] = float(np.where(ranks <= 10, 1 / np.log2(ranks + 1), 0).mean())
        chosen = "histories" if phase.select == "histories" else "conversations"
        figures["score"] = figures[f"{chosen}_recall_at_10"] + figures[f"{chosen}_ndcg_at_10"]
        return figures

    return validate


def _build(
    dataset: Dataset,
    data: Material,
    recipe: Recipe,
    backbone: str | None,
    content: Floats,
    collaborative: Floats,
    seed: int,
) -> tuple[ConvrecModel, Any, str]:
    """The untrained model, its tokenizer, and the hub id it starts from ("": the folder must carry the weights)."""
    known: Saved | None = None
    source = ""
    if backbone is None:
        tokenizer = train_tokenizer(prose(data, dataset.catalog, recipe.fact_tokens), recipe.vocabulary)
        causal = small_backbone(recipe, len(tokenizer))
    elif (Path(backbone) / "config.json").is_file() and "text_symbols" in (Path(backbone) / "config.json").read_text():
        known = load(backbone)
        causal, tokenizer = known.model.backbone, known.tokenizer
        causal.requires_grad_(True)  # merging an adapter leaves it frozen
    else:
        causal, tokenizer = load_backbone(backbone)
        source = "" if Path(backbone).exists() else backbone
        if source and any(not phase.lora for phase in recipe.phases):
            raise ConfigError(
                f"a model that starts from the hub id {backbone} saves its adapter only: give every phase of the "
                "recipe a lora rank, or start from a downloaded folder to train the backbone in full"
            )
    if recipe.residual_dropout and hasattr(causal.base_model, "layers"):
        add_residual_dropout(causal, recipe.residual_dropout)
    table = ItemTable(
        torch.from_numpy(content),
        torch.from_numpy(collaborative),
        torch.from_numpy(
            cluster(
                vectors_to_cluster(content, collaborative, recipe.cluster_by),
                seed=seed,
                count=recipe.n_clusters,
                how=recipe.clusters,
                popularity=_purchases(data, len(dataset.catalog)),
            )
        ),
        width=recipe.width,
        hidden=causal.get_input_embeddings().weight.shape[1],
        part_dropout=recipe.part_dropout,
        free=recipe.item_vectors != "content",
    )
    symbols = Symbols(len(tokenizer), fact_vocabulary(dataset.catalog))
    model = ConvrecModel(
        causal, symbols, table, heard_width=TEXT_WIDTH, dropout=recipe.dropout, kind=recipe.head, gist=recipe.gist
    )
    if known is not None and known.catalog.version == dataset.catalog.version:
        _go_on(model, known, recipe)
    elif known is not None:
        _inherit(model, known.model)
    return model, tokenizer, source


def _go_on(model: ConvrecModel, known: Saved, recipe: Recipe) -> None:
    """The same items: training goes on from everything, but for clusters that are made in another way or number now, or
    that the known model never trained; those start as the means of the items as they are.
    """
    state, before = known.model.state_dict(), known.config
    if before.item_vectors != recipe.item_vectors:
        raise ConfigError(
            f"the model to start from has item vectors from {before.item_vectors}, the recipe asks for "
            f"{recipe.item_vectors}; say the same, or start from another"
        )
    if before.gist and not recipe.gist:
        raise ConfigError("the model to start from has learnt a gist: say gist: true in the recipe")
    alike = (before.clusters, before.cluster_by) == (recipe.clusters, recipe.cluster_by)
    alike = alike and recipe.n_clusters in (None, len(state["table.clusters"]))
    if before.head == "two-level" and alike:
        model.table.clusters = torch.nn.Parameter(state["table.clusters"].clone())  # another seed may have made more
        model.load_state_dict(model.state_dict() | state)  # a gist that it has not says nothing at first
        return
    own = model.state_dict()
    model.load_state_dict(own | state | {name: own[name] for name in ("table.cluster_of", "table.clusters")})
    model.table.start_clusters()


@torch.no_grad()
def _inherit(model: ConvrecModel, known: ConvrecModel) -> None:
    """Takes over hearing, marks by name, and how content becomes an item, from a model over another catalogue."""
    model.hear.load_state_dict(known.hear.state_dict())
    if model.gist is not None and known.gist is not None:
        model.gist.load_state_dict(known.gist.state_dict())
    mine, theirs = model.symbols, known.symbols
    n_controls = mine.first_fact - mine.text
    if n_controls != theirs.first_fact - theirs.text:
        raise ModelError("the model to start from has other control tokens; train it again with this version")
    model.marks.weight[:n_controls] = known.marks.weight[:n_controls]
    for name in mine.facts:
        if theirs.has_fact(name):
            model.marks.weight[mine.fact(name) - mine.text] = known.marks.weight[theirs.fact(name) - theirs.text]
    if model.table.from_content.weight.shape == known.table.from_content.weight.shape:
        model.table.from_content.load_state_dict(known.table.from_content.state_dict())
        model.table.project.load_state_dict(known.table.project.state_dict())
        model.table.start_clusters()


def _add_lora(model: ConvrecModel, rank: int) -> None:
    from peft import LoraConfig, get_peft_model

    if hasattr(model.backbone, "peft_config"):
        return
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")
    model.backbone = get_peft_model(model.backbone, config)


def _purchases(data: Material, n_items: int) -> NDArray[np.int64]:
    """(items,) how often each was bought in the histories trained on."""
    return np.bincount(np.array([row for rows in data.histories for row in rows], np.int64), minlength=n_items)


def _negatives(recipe: Recipe, purchases: NDArray[np.int64]) -> Negatives | None:
    """What a sampled head draws from, and a two-level one that compares across clusters; None for the others."""
    if recipe.head == "full" or (recipe.head == "two-level" and not recipe.across):
        return None
    counted = purchases if recipe.negatives_by == "popularity" else np.zeros_like(purchases)
    return Negatives(popularity_chances(torch.from_numpy(counted), recipe.negatives), recipe.across)


def _draw(n: int, share: float, rng: np.random.Generator) -> list[int]:
    """`share` of n indices: whole rounds, then a random rest without repetition."""
    whole, rest = divmod(round(n * share), max(n, 1))
    return [*list(range(n)) * whole, *rng.permutation(n)[:rest].tolist()]


def same_run(work: Path, recipe: Recipe, seed: int, backbone: str | None, dataset: Dataset) -> None:
    """Checkpoints continue only the run that wrote them."""
    counts: Mapping[str, object] = {
        "recipe": json.loads(recipe.model_dump_json()), "seed": seed, "backbone": backbone,
        "catalog": dataset.catalog.version, "interactions": len(dataset.interactions),
        "turns": len(dataset.turns), "dialogues": len(dataset.dialogues),
    }  # fmt: skip
    record = work / "run.json"
    if record.is_file():
        before = json.loads(record.read_text())
        # A field that came into recipes after that run began stands at what the run did.
        defaults = {name: field.default for name, field in Recipe.model_fields.items()}
        before["recipe"] = {**defaults, **before.get("recipe", {})}
        if before != counts:
            raise ConfigError(
                f"{work} holds checkpoints of another run (other data, recipe, seed or backbone); "
                "delete that folder or choose another --out"
            )
        return
    work.mkdir(parents=True, exist_ok=True)
    part = record.with_suffix(".part")
    part.write_text(json.dumps(counts, indent=2))
    os.replace(part, record)
