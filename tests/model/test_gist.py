"""What a message says reaches the ⟨item⟩ mark as one vector: of the last message alone, whatever stands beside it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import small_model

from convrec.conversation import Path, PathTurn
from convrec.model.gist import Gist
from convrec.model.model import ConvrecModel
from convrec.model.prompt import Renderer
from convrec.model.ranking import collate

SIZES = st.lists(st.integers(0, 5), min_size=1, max_size=6)


def trained(gist: Gist) -> Gist:
    """As if it had been: an untrained one says nothing."""
    torch.manual_seed(0)
    for parameter in (gist.project.weight, gist.weigh.weight):
        torch.nn.init.normal_(parameter)
    return gist


@settings(max_examples=40, deadline=None)
@given(SIZES, st.integers(0, 999))
def test_a_gist_is_of_its_own_message_in_any_order_of_words(sizes: list[int], seed: int) -> None:
    gist, generator = trained(Gist(8, 4)), torch.Generator().manual_seed(seed)
    heard = torch.randn(sum(sizes), 8, generator=generator)
    message = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    order = torch.randperm(len(heard), generator=generator)
    together = gist(heard[order], message[order], len(sizes))
    for number in range(len(sizes)):
        own = heard[message == number]
        alone = gist(own, torch.zeros(len(own), dtype=torch.long), 1)[0]
        torch.testing.assert_close(together[number], alone if len(own) else torch.zeros(4))


def hearing() -> tuple[ConvrecModel, Renderer]:
    """A model with a gist."""
    plain, renderer = small_model()
    model = ConvrecModel(plain.backbone, plain.symbols, plain.table, heard_width=384, gist=True).eval()
    model.load_state_dict(plain.state_dict(), strict=False)
    return model, renderer


@pytest.mark.parametrize("left", [True, False])
def test_the_item_mark_alone_bears_the_gist_of_the_last_message_alone(left: bool) -> None:
    model, renderer = hearing()
    assert model.gist is not None
    paths = [
        Path((1, 2), (PathTurn("something blue"),)),
        Path((1, 2, 3, 4), (PathTurn("cheaper", shown=(7,)), PathTurn("something blue"))),
        Path((1, 2), (PathTurn(""),)),
    ]
    symbols, heard, _ = collate([renderer.path(path) for path in paths], left=left)
    head = model.head()
    before = model.embed(symbols, heard, head)
    trained(model.gist)
    added = model.embed(symbols, heard, head) - before
    marks = symbols == model.symbols.control("item")
    assert (added[~marks] == 0).all()
    first, second, unsaid = added[marks]
    assert first.abs().max() > 0.01
    torch.testing.assert_close(first, second)
    assert (unsaid == 0).all()


def test_an_untrained_gist_changes_nothing() -> None:
    plain, _ = small_model()
    model, renderer = hearing()
    symbols, heard, _ = collate([renderer.path(Path((1,), (PathTurn("something blue"),)))])
    torch.testing.assert_close(model.embed(symbols, heard, model.head()), plain.embed(symbols, heard, plain.head()))
