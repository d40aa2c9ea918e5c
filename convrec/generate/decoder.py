"""A backbone read chunk by chunk: a chunk's vectors and mask, and a cache of what came before → its hidden states.

One contract, two decoders. `TransformersDecoder` runs the modules of any causal LM, on a CPU with its matrices laid out
for oneDNN. `LlamaDecoder` does the same sums for the plain Llama shape on a CPU, which the embedded model has: with
layers that small, four fifths of a step through the modules is what lies between the matrices. Both were measured
(docs/performance-rivals.md). `decoder_of` says which it is.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import DynamicCache

LARGEST = 2**31  # bytes of layers that are laid out a second time
log = logging.getLogger(__name__)


class Decoder(Protocol):
    def cache(self) -> Any:
        """An empty cache, of one batch in one thread; it has a `select` (Places.select) and no other use."""

    def __call__(self, vectors: Tensor, mask: Tensor | None, cache: Any, seen: Tensor | None = None) -> Tensor:
        """(batch, length, hidden) final hidden states of the next chunk, of its (batch, length, hidden) vectors.

        `mask` (batch, length) is 0 at padding, which takes no position, is never looked at again, and whose hidden
        states mean nothing; None where nothing is padded. What the chunk is the cache knows afterwards.

        A chunk of a batch of one in which nothing was ever padded may branch: `seen` (length, places), the chunk's own
        among them, is what each of its places looks at, itself included, and as many as it sees it stands behind.
        """


def decoder_of(backbone: Any) -> Decoder:
    """The decoder for a backbone without its head (ConvrecModel.decoder); the log says which and why."""
    reason = unserved(backbone)
    if reason:
        plainly = unpackable(backbone)
        log.info(
            "decoding by the modules of %s (%s), %s", type(backbone).__name__, reason,
            f"as they are: {plainly}" if plainly else "their matrices laid out for oneDNN",
        )  # fmt: skip
        return TransformersDecoder(backbone if plainly else packed(backbone))
    log.info("decoding by the lean decoder of Llama shapes")
    return LlamaDecoder(backbone)


def unserved(backbone: Any) -> str:
    """Why LlamaDecoder would not do the sums of this backbone, or should not; "" where it serves."""
    from transformers.activations import ACT2FN
    from transformers.models.llama import modeling_llama as llama

    plain = {
        llama.LlamaModel, llama.LlamaDecoderLayer, llama.LlamaAttention, llama.LlamaMLP, llama.LlamaRMSNorm,
        llama.LlamaRotaryEmbedding, nn.Embedding, nn.Linear, nn.ModuleList, type(ACT2FN["silu"]),
    }  # fmt: skip
    other = next((type(module) for module in backbone.modules() if type(module) not in plain), None)
    if other:
        return f"it holds a {other.__module__}.{other.__name__}, which a plain Llama has not"
    if any(module.bias is not None for module in backbone.modules() if isinstance(module, nn.Linear)):
        return "its projections have biases"
    if backbone.rotary_emb.rope_type != "default":
        return f"its rotary positions are scaled ({backbone.rotary_emb.rope_type})"
    for weight in backbone.parameters():
        if weight.device.type != "cpu" or weight.dtype != torch.float32:
            return f"its weights are {weight.dtype} on {weight.device.type}, not torch.float32 on cpu"
    return _too_large(backbone.layers.parameters())


def unpackable(backbone: Any) -> str:
    """Why the matrices of this backbone cannot, or should not, be laid out for oneDNN; "" where they can."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return "this build of torch has no oneDNN"
    matrices = [module.weight for module in backbone.modules() if type(module) is nn.Linear]
    for weight in matrices:
        if weight.device.type != "cpu" or weight.dtype != torch.float32:
            return f"they are {weight.dtype} on {weight.device.type}, not torch.float32 on cpu"
    return _too_large(matrices)


def _too_large(weights: Iterable[Tensor]) -> str:
    size = sum(weight.nbytes for weight in weights)
    return f"its layers take {size / 1e9:.1f} GB, too much for a second layout" if size > LARGEST else ""


def packed(backbone: Any) -> Any:
    """A backbone that shares every weight with this one but its matrices, which are laid out as oneDNN multiplies by
    them: for the few rows of a prompt or of some streams three to eight times as fast as torch's own product on the
    processors measured. For inference alone."""
    copied = copy.deepcopy(backbone, {id(held): held for held in (*backbone.parameters(), *backbone.buffers())})
    for module in list(copied.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear:
                setattr(module, name, _Packed(child))
    return copied


class _Packed(nn.Module):
    """What `nn.Linear` computes, by torch's own binding of oneDNN, which `torch.compile` uses for frozen weights."""

    @torch.inference_mode()
    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias
        self._packed = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach())

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._packed, self.bias, "none", [], "")
        return out


class Places:
    """The places a batch of streams has read, padding among them, and the positions that follow from it."""

    def __init__(self) -> None:
        self.length = 0
        self.mask: Tensor | None = None  # (batch, length) bool; None while no place is padding

    def append(self, batch: int, length: int, mask: Tensor | None, seen: Tensor | None) -> Tensor:
        """(1 or batch, length) positions of a chunk that is read now; padding takes none."""
        start, self.length = self.length, self.length + length
        if seen is not None:
            return seen.sum(1)[None] - 1
        if self.mask is None and (mask is None or bool(mask.all())):
            return torch.arange(start, self.length)[None]
        before = torch.ones(batch, start, dtype=torch.bool) if self.mask is None else self.mask
        own = torch.ones(batch, length, dtype=torch.bool) if mask is None else mask.bool()
        self.mask = torch.cat([before, own], dim=1)
        return (self.mask.cumsum(1) - 1).clamp(min=0)[:, start:]

    def select(self, rows: Tensor) -> None:
        """Keeps these rows of the batch; one that stands there twice goes on as two streams."""
        if self.mask is not None:
            self.mask = self.mask[rows]


class TransformersCache(Places):
    def __init__(self, config: Any) -> None:
        super().__init__()
        self.layers = DynamicCache(config=config)

    def select(self, rows: Tensor) -> None:
        super().select(rows)
        self.layers.batch_select_indices(rows)


class TransformersDecoder:
    """Any backbone, by its own modules."""

    def __init__(self, backbone: Any) -> None:
        self.backbone = backbone

    def cache(self) -> TransformersCache:
        return TransformersCache(self.backbone.config)

    @torch.inference_mode()
    def __call__(
        self, vectors: Tensor, mask: Tensor | None, cache: TransformersCache, seen: Tensor | None = None
    ) -> Tensor:
        batch, length, _ = vectors.shape
        positions = cache.append(batch, length, mask, seen)
        # (batch, heads, length, places) is added to what attention weighs
        branches = None if seen is None else torch.zeros(seen.shape).masked_fill(~seen, float("-inf"))[None, None]
        out = self.backbone(
            inputs_embeds=vectors,
            attention_mask=cache.mask if branches is None else branches,
            position_ids=positions,
            past_key_values=cache.layers,
            use_cache=True,
        )
        hidden: Tensor = out.last_hidden_state
        return hidden


class LlamaCache(Places):
    """Keys and values lie in buffers with room to spare, so that a step writes its own and copies no other."""

    def __init__(self, layers: int, heads: int, head_width: int) -> None:
        super().__init__()
        self._held = torch.empty(layers, 2, 1, heads, 0, head_width)  # keys | values: (…, batch, heads, room, width)
        self.layers: list[tuple[Tensor, Tensor]] = []  # views of it

    def append(self, batch: int, length: int, mask: Tensor | None, seen: Tensor | None) -> Tensor:
        start = self.length
        positions = super().append(batch, length, mask, seen)
        if self.length > self._held.shape[4]:
            layers, both, _, heads, _, width = self._held.shape
            larger = torch.empty(layers, both, batch, heads, 2 * self.length, width)
            larger[..., :start, :] = self._held[..., :start, :]
            self._hold(larger)
        return positions

    def select(self, rows: Tensor) -> None:
        super().select(rows)
        self._hold(self._held[:, :, rows])

    def _hold(self, held: Tensor) -> None:
        self._held, self.layers = held, [(keys, values) for keys, values in held]


class _Layer(NamedTuple):
    """Matrices (in, out), so that the product with one vector reads them in order."""

    qkv: Tensor
    out: Tensor
    gate_up: Tensor
    down: Tensor


class LlamaDecoder:
    """A backbone for which `unserved` is "". The weights are those at the time it is made.

    They are laid out once: q | k | v and gate | up side by side, and the weights of a norm multiplied into the matrix
    that follows it. The norm itself is x / hypot(‖x‖, √(n·ε)), whose √n is in that matrix, too.
    """

    @torch.inference_mode()
    def __init__(self, backbone: Any) -> None:
        config, scale = backbone.config, backbone.config.hidden_size**0.5
        self._heads, self._kv_heads, self._head_width = (
            config.num_attention_heads,
            config.num_key_value_heads,
            backbone.layers[0].self_attn.head_dim,
        )
        self._layers = [
            _Layer(
                (torch.cat([a.q_proj.weight, a.k_proj.weight, a.v_proj.weight]) * before.weight * scale).T.contiguous(),
                a.o_proj.weight.T.contiguous(),
                (torch.cat([m.gate_proj.weight, m.up_proj.weight]) * between.weight * scale).T.contiguous(),
                m.down_proj.weight.T.contiguous(),
            )
            for layer in backbone.layers
            for a, m in [(layer.self_attn, layer.mlp)]
            for before, between in [(layer.input_layernorm, layer.post_attention_layernorm)]
        ]
        self._last = backbone.norm.weight * scale
        self._epsilon = torch.tensor(scale * config.rms_norm_eps**0.5)
        self._frequencies = backbone.rotary_emb.inv_freq.repeat(2)
        self._sign = torch.tensor([-1.0, 1.0]).repeat_interleave(self._head_width // 2)

    def cache(self) -> LlamaCache:
        return LlamaCache(len(self._layers), self._kv_heads, self._head_width)

    @torch.inference_mode()
    def __call__(self, vectors: Tensor, mask: Tensor | None, cache: LlamaCache, seen: Tensor | None = None) -> Tensor:
        batch, length, _ = vectors.shape
        angles = cache.append(batch, length, mask, seen)[..., None, None] * self._frequencies  # the same for every head
        cos, sin = angles.cos(), angles.sin() * self._sign
        start, end = cache.length - length, cache.length
        turned = self._heads + self._kv_heads  # queries and keys
        looked_at = _seen(cache, length) if seen is None else seen[None, None]
        x = vectors.reshape(batch * length, -1)
        for layer, (keys, values) in zip(self._layers, cache.layers, strict=True):
            qkv = (self._normed(x) @ layer.qkv).view(batch, length, turned + self._kv_heads, self._head_width)
            qk = qkv[:, :, :turned]
            qk = (qk * cos).addcmul_(qk.roll(self._head_width // 2, 3), sin).transpose(1, 2)
            keys[:, :, start:end] = qk[:, self._heads :]
            values[:, :, start:end] = qkv[:, :, turned:].transpose(1, 2)
            attended = F.scaled_dot_product_attention(
                qk[:, : self._heads],
                keys[:, :, :end],
                values[:, :, :end],
                attn_mask=looked_at,
                is_causal=looked_at is None and length > 1,
                enable_gqa=self._heads != self._kv_heads,
            )
            x = x.addmm(attended.transpose(1, 2).reshape(batch * length, -1), layer.out)
            gate, up = (self._normed(x) @ layer.gate_up).chunk(2, dim=1)
            x = x.addmm(F.silu(gate).mul_(up), layer.down)
        hidden: Tensor = (self._normed(x) * self._last).view(vectors.shape)
        return hidden

    def _normed(self, x: Tensor) -> Tensor:
        return x / torch.hypot(torch.linalg.vector_norm(x, dim=1, keepdim=True), self._epsilon)


def _seen(cache: Places, length: int) -> Tensor | None:
    """(1 or batch, 1, length, places) bool: what each place of the last chunk looks at, itself always, or padding would
    be no number; None: everything up to itself, where that is simply everything or simply causal."""
    start = cache.length - length
    if cache.mask is None and (start == 0 or length == 1):
        return None
    seen = torch.ones(1, 1, length, cache.length, dtype=torch.bool).tril(start)
    if cache.mask is not None:
        seen = seen & cache.mask[:, None, None]
        seen.diagonal(start, -2, -1).fill_(True)
    return seen
