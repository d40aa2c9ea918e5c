"""How well messages are understood: slot F1 and false hard masks over utterances with their gold readings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from convrec.catalog import Catalog
from convrec.conversation import Act, Constraint, Op, Reading, Reference
from convrec.errors import DataError
from convrec.language.reader import Reader, Situation

SLOTS = ("price", "brand", "category", "attribute", "polarity", "reference", "act")
Slot = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One message, what it is said into, and what it means. `missing`: words that must be said not to be had."""

    part: str  # the list it stands in: dev, held, open...
    text: str
    situation: Situation
    gold: Reading
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Miss:
    """Where a reading departs from its gold."""

    text: str
    wanted: tuple[Slot, ...]
    found: tuple[Slot, ...]
    false_hard: tuple[Constraint, ...]


@dataclass(frozen=True, slots=True)
class ReadingFigures:
    """Micro-averaged over all slots. `false_hard_masks`: hard constraints that the gold lacks as hard, per utterance;
    `exact`: share of utterances with every slot right; `missing_said`: share of unmet wishes that are said."""

    utterances: int
    f1: float
    precision: float
    recall: float
    false_hard_masks: float
    exact: float
    missing_said: float
    by_slot: Mapping[str, float]  # F1
    misses: tuple[Miss, ...]


def evaluate_reader(catalog: Catalog, reader: Reader, examples: Sequence[Example]) -> ReadingFigures:
    """Reads every example and compares. Raises DataError where there is none."""
    if not examples:
        raise DataError("no utterances to evaluate the reader on; give a file with some in at least one part")
    right, found, wanted = Counter[str](), Counter[str](), Counter[str]()
    misses: list[Miss] = []
    false_hard, missing, said = 0, 0, 0
    for example in examples:
        reading = reader.read(example.text, example.situation)
        ours, gold = slots(reading), slots(example.gold)
        for counter, which in ((right, ours & gold), (found, ours), (wanted, gold)):
            counter.update(slot[0] for slot in which)
        hard = {_key(c) for c in example.gold.constraints if c.hard}
        false = tuple(c for c in reading.constraints if c.hard and _key(c) not in hard)
        false_hard += len(false)
        missing += len(example.missing)
        said += sum(any(word.casefold() in u.casefold() for u in reading.unmet) for word in example.missing)
        if ours != gold or false:
            misses.append(Miss(example.text, tuple(sorted(gold - ours)), tuple(sorted(ours - gold)), false))
    precision, recall = _share(right.total(), found.total()), _share(right.total(), wanted.total())
    return ReadingFigures(
        utterances=len(examples),
        f1=_f1(right.total(), found.total(), wanted.total()),
        precision=precision,
        recall=recall,
        false_hard_masks=false_hard / len(examples),
        exact=1 - sum(miss.wanted != () or miss.found != () for miss in misses) / len(examples),
        missing_said=_share(said, missing),
        by_slot={slot: _f1(right[slot], found[slot], wanted[slot]) for slot in SLOTS},
        misses=tuple(misses),
    )


def slots(reading: Reading) -> set[Slot]:
    """What is counted: the act, each reference, each constraint by facet and value, and its polarity apart.

    A facet taken back counts as polarity. Hardness is no slot: false hard masks are counted on their own.
    """
    out: set[Slot] = {("act", str(reading.act))}
    out |= {("reference", reference.item_id) for reference in reading.references}
    out |= {("polarity", facet, "any") for facet in reading.dropped}
    for constraint in reading.constraints:
        facet, op, value = _key(constraint)
        if facet == "price":
            out.add(("price", op, value))
            continue
        out.add((facet, value) if facet in ("brand", "category") else ("attribute", facet, value))
        out.add(("polarity", facet, value, op))
    return out


def table(figures: Mapping[str, ReadingFigures]) -> str:
    """Figures as plain text, one column for each part."""
    rows = [("", *figures)]
    for name in ("utterances", "f1", "precision", "recall", "false_hard_masks", "exact", "missing_said"):
        values = [getattr(f, name) for f in figures.values()]
        rows.append((name, *(str(v) if isinstance(v, int) else f"{v:.3f}" for v in values)))
    rows += [(f"f1 {slot}", *(f"{f.by_slot[slot]:.3f}" for f in figures.values())) for slot in SLOTS]
    return "\n".join(f"{row[0]:<18}" + "".join(f"{cell:>9}" for cell in row[1:]) for row in rows)


def read_examples(path: Path, catalog: Catalog) -> list[Example]:
    """The utterances of a YAML file (its head explains the form) over this catalogue.

    Raises DataError for a thing that the catalogue lacks or a meaning that cannot be parsed.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    things = {name: _thing(catalog, name, wanted) for name, wanted in data["things"].items()}
    situations = {name: _situation(catalog, things, said) for name, said in data["situations"].items()}
    examples = []
    for part in [name for name in data if name not in ("things", "situations")]:
        for entry in data[part]:
            situation = situations[entry["in"]]
            refs = [catalog[things[name]].item_id for name in entry.get("refs", ())]
            gold = Reading(
                Act(entry["act"]),
                constraints=tuple(_constraint(catalog, things, m, situation) for m in entry.get("means", ())),
                references=tuple(Reference(item_id, "named") for item_id in refs),
                dropped=tuple(entry.get("dropped", ())),
                count=entry.get("count"),
                together=entry.get("together", False),
            )
            examples.append(Example(part, entry["say"], situation, gold, tuple(entry.get("unmet", ()))))
    return examples


def _thing(catalog: Catalog, name: str, wanted: Mapping[str, Any]) -> int:
    constraints = [Constraint(facet, Op.IS, value) for facet, value in wanted.items()]
    rows = np.flatnonzero(np.all([catalog.satisfies(c) for c in constraints], axis=0)).tolist()
    if not rows:
        raise DataError(f"utterances: no item of this catalogue is {name!r}: {dict(wanted)}")
    return min(rows, key=lambda row: catalog[row].item_id)


def _situation(catalog: Catalog, things: Mapping[str, int], said: Mapping[str, Any]) -> Situation:
    history = tuple(things[name] for name in said.get("history", ()))
    shown = tuple(things[name] for name in said.get("shown", ()))
    steered = (*history[-1:], *shown)
    bare = Situation(history, shown, shown, steered[-1] if steered else None)
    constraints = tuple(_constraint(catalog, things, text, bare) for text in said.get("constraints", ()))
    return Situation(history, shown, shown, bare.reference, constraints)


def _constraint(catalog: Catalog, things: Mapping[str, int], text: str, situation: Situation) -> Constraint:
    """ "~colour is blue" → a soft constraint; "@" is the value of the item steered from, "@pen" that of another."""
    facet, op, said = text.lstrip("~").split(" ", 2)
    value: Any = said
    if facet == "compatible":
        value = catalog[things[said.lstrip("@")]].item_id
    elif said.startswith("@"):
        row = things[said[1:]] if said != "@" else situation.reference
        value = catalog.value(row, facet) if row is not None else None
    elif facet in catalog.facets and catalog.facets[facet].kind in ("number", "flag"):
        value = yaml.safe_load(said)
    if value is None or (facet != "compatible" and facet not in catalog.facets):
        raise DataError(f"utterances: {text!r} has no value here; the facet or the item's value is missing")
    return Constraint(facet, Op(op), value, not text.startswith("~"), text)


def _key(constraint: Constraint) -> tuple[str, str, str]:
    op, value = constraint.op, constraint.value
    if isinstance(value, bool) and not value:
        op, value = (Op.NOT if op is Op.IS else Op.IS), True
    text = f"{value:.2f}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
    return constraint.facet, str(op), text


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _f1(right: int, found: int, wanted: int) -> float:
    return _share(2 * right, found + wanted)
