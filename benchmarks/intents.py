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
from convrec.language.intents import Intents, examples, fit, kinds_of

SURE = 0.6


def held_out(author: str) -> dict[str, float]:
    found, encoder = examples(), load_encoder()
    known = [example for example in found if example.author != author]
    asked = [example for example in found if example.author == author]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "intents.safetensors"
        save_file(fit(encoder, known), path, {"kinds": json.dumps(kinds_of(known))})
        intents = Intents(encoder, path)
    heard = [intents.of(example.said, example.table or "") for example in asked]
    likeliest = [max(intent.probabilities.items(), key=lambda pair: pair[1]) for intent in heard]
    right = np.array([kind in e.kind.split("+") for (kind, _), e in zip(likeliest, asked, strict=True)])
    wants = np.array([e.kind.split("+")[0] in goods() for e in asked])
    sure = np.array([probability >= SURE for _, probability in likeliest])
    both = np.array(["+" in e.kind for e in asked])
    several = np.array([intent.several >= SURE for intent in heard])
    return {
        "messages": float(len(asked)), "goods": right[wants].mean(), "others": right[~wants].mean(),
        "sure": sure.mean(), "right_where_sure": right[sure].mean(),
        **({"several_recall": several[both].mean(), "several_precision": both[several].mean()} if both.any() else {}),
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
