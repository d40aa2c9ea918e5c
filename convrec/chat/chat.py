"""One turn of a conversation: load the path, read, plan, choose and write under masks, check, store, reply."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator, Sequence

from convrec.catalog import Catalog, format_value
from convrec.chat.choice import ALTERNATIVES, Plan, beside
from convrec.chat.draft import Draft
from convrec.chat.events import ChatEvent, Done, Understood
from convrec.chat.narrate import Engine, Narrator
from convrec.chat.plan import plan
from convrec.chat.state import Exchange, State, derive
from convrec.chat.suggest import suggestions
from convrec.chat.words import Words
from convrec.conversation import ItemPart, Reading, TextPart, Turn
from convrec.errors import ReplyError
from convrec.generate.request import Request, Sampling
from convrec.language.claims import ClaimChecker
from convrec.language.reader import Reader, Situation
from convrec.store import Store, StoredTurn

LONGEST = 4_000  # characters of a message
ROOT = ""  # as `parent`: a first message, beside the ones there are


class Chat:
    """Conversations over one catalogue. Holds no state of its own: everything is derived from the store's path."""

    def __init__(self, engine: Engine, catalog: Catalog, reader: Reader, checker: ClaimChecker, store: Store) -> None:
        self.catalog, self.reader, self.store = catalog, reader, store
        self.narrator = Narrator(engine, checker, catalog)

    def say(self, owner: str, conversation_id: str, text: str, parent: str | None = None) -> Generator[ChatEvent]:
        """What happens when the owner says `text` after the turn `parent` (None: the current leaf; ROOT: at the start).

        The message is stored before it is answered; the reply is stored before `Done`. Closing the iterator stops the
        engine and keeps what was released so far as an interrupted reply. With the first event, raises ReplyError for
        an empty or oversized message, NotFound for a conversation that is not there, StoreError.
        """
        draft = Draft()
        message = _accepted(text)
        path = [] if parent == ROOT else self.store.path(owner, conversation_id, parent)
        before = self._state(owner, conversation_id, path)
        reading = self.reader.read(message, situation(before, self.catalog))
        turn = Turn("user", (TextPart(message),), reading)
        turn_id = self.store.add_user_turn(owner, conversation_id, path[-1].turn_id if path else None, turn)
        yield Understood(turn_id, reading)
        yield from self._answer(owner, conversation_id, turn_id, before, message, reading, draft)

    def answer(self, owner: str, conversation_id: str, turn_id: str) -> Generator[ChatEvent]:
        """Another reply to the stored message `turn_id`: to try again, or after its reading was revised."""
        draft = Draft()
        *past, asked = self.store.path(owner, conversation_id, turn_id)
        if asked.turn.role != "user" or asked.turn.reading is None:
            raise ReplyError("only what you said can be answered again; choose one of your own messages")
        before = self._state(owner, conversation_id, past)
        yield Understood(turn_id, asked.turn.reading)
        yield from self._answer(owner, conversation_id, turn_id, before, asked.turn.text, asked.turn.reading, draft)

    def _answer(
        self,
        owner: str,
        conversation_id: str,
        turn_id: str,
        before: State,
        message: str,
        reading: Reading,
        draft: Draft,
    ) -> Iterator[ChatEvent]:
        attempt = len(self.store.children(owner, conversation_id, turn_id))
        reply_id = self.store.begin_reply(owner, conversation_id, turn_id)
        stored = False
        try:
            state = before.hear(message, reading, self.catalog)
            seed = _seed(state, attempt)
            words = Words(str(seed))
            planned = plan(message, reading, before, state, self.catalog, words)
            yield from self._follow(planned, state, seed, words, draft)
            self._suggest(state, draft)
            reply = draft.reply(reading)
            self.store.finish_reply(owner, reply_id, reply)
            stored = True
        finally:
            if not stored:
                self.store.interrupt_reply(owner, reply_id, draft.reply(reading))
        yield Done(reply_id, reply)

    def _follow(self, planned: Plan, state: State, seed: int, words: Words, draft: Draft) -> Iterator[ChatEvent]:
        """Says the opening, shows what is ready, then lets the engine choose and write, slot by slot."""
        draft.notes.extend(planned.notes)
        draft.alternatives = list(planned.spare)
        for sentence in planned.opening:
            yield draft.say(sentence)
        for part in planned.ready:
            yield draft.show(part)
            item = self.catalog.item(part.item_id)
            price = "" if item.price is None else format_value("price", item.price)
            wording = Words(f"{words.seed} {part.item_id}")  # several in a row should not sound the same
            yield draft.say(wording.say("another", title=item.title, brand=item.brand, price=price), part.item_id)
        rows: list[int] = []
        for number, slot in enumerate(planned.slots):
            allowed = slot.allowed.copy()
            allowed[rows] = False
            if slot.beside:
                allowed = beside(self.catalog, rows, allowed)
            if not allowed.any():
                draft.notes.append(f"nothing goes with item {number}")
                yield draft.say(words.say("unpaired", title=self.catalog[rows[-1]].title))
                break
            alternatives = ALTERNATIVES if number == 0 else 0
            request = Request(state.path, allowed, slot.count, alternatives=alternatives, sampling=Sampling(seed=seed))
            yield from self.narrator.tell(request, draft)
            rows = [self.catalog.row(part.item_id) for part in draft.parts if isinstance(part, ItemPart)]

    def _suggest(self, state: State, draft: Draft) -> None:
        shown = [self.catalog.row(part.item_id) for part in draft.parts if isinstance(part, ItemPart)]
        if shown:
            others = [self.catalog.row(part.item_id) for part in draft.alternatives]
            draft.suggestions = suggestions(self.catalog, shown[0], others, state.show(shown))

    def _state(self, owner: str, conversation_id: str, path: Sequence[StoredTurn]) -> State:
        shopper_id = self.store.conversation(owner, conversation_id).shopper_id
        bought = self.store.history(owner, shopper_id) if shopper_id is not None else []
        history = [self.catalog.row(i.item_id) for i in bought if i.item_id in self.catalog]
        return derive(exchanges(path), history, self.catalog)


def exchanges(path: Sequence[StoredTurn]) -> Iterator[Exchange]:
    """The stored turns of a path as messages with their replies; a message may still wait for its reply."""
    for turn, following in zip(path, [*path[1:], None], strict=False):
        if turn.turn.role != "user" or turn.turn.reading is None:
            continue
        if following is None or following.reply is None:
            yield Exchange(turn.turn.text, turn.turn.reading)
            continue
        verdicts = following.feedback
        yield Exchange(
            turn.turn.text,
            turn.turn.reading,
            shown=following.reply.item_ids,
            offered=following.reply.alternatives,
            liked=tuple(item_id for item_id, verdict in verdicts.items() if verdict == "like"),
            refused=tuple(item_id for item_id, verdict in verdicts.items() if verdict == "dislike"),
        )


def situation(state: State, catalog: Catalog) -> Situation:
    """What the reader needs to know of the state to understand "the second one" and "cheaper"."""
    offered = tuple(catalog.row(item.item_id) for item in state.offered if item.item_id in catalog)
    return Situation(
        state.history, state.last_shown, state.shown, state.reference, state.constraints, offered, state.asked
    )


def _accepted(text: str) -> str:
    message = text.strip()
    if not message:
        raise ReplyError("the message is empty; say what you are looking for")
    if len(message) > LONGEST:
        raise ReplyError(
            f"the message has {len(message):,} characters and {LONGEST:,} are read at most; "
            "shorten it and send it again, the conversation is unchanged"
        )
    return message


def _seed(state: State, attempt: int) -> int:
    """The same words after the same purchases give the same reply; trying again gives another."""
    said = "\0".join(turn.text for turn in state.turns)
    return zlib.crc32(f"{state.history}\0{attempt}\0{said}".encode())
