"""Single tokens beside their rivals, and words beside `generate`: merged into benchmarks/results/decode.json.

    python benchmarks/decode.py tiny --dataset DIR    # ratios of totals at 100k items, the embedded model's shape
    python benchmarks/decode.py qwen --dataset DIR    # the same at Qwen3-0.6B's shape
    python benchmarks/decode.py text                  # the embedded model's words, data/model
    python benchmarks/decode.py office SEMANTIC [TITLES] --dataset DIR   # what trained rivals recommend

DIR is a dataset whose titles name the synthetic rows; what each figure means is said in docs/performance-rivals.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from record import ROOT, record
from rich.console import Console

ITEMS = 100_000
RATIOS = {
    "vs_semantic_beam10": "semantic ids, beam 10, generate",
    "vs_semantic_beam20": "semantic ids, beam 20, generate",
    "vs_titles_beam10": "titles, beam 10, generate",
    "vs_fast_semantic_beam10": "semantic ids, beam 10, loop",
    "vs_fast_semantic_beam20": "semantic ids, beam 20, loop",
    "vs_fast_titles_beam10": "titles, beam 10, loop",
}


def decode(name: str, dataset: Path, rounds: int) -> dict[str, object]:
    from convrec.datasets import read_dataset
    from convrec.evaluate.decode import FORWARD, measure, ratios
    from convrec.evaluate.decode_systems import make_shape
    from convrec.language.encoder import load_encoder

    titles = [item.title for item in read_dataset(dataset).catalog.items]
    shape = make_shape("tiny" if name == "tiny" else "qwen3-0.6b", titles, ROOT / "data" / "model")
    report = Console(stderr=True).print
    costs = list(measure(shape, titles, [ITEMS], load_encoder(), rounds=rounds, report=report))
    times = ratios(costs, items=ITEMS)
    return {
        **{f"{name}_{figure}": times[system] for figure, system in RATIOS.items()},
        f"{name}_total_over_forward": 1 / times[FORWARD],
        f"{name}_ms": {cost.system: cost.total_ms for cost in costs},
        f"{name}_p95_ms": {cost.system: cost.total_p95_ms for cost in costs},
        f"{name}_title_tokens": next(cost.tokens for cost in costs if cost.system.startswith("titles")),
    }


def text(rounds: int) -> dict[str, object]:
    import numpy as np

    from convrec.datasets import read_dataset
    from convrec.evaluate.writing import writing_speed
    from convrec.generate import load_engine
    from convrec.generate.request import Request, Sampling
    from convrec.language.encoder import load_encoder
    from convrec.train.examples import dialogues
    from convrec.train.material import Hearing

    engine, data = load_engine(ROOT / "data" / "model"), read_dataset(ROOT / "data" / "demo")
    asked = [d for d in dialogues(data, data.sequences()) if d.split == "test"][:200:25]
    # What hearing the messages costs is no part of writing: they are encoded beforehand, for both.
    engine.renderer.encoder = Hearing(load_encoder(), [turn.text for d in asked for turn in d.path.turns])
    everything = np.ones(len(engine.catalog), dtype=bool)
    requests = [
        Request(d.path, everything, forced=(d.target,), alternatives=0, sampling=Sampling(temperature=0)) for d in asked
    ]
    found = writing_speed(engine, requests, rounds=rounds)
    if found["identical"] != 1:
        raise SystemExit(f"{found['identical']:.0%} of the requests are answered in the same words: nothing to compare")
    return {"text_vs_generate": found.pop("text_vs_generate"), "text": found}


def office(folders: list[Path], dataset: Path, users: int) -> dict[str, object]:
    from convrec.datasets import read_dataset
    from convrec.evaluate.rivals import evaluate_rival
    from convrec.rivals.saved import load_rival

    data = read_dataset(dataset)
    figures: dict[str, object] = {}
    for folder in folders:
        rival, catalog = load_rival(folder)
        for beams in (10, 20) if rival.kind == "semantic" else (10,):
            found = evaluate_rival(rival, catalog, data, beams=beams, users=users)
            for metric in ("recall_at_10", "ndcg_at_10"):
                figures[f"office_{metric}_{rival.kind}_beam{beams}"] = found[metric]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", choices=["tiny", "qwen", "text", "office"])
    parser.add_argument("rivals", nargs="*", type=Path)
    parser.add_argument("--dataset", type=Path, default=ROOT / "work" / "office")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--users", type=int, default=0, help="of the office part: about that many; 0: all")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.part == "office":
        figures = office(args.rivals, args.dataset, args.users)
    elif args.part == "text":
        figures = text(args.rounds)
    else:
        figures = decode(args.part, args.dataset, args.rounds)
    print(json.dumps(figures, indent=2))
    print(record("decode", figures, {"tiny": "rivals", "qwen": "rivals-qwen"}.get(args.part, args.part)))


if __name__ == "__main__":
    main()
