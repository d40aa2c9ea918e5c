from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from convrec.catalog import Catalog, Item
from convrec.conversation import Constraint, Op
from convrec.datasets import Dataset
from convrec.errors import ConfigError
from convrec.evaluate.texts import history_mentioned
from convrec.language.claims import ClaimChecker, sentences
from convrec.language.facts import MARK, Context, facts_of, render
from convrec.regen.writer import Writer

KINDS = ("reply", "purchase_reason", "endorsement", "user_summary")


def replies(demo: Dataset) -> Iterator[tuple[str, int, Context]]:
    """The narratives of the dialogues with what they were written about."""
    sequences, catalog = demo.sequences(), demo.catalog
    for row in demo.dialogues.iter_rows(named=True):
        constraints = tuple(Constraint.from_dict(c) for c in json.loads(row["constraints"]))
        history = tuple(sequences[row["user_id"]][: row["position"]])
        context = Context(history, constraints, catalog.row(row["reference_item_id"]))
        yield row["narrative"], catalog.row(row["target_item_id"]), context


def others(demo: Dataset) -> Iterator[tuple[str, int, Context]]:
    sequences = demo.sequences()
    for row in demo.turns.iter_rows(named=True):
        if row["kind"] != "critique":
            context = Context(tuple(sequences[row["user_id"]][: row["position"]]))
            yield row["text"], demo.catalog.row(row["target_item_id"]), context


def test_every_fact_has_a_value(demo: Dataset) -> None:
    for marked, row, context in (*replies(demo), *others(demo)):
        text = render(marked, facts_of(demo.catalog, row, context))
        assert "⟨" not in text
        assert "{" not in text


def test_claims_are_true(demo: Dataset) -> None:
    checker = ClaimChecker(demo.catalog)
    for narratives in (list(replies(demo)), list(others(demo))):
        claims = [
            claim
            for marked, row, context in narratives
            for sentence in sentences(marked)
            for claim in checker.check(sentence, row, context)
        ]
        false = [claim for claim in claims if not claim.supported]
        assert len(false) <= 0.005 * len(claims), false[:5]


def test_a_reply_says_at_least_two_true_things_in_two_to_four_sentences(demo: Dataset) -> None:
    checker = ClaimChecker(demo.catalog)
    for marked, row, context in list(replies(demo))[:400]:
        parts = sentences(marked)
        assert 2 <= len(parts) <= 5, marked  # "Not convinced? Tell me why." is one frame and two sentences
        assert sum(len(checker.check(part, row, context)) for part in parts) >= 2, marked


def test_no_frame_stands_in_more_than_two_in_a_hundred(demo: Dataset) -> None:
    narratives = [marked for marked, _, _ in replies(demo)]
    assert len(narratives) > 500
    frames = Counter(frame for marked in narratives for frame in {MARK.sub("", s).strip() for s in sentences(marked)})
    assert frames.most_common(1)[0][1] <= 0.02 * len(narratives), frames.most_common(5)


def test_replies_speak_of_the_wish_and_of_what_is_owned(demo: Dataset) -> None:
    narratives = list(replies(demo))
    assert history_mentioned(narratives, demo.catalog) > 0.9
    limited = [m for m, _, c in narratives if c.constraints and c.constraints[-1].op is Op.AT_MOST]
    assert limited
    assert all("⟨limit⟩" in marked for marked in limited)


def test_a_flag_is_only_claimed_where_it_holds(demo: Dataset) -> None:
    for marked, row, _ in (*replies(demo), *others(demo)):
        refillable = demo.catalog.value(row, "refillable")
        if "is refillable" in marked or "can be refilled" in marked:
            assert refillable is True
        if "is not refillable" in marked or "cannot be refilled" in marked:
            assert refillable is False


def test_a_summary_does_not_depend_on_what_comes_next(demo: Dataset, writer: Writer) -> None:
    history = tuple(next(iter(demo.sequences().values())))[:5]
    said = {writer.narrative("user_summary", row, Context(history), random.Random(3)) for row in range(40)}
    assert len(said) == 1


def test_a_summary_needs_a_history_and_a_kind_is_checked(writer: Writer) -> None:
    with pytest.raises(ConfigError, match="history"):
        writer.narrative("user_summary", 0, Context(), random.Random(0))
    with pytest.raises(ConfigError, match="purchase_reason"):
        writer.narrative("advert", 0, Context(), random.Random(0))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bare_catalogue_gets_narratives(bare: Catalog, kind: str) -> None:
    rng, plain = random.Random(0), Writer(bare)
    context = Context(history=(0, 5, 7), constraints=(Constraint("brand", Op.NOT, "Acme"),), reference=0)
    for row in range(len(bare)):
        marked = plain.narrative(kind, row, context, rng)  # type: ignore[arg-type]
        assert len(MARK.findall(marked)) >= (1 if kind == "user_summary" else 2), marked
        render(marked, facts_of(bare, row, context))


def test_a_newcomer_gets_a_reply(demo: Dataset, writer: Writer) -> None:
    for row in range(0, len(demo.catalog), 40):
        marked = writer.narrative("reply", row, Context(), random.Random(row))
        assert len(sentences(marked)) >= 2


def test_long_endorsements_are_long_and_true(bare: Catalog) -> None:
    writer, checker = Writer(bare), ClaimChecker(bare)
    for row in range(len(bare)):
        context = Context(tuple(other for other in range(len(bare)) if other != row)[:5])
        text = writer.narrative("endorsement_long", row, context, random.Random(row))
        assert len(render(text, facts_of(bare, row, context)).split()) >= 20
        assert all(checker.release(sentence, row, context) for sentence in sentences(text))


def test_a_summary_counts_all_things_that_bear_the_name_of_a_shelf() -> None:
    """Three pens stand on the shelf "Pens", and one thing more is a kind of "Pens" on another."""
    path = ("Office", "Pens")
    items = [Item(f"p{n}", f"Pen number {n}", "", (*path, "Gel Pens")) for n in range(3)]
    catalog = Catalog([*items, Item("gift", "A pen in a box", "", ("Gifts", "For desks", "Pens"))])
    writer = Writer(catalog)
    texts = [writer.narrative("user_summary", 0, Context((0, 1, 2, 3)), random.Random(seed)) for seed in range(40)]
    told = [sentence for text in texts for sentence in sentences(text) if "pens" in sentence]
    assert told
    assert all("4" in sentence for sentence in told)
