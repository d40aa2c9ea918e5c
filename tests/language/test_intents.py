"""What whole messages are after. None of these sentences is an example."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from readers import reader, shop
from safetensors import safe_open

from convrec.conversation import Act, Op, Reading
from convrec.language.aims import Aim, Aims
from convrec.language.encoder import load_encoder
from convrec.language.intents import FITTED, Example, Intents, examples, fingerprint, fit
from convrec.language.reader import Situation
from convrec.language.utterance import Utterance


@cache
def aims() -> Aims:
    return Aims(shop(), load_encoder())


def aim(text: str, table: str = "") -> Aim:
    return aims().of(Utterance(text), table)


def read(text: str, shown: str = "") -> Reading:
    row = next((row for row, item in enumerate(shop().items) if item.leaf == shown), None)
    return reader().read(text, Situation() if row is None else Situation((), (row,), (row,), row))


def asked(text: str, shown: str = "") -> set[tuple[object, bool]]:
    found = read(text, shown).constraints
    return {(c.value, c.hard) for c in found if c.facet == "category" and c.op is Op.IS}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I want to hear and be heard without the whole office listening in", "Headsets"),
        ("the printer is fine but it has nothing left to print on", "Copy paper"),
        ("the remote for the projector died, two of the tiny ones please", "Batteries"),
        ("I have the stapler, now it wants feeding", "Staples"),
        ("old bank statements should be confetti before they go in the bin", "Shredders"),
    ],
)
def test_a_need_is_told_from_what_is_only_named_beside_it(text: str, kind: str) -> None:
    assert aim(text).kind == kind
    assert asked(text) == {(kind, False)}, "a preference: the words do not say so"


@pytest.mark.parametrize(
    ("text", "table", "kind"),
    [
        ("and what do I pour into it?", "Pod machines", "Coffee pods"),
        ("the points have gone blunt again", "Coloured pencils", "Sharpeners"),
        ("I suppose I need something to put it on with", "Acrylic sets", "Paint brushes"),
    ],
)
def test_what_lies_on_the_table_says_what_goes_with_it(text: str, table: str, kind: str) -> None:
    assert aim(text, table).kind == kind
    assert aim(text, table).kind_is > aim(text, "Water bottles").kind_is
    assert asked(text, table) == {(kind, False)}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("staples for the office and a new machine to put them in, the old one jams", {"Staplers", "Staples"}),
        ("something that keeps my tea hot, plus a box for sandwiches", {"Travel mugs", "Lunch boxes"}),
    ],
)
def test_two_kinds_of_goods_are_wanted_at_once(text: str, kinds: set[str]) -> None:
    assert aim(text).several > 0.6
    assert {value for value, _ in asked(text)} == kinds


@pytest.mark.parametrize("text", ["a stapler, mine broke", "it has to fit my printer", "not the pen, the ink"])
def test_what_is_only_spoken_of_is_not_wanted_too(text: str) -> None:
    assert aim(text).several < 0.4


def test_what_is_named_and_meant_stays_a_mask() -> None:
    assert ("Headsets", True) in asked("I am looking for a headset")


def test_a_wide_name_is_narrowed_by_what_is_meant() -> None:
    assert asked("a pen with a nib that I fill from a bottle") >= {("Fountain pens", False)}


@pytest.mark.parametrize("text", ["got winter boots?", "I need a winter coat for my son", "two tickets for the cinema"])
def test_what_the_shop_has_not_is_said(text: str) -> None:
    assert aim(text).not_sold > 0.5
    assert read(text).unmet


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("what made you settle on this lamp of all lamps?", Act.WHY),
        ("let me see a few further ones", Act.MORE),
        ("which of the two has the edge?", Act.COMPARE),
        ("what have you got on file about me", Act.PROFILE),
        ("wipe everything and let us begin anew", Act.RESTART),
        ("you have been a great help, cheers", Act.SOCIAL),
        ("who won the world cup in 1998?", Act.OFF_TOPIC),
    ],
)
def test_acts_by_meaning(text: str, act: Act) -> None:
    assert read(text, "Desk lamps").act is act


@pytest.mark.parametrize("text", ["plainer", "not quite my taste", "this will see a lot of travel"])
def test_what_is_said_of_the_thing_at_hand_asks_for_no_other_kind(text: str) -> None:
    assert not asked(text, "Desk lamps")


def test_what_things_are_compared_by_is_read() -> None:
    first, second = [row for row, item in enumerate(shop().items) if item.leaf == "Headsets"][:2]
    read = reader().read("which of these two is lighter?", Situation((), (first, second), (first, second), first))
    assert read.act is Act.COMPARE
    assert [(q.facet, q.value) for q in read.questions] == [("weight_g", "less")]


def test_probabilities_are_of_all_kinds_and_sum_to_one() -> None:
    probabilities = Intents(load_encoder()).of("something for hot tea").probabilities
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-4)
    assert {"Travel mugs", "why", "steer", "none"} < probabilities.keys()


@pytest.mark.parametrize("text", ["", "   ", "pen " * 60])
def test_of_an_empty_or_a_very_long_message_nothing_is_probable(text: str) -> None:
    assert aim(text) == Aim()


def test_what_is_fitted_is_fitted_to_the_examples_of_today() -> None:
    with safe_open(FITTED, "pt") as file:
        assert file.metadata()["examples"] == fingerprint(examples()), "run python -m convrec.language.intents"


def test_fitting_learns_what_it_is_shown() -> None:
    said = [("tea", "a cup of tea"), ("tea", "green tea please"), ("ink", "blue ink"), ("tea+ink", "tea and ink")]
    found = [Example("one", kind, text, table) for kind, text in said for table in ("Water bottles", None)]
    tensors = fit(load_encoder(), found * 4, epochs=3)
    assert tensors["weight"].shape == (3, 384), "two kinds, and that there are several"
    assert tensors["beside"].abs().sum() > 0, "what marks the table is learnt"
    assert any(name.endswith(".A") and tensor.abs().sum() > 0 for name, tensor in tensors.items())
    assert all(torch.isfinite(tensor.float()).all() for tensor in tensors.values())
