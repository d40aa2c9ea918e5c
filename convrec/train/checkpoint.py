"""Checkpoints of a phase: safetensors and JSON, written whole or not at all, so a kill leaves the last one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from convrec.errors import ModelError


@dataclass
class Progress:
    """Where a phase stands: epochs and steps done, the best score so far and the weights that reached it."""

    phase: int
    epoch: int = 0
    step: int = 0
    score: float = float("-inf")
    stale: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)


def write_checkpoint(
    path: Path,
    progress: Progress,
    parameters: Sequence[tuple[str, torch.nn.Parameter]],
    optimizer: torch.optim.Optimizer,
    average: Mapping[str, Tensor],
) -> None:
    tensors: dict[str, Tensor] = {}
    for name, parameter in parameters:
        tensors[f"trained/{name}"] = parameter.detach()
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer.{key}/{name}"] = value
    tensors |= {f"average/{name}": t for name, t in average.items()}
    tensors |= {f"best/{name}": t for name, t in progress.best.items()}
    counters = {key: value for key, value in vars(progress).items() if key != "best"}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    # clone: what safetensors writes must not share memory
    save_file({k: t.clone().contiguous() for k, t in tensors.items()}, part, {"progress": json.dumps(counters)})
    os.replace(part, path)


def read_checkpoint(
    path: Path,
    phase: int,
    parameters: Sequence[tuple[str, torch.nn.Parameter]],
    optimizer: torch.optim.Optimizer,
    average: dict[str, Tensor],
) -> Progress | None:
    """Restores weights, optimizer and average in place; None where there is no checkpoint of this phase.

    Raises ModelError where the file is of another model or is corrupt.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            progress = Progress(**json.loads(file.metadata()["progress"]))
            if progress.phase != phase:
                return None
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)
        with torch.no_grad():
            for name, parameter in parameters:
                parameter.copy_(tensors[f"trained/{name}"])
                average[name] = tensors[f"average/{name}"].clone()
                state = {
                    key.partition("/")[0].removeprefix("optimizer."): value
                    for key, value in tensors.items()
                    if key.startswith("optimizer.") and key.partition("/")[2] == name
                }
                optimizer.state[parameter] = state
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        raise ModelError(
            f"the checkpoint {path} is corrupt or of another model ({error}); delete it to begin this phase again"
        ) from error
    progress.best = {key.removeprefix("best/"): t for key, t in tensors.items() if key.startswith("best/")}
    return progress
