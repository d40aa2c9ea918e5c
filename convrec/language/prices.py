"""Amounts of money in a message: limits, ranges, "around $20", and amounts said against the reference's own price."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from convrec.catalog import Catalog
from convrec.conversation import Constraint, Op
from convrec.language.utterance import Utterance

CHEAPER = 0.35  # the share of goods of a kind that are cheap, and that are dear
_UP = "thicker|bigger|larger|heavier|wider|longer|taller|louder|faster|brighter|higher|greater|broader|bolder|more"
_DOWN = "thinner|smaller|lighter|narrower|shorter|quieter|slower|dimmer|lower|finer|fewer|less|cheaper"
UPPER = (
    rf"under|below|beneath|(?:{_DOWN}) than|up to|upto|at most|at the most|(?:no|not|nothing|not any|"
    rf"isn't) (?:{_UP}) than|"
    r"nothing over|nothing above|not over|not above|maximum of|maximum|max of|max|within|inside|sub|limit of|limit is|"
    r"beyond|past|south of|until|surpass(?:es|ing)?|without breaking|"
    r"part with more than|"
    r"spend more (?:than|as)|spend over|pay more (?:than|as)|pay over|go over|go above|afford more than|"
    r"cost more (?:than|as)|exceeding|"
    r"exceed|<"
)
LOWER = (
    rf"over|above|(?:no|not|nothing) (?:{_DOWN}) than|(?:{_UP}) than|at least|starting at|starting from|minimum of|"
    rf"minimum|"
    r"min|upwards of|not under|not below|nothing under|nothing below|from|>"
)
AROUND = (
    r"around|(?<!how )(?<!what )about|roughly|approximately|approx|circa|ca|~|close to|near|in the region of|"
    r"somewhere near|something like"
)
AFTER_UPPER = (
    r"or less|or under|or below|max|maximum|tops|top|at most|at the most|or cheaper|and under|and below|limit|"
    rf"or (?:{_DOWN})"
)
AFTER_LOWER = (
    r"or above|or over|and up|and above|and over|minimum|min|at least|upwards|or better|"
    rf"or (?:{_UP})|\+"
)
AFTER_AROUND = r"or so|ish|or thereabouts|give or take|more or less"
_BUDGET = (
    r"budget is(?: about| around)?|budget of(?: about| around)?|budget :|budget|spend|can pay|to pay|pay|i have|"
    r"i've got|i only have|i got|got|only have|i only had|i had only|i just had|"
    r"have only|only got|spare|afford|spending"
)
_NUMBER = r"\d+(?:\.\d+)?"
_CURRENCY = r"dollars?|bucks?|usd|\$|quid|pounds?|gbp|euros?|eur|£|€"
_AMOUNT = rf"(?:(?P<sign>[$£€]) )?(?P<number>{_NUMBER})(?: (?P<unit>{_CURRENCY}|cents?)(?![^\s]))?"
# What may follow a figure without a currency for it to be a price: never a unit or a noun.
_CLEAR = (
    r"(?=$| [,.;!?:)\n]| (?:and|but|please|pls|plz|for|if|or|with|would|in(?! (?:an?|the|one|each|every|packs?) )|so|"
    r"thanks|is|on|total|though|max|tops|preferably|ideally|not|no|from|that|by|each|maybe|will|as|too|also|per|"
    r"altogether|then|this)(?: |$))"
)
# "More than 10 I will not pay."
_REFUSED = (
    r"(?: [^\s,.;]+){0,2}? (?:not|never|won't|wont|can't|cant|cannot|couldn't|wouldn't|refuse to)(?: [^\s,.;]+){0,2}? "
    r"(?:pay|spend|afford|go|give|stretch|part)(?!\S)"
)
_LIMIT = re.compile(
    rf"(?<!\S)(?:(?P<upper>{UPPER})|(?P<lower>{LOWER})|(?P<around>{AROUND})|(?P<budget>{_BUDGET})) (?:an? |"
    rf"the )?{_AMOUNT}(?!\S)"
    rf"(?: (?P<after>{AFTER_UPPER}|{AFTER_LOWER}|{AFTER_AROUND})(?!\S))?(?P<refused>{_REFUSED})?"
)
_RANGE = re.compile(
    rf"(?<!\S)(?:(?P<frame>between|from|anywhere from) )?(?:an? )?(?:[$£€] )?(?P<low>{_NUMBER})(?: (?:{_CURRENCY}))? "
    rf"(?:and|to|-) (?:an? )?{_AMOUNT}(?!\S)"
)
# Said of an amount, these make it the most that will be paid: "$15 is my ceiling", "what does 20 get me".
_MOST = re.compile(
    r"(?<!\S)(?:ceiling|cap|capped|stops?|pocket|purse|wallet|kitty|allowance|all i have|all i've got|all we have|"
    r"all we've got|(?:my|our|the) lot|penny more|cent more|stretch|get me|buy me|gets me|buys me|get us|buy us|"
    r"top out|max out|maxed out|cut off|draw the line|to my name|out of the question|as far as|that's all|that's it|"
    r"absolute most|upper end|spending money|gave me|given(?! the choice)|put aside|aside for|saved up|approved|"
    r"budget's|budgeted|budget)(?!\S)"
)
_NUMBERED = re.compile(r"(?<!\S)(?:year|class|grade|form|room|page|number|chapter|table|platform|size|level) $")
_PLAIN = re.compile(rf"(?<!\S){_AMOUNT}(?!\S)(?: (?P<after>{AFTER_UPPER}|{AFTER_LOWER}|{AFTER_AROUND})(?!\S))?")
_TENNER = re.compile(r"(?<!\S)(?:(?P<upper>" + UPPER + r"|for) )?an? (?P<word>tenner|fiver|twenty)(?!\S)")
_AGAINST = re.compile(
    rf"(?<!\S)(?:(?P<half>(?:less than |under |below |about |around )?half (?:the |that |its )?(?:price|cost)|"
    rf"half as (?:much|expensive|pricey))"
    rf"|(?P<percent>{_NUMBER}) (?:%|percent|per cent) (?:cheaper|less|off)"
    rf"|(?:[$] )?(?P<off>{_NUMBER})(?: (?:{_CURRENCY}))? (?:cheaper|less)"
    r"|(?P<same>(?:around |about |roughly )?(?:the )?(?:same|similar) price(?: range)?|similarly priced)"
    r"|(?P<paid>(?:no|not|nothing)(?: \w+)? more than(?: that| this one| this| it|(?= (?:what )?i paid))|"
    r"not more expensive|no more expensive))(?!\S)"
)


# "$40 for the two of them": so much for each. "For the two of us" says how many people pay.
_SHARED = re.compile(
    r"(?:(?:max|maximum|tops|at most|total|in total|altogether) )?"
    r"for (?:both|the pair|(?:the|all) (?P<number>[2-9]|10))(?: of (?:them|those|these))?(?=$| [.,;!?])"
)
_VAGUE = re.compile(rf"(?<!\S)(?:{AROUND}|{AFTER_AROUND})(?!\S)")
CHEAPEST = re.compile(
    r"(?<!\S)(?:cheapest|least expensive|least pricey|least costly|lowest price|lowest priced|most affordable)(?!\S)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """Constraints that the words `first` up to, not including, `last` make. `unmet`: what to say about them."""

    first: int
    last: int
    constraints: tuple[Constraint, ...]
    unmet: str = ""
    relative: bool = False  # said against the reference's own price


def is_named(limit: Constraint) -> bool:
    """Whether a limit of a price was named: who asks for "a cheap pen" names none."""
    return limit.hard or not limit.said or bool(find_prices(Utterance(limit.said), None))


def price_level(catalog: Catalog, kinds: Sequence[Constraint], op: Op) -> float | None:
    """US$: what the cheaper CHEAPER of the goods of any of these kinds cost at most, or (`op` AT_LEAST) the dearer ones
    at least; None where no price is known."""
    rows = np.logical_or.reduce([catalog.satisfies(c) for c in kinds]) & catalog.live
    prices = [p for row in np.flatnonzero(rows) if (p := catalog[int(row)].price) is not None]
    share = CHEAPER if op is Op.AT_MOST else 1 - CHEAPER
    return float(np.quantile(prices, share, method="nearest")) if prices else None


def lowest_price(catalog: Catalog, kinds: Sequence[Constraint], others: Sequence[Constraint]) -> float | None:
    """US$: what the cheapest of any of these kinds costs that all of `others` hold for; None where none has a price."""
    rows = np.logical_or.reduce([catalog.satisfies(c) for c in kinds]) & catalog.mask(others)
    return min((p for row in np.flatnonzero(rows) if (p := catalog[int(row)].price) is not None), default=None)


def find_prices(utterance: Utterance, reference: float | None) -> list[Amount]:
    """Amounts of money, none overlapping; `reference` is the price (US$) that relative words are measured by."""
    found: list[Amount] = []
    taken: set[int] = set()
    for amount in (
        *_against(utterance, reference),
        *_ranges(utterance),
        *_limits(utterance),
        *_colloquial(utterance),
        *_plain(utterance),
    ):
        if taken.isdisjoint(range(amount.first, amount.last)):
            found.append(_shared(utterance, amount))
            taken.update(range(amount.first, amount.last))
    return sorted(found, key=lambda amount: amount.first)


def _shared(u: Utterance, amount: Amount) -> Amount:
    """What each may cost where the amount is for several at once."""
    match = _SHARED.match(" ".join(word.text for word in u.words[amount.last :]))
    if match is None or amount.relative:
        return amount
    limits, last = amount.constraints, amount.last + len(match.group().split())
    said, share = u.said(amount.first, last), int(match["number"] or 2)
    if len(limits) == 2 and not limits[0].hard and not amount.unmet:  # a sum is the most, no middle: "$40 for both"
        middle = sum(float(c.value) for c in limits) / 2
        limits = (replace(limits[1], value=middle, hard=_VAGUE.search(said.casefold()) is None),)
    each = tuple(replace(c, value=round(float(c.value) / share, 2), said=said) for c in limits)
    return replace(amount, last=last, constraints=each)


def _amount(u: Utterance, match: re.Match[str], *limits: tuple[Op, float], hard: bool = True) -> Amount:
    first, last = u.span(match)
    said = u.said(first, last)
    foreign = re.search(r"[£€]|quid|pound|gbp|eur", match.group()) is not None
    constraints = tuple(Constraint("price", op, round(value, 2), hard and not foreign, said) for op, value in limits)
    return Amount(first, last, constraints, "prices other than in US$" if foreign else "")


def _relative(u: Utterance, match: re.Match[str], *limits: tuple[Op, float], hard: bool = True) -> Amount:
    return replace(_amount(u, match, *limits, hard=hard), relative=True)


def _around(value: float) -> tuple[tuple[Op, float], tuple[Op, float]]:
    return (Op.AT_LEAST, 0.8 * value), (Op.AT_MOST, 1.2 * value)


def _against(u: Utterance, reference: float | None) -> Iterator[Amount]:
    if reference is None:
        return
    for match in _AGAINST.finditer(u.line):
        if match["half"]:
            yield _relative(u, match, (Op.AT_MOST, reference / 2))
        elif match["percent"]:
            yield _relative(u, match, (Op.AT_MOST, reference * (1 - min(float(match["percent"]), 100) / 100)))
        elif match["off"]:
            yield _relative(u, match, (Op.AT_MOST, max(reference - float(match["off"]), 0.0)))
        elif match["same"]:
            yield _relative(u, match, *_around(reference), hard=False)
        else:
            yield _relative(u, match, (Op.AT_MOST, reference))


def _ranges(u: Utterance) -> Iterator[Amount]:
    for match in _RANGE.finditer(u.line):
        money = re.search(rf"(?<!\S)(?:{_CURRENCY})(?!\S)", match.group()) or (
            match["frame"] and re.match(_CLEAR, u.line[match.end() :])
        )
        if money and match["unit"] not in ("cent", "cents"):
            low, high = sorted((float(match["low"]), float(match["number"])))
            yield _amount(u, match, (Op.AT_LEAST, low), (Op.AT_MOST, high))


def _limits(u: Utterance) -> Iterator[Amount]:
    for match in _LIMIT.finditer(u.line):
        money = match["sign"] or match["unit"]
        refused = match["lower"] and match["refused"]
        if not money and not match["after"] and not refused and not re.match(_CLEAR, u.line[match.end() :]):
            continue
        if match["budget"] and not money and not match["budget"].startswith(("budget", "spend")):
            continue  # "i have 3 children"
        if (
            match["around"]
            and not money
            and not match["after"]
            and match["around"] not in ("around", "about", "roughly")
        ):
            continue
        value = float(match["number"]) / (100 if (match["unit"] or "").startswith("cent") else 1)
        after = match["after"] or ""
        if match["around"] or re.fullmatch(AFTER_AROUND, after):
            yield _amount(u, match, *_around(value), hard=False)
        elif (match["lower"] and not refused and not re.fullmatch(AFTER_UPPER, after)) or re.fullmatch(
            AFTER_LOWER, after
        ):
            # "More than 10" pens, or dollars? Few people ask to pay more, so without a currency it only leans.
            yield _amount(u, match, (Op.AT_LEAST, value), hard=bool(money))
        else:
            soft = match["budget"] and ("about" in match["budget"] or "around" in match["budget"])
            yield _amount(u, match, (Op.AT_MOST, value), hard=not soft)


def _colloquial(u: Utterance) -> Iterator[Amount]:
    values = {"tenner": 10.0, "fiver": 5.0, "twenty": 20.0}
    for match in _TENNER.finditer(u.line):
        yield _amount(u, match, (Op.AT_MOST, values[match["word"]]))


def _plain(u: Utterance) -> Iterator[Amount]:
    for match in _PLAIN.finditer(u.line):
        money = match["sign"] or match["unit"]
        most = _MOST.search(u.line) is not None
        bare = (
            most
            and not _NUMBERED.search(u.line[: match.start()])
            and re.match(_CLEAR, u.line[match.end() :]) is not None
        )  # "my ceiling sits at eight"
        tops = re.fullmatch(r"tops|or less|or cheaper|or under|max|or so", match["after"] or "") is not None
        if not (money or bare or tops):
            continue
        value = float(match["number"]) / (100 if (match["unit"] or "").startswith("cent") else 1)
        after = match["after"] or ""
        if re.fullmatch(AFTER_UPPER, after) or (most and not after):
            yield _amount(u, match, (Op.AT_MOST, value))
        elif re.fullmatch(AFTER_LOWER, after):
            yield _amount(u, match, (Op.AT_LEAST, value))
        else:
            yield _amount(u, match, *_around(value), hard=False)
