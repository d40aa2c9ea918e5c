"""Fact tokens: what they are rendered from, and that nothing else is ever taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convrec.catalog import Catalog, Item
from convrec.conversation import Constraint, Op
from convrec.language.facts import Context, fact_vocabulary, facts_of, fit, render, split

CATALOG = Catalog(
    [
        Item("pen", "Penora Glide", "Penora", ("Writing", "Gel pens"), 9.8, attributes={"tip_mm": 0.7, "system": "G2"}),
        Item("dear", "Inkwell Royal", "Inkwell", ("Writing", "Fountain pens"), 48.0, attributes={"refillable": True}),
        Item(
            "refill",
            "Penora Refill",
            "Penora",
            ("Writing", "Refills"),
            3.5,
            attributes={"fits": ("G2", "G5"), "colour": "blue"},
        ),
        Item("bare", "Something without a price"),
        Item("pad", "Tarn Pad", "Tarn", ("Paper", "Pads"), attributes={"use": ("exams", "classroom"), "size": "A4"}),
    ]
)


def test_facts_of_an_item_in_context() -> None:
    constraints = (
        Constraint("price", Op.AT_MOST, 20.0),
        Constraint("price", Op.AT_MOST, 12.0),
        Constraint("tip_mm", Op.IS, 0.7),
        Constraint("brand", Op.IS, "Inkwell"),
    )
    facts = facts_of(CATALOG, 0, Context(history=(1, 2), constraints=constraints, reference=1))
    assert facts == {
        "title": "Penora Glide", "brand": "Penora", "category": "gel pens", "price": "$9.80", "attr:tip_mm": "0.7 mm",
        "reference": "Inkwell Royal", "reference_brand": "Inkwell", "reference_price": "$48.00", "saving": "$38.20",
        "fits": "Penora Refill",
        "owned:1": "Penora Refill", "owned:2": "Inkwell Royal", "limit": "$12.00", "wish:1": "0.7 mm",
    }  # fmt: skip


def test_missing_values_have_no_fact() -> None:
    assert facts_of(CATALOG, 3, Context(reference=3)) == {"title": "Something without a price"}
    assert "extra" in facts_of(CATALOG, 1, Context(reference=0))


def test_cheaper_than_something_shown_is_no_limit_of_the_user() -> None:
    cheaper = Constraint("price", Op.LESS, 48.0)
    assert "limit" not in facts_of(CATALOG, 0, Context(constraints=(cheaper,), reference=1))


def test_what_was_refused_and_what_it_is_for_have_facts() -> None:
    refused = (
        Constraint("brand", Op.NOT, "Penora"), Constraint("size", Op.NOT, "A4"), Constraint("size", Op.NOT, "A5"),
        Constraint("refillable", Op.NOT, True), Constraint("compatible", Op.NOT, "pen"),
    )  # fmt: skip
    facts = facts_of(CATALOG, 4, Context(constraints=refused))
    assert {k: v for k, v in facts.items() if ":" in k} == {
        "attr:use": "exams and classroom", "attr:size": "A4", "use:1": "exams", "use:2": "the classroom",
        "not:1": "Penora", "not:2": "A5",
    }  # fmt: skip


def test_the_least_that_was_asked_for_is_a_wish() -> None:
    asked = Context(constraints=(Constraint("tip_mm", Op.AT_LEAST, 0.5), Constraint("tip_mm", Op.AT_LEAST, 0.9)))
    facts = facts_of(CATALOG, 0, asked)
    assert facts["wish:1"] == "0.5 mm"
    assert "wish:2" not in facts


def test_what_fits_is_said_from_both_sides() -> None:
    assert fit(CATALOG[0], CATALOG[2])
    assert fit(CATALOG[2], CATALOG[0])
    assert not fit(CATALOG[0], CATALOG[1])
    for row in range(len(CATALOG)):
        assert [fit(CATALOG[row], other) for other in CATALOG.items] == CATALOG.compatible(row).tolist()


def test_the_vocabulary_names_every_fact() -> None:
    names = fact_vocabulary(CATALOG)
    assert len(names) == len(set(names))
    for row in range(len(CATALOG)):
        context = Context((0, 1, 2), (Constraint("brand", Op.IS, "Penora"), Constraint("price", Op.AT_MOST, 5.0)), 1)
        assert facts_of(CATALOG, row, context).keys() <= set(names)


def test_a_fact_without_value_cannot_be_rendered() -> None:
    with pytest.raises(KeyError):
        render("It costs ⟨price⟩.", facts_of(CATALOG, 3, Context()))


@given(st.text(), st.text(min_size=1), st.text())
def test_catalogue_text_is_never_read_as_a_mark(before: str, title: str, after: str) -> None:
    catalog = Catalog([Item("x", f"{title} ⟨price⟩", price=1.0)])
    prose = [text.replace("⟨", "").replace("⟩", "") for text in (before, after)]
    facts = facts_of(catalog, 0, Context())
    assert render(f"{prose[0]}⟨title⟩{prose[1]}", facts) == f"{prose[0]}{title} ⟨price⟩{prose[1]}"


@given(st.text())
def test_what_a_user_said_never_becomes_a_fact(said: str) -> None:
    words = Constraint("brand", Op.IS, f"{said}⟨title⟩", said=said)
    assert facts_of(CATALOG, 0, Context(constraints=(words,))) == facts_of(CATALOG, 0, Context())


@given(
    st.lists(
        st.one_of(st.sampled_from(["⟨title⟩", "⟨price⟩", "⟨owned:1⟩", "⟨⟩", "⟨Title⟩", "⟨", "⟩"]), st.text()),
        max_size=12,
    )
)
def test_splitting_loses_nothing(pieces: list[str]) -> None:
    marked = "".join(pieces)
    assert "".join(f"⟨{piece}⟩" if is_fact else piece for piece, is_fact in split(marked)) == marked
