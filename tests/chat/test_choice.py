import numpy as np
import pytest

from convrec.catalog import FITS, SYSTEM, Catalog
from convrec.chat.choice import Choice, Plan, beside, open_rows
from convrec.chat.state import State
from convrec.chat.words import Words
from convrec.conversation import Act, Constraint, ItemPart, Op, Reading, Reference

WORDS = Words("1")


def of(category: str, hard: bool = True) -> Constraint:
    return Constraint("category", Op.IS, category, hard)


def rows_of(shop: Catalog, leaf: str) -> list[int]:
    return [row for row, item in enumerate(shop.items) if item.leaf == leaf and item.available]


def choose(shop: Catalog, reading: Reading, before: State | None = None) -> Plan:
    before = before or State()
    return Choice(reading, before, before.hear("…", reading, shop), shop, WORDS).plan()


def kinds(shop: Catalog, mask: np.ndarray) -> set[str]:
    return {shop[int(row)].leaf for row in mask.nonzero()[0]}


def test_owned_shown_and_refused_are_closed(shop: Catalog) -> None:
    state = State(history=(1,), shown=(2,), refused=(3,))
    mask = open_rows(state, shop)
    assert not mask[[1, 2, 3]].any()
    assert mask.sum() == shop.live.sum() - shop.live[[1, 2, 3]].sum()


def test_soft_wishes_are_left_to_the_model(shop: Catalog) -> None:
    red = Constraint("colour", Op.IS, "red", hard=False)
    plan = choose(shop, Reading(Act.RECOMMEND, (of("Gel pens"), red)))
    (slot,) = plan.slots
    assert kinds(shop, slot.allowed) == {"Gel pens"}
    assert not shop.satisfies(red)[slot.allowed].all()


def test_a_soft_comparison_never_shows_the_same_again_while_there_is_another(shop: Catalog) -> None:
    pens = [row for row in rows_of(shop, "Gel pens") if shop[row].attributes.get("tip_mm")]
    thick, thin = (pick(pens, key=lambda row: shop[row].attributes["tip_mm"]) for pick in (max, min))
    tips = [float(shop[row].attributes["tip_mm"]) for row in (thick, thin)]
    (slot,) = choose(shop, Reading(Act.STEER, (of("Gel pens"), Constraint("tip_mm", Op.LESS, tips[0], False)))).slots
    assert max(float(shop[int(row)].attributes["tip_mm"]) for row in slot.allowed.nonzero()[0]) < tips[0]
    (slot,) = choose(shop, Reading(Act.STEER, (of("Gel pens"), Constraint("tip_mm", Op.LESS, tips[1], False)))).slots
    assert slot.allowed.any(), "there is no finer one, so any may be shown"


def test_two_kinds_get_a_slot_each_and_a_wish_concerns_those_that_can_have_it(shop: Catalog) -> None:
    ruled = Constraint("ruling", Op.IS, "lined")
    cheap = Constraint("price", Op.AT_MOST, 12.0)
    reading = Reading(Act.RECOMMEND, (of("Gel pens", False), of("Spiral notebooks", False), ruled, cheap))
    pens, notebooks = choose(shop, reading).slots
    assert kinds(shop, pens.allowed) == {"Gel pens"}
    assert kinds(shop, notebooks.allowed) == {"Spiral notebooks"}
    assert shop.satisfies(ruled)[notebooks.allowed].all()
    assert shop.satisfies(cheap)[pens.allowed | notebooks.allowed].all()


def test_of_two_kinds_in_force_a_message_may_be_of_one(shop: Catalog) -> None:
    before = State().hear("…", Reading(Act.RECOMMEND, (of("Gel pens", False), of("Spiral notebooks", False))), shop)
    assert len(choose(shop, Reading(Act.STEER, (Constraint("price", Op.AT_MOST, 12.0),)), before).slots) == 2
    (slot,) = choose(shop, Reading(Act.STEER, (Constraint("ruling", Op.IS, "lined", False),)), before).slots
    assert kinds(shop, slot.allowed) == {"Spiral notebooks"}


def test_what_goes_together_fits_where_anything_does(shop: Catalog) -> None:
    host = next(r for r in rows_of(shop, "Inkjet printers") if shop[r].attributes.get(SYSTEM))
    fitting = beside(shop, [host], shop.live)
    assert fitting.any()
    assert all(shop[int(r)].attributes[FITS] == shop[host].attributes[SYSTEM] for r in fitting.nonzero()[0])
    scissors = rows_of(shop, "Scissors")[0]
    akin = beside(shop, [scissors], shop.live)
    assert "Scissors" not in kinds(shop, akin)
    assert {shop[int(r)].categories[0] for r in akin.nonzero()[0]} == {shop[scissors].categories[0]}


def test_a_set_follows_its_first_item(shop: Catalog) -> None:
    slots = choose(shop, Reading(Act.RECOMMEND, (of("Inkjet printers"),), together=True, count=3)).slots
    assert [slot.beside for slot in slots] == [False, True, True]
    assert kinds(shop, slots[0].allowed) == {"Inkjet printers"}


def test_fewer_than_asked_is_said(shop: Catalog) -> None:
    pens = rows_of(shop, "Gel pens")
    plan = choose(shop, Reading(Act.RECOMMEND, (of("Gel pens"),), count=3), State(shown=tuple(pens[:-2])))
    assert plan.slots[0].count == 2
    assert "3" in plan.opening[0]
    assert "2" in plan.opening[0]


@pytest.mark.parametrize("act", [Act.MORE, Act.STEER, Act.RECOMMEND])
def test_when_nothing_is_left_it_is_said(shop: Catalog, act: Act) -> None:
    plan = choose(shop, Reading(act), State(shown=tuple(range(len(shop)))))
    assert plan.slots == ()
    assert plan.notes == ("nothing left",)


def test_others_are_the_alternatives_that_are_still_open(shop: Catalog) -> None:
    pens = rows_of(shop, "Gel pens")
    offered = tuple(ItemPart(shop[row].item_id, rank, -1.0) for rank, row in enumerate(pens[1:5], start=2))
    before = State(shown=(pens[0],), last_shown=(pens[0],), offered=offered, refused=(pens[1],))
    plan = choose(shop, Reading(Act.MORE, count=2), before)
    assert plan.ready == offered[1:3]
    assert plan.slots == ()
    named = choose(shop, Reading(Act.STEER, references=(Reference(shop[pens[4]].item_id, "named"),)), before)
    assert named.ready == (offered[3],)


def test_like_the_second_one_means_its_kind(shop: Catalog) -> None:
    pen, clock = rows_of(shop, "Gel pens")[0], rows_of(shop, "Wall clocks")[0]
    before = State(shown=(pen, clock), last_shown=(pen, clock))
    plan = choose(shop, Reading(Act.STEER, references=(Reference(shop[clock].item_id, "shown"),)), before)
    assert kinds(shop, plan.slots[0].allowed) == {"Wall clocks"}


def test_what_is_called_by_its_name_is_shown(shop: Catalog) -> None:
    clock = rows_of(shop, "Wall clocks")[1]
    plan = choose(shop, Reading(Act.RECOMMEND, references=(Reference(shop[clock].item_id, "named"),)))
    assert plan.slots[0].allowed.nonzero()[0].tolist() == [clock]


def test_what_the_shop_does_not_have_is_said_first(shop: Catalog) -> None:
    alone = choose(shop, Reading(Act.RECOMMEND, unmet=("a pony",)))
    assert (len(alone.opening), alone.slots, alone.notes) == (1, (), ("unmet: a pony",))
    with_more = choose(shop, Reading(Act.RECOMMEND, (of("Gel pens"),), unmet=("a pony",)))
    assert "“a pony”" in with_more.opening[0]
    assert kinds(shop, with_more.slots[0].allowed) == {"Gel pens"}


def test_an_impossible_wish_is_admitted_and_the_nearest_is_open(shop: Catalog) -> None:
    plan = choose(shop, Reading(Act.RECOMMEND, (of("Office chairs"), Constraint("price", Op.AT_MOST, 5.0))))
    cheapest = min(rows_of(shop, "Office chairs"), key=lambda row: shop[row].price or 0.0)
    assert plan.slots[0].allowed.nonzero()[0].tolist() == [cheapest]
    assert plan.notes == ("impossible: gave up price at_most 5.0",)
    assert "$5.00" in plan.opening[0]


def test_a_preference_that_nothing_of_the_kind_meets_is_said_not_to_be_met(shop: Catalog) -> None:
    chairs, colours = rows_of(shop, "Office chairs"), {str(item.attributes.get("colour")) for item in shop.items}
    there = {str(shop[row].attributes["colour"]) for row in chairs}
    absent, present = (Constraint("colour", Op.IS, min(some), False) for some in (colours - there, there))
    plan = choose(shop, Reading(Act.RECOMMEND, (of("Office chairs"), absent)))
    assert plan.notes == (f"preference not met: colour is {absent.value}",)
    assert str(absent.value) in plan.opening[0]
    assert kinds(shop, plan.slots[0].allowed) == {"Office chairs"}
    either = choose(shop, Reading(Act.RECOMMEND, (of("Office chairs"), absent, present)))
    assert either.opening == ()
