"""Claim counts over narratives whose truth is known."""

import pytest
from small_model import small_catalog

from convrec.evaluate.claims import count_claims
from convrec.language.claims import ClaimChecker
from convrec.language.facts import Context

CHECKER = ClaimChecker(small_catalog())
BLUE = 0  # a blue thing that is refillable and costs $1.00
NOBODY = Context()


def test_counts_of_a_true_and_a_half_true_narrative() -> None:
    counts = count_claims(
        CHECKER,
        [("It costs ⟨price⟩. It is blue.", BLUE, NOBODY), ("It is red. It costs ⟨price⟩.", BLUE, NOBODY)],
    )
    assert counts == {
        "narratives": 2,
        "sentences": 4,
        "claims": 4,
        "fact_claims": 2,
        "text_claims": 2,
        "true_before": 0.75,
        "fact_true_before": 1.0,
        "text_true_before": 0.5,
        "contradicted_before": 0.25,
        "history_true_before": 1.0,
        "true_after": 1.0,
        "dropped_sentences": 0.25,
        "claims_per_narrative": 1.5,
    }


def test_a_sentence_goes_as_a_whole() -> None:
    counts = count_claims(CHECKER, [("It is blue. It costs ⟨price⟩ and is red.", BLUE, NOBODY)])
    assert counts["claims"] == 3
    assert counts["dropped_sentences"] == 0.5
    assert counts["claims_per_narrative"] == 1, "the true price goes with the sentence that holds it"


def test_the_same_words_are_true_of_one_item_and_false_of_another() -> None:
    true, false = (count_claims(CHECKER, [("It is blue.", row, NOBODY)]) for row in (BLUE, BLUE + 1))
    assert (true["true_before"], true["dropped_sentences"]) == (1.0, 0.0)
    assert (false["true_before"], false["dropped_sentences"]) == (0.0, 1.0)


def test_praise_is_unsupported_but_nothing_contradicts_it() -> None:
    praise, lie = (count_claims(CHECKER, [(text, BLUE, NOBODY)]) for text in ("It is the best.", "It is red."))
    assert (praise["true_before"], praise["contradicted_before"]) == (0.0, 0.0)
    assert (lie["true_before"], lie["contradicted_before"]) == (0.0, 1.0)


def test_what_is_said_of_purchases_is_counted_apart() -> None:
    owner = Context((BLUE + 3,))  # another blue thing
    true, false = (
        count_claims(CHECKER, [(text, BLUE, owner)])
        for text in ("It goes with your ⟨owned:1⟩.", "You bought a bicycle.")
    )
    assert true["history_true_before"] == 1.0
    assert false["history_true_before"] == 0.0
    assert count_claims(CHECKER, [("It is red.", BLUE, owner)])["history_true_before"] == 1.0, "a share of nothing"


@pytest.mark.parametrize("text", ["", "It is red."])
def test_saying_nothing_true_scores_no_claims(text: str) -> None:
    counts = count_claims(CHECKER, [(text, BLUE, NOBODY)])
    assert counts["claims_per_narrative"] == 0


def test_of_no_narratives_nothing_is_false_and_nothing_dropped() -> None:
    counts = count_claims(CHECKER, [])
    assert (counts["narratives"], counts["true_before"], counts["dropped_sentences"]) == (0, 1.0, 0.0)
