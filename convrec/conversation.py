"""Plain values of a conversation: what was understood, what was said, what was shown.

Ids, parents and times belong to the store; nothing here knows of torch, gradio or sqlalchemy.
Everything is frozen; `to_dict` / `from_dict` give the JSON form that the store, the API and datasets share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Act(StrEnum):
    """What the user does with a message."""

    RECOMMEND = "recommend"  # asks for something, with or without constraints
    STEER = "steer"  # changes what was just shown ("cheaper, and not that brand")
    MORE = "more"  # "show me others": the stored alternatives, no model call
    WHY = "why"
    ABOUT = "about"  # "how heavy is it?": what the catalogue records of an item
    COMPARE = "compare"
    PROFILE = "profile"  # "what do you know about me"
    RESTART = "restart"  # "start over": constraints are forgotten, the history is not
    SOCIAL = "social"  # greetings, thanks, goodbye
    OFF_TOPIC = "off_topic"


class Op(StrEnum):
    """How a constraint compares an item's facet with its value."""

    IS = "is"
    NOT = "not"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    LESS = "less"  # strictly; what "cheaper" becomes, with the reference's own value
    MORE = "more"


NEGATED = frozenset({Op.NOT})


@dataclass(frozen=True, slots=True)
class Constraint:
    """One thing an item must (hard) or should (soft) satisfy.

    `facet` is "price" (US$), "brand", "category" (any level of the path), "compatible" (value: an item id), "title"
    (value: a word in it) or an attribute key of the catalogue such as "colour". `said` are the user's words, for the
    chip. `either` are further items of which any will do as well, where "my pen" is true of several things owned; of
    "compatible" only.
    """

    facet: str
    op: Op
    value: str | float | bool
    hard: bool = True
    said: str = ""
    either: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        data = {"facet": self.facet, "op": str(self.op), "value": self.value, "hard": self.hard, "said": self.said}
        return data | ({"either": list(self.either)} if self.either else {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Constraint:
        either = tuple(data.get("either", ()))
        return cls(data["facet"], Op(data["op"]), data["value"], data.get("hard", True), data.get("said", ""), either)

    @property
    def values(self) -> tuple[str, ...]:
        """The value and `either`, as text: the items of which one must be fitted."""
        return (str(self.value), *self.either)

    @property
    def key(self) -> tuple[str, str, str]:
        """Identity without hardness and wording: two constraints with one key say the same."""
        return (self.facet, str(self.op), str(self.value))


@dataclass(frozen=True, slots=True)
class Reference:
    """An item the user points at: "the second one" (shown), "the pen I bought" (owned), a title (named)."""

    item_id: str
    kind: Literal["shown", "owned", "named"]
    said: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about an item: a facet; with `value`, whether it has that one; with `every`, which there are. Of
    several items that are compared: which has most of it (`value` "more") or least ("less")."""

    facet: str
    value: str | float | bool | None = None
    every: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader understood of one message.

    `wishes` are words the model hears but no facet expresses ("smoother"); `unmet` are words that asked for something
    the catalogue cannot express at all or does not stock, to be said aloud; `count` is how many items are asked for
    (None: not said, one by default); `together` marks a set that goes together rather than rival options.
    `dropped` are constraint keys of earlier turns this message takes back ("any brand is fine"). `unowned` are things
    that something should fit and that were not bought here ("my printer").
    """

    act: Act
    constraints: tuple[Constraint, ...] = ()
    references: tuple[Reference, ...] = ()
    wishes: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()  # facet names whose earlier constraints are taken back
    count: int | None = None
    together: bool = False
    questions: tuple[Question, ...] = ()  # of ABOUT
    unowned: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "act": str(self.act),
            "constraints": [c.to_dict() for c in self.constraints],
            "references": [{"item_id": r.item_id, "kind": r.kind, "said": r.said} for r in self.references],
            "wishes": list(self.wishes),
            "unmet": list(self.unmet),
            "dropped": list(self.dropped),
            "count": self.count,
            "together": self.together,
            "questions": [asdict(q) for q in self.questions],
            "unowned": list(self.unowned),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Reading:
        return cls(
            act=Act(data["act"]),
            constraints=tuple(Constraint.from_dict(c) for c in data.get("constraints", ())),
            references=tuple(Reference(**r) for r in data.get("references", ())),
            wishes=tuple(data.get("wishes", ())),
            unmet=tuple(data.get("unmet", ())),
            dropped=tuple(data.get("dropped", ())),
            count=data.get("count"),
            together=data.get("together", False),
            questions=tuple(Question(**q) for q in data.get("questions", ())),
            unowned=tuple(data.get("unowned", ())),
        )


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str


@dataclass(frozen=True, slots=True)
class ItemPart:
    """An item as shown: `facts` as stated then, so an old conversation stays true to what was said.

    `rank` counts from 1 among the allowed items of that step; `score` is what it was ranked by, in nats, to be compared
    with others of that step alone.
    """

    item_id: str
    rank: int
    score: float
    facts: Mapping[str, str] = field(default_factory=dict)


Part = TextPart | ItemPart


@dataclass(frozen=True, slots=True)
class Turn:
    role: Literal["user", "assistant"]
    parts: tuple[Part, ...]
    reading: Reading | None = None  # user turns only

    @property
    def text(self) -> str:
        return "".join(p.text for p in self.parts if isinstance(p, TextPart))

    @property
    def item_ids(self) -> tuple[str, ...]:
        return tuple(p.item_id for p in self.parts if isinstance(p, ItemPart))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the claim checker saw: per narrative, so that truth can be counted rather than asserted.

    `claims` and `true_claims` count claims before checking, `fact_claims` those of them made by fact tokens;
    `dropped` are the sentences that were not released, `rewritten` those that a second attempt replaced;
    `notes` say each fallback and each wish that could not be met.
    """

    claims: int = 0
    true_claims: int = 0
    fact_claims: int = 0
    sentences: int = 0
    dropped: tuple[str, ...] = ()
    rewritten: int = 0
    released_claims: int = 0
    released_true: int = 0
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "dropped": list(self.dropped), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Evidence:
        return cls(**{**data, "dropped": tuple(data.get("dropped", ())), "notes": tuple(data.get("notes", ()))})


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds from the arrival of the message."""

    first_item_ms: float | None = None
    total_ms: float = 0.0
    text_tokens: int = 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Timing:
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Reply:
    parts: tuple[Part, ...]
    reading: Reading
    alternatives: tuple[ItemPart, ...] = ()
    evidence: Evidence = Evidence()
    timing: Timing = Timing()
    suggestions: tuple[str, ...] = ()  # critiques that could be said next: "cheaper", "another brand", "blue"

    @property
    def item_ids(self) -> tuple[str, ...]:
        return tuple(p.item_id for p in self.parts if isinstance(p, ItemPart))

    def to_dict(self) -> dict[str, Any]:
        return {
            "parts": [part_to_dict(part) for part in self.parts],
            "reading": self.reading.to_dict(),
            "alternatives": [part_to_dict(part) for part in self.alternatives],
            "evidence": self.evidence.to_dict(),
            "timing": self.timing.to_dict(),
            "suggestions": list(self.suggestions),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Reply:
        return cls(
            parts=tuple(part_from_dict(part) for part in data["parts"]),
            reading=Reading.from_dict(data["reading"]),
            alternatives=tuple(_item_part(part) for part in data.get("alternatives", ())),
            evidence=Evidence.from_dict(data.get("evidence", {})),
            timing=Timing.from_dict(data.get("timing", {})),
            suggestions=tuple(data.get("suggestions", ())),
        )


@dataclass(frozen=True, slots=True)
class PathTurn:
    """One past or present user message with what was understood, and the rows shown in answer (empty: not yet).

    `reference` is the row the message steers from: the last shown one, or in a first message the last one bought.
    """

    text: str
    constraints: tuple[Constraint, ...] = ()  # all in force after this message, earlier ones included
    reference: int | None = None
    shown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """What the model is shown: rows bought (oldest first), and the last turns of this branch, the current one last."""

    history: tuple[int, ...] = ()
    turns: tuple[PathTurn, ...] = ()


def part_to_dict(part: Part) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    return {"type": "item", "item_id": part.item_id, "rank": part.rank, "score": part.score, "facts": dict(part.facts)}


def part_from_dict(data: Mapping[str, Any]) -> Part:
    if data["type"] == "text":
        return TextPart(data["text"])
    return _item_part(data)


def _item_part(data: Mapping[str, Any]) -> ItemPart:
    return ItemPart(data["item_id"], data["rank"], data["score"], data["facts"])
