"""The item table as the item step reads it at scale: f(E) sorted by cluster, mapped from a file, with 8-bit codes.

The index answers one question, which clusters are worth opening, in two looks, and then opens them:

1. Of every cluster, from the mean and the variances of its members, the score its best member may be expected to have.
   Logits of many members are about normal, so log Σ exp follows the random-energy model (Derrida 1981): n members of
   mean μ and deviation σ give μ + ln n + σ²/2 while σ < √(2 ln n), and μ + σ√(2 ln n) beyond. How many deviations the
   largest lies out was measured in other directions when the index was built. P(i) = P(c) / (1 + others ÷ the largest).
2. Of the members of the clusters that come first, a sketch: how they differ from their mean in the few coordinates in
   which they differ at all for a hidden state, 8 bits each.
3. The clusters that are then best are opened: every member, the normaliser over all of them, the soft cap. What a step
   costs is the memory that it reads, so coordinates have 16 bits: off by 1/65,534 of the item's largest at most.

So each score that comes out is the corrected one over whole clusters, to a thousandth of a nat (ten where an item is
many times as long as others), and what is approximate is only which clusters are opened. That is ours; arXiv 2509.03746
scans the whole catalogue.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor

from convrec.errors import CatalogMismatch, ConfigError, DataError, ModelError
from convrec.model.head import Head

USED_FROM = 10_000  # items; of 12,000 it costs less than scanning them, fewer were not measured (docs/performance.md)
FILE = "index.safetensors"
LOOSE = 1e-5  # what a coordinate left out may hold of the largest: rounding
LAYOUT = "3"  # of the file; 3: coordinates are whole numbers of 16 bits
DIRECTIONS, FAR = 64, 0.9  # in which it is measured how far the members of a cluster lie out, and the share within that
SKETCHED = 0.997  # of the variance of the members' logits lies in the coordinates that have codes
TOGETHER, MEMBERS = 4, 64  # coordinates and members that are multiplied at once
CHUNK = 50_000  # rows that are summed in double precision at once


@dataclass(frozen=True)
class ItemIndex:
    """f(E) = centre + (grain · coordinates) @ basis.T, rows sorted by cluster and, within one, by catalogue row.

    `coordinates` (items, r) int16 and `grain` (items,), one unit of each item's; r is the rank of f(E), so the width of
    the table where that is narrower than the backbone. `rows` (items,) the catalogue row at each position, `places`
    (items,) its inverse; `clusters` (clusters with a member,) their numbers, `starts` (that + 1,) where each begins;
    `mean` and `variance` (clusters, r) of the members' grain · coordinates. `codes` int8, cluster by cluster (m,
    members up to a multiple of MEMBERS), and `step` (m,): the first m of these ≈ mean + codes · step. `reach`
    (clusters,) how many deviations the farthest member of each lies out, in most of some directions.
    """

    coordinates: Tensor
    grain: Tensor
    codes: Tensor
    step: Tensor
    basis: Tensor
    centre: Tensor
    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    clusters: NDArray[np.int64]
    starts: NDArray[np.int64]
    mean: Tensor
    variance: Tensor
    reach: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Tensor) -> Tensor:
        """(…, hidden) f(E) of (…,) catalogue rows."""
        places = torch.from_numpy(self.places)[rows]
        coordinates = self.coordinates[places] * self.grain[places, None]
        found: Tensor = coordinates @ self.basis.T + self.centre
        return found

    @property
    def cluster_of(self) -> NDArray[np.int64]:
        """(items,) which of `clusters`, by its place there, each position belongs to."""
        return np.repeat(np.arange(len(self.clusters)), np.diff(self.starts))

    @property
    def blocks(self) -> NDArray[np.int64]:
        """(clusters with a member + 1,) where the codes of each begin."""
        return len(self.step) * np.append(0, np.cumsum(_padded(np.diff(self.starts))))


class Held(NamedTuple):
    """The arrays of an index as the item step reads them (generate.kernels).

    `asks` (hidden, clusters with a member + r + 1): their vectors of level 1, the basis and the centre of the index
    side by side, so that one product says all that is asked of a hidden state. Words are not: item_scores needs none.
    `variance` (clusters, m): of the coordinates that have codes.
    """

    asks: NDArray[np.float32]
    coordinates: NDArray[np.int16]
    grain: NDArray[np.float32]
    codes: NDArray[np.int8]
    step: NDArray[np.float32]
    mean: NDArray[np.float32]
    variance: NDArray[np.float32]
    reach: NDArray[np.float32]
    starts: NDArray[np.int64]
    blocks: NDArray[np.int64]
    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    cluster_of: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class IndexedHead:
    """A two-level `model.head.Head` whose items are read from an index. `where` (arrays of `held`, 3): the address and
    the shape of each, and `address` its own: to hand over the arrays would cost a step more."""

    inputs: Tensor
    level1: Tensor
    items: ItemIndex
    n_symbols: int
    held: Held
    where: NDArray[np.int64]
    address: int


def indexed(inputs: Tensor, level1: Tensor, index: ItemIndex, n_symbols: int) -> IndexedHead:
    clusters = level1[torch.from_numpy(n_symbols + index.clusters)]
    asks = torch.cat([clusters, index.basis.T, index.centre[None]]).detach().T.float().contiguous()
    made = {"asks": asks.numpy(), "variance": index.variance[:, : len(index.step)].numpy()}
    arrays = {name: np.ascontiguousarray(made.get(name, getattr(index, name, None))) for name in Held._fields}
    held = Held(**arrays)
    where = np.array([(array.ctypes.data, *array.shape, 1)[:3] for array in held], dtype=np.int64)
    return IndexedHead(inputs, level1, index, n_symbols, held, where, where.ctypes.data)


@torch.no_grad()
def build(head: Head) -> ItemIndex:
    """Raises ConfigError for a head without clusters, which has no need of it, ModelError for values that are no
    numbers."""
    if head.kind != "two-level":
        raise ConfigError(f"an index opens clusters, and a {head.kind} head has none: its items are scanned whole")
    items, labels = head.items.detach(), head.cluster_of.numpy()
    bad = ~torch.isfinite(items).all(1)
    if bad.any() or not torch.isfinite(head.level1).all():
        raise ModelError(
            f"{int(bad.sum())} of {len(items)} item vectors hold values that are no numbers; copy the model again or "
            "train again"
        )
    rows = np.argsort(labels, kind="stable")
    clusters, first = np.unique(labels[rows], return_index=True)
    starts = np.append(first, len(rows)).astype(np.int64)
    places = np.empty_like(rows)
    places[rows] = np.arange(len(rows))
    centre = items.mean(0)
    basis = _basis(items - centre, labels, clusters)
    coordinates = (items[torch.from_numpy(rows)] - centre) @ basis
    mean, variance = _moments(coordinates.numpy(), starts)
    asked = head.level1[head.n_symbols :].detach()[torch.from_numpy(clusters)]  # where hidden states point
    asked = (asked - asked.mean(0))[:: len(asked) // DIRECTIONS + 1] @ basis
    reach = _reach(coordinates, starts, asked, mean, variance)
    codes, step = _codes(coordinates, starts, mean, variance.mean(0) * asked.square().mean(0))
    grain = torch.from_numpy(np.abs(coordinates.numpy()).max(1, initial=0) / 32767).clamp(min=1e-12)
    whole = coordinates.div_(grain[:, None]).round_().to(torch.int16)
    return ItemIndex(whole, grain, codes, step, basis, centre, rows, places, clusters, starts, mean, variance, reach)


def _basis(centred: Tensor, labels: NDArray[np.int64], clusters: NDArray[np.int64]) -> Tensor:
    """(hidden, r) orthonormal, spanning the items; turned so that members of one cluster vary independently."""
    everything = torch.zeros(centred.shape[1], centred.shape[1], dtype=torch.float64)
    for begin in range(0, len(centred), CHUNK):
        part = centred[begin : begin + CHUNK].double()
        everything += part.T @ part
    values, vectors = torch.linalg.eigh(everything)
    span = vectors[:, values > values[-1].clamp(min=1e-30) * LOOSE**2]
    sums = torch.zeros(int(clusters[-1]) + 1, centred.shape[1]).index_add_(0, torch.from_numpy(labels), centred)
    counts = torch.bincount(torch.from_numpy(labels), minlength=len(sums)).clamp(min=1)
    between = (sums.T @ (sums / counts[:, None])).double()
    turn = torch.linalg.eigh(span.T @ (everything - between) @ span)[1]
    basis: Tensor = (span @ turn.flip(1)).float().contiguous()
    return basis


def _moments(coordinates: NDArray[np.float32], starts: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    sizes = np.diff(starts)[:, None]
    mean = np.add.reduceat(coordinates, starts[:-1], axis=0) / sizes
    variance = np.zeros_like(mean)
    for number, (begin, end) in enumerate(pairwise(starts)):
        variance[number] = np.square(coordinates[begin:end] - mean[number]).mean(0)
    return torch.from_numpy(mean.astype(np.float32)), torch.from_numpy(variance.astype(np.float32))


def _reach(
    coordinates: Tensor, starts: NDArray[np.int64], directions: Tensor, mean: Tensor, variance: Tensor
) -> NDArray[np.float32]:
    farthest = torch.empty(len(mean), len(directions))
    for number, (begin, end) in enumerate(pairwise(starts)):
        farthest[number] = (coordinates[begin:end] @ directions.T).amax(0)
    deviation = (variance @ directions.square().T).sqrt().clamp(min=1e-12)
    out = ((farthest - mean @ directions.T) / deviation).quantile(FAR, 1)
    most = np.sqrt(np.diff(starts) - 1).astype(np.float32)  # no one of n lies farther out
    reach: NDArray[np.float32] = np.minimum(out.numpy(), most)
    return reach


def _codes(
    coordinates: Tensor, starts: NDArray[np.int64], mean: Tensor, variance_of_logits: Tensor
) -> tuple[Tensor, Tensor]:
    """The codes and their step, for as many coordinates as the (r,) variance each gives the members' logits asks."""
    share = variance_of_logits.cumsum(0) / variance_of_logits.sum().clamp(min=1e-30)
    m = min(int((share < SKETCHED).sum()) + 1, len(share))
    sizes = np.diff(starts)
    differences = coordinates[:, :m] - mean[:, :m].repeat_interleave(torch.from_numpy(sizes), 0)
    step = (differences.abs().amax(0) / 127).clamp(min=1e-12)
    rows = -(-m // TOGETHER) * TOGETHER
    codes = np.zeros(rows * int(_padded(sizes).sum()), dtype=np.int8)
    at = 0
    for (begin, end), width in zip(pairwise(starts), _padded(sizes), strict=True):
        block = codes[at : at + rows * width].reshape(rows, width)
        block[:m, : end - begin] = torch.round(differences[begin:end] / step).T
        at += block.size
    return torch.from_numpy(codes), torch.nn.functional.pad(step, (0, rows - m))


def _padded(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    return -(-sizes // MEMBERS) * MEMBERS


def write(index: ItemIndex, folder: Path) -> Path:
    """Beside the model in `folder`, whole or not at all. Raises DataError where it cannot be written."""
    from safetensors.torch import save_file

    held = {name: torch.as_tensor(value).contiguous() for name, value in vars(index).items()}
    path = folder / FILE
    part = folder / f".{FILE}.partial-{os.getpid()}"
    try:
        save_file(held, part, {"table": fingerprint(folder), "layout": LAYOUT})
        os.replace(part, path)
    except (OSError, SafetensorError) as error:
        raise DataError(f"cannot write {path}: {error}; nothing was written there") from error
    finally:
        part.unlink(missing_ok=True)
    return path


def read(folder: Path) -> ItemIndex:
    """Mapped, not read: a page of it comes into memory when a row of it is looked at.

    Raises CatalogMismatch where it was built from another table than lies beside it, ModelError where there is none
    or it is corrupt.
    """
    from safetensors import safe_open

    path = folder / FILE
    if not path.is_file():
        raise ModelError(f"{folder} holds no index; build one: convrec index build {folder}")
    try:
        with safe_open(path, "pt") as file:
            written = file.metadata() or {}
            if written.get("layout") != LAYOUT:
                raise ModelError(f"{path} was built by another version of Convrec; build it again: convrec index build")
            held = {field.name: file.get_tensor(field.name) for field in fields(ItemIndex)}
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path} is corrupt or cut short ({error}); build it again: convrec index build") from error
    if written.get("table") != fingerprint(folder):
        raise CatalogMismatch(
            f"{path} was built from another item table than the one beside it; build it again: convrec index build, or "
            "delete it"
        )
    arrays = {name: held[name].numpy() for name in ("rows", "places", "clusters", "starts", "reach")}
    return ItemIndex(**{**held, **arrays})


def fingerprint(folder: Path) -> str:
    """SHA-256 over the files of the item table, every byte: an index of another table would answer with wrong items."""

    def of(file: Path) -> bytes:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").digest()

    with ThreadPoolExecutor() as pool:
        return hashlib.sha256(b"".join(pool.map(of, sorted(folder.glob("items*.safetensors"))))).hexdigest()
