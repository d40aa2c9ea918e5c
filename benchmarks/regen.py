"""What is written onto real purchases, and what critiques bring there: figures for benchmarks/results/regen.json.

    convrec regen run work/office --annotator grammar --out office-run
    python benchmarks/regen.py written office-run             # every pair covered? any leak? an audit of 2,000 rows
    convrec regen write work/office --hold-out 0.9 --seed 1 --out office-asked
    python benchmarks/regen.py steering work/office-model-{0,1,2} --dataset office-asked --last    # runs/office.sh

What each figure means is said in docs/regen.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import polars as pl
from record import ROOT, record

sys.path.append(str(ROOT / "tests"))
from audit import Auditor, Found

from convrec.datasets import Dataset, read_dataset
from convrec.language.facts import Context, facts_of, render
from convrec.regen.tasks import alike

AUDITED = 2000
SHOWN = 20  # of what an audit found wrong


def written(dataset: Dataset, seed: int = 0) -> dict[str, object]:
    """Coverage and leaks over all critiques, and an audit of rows drawn evenly from each kind of text."""
    catalog, sequences = dataset.catalog, dataset.sequences()
    auditor = Auditor(catalog.items)
    adjacent = sum(len(rows) - 1 for rows in sequences.values())
    pairs = {
        (user, position)
        for user, rows in sequences.items()
        for position in range(1, len(rows))
        if alike(catalog, rows[position - 1], rows[position], None)
    }
    critiques = dataset.turns.filter(pl.col("kind") == "critique")
    covered = set(critiques.select("user_id", "position").iter_rows())
    leaks = sum(
        auditor.leaks(turn["text"], catalog.row(turn["target_item_id"])) for turn in critiques.iter_rows(named=True)
    )
    drawn = drawn_evenly(dataset.turns, AUDITED, seed)
    facts, wrong, kinds = 0, [], Counter[str]()
    for turn in drawn.iter_rows(named=True):
        said, found = audited(dataset, sequences[turn["user_id"]], turn, auditor)
        facts += found.facts
        kinds[turn["kind"]] += 1
        wrong += [(turn["kind"], said, complaint) for complaint in found.wrong]
    for complaint in wrong[:SHOWN]:
        print(*complaint, sep=" | ")
    return {
        "office_pairs_share": len(pairs) / adjacent,
        "office_pairs_covered": len(pairs & covered) / len(pairs),
        "office_critiques": len(critiques),
        "leaks": leaks,
        "audit_rows": len(drawn),
        "audit_rows_by_kind": dict(kinds),
        "audit_facts": facts,
        "audit_unsupported": len(wrong),
    }


def drawn_evenly(turns: pl.DataFrame, count: int, seed: int) -> pl.DataFrame:
    """About `count` rows, as many of each kind."""
    kinds = sorted(turns["kind"].unique())
    each = -(-count // len(kinds))
    of_kinds = (turns.filter(pl.col("kind") == kind) for kind in kinds)
    return pl.concat([rows.sample(min(each, len(rows)), seed=seed) for rows in of_kinds]).head(count)


def audited(dataset: Dataset, rows: list[int], turn: dict[str, object], auditor: Auditor) -> tuple[str, Found]:
    """What a person reads of a turn, and what the auditor makes of it. A summary is about what was bought alone."""
    kind, text, position = str(turn["kind"]), str(turn["text"]), int(str(turn["position"]))
    history, target = tuple(rows[:position]), rows[position]
    if kind == "critique":
        return text, auditor.critique(text, target, history[-1])
    summary = kind == "user_summary"
    said = render(text, facts_of(dataset.catalog, history[-1] if summary else target, Context(history)))
    return said, auditor.narrative(said, None if summary else target, history)


def steering(models: list[Path], dataset: Dataset, last: bool) -> dict[str, object]:
    """The lifts over the critiqued pairs of test users, as the means over seeds of one recipe (`last`: their last
    purchases, for a model that learnt from those before); no question may name its target."""
    from convrec.evaluate.pairs import evaluate_pairs, pairs
    from convrec.generate import load_engine
    from convrec.language.encoder import load_encoder
    from convrec.language.reader import Reader

    reader = Reader(dataset.catalog, load_encoder())
    auditor = Auditor(dataset.catalog.items)
    asked = pairs(dataset, last=last).iter_rows(named=True)
    named = [row["text"] for row in asked if auditor.leaks(row["text"], dataset.catalog.row(row["target_item_id"]))]
    if named:
        raise SystemExit(f"{len(named)} critiques name what is wanted; the first: {named[0]}")
    found = evaluate_pairs(map(load_engine, models), dataset, reader, last=last)
    return {
        "office_critique_lift": found["lift"],
        "office_critique_lift_masks_off": found["lift_masks_off"],
        "office_steering": found,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", choices=["written", "steering"])
    parser.add_argument("folders", type=Path, nargs="+", help="written: a dataset folder; steering: models, by seed")
    parser.add_argument("--dataset", type=Path, default=ROOT / "work" / "office-asked", help="steering: who is asked")
    parser.add_argument("--last", action="store_true", help="steering: the model was trained on these users, too")
    args = parser.parse_args()
    if args.part == "written":
        figures = written(read_dataset(args.folders[0]))
    else:
        figures = steering(args.folders, read_dataset(args.dataset), args.last)
    print(json.dumps(figures, indent=2))
    print(record("regen", figures, f"office {args.part}"))


if __name__ == "__main__":
    main()
