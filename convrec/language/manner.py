"""How something is spoken of where no small word says so: turned down ("plastic makes me sad"), too much so ("heavy is
a pain", "that hurts my wallet") or, of a thing owned, in want of what fits it ("top up my printer").

Never certain; manners.yaml and manners_said.yaml hold the examples.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from convrec.conversation import Op
from convrec.language.classifier import Classifier
from convrec.language.encoder import SentenceEncoder
from convrec.language.lexicon import Kind, Mention
from convrec.language.utterance import Utterance

CLEAR = 0.4  # of about ±2: how much more like one kind than like the next (set on tests/language/utterances.yaml)
LEANING = 0.3  # the same for amounts and prices, where the other way is rarely meant
SURE = 0.7  # the same where the message may be about something else than money
HAS = 0.7  # how much likelier what an item has is turned down than wanted, in the same scores
FITTING = 0.1  # how much more in want of what fits than told of
LONGEST = 12  # words; in a longer message several things are said
_DIRECTIONS = {"less": Op.LESS, "more": Op.MORE}
# Small words that say themselves how what they stand before, or after, is meant.
_SAY_BEFORE = frozenset(
    ["negate", "contrast", "negate_softly", "want", "insist", "swap", "waive_before", "soft_before", "gone_before",
     "less", "more", "too"]
)  # fmt: skip
_STILL = re.compile(r"\bstill\b", re.IGNORECASE)  # what is still to be so is not turned down
_SAY_AFTER = frozenset(["negated_after", "waive_after", "soft_after", "gone_after"])


class Manners:
    """The classifiers, one a question of manners.yaml."""

    def __init__(self, encoder: SentenceEncoder) -> None:
        self._wish, self._owned, self._degree, self._amount, self._price = (
            Classifier.load(encoder, name) for name in ("wish", "owned", "degree", "amount", "price")
        )

    def wish(self, sentence: str, has: bool | None) -> str:
        """ "unwanted", "wanted" or "aside" by how "that" is spoken of; "" where it is not clear.

        `has`: whether the item that is steered from is so (None: there is none). People turn down what an item has and
        ask for what it lacks.
        """
        scores = self._wish.scores(sentence)
        scores["unwanted"] += 0.0 if has is None else HAS if has else -HAS
        return _clear(scores, CLEAR)

    def wants_fitting(self, sentence: str) -> bool:
        """Whether something for "that", which is owned, is asked for."""
        return _clear(self._owned.scores(sentence), FITTING) == "fits"

    def complains(self, sentence: str) -> bool:
        """Whether something is found too "heavy"."""
        return _clear(self._degree.scores(sentence), CLEAR) == "complaint"

    def amount(self, sentence: str) -> Op | None:
        """Whether LESS or MORE of "that", a property, is wanted; None for neither."""
        return _DIRECTIONS.get(_clear(self._amount.scores(sentence), LEANING))

    def price(self, message: str, margin: float = LEANING) -> Op | None:
        """Whether a message about money without a figure wants to pay LESS, or would pay MORE; None for neither."""
        return _DIRECTIONS.get(_clear(self._price.scores(message), margin))


def _clear(scores: Mapping[str, float], margin: float) -> str:
    first, second = sorted(scores, key=lambda kind: -scores[kind])[:2]
    return first if scores[first] - scores[second] > margin else ""


class Spoken:
    """The manners of one message. Without classifiers nothing is turned down and nothing wants anything."""

    def __init__(self, utterance: Utterance, mentions: Sequence[Mention], manners: Manners | None) -> None:
        self._u, self._mentions, self._manners = utterance, mentions, manners

    def wish(self, mention: Mention, has: bool | None = None) -> str:
        """How the clause, in which nothing else may be meant, speaks of the values that `mention` is of. `has`: whether
        the item that is steered from has them."""
        sentence = self._with(mention.first, mention.last, "that", alone=True)
        spoken = self._manners.wish(sentence, has) if self._manners and sentence else ""
        return "" if spoken == "unwanted" and _STILL.search(sentence) else spoken

    def complains(self, mention: Mention) -> bool:
        """Whether the clause finds something to be too much of what `mention` says ("heavy")."""
        sentence = self._with(mention.first, mention.last, "heavy", alone=True)
        return self._manners.complains(sentence) if self._manners and sentence else False

    def amount(self, mention: Mention) -> Op | None:
        """Whether the clause wants LESS or MORE of the property that `mention` names."""
        sentence = self._with(mention.first, mention.last, "that", alone=True, decided=False)
        return self._manners.amount(sentence) if self._manners and sentence else None

    def price(self, sure: bool = False) -> Op | None:
        """Whether the message, in which nothing else is asked for, wants to pay LESS, or would pay MORE; where it may
        be something else, `sure`, only if that is plain."""
        short = self._manners and len(self._u) <= LONGEST
        return self._manners.price(self._u.text, SURE if sure else LEANING) if self._manners and short else None

    def wants_fitting(self, first: int, last: int) -> bool:
        """Whether what fits is wanted for the thing owned that words `first` up to `last` point at."""
        sentence = self._with(first, last, "that", alone=False)
        return self._manners.wants_fitting(sentence) if self._manners and sentence else False

    def _with(self, first: int, last: int, word: str, *, alone: bool, decided: bool = True) -> str:
        """The clause with `word` in place of words `first` up to `last` and the values beside them; "" where it says
        nothing else, with `alone` where something else in it means something, and where, if that counts as `decided`, a
        small word says how it is meant."""
        group = [m for m in self._mentions if m.of(Kind.VALUE)]
        for mention in group:
            last = mention.last if mention.first == last else last
        for mention in reversed(group):
            first = mention.first if mention.last == first else first
        marks = [i for i, w in enumerate(self._u.words) if w.is_end or w.text == ","]
        ends = [i for i, w in enumerate(self._u.words) if i in marks or w.text in ("and", "but")]
        start = max((i + 1 for i in ends if i < first), default=0)
        end = min((i for i in ends if i >= last), default=len(self._u))
        if start == first and end == last:  # "Plastic? Never.", "wow, heavy"
            if end in marks and self._u.words[end].text != ".":  # "Pink. Let him suffer." asks for pink
                end = min((i for i in ends if i > end), default=len(self._u))
            if start - 1 in marks:
                start = max((i + 1 for i in ends if i < start - 1), default=0)
        others = [m for m in self._mentions if start <= m.first < end and not first <= m.first < last]
        meant = [m for m in others if m.of(Kind.VALUE) or m.of(Kind.SCALE)]
        says = any(m.cue in (_SAY_BEFORE if m.first < first else _SAY_AFTER) for m in others)
        if alone and (meant or (decided and says)):
            return ""
        names = {i for m in others if m.of(Kind.FACET) for i in range(m.first, m.last)}
        said = [
            word for i, word in enumerate(self._u.words[start:end], start) if i not in names and not first <= i < last
        ]
        if not any(word.text[0].isalpha() for word in said) or (alone and any(word.is_number for word in said)):
            return ""
        before = f"{self._u.said(start, first)} " if start < first else ""
        after = f" {self._u.said(last, end)}" if last < end else ""
        return f"{before}{word}{after}"
