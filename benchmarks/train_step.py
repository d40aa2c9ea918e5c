"""The training step at catalogue size: seconds and peak memory with the full, the sampled and the two-level head.

    python benchmarks/train_step.py steps [--sizes 10k 100k 1m]
    python benchmarks/train_step.py optimizers        # of a million free parts: in one pass, plain, touched rows alone

The embedded model's words, backbone and recipe (runs/recipes/shop.yaml) beside a table of random rows in clusters of
equal size, and one batch of histories, the same for every head: at least five purchases each, by popularity ∝
rank^-0.8, whatever was bought before (shoppers who keep to a few clusters would spare two levels some work). A step is
forward, backward, clipping, optimizer and moving average, as in train/trainer.py. The speed-up is of two levels with
`across` and as many items drawn as runs/recipes/beauty-histories.yaml compares, as they are as good as one softmax.
Each case has a process of its own, whose resident maximum is what is reported. Merged into
benchmarks/results/decode.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import torch
from record import ROOT, record
from torch.nn import functional as F

from convrec.items.vectors import COLLABORATIVE_WIDTH, CONTENT_WIDTH, TEXT_WIDTH
from convrec.model.backbone import add_residual_dropout, small_backbone
from convrec.model.head import HeadKind
from convrec.model.losses import Negatives, popularity_chances
from convrec.model.model import ConvrecModel
from convrec.model.prompt import MAX_HISTORY
from convrec.model.symbols import Symbols
from convrec.model.tables import ItemTable
from convrec.train.examples import NOTHING, Example, batches
from convrec.train.recipe import read_recipe
from convrec.train.touched import touched_rows
from convrec.train.trainer import Averaged, batch_loss, optimizer_of

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
CLUSTERS = {"10k": (100,), "100k": (317, 1000, 4000), "1m": (1000, 8000, 24_000)}  # √n first
RECIPE = read_recipe(ROOT / "runs" / "recipes" / "shop.yaml")
NEGATIVES = read_recipe(ROOT / "runs" / "recipes" / "beauty-histories.yaml").negatives  # with these it is as good


def a_model(items: int, kind: HeadKind, n_clusters: int) -> ConvrecModel:
    torch.manual_seed(0)
    config = json.loads((ROOT / "data" / "model" / "config.json").read_text())
    symbols = Symbols(config["text_symbols"], tuple(config["facts"]))
    causal = small_backbone(RECIPE, symbols.text)
    add_residual_dropout(causal, RECIPE.residual_dropout)
    table = ItemTable(
        torch.randn(items, CONTENT_WIDTH),
        torch.randn(items, COLLABORATIVE_WIDTH),
        torch.randperm(items) % n_clusters,
        width=RECIPE.width,
        hidden=RECIPE.hidden,
        part_dropout=RECIPE.part_dropout,
    )
    model = ConvrecModel(causal, symbols, table, heard_width=TEXT_WIDTH, dropout=RECIPE.dropout, kind=kind)
    model.decoder.set_attn_implementation("eager")  # as the trainer does
    return model.train()


def a_batch(items: int, symbols: Symbols) -> list[Example]:
    """Histories of like length, as many as the recipe puts into a batch: of the batches the one that holds most."""
    rng = np.random.default_rng(0)
    chances = np.arange(1, items + 1) ** -0.8
    lengths = np.minimum(4 + rng.geometric(0.2, 512), MAX_HISTORY)
    bought = rng.permutation(items)[rng.choice(items, int(lengths.sum()), p=chances / chances.sum())] + symbols.items
    examples = [
        Example(
            np.array([symbols.control("history"), *rows], dtype=np.int32),
            np.array([*rows, NOTHING], dtype=np.int32),
            np.zeros((0, TEXT_WIDTH), dtype=np.float16),
        )
        for rows in np.split(bought, lengths.cumsum()[:-1])
    ]
    plan = batches([len(e) for e in examples], RECIPE.batch_symbols, rng)
    return max(([examples[i] for i in batch] for batch in plan), key=lambda batch: sum(map(len, batch)))


def case(items: int, kind: HeadKind, n_clusters: int, rounds: int, *, across: bool = False) -> dict[str, float]:
    """Medians over `rounds` steps, after one to warm up. `across`: two levels, and a sampled softmax beside them."""
    torch.set_num_threads(2)
    model = a_model(items, kind, n_clusters)
    examples = a_batch(items, model.symbols)
    drawn = popularity_chances(torch.zeros(items), NEGATIVES if across else RECIPE.negatives)
    negatives = Negatives(drawn) if across or kind == "sampled" else None
    parameters = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    optimizer = optimizer_of([p for _, p in parameters], RECIPE.weight_decay)
    average = Averaged(parameters, RECIPE.average)
    marks: list[list[float]] = []
    for step in range(1 + rounds):
        torch.manual_seed(step)
        at = [time.perf_counter()]
        cost = batch_loss(model, examples, RECIPE.phases[0], negatives)
        optimizer.zero_grad(set_to_none=True)
        at.append(time.perf_counter())
        cost.backward()  # type: ignore[no-untyped-call]
        at.append(time.perf_counter())
        torch.nn.utils.clip_grad_norm_([p for _, p in parameters], 1.0)
        optimizer.step()
        at.append(time.perf_counter())
        average.update(step)
        at.append(time.perf_counter())
        marks.append(at)
    of_part = np.median(np.diff(np.array(marks[1:]), axis=1), axis=0)
    symbols, targets = (torch.from_numpy(np.concatenate(rows)) for rows in zip(
        *((e.symbols, e.targets) for e in examples), strict=True
    ))  # fmt: skip
    drawn = negatives.draw(torch.device("cpu")) if negatives else None
    touched = touched_rows(model, symbols, targets, drawn)
    return {
        "items": items, "clusters": n_clusters, "positions": int((targets != NOTHING).sum()),
        "touched": items if touched is None else len(touched), "loss": float(cost.detach()),
        "seconds": statistics.median(at[-1] - at[0] for at in marks[1:]),
        **dict(zip(("forward_s", "backward_s", "optimizer_s", "average_s"), of_part.tolist(), strict=True)),
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }  # fmt: skip


def alone(run: Callable[..., dict[str, float]], *args: object, **options: object) -> dict[str, float]:
    """In a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        figures = pool.submit(run, *args, **options).result()
    print(args, json.dumps({name: round(value, 4) for name, value in figures.items()}), flush=True)
    return figures


def steps(sizes: Sequence[str]) -> dict[str, object]:
    figures: dict[str, object] = {}
    for name in sizes:
        items, rounds = SIZES[name], 9
        found = {f"two-level, {c} clusters": alone(case, items, "two-level", c, rounds) for c in CLUSTERS[name]}
        most = CLUSTERS[name][-1]
        found[f"two-level, {most} clusters, across"] = alone(case, items, "two-level", most, rounds, across=True)
        found["sampled"] = alone(case, items, "sampled", CLUSTERS[name][0], rounds)
        found["full"] = alone(case, items, "full", CLUSTERS[name][0], 3 if name == "1m" else rounds)
        speedup = found["full"]["seconds"] / found[f"two-level, {most} clusters, across"]["seconds"]
        figures |= {f"train_step_{name}": found, f"two_level_step_speedup_{name}": speedup}
        print(name, speedup, flush=True)
    return figures


def optimizers() -> dict[str, object]:
    """Milliseconds from the gradient of the touched rows to the updated free parts of all, by way of updating."""
    torch.manual_seed(0)
    torch.set_num_threads(2)
    items, width = SIZES["1m"], RECIPE.width
    rows = torch.randperm(items)[: items // 10].sort()[0]
    free, given = torch.nn.Parameter(torch.randn(items, width)), torch.randn(len(rows), width)
    options = {"lr": 1e-3, "betas": (0.9, 0.98)}
    ways: dict[str, tuple[Callable[[], torch.optim.Optimizer], bool]] = {
        "AdamW, one pass": (lambda: optimizer_of([free], RECIPE.weight_decay), False),
        "AdamW, plain": (lambda: torch.optim.AdamW([free], **options), False),
        "SparseAdam": (lambda: torch.optim.SparseAdam([free], **options), True),
    }
    figures: dict[str, object] = {}
    for name, (make, sparse) in ways.items():
        optimizer, times = make(), []
        for _ in range(6):
            optimizer.zero_grad(set_to_none=True)
            part = F.embedding(rows, free, sparse=True) if sparse else free[rows]
            began = time.perf_counter()
            part.backward(given)
            optimizer.step()
            times.append(1000 * (time.perf_counter() - began))
        figures[name] = statistics.median(times[1:])
    print(json.dumps(figures, indent=1), flush=True)
    return {"optimizers_1m_ms": {"items": items, "touched": len(rows), **figures}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", choices=["steps", "optimizers"])
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    args = parser.parse_args()
    if args.part == "steps":
        print(record("decode", steps(args.sizes), "train-step-" + "-".join(args.sizes)))
    else:
        print(record("decode", optimizers(), "train-step-optimizers"))


if __name__ == "__main__":
    main()
