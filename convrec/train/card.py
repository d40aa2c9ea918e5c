"""The model card: what a saved model was trained on and how it validated."""

from __future__ import annotations

from collections.abc import Sequence

from convrec.datasets import Dataset
from convrec.train.recipe import Phase, Recipe

CARD = """\
---
library_name: convrec
tags: [recommender, conversational]
---
# A Convrec model

Answers a conversation with items of one catalogue, each a single token, and with words about them.
Load it with `convrec chat --model FOLDER` or `convrec serve --model FOLDER`.

| | |
|---|---|
| catalogue | {items} items, version `{version}` |
| interactions | {interactions} of {users} users; {turns} narratives and critiques, {dialogues} dialogue messages |
| backbone | {backbone} |
| messages are heard through | {hears} |
| words | {words} |
| item vectors | start from {vectors} |
| head | {head} |
| seed | {seed} |

Trained by `convrec train`, in these phases (each chosen on validation: users' last but one items, full ranking, what
was bought or refused removed; test items and held-out users were never used):

| phase | epochs | LoRA rank | seconds | validation |
|---|---|---|---|---|
{phases}

## Limits

It knows this catalogue and what was bought in it, and nothing else. Its words are checked against the catalogue before
they are shown; run without that check it makes mistakes.
"""


HEARS = {
    "encoder": "the sentence encoder's token vectors",
    "tokens": "the backbone's own tokens",
    "nothing": "nothing: they are left out",
}


def model_card(
    dataset: Dataset,
    recipe: Recipe,
    seed: int,
    backbone: str | None,
    figures: Sequence[tuple[Phase, Sequence[dict[str, float]]]],
) -> str:
    rows = []
    for phase, history in figures:
        best = max(history, key=lambda f: f["score"], default=None)
        shown = "not validated"
        if best is not None:
            shown = ", ".join(f"{k.replace('_', ' ')} {v:.4f}" for k, v in best.items() if k.endswith("_at_10"))
        seconds = f"{history[-1]['seconds']:.0f}" if history else ""
        epochs = f"{history[-1]['epoch']:.0f} of {phase.epochs}" if history else f"{phase.epochs}"
        rows.append(f"| {phase.name} | {epochs} | {phase.lora or 'full'} | {seconds} | {shown} |")
    own = f"own Llama shape, {recipe.layers} layers, width {recipe.hidden}, {recipe.vocabulary} BPE tokens"
    return CARD.format(
        items=len(dataset.catalog),
        version=dataset.catalog.version,
        interactions=len(dataset.interactions),
        users=dataset.interactions["user_id"].n_unique(),
        turns=len(dataset.turns),
        dialogues=len(dataset.dialogues),
        backbone=backbone or own,
        hears=HEARS[recipe.hears],
        words=f"{'after' if recipe.splice_facts else 'without'} the item's facts, "
        f"{'as fact tokens' if recipe.fact_tokens else 'as text'}",
        vectors={"both": "content and histories"}.get(recipe.item_vectors, f"{recipe.item_vectors} vectors alone"),
        head=_head(recipe),
        seed=seed,
        phases="\n".join(rows),
    )


def _head(recipe: Recipe) -> str:
    if recipe.head == "two-level":
        return f"two levels; {recipe.clusters} clusters by {recipe.cluster_by} vectors"
    drawn = f", {recipe.negatives} negatives a batch, {recipe.negatives_by}"
    return f"one softmax over words and items{drawn if recipe.head == 'sampled' else ''}"
