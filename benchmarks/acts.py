"""Turns in wordings that no template of ours produces (tests/acts): how many of them hold, as a share.

    python benchmarks/acts.py                       # the embedded model; figures into benchmarks/results/regen.json
    python benchmarks/acts.py --scripted FOLDER     # the reader alone, over one folder; nothing is recorded

`open` may be looked at when the reader is improved, and its misses are printed; of `blind` only the totals ever are.
`acts_passed` and `acts_turns` are those of `blind`. Its authors were either asked to write what people plainly type
(`plain-…`: `acts_passed_plain`), or for every other wish without the name of the goods (`oblique-…`).
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from record import ROOT, record

from convrec.chat.cast import load, load_scripted
from convrec.chat.converse import converse
from convrec.chat.script import read_script
from convrec.datasets import read_dataset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scripted", action="store_true", help="the scripted engine instead of the embedded model")
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "tests/acts/open", ROOT / "tests/acts/blind"])
    given = parser.parse_args()
    dataset = read_dataset(ROOT / "data/demo")
    cast = load_scripted(dataset) if given.scripted else load(str(ROOT / "data/model"))
    for folder in given.folders:
        held, totals = Counter[str](), Counter[str]()
        for path in sorted(folder.glob("*.yaml")):
            with tempfile.TemporaryDirectory() as there:
                outcome = converse(read_script(path), cast, f"sqlite:///{there}/db.sqlite", dataset)
            kind = path.stem.split("-")[0] if folder.name == "blind" else ""
            totals[kind] += len(outcome.turns)
            held[kind] += sum(not turn.failures for turn in outcome.turns)
            if folder.name != "blind":
                for failure in outcome.failures:
                    print(f"{path.stem}: {failure}")
        for kind, total in totals.items():
            print(f"{folder} {kind}: {held[kind]} of {total} turns hold ({held[kind] / total:.3f})")
        if folder.name == "blind" and not given.scripted:
            figures: dict[str, object] = {f"acts_passed_{kind}": held[kind] / totals[kind] for kind in totals}
            passed = held.total() / totals.total()
            record("regen", {"acts_passed": passed, "acts_turns": totals.total(), **figures}, "acts")


if __name__ == "__main__":
    main()
