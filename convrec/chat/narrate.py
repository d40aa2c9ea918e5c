"""From the engine's tokens to what may be read: items at once, sentences once complete and checked."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Protocol

from convrec.catalog import FITS, SYSTEM, Catalog
from convrec.chat.draft import Draft
from convrec.chat.events import ChatEvent
from convrec.conversation import ItemPart, TextPart
from convrec.generate.request import Chosen, Event, Finished, Request, Token
from convrec.language.claims import Claim, ClaimChecker, complete, sentences
from convrec.language.facts import MARK, Context, facts_of, plain, render

_NO_MARKS = str.maketrans("", "", "⟨⟩")  # only a fact token is a mark, whatever a model may copy from a message
REWRITE_TEMPERATURE = 0.9  # a little cooler than the first attempt, which said something that is not so


class Engine(Protocol):
    """What generates: the model's engine, or the scripted one. Closing the generator stops it within one token."""

    def generate(self, requests: Sequence[Request]) -> Generator[Event]: ...


@dataclass(frozen=True, slots=True)
class Narrator:
    """Runs one request and releases what comes out of it into a draft."""

    engine: Engine
    checker: ClaimChecker
    catalog: Catalog

    def tell(self, request: Request, draft: Draft) -> Iterator[ChatEvent]:
        """Each chosen item, followed by its checked sentences; the other rows of the choice become alternatives.

        A sentence with an unsupported claim is rewritten once, and dropped if that fails too; both are counted. Where
        all were dropped, one more attempt is made at a sentence.
        """
        speeches: dict[int, _Speech] = {}  # in the order of the items; the engine may write them at the same time
        with closing(self.engine.generate([request])) as events:
            for event in events:
                if isinstance(event, Chosen):
                    items = [self.item(row, rank, score, request) for rank, (row, score) in _ranked(event)]
                    draft.alternatives = items[event.count :]
                    speeches = {row: _Speech(item) for row, item in zip(event.rows, items[: event.count], strict=False)}
                elif isinstance(event, Token):
                    draft.text_tokens += 1
                    speeches[event.row].hear(event)
                else:
                    speeches[event.row].end(event)
                yield from self._release(speeches, request, draft)
        for speech in speeches.values():
            speech.ended = True
        yield from self._release(speeches, request, draft)

    def _release(self, speeches: Mapping[int, _Speech], request: Request, draft: Draft) -> Iterator[ChatEvent]:
        """What may be read now: the first unfinished item and its sentences, in the order of the reply."""
        for speech in speeches.values():
            if not speech.shown:
                speech.shown = True
                yield draft.show(speech.item)
            while speech.sentences:
                yield from self._check(speech, request, draft)
            if not speech.ended:
                return
            if speech.lost and not speech.spoke:
                yield from self._once_more(speech, request, draft)

    def item(self, row: int, rank: int, score: float, request: Request) -> ItemPart:
        """The item as it is stated now: its facts in this context, and the flags among its attributes."""
        facts = facts_of(self.catalog, row, _context(request))
        for key, value in self.catalog[row].attributes.items():
            if isinstance(value, bool) and key not in (SYSTEM, FITS):
                facts[f"attr:{key}"] = "yes" if value else "no"
        return ItemPart(self.catalog[row].item_id, rank, score, facts)

    def _check(self, speech: _Speech, request: Request, draft: Draft) -> Iterator[ChatEvent]:
        context, marked, item_id = _context(request), speech.sentences.pop(0), speech.item.item_id
        row = self.catalog.row(item_id)
        facts = facts_of(self.catalog, row, context)
        text = render(marked, facts)
        if text in _said(draft) or speech.repeats(marked):  # a rewritten sentence, or a model that repeats itself
            return
        claims = self.checker.check(marked, row, context)
        draft.sentences += 1
        draft.claims += len(claims)
        draft.true_claims += sum(claim.supported for claim in claims)
        draft.fact_claims += sum(claim.by_fact for claim in claims)
        if not all(claim.supported for claim in claims):
            rewritten = self._rewrite(speech, row, request, draft)
            if rewritten is None:
                draft.dropped.append(text)
                speech.lost = True
                return
            draft.rewritten += 1
            marked, claims = rewritten
        yield self._say(speech, marked, claims, facts, draft)

    def _say(
        self, speech: _Speech, marked: str, claims: Sequence[Claim], facts: Mapping[str, str], draft: Draft
    ) -> ChatEvent:
        speech.spoke = True
        speech.told |= _facts(marked)
        draft.released_claims += len(claims)
        draft.released_true += sum(claim.supported for claim in claims)
        return draft.say(render(marked, facts), speech.item.item_id)

    def _once_more(self, speech: _Speech, request: Request, draft: Draft) -> Iterator[ChatEvent]:
        """Words about an item of which every sentence was dropped, so that it does not stand there without any."""
        speech.lost = False
        row = self.catalog.row(speech.item.item_id)
        if (rewritten := self._rewrite(speech, row, request, draft, attempt=2)) is not None:
            draft.rewritten += 1
            yield self._say(speech, *rewritten, facts_of(self.catalog, row, _context(request)), draft)

    def _rewrite(
        self, before: _Speech, row: int, request: Request, draft: Draft, attempt: int = 1
    ) -> tuple[str, list[Claim]] | None:
        """The first supported sentence about this item of another attempt that was not said yet."""
        sampling = request.sampling
        again = replace(
            request,
            forced=(row,),
            count=1,
            alternatives=0,
            sampling=replace(sampling, temperature=REWRITE_TEMPERATURE, seed=sampling.seed + attempt + draft.sentences),
        )
        context = _context(request)
        facts = facts_of(self.catalog, row, context)
        said = _said(draft)
        speech = _Speech(self.item(row, 1, 0.0, request))
        with closing(self.engine.generate([again])) as events:
            for event in events:
                if isinstance(event, Token):
                    speech.hear(event)
                elif isinstance(event, Finished):
                    speech.end(event)
                while speech.sentences:
                    sentence = speech.sentences.pop(0)
                    if before.repeats(sentence) or render(sentence, facts) in said:
                        continue
                    claims = self.checker.check(sentence, row, context)
                    if all(claim.supported for claim in claims):
                        return sentence, claims
        return None


@dataclass
class _Speech:
    """The words about one item: complete sentences that wait to be checked, and the one being written."""

    item: ItemPart
    sentences: list[str] = field(default_factory=list)
    buffer: str = ""
    shown: bool = False
    ended: bool = False
    spoke: bool = False  # a sentence was released
    lost: bool = False  # one was dropped
    told: set[str] = field(default_factory=set)  # the facts in the sentences that were released

    def repeats(self, marked: str) -> bool:
        """Whether a sentence tells no fact that was not told before."""
        return bool(facts := _facts(marked)) and facts <= self.told

    def hear(self, token: Token) -> None:
        text = token.text if token.is_fact else token.text.translate(_NO_MARKS)
        finished, self.buffer = complete(self.buffer + text)
        self.sentences += [sentence.strip() for sentence in finished]

    def end(self, finished: Finished) -> None:
        """Words cut off by the token limit are no sentence: they are not released."""
        if finished.reason == "end":
            self.sentences += [sentence.strip() for sentence in sentences(self.buffer)]
        self.buffer, self.ended = "", True


def _facts(marked: str) -> set[str]:
    return {plain(mark) for mark in MARK.findall(marked)} - {"title"}


def _context(request: Request) -> Context:
    """What the engine saw, and what therefore may be spoken about."""
    turns = request.path.turns
    return Context(request.path.history, turns[-1].constraints, turns[-1].reference) if turns else Context()


def _ranked(chosen: Chosen) -> list[tuple[int, tuple[int, float]]]:
    return list(enumerate(zip(chosen.rows, chosen.scores, strict=True), start=1))


def _said(draft: Draft) -> str:
    return "\n".join(part.text for part in draft.parts if isinstance(part, TextPart))
