"""Both decoders give the same hidden states, whatever is padded, split into chunks or taken twice; which one serves."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import backbone
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from convrec.generate import decoder as room
from convrec.generate.decoder import LlamaDecoder, TransformersDecoder, decoder_of, unserved


def llama(seed: int = 0, **changes: Any) -> Any:
    """A random plain Llama, its norms far from ones and its weights large enough for every position to matter."""
    torch.manual_seed(seed)
    shape = {
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "head_dim": 8,
    }
    model = LlamaForCausalLM(LlamaConfig(vocab_size=10, initializer_range=0.3, **{**shape, **changes})).eval().model
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.uniform_(0.3, 2.0)
    return model


def padded(batch: int, length: int, pads: list[int]) -> Tensor:
    """(batch, length) mask, each row padded on the left, the last place always real."""
    starts = torch.tensor([pads[row % len(pads)] % length for row in range(batch)])
    return (torch.arange(length)[None] >= starts[:, None]).long()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 9),
    st.integers(1, 3),
    st.sampled_from([(1, 1), (2, 1), (4, 2), (3, 3)]),
    st.sampled_from([2, 6, 16]),
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(1, 7), st.lists(st.integers(0, 6), min_size=1, max_size=3)), min_size=1, max_size=3),
    st.integers(0, 12),
    st.lists(st.integers(0, 2), min_size=1, max_size=4),
)
def test_hidden_states_are_those_of_the_modules(
    seed: int,
    layers: int,
    heads: tuple[int, int],
    head_width: int,
    batch: int,
    chunks: list[tuple[int, list[int]]],
    steps: int,
    rows: list[int],
) -> None:
    model = llama(
        seed, num_hidden_layers=layers, num_attention_heads=heads[0], num_key_value_heads=heads[1], head_dim=head_width
    )
    assert unserved(model) == ""
    ours, theirs = LlamaDecoder(model), TransformersDecoder(model)
    cache, other = ours.cache(), theirs.cache()

    def same(batch: int, length: int, mask: Tensor | None) -> None:
        vectors = torch.randn(batch, length, 24)
        real = torch.ones(batch, length, dtype=torch.bool) if mask is None else mask.bool()
        found, expected = ours(vectors, mask, cache), theirs(vectors, mask, other)
        assert found.shape == vectors.shape
        torch.testing.assert_close(found[real], expected[real], rtol=0, atol=1e-4)

    for length, pads in chunks:
        same(batch, length, padded(batch, length, pads))
    owner = torch.tensor([row % batch for row in rows])
    cache.select(owner)
    other.select(owner)
    for _ in range(steps):
        same(len(owner), 1, None)


def test_padding_changes_nothing_beside_it() -> None:
    lean, vectors = LlamaDecoder(llama()), torch.randn(1, 9, 24)
    alone = lean(vectors, None, lean.cache())
    wider = torch.cat([torch.full((1, 4, 24), 50.0), vectors], dim=1)
    beside = lean(wider, padded(1, 13, [4]), lean.cache())[:, 4:]
    torch.testing.assert_close(beside, alone, rtol=0, atol=1e-5)


def test_a_long_text_in_steps_is_the_same_as_in_one_chunk() -> None:
    lean, vectors = LlamaDecoder(llama()), torch.randn(2, 70, 24)
    cache = lean.cache()
    steps = [lean(vectors[:, i : i + 1], None, cache) for i in range(70)]
    torch.testing.assert_close(torch.cat(steps, dim=1), lean(vectors, None, lean.cache()), rtol=0, atol=1e-4)


def test_our_own_shape_is_served(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger=room.__name__):
        assert isinstance(decoder_of(llama()), LlamaDecoder)
    assert "lean decoder" in caplog.text


def with_adapter() -> Any:
    from peft import LoraConfig, inject_adapter_in_model

    return inject_adapter_in_model(LoraConfig(target_modules=["q_proj"]), llama())


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (lambda: backbone("qwen3", 10).model, "Qwen3"),
        (lambda: backbone("gemma3", 10).model, "Gemma3"),
        (lambda: llama(attention_bias=True), "biases"),
        (lambda: llama(mlp_bias=True), "biases"),
        (lambda: llama(hidden_act="gelu"), "GELU"),
        (lambda: llama(rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0}), "linear"),
        (lambda: llama().to(torch.bfloat16), "bfloat16"),
        (with_adapter, "lora"),
    ],
)
def test_what_is_no_plain_llama_goes_through_its_own_modules(
    model: Any, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = model()
    with caplog.at_level(logging.INFO, logger=room.__name__):
        assert isinstance(decoder_of(made), TransformersDecoder)
    assert why in caplog.text


def test_layers_too_large_for_a_second_layout_go_through_their_own_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LARGEST", 1000)
    assert "too much" in unserved(llama())


@pytest.mark.parametrize("length", [1, 5])
@pytest.mark.parametrize(
    "made",
    [
        lambda: backbone("qwen3", 10).model,
        lambda: backbone("gemma3", 10).model,
        lambda: llama(attention_bias=True, mlp_bias=True),
    ],
)
def test_matrices_laid_out_for_onednn_give_what_the_modules_give(
    made: Callable[[], Any], length: int, caplog: pytest.LogCaptureFixture
) -> None:
    model = made()
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    with caplog.at_level(logging.INFO, logger=room.__name__):
        laid, plain = decoder_of(model), TransformersDecoder(model)
    assert "laid out for oneDNN" in caplog.text
    cache, other = laid.cache(), plain.cache()
    width = model.config.hidden_size
    for _ in range(3):
        vectors = torch.randn(2, length, width)
        torch.testing.assert_close(laid(vectors, None, cache), plain(vectors, None, other), rtol=0, atol=1e-4)
    assert all(torch.equal(weight, before[name]) for name, weight in model.named_parameters())
    assert not any(type(module).__name__ == "_Packed" for module in model.modules()), "the model itself is as it was"


@pytest.mark.parametrize(
    ("made", "largest", "why"),
    [
        (lambda: backbone("qwen3", 10).model.to(torch.bfloat16), 2**31, "bfloat16 on cpu"),
        (lambda: backbone("qwen3", 10).model, 1000, "too much for a second layout"),
    ],
)
def test_matrices_are_left_as_they_are_where_that_would_not_serve(
    made: Callable[[], Any], largest: int, why: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(room, "LARGEST", largest)
    with caplog.at_level(logging.INFO, logger=room.__name__):
        decoder_of(made())
    assert "as they are: " in caplog.text
    assert why in caplog.text


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 9), st.integers(1, 6), st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4), max_size=4))
def test_a_branch_is_read_as_if_it_stood_alone(seed: int, prompt: int, parents: list[list[int]]) -> None:
    """`parents`: of each level, which node of the level before (by its remainder) each of its nodes comes from."""
    model = llama(seed)
    torch.manual_seed(seed)
    for decoder in (LlamaDecoder(model), TransformersDecoder(model)):
        cache = decoder.cache()
        first = torch.randn(prompt, 24)
        decoder(first[None], None, cache)
        seen, paths = torch.ones(1, prompt, dtype=torch.bool), [first]
        for level in parents:
            of = [parent % len(paths) for parent in level]
            vectors = torch.randn(len(of), 24)
            seen = torch.cat([seen[of], torch.eye(len(of), dtype=torch.bool)], dim=1)
            found = decoder(vectors[None], None, cache, seen)[0]
            paths = [torch.cat([paths[parent], own[None]]) for parent, own in zip(of, vectors, strict=True)]
            for hidden, path in zip(found, paths, strict=True):
                alone = decoder(path[None], None, decoder.cache())[0, -1]
                torch.testing.assert_close(hidden, alone, rtol=0, atol=1e-4)
