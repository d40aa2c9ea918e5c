"""A scripted conversation: who speaks, what they say, and what must hold of each reply (docs/conversations.md).

Unknown keys are errors, so a misspelt expectation cannot pass unnoticed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from convrec.errors import ScriptError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Between(_Strict):
    min: float = 0
    max: float = float("inf")


class Wanted(_Strict):
    """One constraint that the reading must hold. `value` may be left out: any value."""

    facet: str
    op: str | None = None
    value: str | float | bool | None = None
    hard: bool | None = None


class ReadingCheck(_Strict):
    """What must have been understood; what is not named is not checked."""

    act: str | None = None
    constraints: tuple[Wanted, ...] = ()
    no_constraints: tuple[str, ...] = ()  # facets that must not be constrained by this message
    references: int | None = None
    unmet: bool | None = None
    count: int | None = None
    together: bool | None = None


class ItemsCheck(_Strict):
    """What must hold of every item shown. "previous" stands for the first item of the last reply that showed any."""

    count: int | Between | None = None
    category: str | tuple[str, ...] | None = None  # any level of the path
    category_not: str | None = None
    brand: str | None = None
    brand_not: str | None = None
    price_max: float | None = None
    price_min: float | None = None
    price_below: Literal["previous"] | None = None
    price_above: Literal["previous"] | None = None
    attributes: dict[str, str | float | bool] = Field(default_factory=dict)
    attributes_not: dict[str, str | float | bool] = Field(default_factory=dict)
    excludes: tuple[str, ...] = ()
    in_top: tuple[str, ...] = ()  # one of these ids is among the items shown and the alternatives
    fits: Literal["owned", "first"] | None = None  # some item fits what is owned, or each further one the first
    nearest: bool = False  # the reply had to give up a wish, and said so


class NarrativeCheck(_Strict):
    mentions: tuple[str, ...] = ()  # all of them, in either case; "{title}", "{brand}", "{price}": of the first item
    not_contains: tuple[str, ...] = ()
    claims_supported: bool = True
    min_words: int = 0
    max_words: int | None = None


class Latency(_Strict):
    """Milliseconds, for runs against a real model; never checked by the test suite's scripted engine."""

    first_item: float | None = None
    total: float | None = None


class ScriptTurn(_Strict):
    """One message and its expectations. Before it: `undo` goes back so many exchanges, `branch` continues after
    exchange n (0: a new beginning), `reopen` closes the database and opens it again, `like` / `dislike` judge the n-th
    item of the last reply. `stop_after` closes the reply after so many events."""

    say: str | None = None
    repeat: int = Field(1, ge=1)  # the text is said so many times over, for long messages
    undo: int | None = Field(None, ge=1)
    branch: int | None = Field(None, ge=0)
    reopen: bool = False
    like: int | None = Field(None, ge=1)
    dislike: int | None = Field(None, ge=1)
    stop_after: int | None = Field(None, ge=1)
    retry: bool = False  # answers the last message again instead of saying something
    reading: ReadingCheck | None = None
    items: ItemsCheck | None = None
    narrative: NarrativeCheck | None = None
    in_force: tuple[Wanted, ...] | None = None  # constraints along the path after this message; () for none
    stored: Literal["done", "interrupted"] = "done"
    latency_ms: Latency | None = None
    error: str | None = None  # the message is refused with a sentence that contains this

    @model_validator(mode="after")
    def _says_something(self) -> ScriptTurn:
        if (self.say is None) == (not self.retry):
            raise ValueError("each turn has `say`, or `retry: true`")
        if self.error is not None and (self.items or self.narrative or self.reading):
            raise ValueError("a refused message has no reply: `error` stands alone")
        return self


class Script(_Strict):
    """`user` is a shopper of the dataset; or `history` lists item ids or categories, of which the first item not yet
    bought is taken; or neither: someone new."""

    path: Path
    about: str
    user: str | None = None
    history: tuple[str, ...] = ()
    turns: tuple[ScriptTurn, ...] = Field(min_length=1)


def read_script(path: Path) -> Script:
    """The script of one file. Raises ScriptError, naming the file and the turn, for what is no script."""
    try:
        content: Any = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ScriptError(f"{path}: cannot be read ({error.strerror}); name a script file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path}: is no YAML ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict):
        raise ScriptError(f"{path}: a script is a mapping with `about` and `turns`")
    if "user" in content and content.get("history"):
        raise ScriptError(f"{path}: give `user` or `history`, not both")
    try:
        return Script(path=path, **content)
    except (ValidationError, TypeError) as error:
        raise ScriptError(f"{path}: {_first_complaint(error)}") from error


def _first_complaint(error: ValidationError | TypeError) -> str:
    if isinstance(error, TypeError):
        return str(error)
    first = error.errors()[0]
    place = list(first["loc"])
    where = ""
    if len(place) >= 2 and place[0] == "turns" and isinstance(place[1], int):
        where, place = f"turn {place[1] + 1}: ", place[2:]
    name = ".".join(str(step) for step in place)
    return f"{where}{f'`{name}`: ' if name else ''}{first['msg']}"
