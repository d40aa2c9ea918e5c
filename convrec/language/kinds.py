"""Which kinds of goods a message wants: its words and its aim, weighed."""

from __future__ import annotations

from convrec.catalog import Catalog
from convrec.conversation import Act, Constraint, Op
from convrec.language.aims import CERTAINLY, EVENLY, HARDLY, LONGEST, OVER_NAMES, PROBABLY, SHORT, SURELY, Aim
from convrec.language.draft import Draft
from convrec.language.likeness import Likeness
from convrec.language.situation import Situation
from convrec.language.topics import Topics
from convrec.language.utterance import Utterance


class Kinds:
    """The kinds of goods of one catalogue, as messages want them."""

    def __init__(self, catalog: Catalog, topics: Topics, likeness: Likeness) -> None:
        self._catalog, self._topics, self._likeness = catalog, topics, likeness

    def drop_asides(self, u: Utterance, draft: Draft, aim: Aim, base: int | None) -> None:
        """ "My whole desk is black, keep it so" wants no desk, "plainer" no planner, "a scoop for my loose papers"
        nothing that takes paper."""
        guessed = bool(draft.unowned) and aim.kind_is >= SURELY
        if not aim.within or (base is None and not guessed):
            return
        sure = guessed or (len(u) > 2 * SHORT and aim.here >= SURELY)
        named = [c for c in draft.constraints if (c.facet, c.op) == ("category", Op.IS) and (sure or not c.hard)]
        aside = [c for c in named if aim.within[str(c.value)] < (HARDLY if guessed or not c.hard else HARDLY**2)]
        if guessed and aside:
            draft.unowned = []
        draft.constraints = [c for c in draft.constraints if c not in aside]
        if draft.category in [c.value for c in aside]:
            draft.category = ""

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
            needed = PROBABLY if plain else SURELY if draft.asks else EVENLY
        else:
            needed = CERTAINLY if len(u) > SHORT or situation.shown else OVER_NAMES
        shown = base if situation.shown else None
        if aim.several >= EVENLY and self._both(u, draft, aim, shown):
            return True
        if self._kind(u, draft, aim, needed, shown):
            return True
        named = any(c.facet == "category" or (c.facet == "brand" and c.hard) for c in draft.constraints)
        if aim.not_sold < (CERTAINLY if draft.constraints else SURELY) or named:
            return False
        draft.constraints, draft.wishes, draft.unmet = [], [], [u.text]
        return True

    def _both(self, u: Utterance, draft: Draft, aim: Aim, shown: int | None) -> bool:
        """Takes two kinds that are wanted at once where the names that stand there are not of both: "somebody nicked my
        stapler, I need a new one, and what it eats"."""
        kinds = (aim.kind, aim.second)
        refused = any(c.key == ("category", "not", kind) for c in draft.constraints for kind in kinds)
        here = shown is not None and not set(kinds).isdisjoint(self._catalog[shown].categories)
        sure = aim.kind_is + (1.0 - aim.kind_is) * aim.second_is
        if refused or here or aim.second_is < PROBABLY or sure < EVENLY:
            return False
        named = [c for c in draft.constraints if (c.facet, c.op) == ("category", Op.IS)]
        lacking = [kind for kind in kinds if not any(self._overlap(str(c.value), kind) for c in named)]
        if not lacking:
            return False
        aside = [
            c
            for c in named
            if aim.within.get(str(c.value), 0.0) < HARDLY and not any(self._overlap(str(c.value), k) for k in kinds)
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

    def _kind(self, u: Utterance, draft: Draft, aim: Aim, probably: float, shown: int | None) -> bool:
        """Takes the likeliest kind where it is `probably` meant and the names that stand there allow it."""
        if not aim.within:
            open_to_it = (draft.wishes or draft.unmet) and not draft.category and len(u) <= LONGEST
            sense = self._likeness.topic(u.text) if open_to_it else None
            kind = str(sense.value) if sense else ""
        else:
            kind = aim.kind if aim.kind_is >= probably else ""
        named = [draft.described[0]] if draft.described else []
        named += [str(c.value) for c in draft.constraints if c.facet == "category" and c.op is Op.IS]
        refused = any(c.key == ("category", "not", kind) for c in draft.constraints)
        if not kind or refused or (shown is not None and kind in self._catalog[shown].categories):
            return False
        around = [c for c in named if self._overlap(c, kind)]
        if named and aim.kind_is < (OVER_NAMES if len(u) <= 2 * SHORT else SURELY):
            return False
        # Of several that are named those stay which may be meant as well: "a stapler and a box of staples".
        sure = {str(c.value) for c in draft.constraints if c.hard} if around else set()
        aside = [c for c in named if c not in (*around, *sure) and aim.within.get(c, 0.0) < HARDLY * aim.kind_is]
        draft.constraints = [c for c in draft.constraints if c.key not in {("category", "is", name) for name in aside}]
        if kind in named or len(aside) < len(named) - 1 or (around and aim.kind_is < SURELY):
            return False
        draft.category, draft.unmet = kind, []
        # "something flat for letters" is no mouse
        known = {"price", "brand", "use", "category", *self._topics.within[kind]}
        draft.wishes += [c.said for c in draft.constraints if c.facet not in known]
        draft.constraints = [c for c in draft.constraints if c.facet in known]
        draft.put(Constraint("category", Op.IS, kind, False, u.said(0, len(u))))
        return True
