"""Both beam searches find the same, and what they find is what the model thinks."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rivals.rival_samples import EVERYTHING, semantic, titles

from convrec.rivals.beams import generated_ids, generated_texts, id_beams, text_beams

SEMANTIC = semantic()
HISTORY = [3, 1, 4, 1, 5]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.booleans(), min_size=30, max_size=30), st.integers(2, 25), st.lists(st.integers(0, 29), min_size=1))
def test_ids_agree_and_are_allowed(allowed: list[bool], beams: int, history: list[int]) -> None:
    mask = np.array(allowed)
    prompt = SEMANTIC.prompt(history)
    rows, scores = id_beams(SEMANTIC.backbone, SEMANTIC.reads, prompt, SEMANTIC.trie, beams, mask)
    assert rows == generated_ids(SEMANTIC.backbone, prompt, SEMANTIC.trie, beams, mask)
    assert len(set(rows)) == len(rows) <= beams
    assert all(mask[row] for row in rows)
    assert scores == sorted(scores, reverse=True)


def test_a_beam_as_wide_as_the_catalogue_ranks_it_exactly() -> None:
    rows, scores = id_beams(SEMANTIC.backbone, SEMANTIC.reads, SEMANTIC.prompt(HISTORY), SEMANTIC.trie, 30, EVERYTHING)
    assert sorted(rows) == list(range(30))
    prompt = SEMANTIC.prompt(HISTORY)
    for row, score in zip(rows, scores, strict=True):
        own = SEMANTIC.spell([row])[1:].tolist()
        with torch.inference_mode():
            logits = SEMANTIC.backbone(torch.tensor([prompt + own])).logits[0].log_softmax(-1)
        whole = sum(float(logits[len(prompt) - 1 + i, token]) for i, token in enumerate(own))
        assert score == pytest.approx(whole, abs=1e-3)


@pytest.mark.parametrize("end_weight", [1.0, 4.0, -4.0])
@pytest.mark.parametrize("ends", [True, False])
def test_texts_agree(end_weight: float, ends: bool) -> None:
    rival = titles(end_weight=end_weight)
    end = rival.end if ends else None
    for history in ([2], [7, 8, 9], HISTORY):
        prompt = rival.prompt(history)
        texts, scores = text_beams(rival.backbone, rival.reads, prompt, 10, end=end, longest=12)
        assert texts == generated_texts(rival.backbone, prompt, 10, end=end, longest=12)
        assert scores == sorted(scores, reverse=True)
        assert ends or {len(text) for text in texts} == {12}


def test_qwen_beams_agree_too() -> None:
    rival, spelt = semantic("qwen3"), titles("qwen3", 3.0)
    rows = rival.recommend(HISTORY, EVERYTHING, 10, beams=10)
    assert rows == rival.recommend(HISTORY, EVERYTHING, 10, beams=10, how="generate")
    said = spelt.recommend(HISTORY, EVERYTHING, 10, beams=5)
    assert said == spelt.recommend(HISTORY, EVERYTHING, 10, beams=5, how="generate")


def test_nothing_allowed_recommends_nothing() -> None:
    nobody = np.zeros(30, dtype=bool)
    for how in ("loop", "generate"):
        assert SEMANTIC.recommend(HISTORY, nobody, 10, beams=4, how=how) == []
        assert titles().recommend(HISTORY, nobody, 10, beams=4, how=how) == []
