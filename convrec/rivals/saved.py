"""The folder of a trained rival: config.json, backbone/ with its tokenizer, codes.safetensors, catalog/.

That of a hybrid: config.json, backbone/ with its shape alone, picker.safetensors with all weights, catalog/.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from convrec.catalog import Catalog
from convrec.datasets.atomic import new_folder
from convrec.datasets.folder import read_catalog
from convrec.datasets.frames import items_frame
from convrec.errors import CatalogMismatch, ModelError
from convrec.items.vectors import CONTENT_WIDTH
from convrec.language.encoder import load_encoder
from convrec.model.backbone import load_backbone
from convrec.model.prompt import Renderer
from convrec.rivals.hybrid import Hybrid, Picker
from convrec.rivals.rival import Rival
from convrec.rivals.semantic import Semantic
from convrec.rivals.titles import Titles

FORMAT = 1


def save_rival(folder: Path, rival: Rival, tokenizer: object, catalog: Catalog) -> None:
    """Written whole or not at all. Raises DataError where the folder cannot be written."""
    from safetensors.torch import save_file

    with new_folder(folder, overwrite=True, proof="config.json") as part:
        _save_catalog(part, rival.kind, catalog)
        rival.backbone.save_pretrained(str(part / "backbone"))
        tokenizer.save_pretrained(str(part / "backbone"))  # type: ignore[attr-defined]
        if isinstance(rival, Semantic):
            save_file({"codes": torch.from_numpy(rival.codes)}, part / "codes.safetensors")


def save_hybrid(folder: Path, hybrid: Hybrid, catalog: Catalog) -> None:
    """Written whole or not at all. Raises DataError where the folder cannot be written."""
    from safetensors.torch import save_model

    with new_folder(folder, overwrite=True, proof="config.json") as part:
        _save_catalog(part, "hybrid", catalog)
        hybrid.backbone.config.save_pretrained(str(part / "backbone"))
        save_model(hybrid, str(part / "picker.safetensors"))


def load_rival(folder: Path) -> tuple[Rival, Catalog]:
    """Raises ModelError where the folder holds no rival that beams decode, CatalogMismatch where its catalogue is
    another."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    kind, catalog = _catalog(folder)
    if kind == "hybrid":
        raise ModelError(f"{folder} holds a hybrid, which is not decoded by beams")
    backbone, tokenizer = load_backbone(str(folder / "backbone"))
    if kind == "titles":
        rival: Rival = Titles(backbone, tokenizer, [item.title for item in catalog.items])
    else:
        try:
            codes = load_file(folder / "codes.safetensors")["codes"].numpy()
        except (SafetensorError, OSError, KeyError) as error:
            raise ModelError(f"{folder / 'codes.safetensors'} is missing or corrupt ({error})") from error
        if len(codes) != len(catalog):
            raise ModelError(f"{folder}: {len(codes)} codes for {len(catalog)} items; copy the folder again")
        rival = Semantic(backbone, codes)
    return rival.eval(), catalog


def load_hybrid(folder: Path) -> Picker:
    """Raises ModelError where the folder holds no hybrid, CatalogMismatch where its catalogue is another."""
    from safetensors import SafetensorError
    from safetensors.torch import load_model
    from transformers import AutoConfig, AutoModelForCausalLM

    kind, catalog = _catalog(folder)
    if kind != "hybrid":
        raise ModelError(f"{folder} holds a rival of {kind}; train a hybrid with `convrec rivals train --kind hybrid`")
    try:
        shape = AutoConfig.from_pretrained(str(folder / "backbone"))
        hybrid = Hybrid(AutoModelForCausalLM.from_config(shape), torch.zeros(len(catalog), CONTENT_WIDTH))  # type: ignore[no-untyped-call]
        load_model(hybrid, str(folder / "picker.safetensors"))
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{folder}: the hybrid is corrupt or cut short ({error}); copy the folder again") from error
    return Picker(hybrid.eval(), Renderer(catalog, hybrid.symbols, None, load_encoder(), "encoder"))


def rival_kind(folder: Path) -> str:
    """Raises ModelError where the folder holds no rival."""
    return _config(folder)["rival"]


def _save_catalog(part: Path, kind: str, catalog: Catalog) -> None:
    (part / "catalog").mkdir()
    items_frame(catalog).write_parquet(part / "catalog" / "items.parquet", compression="zstd")
    config = {"rival": kind, "catalog_version": catalog.version, "format": FORMAT}
    (part / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def _config(folder: Path) -> dict[str, str]:
    try:
        config = json.loads((folder / "config.json").read_text())
        return {name: str(config[name]) for name in ("rival", "catalog_version")}
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise ModelError(f"{folder} holds no rival ({error}); train one with `convrec rivals train`") from error


def _catalog(folder: Path) -> tuple[str, Catalog]:
    config = _config(folder)
    catalog = read_catalog(folder / "catalog")
    if catalog.version != config["catalog_version"]:
        raise CatalogMismatch(
            f"{folder}: trained over catalogue {config['catalog_version']}, but catalog/ is {catalog.version}"
        )
    return config["rival"], catalog
