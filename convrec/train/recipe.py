"""What a training run consists of: a YAML file in runs/recipes/, checked when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from convrec.errors import ConfigError
from convrec.items.clusters import ClusterBy, Clustering
from convrec.items.vectors import Starts


class Part(BaseModel):
    """Of one kind of example, how many each epoch: a share of all there are (2.0: each twice)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    histories: float = Field(0.0, ge=0)
    narratives: float = Field(0.0, ge=0)
    conversations: float = Field(0.0, ge=0, description="prompt and item only")
    replies: float = Field(0.0, ge=0, description="prompt, item and words")
    descriptions: float = Field(0.0, ge=0, description="an item's own words, and the item")


class Phase(BaseModel):
    """One stretch of training with its own schedule (linear warm-up, cosine to 2 %)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    epochs: int = Field(gt=0)
    learning_rate: float = Field(gt=0)
    examples: Part
    lora: int = Field(0, ge=0, description="rank; 0 trains the backbone in full")
    table: bool = Field(True, description="false keeps the item table as it is: words can cost the ranking little then")
    text_weight: float = Field(0.25, ge=0, description="weight of a text position beside 1 for an item position")
    asked_weight: float = Field(1.0, gt=0, description="weight of the item that answers a message, beside the same 1")
    select: Literal["histories", "conversations", "none"] = "histories"
    patience: int = Field(6, gt=0, description="validations without a better one before the phase ends")


class Recipe(BaseModel):
    """The backbone's shape (used only where no pretrained backbone is named), the table, and the phases."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    layers: int = Field(5, gt=0)
    hidden: int = Field(256, gt=0)
    heads: int = Field(4, gt=0)
    vocabulary: int = Field(4096, gt=300)
    hears: Literal["encoder", "tokens", "nothing"] = "encoder"
    gist: bool = Field(False, description="a message also goes straight to the ⟨item⟩ mark, as one vector")
    splice_facts: bool = Field(True, description="false: the words open without what may be said of the item")
    fact_tokens: bool = Field(True, description="false: values are written as text")
    width: int = Field(128, gt=0, description="k of the item table")
    item_vectors: Starts = Field("both", description="what rows start from; content: and never learn more than that")
    head: Literal["two-level", "full", "sampled"] = "two-level"
    clusters: Clustering = "kmeans"
    cluster_by: ClusterBy = "collaborative"
    n_clusters: int | None = Field(None, gt=0, description="about as many; None: √n")
    negatives: int = Field(1024, gt=0, description="items drawn for a batch, on average; head: sampled, and across")
    across: float = Field(0.0, ge=0, description="weight of a sampled softmax over all items beside the two levels")
    negatives_by: Literal["uniform", "popularity"] = Field("uniform", description="popularity: (1 + purchases)^0.75")
    dropout: float = Field(0.1, ge=0, lt=1)
    residual_dropout: float = Field(0.1, ge=0, lt=1)
    part_dropout: float = Field(0.25, ge=0, lt=1)
    item_dropout: float = Field(0.0, ge=0, lt=1, description="chance of each item to be left out of a history")
    message_dropout: float = Field(0.25, ge=0, le=1)
    reading_dropout: float = Field(0.15, ge=0, le=1)
    batch_symbols: int = Field(4096, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    average: float = Field(0.998, ge=0, lt=1, description="decay of the moving average of weights that is kept")
    validate_every: int = Field(5, gt=0, description="epochs")
    hold_back: Literal[1, 2] = Field(
        2, description="last items of each history left out: 2 to choose by validation, 1 for a final run as chosen"
    )
    phases: tuple[Phase, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_a_gist_of_what_is_heard(self) -> Recipe:
        if self.gist and self.hears != "encoder":
            raise ValueError("a gist is made of what the encoder hears: gist needs hears: encoder")
        return self

    @model_validator(mode="after")
    def _validates_only_what_is_held_back(self) -> Recipe:
        if self.hold_back == 1 and any(phase.select != "none" for phase in self.phases):
            raise ValueError("with hold_back 1 the validation items are trained on: every phase needs select: none")
        return self


def read_recipe(path: Path) -> Recipe:
    """Raises ConfigError, naming the field, for a file that is no recipe.

    `base: FILE`, beside the file that says so, gives every field that this one does not name.
    """
    try:
        return Recipe.model_validate(_fields(path))
    except FileNotFoundError:
        raise ConfigError(f"no recipe at {path}; see runs/recipes/ for examples") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {where or 'recipe'}: {first['msg']}") from error


def _fields(path: Path) -> object:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict) or "base" not in found:
        return found
    under = path.parent / str(found.pop("base"))
    return read_recipe(under).model_dump() | found
