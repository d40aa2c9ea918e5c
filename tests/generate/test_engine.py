"""The engine by its promises: what may be chosen and said, same seed same words, stopping, batches."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import small_model
from torch import Tensor

from convrec.conversation import Constraint, Op
from convrec.generate.decoder import Decoder, LlamaDecoder, TransformersDecoder
from convrec.generate.engine import Engine
from convrec.generate.request import Chosen, Event, Finished, Path, PathTurn, Request, Sampling, Token
from convrec.generate.step import best_items
from convrec.language.facts import Context, facts_of
from convrec.model.ranking import score_paths

MODEL, RENDERER = small_model()
ENGINE = Engine(MODEL, RENDERER)
EVERYTHING = np.ones(30, dtype=bool)
PATH = Path((1, 2, 3), (PathTurn("something blue", (Constraint("colour", Op.IS, "blue"),), reference=3),))


def request(**changes: object) -> Request:
    settings = {"path": PATH, "allowed": EVERYTHING, "sampling": Sampling(max_tokens=12), **changes}
    return Request(**settings)  # type: ignore[arg-type]


def words(events: list[Event], index: int = 0) -> str:
    return "".join(e.text for e in events if isinstance(e, Token) and e.request == index)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=30, max_size=30), st.integers(1, 3), st.integers(0, 4))
def test_only_allowed_items_are_chosen_best_first(allowed: list[bool], count: int, alternatives: int) -> None:
    mask = np.array(allowed)
    (chosen,) = ENGINE.generate([request(allowed=mask, count=count, alternatives=alternatives, narrate=False)])
    assert isinstance(chosen, Chosen)
    wanted = min(count + alternatives, int(mask.sum()))
    assert len(chosen.rows) == len(set(chosen.rows)) == wanted
    assert all(mask[row] for row in chosen.rows)
    assert list(chosen.scores) == sorted(chosen.scores, reverse=True)
    assert chosen.count == min(count, wanted)


def test_the_step_is_exact() -> None:
    scores = score_paths(MODEL, RENDERER, [PATH])[0]
    (chosen,) = ENGINE.generate([request(alternatives=29, narrate=False)])
    assert isinstance(chosen, Chosen)
    theirs, ours = np.sort(scores)[::-1], np.array(chosen.scores)
    np.testing.assert_allclose(ours - ours[0], theirs - theirs[0], atol=1e-4)
    assert chosen.rows[0] == scores.argmax()


def test_a_mask_changes_who_wins_but_no_score() -> None:
    head = ENGINE.head
    hidden, bought = torch.randn(2, 32)
    rows, scores = best_items(hidden, bought, head, EVERYTHING, 30)
    mask = np.arange(30) % 3 == 0
    kept, narrowed = best_items(hidden, bought, head, mask, 30)
    assert kept == [row for row in rows if mask[row]]
    assert narrowed == pytest.approx([s for row, s in zip(rows, scores, strict=True) if mask[row]])


def test_forced_items_are_shown_even_where_the_mask_forbids_them() -> None:
    events = list(ENGINE.generate([request(allowed=np.arange(30) > 20, forced=(5, 2), alternatives=2)]))
    assert isinstance(events[0], Chosen)
    assert events[0].rows[:2] == (5, 2)
    assert all(row > 20 for row in events[0].rows[2:])
    assert {e.row for e in events if isinstance(e, Finished)} == {5, 2}


@pytest.mark.parametrize("temperature", [0.0, 0.7, 3.0])
def test_only_facts_that_have_a_value_are_said(temperature: float) -> None:
    for seed in range(8):
        events = list(ENGINE.generate([request(sampling=Sampling(temperature, 30, seed))]))
        row = events[0].rows[0] if isinstance(events[0], Chosen) else -1
        known = facts_of(RENDERER.catalog, row, Context(PATH.history, PATH.turns[-1].constraints, 3))
        said = {e.text[1:-1] for e in events if isinstance(e, Token) and e.is_fact}
        assert said <= set(known)
        assert isinstance(events[-1], Finished)


def test_after_a_space_that_stands_apart_comes_a_fact() -> None:
    spaces = 0
    for seed in range(20):
        said = ""
        for event in ENGINE.generate([request(sampling=Sampling(3.0, 60, seed))]):
            if isinstance(event, Token):
                assert event.is_fact or not said.endswith(" "), "the sentence would lack a part"
                said = "" if event.is_fact else said + event.text
                spaces += said.endswith(" ")
    assert spaces, "an untrained model says a bare space now and then"


def test_same_seed_same_words_other_seed_others() -> None:
    first, again, other = (
        words(list(ENGINE.generate([request(sampling=Sampling(1.5, 20, seed))]))) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_a_limit_on_words_holds() -> None:
    events = list(ENGINE.generate([request(sampling=Sampling(0.0, 5))]))
    assert sum(isinstance(e, Token) for e in events) <= 5
    assert isinstance(events[-1], Finished)


def test_a_batch_says_what_each_request_says_alone() -> None:
    other = Path((9,), (PathTurn("a longer message that pads the first one"),))
    single = [list(ENGINE.generate([request(path=p, sampling=Sampling(0.0, 10))])) for p in (PATH, other)]
    both = list(ENGINE.generate([request(path=p, sampling=Sampling(0.0, 10)) for p in (PATH, other)]))
    assert [words(events) for events in single] == [words(both, 0), words(both, 1)]
    chosen = {e.request: e.rows for e in both if isinstance(e, Chosen)}
    assert [events[0].rows for events in single if isinstance(events[0], Chosen)] == [chosen[0], chosen[1]]


def test_greedy_words_agree_with_a_forward_over_the_whole_text() -> None:
    """The cache, the positions and the masks of the token loop against one plain forward."""
    events = list(ENGINE.generate([request(sampling=Sampling(0.0, 8))]))
    row = events[0].rows[0] if isinstance(events[0], Chosen) else -1
    context = Context(PATH.history, PATH.turns[-1].constraints, 3)
    prompt = RENDERER.path(PATH)
    prompt.join(RENDERER.item(row, context))
    heard = torch.from_numpy(np.stack(prompt.heard))
    symbols, head = list(prompt.symbols), MODEL.head()
    stream = ENGINE._stream(0, request(), row)
    said: list[int] = []
    with torch.inference_mode():
        for _ in range(8):
            hidden = MODEL(torch.tensor([symbols + said]), heard, head)[:, -1]
            logits = (hidden @ head.level1[: head.n_symbols].T)[0].masked_fill(~stream.allowed, float("-inf"))
            said.append(int(logits.argmax()))
            if said[-1] == MODEL.symbols.control("end"):
                break
    text = ""
    for symbol in said:
        if symbol < MODEL.symbols.text:
            text += RENDERER.tokenizer.decode([symbol])
        elif symbol != MODEL.symbols.control("end"):
            text += f"⟨{MODEL.symbols.fact_name(symbol)}⟩"
    # A character that is never finished (a random model begins many) is not shown.
    assert words(events).replace("\ufffd", "") == text.replace("\ufffd", "")


class Counting:
    """A decoder, and how often it was called."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder, self.calls = decoder, 0

    def cache(self) -> Any:
        return self.decoder.cache()

    def __call__(self, vectors: Tensor, mask: Tensor | None, cache: Any) -> Tensor:
        self.calls += 1
        return self.decoder(vectors, mask, cache)


def test_closing_stops_the_model() -> None:
    counting = Counting(ENGINE.decoder)
    events = Engine(MODEL, RENDERER, decoder=counting).generate([request(sampling=Sampling(5.0, 50))])
    while not isinstance(next(events), Token):
        pass
    before = counting.calls
    events.close()
    assert counting.calls == before <= 3
    with pytest.raises(StopIteration):
        next(events)


@pytest.mark.parametrize("family", ["llama", "smollm"])
def test_both_decoders_write_the_same(family: str) -> None:
    model, renderer = small_model(family)
    lean, plain = Engine(model, renderer), Engine(model, renderer, decoder=TransformersDecoder(model.decoder))
    assert isinstance(lean.decoder, LlamaDecoder)
    other = Path((9,), (PathTurn("a longer message that pads the first one"),))
    asked = [request(path=p, count=2, sampling=Sampling(0.0, 20)) for p in (PATH, other)]
    ours, theirs = list(lean.generate(asked)), list(plain.generate(asked))
    assert [e for e in ours if not isinstance(e, Chosen)] == [e for e in theirs if not isinstance(e, Chosen)]
    for a, b in zip(ours, theirs, strict=True):
        if isinstance(a, Chosen) and isinstance(b, Chosen):
            assert a.rows == b.rows
            assert a.scores == pytest.approx(b.scores, abs=1e-4)


def test_several_threads_write_what_each_writes_alone() -> None:
    paths = [Path(tuple(range(n)), (PathTurn("something blue " * n),)) for n in range(1, 7)]

    def write(path: Path) -> str:
        return words(list(ENGINE.generate([request(path=path, sampling=Sampling(0.0, 20))])))

    alone = [write(path) for path in paths]
    with ThreadPoolExecutor(len(paths)) as pool:
        assert list(pool.map(write, paths)) == alone


def test_someone_without_history_is_served_too() -> None:
    events = list(ENGINE.generate([request(path=Path((), (PathTurn("hello"),)))]))
    assert isinstance(events[0], Chosen)
    assert len(events[0].rows) == 4


@pytest.mark.parametrize("family", ["qwen3", "gemma3", "smollm"])
def test_any_backbone_writes(family: str) -> None:
    engine = Engine(*small_model(family, hears="tokens"))
    events = list(engine.generate([request(count=2)]))
    assert sum(isinstance(e, Finished) for e in events) == 2
