"""`generate` over the engine's prompt says what the engine says."""

import numpy as np
import pytest
from small_model import small_model

from convrec.conversation import Constraint, Op
from convrec.evaluate.writing import Generator, engine_words, writing_speed
from convrec.generate.engine import Engine
from convrec.generate.request import Path, PathTurn, Request, Sampling
from convrec.language.facts import Context
from convrec.model.phrases import Phrases

PATH = Path((1, 2, 3), (PathTurn("something blue", (Constraint("colour", Op.IS, "blue"),), reference=3),))


def asked(row: int, tokens: int = 12) -> Request:
    everything = np.ones(30, dtype=bool)
    return Request(PATH, everything, forced=(row,), alternatives=0, sampling=Sampling(0.0, tokens))


@pytest.mark.parametrize("family", ["llama", "qwen3"])
def test_the_same_words(family: str) -> None:
    engine = Engine(*small_model(family))
    generator = Generator(engine)
    for row in range(0, 30, 7):
        text, tokens = generator.write(asked(row))
        assert text == engine_words(engine, asked(row)).rstrip("\ufffd")
        assert 0 < tokens <= 12


def test_the_same_words_where_only_what_was_read_is_said() -> None:
    model, renderer = small_model()
    texts = ["It costs ⟨price⟩. It is ⟨attr:colour⟩.", "You own the ⟨owned:1⟩, which costs more than ⟨price⟩."]
    words = [renderer.words(text, 0, Context()) for text in texts]
    engine = Engine(model, renderer, phrases=Phrases.of(renderer.symbols, renderer.tokenizer, words))
    generator = Generator(engine)
    for row in range(0, 30, 7):
        text, tokens = generator.write(asked(row))
        assert text == engine_words(engine, asked(row)).rstrip("\ufffd")
        assert 0 < tokens <= 12


def test_speed_is_of_the_same_tokens() -> None:
    found = writing_speed(Engine(*small_model()), [asked(1, 4), asked(8, 4)], rounds=2)
    assert found["identical"] == 1
    assert 0 < found["tokens"] <= 8
    assert found["text_tokens_per_s"] < found["floor_tokens_per_s"]
