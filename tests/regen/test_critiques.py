from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import pytest

from convrec.catalog import Catalog
from convrec.conversation import Act, Op, Reading
from convrec.datasets import Dataset
from convrec.language.relations import similar
from convrec.regen.wishes import Wish
from convrec.regen.writer import Writer


def pairs(demo: Dataset) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    for rows in demo.sequences().values():
        for position, (source, target) in enumerate(pairwise(rows)):
            if similar(demo.catalog, source, target):
                yield source, target, tuple(rows[: position + 1])


def written(
    demo: Dataset, writer: Writer, phrasing: Literal["train", "unseen", "blind"]
) -> Iterator[tuple[int, int, str, Reading]]:
    rng = random.Random(5)
    for source, target, history in pairs(demo):
        for text, reading in writer.critiques(source, target, rng, phrasing, history=history):
            yield source, target, text, reading


@pytest.mark.parametrize("phrasing", ["train", "unseen", "blind"])
def test_a_critique_leads_from_the_source_to_the_target(
    demo: Dataset, writer: Writer, phrasing: Literal["train", "unseen", "blind"]
) -> None:
    count = 0
    for source, target, text, reading in written(demo, writer, phrasing):
        count += 1
        assert reading.act is Act.STEER
        assert reading.constraints or reading.wishes, text
        for constraint in reading.constraints:
            holds = demo.catalog.satisfies(constraint)
            assert holds[target], (text, constraint)
            assert not holds[source], (text, constraint)
    assert count > 500


def test_a_critique_never_gives_the_target_away(demo: Dataset, writer: Writer) -> None:
    for _, target, text, _ in written(demo, writer, "train"):
        item = demo.catalog[target]
        assert item.title.casefold() not in text.casefold()
        assert item.item_id.casefold() not in text.casefold()


def test_five_critiques_of_a_pair_differ(demo: Dataset, writer: Writer) -> None:
    rng = random.Random(1)
    for source, target, history in list(pairs(demo))[:100]:
        texts = [text for text, _ in writer.critiques(source, target, rng, history=history)]
        assert len(texts) == 5
        assert len(set(texts)) == 5


def test_all_kinds_of_wishes_come_up(demo: Dataset, writer: Writer) -> None:
    rng = random.Random(2)
    found = Counter(
        wish.kind
        for source, target, history in pairs(demo)
        for wish in writer.wishes.between(source, target, history, rng)
    )
    assert {
        "cheaper", "limit", "nicer", "brand_in", "brand_out", "swap", "flag_in", "flag_out", "value_out", "not_so",
        "use",
        "comparison_adj", "comparison_np", "least", "pack", "compatible", "category", "category_out", "vague",
    } <= found.keys()  # fmt: skip


def test_two_wishes_at_once_and_soft_ones_come_up(demo: Dataset, writer: Writer) -> None:
    readings = [reading for _, _, _, reading in written(demo, writer, "train")]
    two = sum(len({c.facet for c in r.constraints}) == 2 for r in readings) / len(readings)
    soft = sum(any(not c.hard for c in r.constraints) for r in readings) / len(readings)
    vague = sum(not r.constraints for r in readings) / len(readings)
    assert 0.05 < two < 0.25
    assert 0.05 < soft < 0.3
    assert 0.02 < vague < 0.15


def test_what_was_said_is_what_was_read(demo: Dataset, writer: Writer) -> None:
    """Limits and brands stand in the text as the reading has them (typos and capitals aside)."""
    for _, _, text, reading in written(demo, writer, "train"):
        for constraint in reading.constraints:
            if constraint.facet == "brand" and constraint.op is Op.IS and len(reading.constraints) == 1:
                assert str(constraint.value)[:1].casefold() in text.casefold()
            if constraint.op is Op.AT_MOST and any(letter.isdigit() for letter in constraint.said):
                assert f"{constraint.value:g}" in text


def test_a_bare_catalogue_has_critiques_on_brand_and_category(bare: Catalog) -> None:
    rng, plain = random.Random(0), Writer(bare)
    texts = plain.critiques(bare.row("Acme-Ballpoint Pens-1"), bare.row("Bolt-Gel Pens-1"), rng)
    facets = {constraint.facet for _, reading in texts for constraint in reading.constraints}
    assert len(texts) == 5
    assert facets == {"brand", "category"}


def test_nothing_leads_from_an_item_to_its_twin(bare: Catalog) -> None:
    twins = bare.row("-Gel Pens-1"), bare.row("-Gel Pens-2")
    assert Writer(bare).critiques(*twins, random.Random(0)) == []


def test_a_wish_knows_its_facet() -> None:
    assert Wish("vague", vague=("nicer",)).facet == ""
