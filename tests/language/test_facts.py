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
        "compared:1": "is cheaper", "owned:1": "Penora Refill", "owned:2": "Inkwell Royal", "fits": "Penora Refill",
        "same:brand": "Penora Refill", "limit": "$12.00", "asked:tip_mm": "0.7 mm",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("marked", "read"),
    [
        ("It has ⟨attr:pieces⟩ pieces.", "It has 1 piece."),
        ("⟨attr:pieces⟩ pieces, ⟨attr:sheets⟩ sheets", "1 piece, 12 sheets"),
        ("pieces: ⟨attr:pieces⟩, piecesome", "pieces: 1, piecesome"),
        ("⟨attr:pieces⟩ sheets, pieces", "1 sheets, pieces"),
        ("⟨attr:pieces⟩ piecesome", "1 piecesome"),
        ("⟨least⟩ pieces", "1 pieces"),
    ],
)
def test_of_one_thing_the_singular_is_read(marked: str, read: str) -> None:
    assert render(marked, {"attr:pieces": "1", "attr:sheets": "12", "least": "1"}) == read


def test_missing_values_have_no_fact() -> None:
    assert facts_of(CATALOG, 3, Context(reference=3)) == {"title": "Something without a price"}
    assert "extra" in facts_of(CATALOG, 1, Context(reference=0))


def test_cheaper_than_something_shown_is_no_limit_of_the_user() -> None:
    cheaper = Constraint("price", Op.LESS, 48.0)
    assert "limit" not in facts_of(CATALOG, 0, Context(constraints=(cheaper,), reference=1))


def test_who_asks_for_something_cheap_names_no_limit() -> None:
    cheap, named = (Constraint("price", Op.AT_MOST, 99.0, False, said) for said in ("cheap", "around $90"))
    assert "limit" not in facts_of(CATALOG, 0, Context(constraints=(cheap,)))
    assert "limit" in facts_of(CATALOG, 0, Context(constraints=(named,)))


def test_what_was_refused_and_what_it_is_for_have_facts() -> None:
    refused = (
        Constraint("brand", Op.NOT, "Penora"), Constraint("size", Op.NOT, "A4"), Constraint("size", Op.NOT, "A5"),
        Constraint("refillable", Op.NOT, True), Constraint("compatible", Op.NOT, "pen"),
    )  # fmt: skip
    facts = facts_of(CATALOG, 4, Context(constraints=refused))
    assert {k: v for k, v in facts.items() if ":" in k} == {
        "attr:use": "exams and classroom", "attr:size": "A4", "use:1": "exams", "use:2": "the classroom",
        "not:brand": "Penora", "not:size": "A5",
    }  # fmt: skip


def test_the_least_that_was_asked_for_is_a_fact_where_the_item_has_as_much() -> None:
    asked = Context(constraints=(Constraint("tip_mm", Op.AT_LEAST, 0.5), Constraint("tip_mm", Op.AT_LEAST, 0.9)))
    assert facts_of(CATALOG, 0, asked)["least"] == "0.5 mm"
    assert "least" not in facts_of(CATALOG, 0, Context(constraints=asked.constraints[1:]))


def test_a_wish_that_the_item_does_not_grant_has_no_fact() -> None:
    wishes = (
        Constraint("price", Op.AT_MOST, 5.0, hard=False), Constraint("brand", Op.IS, "Tarn"),
        Constraint("refillable", Op.IS, True), Constraint("compatible", Op.IS, "dear"),
        Constraint("category", Op.IS, "Refills"),
    )  # fmt: skip
    granted = ("limit", "asked:brand", "asked_is", "asked_fits", "asked:category")
    assert not facts_of(CATALOG, 0, Context((1, 2), wishes)).keys() & {*granted}
    assert facts_of(CATALOG, 1, Context((2,), wishes))["asked_is"] in ("is refillable", "can be refilled")
    fitting = facts_of(CATALOG, 2, Context((0,), (Constraint("compatible", Op.IS, "pen"), wishes[4])))
    assert (fitting["asked_fits"], fitting["asked:category"]) == ("Penora Glide", "refills")


@pytest.mark.parametrize(
    ("said", "hard", "asked"),
    [("mine has run dry", False, False), ("perhaps a gel pen", False, True), ("biro", True, True), ("", False, True)],
)
def test_a_kind_that_was_only_meant_was_not_asked_for_in_words(said: str, hard: bool, asked: bool) -> None:
    wish = Constraint("category", Op.IS, "Gel pens", hard, said)
    assert ("asked:category" in facts_of(CATALOG, 0, Context(constraints=(wish,)))) is asked


def test_cheaper_than_the_last_one_is_a_wish_with_its_saving() -> None:
    catalog = Catalog(
        [Item(n, n, "B", ("Pens", "Gel pens"), price, attributes={"weight_g": w, "colour": c})
         for n, price, w, c in (("a", 3.0, 9.0, "red"), ("b", 5.0, 12.0, "red"), ("c", 4.0, 9.1, "blue"))]
    )  # fmt: skip
    wishes = (Constraint("price", Op.LESS, 5.0), Constraint("weight_g", Op.LESS, 12.0))
    facts = facts_of(catalog, 0, Context(constraints=wishes, reference=1))
    assert (facts["asked_saving"], facts["kept:colour"]) == ("$2.00", "red")
    assert facts["asked_compared"] in ("is lighter", "is less heavy")
    assert {facts["compared:1"], facts["compared:2"]} <= {
        "is cheaper",
        "is less expensive",
        "is lighter",
        "is less heavy",
    }
    other = facts_of(catalog, 0, Context(constraints=wishes, reference=2))
    assert "asked_compared" not in other, "it is hardly lighter than this one"
    assert "kept:colour" not in other


def test_a_likeness_names_the_newest_thing_that_has_it() -> None:
    catalog = Catalog(
        [Item(n, n, b, ("Pens", "Gel pens"), attributes={"colour": c, "use": u})
         for n, b, c, u in (
             ("a", "X", "red", ("exams", "letters")), ("b", "X", "blue", ("letters",)), ("c", "Y", "red", ("exams",)),
             ("d", "X", "green", ("maps",)),
         )]
    )  # fmt: skip
    facts = facts_of(catalog, 0, Context((2, 1, 3)))
    assert {k: v for k, v in facts.items() if k.startswith("same:")} == {
        "same:brand": "d", "same:category": "d", "same:use": "b", "same:colour": "c",
    }  # fmt: skip
    assert facts["shared_use"] == "letters"
    assert not [k for k in facts_of(catalog, 0, Context((0,))) if k.startswith("same:")], "it is the item itself"


@given(st.integers(0, len(CATALOG) - 1), st.lists(st.integers(0, len(CATALOG) - 1), max_size=8), st.integers(0, 4))
def test_every_fact_is_in_the_vocabulary_and_says_something(row: int, history: list[int], reference: int) -> None:
    constraints = (Constraint("brand", Op.NOT, "Tarn"), Constraint("refillable", Op.IS, True))
    facts = facts_of(CATALOG, row, Context(tuple(history), constraints, reference))
    assert facts.keys() <= set(fact_vocabulary(CATALOG))
    assert all(facts.values())


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
