"""A step over the touched rows alone is the step over the whole table, in loss and in every gradient."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import small_model
from torch import Tensor

from convrec.model.head import HEADS, HeadKind
from convrec.model.losses import Drawn, Negatives
from convrec.model.model import ConvrecModel
from convrec.train.touched import narrowed, touched_rows

MODELS = {kind: small_model(kind=kind)[0].train() for kind in HEADS}
NOTHING_HEARD = torch.zeros(0, 384)


def a_batch(model: ConvrecModel, seed: int) -> tuple[Tensor, Tensor]:
    """(symbols, targets) (3, 5) each, of words and a few of the items, or of words alone."""
    generator = torch.Generator().manual_seed(seed)
    few = torch.randint(0, 30, (4,), generator=generator)
    among = torch.cat([model.symbols.items + few[: seed % 5], torch.arange(3)])
    return among[torch.randint(0, len(among), (2, 3, 5), generator=generator)].unbind()


def loss_and_gradients(model: ConvrecModel, seed: int, *, whole: bool) -> tuple[Tensor, dict[str, Tensor]]:
    symbols, targets = a_batch(model, seed)
    torch.manual_seed(seed)
    compares = model.kind == "sampled" or (
        model.kind == "two-level" and seed % 2
    )  # two levels, across clusters as well
    drawn = Negatives(torch.full((30,), 4 / 30)).draw(torch.device("cpu")) if compares else None
    if whole:
        head = model.head()
    else:
        head, symbols, targets, drawn = narrowed(model, symbols, targets, drawn)
    model.zero_grad()
    hidden = model(symbols, NOTHING_HEARD, head)
    weights = torch.linspace(0.1, 1.0, targets.numel())
    loss = model.loss(hidden.flatten(0, 1), targets.flatten(), weights, head, drawn)
    loss.backward()  # type: ignore[no-untyped-call]
    return loss, {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in model.named_parameters()}


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(HEADS), st.integers(0, 999))
def test_loss_and_gradients_are_those_of_the_whole_table(kind: HeadKind, seed: int) -> None:
    """With part dropout on: which parts are dropped does not depend on the rows asked for."""
    model = MODELS[kind]
    torch.nn.init.normal_(model.table.free)
    (loss, gradients), (dense, expected) = (loss_and_gradients(model, seed, whole=whole) for whole in (False, True))
    torch.testing.assert_close(loss, dense, rtol=1e-5, atol=1e-5)
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-5, atol=1e-5, msg=lambda m, n=name: f"{n}: {m}")


def test_two_levels_touch_what_is_read_and_the_clusters_of_targets_and_nothing_else() -> None:
    model = MODELS["two-level"]
    item, cluster_of = model.symbols.item, model.table.cluster_of
    rows = touched_rows(model, torch.tensor([[item(3), 0, -1]]), torch.tensor([[item(8), -1, 2]]), None)
    assert rows is not None
    assert rows.tolist() == [row for row in range(30) if row == 3 or cluster_of[row] == cluster_of[8]]
    assert len(rows) < 30


def test_a_sampled_head_touches_what_is_read_targets_and_what_was_drawn() -> None:
    model = MODELS["sampled"]
    item = model.symbols.item
    drawn = Drawn(torch.tensor([4, 4, 1]), torch.zeros(3))
    rows = touched_rows(model, torch.tensor([[item(3), 0]]), torch.tensor([[item(8), -1]]), drawn)
    assert rows is not None
    assert rows.tolist() == [1, 3, 4, 8]


def test_two_levels_that_compare_across_clusters_touch_what_was_drawn_too() -> None:
    model = MODELS["two-level"]
    item, cluster_of = model.symbols.item, model.table.cluster_of
    other = next(row for row in range(30) if cluster_of[row] != cluster_of[8])
    rows = touched_rows(
        model, torch.tensor([[0]]), torch.tensor([[item(8)]]), Drawn(torch.tensor([other]), torch.zeros(1))
    )
    assert rows is not None
    assert rows.tolist() == [row for row in range(30) if row == other or cluster_of[row] == cluster_of[8]]


@pytest.mark.parametrize("kind", ["full", "sampled"])
def test_a_loss_over_every_item_touches_every_row(kind: HeadKind) -> None:
    symbols, targets = a_batch(MODELS[kind], 3)
    assert touched_rows(MODELS[kind], symbols, targets, None) is None
