"""What `convrec bench decode` times: single tokens and their rivals on one backbone, over a catalogue of any size.

Rows are synthetic: random codes, titles put together from halves of real ones, and a random table whose clusters hold
as much of the variance as a trained one's. What decoding costs depends on how many items there are, how long their
names, and for an index how far its clusters tell items apart; not on which they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from convrec.catalog import Catalog, Item
from convrec.conversation import Path as ConversationPath
from convrec.generate.decoder import Decoder, TransformersDecoder, decoder_of
from convrec.generate.engine import Engine
from convrec.generate.request import Request
from convrec.items.vectors import TEXT_WIDTH
from convrec.model import index
from convrec.model.backbone import train_tokenizer
from convrec.model.model import ConvrecModel
from convrec.model.prompt import MAX_HISTORY, Encoder, Renderer
from convrec.model.symbols import Symbols
from convrec.model.tables import ItemTable
from convrec.rivals.beams import generated_texts, id_beams, text_beams
from convrec.rivals.codes import CODES, LEVELS, Codes
from convrec.rivals.rival import How
from convrec.rivals.semantic import Semantic
from convrec.rivals.titles import END, Titles

ShapeName = Literal["tiny", "qwen3-0.6b"]
TITLE_TOKENS = 4096  # the vocabulary fitted to the titles: about as many tokens a title as a large model's own
WIDTH = 128  # of the item table, as the embedded model's
# As in the table trained on amazon-beauty, so that an index has as much to go by: the deviation of items' logits, the
# share of it squared that lies between clusters, and how much farther the logits of the clusters themselves deviate.
SPREAD, BETWEEN, CLUSTERS = 1.7, 0.27, 1.8  # such entries give logits that deviate by about 1.4
SINGLE, BY_MODULES = "single token", ", transformers' forward"
TOP = 10  # items wanted
LOOKED_AT, OPENED = (
    8192,
    1024,
)  # rows whose codes the item step looks at where an index lies, and rows it opens, at most
HOW: tuple[How, ...] = ("generate", "loop")


class Watched:
    """A decoder that says when a forward is done."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.ended: Callable[[], None] | None = None
        self.cache = decoder.cache

    def __call__(self, vectors: Tensor, mask: Tensor | None, cache: Any, seen: Tensor | None = None) -> Tensor:
        hidden = self.decoder(vectors, mask, cache, seen)
        if self.ended is not None:
            self.ended()
        return hidden


@dataclass(frozen=True)
class Shape:
    """A backbone with random weights, the decoder that would serve it, and the tokenizer that titles are written with.

    `decoder` is what single tokens and the rivals' own loop read by; `generate` runs the modules.
    """

    name: ShapeName
    backbone: Any
    tokenizer: Any
    decoder: Watched

    @property
    def lean(self) -> bool:
        """Whether the decoder does not run the backbone's own modules: its matrices laid out anew, or other sums."""
        decoder = self.decoder.decoder
        return not (isinstance(decoder, TransformersDecoder) and decoder.backbone is self.backbone.base_model)

    @contextmanager
    def forwards(self, ended: Callable[[], None]) -> Iterator[None]:
        """Calls `ended` whenever a forward of the backbone is done, by its modules or by the decoder."""
        hook = self.backbone.base_model.register_forward_hook(lambda *_: ended())
        self.decoder.ended = ended if self.lean else None
        try:
            yield
        finally:
            hook.remove()
            self.decoder.ended = None

    @property
    def vocabulary(self) -> int:
        return int(self.backbone.config.vocab_size)

    @property
    def hidden(self) -> int:
        return int(self.backbone.config.hidden_size)

    @property
    def layers_mb(self) -> float:
        """What a forward reads: all weights but the embeddings, of which a prompt reads a few rows."""
        head = self.backbone.get_output_embeddings().weight
        weights = (p for name, p in self.backbone.named_parameters() if "embed_tokens" not in name and p is not head)
        return sum(float(p.nbytes) for p in weights) / 1e6

    def vectors_mb(self, n: int) -> float:
        """`n` vectors of the hidden width in fp32."""
        return n * self.hidden * 4 / 1e6


@dataclass(frozen=True)
class System:
    """One way to recommend. `run` answers once, in as many forwards as an item has `tokens`; `read_mb` is what must be
    read from memory for that, weights anew for each forward."""

    name: str
    run: Callable[[], object]
    tokens: int
    read_mb: float
    beams: int = 1


def make_shape(name: ShapeName, titles: Sequence[str], embedded: Path) -> Shape:
    """`tiny`: the shape of the model folder `embedded`, with room for titles and codes in its vocabulary.
    `qwen3-0.6b`: the published shape, fp32."""
    from transformers import AutoConfig, AutoModelForCausalLM, Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    tokenizer = train_tokenizer([title + END for title in titles], TITLE_TOKENS)
    if name == "tiny":
        config = AutoConfig.from_pretrained(embedded / "backbone", vocab_size=len(tokenizer) + LEVELS * CODES)
        backbone = AutoModelForCausalLM.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
        return Shape(name, backbone.eval(), tokenizer, Watched(decoder_of(backbone.base_model)))
    config = Qwen3Config(
        vocab_size=151_936, hidden_size=1024, intermediate_size=3072, num_hidden_layers=28, num_attention_heads=16,
        num_key_value_heads=8, head_dim=128, tie_word_embeddings=True,
    )  # fmt: skip
    backbone = Qwen3ForCausalLM(config).eval()  # type: ignore[no-untyped-call]
    return Shape(name, backbone, tokenizer, Watched(decoder_of(backbone.base_model)))


def synthetic_titles(titles: Sequence[str], n: int, rng: np.random.Generator) -> list[str]:
    """`n` titles: the first half of one and the second half of another."""
    words = [title.split() for title in titles]
    first, second = rng.integers(0, len(words), (2, n))
    return [
        " ".join(words[a][: (len(words[a]) + 1) // 2] + words[b][len(words[b]) // 2 :])
        for a, b in zip(first, second, strict=True)
    ]


def random_codes(n: int, rng: np.random.Generator) -> Codes:
    """(n, LEVELS) distinct codes."""
    drawn = np.unique(rng.integers(0, CODES**LEVELS, n + n // 10 + 10))  # a tenth to spare: hardly any are alike
    numbers = rng.permutation(drawn)[:n]
    return np.stack([(numbers >> (8 * level)) & 255 for level in range(LEVELS - 1, -1, -1)], axis=1)


def systems(shape: Shape, titles: Sequence[str], encoder: Encoder, seed: int = 0) -> list[System]:
    """Every system over `len(titles)` items, asked for TOP items after the same MAX_HISTORY purchases; the single token
    first, and where it is not read by the modules once more as if it were."""
    n = len(titles)
    rng = np.random.default_rng(seed)
    history = tuple(rng.integers(0, n, MAX_HISTORY).tolist())
    allowed = np.ones(n, dtype=bool)
    allowed[list(history)] = False
    found = _single_tokens(shape, titles, encoder, history, allowed)
    step_mb = shape.layers_mb + shape.vectors_mb(shape.vocabulary)
    semantic = Semantic(shape.backbone, random_codes(n, rng)).eval()

    def ids(beams: int, how: How) -> Callable[[], object]:
        if how == "generate":
            return lambda: semantic.recommend(history, allowed, TOP, beams=beams, how=how)
        return lambda: id_beams(shape.backbone, shape.decoder, semantic.prompt(history), semantic.trie, beams, allowed)[
            0
        ][:TOP]

    for how in HOW:
        found += [
            System(f"semantic ids, beam {beams}, {how}", ids(beams, how), LEVELS, LEVELS * step_mb, beams)
            for beams in (10, 20)
        ]
    spelt = Titles(shape.backbone, shape.tokenizer, titles).eval()
    prompt = spelt.prompt(history)
    length = round(float(np.mean([len(spelt.spell([row])) - 1 for row in range(min(n, 1000))])))
    # A backbone of random weights does not know where a title ends: every one is as long as a title is on average; and
    # what it writes names nothing, so what is grounded are titles of the catalogue.
    written = [titles[row] for row in rng.integers(0, n, TOP).tolist()]

    def text(how: How) -> Callable[[], object]:
        def run() -> object:
            if how == "generate":
                generated_texts(shape.backbone, prompt, TOP, end=None, longest=length)
            else:
                text_beams(shape.backbone, shape.decoder, prompt, TOP, end=None, longest=length)
            return spelt.grounding.rows(written, allowed, TOP)

        return run

    return found + [System(f"titles, beam {TOP}, {how}", text(how), length, length * step_mb, TOP) for how in HOW]


def _single_tokens(
    shape: Shape, titles: Sequence[str], encoder: Encoder, history: tuple[int, ...], allowed: Any
) -> list[System]:
    """The whole path of the product, from purchases to the best rows (Engine.generate, no words), as it is served: an
    index from index.USED_FROM items on. Building it is no part of what is timed."""
    n = len(titles)
    model = ConvrecModel(
        shape.backbone,
        Symbols(shape.vocabulary, ()),
        ItemTable(
            torch.zeros(n, 1), torch.zeros(n, 1), torch.arange(n) % math.ceil(math.sqrt(n)),
            width=WIDTH, hidden=shape.hidden, part_dropout=0.0,
        ),
        heard_width=TEXT_WIDTH,
    )  # fmt: skip
    with torch.no_grad():
        model.table.clusters.normal_(std=SPREAD * CLUSTERS)
        model.table.free.normal_(std=SPREAD * (1 - BETWEEN) ** 0.5)
        model.table.free.add_(model.table.clusters[model.table.cluster_of], alpha=BETWEEN**0.5 / CLUSTERS)
        built = index.build(model.head()) if n >= index.USED_FROM else None
    renderer = Renderer(
        Catalog([Item(str(row), title) for row, title in enumerate(titles)]),
        model.symbols, shape.tokenizer, encoder, "encoder",
    )  # fmt: skip
    request = Request(ConversationPath(history), allowed, count=1, alternatives=TOP - 1, narrate=False)
    level1 = shape.vectors_mb(math.ceil(math.sqrt(n)))  # clusters; a ranking needs no words (model.head.item_scores)
    if built is None:
        read = level1 + shape.vectors_mb(n)
    else:
        width, coded = built.coordinates.shape[1], len(built.step)
        opened, looked_at = 4 * width * OPENED, coded * min(n, LOOKED_AT)  # fp32, codes of a byte
        of_clusters = 4 * (width + coded) * len(built.clusters)  # means and variances
        read = level1 + shape.vectors_mb(width) + (opened + looked_at + of_clusters) / 1e6

    def run(decoder: Decoder) -> Callable[[], object]:
        engine = Engine(model, renderer, built, decoder)
        return lambda: list(engine.generate([request]))

    found = [System(SINGLE, run(shape.decoder), 1, shape.layers_mb + read)]
    if shape.lean:
        by_modules = TransformersDecoder(model.decoder)
        found.append(System(SINGLE + BY_MODULES, run(by_modules), 1, shape.layers_mb + read))
    return found
