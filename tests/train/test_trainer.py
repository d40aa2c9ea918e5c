"""What a training step weighs."""

import numpy as np
import pytest
import torch
from small_model import small_model

from convrec.train.examples import NOTHING, Example
from convrec.train.recipe import Part, Phase
from convrec.train.trainer import batch_loss

MODEL = small_model(kind="full")[0].eval()
UNHEARD = np.zeros((0, 384), np.float16)


def loss(examples: list[Example], **weights: float) -> float:
    phase = Phase(name="words", epochs=1, learning_rate=1e-3, examples=Part(histories=1), **weights)
    with torch.no_grad():
        return float(batch_loss(MODEL, examples, phase))


@pytest.mark.parametrize("asked_weight", [0.5, 1.0, 5.0])
def test_what_answers_a_message_weighs_as_the_phase_says_beside_items_of_histories_and_words(
    asked_weight: float,
) -> None:
    item, control = MODEL.symbols.item, MODEL.symbols.control
    history = Example(
        np.array([control("history"), item(3), item(5)], np.int32), np.array([item(3), item(5), NOTHING]), UNHEARD
    )
    answered = Example(np.array([control("user"), control("item")], np.int32), np.array([NOTHING, item(4)]), UNHEARD)
    words = Example(np.array([control("reply"), 7], np.int32), np.array([7, control("end")]), UNHEARD)
    alone = [loss([example], asked_weight=asked_weight, text_weight=0.25) for example in (history, answered, words)]
    expected = np.average(alone, weights=[2, asked_weight, 2 * 0.25])
    together = loss([history, answered, words], asked_weight=asked_weight, text_weight=0.25)
    assert together == pytest.approx(expected, rel=1e-2)  # products of a batch are in bf16
