from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convrec.catalog import Catalog, Item
from convrec.chat.state import TURNS_SHOWN_TO_THE_MODEL, Exchange, State, derive, shown_again
from convrec.conversation import Act, Constraint, ItemPart, Op, Question, Reading, Reference

ITEMS = [
    Item("pen-1", "Blue Pen", "Tarn", ("Writing", "Gel pens"), 4.0, attributes={"colour": "blue", "tip_mm": 0.5}),
    Item("pen-2", "Red Pen", "Tarn", ("Writing", "Gel pens"), 6.0, attributes={"colour": "red", "tip_mm": 0.7}),
    Item("pen-3", "Gold Pen", "Orlo", ("Writing", "Fountain pens"), 40.0, attributes={"colour": "gold"}),
    Item("pad-1", "Lined Pad", "Orlo", ("Paper", "Notebooks"), 5.0, attributes={"ruling": "lined", "use": ("a", "b")}),
    Item("pad-2", "Blue Pad", "Tarn", ("Paper", "Notebooks"), 9.0, attributes={"ruling": "blank", "colour": "blue"}),
]
CATALOG = Catalog(ITEMS)
GEL, PADS = Constraint("category", Op.IS, "Gel pens"), Constraint("category", Op.IS, "Notebooks")
BLUE, RED = Constraint("colour", Op.IS, "blue"), Constraint("colour", Op.IS, "red")


def steer(*constraints: Constraint, act: Act = Act.STEER, **more: object) -> Reading:
    return Reading(act, constraints, **more)  # type: ignore[arg-type]


def in_force(*readings: Reading) -> tuple[Constraint, ...]:
    return derive([Exchange("…", reading) for reading in readings], (), CATALOG).constraints


def test_constraints_accumulate() -> None:
    assert in_force(steer(GEL), steer(BLUE)) == (GEL, BLUE)


def test_a_later_value_replaces_the_earlier_one() -> None:
    assert in_force(steer(GEL, BLUE), steer(RED)) == (GEL, RED)


def test_taking_a_value_out_forgets_that_it_was_wanted() -> None:
    no_blue = Constraint("colour", Op.NOT, "blue")
    assert in_force(steer(BLUE), steer(no_blue)) == (no_blue,)
    assert in_force(steer(no_blue), steer(BLUE)) == (BLUE,)


def test_words_of_titles_add_up() -> None:
    blue, gold = (Constraint("title", Op.IS, word, False) for word in ("blue", "gold"))
    assert in_force(steer(blue), steer(gold)) == (blue, gold)
    assert in_force(steer(blue), steer(replace(blue, op=Op.NOT))) == (replace(blue, op=Op.NOT),)


def test_refused_brands_add_up() -> None:
    no_tarn, no_orlo = Constraint("brand", Op.NOT, "Tarn"), Constraint("brand", Op.NOT, "Orlo")
    assert in_force(steer(no_tarn), steer(no_orlo)) == (no_tarn, no_orlo)


def test_a_new_limit_replaces_the_old_one_even_upwards() -> None:
    old, new = Constraint("price", Op.AT_MOST, 5.0), Constraint("price", Op.AT_MOST, 20.0)
    assert in_force(steer(old), steer(new)) == (new,)


def test_cheaper_never_lifts_the_limit_that_was_set() -> None:
    limit, cheaper = Constraint("price", Op.AT_MOST, 5.0), Constraint("price", Op.LESS, 9.0)
    assert in_force(steer(limit), steer(cheaper)) == (limit,)
    tighter = Constraint("price", Op.LESS, 4.0)
    assert in_force(steer(limit), steer(tighter)) == (tighter,)


def test_a_floor_and_a_ceiling_stand_together_while_both_can_hold() -> None:
    low, high = Constraint("price", Op.AT_LEAST, 5.0), Constraint("price", Op.AT_MOST, 9.0)
    assert in_force(steer(low), steer(high)) == (low, high)
    lower = Constraint("price", Op.AT_MOST, 3.0)
    assert in_force(steer(low), steer(lower)) == (lower,)


def test_what_is_taken_back_is_forgotten() -> None:
    assert in_force(steer(GEL, BLUE), steer(dropped=("colour",))) == (GEL,)


def test_steering_to_another_category_keeps_only_what_it_can_meet() -> None:
    fine = Constraint("tip_mm", Op.AT_MOST, 0.5)
    assert in_force(steer(GEL, fine, BLUE), steer(PADS)) == (BLUE, PADS)


def test_asking_for_another_category_is_a_new_need() -> None:
    assert in_force(steer(GEL, BLUE), steer(PADS, act=Act.RECOMMEND)) == (PADS,)
    path = [Exchange("a", steer(GEL), shown=("pen-1",)), Exchange("b", steer(PADS, act=Act.RECOMMEND))]
    assert derive(path, (2,), CATALOG).turns[-1].reference == 2  # the last one bought, as in a first message


def test_asking_within_the_category_is_not_a_new_need() -> None:
    writing = Constraint("category", Op.IS, "Writing")
    assert in_force(steer(writing, BLUE), steer(GEL, act=Act.RECOMMEND)) == (BLUE, GEL)


def test_restart_forgets_the_wishes_and_keeps_purchases_and_refusals() -> None:
    path = [Exchange("a", steer(GEL), shown=("pen-1",), refused=("pen-1",)), Exchange("b", Reading(Act.RESTART))]
    state = derive(path, (3,), CATALOG)
    assert (state.constraints, state.shown, state.last_shown) == ((), (), ())
    assert (state.history, state.refused, state.reference) == ((3,), (0,), 3)


def test_the_reference_is_what_was_pointed_at_else_last_shown_else_last_bought() -> None:
    assert derive([Exchange("a", steer())], (3, 4), CATALOG).reference == 4
    shown = [Exchange("a", steer(), shown=("pen-1", "pen-2"))]
    assert derive(shown, (3,), CATALOG).reference == 0
    pointing = steer(references=(Reference("pen-2", "shown"),))
    assert derive(shown, (3,), CATALOG).hear("that one", pointing, CATALOG).turns[-1].reference == 1


def test_what_was_asked_stays_asked_until_something_else_is_or_other_goods_are_wanted() -> None:
    colour, size = Question("colour", "blue"), Question("size", "A4")
    asks = [Exchange("a", steer(GEL)), Exchange("b", Reading(Act.ABOUT, questions=(colour,)))]
    further = Exchange("c", steer(BLUE))

    def asked(*path: Exchange) -> tuple[Question, ...]:
        return derive(path, (), CATALOG).asked

    assert asked(*asks) == asked(*asks, further) == (colour,)
    assert asked(*asks, Exchange("d", Reading(Act.ABOUT, questions=(size,)))) == (size,)
    assert asked(*asks, Exchange("e", Reading(Act.RESTART))) == ()
    assert asked(*asks, Exchange("f", steer(PADS, act=Act.RECOMMEND))) == ()


def test_a_reply_without_items_leaves_what_was_last_shown() -> None:
    offered = (ItemPart("pen-3", 2, -1.0),)
    path = [Exchange("a", steer(), shown=("pen-1",), offered=offered), Exchange("why?", Reading(Act.WHY))]
    state = derive(path, (), CATALOG)
    assert (state.last_shown, state.offered) == ((0,), offered)


def test_a_later_verdict_overrules_the_earlier_one() -> None:
    path = [
        Exchange("a", steer(), shown=("pen-1",), refused=("pen-1",)),
        Exchange("b", steer(), shown=("pen-2",), liked=("pen-1", "pen-2")),
    ]
    state = derive(path, (), CATALOG)
    assert (state.refused, state.liked) == ((), (0, 1))


def test_items_that_left_the_catalogue_are_passed_over() -> None:
    state = derive([Exchange("a", steer(), shown=("gone", "pen-1"))], (), CATALOG)
    assert state.shown == (0,)


def test_the_model_sees_the_last_turns_that_led_to_items_and_the_message_at_hand() -> None:
    path = [Exchange(f"message {n}", steer(), shown=("pen-1",)) for n in range(6)]
    path.append(Exchange("thanks", Reading(Act.SOCIAL)))
    state = derive(path, (), CATALOG).hear("and now", steer(BLUE), CATALOG)
    assert [turn.text for turn in state.path.turns] == ["message 3", "message 4", "message 5", "and now"]
    assert len(state.path.turns) == TURNS_SHOWN_TO_THE_MODEL
    assert state.path.turns[-1].constraints == (BLUE,)


constraint = st.one_of(
    st.builds(Constraint, st.just("colour"), st.sampled_from([Op.IS, Op.NOT]), st.sampled_from(["blue", "red"])),
    st.builds(
        Constraint,
        st.just("price"),
        st.sampled_from([Op.AT_MOST, Op.AT_LEAST, Op.LESS, Op.MORE]),
        st.floats(1, 50).map(lambda price: round(price, 2)),
    ),
    st.builds(Constraint, st.just("category"), st.just(Op.IS), st.sampled_from(["Gel pens", "Notebooks", "Writing"])),
)
exchange = st.builds(
    Exchange,
    st.text(max_size=5),
    st.builds(
        Reading, st.sampled_from([Act.RECOMMEND, Act.STEER, Act.RESTART]), st.lists(constraint, max_size=1).map(tuple)
    ),
    st.lists(st.sampled_from([item.item_id for item in ITEMS]), max_size=2, unique=True).map(tuple),
)


@given(st.lists(exchange, max_size=6), st.lists(exchange, max_size=3))
def test_a_branch_leaks_nothing_into_the_path_it_left(path: list[Exchange], branch: list[Exchange]) -> None:
    before = derive(path, (3,), CATALOG)
    derive([*path, *branch], (3,), CATALOG)
    assert derive(path, (3,), CATALOG) == before


@given(st.lists(exchange, min_size=1, max_size=6))
def test_the_last_message_is_always_in_force(path: list[Exchange]) -> None:
    """Every constraint of the last message holds, itself or through a tighter earlier limit; no two contradict."""
    state: State = derive(path, (), CATALOG)
    allowed = CATALOG.mask(state.constraints)
    for said in path[-1].reading.constraints:
        assert not (allowed & ~CATALOG.satisfies(said)).any()
    facets = [c.facet for c in state.constraints if c.op is Op.IS]
    assert len(facets) == len(set(facets))


@pytest.mark.parametrize(
    ("limit", "becomes"),
    [
        (Constraint("price", Op.AT_MOST, 4.0, False, "cheap"), 40.0),
        (Constraint("price", Op.AT_MOST, 4.0), 4.0),  # named: no chance that it is what is cheap there changes it
        (Constraint("price", Op.AT_MOST, 4.0, False, "ideally under $4"), 4.0),
        (Constraint("price", Op.AT_MOST, 4.4, False, "about the same price"), 4.4),
    ],
)
def test_only_cheap_is_worked_out_anew_for_another_kind(limit: Constraint, becomes: float) -> None:
    fountain = Constraint("category", Op.IS, "Fountain pens")
    assert in_force(steer(GEL, limit), steer(fountain)) == (replace(limit, value=becomes), fountain)


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("show me the first one again", 0),
        ("the first one was nicer", 0),
        ("I'd rather have the first one", 0),
        ("go back to the first one", 0),
        ("more like the first one", None),
        ("show me the same as the first one", None),
        ("don't show me the first one again", None),
        ("no, not the first one", None),
        ("no thanks, the first one is too big", None),
        ("I'd rather not take the first one", None),
        ("let me see the alternatives to the first one", None),
        ("no, I mean the first one", 0),
    ],
)
def test_a_thing_shown_before_that_is_pointed_at_is_wanted_again(text: str, again: int | None) -> None:
    first = Reading(Act.STEER, references=(Reference("pen-1", "shown", "the first one"),))
    before = derive([Exchange("…", steer(GEL, BLUE), ("pen-1",)), Exchange("…", steer(RED), ("pen-2",))], (), CATALOG)
    assert shown_again(text, first, before, CATALOG) == again
    kept = before.hear(text, first, CATALOG).constraints
    assert kept == ((GEL,) if again == 0 else (GEL, RED))
    assert shown_again(text, replace(first, constraints=(PADS,)), before, CATALOG) is None
    assert shown_again(text, first, replace(before, refused=(0,)), CATALOG) is None
    assert shown_again(text, first, replace(before, last_shown=(0,)), CATALOG) is None


def test_the_cheapest_lifts_no_limit_and_is_worked_out_anew() -> None:
    limit = Constraint("price", Op.AT_MOST, 8.0)
    cheapest = Constraint("price", Op.AT_MOST, 4.0, False, "cheapest")
    assert in_force(steer(GEL), steer(limit), steer(cheapest)) == (GEL, limit, cheapest)
    assert in_force(steer(GEL), steer(cheapest), steer(RED)) == (GEL, replace(cheapest, value=6.0), RED)


def test_cheaper_says_nothing_of_other_kinds_that_all_cost_more_but_holds_within_its_own() -> None:
    cheaper, writing = Constraint("price", Op.LESS, 4.5), Constraint("category", Op.IS, "Writing")
    fountain = Constraint("category", Op.IS, "Fountain pens")
    assert in_force(steer(GEL, cheaper), steer(PADS)) == (PADS,)
    assert cheaper in in_force(steer(writing, cheaper), steer(fountain)), "said that there is none, not forgotten"


def test_after_a_table_it_is_what_was_shown_last() -> None:
    shown = State().show((0,)).show((3,))
    first = Reference("pen-1", "shown", said="the first one")
    assert (
        shown.hear("compare it with the first one", Reading(Act.COMPARE, references=(first,)), CATALOG).reference == 3
    )
