"""What a whole message is after, by its meaning: one of the kinds of goods that people come for, or what they do.

"I can't hear anybody on calls" wants a headset and names none; "the clock stopped, it must be the double As" names a
clock and wants batteries. No list of words tells them apart. The upper layers of the sentence encoder, tuned by LoRA
(arXiv 2106.09685) on messages in many voices, do: prompts/intents/ holds them, a file an author, and goods.yaml,
acts.yaml and manners.yaml more; what the demo's shoppers say in training is drawn on, too, lest a critique be taken for
a need. What is fitted stands beside this file. After a change of the messages, ten minutes:

    python -m convrec.language.intents
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl
import torch
import yaml
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from convrec.language.encoder import WIDTH, SentenceEncoder, load_encoder
from convrec.language.goods import goods, spoken

FITTED = Path(__file__).with_name("intents.safetensors")
_ROOT = Path(__file__).resolve().parents[2]
MESSAGES, DEMO = _ROOT / "prompts" / "intents", _ROOT / "data" / "demo"
DRAWN = 700  # messages of the demo's training dialogues
SHARPNESS = 16.0  # of the scores of vectors of length one
RANK = 16
ACTS = ("why", "more", "compare", "profile", "restart", "social", "off_topic")
HERE = ("about", "cheaper", "dearer", "unwanted", "steer")  # of what is in front of them
OPEN, NOT_SOLD = "open", "none"  # asks for nothing in particular; for goods that none of these is
EPOCHS = 5
_PRICE = {"less": "cheaper", "more": "dearer"}
# What the examples of manners.yaml, in which "that" stands for the thing spoken of, are here.
_MANNERS = {
    "wish": {"unwanted": "unwanted", "wanted": "steer"},
    "degree": {"complaint": "unwanted", "wish": "steer"},
    "amount": {"less": "steer", "more": "steer"},
    "price": {"less": "cheaper", "more": "dearer"},
}


@dataclass(frozen=True, slots=True)
class Intent:
    """Kind → probability: of goods, ACTS, HERE, OPEN and NOT_SOLD."""

    probabilities: Mapping[str, float]

    def likeliest(self, kinds: Sequence[str]) -> tuple[str, float]:
        """The likeliest of some kinds, and how probable it is among all there are."""
        best = max(kinds, key=lambda kind: self.probabilities.get(kind, 0.0))
        return best, self.probabilities.get(best, 0.0)

    def total(self, kinds: Sequence[str]) -> float:
        """How probable it is that it is one of these."""
        return sum(self.probabilities.get(kind, 0.0) for kind in kinds)


class Intents:
    """The classifier. `of` takes some milliseconds: half of it is the encoder's own work, which is done anyway."""

    def __init__(self, encoder: SentenceEncoder, fitted: Path = FITTED) -> None:
        self._encoder = encoder
        with safe_open(fitted, "pt") as file:
            self.kinds: tuple[str, ...] = tuple(json.loads(file.metadata()["kinds"]))
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        self._layers = encoder.upper_layers()
        for name, module in _tuned(self._layers):
            module.weight.data += 2.0 * tensors[f"{name}.B"] @ tensors[f"{name}.A"]
        self._weight, self._bias = tensors["weight"], tensors["bias"]

    @torch.inference_mode()
    def of(self, text: str) -> Intent:
        hidden = self._encoder.middle(text)[None]
        odds = SHARPNESS * (pooled(self._layers, hidden, torch.ones(hidden.shape[:2])) @ self._weight.T + self._bias)
        return Intent(dict(zip(self.kinds, torch.softmax(odds[0], 0).tolist(), strict=True)))


def pooled(layers: nn.ModuleList, hidden: Tensor, mask: Tensor) -> Tensor:
    """(n, 384) of length one: hidden states (n, pieces, 384) through the layers, the mean over what is no padding."""
    bias = ((1 - mask) * -1e9)[:, None, None, :]
    for layer in layers:
        out = layer(hidden, bias)
        hidden = out[0] if isinstance(out, tuple) else out
    mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
    return nn.functional.normalize(mean, dim=1)


def examples() -> list[tuple[str, str, str]]:
    """(author, kind, message): what is tuned on; the author of those that stand in YAML files is empty."""
    package = resources.files("convrec.language")
    acts, manners = (
        yaml.safe_load(package.joinpath(name).read_text("utf-8")) for name in ("acts.yaml", "manners.yaml")
    )
    found = [("", kind, said) for kind in goods() for said in spoken(kind)]
    found += [("", act, text) for act, sentences in acts.items() for text in sentences]
    found += [
        ("", kind, said)
        for question, kinds in _MANNERS.items()
        for manner, kind in kinds.items()
        for said in manners[question][manner]
    ]
    for path in sorted(MESSAGES.glob("*.tsv")):
        for line in path.read_text("utf-8").splitlines():
            kind, _, said = line.split("\t")
            found.append((path.stem, kind, said))
    return found + [("demo", kind, said) for kind, said in _drawn(DEMO)]


def _drawn(dataset: Path) -> Iterator[tuple[str, str]]:
    """(kind, message) of training dialogues: mostly about the thing at hand, for another kind of goods now and then."""
    items = pl.read_parquet(dataset / "items.parquet", columns=["item_id", "categories"])
    leaf = {item_id: path[-1] for item_id, path in items.iter_rows()}
    frame = pl.read_parquet(
        dataset / "dialogues.parquet", columns=["text", "reading", "target_item_id", "phrasing", "split"]
    )
    known = frame.filter((pl.col("split") == "train") & (pl.col("phrasing") == "train")).unique(
        "text", maintain_order=True
    )
    for text, reading, target, *_ in known.sample(DRAWN, seed=0).iter_rows():
        asked = [(c["facet"], c["op"], str(c["value"])) for c in json.loads(reading)["constraints"]]
        kinds = [value for facet, op, value in asked if (facet, op) == ("category", "is")]
        if any(facet == "compatible" for facet, _, _ in asked):
            yield leaf[target], text
        elif kinds:
            yield from ((kind, text) for kind in kinds if kind in goods())
        elif len(asked) == 1 and asked[0][0] == "price" and asked[0][1] in _PRICE:
            yield _PRICE[asked[0][1]], text
        else:
            yield ("steer" if asked else OPEN), text


def fingerprint(found: Sequence[tuple[str, str, str]]) -> str:
    """SHA-256 of the examples, which stands in FITTED, too."""
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def fit(encoder: SentenceEncoder, said: Sequence[tuple[str, str]], epochs: int = EPOCHS) -> dict[str, Tensor]:
    """LoRA and a linear layer on (kind, message): the tensors of FITTED. The lower layers are gone through once."""
    from peft import LoraConfig, inject_adapter_in_model
    from rich.progress import track

    torch.manual_seed(0)
    kinds = sorted({kind for kind, _ in said})
    layers = encoder.upper_layers()
    inject_adapter_in_model(
        LoraConfig(r=RANK, lora_alpha=2 * RANK, lora_dropout=0.05, target_modules=["query", "key", "value", "dense"]),
        layers,
    )
    tuned = [weight for weight in layers.parameters() if weight.requires_grad]
    linear, dropout = nn.Linear(WIDTH, len(kinds)), nn.Dropout(0.1)
    middles = [encoder.middle(text).clone() for _, text in track(said, "reading")]
    goals = torch.tensor([kinds.index(kind) for kind, _ in said])
    optimizer = torch.optim.AdamW(
        [{"params": tuned, "lr": 1e-3}, {"params": linear.parameters(), "lr": 5e-3}], weight_decay=0.01
    )
    steps = epochs * len(list(_batches(middles, 0)))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / 100, 1.02 - step / steps))
    layers.train()
    for epoch in range(epochs):
        for batch in track(list(_batches(middles, epoch)), f"epoch {epoch + 1} of {epochs}"):
            hidden = nn.utils.rnn.pad_sequence([middles[i] for i in batch], batch_first=True)
            lengths = torch.tensor([len(middles[i]) for i in batch])
            mask = (torch.arange(hidden.shape[1]) < lengths[:, None]).float()
            odds = SHARPNESS * linear(dropout(pooled(layers, hidden, mask)))
            loss = nn.functional.cross_entropy(odds, goals[batch], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(tuned, 1.0)
            optimizer.step()
            schedule.step()
    found = {"weight": linear.weight, "bias": linear.bias}
    for name, module in _tuned(layers):
        found |= {f"{name}.A": module.lora_A["default"].weight, f"{name}.B": module.lora_B["default"].weight}
    return {name: tensor.detach().half().contiguous() for name, tensor in found.items()}


def _batches(middles: Sequence[Tensor], epoch: int, size: int = 32) -> Iterator[list[int]]:
    """Numbers of messages of about one length, in an order drawn anew for each epoch."""
    drawn = random.Random(epoch)
    order = list(range(len(middles)))
    drawn.shuffle(order)
    pools = [sorted(order[i : i + 16 * size], key=lambda i: len(middles[i])) for i in range(0, len(order), 16 * size)]
    batches = [pool[i : i + size] for pool in pools for i in range(0, len(pool), size)]
    drawn.shuffle(batches)
    yield from batches


def _tuned(layers: nn.ModuleList) -> Iterator[tuple[str, Any]]:
    """The matrices that LoRA is added to, by name."""
    for name, module in layers.named_modules():
        if name.endswith((".query", ".key", ".value", ".dense")):
            yield name, module


def main() -> None:
    found = examples()
    said = [(kind, text) for _, kind, text in found]
    told = {"kinds": json.dumps(sorted({kind for kind, _ in said})), "examples": fingerprint(found)}
    save_file(fit(load_encoder(), said), FITTED, told)


if __name__ == "__main__":
    main()
