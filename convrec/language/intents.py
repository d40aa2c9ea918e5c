"""What a whole message is after, by its meaning: one of the kinds of goods that people come for, or what they do.

"I can't hear anybody on calls" wants a headset and names none; "the clock stopped, it must be the double As" names a
clock and wants batteries; "they go blunt in no time" wants a sharpener where pencils lie on the table, which is why the
kind of goods that was shown last is read along. No list of words tells them apart. The upper layers of the sentence
encoder, tuned by LoRA (arXiv 2106.09685) on messages in many voices, do: prompts/intents/ holds them, a file an author,
and goods.yaml, acts.yaml and manners.yaml more; demo.tsv is what the demo's shoppers say in training, lest a critique
be taken for a need. What is fitted stands beside this file. After a change of the messages, ten minutes:

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
from typing import Any, NamedTuple

import torch
import yaml
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from convrec.language.encoder import WIDTH, SentenceEncoder, load_encoder
from convrec.language.goods import goods, spoken

FITTED = Path(__file__).with_name("intents.safetensors")
MESSAGES = Path(__file__).resolve().parents[2] / "prompts" / "intents"
DRAWN = MESSAGES / "demo.tsv"  # of the demo's training dialogues, as they were when it was drawn
SHARPNESS = 16.0  # of the scores of vectors of length one
RANK = 16
ACTS = ("why", "more", "compare", "profile", "restart", "social", "off_topic")
HERE = ("about", "cheaper", "dearer", "unwanted", "steer", "away")  # of what is in front of them
OPEN, NOT_SOLD = "open", "none"  # asks for nothing in particular; for goods that none of these is
EPOCHS = 5
RARE = 3.0  # weight of messages that want two kinds of goods, of which there are few
UNKNOWN = 0.4  # of the messages whose table is not known: how many are shown with one that is drawn
# What the examples of manners.yaml, in which "that" stands for the thing spoken of, are here.
_MANNERS = {
    "wish": {"unwanted": "unwanted", "wanted": "steer"},
    "degree": {"complaint": "unwanted", "wish": "steer"},
    "amount": {"less": "steer", "more": "steer"},
    "price": {"less": "cheaper", "more": "dearer"},
}


@dataclass(frozen=True, slots=True)
class Intent:
    """Kind → probability: of goods, ACTS, HERE, OPEN and NOT_SOLD; `several`: that two kinds of goods are wanted."""

    probabilities: Mapping[str, float]
    several: float = 0.0

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
        self._weight, self._bias, self._beside = tensors["weight"], tensors["bias"], tensors["beside"]

    @torch.inference_mode()
    def of(self, text: str, table: str = "") -> Intent:
        """`table`: the kind of goods that was shown last, if any."""
        said = self._encoder.middle(text)
        hidden = torch.cat([said, self._encoder.middle(table) + self._beside])[None] if table else said[None]
        vector = pooled(self._layers, hidden, [len(said)], [hidden.shape[1]])
        odds = SHARPNESS * (vector @ self._weight.T + self._bias)[0]
        probabilities = dict(zip(self.kinds, torch.softmax(odds[:-1], 0).tolist(), strict=True))
        return Intent(probabilities, float(torch.sigmoid(odds[-1])))


def pooled(layers: nn.ModuleList, hidden: Tensor, said: Sequence[int], lengths: Sequence[int]) -> Tensor:
    """(n, 384) of length one: hidden states (n, pieces, 384), of which the first `lengths` are no padding, through the
    layers; the mean over the first `said`, the message's own."""
    place = torch.arange(hidden.shape[1])
    bias = ((place >= torch.tensor(lengths)[:, None]) * -1e9)[:, None, None, :]
    for layer in layers:
        out = layer(hidden, bias)
        hidden = out[0] if isinstance(out, tuple) else out
    own = (place < torch.tensor(said)[:, None]).float()
    return nn.functional.normalize((hidden * own[:, :, None]).sum(1) / own.sum(1, keepdim=True), dim=1)


class Example(NamedTuple):
    """A message of an author ("" in YAML files), what it is after ("Pens+Ink": both), and the kind of goods that was
    shown before it: none (""), or not known (None)."""

    author: str
    kind: str
    said: str
    table: str | None = None


def examples() -> list[Example]:
    """What is tuned on."""
    package = resources.files("convrec.language")
    acts, manners = (
        yaml.safe_load(package.joinpath(name).read_text("utf-8")) for name in ("acts.yaml", "manners.yaml")
    )
    found = [Example("", kind, said) for kind in goods() for said in spoken(kind)]
    found += [Example("", act, text) for act, sentences in acts.items() for text in sentences]
    found += [
        Example("", kind, said)
        for question, kinds in _MANNERS.items()
        for manner, kind in kinds.items()
        for said in manners[question][manner]
    ]
    found += [
        Example(author, kind, said, table[0] if table else None) for author, (kind, _, *table, said) in authored()
    ]
    return found + [Example("demo", kind, said, table) for kind, _, table, said in _lines(DRAWN)]


def authored() -> list[tuple[str, list[str]]]:
    """(author, columns) of every line of an author in prompts/intents: kind, values, where it is known the table,
    message."""
    paths = sorted(path for path in MESSAGES.glob("*.tsv") if path != DRAWN)
    return [(path.stem, columns) for path in paths for columns in _lines(path)]


def _lines(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text("utf-8").splitlines()]


def kinds_of(found: Sequence[Example]) -> list[str]:
    """All that is wanted in some examples, in the order of the classifier's rows."""
    return sorted({kind for example in found for kind in example.kind.split("+")})


def fingerprint(found: Sequence[Example]) -> str:
    """SHA-256 of the examples, which stands in FITTED, too."""
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def fit(encoder: SentenceEncoder, found: Sequence[Example], epochs: int = EPOCHS) -> dict[str, Tensor]:
    """LoRA, a linear layer and what marks the table: the tensors of FITTED. The lower layers are gone through once."""
    from peft import LoraConfig, inject_adapter_in_model
    from rich.progress import track

    torch.manual_seed(0)
    kinds, wanted = kinds_of(found), [example.kind.split("+") for example in found]
    goals = torch.zeros(len(found), len(kinds) + 1)  # the last: that there are several
    for goal, each in zip(goals, wanted, strict=True):
        goal[[kinds.index(kind) for kind in each]] = 1 / len(each)
        goal[-1] = len(each) > 1
    layers = encoder.upper_layers()
    inject_adapter_in_model(
        LoraConfig(r=RANK, lora_alpha=2 * RANK, lora_dropout=0.05, target_modules=["query", "key", "value", "dense"]),
        layers,
    )
    tuned = [weight for weight in layers.parameters() if weight.requires_grad]
    linear, dropout, beside = nn.Linear(WIDTH, len(kinds) + 1), nn.Dropout(0.1), nn.Parameter(torch.zeros(WIDTH))
    middles = [encoder.middle(example.said).clone() for example in track(found, "reading")]
    on_tables = sorted({kind for kind in kinds if kind in goods()} | {e.table for e in found if e.table})
    tables = {kind: encoder.middle(kind).clone() for kind in on_tables}
    optimizer = torch.optim.AdamW(
        [{"params": [*tuned, beside], "lr": 1e-3}, {"params": linear.parameters(), "lr": 5e-3}], weight_decay=0.01
    )
    steps = epochs * len(list(_batches(middles, 0)))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / 100, 1.02 - step / steps))
    layers.train()
    for epoch in range(epochs):
        drawn = random.Random(epoch)
        for batch in track(list(_batches(middles, epoch)), f"epoch {epoch + 1} of {epochs}"):
            heard = [_laid(found[i], middles[i], tables, beside, drawn) for i in batch]
            hidden = nn.utils.rnn.pad_sequence(heard, batch_first=True)
            vectors = pooled(layers, hidden, [len(middles[i]) for i in batch], [len(each) for each in heard])
            odds = SHARPNESS * linear(dropout(vectors))
            loss = nn.functional.cross_entropy(odds[:, :-1], goals[batch, :-1], label_smoothing=0.05)
            loss = loss + nn.functional.binary_cross_entropy_with_logits(
                odds[:, -1], goals[batch, -1], pos_weight=torch.tensor(RARE)
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(tuned, 1.0)
            optimizer.step()
            schedule.step()
    fitted = {"weight": linear.weight, "bias": linear.bias, "beside": beside}
    for name, module in _tuned(layers):
        fitted |= {f"{name}.A": module.lora_A["default"].weight, f"{name}.B": module.lora_B["default"].weight}
    return {name: tensor.detach().half().contiguous() for name, tensor in fitted.items()}


def _laid(
    example: Example, middle: Tensor, tables: Mapping[str, Tensor], beside: Tensor, drawn: random.Random
) -> Tensor:
    """(pieces, 384): a message with its table; where that is not known, with any or with none: it does not matter."""
    table = example.table
    if table is None and drawn.random() < UNKNOWN and tables:
        table = drawn.choice([kind for kind in tables if kind not in example.kind])
    return torch.cat([middle, tables[table] + beside]) if table else middle


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
    told = {"kinds": json.dumps(kinds_of(found)), "examples": fingerprint(found)}
    save_file(fit(load_encoder(), found), FITTED, told)


if __name__ == "__main__":
    main()
