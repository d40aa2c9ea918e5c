"""How narratives read: figures that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from small_model import small_catalog

from convrec.evaluate.texts import history_mentioned, overlap, variety
from convrec.language.facts import Context

SHOP = small_catalog()


class Letters:
    """Vectors that can be checked by hand: which of two letters a text holds."""

    def vectors(self, texts: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        found = np.array([["a" in text, "b" in text] for text in texts], dtype=np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return (found / np.maximum(lengths, 1)).astype(np.float32)


def test_the_same_text_overlaps_wholly_and_another_not_at_all() -> None:
    text = "a pen that costs four dollars and is blue"
    same = overlap([text, text], [text, text], Letters())
    assert same["bleu"] == pytest.approx(100)
    assert (same["rouge_l"], same["similarity"]) == pytest.approx((1, 1))
    other = overlap(["aaa"], ["bbb"], Letters())
    assert (other["rouge_l"], other["similarity"]) == (0, 0)


def test_frames_are_counted_without_their_facts() -> None:
    figures = variety(["It is ⟨attr:colour⟩. It costs ⟨price⟩.", "It is ⟨attr:size⟩. Take it."])
    assert figures["repeated_frame_rate"] == 1.0, "both say “It is …”"
    assert figures["distinct_1"] == pytest.approx(6 / 11)
    assert figures["self_repetition"] == 0
    assert variety(["It is blue. It is blue."])["self_repetition"] == 1
    assert variety(["You will see that it is so, you will see that it fits."])["self_repetition"] == 1


def test_only_who_owns_something_can_be_reminded_of_it() -> None:
    owner, nobody = Context((1, 2)), Context()
    some = [("Your ⟨owned:1⟩.", 0, owner), ("It is blue.", 0, owner), ("Hm.", 0, nobody)]
    assert history_mentioned(some, SHOP) == 0.5
    assert history_mentioned([("It fits the ⟨fits⟩.", 0, owner), ("Like your ⟨same:colour⟩.", 0, owner)], SHOP) == 1
    plain = [("It goes with your Tarn thing 1.", 0, owner), ("As Norrby thing 6.", 0, owner)]
    assert history_mentioned(plain, SHOP) == 0.5
    assert history_mentioned([("Hm.", 0, nobody)], SHOP) == 0
