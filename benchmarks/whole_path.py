"""Every figure of the whole path: one part at a time, merged into benchmarks/results/whole-path.json.

    python benchmarks/whole_path.py office MODEL MODEL MODEL --dataset DIR   # runs/office.sh trains them, three seeds
    python benchmarks/whole_path.py steering | reader | language | speed     # the embedded model, data/model
    python benchmarks/whole_path.py tests                                    # make test in a fresh clone

What each figure means is said in docs/training.md.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from record import ROOT, record

NAME = "whole-path"
DEMO, MODEL = ROOT / "data" / "demo", ROOT / "data" / "model"
MESSAGES = [
    "something cheaper please", "in black, under $20", "not that brand again", "do you have a gel pen?",
    "I need a notebook for lectures", "something a bit lighter", "show me a stapler", "anything but plastic",
]  # fmt: skip


def office(models: list[Path], dataset: Path) -> dict[str, object]:
    from convrec.datasets import read_dataset
    from convrec.evaluate.histories import evaluate_histories
    from convrec.generate import load_engine

    data = read_dataset(dataset)
    found = [evaluate_histories(load_engine(model), data) for model in models]
    figures: dict[str, object] = {}
    for metric in ("recall_at_10", "ndcg_at_10"):
        seeds = [figure["model"][metric] for figure in found]
        figures[f"office_{metric}"] = statistics.mean(seeds)
        figures[f"office_{metric}_seeds"] = seeds
        for rival in ("popularity", "text similarity"):
            figures[f"office_{metric}_{rival.replace(' ', '_')}"] = found[0][rival][metric]
    return figures


def steering() -> dict[str, object]:
    from convrec.datasets import read_dataset
    from convrec.evaluate.steering import evaluate_steering
    from convrec.generate import load_engine
    from convrec.language.encoder import load_encoder
    from convrec.language.reader import Reader

    engine = load_engine(MODEL)
    found = evaluate_steering([engine], read_dataset(DEMO), Reader(engine.catalog, load_encoder()))
    return {
        "demo_critique_lift": found["bought"]["lift"],
        "demo_critique_lift_where_critiqued": found["critiqued"]["lift"],
        "demo_critique_lift_masks_off": found["bought"]["lift_masks_off"],
        "demo_oracle_share": found["bought"]["oracle_share"],
        "demo_steering": found,
    }


def reader() -> dict[str, object]:
    """Over the utterances the reader was tuned on, and apart from them over those whose misses nobody has looked at."""
    from convrec.catalog import Catalog
    from convrec.datasets.shop.catalogue import build_items
    from convrec.evaluate.reading import evaluate_reader, read_examples
    from convrec.language.encoder import load_encoder
    from convrec.language.reader import Reader

    catalog = Catalog(build_items(0))  # the shop over which the utterances were written
    understands = Reader(catalog, load_encoder())
    found = {}
    for name, part in (("reader", None), ("reader_blind", "blind")):
        file = "utterances.yaml" if part is None else "utterances_blind.yaml"
        examples = [e for e in read_examples(ROOT / "tests" / "language" / file, catalog) if part in (None, e.part)]
        figures = evaluate_reader(catalog, understands, examples)
        found[f"{name}_f1"] = figures.f1
        found["false_hard_masks" if part is None else "false_hard_masks_blind"] = figures.false_hard_masks
        found[f"{name}_utterances"] = figures.utterances
    return found


def language(count: int) -> dict[str, object]:
    """Claims of `count` narratives on unseen messages of held-out shoppers, and what is served over them."""
    from convrec.datasets import read_dataset
    from convrec.evaluate.claims import count_claims
    from convrec.evaluate.language import write_narratives
    from convrec.evaluate.steering import questions, violations
    from convrec.generate import load_engine
    from convrec.language.claims import ClaimChecker
    from convrec.language.encoder import load_encoder
    from convrec.language.reader import Reader

    engine, data = load_engine(MODEL), read_dataset(DEMO)
    every = questions(data, Reader(engine.catalog, load_encoder()))
    asked = every[:: max(1, len(every) // count)][:count]
    counts = count_claims(ClaimChecker(engine.catalog), write_narratives(engine, asked))
    forbidden = violations(engine, data, every)
    return {
        "claims_true_before": counts["true_before"],
        "claims_true_after": counts["true_after"],
        "dropped_sentences": counts["dropped_sentences"],
        **{
            name: counts[name]
            for name in ("narratives", "claims_per_narrative", "fact_claims", "text_claims", "fact_true_before",
                         "text_true_before")
        },
        "constraint_violations": forbidden["violations"],
        "forbidden_items": forbidden["forbidden"],
    }  # fmt: skip


def speed() -> dict[str, object]:
    """A real server: seconds until the page answers; then turns through its API, timed by the replies' own clock."""
    import psutil
    from gradio_client import Client

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "CONVREC_DATABASE": f"sqlite:///{folder}/db.sqlite"}
        began = time.perf_counter()
        server = subprocess.Popen(
            [sys.executable, "-m", "convrec.cli", "serve", "--port", str(port)], env=env, cwd=ROOT,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}/"
            while not _answers(url):
                if server.poll() is not None:
                    raise SystemExit("the server stopped; run `convrec serve` to see why")
                time.sleep(0.05)
            ready = time.perf_counter() - began
            client = Client(url, verbose=False)
            shoppers = client.predict(query="", limit=10, api_name="/shoppers")
            first, tokens, seconds = [], 0, 0.0
            for turn in range(60):
                shopper = shoppers[turn % len(shoppers)]["shopper_id"]
                reply = client.predict(
                    shopper_id=shopper, message=MESSAGES[turn % len(MESSAGES)], conversation_id="", owner="benchmark",
                    api_name="/recommend",
                )  # fmt: skip
                if reply["first_item_ms"] is not None:
                    first.append(reply["first_item_ms"])
                    tokens += reply["text_tokens"]
                    seconds += (reply["total_ms"] - reply["first_item_ms"]) / 1000
            resident = psutil.Process(server.pid).memory_info().rss / 1e6
        finally:
            server.terminate()
            server.wait(20)
    return {
        "page_ready_s": ready,
        "first_item_ms": statistics.median(first),
        "first_item_ms_p95": statistics.quantiles(first, n=20)[-1],
        "tokens_per_s": tokens / seconds,
        "resident_mb": resident,
    }


def tests() -> dict[str, object]:
    """Minutes of `make test` in a fresh clone with a fresh virtual environment, installing included."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # a test reads the clone as somebody who is not root
        subprocess.run(["git", "clone", "-q", str(ROOT), f"{folder}/main"], check=True)
        shared = ROOT.parent / "shared"
        if shared.exists():
            os.symlink(shared, f"{folder}/shared")
        began = time.monotonic()
        subprocess.run(["make", "test"], cwd=f"{folder}/main", check=True, env={**os.environ, "CI": "true"})
        return {"test_minutes": (time.monotonic() - began) / 60}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as page:
            return bool(page.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", choices=["office", "steering", "reader", "language", "speed", "tests"])
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--dataset", type=Path, default=ROOT / "work" / "office")
    parser.add_argument("--count", type=int, default=500, help="narratives of the language part")
    args = parser.parse_args()
    if args.part == "office":
        figures = office(args.models, args.dataset)
    elif args.part == "language":
        figures = language(args.count)
    else:
        figures = {"steering": steering, "reader": reader, "speed": speed, "tests": tests}[args.part]()
    print(json.dumps(figures, indent=2))
    print(record(NAME, figures, args.part))


if __name__ == "__main__":
    main()
