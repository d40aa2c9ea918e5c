"""Runs a scripted conversation against any model and database, and says what did not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from convrec.catalog import Catalog, Interaction
from convrec.chat.cast import Cast, load, load_scripted
from convrec.chat.chat import ROOT, Chat, exchanges
from convrec.chat.check import Facts, check
from convrec.chat.events import ChatEvent, Done, Understood
from convrec.chat.script import Script, ScriptTurn, read_script
from convrec.chat.state import State, derive
from convrec.conversation import Reading, Reply
from convrec.datasets import Dataset, read_dataset
from convrec.errors import ReplyError, ScriptError
from convrec.settings import Settings
from convrec.store import Store, StoredTurn


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """What was said and answered, and each expectation that failed, as a sentence."""

    said: str
    reply: Reply | None
    failures: tuple[str, ...]


@dataclass
class Outcome:
    script: Script
    turns: list[TurnOutcome] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        return [f"turn {n} ({t.said[:40]!r}): {f}" for n, t in enumerate(self.turns, start=1) for f in t.failures]


def converse(script: Script, cast: Cast, url: str, dataset: Dataset | None = None) -> Outcome:
    """Plays `script` under an owner of its own in the database at `url`; `dataset` knows its `user`.

    Raises ScriptError for a shopper or an item that is not there, and what opening the database raises.
    """
    stage = _Stage(script, cast, url, dataset)
    outcome = Outcome(script)
    try:
        for number, turn in enumerate(script.turns, start=1):
            try:
                outcome.turns.append(stage.play(turn))
            except ScriptError as error:
                raise ScriptError(f"{script.path}: turn {number}: {error}") from error
    finally:
        stage.store.close()
    return outcome


def converse_files(
    files: Sequence[Path],
    *,
    model: str | None,
    dataset: Path | None,
    db: str | None,
    scripted: bool,
    console: Console,
) -> bool:
    """Runs the scripts of `files` (of a folder, all its *.yaml) and prints a table; True where everything held.

    The dataset is read only where it is needed: by the scripted engine, or by a script with a `user`.
    """
    paths = [p for f in files for p in (sorted(f.glob("*.yaml")) if f.is_dir() else [f])]
    if not paths:
        raise ScriptError(f"no *.yaml in {', '.join(map(str, files))}; name script files or a folder with some")
    scripts = [read_script(path) for path in paths]
    settings = Settings()
    knows_users = scripted or any(script.user is not None for script in scripts)
    shoppers = read_dataset(dataset or settings.dataset) if knows_users else None
    cast = load_scripted(shoppers) if scripted and shoppers is not None else load(model or settings.model)
    with TemporaryDirectory() as folder:
        url = db or f"sqlite:///{folder}/scripts.sqlite"
        outcomes = [converse(script, cast, url, shoppers) for script in scripts]
    console.print(table(outcomes))
    for outcome in outcomes:
        for failure in outcome.failures:
            console.print(f"{outcome.script.path}: {failure}", markup=False, highlight=False, soft_wrap=True)
    return not any(outcome.failures for outcome in outcomes)


def table(outcomes: Sequence[Outcome]) -> Table:
    """One line a script: whether it held, turns, items, released claims (true/all), dropped sentences, median times
    to the first item and to the end of the reply."""
    drawn = Table("script", "held", "turns", "items", "claims", "dropped", "1st ms", "ms")
    drawn.columns[0].no_wrap = True
    for outcome in outcomes:
        replies = [turn.reply for turn in outcome.turns if turn.reply is not None]
        evidence = [reply.evidence for reply in replies]
        first = [reply.timing.first_item_ms for reply in replies if reply.timing.first_item_ms is not None]
        total = [reply.timing.total_ms for reply in replies]
        drawn.add_row(
            outcome.script.path.stem,
            "[red]no[/red]" if outcome.failures else "yes",
            str(len(outcome.turns)),
            str(sum(len(reply.item_ids) for reply in replies)),
            f"{sum(e.released_true for e in evidence)}/{sum(e.released_claims for e in evidence)}",
            str(sum(len(e.dropped) for e in evidence)),
            f"{median(first):.0f}" if first else "",
            f"{median(total):.0f}" if total else "",
        )
    return drawn


class _Stage:
    """The store, the conversation, and where in it the script stands."""

    def __init__(self, script: Script, cast: Cast, url: str, dataset: Dataset | None) -> None:
        self.cast, self.url = cast, url
        self.owner = f"script-{uuid4().hex}"
        purchases = _purchases(script, cast.catalog, dataset)
        self.history = [cast.catalog.row(p.item_id) for p in purchases]
        self.store = Store(url)
        self.chat = Chat(*cast, self.store)
        self.store.import_histories(purchases, self.owner)
        self.conversation_id = self.store.create_conversation(self.owner, purchases[0].user_id if purchases else None)

    def play(self, turn: ScriptTurn) -> TurnOutcome:
        said = turn.say * turn.repeat if turn.say is not None else "(again)"
        parent = self._prepare(turn)
        before = [] if parent == ROOT else self.store.path(self.owner, self.conversation_id, parent)
        try:
            events = self._perform(turn, said, parent, before)
        except ReplyError as error:
            after = self.store.path(self.owner, self.conversation_id)
            refused = turn.error is not None and turn.error in str(error)
            failures = [] if refused else [f"was refused: {error}"]
            if [t.turn_id for t in after] != [t.turn_id for t in before]:
                failures.append("the refused message changed the conversation")
            return TurnOutcome(said, None, tuple(failures))
        if turn.error is not None:
            return TurnOutcome(said, None, (f"was answered; expected an error with {turn.error!r}",))
        path = self.store.path(self.owner, self.conversation_id)
        reply = path[-1].reply
        if reply is None:
            return TurnOutcome(said, None, ("the reply was not stored",))
        facts = Facts(self.cast.catalog, self.cast.checker, self._state(before), self._state(path), reply, events)
        failures = [*_stored(turn, path, events), *check(turn, facts)]
        return TurnOutcome(said, reply, tuple(failures))

    def _prepare(self, turn: ScriptTurn) -> str | None:
        """Does what comes before the message; the turn to say it after (None: the current leaf)."""
        if turn.reopen:
            if ":memory:" in self.url:
                raise ScriptError("`reopen` needs a database in a file")
            self.store.close()
            self.store = Store(self.url)
            self.chat = Chat(*self.cast, self.store)
        for verdict, nth in (("like", turn.like), ("dislike", turn.dislike)):
            if nth is not None:
                last = next((t for t in reversed(self._path()) if t.reply and t.reply.item_ids), None)
                if last is None or last.reply is None or len(last.reply.item_ids) < nth:
                    raise ScriptError(f"`{verdict}: {nth}`, but the last reply showed fewer items")
                self.store.set_feedback(self.owner, last.turn_id, last.reply.item_ids[nth - 1], verdict)  # type: ignore[arg-type]
        for _ in range(turn.undo or 0):
            self.store.undo(self.owner, self.conversation_id)
        if turn.branch == 0 or (turn.undo and not self._path()):
            return ROOT
        if turn.branch is not None:
            replies = [t.turn_id for t in self._path() if t.turn.role == "assistant"]
            if turn.branch > len(replies):
                raise ScriptError(f"`branch: {turn.branch}`, but this path has {len(replies)} replies")
            return replies[turn.branch - 1]
        return None

    def _perform(self, turn: ScriptTurn, said: str, parent: str | None, before: list[StoredTurn]) -> list[ChatEvent]:
        if turn.retry:
            asked = [t.turn_id for t in before if t.turn.role == "user"]
            if not asked:
                raise ScriptError("`retry`, but nothing was said yet")
            events = self.chat.answer(self.owner, self.conversation_id, asked[-1])
        else:
            events = self.chat.say(self.owner, self.conversation_id, said, parent)
        with closing(events) as running:
            return list(islice(running, turn.stop_after))

    def _path(self) -> list[StoredTurn]:
        return self.store.path(self.owner, self.conversation_id)

    def _state(self, path: Sequence[StoredTurn]) -> State:
        return derive(exchanges(path), self.history, self.cast.catalog)


def _stored(turn: ScriptTurn, path: Sequence[StoredTurn], events: Sequence[ChatEvent]) -> Iterator[str]:
    """What was stored is what was released."""
    last = path[-1]
    if last.status != turn.stored:
        yield f"the reply was stored as {last.status!r}, expected {turn.stored!r}"
    done = next((event for event in events if isinstance(event, Done)), None)
    if done is not None and (done.turn_id != last.turn_id or done.reply.parts != path[-1].turn.parts):
        yield "what was stored is not what was shown"
    understood: Reading | None = next((event.reading for event in events if isinstance(event, Understood)), None)
    if understood is not None and path[-2].turn.reading != understood:
        yield "the stored reading is not the one that was announced"


def _purchases(script: Script, catalog: Catalog, dataset: Dataset | None) -> list[Interaction]:
    if script.user is not None:
        if dataset is None:
            raise ScriptError(f"{script.path}: user {script.user!r} needs a dataset; give `--dataset DIR`")
        frame = dataset.interactions.filter(dataset.interactions["user_id"] == script.user).sort(
            "timestamp", maintain_order=True
        )
        found = [Interaction(script.user, item_id, at) for item_id, at in frame.select("item_id", "timestamp").rows()]
        if not found:
            raise ScriptError(f"{script.path}: no user {script.user!r} in the dataset; name one of its shoppers")
        return found
    bought: list[str] = []
    for name in script.history:
        of_that_kind = (i.item_id for i in catalog.items if name in i.categories and i.item_id not in bought)
        item_id = name if name in catalog else next(of_that_kind, None)
        if item_id is None:
            raise ScriptError(f"{script.path}: history: {name!r} is neither an item id nor a category of the catalogue")
        bought.append(item_id)
    return [Interaction("shopper", item_id, at) for at, item_id in enumerate(bought)]
