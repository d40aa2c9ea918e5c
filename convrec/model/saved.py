"""The folder of a saved model, written whole or not at all, never pickle.

config.json · backbone/ (transformers' own form, with the tokenizer) or a hub id · adapter/ (peft) · items.safetensors
(tables, marks, hearing) · phrases.safetensors (model.phrases; none with a pretrained backbone) · catalog/
(items.parquet) · README.md (model card). Shards are ≤ 9 MB: a Space takes larger files only through LFS.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from convrec.catalog import Catalog
from convrec.datasets.atomic import new_folder
from convrec.datasets.folder import read_catalog
from convrec.datasets.frames import items_frame
from convrec.errors import CatalogMismatch, ModelError
from convrec.items.clusters import ClusterBy, Clustering
from convrec.items.vectors import Starts
from convrec.model.backbone import load_backbone
from convrec.model.head import HEADS, HeadKind
from convrec.model.index import FILE as INDEX_FILE
from convrec.model.index import USED_FROM, ItemIndex
from convrec.model.index import read as read_index
from convrec.model.model import ConvrecModel
from convrec.model.phrases import Phrases
from convrec.model.prompt import Encoder, Hears, Renderer
from convrec.model.symbols import Symbols
from convrec.model.tables import ItemTable, ServedTable

FORMAT = 1
MADE_FROM = ("table.content", "table.collaborative", "table.from_content.weight", "table.from_content.bias",
             "table.from_collaborative.weight", "table.from_collaborative.bias", "table.free")  # fmt: skip
log = logging.getLogger(__name__)
SHARD = "9MB"


@dataclass(frozen=True)
class SavedConfig:
    """What config.json holds. `backbone` is "" where the folder carries its own, else a hub id.

    A folder without `head` or a later field is from before there was a choice: their defaults are its own.
    """

    text_symbols: int
    facts: tuple[str, ...]
    hears: Hears
    width: int
    heard_width: int
    part_dropout: float
    catalog_version: str
    dataset: str = ""  # the folder trained on, as it was named: whose shoppers may chat where nobody says otherwise
    backbone: str = ""
    revision: str | None = None
    head: HeadKind = "two-level"
    clusters: Clustering = "kmeans"
    cluster_by: ClusterBy = "collaborative"
    splice_facts: bool = True
    fact_tokens: bool = True
    item_vectors: Starts = "both"
    gist: bool = False
    format: int = FORMAT


@dataclass
class Saved:
    """A loaded model folder, ready to serve: LoRA merged, in eval mode."""

    model: ConvrecModel
    tokenizer: Any
    catalog: Catalog
    config: SavedConfig
    content_mean: torch.Tensor
    content_scale: float
    folder: Path
    index: ItemIndex | None = None
    phrases: Phrases | None = None

    def renderer(self, encoder: Encoder) -> Renderer:
        """Shows the model what it was shown in training."""
        config = self.config
        return Renderer(
            self.catalog, self.model.symbols, self.tokenizer, encoder, config.hears,
            splice_facts=config.splice_facts, fact_tokens=config.fact_tokens,
        )  # fmt: skip


def save(
    folder: Path,
    model: ConvrecModel,
    tokenizer: Any,
    catalog: Catalog,
    config: SavedConfig,
    content_statistics: tuple[torch.Tensor, float],
    card: str,
    phrases: Phrases | None = None,
) -> None:
    """Raises DataError where the folder cannot be written; what stood there before stays until the new one is whole."""
    from huggingface_hub import save_torch_state_dict

    state = {name: t.detach().half() if t.is_floating_point() else t for name, t in _own_state(model)}
    state["content_mean"] = content_statistics[0].float()
    state["content_scale"] = torch.tensor(content_statistics[1])
    with new_folder(folder, overwrite=True, proof="config.json") as part:
        (part / "catalog").mkdir()
        items_frame(catalog).write_parquet(part / "catalog" / "items.parquet", compression="zstd")
        backbone = model.backbone
        if hasattr(backbone, "peft_config"):
            backbone.save_pretrained(str(part / "adapter"))
            (part / "adapter" / "README.md").unlink(missing_ok=True)  # peft's empty form; the folder has a card
            backbone = backbone.get_base_model()
        if not config.backbone:
            _save_half(backbone, part / "backbone")
            tokenizer.save_pretrained(str(part / "backbone"))
        save_torch_state_dict(
            {name: t.contiguous() for name, t in state.items()},
            part,
            filename_pattern="items{suffix}.safetensors",
            max_shard_size=SHARD,
        )
        if phrases is not None:
            phrases.save(part)
        (part / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n")
        (part / "README.md").write_text(card)


def load(folder: str | Path, *, merge: bool = True, indexed: bool = False) -> Saved:
    """From a folder or a hub id. Raises ModelError (missing, corrupt, newer) or CatalogMismatch.

    With `indexed`, where an index lies beside the model and the catalogue is large enough to gain by it, the item table
    is not read: its vectors stand in the index, which is mapped.
    """
    path = _folder(str(folder))
    config = _config(path)
    catalog = read_catalog(path / "catalog")
    if catalog.version != config.catalog_version:
        raise CatalogMismatch(
            f"{path}: the item table was trained over catalogue {config.catalog_version}, but catalog/ is "
            f"{catalog.version}; put back the catalogue that was saved with this model, or train again"
        )
    backbone, tokenizer = load_backbone(config.backbone or str(path / "backbone"), config.revision)
    if (path / "adapter").exists():
        from peft import PeftModel

        with warnings.catch_warnings():  # peft 0.21 asks transformers 5 by an old name
            warnings.filterwarnings("ignore", ".is_gradient_checkpointing.", FutureWarning)
            backbone = PeftModel.from_pretrained(backbone, str(path / "adapter"))
        if merge:
            backbone = backbone.merge_and_unload()
    index = read_index(path) if indexed and _index_pays(path, len(catalog)) else None
    state = dict(_tensors(path, skip=MADE_FROM if index else ()))
    hidden = backbone.get_input_embeddings().weight.shape[1]
    try:
        mean, scale = state.pop("content_mean"), float(state.pop("content_scale"))
        table: ItemTable | ServedTable
        if index is None:
            table = ItemTable(
                state["table.content"].float(),
                state["table.collaborative"].float(),
                state["table.cluster_of"],
                width=config.width,
                hidden=hidden,
                part_dropout=config.part_dropout,
            )
        else:
            table = ServedTable(index, state["table.cluster_of"], state["table.clusters"].float(), config.width, hidden)
        model = ConvrecModel(
            backbone,
            Symbols(config.text_symbols, tuple(config.facts)),
            table,
            heard_width=config.heard_width,
            kind=config.head,
            gist=config.gist,
        )
        missing, unexpected = model.load_state_dict(
            {k: v.float() if v.is_floating_point() else v for k, v in state.items()}, strict=False
        )
    except (KeyError, RuntimeError) as error:
        raise ModelError(
            f"{path}: items.safetensors does not fit config.json ({error}); copy the model again"
        ) from error
    missing = [name for name in missing if not name.startswith("backbone.")]
    if missing or unexpected or len(table) != len(catalog):
        raise ModelError(
            f"{path}: items.safetensors does not fit this model (missing {missing[:3]}, unknown {unexpected[:3]}, "
            f"{len(table)} rows for {len(catalog)} items); copy the model again"
        )
    if not all(torch.isfinite(p).all() for p in model.parameters()):
        raise ModelError(f"{path}: the weights hold values that are no numbers; copy the model again or train again")
    model.eval()
    phrases = Phrases.saved(path, model.symbols, tokenizer)
    return Saved(model, tokenizer, catalog, config, mean, scale, path, index, phrases)


def _index_pays(path: Path, items: int) -> bool:
    if not (path / INDEX_FILE).is_file():
        return False
    pays = items >= USED_FROM
    log.info(
        "%s: the index is %s: %d items, and it serves from %d on",
        path, "used" if pays else "left alone", items, USED_FROM,
    )  # fmt: skip
    return pays


def trained_on(folder: str | Path) -> Path | None:
    """The dataset folder a saved model was trained on, if it is still there."""
    config = Path(folder) / "config.json"
    if not config.is_file():
        return None
    named = _config(Path(folder)).dataset
    return Path(named) if named and (Path(named) / "items.parquet").is_file() else None


def _own_state(model: ConvrecModel) -> Iterator[tuple[str, torch.Tensor]]:
    for name, tensor in model.state_dict().items():
        if not name.startswith("backbone."):
            yield name, tensor


def _save_half(backbone: Any, folder: Path) -> None:
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # Under peft the base weights stand beside the adapter's; here only the base is written, by its plain names.
    state = {
        name.replace(".base_layer", ""): t.detach().half()
        for name, t in backbone.state_dict().items()
        if ".lora_" not in name
    }
    if backbone.config.tie_word_embeddings:
        state.pop("lm_head.weight", None)
    backbone.save_pretrained(str(folder), state_dict=state, max_shard_size=SHARD)


def _folder(name: str) -> Path:
    path = Path(name)
    if path.is_dir():
        return path
    if path.exists() or name.startswith((".", "/")) or name.count("/") != 1:
        raise ModelError(
            f"no model folder at {name!r}; train one with `convrec train`, or give a hub id such as user/model"
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError(
            f"no model folder at {name!r} and none on the hub by that name ({str(error).splitlines()[0]})"
        ) from error


def _config(path: Path) -> SavedConfig:
    try:
        data = json.loads((path / "config.json").read_text())
        if data.get("format", 0) > FORMAT:
            raise ModelError(f"{path}: written by a newer Convrec (format {data['format']}); update Convrec")
        config = SavedConfig(**{**data, "facts": tuple(data["facts"])})
    except FileNotFoundError:
        raise ModelError(f"{path} holds no config.json: it is not a Convrec model folder") from None
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path / 'config.json'} cannot be read ({error}); copy the model again") from error
    if config.head not in HEADS:
        raise ModelError(f"{path}: unknown head {config.head!r} in config.json, not one of {', '.join(HEADS)}")
    return config


def _tensors(path: Path, skip: Collection[str] = ()) -> Iterator[tuple[str, torch.Tensor]]:
    from safetensors import SafetensorError, safe_open

    files = sorted(path.glob("items*.safetensors"))
    if not files:
        raise ModelError(f"{path} holds no items.safetensors; copy the model again")
    for file in files:
        try:
            with safe_open(file, "pt") as held:
                for name in held.keys():  # noqa: SIM118 (no mapping)
                    if name not in skip:
                        yield name, held.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise ModelError(f"{file} is corrupt or cut short ({error}); copy the model again") from error
