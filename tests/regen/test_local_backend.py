"""A transformers model of this machine as a backend: a random tiny one, so its words mean nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import torch

from convrec.errors import ConfigError
from convrec.model.backbone import small_backbone, train_tokenizer
from convrec.regen.backends import LocalBackend, Message
from convrec.train.recipe import Part, Phase, Recipe

ASKED = [Message("system", "You write."), Message("user", "Write a word.")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    phase = Phase(name="none", epochs=1, learning_rate=1e-3, examples=Part(histories=1))
    torch.manual_seed(0)
    tokenizer = train_tokenizer(["you write a word"] * 3, 320)
    causal = small_backbone(Recipe(layers=1, hidden=32, heads=2, vocabulary=320, phases=(phase,)), len(tokenizer))
    causal.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def test_it_answers_as_long_as_asked_and_the_same_for_the_same_seed(folder: Path) -> None:
    backend = LocalBackend(str(folder))

    async def ask(seed: int) -> tuple[str, int]:
        answer = await backend.complete(ASKED, max_tokens=12, seed=seed)
        return answer.text, answer.tokens

    first, again, other = (asyncio.run(ask(seed)) for seed in (7, 7, 8))
    assert first == again != other
    prompt = len(backend._tokenizer("You write.\n\nWrite a word.\n\n")["input_ids"])
    assert prompt < first[1] <= prompt + 12


def test_no_model_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no usable language model"):
        LocalBackend(str(tmp_path))
