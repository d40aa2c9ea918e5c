"""What a message is after in one shop: the intent (convrec/language/intents.py) in terms of its catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from convrec.catalog import Catalog
from convrec.conversation import Act, Op
from convrec.language.encoder import SentenceEncoder
from convrec.language.goods import goods
from convrec.language.intents import ACTS, HERE, NOT_SOLD, OPEN, Intents
from convrec.language.utterance import Utterance

# How probable an aim must be: where nothing else is understood, where something else may be meant, and to count more
# than the words themselves (set on one author's messages, heard by a classifier that had not seen them: docs/LOG.md).
HARDLY, PROBABLY, EVENLY, SURELY, CERTAINLY = 0.1, 0.3, 0.5, 0.6, 0.8
OVER_NAMES = 0.95  # … over a name in so few words: "in the mood for a stapler" wants no staples
SHORT = 5  # words: what so few say is mostly what they mean
LONGEST = 45  # words; in a longer message several things are said
_MARKUP = re.compile(r"[<⟨{]\w|\w[>⟩}]|;\s*(?:--|$)")  # and other code
_PRICES = {"cheaper": Op.LESS, "dearer": Op.MORE}


@dataclass(frozen=True, slots=True)
class Aim:
    """Probabilities. `kind` is the likeliest category of this shop, `act` the likeliest thing to do but ask for goods,
    `price` which way money is spoken of; `here`: that it is of what is in front of them, `about`: that it asks for a
    fact of it, `away`: that no more of its kind is wanted; `open`: that anything will do, `not_sold`: that it wants
    goods which this shop has not; `several`: that it wants two kinds of goods, of which `second` is the other one, if
    `kind` is one (`second_is`)."""

    kind: str = ""
    kind_is: float = 0.0
    second: str = ""
    second_is: float = 0.0
    several: float = 0.0
    act: Act | None = None
    act_is: float = 0.0
    price: Op | None = None
    price_is: float = 0.0
    here: float = 0.0
    away: float = 0.0
    about: float = 0.0
    open: float = 0.0
    not_sold: float = 0.0
    within: Mapping[str, float] = field(default_factory=dict)  # category → that something in it is wanted

    @property
    def wants(self) -> float:
        """That something of the shop is wanted, another or one like this."""
        return max(0.0, 1.0 - self.act_is - self.not_sold - self.about) if self.act else 0.0

    @property
    def elsewhere(self) -> bool:
        """Whether goods of this shop are meant, and hardly those in front of them: then the likeliest kind will do,
        though several are likely ("something to write with", after lamps)."""
        return bool(self.kind) and self.here + self.about + self.away + self.open + self.act_is + self.not_sold < HARDLY


class Aims:
    """The aims of messages in one shop. One with other categories than goods.yaml knows hears acts alone."""

    def __init__(self, catalog: Catalog, encoder: SentenceEncoder) -> None:
        self._intents = Intents(encoder)
        paths = {item.categories for item in catalog.items}
        here = {category for path in paths for category in path}
        self._kinds = [kind for kind in goods() if kind in here]
        self._absent = [NOT_SOLD, *(kind for kind in goods() if kind not in here)]
        self._inside = {
            category: [kind for kind in self._kinds if any(category in path and kind in path for path in paths)]
            for category in here
        }
        self.knows_goods = len(self._kinds) > 1

    def of(self, utterance: Utterance, table: str = "") -> Aim:
        """The aim of one message, said of goods of the kind `table`, if any are in front of them; nothing is probable
        of an empty, a very long or a marked up message ("⟨price⟩")."""
        if not utterance.words or len(utterance) > LONGEST or _MARKUP.search(utterance.text):
            return Aim()
        intent = self._intents.of(utterance.text, table)
        act, act_is = intent.likeliest(ACTS)
        price, price_is = intent.likeliest(list(_PRICES))
        found = Aim(
            act=Act(act), act_is=act_is, price=_PRICES[price], price_is=price_is, here=intent.total(HERE),
            away=intent.total(["away"]), about=intent.total(["about"]), open=intent.total([OPEN]),
        )  # fmt: skip
        if not self.knows_goods:
            return found
        kind, kind_is = intent.likeliest(self._kinds)
        second, second_is = intent.likeliest([other for other in self._kinds if other != kind])
        second_is /= max(1.0 - kind_is, second_is, 1e-6)
        within = {category: intent.total(kinds) for category, kinds in self._inside.items()}
        return replace(
            found, kind=kind, kind_is=kind_is, second=second, second_is=second_is, several=intent.several,
            not_sold=intent.total(self._absent), within=within,
        )  # fmt: skip
