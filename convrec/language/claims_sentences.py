"""Sentences of a marked text, also while it is being written: the chat releases each as soon as it is complete."""

from __future__ import annotations

import re

from convrec.language.claims_lexicon import LEXICON

# A sentence ends after . ! ? or … (and closing quotes or brackets) before white space, or before a new line. "0.7 mm"
# has no white space after its point; what an abbreviation ends with is no end.
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|(?=\n)")
_ABBREVIATIONS = LEXICON.words["abbreviations"]
_LAST_WORD = re.compile(r"([A-Za-z][A-Za-z.]*)\.$")


def complete(buffer: str) -> tuple[list[str], str]:
    """The finished sentences at the start of `buffer`, and the rest that is still being written.

    White space between two sentences leads the second one, so `"".join(finished) + rest == buffer`. A sentence counts
    as finished only once what follows it has begun: "It costs $9." may still become "$9.50".
    """
    finished: list[str] = []
    start = 0
    for match in _END.finditer(buffer):
        sentence = buffer[start : match.end()]
        if not sentence.strip() or _is_abbreviation(sentence):
            continue
        finished.append(sentence)
        start = match.end()
    return finished, buffer[start:]


def sentences(marked: str) -> list[str]:
    """All sentences of a finished marked text; the last one need not end in a full stop."""
    finished, rest = complete(marked)
    return [*finished, rest] if rest.strip() else finished


def _is_abbreviation(sentence: str) -> bool:
    """Whether the last full stop belongs to a word ("approx.", "e.g.", an initial), not to the sentence."""
    word = _LAST_WORD.search(sentence)
    if word is None:
        return False
    last = word[1].lower()
    return last in _ABBREVIATIONS or (len(last) == 1 and last not in ("i", "a") and word[1].isupper())
