"""What a reply will be, before a model is asked: an answer that code works out, or a choice of items."""

from __future__ import annotations

import re

from convrec.catalog import Catalog
from convrec.chat import explain
from convrec.chat.choice import MOST_ITEMS, Choice, Plan
from convrec.chat.state import State
from convrec.chat.words import Words
from convrec.conversation import Act, Reading
from convrec.language.utterance import Utterance

_MOODS = (
    ("thanks", re.compile(r"\b(thanks?|thank you|thx|cheers|merci|danke|gracias)\b", re.I)),
    ("goodbye", re.compile(r"\b(bye|goodbye|see you|good night|that.?s all|that is all)\b", re.I)),
    ("hello", re.compile(r"\b(hello|hi|hey|good (morning|afternoon|evening)|greetings)\b", re.I)),
)
_SERVICE = re.compile(
    r"\b(do|does|can|could|will|is|are|what|how|when)\b[^.!?]*\b(deliver(y|ed)?|ship(ping|ped)?|postage|returns?|refunds?|"
    r"exchange|discounts?|vouchers?|invoices?|open(ing)?)\b[^.!?]*\?",
    re.I,
)
_SUM = re.compile(
    r"\b(together|total|altogether|both|sum|add|the lot|the pair|all of (them|it|those|these)|"
    r"(all|the|those|these) (?P<number>[2-5])( of (them|those|these))?(?! \w+s\b))\b"
)
_HOW_MUCH = re.compile(r"\b(how much|what.*\b(cost|price)|(cost|price).*\?)", re.I)
# The same where something about the thing is asked: "what does it cost?", but not "how much does it weigh?".
_ITS_PRICE = re.compile(
    r"\bhow (much|expensive) (is|are|was|were) (it|this|that|they|these|those)\b|\bhow much (for|would)\b"
    r"|\b(what|how much) (does|do|did|would|will|is|was)\b.*\b(cost|price)\b(?! (tag|include))"
    r"|\b(is|are) (it|this|that|they|these|those) (very |really |quite )?(expensive|cheap|dear|pricey|costly)\W*$",
    re.I,
)
_MONEY = re.compile(r"\b(cost|costs|price|pay|spend|much|total|sum|add|come to|comes to|set me back)\b", re.I)
_TIMES = re.compile(r"(?<!of )\b(\d{1,4})(?= of (?:them|those|these|it)\b| (?:packs|packets|sets|boxes)\b)", re.I)


def plan(text: str, reading: Reading, before: State, state: State, catalog: Catalog, words: Words) -> Plan:
    """The plan of the reply to one message: `before` is the state it met, `state` the one in which it is answered."""
    subjects = tuple(catalog.row(r.item_id) for r in reading.references if r.item_id in catalog)
    asked = not reading.questions and (reading.act is not Act.ABOUT or _ITS_PRICE.search(text))
    if asked and (answer := _cost(text, reading, subjects, before, catalog, words)):
        return Plan(opening=(answer,))
    match reading.act:
        case Act.ABOUT:
            at_hand = [row for row in before.last_shown if row == before.reference] or before.last_shown[:1]
            rows = subjects or tuple(at_hand)
            answers = tuple(explain.about(catalog, row, reading.questions, words) for row in rows[:MOST_ITEMS])
            return Plan(opening=answers or (words.say("nothing_shown_yet"),))
        case Act.SOCIAL:
            mood = next((name for name, pattern in _MOODS if pattern.search(text)), "social")
            beyond = (words.say("off_topic"),) if _SERVICE.search(text) else ()  # "thank you! Do you deliver?"
            return Plan(opening=(words.say(mood, bought=len(state.history)), *beyond))
        case Act.OFF_TOPIC:
            return Plan(opening=(words.say("off_topic"),))
        case Act.PROFILE:
            return Plan(opening=(explain.profile(catalog, state, words),))
        case Act.RESTART if not (reading.constraints or reading.unmet):
            return Plan(opening=(words.say("restart", bought=len(state.history)),))
        case Act.WHY:
            rows = subjects or before.last_shown
            answers = tuple(explain.why(catalog, row, before, words) for row in rows[:MOST_ITEMS])
            return Plan(opening=answers or (words.say("nothing_shown_yet"),))
        case Act.COMPARE:
            rows = _at_least(2, subjects, before)
            if not rows:
                return Plan(opening=(words.say("nothing_shown_yet"),))
            return Plan(opening=(explain.compare(catalog, rows, words, reading.questions),))
        case _:
            return Choice(reading, before, state, catalog, words).plan()


def _cost(text: str, reading: Reading, subjects: tuple[int, ...], before: State, catalog: Catalog, words: Words) -> str:
    """The answer to "how much is it?" and "what do both cost together?"; empty where nothing of the kind was asked."""
    if reading.constraints or not (_MONEY.search(text) or _ITS_PRICE.search(text)):
        return ""
    if together := _SUM.search(Utterance(text).line):
        rows = _at_least(int(together["number"] or 2), subjects, before)
        return explain.total(catalog, rows, words) if len(rows) >= 2 else ""
    rows = subjects or before.last_shown
    if not rows or not (_HOW_MUCH.search(text) or _ITS_PRICE.search(text)):
        return ""
    times = _TIMES.search(text)
    return explain.price(catalog, rows[0], words, int(times[1]) if times else 1)


def _at_least(number: int, subjects: tuple[int, ...], before: State) -> tuple[int, ...]:
    """What is spoken of: what the message points at, or else the last reply, filled up with what was shown earlier."""
    rows = subjects or before.last_shown
    if len(rows) < number:
        rows = tuple(dict.fromkeys((*rows, *before.last_shown, *reversed(before.shown))))[:number]
    return rows[:MOST_ITEMS]
