"""The item step at catalogue size: what it adds to a forward, what it finds, and its rivals in the same run.

    python benchmarks/item_step.py step MODEL --dataset DIR [--sizes 10k 100k 1m]   # a model trained on amazon-beauty
    python benchmarks/item_step.py rivals MODEL --dataset DIR                       # needs faiss-cpu
    python benchmarks/item_step.py open MODEL                                       # a model of a million items

10k is the trained table itself; larger ones are drawn to its statistics, a mixture of its clusters' means and
covariances, clustered again, the clusters' vectors by a ridge regression on the trained ones. Queries are hidden states
of real test histories: the first TUNED of a drawn order were looked at when the step's constants were chosen, these are
others. Beside them the same states at half the length (a flatter distribution) and at twice (a more peaked one). The
forward is the embedded model's, of 20 items, by the decoder that serves and by transformers' modules. Merged into
benchmarks/results/decode.json.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import torch
from record import ROOT, record
from torch import Tensor

from convrec.conversation import Constraint, Op
from convrec.conversation import Path as Asked
from convrec.datasets import leave_one_out, read_dataset
from convrec.datasets.frames import catalog_of
from convrec.generate.decoder import decoder_of
from convrec.generate.search import Search
from convrec.generate.step import best_items
from convrec.language.claims import ClaimChecker
from convrec.language.encoder import load_encoder
from convrec.language.reader import Reader
from convrec.model import index as item_index
from convrec.model.head import Head, item_log_probabilities
from convrec.model.ranking import choice_scores, collate
from convrec.model.saved import Saved, load

EMBEDDED = ROOT / "data" / "model"
SIZES = {"10k": 0, "100k": 100_000, "1m": 1_000_000}
RECALLED = {"10k": 100, "100k": 60, "1m": 30}  # histories: each is a scan of everything, six times
K, HISTORY = 10, 20
TUNED, FRESH = 1300, 100  # histories
TURNS = 4  # of each: a median of 100 still moves by a hundredth


def drawn(head: Head, items: int, seed: int = 0) -> Head:
    """A head of as many items, drawn to the statistics of a trained one."""
    import faiss

    rng = np.random.default_rng(seed)
    known, labels = head.items.numpy(), head.cluster_of.numpy()
    count = np.bincount(labels)
    means = np.stack([known[labels == c].mean(0) for c in range(len(count))])
    rest = known - means[labels]
    pooled = rest.T.astype(np.float64) @ rest / len(rest)  # in double, or rounding widens what f(E) spans
    values, vectors = np.linalg.eigh(pooled)
    span = vectors[:, values > values[-1] * 1e-9]
    whole = span.T @ pooled @ span
    of = rng.choice(len(count), items, p=count / count.sum())
    rows = np.empty((items, known.shape[1]), dtype=np.float32)
    for c in range(len(count)):
        own = rest[labels == c] @ span
        trust = len(own) / (len(own) + 30)
        covariance = trust * own.T @ own / len(own) + (1 - trust) * whole
        root = np.linalg.cholesky(covariance + 1e-8 * np.trace(covariance) * np.eye(len(covariance)))
        mine = np.flatnonzero(of == c)
        noise = rng.standard_normal((len(mine), span.shape[1]), dtype=np.float32)
        rows[mine] = means[c] + noise @ (root.T @ span.T).astype(np.float32)
    kmeans = faiss.Kmeans(known.shape[1], math.ceil(math.sqrt(items)), niter=8, seed=seed, max_points_per_centroid=64)
    kmeans.train(rows)
    cluster_of = np.unique(kmeans.index.search(rows, 1)[1][:, 0], return_inverse=True)[1]
    clusters = kmeans.centroids[: cluster_of.max() + 1]
    trained = head.level1[head.n_symbols :].numpy()
    centred = means - means.mean(0)
    ridge = 0.1 * np.trace(centred.T @ centred) / len(pooled) * np.eye(len(pooled))
    slope = np.linalg.solve(centred.T @ centred + ridge, centred.T @ (trained - trained.mean(0)))
    near = ((clusters[:, None] - means[None]) ** 2).sum(-1).argmin(1)
    level1 = torch.from_numpy((trained[near] + (clusters - means[near]) @ slope).astype(np.float32))
    words = head.level1[: head.n_symbols]
    return Head(words, torch.cat([words, level1]), torch.from_numpy(rows), torch.from_numpy(cluster_of), len(words))


def states(saved: Saved, dataset: Path, begin: int, end: int) -> list[tuple[Tensor, Tensor]]:
    """The hidden states of real test histories, at the end and two items before: the second stands for the taste."""
    renderer = saved.renderer(load_encoder())
    cases = leave_one_out(read_dataset(dataset).sequences()).test
    head = saved.model.head()
    found = []
    for i in np.random.default_rng(0).permutation(len(cases))[begin:end]:
        symbols, heard, mask = collate([renderer.path(Asked(tuple(cases[i].history[-HISTORY:])))])
        hidden = saved.model(symbols, heard, head, mask)[0].float()
        found.append((hidden[-1], hidden[-3]))
    return found


def with_words_of(head: Head, other: Head) -> Head:
    """Level 1 as wide as the embedded model's: its words beside the clusters of this head."""
    words = other.level1[: other.n_symbols]
    return replace(head, inputs=words, level1=torch.cat([words, head.level1[head.n_symbols :]]), n_symbols=len(words))


def timed(
    forward: Callable[[], object],
    step: Callable[[int], object],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Milliseconds of the forward alone and of both, in turns, and the ratio of the medians and of the 95th parts."""
    alone, both = [], []
    before = min(10, rounds)  # to warm up
    for i in range(rounds + before):
        began = clock()
        forward()
        middle = clock()
        forward()
        step(i)
        ended = clock()
        if i >= before:
            alone.append(1000 * (middle - began))
            both.append(1000 * (ended - middle))
    median, median_both = statistics.median(alone), statistics.median(both)
    p95, p95_both = (statistics.quantiles(x, n=20)[-1] for x in (alone, both))
    return {
        "ratio": median_both / median, "ratio_p95": p95_both / p95, "forward_ms": median,
        "step_ms": median_both - median,
    }  # fmt: skip


def recall(head: Head, ask: Callable[[Tensor, Tensor], list[int]], queries: Sequence[tuple[Tensor, Tensor]]) -> float:
    found = []
    for said, bought in queries:
        wanted = torch.topk(choice_scores(said[None], bought[None], head)[0], K).indices.tolist()
        found.append(len(set(wanted) & set(ask(said, bought))) / K)
    return statistics.mean(found)


def step(model: Path, dataset: Path, sizes: Sequence[str]) -> dict[str, object]:
    embedded, saved = load(EMBEDDED), load(model)
    outer = embedded.model.head()
    trained = with_words_of(saved.model.head(), outer)
    symbols = torch.randint(len(outer.items), (1, HISTORY)) + outer.n_symbols
    found = states(saved, dataset, TUNED, TUNED + FRESH)
    lean = decoder_of(embedded.model.decoder)
    figures: dict[str, object] = {}
    recalls = []
    for name in sizes:
        head = drawn(trained, SIZES[name]) if SIZES[name] else trained
        index = item_index.build(head)
        served = item_index.indexed(head.inputs, head.level1, index, head.n_symbols)
        everything = np.ones(len(index), dtype=bool)

        def forward() -> object:
            return lean(embedded.model.embed(symbols, torch.zeros(0, 384), outer), None, lean.cache())

        def by_modules() -> object:
            return embedded.model(symbols, torch.zeros(0, 384), outer)

        def ask(said: Tensor, bought: Tensor) -> list[int]:
            return best_items(said, bought, served, everything, K)[0]  # noqa: B023

        def one_state(i: int) -> object:
            return ask(found[i % FRESH][0], found[i % FRESH][0])

        one = timed(forward, one_state, TURNS * FRESH)
        one_by_modules = timed(by_modules, one_state, TURNS * FRESH)
        two = timed(forward, lambda i: ask(*found[i % FRESH]), TURNS * FRESH)
        whole = timed(forward, lambda i: best_items(*found[i % FRESH], head, everything, K), 3 if name == "1m" else 15)  # noqa: B023
        torch.set_num_threads(1)  # the clock of one thread is not disturbed by what else runs on the machine
        one_thread = timed(forward, one_state, TURNS * FRESH, time.thread_time)
        torch.set_num_threads(2)
        some = found[: RECALLED[name]]
        of: dict[str, float] = {}
        for kind, scale in (("flat", 0.5), ("real", 1.0), ("peaked", 2.0)):
            chances = [item_log_probabilities(scale * said[None], head)[0].softmax(0) for said, _ in some[:10]]
            of[f"perplexity_{kind}"] = statistics.median(float(torch.exp(torch.special.entr(p).sum())) for p in chances)
            of[f"recall_{kind}"] = recall(head, ask, [(scale * said, scale * said) for said, _ in some])
            of[f"recall_{kind}_two_states"] = recall(head, ask, [(scale * s, scale * b) for s, b in some])
        recalls.append(of["recall_real"])
        figures[f"step_over_forward_{name}"] = one["ratio"]
        figures[f"step_over_transformers_forward_{name}"] = one_by_modules["ratio"]
        figures[f"item_step_{name}"] = {
            "items": len(index), "clusters": len(index.clusters), "one_state": one, "two_states": two,
            "one_state_transformers_forward": one_by_modules, "one_state_one_thread": one_thread,
            "whole_scan_two_states": whole, **of,
        }  # fmt: skip
        print(json.dumps(figures[f"item_step_{name}"], indent=1), flush=True)
    figures["step_recall_at_10"] = min(recalls)
    return figures


def rivals(model: Path, dataset: Path) -> dict[str, object]:
    """At 100k: short lists by faiss over one vector an item, f(E_i) + f(E_c) - mean of c and the bias -log n_c."""
    import faiss

    embedded, saved = load(EMBEDDED), load(model)
    outer = embedded.model.head()
    head = drawn(with_words_of(saved.model.head(), outer), SIZES["100k"])
    index = item_index.build(head)
    served = item_index.indexed(head.inputs, head.level1, index, head.n_symbols)
    found = states(saved, dataset, TUNED, TUNED + 40)
    symbols = torch.randint(len(outer.items), (1, HISTORY)) + outer.n_symbols
    everything = np.ones(len(index), dtype=bool)
    sizes = torch.bincount(head.cluster_of)
    means = torch.zeros(len(sizes), head.items.shape[1]).index_add_(0, head.cluster_of, head.items) / sizes[:, None]
    vectors = head.items + (head.level1[head.n_symbols :] - means)[head.cluster_of]
    vectors = torch.cat([vectors, -torch.log(sizes.float())[head.cluster_of][:, None]], 1)
    vectors = torch.nn.functional.pad(vectors, (0, -vectors.shape[1] % 8)).numpy()
    width, product = vectors.shape[1], faiss.METRIC_INNER_PRODUCT
    makes = {
        "flat": "Flat", "fp16": "SQfp16", "int8": "SQ8", "HNSW": "HNSW32", "IVF": "IVF512,Flat",
        "PQ fast scan": "PQ66x4fs",
    }  # fmt: skip
    figures: dict[str, object] = {}

    def run(name: str, ask: Callable[[Tensor, Tensor], list[int]], rounds: int = 25) -> None:
        times = timed(
            lambda: embedded.model(symbols, torch.zeros(0, 384), outer), lambda i: ask(*[found[i % 40][0]] * 2), rounds
        )
        figures[name] = {**times, "recall": recall(head, ask, [(s, s) for s, _ in found])}
        print(name, json.dumps(figures[name]), flush=True)

    run("whole scan, fp32", lambda s, b: best_items(s, b, head, everything, K)[0], 10)
    run("this index", lambda s, b: best_items(s, b, served, everything, K)[0])
    for name, make in makes.items():
        rival = faiss.index_factory(width, make, product)
        began = time.perf_counter()
        rival.train(vectors)
        rival.add(vectors)
        print(name, "built in", round(time.perf_counter() - began, 1), "s", flush=True)
        if name == "HNSW":
            rival.hnsw.efSearch = 256
        if name == "IVF":
            rival.nprobe = 32
        for short in (100, 1000):

            def ask(said: Tensor, bought: Tensor, short: int = short, rival: object = rival) -> list[int]:
                query = np.zeros((1, width), dtype=np.float32)
                query[0, : len(said)] = said.numpy()
                query[0, len(said)] = 1
                rows = np.sort(rival.search(query, short)[1][0])  # type: ignore[attr-defined]
                rows = rows[rows >= 0]
                scores = Search(said, bought, served).scores(rows)
                return [int(row) for row in rows[np.argsort(-scores, kind="stable")[:K]]]

            run(f"faiss {name}, {short}", ask)
    return {"rivals_100k": figures}


def opening(model: Path) -> dict[str, object]:
    """A folder of a million items: the trained model's words, its table repeated, an index of drawn rows beside it."""
    from safetensors.torch import save_file

    from convrec.catalog import Catalog, Item
    from convrec.datasets.folder import read_catalog
    from convrec.datasets.frames import items_frame
    from convrec.generate import load_engine

    items = SIZES["1m"]
    saved = load(model)
    with tempfile.TemporaryDirectory(dir=ROOT.parent) as name:
        folder = Path(name) / "model"
        shutil.copytree(model, folder, ignore=shutil.ignore_patterns("items*", "index*", "catalog"))
        catalog = Catalog([Item(f"i{row}", f"Item {row}", "brand", ("Beauty", "All"), 9.5) for row in range(items)])
        (folder / "catalog").mkdir()
        items_frame(catalog).write_parquet(folder / "catalog" / "items.parquet", compression="zstd")
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "catalog_version": catalog.version}))
        del catalog
        head = drawn(saved.model.head(), items)
        state = {k: v.detach() for k, v in saved.model.state_dict().items() if not k.startswith("backbone.")}
        state["content_mean"], state["content_scale"] = saved.content_mean, torch.tensor(saved.content_scale)
        state["table.cluster_of"] = head.cluster_of
        state["table.clusters"] = torch.zeros(int(head.cluster_of.max()) + 1, saved.config.width)
        per_item = ("table.content", "table.collaborative", "table.free")
        rest = {k: v.half() if v.is_floating_point() else v for k, v in state.items() if k not in per_item}
        save_file(rest, folder / "items-00000.safetensors")
        for tensor in per_item:
            width = state[tensor].shape[1]
            held = np.random.default_rng(0).standard_normal((items, width), dtype=np.float32).astype(np.float16)
            save_file({tensor: torch.from_numpy(held)}, folder / f"items-{tensor}.safetensors")
            del held
        item_index.write(item_index.build(head), folder)
        del head, state, rest
        found: dict[str, list[float]] = {"engine": [], "catalogue": [], "fingerprint": [], "mask": [], "constraint": []}
        for _ in range(2):
            began = time.perf_counter()
            engine = load_engine(folder)
            found["engine"].append(time.perf_counter() - began)
            began = time.perf_counter()
            engine.catalog.mask()
            found["mask"].append(time.perf_counter() - began)
            began = time.perf_counter()
            engine.catalog.mask([Constraint("category", Op.IS, "beauty"), Constraint("price", Op.AT_MOST, 10.0)])
            found["constraint"].append(time.perf_counter() - began)
            del engine
            began = time.perf_counter()
            catalog = read_catalog(folder / "catalog")
            assert catalog.version
            found["catalogue"].append(time.perf_counter() - began)
            del catalog
            began = time.perf_counter()
            item_index.fingerprint(folder)
            found["fingerprint"].append(time.perf_counter() - began)
    best = {name: min(seconds) for name, seconds in found.items()}
    return {
        "open_1m_s": best["engine"], "open_1m_catalogue_s": best["catalogue"],
        "open_1m_fingerprint_s": best["fingerprint"], "open_1m_first_mask_s": best["mask"],
        "open_1m_first_constraint_s": best["constraint"],
        "open_1m_without_catalogue_s": best["engine"] - best["catalogue"], "first_turn_100k_s": first_turn(100_000),
    }  # fmt: skip


def first_turn(items: int) -> dict[str, float]:
    """Seconds, each once, of what is made before the first turn over as many items: the demo's, repeated."""
    demo = pl.read_parquet(ROOT / "data" / "demo" / "items.parquet")
    many = pl.concat([demo] * math.ceil(items / len(demo))).head(items)
    many = many.with_columns(pl.format("{} {}", name, pl.int_range(items)).alias(name) for name in ("item_id", "title"))
    encoder, catalog = load_encoder(), catalog_of(many)
    makes: dict[str, Callable[[], object]] = {
        "open": lambda: catalog_of(many), "facets": lambda: catalog.facets,
        "constraint": lambda: catalog.mask([Constraint("category", Op.IS, "office")]), "items": lambda: catalog.items,
        "reader": lambda: Reader(catalog, encoder), "claims": lambda: ClaimChecker(catalog),
    }  # fmt: skip
    found: dict[str, float] = {}
    for name, make in makes.items():
        began = time.perf_counter()
        make()
        found[name] = time.perf_counter() - began
    return found


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", choices=["step", "rivals", "open"])
    parser.add_argument("model", type=Path)
    parser.add_argument("--dataset", type=Path, default=ROOT / "work" / "beauty")
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(2)
    if args.part == "step":
        figures, part = step(args.model, args.dataset, args.sizes), "item-step"
    elif args.part == "rivals":
        figures, part = rivals(args.model, args.dataset), "item-step-rivals"
    else:
        figures, part = opening(args.model), "item-step-open"
    print(json.dumps(figures, indent=2))
    print(record("decode", figures, part))


if __name__ == "__main__":
    main()
