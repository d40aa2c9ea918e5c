"""Does the critique steer? Four figures side by side, on shoppers and phrasings that training never saw.

Protocol. Questions: every test dialogue message in wordings by an author who saw neither the reader nor the
training phrasings ("blind"). The target is what the shopper really bought next.
Readings are the reader's own, message by message along the dialogue, as in a chat. Ranked is the whole catalogue less
what is out of stock, owned, or was shown and refused. Measured are Recall, NDCG and MRR @1, 5, 10 of

- `without`: the model with every message emptied; history, refusals and the item steered from stay;
- `history`: the model with no message at all, as REGEN's own control (arXiv 2503.11924): what the history predicts;
- `masks_off`: the model with messages and readings, no mask: the model, not the mask, understands;
- `with`: as served: among what the chat would choose from, items that meet wishes that need not hold before others;
- `without_masked`: `without` among what the chat would choose from: what the masks bring by themselves;
- `oracle`: popularity among what the true reading (hard and soft) allows, which is what a perfect reader with no taste
  would give. `oracle_share` is (with - without) / (oracle - without), of Recall@10, as the lifts are.

Four groups are told apart, because in a dialogue written after the fact the item shown was picked to resemble the
target, which by itself tells every arm where to look, the silent one too: `bought` are first messages, which steer from
the last item bought (REGEN's setting: the arms differ by the critique and by nothing else), `shown` are later ones,
which steer from an item shown and refused; `all` are both. `critiqued` are the first messages without those that say
nothing of what is wanted ("surprise me"): there with and without a critique are the same question (REGEN reports all
pairs and the critiqued ones, too).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.chat.choice import Choice, open_rows
from convrec.chat.state import State
from convrec.chat.words import Words
from convrec.conversation import Path
from convrec.datasets import Dataset
from convrec.errors import DataError
from convrec.evaluate.histories import Recommender, popularity
from convrec.evaluate.metrics import at_cutoffs, paired_interval, recall
from convrec.generate.engine import Engine
from convrec.generate.request import Chosen, Request
from convrec.language.reader import Reader, Situation
from convrec.model.ranking import PREFERENCE, expected_ranks, wishes_met
from convrec.train.examples import Dialogue, dialogues


@dataclass(frozen=True, slots=True)
class Question:
    """A test message as served: `state` after the reader heard it, and `choice`, (items,) bool, what of the catalogue
    the chat would choose from."""

    state: State
    choice: NDArray[np.bool_]
    dialogue: Dialogue

    @property
    def gone(self) -> list[int]:
        return [*self.dialogue.path.history, *self.dialogue.refused]

    def allowed(self, catalog: Catalog) -> NDArray[np.bool_]:
        """(items,) what may be served: the chat's choice, or whatever is not gone where that leaves nothing."""
        free = catalog.mask()
        free[self.gone] = False
        narrowed = free & self.choice
        return narrowed if narrowed.any() else free


def questions(dataset: Dataset, reader: Reader, phrasing: str = "blind") -> list[Question]:
    """The test messages of one phrasing, read along their dialogues. Raises DataError where there are none."""
    asked = []
    for dialogue in dialogues(dataset, dataset.sequences()):
        if dialogue.split == "test" and dialogue.phrasing == phrasing:
            asked.append(Question(*_heard(dialogue, reader, dataset), dialogue))
    if not asked:
        raise DataError(
            f"dialogues.parquet holds no test messages of {phrasing!r} phrasing; "
            "write them with `convrec regen write --hold-out 0.2` and train on that folder"
        )
    return asked


def evaluate_steering(
    recommenders: Iterable[Recommender], dataset: Dataset, reader: Reader, phrasing: str = "blind"
) -> dict[str, dict[str, float]]:
    """For each group that has questions, the figures of the protocol, with a paired 95 % interval of each lift; over
    several `recommenders` (seeds of one recipe) the means."""
    asked = questions(dataset, reader, phrasing)
    each = [steering_ranks(recommender, dataset, asked) for recommender in recommenders]
    ranks = {arm: np.stack([found[arm] for found in each]) for arm in each[0]}  # (seeds, questions)
    later = np.array([len(question.dialogue.path.turns) > 1 for question in asked])
    critiqued = np.array([question.dialogue.critique for question in asked]) & ~later
    groups = {"bought": ~later, "critiqued": critiqued, "shown": later, "all": np.ones(len(asked), dtype=bool)}
    return {
        group: _figures({name: found[:, member] for name, found in ranks.items()})
        for group, member in groups.items()
        if member.any()
    }


def steering_ranks(
    recommender: Recommender, dataset: Dataset, asked: Sequence[Question]
) -> dict[str, NDArray[np.float64]]:
    """For each arm of the protocol the (questions,) rank of the target."""
    catalog = dataset.catalog
    targets = [q.dialogue.target for q in asked]
    free = np.tile(catalog.live, (len(asked), 1))
    for i, question in enumerate(asked):
        free[i, question.gone] = False
    masked = free & np.stack([question.choice for question in asked])
    known = free & np.stack([catalog.mask(q.dialogue.path.turns[-1].constraints) for q in asked])
    heard = recommender.scores([q.state.path for q in asked])
    silent = recommender.scores([_silent(q.state.path) for q in asked])
    alone = recommender.scores([Path(q.state.history) for q in asked])
    popular = np.tile(popularity(dataset), (len(asked), 1))
    return {
        "history": expected_ranks(alone, targets, free),
        "without": expected_ranks(silent, targets, free),
        "masks_off": expected_ranks(heard, targets, free),
        "with": expected_ranks(preferring(heard, asked, catalog), targets, masked),
        "oracle": expected_ranks(popular, targets, known),
        "without_masked": expected_ranks(silent, targets, masked),
    }


def preferring(scores: NDArray[np.float32], asked: Sequence[Question], catalog: Catalog) -> NDArray[np.float32]:
    """(questions, items) the scores that are chosen by: more for each wish met that need not hold (model.ranking)."""
    out = scores.copy()
    for question, row in zip(asked, out, strict=True):
        if (met := wishes_met(question.state.path, catalog)) is not None:
            row += PREFERENCE * met
    return out


def violations(engine: Engine, dataset: Dataset, asked: Sequence[Question], k: int = 10) -> dict[str, int]:
    """What the engine's item step serves, first k: items that break a hard constraint that was read ("violations"), and
    items owned, refused before, out of stock or twice in one list ("forbidden")."""
    catalog = dataset.catalog
    broken = forbidden = 0
    for question in asked:
        allowed = catalog.mask(question.state.hard)
        allowed[question.gone] = False
        request = Request(question.state.path, allowed, alternatives=k - 1, narrate=False)
        rows = [row for event in engine.generate([request]) if isinstance(event, Chosen) for row in event.rows]
        satisfied = [catalog.satisfies(constraint)[rows] for constraint in question.state.hard]
        broken += int((~np.all([np.ones(len(rows), dtype=bool), *satisfied], axis=0)).sum())
        forbidden += len(rows) - len(set(rows) - set(question.gone)) + int((~catalog.live[rows]).sum())
    return {"violations": broken, "forbidden": forbidden}


def _figures(ranks: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    at = {name: recall(found) for name, found in ranks.items()}
    low, high = paired_interval(ranks["with"], ranks["without"])
    off_low, off_high = paired_interval(ranks["masks_off"], ranks["without"])
    every = {f"{metric}_{arm}": value for arm, found in ranks.items() for metric, value in at_cutoffs(found).items()}
    return every | {
        "questions": float(ranks["with"].shape[1]),
        "lift": at["with"] / max(at["without"], 1e-9),
        "lift_over_history": at["with"] / max(at["history"], 1e-9),
        "lift_low": low,
        "lift_high": high,
        "lift_masks_off": at["masks_off"] / max(at["without"], 1e-9),
        "lift_masks_off_low": off_low,
        "lift_masks_off_high": off_high,
        "oracle_share": (at["with"] - at["without"]) / max(at["oracle"] - at["without"], 1e-9),
    }


def _silent(path: Path) -> Path:
    return Path(path.history, tuple(replace(turn, text="", constraints=()) for turn in path.turns))


def _heard(dialogue: Dialogue, reader: Reader, dataset: Dataset) -> tuple[State, NDArray[np.bool_]]:
    """The state after every message of the dialogue was read in turn, and what the chat would choose from."""
    catalog = dataset.catalog
    history = dialogue.path.history
    state = State(history=history, reference=history[-1] if history else None)
    choice = open_rows(state, catalog)
    for turn in dialogue.path.turns:
        before = replace(state, reference=turn.reference)
        situation = Situation(state.history, state.last_shown, state.shown, turn.reference, state.constraints)
        reading = reader.read(turn.text, situation)
        state = state.hear(turn.text, reading, catalog)
        turns = (*state.turns[:-1], replace(state.turns[-1], reference=turn.reference))
        state = replace(state, reference=turn.reference, turns=turns)
        slots = Choice(reading, before, state, catalog, Words("steering")).plan().slots
        choice = slots[0].allowed if slots else open_rows(state, catalog)
        if turn.shown:
            state = state.show(turn.shown)
    return state, choice
