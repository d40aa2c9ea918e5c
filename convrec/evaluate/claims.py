"""Truth of narratives in numbers: claims before and after checking, and how much was kept back to get there."""

from __future__ import annotations

import re
from collections.abc import Iterable

from convrec.language.claims import ClaimChecker, sentences
from convrec.language.facts import Context

UNDENIABLE = frozenset({"quality", "gap"})  # kinds of claims that no catalogue speaks of: praise, a missing part
OWNED = re.compile(r"⟨(?:owned:\d|fits)⟩")


def count_claims(checker: ClaimChecker, narratives: Iterable[tuple[str, int, Context]]) -> dict[str, float]:
    """Counts over (marked narrative, row, context) triples, as they were written, before any checking.

    `claims`, `fact_claims` (made by fact tokens) and `text_claims` are counts before checking; `true_before` is the
    share of them that holds, `fact_true_before` and `text_true_before` by who makes them; `contradicted_before` the
    share that is false of a catalogue and a context taken to be complete (what is unsupported less praise and missing
    parts, of which they say nothing); `history_true_before` the share that holds of those about what was bought;
    `true_after` the share over released sentences; `dropped_sentences` the share of sentences not released;
    `claims_per_narrative` counts released claims, so silence is no way to score. A share of nothing is 1.0 (true) or
    0.0 (dropped, contradicted).
    """
    written = total = dropped = released = released_true = 0
    by_fact, true_by_fact = [0, 0], [0, 0]  # free text, fact tokens
    contradicted = 0
    of_history = list[bool]()
    for text, row, context in narratives:
        written += 1
        for sentence in sentences(text):
            claims = checker.check(sentence, row, context)
            total += 1
            for claim in claims:
                by_fact[claim.by_fact] += 1
                true_by_fact[claim.by_fact] += claim.supported
                contradicted += not claim.supported and claim.kind not in UNDENIABLE
                if claim.kind == "history" or OWNED.match(claim.text):
                    of_history.append(claim.supported)
            if all(claim.supported for claim in claims):
                released += len(claims)
                released_true += sum(claim.supported for claim in claims)
            else:
                dropped += 1
    return {
        "narratives": written,
        "sentences": total,
        "claims": sum(by_fact),
        "fact_claims": by_fact[1],
        "text_claims": by_fact[0],
        "true_before": _share(sum(true_by_fact), sum(by_fact)),
        "fact_true_before": _share(true_by_fact[1], by_fact[1]),
        "text_true_before": _share(true_by_fact[0], by_fact[0]),
        "contradicted_before": contradicted / sum(by_fact) if sum(by_fact) else 0.0,
        "history_true_before": _share(sum(of_history), len(of_history)),
        "true_after": _share(released_true, released),
        "dropped_sentences": dropped / total if total else 0.0,
        "claims_per_narrative": released / written if written else 0.0,
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
