"""What may be said next: phrases that were read, and of them those that the facts at hand can bring to an end."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from small_model import small_model

from convrec.errors import ModelError
from convrec.generate.engine import Engine
from convrec.generate.request import Path as Asked
from convrec.generate.request import Request, Sampling, Token
from convrec.language.claims import sentences
from convrec.language.facts import MARK, Context
from convrec.model.phrases import FILE, ORDER, Phrases

MODEL, RENDERER = small_model()
SYMBOLS, TOKENIZER = RENDERER.symbols, RENDERER.tokenizer
TEXTS = (
    "It costs ⟨price⟩. It is ⟨attr:colour⟩.",
    "You own the ⟨owned:1⟩. It is ⟨attr:colour⟩, like your ⟨same:colour⟩.",
    "You want ⟨asked:colour⟩: it is ⟨asked:colour⟩. You own the ⟨owned:2⟩.",
)
PHRASES = Phrases.of(SYMBOLS, TOKENIZER, [RENDERER.words(text, 0, Context()) for text in TEXTS])
EVERYTHING = np.ones(SYMBOLS.items, bool)


def without(*facts: str) -> np.ndarray:
    allowed = EVERYTHING.copy()
    allowed[[SYMBOLS.fact(name) for name in facts]] = False
    return allowed


def after(text: str, allowed: np.ndarray = EVERYTHING) -> set[int]:
    sentence: tuple[int, ...] = ()
    for symbol in RENDERER.words(text, 0, Context())[:-1]:
        sentence = PHRASES.extended(sentence, symbol)
    return set(PHRASES.after(sentence, PHRASES.sayable(allowed)).tolist())


@pytest.mark.parametrize("text", TEXTS)
def test_what_was_read_can_be_said(text: str) -> None:
    sentence: tuple[int, ...] = ()
    sayable = PHRASES.sayable(EVERYTHING)
    for symbol in RENDERER.words(text, 0, Context()):
        assert symbol in PHRASES.after(sentence, sayable)
        sentence = PHRASES.extended(sentence, symbol)
    assert not sentence


def test_what_never_followed_cannot() -> None:
    assert SYMBOLS.fact("price") in after("It costs ")
    assert SYMBOLS.fact("attr:colour") not in after("It costs ")
    assert not after("Price it")


def test_numbered_facts_stand_for_each_other() -> None:
    assert {SYMBOLS.fact("owned:1"), SYMBOLS.fact("owned:4")} <= after("You own the ")


def test_a_sentence_is_not_begun_where_its_facts_are_missing() -> None:
    whole, start = after(""), after("", without("price"))
    assert start < whole
    (costs,) = {symbol for symbol in after("It") if "costs" in TOKENIZER.decode([symbol])}
    assert costs not in after("It", without("price"))
    owned = [f"owned:{n}" for n in range(1, 7)]
    assert not after("You own", without(*owned))


def test_a_fact_is_told_twice_only_where_a_sentence_read_told_it_twice() -> None:
    assert PHRASES.twice.tolist() == [SYMBOLS.fact("asked:colour")]
    text = "You own the ⟨owned:1⟩ and the ⟨owned:2⟩. It is ⟨attr:colour⟩. Is it ⟨attr:colour⟩?"
    phrases = Phrases.of(SYMBOLS, TOKENIZER, [RENDERER.words(text, 0, Context())])
    assert not len(phrases.twice)  # in two sentences is not twice
    sentence = tuple(RENDERER.words("You own the ⟨owned:3⟩ and the ", 0, Context())[:-1])
    following = phrases.after(sentence, phrases.sayable(EVERYTHING)).tolist()
    assert SYMBOLS.fact("owned:4") in following
    assert SYMBOLS.fact("owned:3") not in following


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.5, 5.0))
def test_an_engine_with_phrases_says_only_sentences_of_theirs(seed: int, temperature: float) -> None:
    engine = Engine(MODEL, RENDERER, phrases=PHRASES)
    asked = Request(Asked((1, 2, 3)), np.ones(30, bool), sampling=Sampling(temperature, 60, seed))
    said = "".join(e.text for e in engine.generate([asked]) if isinstance(e, Token))
    # None of the phrases that were read is longer than what is looked back at: each sentence is one of them, whole.
    known = {MARK.sub("…", sentence.strip()) for text in TEXTS for sentence in sentences(text)}
    for sentence in sentences(said)[:-1]:  # the last one may be cut off
        assert MARK.sub("…", sentence.strip()) in known


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_an_engine_with_phrases_names_an_item_in_one_sentence_alone(seed: int) -> None:
    texts = ("The ⟨title⟩. It will do. The ⟨title⟩.", "Take the ⟨title⟩. It costs ⟨price⟩. Take it.")
    phrases = Phrases.of(SYMBOLS, TOKENIZER, [RENDERER.words(text, 0, Context()) for text in texts])
    asked = Request(Asked((1, 2, 3)), np.ones(30, bool), sampling=Sampling(3.0, 60, seed))
    engine = Engine(MODEL, RENDERER, phrases=phrases)
    told = [e.text for e in engine.generate([asked]) if isinstance(e, Token) and e.is_fact]
    assert told.count("⟨title⟩") <= 1


def test_saved_and_read_again(tmp_path: Path) -> None:
    assert Phrases.saved(tmp_path, SYMBOLS, TOKENIZER) is None
    PHRASES.save(tmp_path)
    again = Phrases.saved(tmp_path, SYMBOLS, TOKENIZER)
    assert again is not None
    np.testing.assert_array_equal(again.read, PHRASES.read)
    np.testing.assert_array_equal(again.twice, PHRASES.twice)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"nothing")
    with pytest.raises(ModelError, match="copy the model again"):
        Phrases.saved(tmp_path, SYMBOLS, TOKENIZER)
    save_file({"read": np.array([[10**6] * (ORDER + 1)], np.int32), "twice": np.zeros(0, np.int32)}, tmp_path / FILE)
    with pytest.raises(ModelError, match="copy the model again"):
        Phrases.saved(tmp_path, SYMBOLS, TOKENIZER)
