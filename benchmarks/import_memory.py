"""Peak memory of importing a large reviews file.

    python benchmarks/import_memory.py [--gigabytes 2]

Generates an Amazon-2018 reviews file of that size with its metadata, imports it in a process of its own and writes
benchmarks/results/import_memory.json. Peak memory is the resident maximum the kernel saw for that process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "import_memory.json"
USERS, ITEMS = 700_000, 30_000  # for each gigabyte
PROSE = """this pen writes smoothly and the ink dries fast but it skips on glossy paper so I bought another pack for my
office after two weeks the clip broke &amp; the refill leaked great value would buy again not what I expected"""
WORDS = PROSE.split()


def generate(folder: Path, gigabytes: float, seed: int = 0) -> int:
    """Writes reviews.json and meta.json; returns the number of reviews. Users and items are skewed as in shops."""
    rng = random.Random(seed)
    users, items = int(USERS * gigabytes), int(ITEMS * gigabytes)
    sentences = [" ".join(rng.choices(WORDS, k=rng.randint(20, 160))) for _ in range(5000)]
    with (folder / "meta.json").open("w", encoding="utf-8") as out:
        for item in range(items):
            meta = {
                "asin": f"B{item:09d}", "title": f"Thing {item} " + " ".join(rng.choices(WORDS, k=8)),
                "brand": f"Brand {item % 900}", "price": f"${item % 90}.99",
                "category": ["Office Products", f"Aisle {item % 40}", f"Shelf {item % 900}"],
                "description": [rng.choice(sentences)], "feature": rng.choices(sentences, k=2),
            }  # fmt: skip
            out.write(json.dumps(meta) + "\n")
    count = written = 0
    with (folder / "reviews.json").open("w", encoding="utf-8") as out:
        while written < gigabytes * 1e9:
            review = {
                "reviewerID": f"A{int(users * rng.random() ** 2):013d}",
                "asin": f"B{int(items * rng.random() ** 3):09d}",
                "overall": float(rng.randint(1, 5)), "verified": True, "reviewTime": "01 2, 2015",
                "reviewText": rng.choice(sentences), "summary": "Four Stars", "unixReviewTime": 1_300_000_000 + count,
            }  # fmt: skip
            written += out.write(json.dumps(review) + "\n")
            count += 1
    return count


def peak_mb(process: int) -> float:
    """Waits for the process and returns its maximal resident memory in MB. Raises RuntimeError when it failed."""
    _, status, usage = os.wait4(process, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"the import ended with {code}")
    return usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    gigabytes: float = parser.parse_args().gigabytes
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        reviews = generate(folder, gigabytes)
        command = [
            sys.executable, "-m", "convrec.cli", "data", "import", str(folder / "reviews.json"),
            "--items", str(folder / "meta.json"), "--format", "amazon-2018", "--core", "5",
            "--out", str(folder / "out"),
        ]  # fmt: skip
        start = time.monotonic()
        peak = peak_mb(subprocess.Popen(command).pid)
        seconds = time.monotonic() - start
        size = (folder / "reviews.json").stat().st_size
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    result = {
        "command": f"python benchmarks/import_memory.py --gigabytes {gigabytes:g}",
        "commit": commit.strip(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "figures": {
            "reviews_gb": round(size / 1e9, 3), "reviews": reviews,
            "peak_resident_mb": round(peak), "seconds": round(seconds, 1),
        },
    }  # fmt: skip
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result["figures"]))


if __name__ == "__main__":
    main()
