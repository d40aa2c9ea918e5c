"""What the intents make of somebody they never heard: tuned without one author, asked that author's messages.

    python benchmarks/intents.py AUTHOR [AUTHOR …]     # names of prompts/intents/*.tsv; ten minutes each

Recorded in benchmarks/results/whole-path.json: the share of messages whose likeliest kind is the author's own, of those
that want goods (one of 101 kinds) and of the others, and the same of those that are at least .6 sure.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from record import record
from safetensors.torch import save_file

from convrec.language.encoder import load_encoder
from convrec.language.goods import goods
from convrec.language.intents import Intents, examples, fit

SURE = 0.6


def held_out(author: str) -> dict[str, float]:
    found, encoder = examples(), load_encoder()
    known = [(kind, text) for by, kind, text in found if by != author]
    asked = [(kind, text) for by, kind, text in found if by == author]
    kinds = json.dumps(sorted({kind for kind, _ in known}))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "intents.safetensors"
        save_file(fit(encoder, known), path, {"kinds": kinds})
        intents = Intents(encoder, path)
    likeliest = [max(intents.of(text).probabilities.items(), key=lambda pair: pair[1]) for _, text in asked]
    right = np.array([kind == said for (kind, _), (said, _) in zip(likeliest, asked, strict=True)])
    wants = np.array([kind in goods() for kind, _ in asked])
    sure = np.array([probability >= SURE for _, probability in likeliest])
    return {
        "messages": float(len(asked)), "goods": right[wants].mean(), "others": right[~wants].mean(),
        "sure": sure.mean(), "right_where_sure": right[sure].mean(),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("authors", nargs="+")
    found = {author: held_out(author) for author in parser.parse_args().authors}
    for author, figures in found.items():
        print(author, {name: round(float(value), 3) for name, value in figures.items()})
    each = [name for name in next(iter(found.values())) if name != "messages"]
    record("whole-path", {f"intent_{n}": float(np.mean([f[n] for f in found.values()])) for n in each}, "intents")


if __name__ == "__main__":
    main()
