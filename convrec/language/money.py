"""What a message says of money and other amounts, in figures or without: "under $20", "that hurts my wallet"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from convrec.catalog import Catalog
from convrec.conversation import Act, Constraint, Op
from convrec.language.aims import CERTAINLY, HARDLY, OVER_NAMES, SHORT, SURELY, Aim
from convrec.language.draft import Draft
from convrec.language.manner import Spoken
from convrec.language.prices import CHEAPEST, Amount, is_named, lowest_price, price_level
from convrec.language.scope import Scope
from convrec.language.utterance import Utterance

_RELATIVE = (Op.LESS, Op.MORE)
_DENIED = {Op.IS: Op.NOT, Op.AT_LEAST: Op.AT_MOST}
_SPURNED = {Op.AT_LEAST: Op.AT_MOST, Op.MORE: Op.AT_MOST, Op.AT_MOST: Op.AT_LEAST, Op.LESS: Op.AT_LEAST}
_SPURNING = re.compile(
    r"(?<!\S)(?:exclude|filter out|leave out|skip|get by (?:on|with)|make do with|bother with|settle for|put up with|"
    r"accept)(?: anything| everything| all| those)?$"
)
_ANYTHING = re.compile(r"(?<!\S)(?:anything|everything)$")
_TOLD_OF = re.compile(
    r"(?:[^\s,.?!]+ ){0,2}(?:is|are|isn't|won't|wouldn't|will|would|needs?|means|gets|doesn't|makes|and i'll|and ill|"
    r"and i)(?!\S)"
)
_ASKS_PRICE = re.compile(
    r"(?:what|what's|whats|tell me|and)\b.*(?<!\S)(?:price|prices|cost|costs)(?!\S)|(?:.* )?how much (?!less|cheaper)"
)


_DEARER = re.compile(
    r"(?:a (?:little|bit|touch|tad) )?(?:more |higher|bigger|grander|dearer|pricier|costlier)", re.IGNORECASE
)
# What is said of the cheapest wants none: "the cheapest way", "the cheapest isn't always the best".
_OF_SUCH = re.compile(r" way(?!\S)|(?: \S+){0,3} (?:isn't|is not|is always|any good)(?!\S)")
# Not "anything but the cheapest", "the second cheapest", "is that the cheapest?", "if it's the cheapest".
_NOT_CHEAPEST = re.compile(
    r"(?<!\S)(?:not|never|(?:anything|all|everything) but|if|\S+n't|hate|second|third|2nd|3rd|next|"
    r"(?:is|are) (?:it|this|that|these|those|they))(?: \S+){0,4}? ?$"
)
# What costs more is mostly what is nicer: a preference, and no word that the catalogue would have to know.
_NICER = re.compile(
    r"(?:^|(?<=[,.;!] )|(?<!\S)(?:something|anything|an?|one|ones|bit|little|somewhat|slightly|rather|want|prefer|"
    r"and|but) )nicer(?=$| [,.!:;]| (?:one|ones|than|for|please|but|and|in|version|versions)(?!\S)|(?: \?)+$)"
)
_OF_ONE = re.compile(r"(?<!\S)(?:which|would|was|is|are|were|'s|1st|2nd|first|second|third|last)(?!\S)")


class Money:
    """Over one catalogue. `aimed`: whether the aims of messages are known; without them the words alone count."""

    def __init__(self, catalog: Catalog, aimed: bool) -> None:
        self._catalog, self._aimed = catalog, aimed

    def take_amounts(self, u: Utterance, draft: Draft, amounts: Sequence[Amount], scope: Scope) -> None:
        """Amounts, of money or not, as constraints in the manner in which they are said."""
        for amount in amounts:
            manner = scope.of(amount.first)
            draft.relative = draft.relative or amount.relative
            if amount.unmet:
                draft.unmet.append(amount.unmet)
            if manner.described:
                continue
            for constraint in amount.constraints:
                if constraint.facet not in self._catalog.facets:
                    draft.unmet.append(constraint.said)  # a catalogue without prices
                    continue
                if _is_spurned(u, amount) and constraint.op in _SPURNED:
                    constraint = replace(constraint, op=_SPURNED[constraint.op])
                elif manner.negative and constraint.op in _DENIED:  # "nothing like that over $20"
                    constraint = replace(constraint, op=_DENIED[constraint.op])
                if manner.soft and not manner.insisted:
                    constraint = replace(constraint, hard=False)
                if all(constraint.key != c.key for c in draft.constraints):
                    draft.constraints.append(constraint)

    def take_level(self, draft: Draft, before: Sequence[Constraint]) -> None:
        """ "A cheap pen", where there is nothing to be cheaper than: among the cheaper of its kind, if possible. No
        limit that was named, now or `before`, gives way to it."""
        kinds = [c for c in draft.constraints if (c.facet, c.op) == ("category", Op.IS)]
        if draft.level is None or not kinds or any(c.facet == "price" for c in draft.constraints):
            return
        if any(c.facet == "price" and is_named(c) for c in before):
            return
        op, said, wish = draft.level
        limit = price_level(self._catalog, kinds, op)
        if limit is not None:
            draft.put(Constraint("price", op, limit, False, said))
            draft.wishes = [other for other in draft.wishes if other != wish]

    def take_cheapest(self, u: Utterance, draft: Draft, before: Sequence[Constraint], base: int | None) -> None:
        """ "The cheapest shredder": what costs as little as any of its kind, if possible. The kind is the one asked
        for, or else the one in force `before`, or else that of the `base`."""
        match = CHEAPEST.search(u.line)
        if match is not None and (
            _NOT_CHEAPEST.search(u.line[: match.start()]) or _OF_SUCH.match(u.line[match.end() :])
        ):
            return
        asked = [c for c in draft.constraints if (c.facet, c.op) == ("category", Op.IS)]
        kinds = asked or [c for c in before if (c.facet, c.op) == ("category", Op.IS)]
        if not kinds and base is not None and self._catalog[base].leaf:
            kinds = [Constraint("category", Op.IS, self._catalog[base].leaf)]
        if match is None or not kinds:
            return
        others = [c for c in (*draft.constraints, *(() if asked else before)) if c.hard]
        others = [c for c in others if c.facet not in ("price", "category")]
        limit = lowest_price(self._catalog, kinds, others) or lowest_price(self._catalog, kinds, ())
        if limit is None:
            return
        said = u.said(*u.span(match))
        draft.constraints = [
            c for c in draft.constraints if c.facet != "price" or (c.op not in _RELATIVE and is_named(c))
        ]
        draft.constraints.append(Constraint("price", Op.AT_MOST, limit, False, said))
        draft.wishes = [wish for wish in draft.wishes if wish not in said]
        draft.unmet = [wish for wish in draft.unmet if wish not in said]

    def take(
        self,
        u: Utterance,
        draft: Draft,
        aim: Aim,
        spoken: Spoken,
        price: float | None,
        *,
        plain: bool,
        known: Act | None,
    ) -> bool:
        """What is said of money without a figure, measured by `price`; whether anything was.

        `plain`: nothing else is asked for; `known`: the act by meaning.
        """
        nicer = None if draft.references or draft.category or _OF_ONE.search(u.line) else _NICER.search(u.line)
        if nicer and price is not None and all(c.facet != "price" for c in draft.constraints):
            draft.put(Constraint("price", Op.MORE, price, False, "nicer"))
            draft.relative = True
            draft.wishes = [wish for wish in draft.wishes if wish.casefold() != "nicer"]
            draft.unmet = [wish for wish in draft.unmet if wish.casefold() != "nicer"]
            return True
        needed = OVER_NAMES if draft.dropped == ["price"] else CERTAINLY  # "money is no object, the good stuff!"
        priced = aim.price_is >= needed and draft.dropped in ([], ["price"]) and not draft.references
        if priced:  # "rather steep for me" wants nothing steep
            relative = [c for c in draft.constraints if c.facet == "price" and c.op in _RELATIVE]
            relative = [c for c in relative if c.op is not Op.MORE or not _DEARER.search(c.said)]
            weak = [c for c in relative if c.op is not aim.price or (aim.price_is >= OVER_NAMES and not c.hard)]
            draft.constraints = [c for c in draft.constraints if c not in weak]
        if not (plain or priced) or _ASKS_PRICE.match(u.line):
            return False
        words_say = spoken.price(sure=known not in (None, Act.RECOMMEND))
        op = aim.price if aim.price_is >= (SURELY if words_say in (None, aim.price) else CERTAINLY) else words_say
        agreed = op is aim.price and aim.price_is >= (SURELY if words_say is op else OVER_NAMES)
        heard = SURELY if op is Op.MORE else HARDLY  # "smarter looking" is seldom meant to cost more
        if self._aimed and aim.price_is < heard:
            return False
        if price is None or op is None or any(c.facet == "price" for c in draft.constraints):
            return False
        if op is Op.LESS and "price" in draft.dropped:
            return False  # "forget the price"
        hard = op is Op.LESS and (agreed or not self._aimed)
        draft.wishes, draft.relative = [], True
        draft.put(Constraint("price", op, price, hard, u.said(0, len(u))))
        draft.unmet = [] if aim.price_is >= (CERTAINLY if len(u) <= SHORT else OVER_NAMES) else draft.unmet
        return True


def _is_spurned(u: Utterance, amount: Amount) -> bool:
    """Whether what lies beyond an amount is said to be of no use: "anything under 30 sheets is useless to me"."""
    before = " ".join(word.text for word in u.words[: amount.first])
    after = " ".join(word.text for word in u.words[amount.last :])
    told_of = _ANYTHING.search(before) and _TOLD_OF.match(after)
    return bool(told_of or _SPURNING.search(before))
