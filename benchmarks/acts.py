"""Turns in wordings that no template of ours produces (tests/acts): how many of them hold, as a share.

    python benchmarks/acts.py                       # the embedded model; figures into benchmarks/results/regen.json
    python benchmarks/acts.py --scripted FOLDER     # the reader alone, over one folder; nothing is recorded

`open` may be looked at when the reader is improved, and its misses are printed; of `blind` only the totals ever are.
`acts_passed` and `acts_turns` are those of `blind`.
"""

from __future__ import annotations

import argparse
import tempfile
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
        held = total = 0
        for path in sorted(folder.glob("*.yaml")):
            with tempfile.TemporaryDirectory() as there:
                outcome = converse(read_script(path), cast, f"sqlite:///{there}/db.sqlite", dataset)
            total += len(outcome.turns)
            held += sum(not turn.failures for turn in outcome.turns)
            if folder.name != "blind":
                for failure in outcome.failures:
                    print(f"{path.stem}: {failure}")
        print(f"{folder}: {held} of {total} turns hold ({held / total:.3f})")
        if folder.name == "blind" and not given.scripted:
            record("regen", {"acts_passed": held / total, "acts_turns": total}, "acts")


if __name__ == "__main__":
    main()
