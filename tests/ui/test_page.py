"""What a person does with the page, in a real browser, over the scripted engine."""

from __future__ import annotations

import pytest
from page_visitor import Visitor
from playwright.sync_api import expect

ASK = "a refillable pen, smoother, maybe blue and not Norrby"


def test_a_shopper_is_chosen_and_their_history_stands_at_the_side(visitor: Visitor) -> None:
    visitor.choose("Shopper 17")
    expect(visitor.page.locator("#who .own")).to_have_count(2)
    expect(visitor.page.locator("#who .own").first).to_contain_text("Kestrel Dotted Notebook")  # the newest first
    expect(visitor.page.locator("#who .own").last).to_contain_text("$3.40")


def test_a_message_is_answered_with_chips_a_card_and_words(visitor: Visitor) -> None:
    visitor.choose("Shopper 17").say(ASK)
    page = visitor.page
    expect(page.locator("#thread .me")).to_have_text(ASK)
    expect(page.locator("#thread .chip.limit")).to_contain_text(["refillable", "Gel Pens"])
    expect(page.locator("#thread .chip.no")).to_contain_text("not Norrby")
    expect(page.locator("#thread .chip.wish")).to_contain_text(["blue", "smoother"])
    card = page.locator("#thread .card")
    expect(card).to_contain_text("Tarn Glide Gel Pen")
    expect(card).to_contain_text("$9.80")
    expect(card.locator(".fact.hit")).to_have_text("refillable")
    expect(page.locator("#thread .say").first).to_contain_text("gel pens that are blue, refillable and not by Norrby")
    expect(page.locator("#thread .say").last).to_contain_text("It costs $9.80.")
    expect(page.locator("#thread .tools")).to_contain_text("ms to the first item")
    expect(page.locator("#box textarea")).to_have_value("")
    assert not visitor.errors


def test_the_card_comes_before_the_words(visitor: Visitor) -> None:
    visitor.write("slowly a pen")
    expect(visitor.page.locator("#live .card")).to_be_visible()
    assert "It costs $3.40." not in visitor.page.locator("#live").inner_text()
    expect(visitor.page.locator("#live .say, #thread .say")).to_contain_text("It costs $3.40.")
    visitor.settled(1)


def test_a_chip_taken_away_asks_again_without_it_on_a_branch(visitor: Visitor) -> None:
    visitor.say("a refillable pen")
    expect(visitor.page.locator("#thread .card")).to_contain_text("Tarn")
    visitor.page.locator("#thread .chip", has_text="refillable").click()
    expect(visitor.page.locator("#thread .branches")).to_have_text("‹2 of 2")
    visitor.settled(1)
    expect(visitor.page.locator("#thread .chip")).to_have_count(1)
    expect(visitor.page.locator("#thread .card")).to_contain_text("Norrby")
    visitor.tap(".branches button")
    expect(visitor.page.locator("#thread .chip")).to_have_count(2)
    expect(visitor.page.locator("#thread .card")).to_contain_text("Tarn")


def test_a_like_stays_and_can_be_taken_back(visitor: Visitor) -> None:
    visitor.say("a pen")
    like = visitor.page.locator("#thread [data-act=like]")
    like.click()
    expect(like).to_have_class("btn on")
    visitor.come()
    expect(like).to_have_class("btn on")
    like.click()
    expect(like).to_have_class("btn")


def test_what_is_refused_does_not_come_back(visitor: Visitor) -> None:
    visitor.say("a pen").tap("[data-act=dislike]")
    expect(visitor.page.locator("#thread [data-act=dislike]")).to_have_class("btn on")
    visitor.say("a pen")
    expect(visitor.page.locator("#thread .card").last).not_to_contain_text("Norrby")


def test_three_alternatives_and_the_next_critiques_are_one_tap_away(visitor: Visitor) -> None:
    visitor.say("a pen")
    expect(visitor.page.locator("#thread .alt")).to_have_count(3)
    visitor.page.locator("#thread .quick").get_by_text("why this one?").click()
    visitor.settled(2)
    expect(visitor.page.locator("#thread .me").last).to_have_text("why this one?")
    expect(visitor.page.locator("#thread .say").last).to_contain_text("Norrby Fine Gel Pen")


def test_an_alternative_tapped_becomes_the_card(visitor: Visitor) -> None:
    visitor.say("a pen")
    visitor.page.locator("#thread .alt", has_text="Osprey").click()
    visitor.settled(2)
    expect(visitor.page.locator("#thread .card").last).to_contain_text("Osprey Flow Gel Pen")
    expect(visitor.page.locator("#thread .alt")).to_have_count(2)


def test_retry_undo_and_edit_lose_nothing(visitor: Visitor) -> None:
    visitor.say("a pen")
    visitor.tap("[data-act=retry]")
    expect(visitor.page.locator("#thread .branches")).to_have_text("‹2 of 2")
    visitor.settled(1).tap("[data-act=edit]")
    expect(visitor.page.locator("#box textarea")).to_have_value("a pen")
    expect(visitor.page.locator("#thread .welcome")).to_be_visible()
    visitor.say("a refillable pen")
    expect(visitor.page.locator("#thread .branches").first).to_have_text("‹2 of 2")
    visitor.tap("[data-act=undo]")
    expect(visitor.page.locator("#thread .welcome")).to_be_visible()


def test_stop_keeps_what_was_released_and_what_was_said(visitor: Visitor) -> None:
    visitor.write("slowly a pen")
    expect(visitor.page.locator("#live .card")).to_be_visible()
    visitor.page.locator("#stop").click()
    visitor.settled(1)
    expect(visitor.page.locator("#thread .note")).to_have_text("Stopped here.")
    expect(visitor.page.locator("#thread .card")).to_be_visible()
    visitor.say("a refillable pen")
    expect(visitor.page.locator("#thread .card")).to_have_count(2)


def test_a_returning_visitor_finds_their_conversations_and_nobody_elses(visitor: Visitor, stranger: Visitor) -> None:
    visitor.choose("Shopper 18").say("a pen of mine")
    visitor.page.locator("#new").click()
    expect(visitor.page.locator("#thread .welcome")).to_be_visible()
    visitor.say("another pen")
    visitor.come()
    expect(visitor.page.locator("#thread .me")).to_have_text("another pen")
    expect(visitor.page.locator("#conversations .conv")).to_have_count(2)
    visitor.page.locator("#conversations .conv", has_text="a pen of mine").click()
    expect(visitor.page.locator("#thread .me")).to_have_text("a pen of mine")
    expect(visitor.page.locator("#who")).to_contain_text("Shopper 18")
    stranger.come()
    expect(stranger.page.locator("#thread .welcome")).to_be_visible()
    expect(stranger.page.locator("#conversations .conv")).to_have_count(0)


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)><script>alert(2)</script>",
        '"><button data-act="undo" onclick="alert(3)">tap</button>',
        "⟨price⟩ and <item_42> and {{ 7 * 7 }} and ${1 + 1} and {{#each value}}x{{/each}}",
        "**bold** [link](javascript:alert(4)) $x^2$",
    ],
)
def test_what_a_person_types_is_only_ever_text(visitor: Visitor, text: str) -> None:
    visitor.say(text)
    expect(visitor.page.locator("#thread .me")).to_have_text(text)
    expect(visitor.page.locator("#thread .me *")).to_have_count(0)
    expect(visitor.page.locator("#conversations .conv")).to_contain_text(text[:40])
    visitor.come()
    expect(visitor.page.locator("#thread .me")).to_have_text(text)
    assert not visitor.errors


def test_what_the_catalogue_says_is_only_ever_text(visitor: Visitor) -> None:
    visitor.say("a pen, not norrby, not tarn, not osprey, not linde")
    expect(visitor.page.locator("#thread .card b").first).to_have_text("Kestrel <b>Bold</b> & Co Pen")


@pytest.mark.parametrize(("text", "notice"), [("   ", "Nothing was written"), ("x" * 5000, "5,000 characters")])
def test_a_message_that_cannot_be_answered_gets_a_notice_and_stays(visitor: Visitor, text: str, notice: str) -> None:
    visitor.write(text)
    expect(visitor.page.locator(".toast-wrap")).to_contain_text(notice)
    expect(visitor.page.locator("#box textarea")).to_have_value(text)
    expect(visitor.page.locator("#conversations .conv")).to_have_count(0)
    expect(visitor.page.locator("#send")).to_be_visible()


def test_an_unknown_shopper_gets_a_notice_without_markup(visitor: Visitor) -> None:
    visitor.page.locator("#shopper input").fill("<i>nobody</i>")
    visitor.page.locator("#shopper input").press("Enter")
    expect(visitor.page.locator(".toast-wrap")).to_contain_text("no shopper '<i>nobody</i>'")
    visitor.say("a pen")


def test_on_a_phone_the_side_folds_and_the_alternatives_scroll(phone: Visitor) -> None:
    page = phone.page
    expect(page.locator("#side")).not_to_be_in_viewport()
    page.locator("[data-act=menu]").tap()
    expect(page.locator("#side")).to_be_in_viewport()
    phone.choose("Shopper 17")
    page.touchscreen.tap(370, 300)  # beside it
    expect(page.locator("#side")).not_to_be_in_viewport()
    phone.say("a pen")
    expect(page.locator("#thread .alt")).to_have_count(3)
    wider = "el => el.scrollWidth > el.clientWidth"
    assert page.locator("#thread .alts").evaluate(wider)
    assert not page.locator("body").evaluate(wider)


def test_the_page_calls_nobody(visitor: Visitor) -> None:
    visitor.say("a pen")
    assert not visitor.outside
