"""From the engine's tokens to what may be read: items at once, sentences once complete and checked."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

from convrec.catalog import FITS, SYSTEM, Catalog
from convrec.chat.draft import Draft
from convrec.chat.events import ChatEvent
from convrec.conversation import ItemPart
from convrec.generate.request import Chosen, Event, Finished, Request, Token
from convrec.language.claims import Claim, ClaimChecker, complete, sentences
from convrec.language.facts import Context, facts_of, render

REWRITE_TEMPERATURE = 0.9  # warmer than the first attempt, which said something that is not so


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

        A sentence with an unsupported claim is rewritten once, and dropped if that fails too; both are counted.
        """
        waiting: list[ItemPart] = []
        buffer = ""
        with closing(self.engine.generate([request])) as events:
            for event in events:
                if isinstance(event, Chosen):
                    items = [self.item(row, rank, score, request) for rank, (row, score) in _ranked(event)]
                    waiting = items[: event.count]
                    draft.alternatives = items[event.count :]
                    if waiting:
                        yield draft.show(waiting.pop(0))
                    continue
                item_id = self.catalog[event.row].item_id
                while waiting and all(part.item_id != item_id for part in _items(draft)):
                    yield draft.show(waiting.pop(0))
                if isinstance(event, Token):
                    draft.text_tokens += 1
                    finished, buffer = complete(buffer + event.text)
                else:
                    assert isinstance(event, Finished)
                    # words cut off by the token limit are no sentence: they are not released
                    finished, buffer = (sentences(buffer) if event.reason == "end" else []), ""
                for sentence in finished:
                    yield from self._release(sentence.strip(), event.row, request, draft)
        for item in waiting:
            yield draft.show(item)

    def item(self, row: int, rank: int, score: float, request: Request) -> ItemPart:
        """The item as it is stated now: its facts in this context, and the flags among its attributes."""
        facts = facts_of(self.catalog, row, _context(request))
        for key, value in self.catalog[row].attributes.items():
            if isinstance(value, bool) and key not in (SYSTEM, FITS):
                facts[f"attr:{key}"] = "yes" if value else "no"
        return ItemPart(self.catalog[row].item_id, rank, score, facts)

    def _release(self, marked: str, row: int, request: Request, draft: Draft) -> Iterator[ChatEvent]:
        context = _context(request)
        facts, item_id = facts_of(self.catalog, row, context), self.catalog[row].item_id
        claims = self.checker.check(marked, row, context)
        draft.sentences += 1
        draft.claims += len(claims)
        draft.true_claims += sum(claim.supported for claim in claims)
        draft.fact_claims += sum(claim.by_fact for claim in claims)
        text = render(marked, facts)
        if not all(claim.supported for claim in claims):
            rewritten = self._rewrite(row, request, draft)
            if rewritten is None:
                draft.dropped.append(text)
                return
            draft.rewritten += 1
            marked, claims = rewritten
            text = render(marked, facts)
        draft.released_claims += len(claims)
        draft.released_true += sum(claim.supported for claim in claims)
        yield draft.say(text, item_id)

    def _rewrite(self, row: int, request: Request, draft: Draft) -> tuple[str, list[Claim]] | None:
        """The first supported sentence about this item of a second, warmer attempt that was not said yet."""
        sampling = request.sampling
        again = replace(
            request,
            forced=(row,),
            count=1,
            alternatives=0,
            sampling=replace(sampling, temperature=REWRITE_TEMPERATURE, seed=sampling.seed + 1 + draft.sentences),
        )
        context = _context(request)
        facts = facts_of(self.catalog, row, context)
        said = "".join(getattr(part, "text", "") for part in draft.parts)
        buffer = ""
        with closing(self.engine.generate([again])) as events:
            for event in events:
                if isinstance(event, Token):
                    finished, buffer = complete(buffer + event.text)
                elif isinstance(event, Finished) and event.reason == "end":
                    finished, buffer = sentences(buffer), ""
                else:
                    continue
                for sentence in finished:
                    claims = self.checker.check(sentence.strip(), row, context)
                    if all(claim.supported for claim in claims) and render(sentence.strip(), facts) not in said:
                        return sentence.strip(), claims
        return None


def _context(request: Request) -> Context:
    """What the engine saw, and what therefore may be spoken about."""
    turns = request.path.turns
    return Context(request.path.history, turns[-1].constraints, turns[-1].reference) if turns else Context()


def _ranked(chosen: Chosen) -> list[tuple[int, tuple[int, float]]]:
    return list(enumerate(zip(chosen.rows, chosen.scores, strict=True), start=1))


def _items(draft: Draft) -> list[ItemPart]:
    return [part for part in draft.parts if isinstance(part, ItemPart)]
