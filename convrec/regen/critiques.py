"""Critiques: how a shopper says what leads from one item to the next, with the reading of what was said."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from convrec.conversation import Act, Constraint, Reading
from convrec.language.grammar import expand, phrasings, roughen, slots_of
from convrec.regen.wishes import Wish

Phrasing = Literal["train", "unseen", "blind"]
# "unseen" words are for validation, "blind" ones, whose author saw neither the others nor the reader, for the test.
FILES: Mapping[Phrasing, str] = {"train": "critiques", "unseen": "critiques_unseen", "blind": "critiques_blind"}
TWO, SOFT, VAGUE = 0.16, 0.12, 0.07  # how often two wishes at once, a preference only, words without a facet
# How often one family of wishes is drawn, against the others: what shoppers mostly talk about.
WEIGHTS = {
    "cheaper": 1.3, "limit": 1.3, "nicer": 0.7, "brand_in": 0.9, "brand_out": 0.8, "swap": 2.0, "flag_in": 1.2,
    "flag_out": 0.7, "value_out": 0.8, "not_so": 0.9, "use": 1.3, "comparison_adj": 1.3, "comparison_np": 1.0,
    "least": 0.6, "pack": 0.6, "pack_more": 0.3, "pack_less": 0.3, "single": 0.4, "compatible": 2.5, "category": 1.2,
    "category_out": 0.3, "words": 1.0,
}  # fmt: skip


def choose(wishes: Sequence[Wish], rng: random.Random) -> Wish | None:
    """One wish: first its kind, by weight, then one of that kind. Vague ones have their own share."""
    kinds: dict[str, list[Wish]] = {}
    for wish in wishes:
        kinds.setdefault(wish.kind, []).append(wish)
    vague = kinds.pop("vague", None)
    if vague and (not kinds or rng.random() < VAGUE):
        return rng.choice(vague)
    if not kinds:
        return None
    kind = rng.choices(list(kinds), [WEIGHTS[k] for k in kinds])[0]
    return rng.choice(kinds[kind])


def write(wish: Wish, others: Sequence[Wish], rng: random.Random, phrasing: Phrasing) -> tuple[str, Reading]:
    """The wish in words: as it is, softened, or joined with one of `others` (about another facet)."""
    draw = rng.random()
    second = [w for w in others if w.short and w.facet != wish.facet] if wish.short and draw < TWO else []
    if second:
        return _two(wish, rng.choice(second), rng, phrasing)
    soft = phrasings(FILES[phrasing])
    if TWO <= draw < TWO + SOFT and wish.kind == "comparison_adj":
        return _said(soft["soft_comparison"], _softened(wish), wish.slots, rng)
    if TWO <= draw < TWO + SOFT and wish.short and wish.kind != "compatible":
        return _said(soft["soft"], _softened(wish), {"short": wish.short}, rng)
    return statement(wish, rng, phrasing)


def statement(wish: Wish, rng: random.Random, phrasing: Phrasing) -> tuple[str, Reading]:
    """The wish in words, as it is."""
    return _said(phrasings(FILES[phrasing])[wish.kind], wish, wish.slots, rng)


def asked(kind: Literal["open", "request", "request_fits"], slots: Mapping[str, str], constraints: Sequence[Constraint],
          rng: random.Random, phrasing: Phrasing) -> tuple[str, Reading]:  # fmt: skip
    """A first message: for anything at all ("open"), for a kind of thing ("request": a_thing,
    things) or for what fits something owned ("request_fits": mine)."""
    template = rng.choice(phrasings(FILES[phrasing])[kind])
    return roughen(expand(template, slots, rng), rng), Reading(Act.RECOMMEND, tuple(constraints))


def _two(first: Wish, second: Wish, rng: random.Random, phrasing: Phrasing) -> tuple[str, Reading]:
    if rng.random() < 0.5:
        first, second = second, first
    both = Wish(
        "two",
        (*first.constraints, *second.constraints),
        references=(*first.references, *second.references),
        vague=(*first.vague, *second.vague),
    )
    slots = {"a": first.short, "b": second.short}
    return _said(phrasings(FILES[phrasing])["two"], both, slots, rng)


def _softened(wish: Wish) -> Wish:
    return replace(wish, constraints=tuple(replace(c, hard=False) for c in wish.constraints))


def _said(templates: Sequence[str], wish: Wish, slots: Mapping[str, str], rng: random.Random) -> tuple[str, Reading]:
    template = rng.choice([t for t in templates if slots_of(t) <= slots.keys()])
    text = roughen(expand(template, slots, rng), rng)
    return text, Reading(Act.STEER, wish.constraints, wish.references, wish.vague)
