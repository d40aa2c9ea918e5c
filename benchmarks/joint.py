"""One model for items and words beside two: what joining them costs the items, and what it gains the words.

    convrec train data/demo --recipe runs/recipes/ablations/items-only.yaml --out work/items-only
    convrec rivals train data/demo --kind hybrid --recipe runs/recipes/shop-hybrid.yaml --out work/hybrid
    python benchmarks/joint.py histories work/items-only   # the embedded model beside one of histories alone
    python benchmarks/joint.py steering work/hybrid        # and beside a picker of its own, with and without critiques
    python benchmarks/joint.py language [work/hybrid]      # its narratives, and those of what the hybrid picks

Figures go into benchmarks/results/regen.json; what each means is said in docs/training.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from record import ROOT, record

from convrec.conversation import Path as Asked
from convrec.datasets import Dataset, read_dataset
from convrec.evaluate.histories import Recommender, test_cases
from convrec.evaluate.language import language_figures, picks, write_narratives
from convrec.evaluate.metrics import at_cutoffs, jackknife_interval, paired_interval
from convrec.evaluate.steering import evaluate_steering, questions, steering_ranks
from convrec.evaluate.texts import Narrative
from convrec.generate import load_engine
from convrec.language.claims import ClaimChecker
from convrec.language.encoder import load_encoder
from convrec.language.reader import Reader
from convrec.model.ranking import expected_ranks
from convrec.rivals.saved import load_hybrid

DEMO, MODEL = ROOT / "data" / "demo", ROOT / "data" / "model"
HIGHER = ("bleu", "rouge_l", "similarity", "distinct_1", "distinct_2", "true_before", "true_after",
          "history_true_before", "claims_per_narrative", "history_mentioned")  # fmt: skip
LOWER = ("repeated_frame_rate", "self_repetition", "contradicted_before", "dropped_sentences")  # the better
GROUPS = 20  # of the questions, one left out at a time: how far a difference is chance


def history_ranks(recommender: Recommender, dataset: Dataset) -> NDArray[np.float64]:
    """(test users,) the rank of each one's last item, as convrec.evaluate.histories ranks it."""
    cases = test_cases(dataset)
    allowed = np.ones((len(cases), len(dataset.catalog)), dtype=bool)
    for i, case in enumerate(cases):
        allowed[i, list(case.history)] = False
    return expected_ranks(recommender.scores([Asked(c.history) for c in cases]), [c.target for c in cases], allowed)


def histories(item_only: Path) -> dict[str, object]:
    data = read_dataset(DEMO)
    joint, alone = (history_ranks(load_engine(folder), data) for folder in (MODEL, item_only))
    low, high = paired_interval(joint, alone)
    figures = {"joint": at_cutoffs(joint), "item_only": at_cutoffs(alone)}
    return {
        "joint_over_item_only_recall": figures["joint"]["recall_at_10"] / figures["item_only"]["recall_at_10"],
        "joint_over_item_only_recall_interval": [low, high],
        "joint_and_item_only": {**figures, "shoppers": len(joint)},
    }


def steering(hybrid: Path) -> dict[str, object]:
    """Both on the same questions; the interval is of Recall@10 as served, joint over hybrid, first messages."""
    data, encoder = read_dataset(DEMO), load_encoder()
    reader = Reader(data.catalog, encoder)
    both: dict[str, Recommender] = {"joint": load_engine(MODEL), "hybrid": load_hybrid(hybrid)}
    asked = [q for q in questions(data, reader) if len(q.dialogue.path.turns) == 1]
    served = {name: steering_ranks(one, data, asked)["with"] for name, one in both.items()}
    return {
        "joint_and_hybrid_steering": {name: evaluate_steering([one], data, reader) for name, one in both.items()},
        "joint_and_hybrid_histories": {name: at_cutoffs(history_ranks(one, data)) for name, one in both.items()},
        "joint_over_hybrid_recall_with_critique_interval": list(paired_interval(served["joint"], served["hybrid"])),
    }


def language(hybrid: Path | None, count: int) -> dict[str, object]:
    """Of the joint model; and beside it the same writer on what the hybrid picks, for the same questions and seeds."""
    engine, encoder = load_engine(MODEL), load_encoder()
    every = questions(read_dataset(DEMO), Reader(engine.catalog, encoder))
    asked = every[:: max(1, len(every) // count)][:count]
    checker = ClaimChecker(engine.catalog)

    def measured(written: list[Narrative], without: int | None = None) -> dict[str, float]:
        kept = [i for i in range(len(asked)) if without is None or i % GROUPS != without]
        return language_figures([written[i] for i in kept], [asked[i] for i in kept], checker, encoder)

    told = write_narratives(engine, asked)
    joint = measured(told)
    figures: dict[str, object] = {
        "claims_true_after": joint["true_after"],
        "repeated_frame_rate": joint["repeated_frame_rate"],
        "history_mentioned": joint["history_mentioned"],
        "joint_language": joint,
    }
    if hybrid is not None:
        others = write_narratives(engine, asked, rows=picks(load_hybrid(hybrid), asked, engine.catalog))
        other = measured(others)
        parts = [(measured(told, group), measured(others, group)) for group in range(GROUPS)]
        ahead = {
            name: jackknife_interval(sign * (joint[name] - other[name]), [sign * (a[name] - b[name]) for a, b in parts])
            for names, sign in ((HIGHER, 1), (LOWER, -1))
            for name in names
        }
        figures |= {
            "hybrid_language": other,
            "joint_worse_than_hybrid": [name for name, (low, high) in ahead.items() if low + high < 0],
            "joint_surely_worse_than_hybrid": [name for name, (_, high) in ahead.items() if high < 0],
            "joint_better_by": {name: list(interval) for name, interval in ahead.items()},
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", choices=["histories", "steering", "language"])
    parser.add_argument("other", type=Path, nargs="?", help="the folder of the item-only model, or of the hybrid")
    parser.add_argument("--count", type=int, default=500, help="narratives of the language part")
    given = parser.parse_args()
    if given.part == "language":
        figures = language(given.other, given.count)
    elif given.other is None:
        parser.error(f"{given.part} needs the folder to compare with")
    else:
        figures = {"histories": histories, "steering": steering}[given.part](given.other)
    print(json.dumps(figures, indent=2))
    print(record("regen", figures, f"joint {given.part}"))


if __name__ == "__main__":
    main()
