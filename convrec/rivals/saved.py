"""The folder of a trained rival: config.json, backbone/ with its tokenizer, codes.safetensors, catalog/."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from convrec.catalog import Catalog
from convrec.datasets.atomic import new_folder
from convrec.datasets.folder import read_catalog
from convrec.datasets.frames import items_frame
from convrec.errors import CatalogMismatch, ModelError
from convrec.model.backbone import load_backbone
from convrec.rivals.rival import Rival
from convrec.rivals.semantic import Semantic
from convrec.rivals.titles import Titles

FORMAT = 1


def save_rival(folder: Path, rival: Rival, tokenizer: object, catalog: Catalog) -> None:
    """Written whole or not at all. Raises DataError where the folder cannot be written."""
    from safetensors.torch import save_file

    with new_folder(folder, overwrite=True, proof="config.json") as part:
        (part / "catalog").mkdir()
        items_frame(catalog).write_parquet(part / "catalog" / "items.parquet", compression="zstd")
        rival.backbone.save_pretrained(str(part / "backbone"))
        tokenizer.save_pretrained(str(part / "backbone"))  # type: ignore[attr-defined]
        if isinstance(rival, Semantic):
            save_file({"codes": torch.from_numpy(rival.codes)}, part / "codes.safetensors")
        config = {"rival": rival.kind, "catalog_version": catalog.version, "format": FORMAT}
        (part / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def load_rival(folder: Path) -> tuple[Rival, Catalog]:
    """Raises ModelError where the folder holds no rival, CatalogMismatch where its catalogue is another."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = json.loads((folder / "config.json").read_text())
        kind, version = config["rival"], config["catalog_version"]
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise ModelError(f"{folder} holds no rival ({error}); train one with `convrec rivals train`") from error
    catalog = read_catalog(folder / "catalog")
    if catalog.version != version:
        raise CatalogMismatch(f"{folder}: trained over catalogue {version}, but catalog/ is {catalog.version}")
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
