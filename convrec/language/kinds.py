"""Which kinds of goods a message wants: its words and its aim, weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from convrec.catalog import Catalog
from convrec.conversation import Act, Constraint, Op
from convrec.language.aims import CERTAINLY, EVENLY, HARDLY, LONGEST, OVER_NAMES, PROBABLY, SHORT, SURELY, Aim
from convrec.language.draft import Draft
from convrec.language.lexicon import Kind, Mention
from convrec.language.likeness import Likeness
from convrec.language.situation import Situation
from convrec.language.topics import Topics
from convrec.language.utterance import Utterance, stems


class Kinds:
    """The kinds of goods of one catalogue, as messages want them."""

    def __init__(self, catalog: Catalog, topics: Topics, likeness: Likeness) -> None:
        self._catalog, self._topics, self._likeness = catalog, topics, likeness
        self._facets = catalog.facets.keys() - {"price", "brand", "category"}

    def turn_away(self, u: Utterance, draft: Draft, aim: Aim, base: int | None) -> None:
        """ "Enough staplers for one day": no more of the kind at hand, which may be named as if it were wanted."""
        if base is None or aim.away < SURELY:
            return
        here = self._catalog[base].categories
        named = [c for c in draft.constraints if (c.facet, c.op) == ("category", Op.IS)]
        refused = any((c.facet, c.op) == ("category", Op.NOT) for c in draft.constraints)
        if refused or any(c.value not in here for c in named) or (draft.constraints and not named):
            return
        draft.constraints = [c for c in draft.constraints if c not in named]
        draft.category, draft.relative = "", True
        kind, said = (str(named[0].value), named[0].said) if named else (here[-1], u.said(0, len(u)))
        draft.put(Constraint("category", Op.NOT, kind, True, said))

    def drop_asides(self, u: Utterance, draft: Draft, aim: Aim, base: int | None, *, shown: bool) -> None:
        """ "My whole desk is black, keep it so" wants no desk, "plainer" no planner, "a scoop for my loose papers"
        nothing that takes paper."""
        guessed = bool(draft.unowned) and aim.kind_is >= SURELY
        if not aim.within or (base is None and not guessed):
            return
        # "one you can recharge, batteries get pinched here"
        certain = shown and max(aim.here, aim.act_is) >= OVER_NAMES
        sure = (
            certain
            or guessed
            or (len(u) > 2 * SHORT and aim.here >= (SURELY if shown else CERTAINLY))
            or (shown and aim.kind_is >= CERTAINLY and aim.several < EVENLY)
        )
        here = () if base is None else self._catalog[base].categories
        named = [
            c
            for c in draft.constraints
            if (c.facet, c.op) == ("category", Op.IS) and (not c.hard or (sure and c.value not in here))
        ]
        hardly = HARDLY / 2 if certain else HARDLY**2
        aside = [c for c in named if aim.within[str(c.value)] < (HARDLY if guessed or not c.hard else hardly)]
        if not shown and len(aside) == len(draft.constraints) == 1 and not guessed:
            return  # nothing else is asked for
        if guessed and aside:
            draft.unowned = []
        draft.constraints = [c for c in draft.constraints if c not in aside]
        if draft.category in [c.value for c in aside]:
            draft.category = ""

    def drop_strange(self, draft: Draft, aim: Aim, topics: Mapping[str, int]) -> None:
        """ "Something with rings for my contracts" wants no ring cushion: a value of unlikely goods alone is a word
        like others, where no goods are named that have it."""
        if not aim.within or draft.category or aim.kind_is < PROBABLY:
            return
        for c in list(draft.constraints):
            if c.op is not Op.IS or c.facet in ("price", "brand", "category", "compatible", *topics):
                continue
            kinds = {self._catalog[int(row)].leaf for row in np.flatnonzero(self._catalog.satisfies(c))}
            if sum(aim.within.get(kind, 0.0) for kind in kinds) < HARDLY:
                draft.constraints.remove(c)
                draft.wishes.append(c.said)

    def take(
        self,
        u: Utterance,
        draft: Draft,
        aim: Aim,
        situation: Situation,
        base: int | None,
        *,
        told: bool,
        alike: Act | None,
    ) -> bool:
        """Whether a message wants a kind of goods that it does not name ("also a thing for punching holes"), or beside
        another ("the clock stopped, it must be the double As"), or what is not sold here; the draft says which.

        `told`: its words say something else already; `alike`: the act by meaning.
        """
        left = bool(draft.wishes or draft.unmet)  # words that the catalogue's do not account for
        plain = draft.purpose or (not (draft.asks or situation.shown) and alike in (None, Act.RECOMMEND))
        if told:
            needed = SURELY if left else OVER_NAMES
        elif left:
            nowhere = not (situation.shown or draft.category or draft.dropped)  # a guess is better than any goods
            elsewhere = bool(situation.shown) and aim.elsewhere
            needed = PROBABLY if plain or nowhere or elsewhere else SURELY if draft.asks else EVENLY
        else:
            said = any(c.hard and c.facet in self._facets for c in draft.constraints)  # "battery powered"
            needed = CERTAINLY if (len(u) > SHORT or situation.shown) and not said else OVER_NAMES
        shown = base if situation.shown else None
        if aim.kind_is >= EVENLY:  # "new furniture is out of the question, something soft to sit on" wants a cushion
            draft.constraints = [
                c
                for c in draft.constraints
                if (c.facet, c.op) != ("category", Op.NOT) or not self._within(aim.kind, str(c.value))
            ]
        if aim.several >= SURELY and self._both(u, draft, aim, shown):
            return True
        if aim.several < HARDLY and aim.kind_is >= SURELY:
            self._take_alone(draft, aim)
        if self._kind(u, draft, aim, needed, base, situation):
            return True
        if aim.kind_is >= SURELY:  # "ink for one", after a printer, is hardly a pen's
            draft.constraints = [replace(c, hard=False) if self._is_doubtful(c, aim) else c for c in draft.constraints]
        named = any(c.facet == "category" or (c.facet == "brand" and c.hard) for c in draft.constraints)
        plainly = any(c.hard or c.facet == "price" for c in draft.constraints)
        if aim.not_sold < (CERTAINLY if plainly or told else SURELY) or named:
            return False
        draft.constraints, draft.wishes, draft.unmet = [], [], [u.text]
        return True

    def _take_alone(self, draft: Draft, aim: Aim) -> None:
        """Where one kind is wanted, and of those that are named it is clear which: "after years of watercolour I fancy
        trying acrylics"."""
        named = {str(c.value) for c in draft.constraints if (c.facet, c.op) == ("category", Op.IS)}
        aside = {
            name
            for name in named - {aim.kind}
            if aim.kind in named and aim.within.get(name, 0.0) < PROBABLY * aim.kind_is
        }
        draft.constraints = [c for c in draft.constraints if c.facet != "category" or str(c.value) not in aside]
        if draft.category in aside:
            draft.category = aim.kind

    def take_one_of(self, u: Utterance, draft: Draft, mentions: Sequence[Mention], situation: Situation) -> None:
        """ "The keyboard should be smaller", after a keyboard and a mouse, is of the keyboard alone."""
        before = [c for c in situation.constraints if (c.facet, c.op) == ("category", Op.IS)]
        if len(before) < 2 or draft.category or any(c.facet == "category" for c in draft.constraints):
            return
        for mention in mentions:
            said = [Constraint("category", Op.IS, s.value) for s in mention.of(Kind.VALUE) if s.facet == "category"]
            meant = [k for k in before if any(self._catalog.mask([k, one]).any() for one in said)]
            if len(meant) == 1:
                draft.category = str(meant[0].value)
                draft.put(replace(meant[0], said=u.said(mention.first, mention.last)))
                return

    def _both(self, u: Utterance, draft: Draft, aim: Aim, shown: int | None) -> bool:
        """Takes two kinds that are wanted at once where the names that stand there are not of both: "somebody nicked my
        stapler, I need a new one, and what it eats"."""
        kinds = (aim.kind, aim.second)
        refused = any(c.key == ("category", "not", kind) for c in draft.constraints for kind in kinds)
        here = shown is not None and not set(kinds).isdisjoint(self._catalog[shown].categories)
        sure = aim.kind_is + (1.0 - aim.kind_is) * aim.second_is
        said = [c for c in draft.constraints if (c.facet, c.op, c.hard) == ("category", Op.IS, True)]
        beside = len(said) == 1 and not self._overlap(str(said[0].value), aim.kind)
        if beside and aim.several >= CERTAINLY and aim.kind_is >= PROBABLY and not refused:
            draft.put(Constraint("category", Op.IS, aim.kind, False, u.said(0, len(u))))
            return True  # "staples, and a new machine to put them in"
        if refused or here or aim.second_is < PROBABLY or sure < EVENLY:
            return False
        named = [c for c in draft.constraints if (c.facet, c.op) == ("category", Op.IS)]
        plain = [str(c.value) for c in named if c.hard]
        if plain and aim.several < CERTAINLY:
            return False  # "a stapler, anything but Velmo"
        if any(not self._overlap(one, other) for one, other in combinations(plain, 2)):
            return False  # both are named
        lacking = [kind for kind in kinds if not any(self._overlap(str(c.value), kind) for c in named)]
        if not lacking:
            return False
        aside = [
            c
            for c in named
            if aim.within.get(str(c.value), 0.0) < (HARDLY**2 if c.hard else HARDLY)
            and not any(self._overlap(str(c.value), k) for k in kinds)
        ]
        draft.constraints = [c for c in draft.constraints if c not in aside]
        draft.category, draft.unmet = lacking[0], []
        for kind in lacking:
            draft.put(Constraint("category", Op.IS, kind, False, u.said(0, len(u))))
        return True

    def _overlap(self, one: str, other: str) -> bool:
        """Whether some item is in both categories."""
        both = [Constraint("category", Op.IS, category) for category in (one, other)]
        return bool(self._catalog.mask(both).any())

    def _within(self, kind: str, around: str) -> bool:
        """Whether one kind is part of another category, or has its name in its own ("Paper", "Paper rolls")."""
        one, other = (self._catalog.satisfies(Constraint("category", Op.IS, c)) for c in (kind, around))
        said = set(stems(around)) < set(stems(kind))
        return kind != around and (said or bool((one <= other).all()))

    def _is_doubtful(self, wish: Constraint, aim: Aim) -> bool:
        """Whether another category is named than what is probably meant."""
        named = (wish.facet, wish.op) == ("category", Op.IS) and wish.value != aim.kind
        return (
            named and aim.within.get(str(wish.value), 0.0) < PROBABLY and not self._overlap(str(wish.value), aim.kind)
        )

    def _is_shelf(self, wish: Constraint) -> bool:
        """Whether a shelf is named by what the shop calls it ("loose paper", "fastening"), and no kind of goods."""
        if (wish.facet, wish.op, wish.hard) != ("category", Op.IS, True):
            return False
        row, name = int(self._catalog.satisfies(wish).argmax()), stems(wish.said)
        called = name == stems(str(wish.value)) and (len(name) > 1 or wish.said.casefold().endswith("ing"))
        return called and wish.value in self._catalog[row].categories[1:-1]

    def _likelier(self, aim: Aim, situation: Situation, shown: int | None) -> tuple[str, float]:
        """The likeliest kind, or the second where it is about as likely and the first lies on a shelf from which
        something was shown already ("what would she draw on?", after pencils), or has the name of what is shown in its
        own ("what do I write on it with?", after a whiteboard). And how probable it is, or either."""
        second = aim.within.get(aim.second, 0.0)
        if shown is not None and aim.kind in self._catalog[shown].categories:
            return aim.kind, aim.kind_is
        rows = [int(self._catalog.satisfies(Constraint("category", Op.IS, k)).argmax()) for k in (aim.kind, aim.second)]
        paths = [self._catalog[row].categories for row in rows]
        either = aim.kind_is + (second if paths[0][-2:-1] == paths[1][-2:-1] else 0.0)
        if second >= EVENLY * aim.kind_is and shown is not None:
            of_it = [bool(set(stems(path[-1])) & set(stems(self._catalog[shown].leaf))) for path in paths]
            if of_it == [False, True]:
                return aim.second, aim.kind_is + second
        if second < SURELY * aim.kind_is:
            return aim.kind, either
        seen = {category for row in situation.all_shown for category in self._catalog[row].categories[-2:]}
        fresh = [seen.isdisjoint(path[-2:]) for path in paths]
        if fresh == [False, True]:
            return aim.second, aim.kind_is + second
        return aim.kind, aim.kind_is + second if fresh == [True, False] else either

    def _kind(
        self, u: Utterance, draft: Draft, aim: Aim, probably: float, base: int | None, situation: Situation
    ) -> bool:
        """Takes the likeliest kind where it is `probably` meant and the names that stand there allow it."""
        shown = base if situation.shown else None
        if not aim.within:
            open_to_it = (draft.wishes or draft.unmet) and not draft.category and len(u) <= LONGEST
            sense = self._likeness.topic(u.text) if open_to_it else None
            kind = str(sense.value) if sense else ""
        else:
            other = 0.0 if base is None else max(aim.here, aim.open)
            likelier, likely = self._likelier(aim, situation, shown)
            kind = likelier if likely >= max(probably, other) else ""
        named = [draft.described[0]] if draft.described else []
        named += [str(c.value) for c in draft.constraints if c.facet == "category" and c.op is Op.IS]
        refused = any(c.key == ("category", "not", kind) for c in draft.constraints)
        if not kind or refused or (shown is not None and kind in self._catalog[shown].categories):
            return False
        around = [c for c in named if self._overlap(c, kind)]
        inside = named and all(self._within(kind, name) for name in named)  # "the paper it swallows": a roll of it
        said = sum(word.text[0].isalnum() for word in u.words)
        if inside and shown is None and (said <= SHORT or not draft.wishes):
            return False  # "a calculator, quick!" is for any of them
        only_told_of = draft.described is not None and len(named) == 1  # "I have the stapler, now it wants feeding"
        needed = CERTAINLY if inside or only_told_of else OVER_NAMES
        if inside and aim.kind_is < OVER_NAMES and any(self._is_shelf(c) for c in draft.constraints):
            return False  # "some fastening" is any of it, where "paper" may be what a machine swallows
        if named and aim.kind_is < (needed if len(u) <= 2 * SHORT else SURELY):
            return False
        # Of several that are named those stay which may be meant as well: "a stapler and a box of staples".
        sure = {str(c.value) for c in draft.constraints if c.hard} if around or aim.several >= SURELY else set()
        aside = [c for c in named if c not in (*around, *sure) and aim.within.get(c, 0.0) < HARDLY * aim.kind_is]
        draft.constraints = [c for c in draft.constraints if c.key not in {("category", "is", name) for name in aside}]
        if kind in named or len(aside) < len(named) - 1 or (around and aim.kind_is < SURELY):
            return False
        draft.category, draft.unmet = kind, []
        wanted = Constraint("category", Op.IS, kind, False, u.said(0, len(u)))
        # "something flat for letters" is no mouse, and "refills for it" are those that fit it
        known = {"price", "brand", "use", "category", *self._topics.within[kind]}
        fitting = [c for c in draft.constraints if c.facet == "compatible" and self._catalog.mask([c, wanted]).any()]
        draft.wishes += [c.said for c in draft.constraints if c.facet not in known and c not in fitting]
        draft.constraints = [c for c in draft.constraints if c.facet in known or c in fitting]
        draft.put(wanted)
        return True
