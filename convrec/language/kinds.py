"""Which kinds of goods a message wants: its words and its aim, weighed."""

from __future__ import annotations

from convrec.catalog import Catalog
from convrec.conversation import Act, Constraint, Op
from convrec.language.aims import CERTAINLY, HARDLY, LONGEST, OVER_NAMES, PROBABLY, SHORT, SURELY, Aim
from convrec.language.draft import Draft
from convrec.language.likeness import Likeness
from convrec.language.situation import Situation
from convrec.language.topics import Topics
from convrec.language.utterance import Utterance


class Kinds:
    """The kinds of goods of one catalogue, as messages want them."""

    def __init__(self, catalog: Catalog, topics: Topics, likeness: Likeness) -> None:
        self._catalog, self._topics, self._likeness = catalog, topics, likeness

    def drop_asides(self, draft: Draft, aim: Aim, base: int | None) -> None:
        """ "My whole desk is black, keep it so" wants no desk, "plainer" no planner, "a scoop for my loose papers"
        nothing that takes paper."""
        guessed = bool(draft.unowned) and aim.kind_is >= SURELY
        if not aim.within or (base is None and not guessed):
            return
        named = [c for c in draft.constraints if (c.facet, c.op) == ("category", Op.IS) and (guessed or not c.hard)]
        aside = [c for c in named if aim.within[str(c.value)] < HARDLY]
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
        likely = left and not told
        if not (likely or aim.kind_is >= (SURELY if left else OVER_NAMES) or aim.not_sold >= SURELY):
            return False
        plain = draft.purpose or (not (draft.asks or situation.shown) and alike in (None, Act.RECOMMEND))
        probably = PROBABLY if plain else CERTAINLY if draft.asks or len(u) <= SHORT else SURELY
        if self._kind(u, draft, aim, probably, base if situation.shown else None):
            return True
        if aim.not_sold < SURELY or draft.constraints:
            return False
        draft.wishes, draft.unmet = [], draft.unmet or [u.text]
        return True

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
        of_kind = self._catalog.satisfies(Constraint("category", Op.IS, kind))
        around = [c for c in named if (self._catalog.satisfies(Constraint("category", Op.IS, c)) & of_kind).any()]
        if named and aim.kind_is < (OVER_NAMES if len(u) <= 2 * SHORT else SURELY):
            return False
        # Of several that are named those stay which may be meant as well: "a stapler and a box of staples".
        sure = {str(c.value) for c in draft.constraints if c.hard} if around else set()
        aside = [c for c in named if c not in (*around, *sure) and aim.within.get(c, 0.0) < HARDLY * aim.kind_is]
        draft.constraints = [c for c in draft.constraints if c.key not in {("category", "is", name) for name in aside}]
        if kind in named or len(aside) < len(named) - 1 or (around and not (draft.wishes or draft.unmet)):
            return False
        draft.category, draft.unmet = kind, []
        # "something flat for letters" is no mouse
        known = {"price", "brand", "use", "category", *self._topics.within[kind]}
        draft.wishes += [c.said for c in draft.constraints if c.facet not in known]
        draft.constraints = [c for c in draft.constraints if c.facet in known]
        draft.put(Constraint("category", Op.IS, kind, False, u.said(0, len(u))))
        return True
