"""How narratives read, whatever they claim: overlap with references, variety, repetition, mention of what is owned.

Frames are sentences with their facts taken out: a model that says one thing of everything has few of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from convrec.catalog import Catalog
from convrec.language.claims import sentences
from convrec.language.facts import MARK, Context, shortened

Narrative = tuple[str, int, Context]  # (marked text, row, what it may speak of)


class Encoder(Protocol):
    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


def overlap(written: Sequence[str], references: Sequence[str], encoder: Encoder) -> dict[str, float]:
    """sacreBLEU (0 to 100), ROUGE-L F1 and the cosine of sentence vectors (0 to 1), of rendered texts, pairwise."""
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]
    from sacrebleu.metrics.bleu import BLEU

    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    rouge = [scorer.score(ref, text)["rougeL"].fmeasure for text, ref in zip(written, references, strict=True)]
    cosines = (encoder.vectors(written) * encoder.vectors(references)).sum(1)
    return {
        "bleu": float(BLEU().corpus_score(list(written), [list(references)]).score),
        "rouge_l": float(np.mean(rouge)),
        "similarity": float(cosines.mean()),
    }


def variety(marked: Sequence[str]) -> dict[str, float]:
    """distinct-1 and -2 over the words between the facts; the share of texts in which the commonest frame stands; the
    share of texts that say a sentence or four words in a row twice; words a text."""
    words = [_frame(text).split() for text in marked]
    frames = Counter(frame for text in marked for frame in {_frame(s) for s in sentences(text)})
    twice = sum(_repeats(text) for text in marked)
    return {
        "distinct_1": _distinct(words, 1),
        "distinct_2": _distinct(words, 2),
        "repeated_frame_rate": frames.most_common(1)[0][1] / len(marked) if frames else 0.0,
        "self_repetition": twice / max(len(marked), 1),
        "words": float(np.mean([len(MARK.sub("mark", text).split()) for text in marked])) if marked else 0.0,
    }


def history_mentioned(narratives: Sequence[Narrative], catalog: Catalog) -> float:
    """Of the texts for someone with a history, the share that names something owned, by a fact token or in words."""
    named = [
        any(m.startswith(("owned:", "same:", "fits", "asked_fits")) for m in MARK.findall(text))
        or any(shortened(catalog[owned].title) in text for owned in context.history)
        for text, _, context in narratives
        if context.history
    ]
    return float(np.mean(named)) if named else 0.0


def _frame(text: str) -> str:
    return " ".join(MARK.sub("…", text).lower().split())


def _distinct(words: Sequence[Sequence[str]], n: int) -> float:
    grams = [tuple(text[i : i + n]) for text in words for i in range(len(text) - n + 1)]
    return len(set(grams)) / max(len(grams), 1)


def _repeats(text: str) -> bool:
    said = [" ".join(s.lower().split()) for s in sentences(text)]
    words = text.lower().split()
    grams = [tuple(words[i : i + 4]) for i in range(len(words) - 3)]
    return len(set(said)) < len(said) or len(set(grams)) < len(grams)
