"""The training loop of one phase: steps, a moving average of the weights, validation, checkpoints, an exact resume.

Each step seeds its own randomness from (seed, phase, step), and each epoch's examples and order come from (seed, phase,
epoch), so a resumed run is the same run: nothing but tensors and counters need to be stored.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from convrec.model.losses import Negatives
from convrec.model.model import ConvrecModel
from convrec.train.checkpoint import Progress, read_checkpoint, write_checkpoint
from convrec.train.examples import NOTHING, Example, batches
from convrec.train.recipe import Phase, Recipe
from convrec.train.touched import narrowed


class Trained(Protocol):
    """What can be trained here: a torch module around one backbone."""

    @property
    def decoder(self) -> Any: ...
    def train(self) -> Any: ...
    def parameters(self) -> Iterator[torch.nn.Parameter]: ...
    def named_parameters(self) -> Iterator[tuple[str, torch.nn.Parameter]]: ...


Model = TypeVar("Model", bound=Trained)
Instance = TypeVar("Instance", bound=Sized)  # one example; its size is its number of symbols
Report = Callable[[str, dict[str, float]], None]


@dataclass
class Averaged:
    """A moving average of the trained weights; what is validated and saved."""

    parameters: list[tuple[str, torch.nn.Parameter]]
    decay: float
    weights: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.weights = {name: p.detach().clone() for name, p in self.parameters}

    @torch.no_grad()
    def update(self, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, parameter in self.parameters:
            self.weights[name].lerp_(parameter, 1 - decay)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchanges the trained weights and their average: twice is back."""
        for name, parameter in self.parameters:
            trained = parameter.detach().clone()
            parameter.copy_(self.weights[name])
            self.weights[name] = trained


def train_phase(
    model: Model,
    phase: Phase,
    recipe: Recipe,
    *,
    number: int,
    seed: int,
    make_examples: Callable[[np.random.Generator], Sequence[Instance]],
    loss: Callable[[Model, Sequence[Instance]], Tensor],
    validate: Callable[[Model], dict[str, float]],
    checkpoint: Path,
    report: Report,
) -> list[dict[str, float]]:
    """Trains `model` in place and leaves the best validated average in it; returns the validations.

    Continues from `checkpoint` if one of this phase is there, and writes one after every epoch. Stops early when
    `phase.patience` validations in a row were no better; `phase.select="none"` keeps the last weights. What a later
    phase starts from is a candidate, too: a phase may fail to help, but not harm.
    """
    parameters = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    optimizer = optimizer_of([p for _, p in parameters], recipe.weight_decay)
    average = Averaged(parameters, recipe.average)
    progress = read_checkpoint(checkpoint, number, parameters, optimizer, average.weights) or Progress(phase=number)
    best = progress.best or {name: w.clone() for name, w in average.weights.items()}
    if next(model.parameters()).device.type == "cpu":
        model.decoder.set_attn_implementation("eager")  # the fused attention takes three times as long to go backwards
    started = time.monotonic()
    if number and not progress.epoch and phase.select != "none":
        start = {"epoch": 0.0, "seconds": 0.0} | validate(model)
        progress.score = start["score"]
        progress.history.append(start)
        report("epoch", start)
    for epoch in range(progress.epoch, phase.epochs):
        if progress.stale >= phase.patience:
            break
        rng = np.random.default_rng((seed, number, epoch))
        examples = make_examples(rng)
        plan = batches([len(e) for e in examples], recipe.batch_symbols, rng)
        total = 0.0
        model.train()
        for index, batch in enumerate(plan):
            torch.manual_seed(seed * 1_000_003 + number * 100_003 + progress.step)
            rate = schedule(phase, (epoch + index / len(plan)) / phase.epochs, progress.step)
            for group in optimizer.param_groups:
                group["lr"] = rate
            cost = loss(model, [examples[i] for i in batch])
            optimizer.zero_grad(set_to_none=True)
            cost.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_([p for _, p in parameters], 1.0)
            optimizer.step()
            progress.step += 1
            average.update(progress.step)
            total += float(cost.detach())
            if index % 50 == 0:
                report("step", {"epoch": epoch, "of": phase.epochs, "batch": index, "batches": len(plan)})
        progress.epoch = epoch + 1
        figures = {"epoch": float(epoch + 1), "loss": total / len(plan), "seconds": time.monotonic() - started}
        last = epoch + 1 == phase.epochs
        if phase.select != "none" and ((epoch + 1) % recipe.validate_every == 0 or last):
            average.swap()
            figures |= validate(model)
            average.swap()
            progress.history.append(figures)
            if figures["score"] > progress.score:
                progress.score, progress.stale = figures["score"], 0
                best = {name: w.clone() for name, w in average.weights.items()}
            else:
                progress.stale += 1
        elif phase.select == "none":
            best = average.weights
        report("epoch", figures)
        progress.best = best
        write_checkpoint(checkpoint, progress, parameters, optimizer, average.weights)
    with torch.no_grad():
        for name, parameter in parameters:
            parameter.copy_(best[name])
    return progress.history


def optimizer_of(parameters: Sequence[torch.nn.Parameter], weight_decay: float) -> torch.optim.Optimizer:
    """AdamW in one pass over the weights: of a million items' free parts, untouched rows included, a quarter of the
    time of its plain form, and less than torch's SparseAdam needs for a tenth of them (docs/performance.md).
    """
    return torch.optim.AdamW(
        [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ],
        betas=(0.9, 0.98),
        fused=True,
    )


def schedule(phase: Phase, done: float, step: int, warm_up: int = 100) -> float:
    """The learning rate with `done` of the phase behind (0…1): linear warm-up, then cosine to 2 %."""
    return phase.learning_rate * min(1.0, (step + 1) / warm_up) * max(0.02, 0.5 * (1 + math.cos(math.pi * done)))


def batch_loss(
    model: ConvrecModel, examples: Sequence[Example], phase: Phase, negatives: Negatives | None = None
) -> Tensor:
    """The loss of a batch; matrix work in bf16, the item table and the softmaxes in fp32.

    A position weighs by what it predicts: a word, an item of a history, or the item that answers a message (`phase`).
    Padding stands on the right and attention looks left, so no mask is needed.
    """
    length = max(len(e) for e in examples)
    symbols = np.zeros((len(examples), length), dtype=np.int64)
    targets = np.full((len(examples), length), NOTHING, dtype=np.int64)
    shift = 0
    for i, example in enumerate(examples):
        symbols[i, : len(example)] = np.where(example.symbols < 0, example.symbols - shift, example.symbols)
        targets[i, : len(example)] = example.targets
        shift += len(example.heard)
    heard = torch.from_numpy(np.concatenate([e.heard for e in examples]).astype(np.float32))
    device = model.marks.weight.device
    given, wanted = torch.from_numpy(symbols).to(device), torch.from_numpy(targets).to(device)
    answers = given == model.symbols.control("item")
    head, given, wanted, drawn = narrowed(model, given, wanted, negatives.draw(device) if negatives else None)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        hidden = model(given, heard.to(device), head)
        chosen = wanted != NOTHING
        wanted = wanted[chosen]
        weights = torch.where(wanted >= head.n_symbols, 1.0, phase.text_weight)
        weights = torch.where(answers[chosen], phase.asked_weight, weights)
        return model.loss(hidden[chosen], wanted, weights, head, drawn)
