"""Words of a marked sentence, and of the catalogue's names, cut and stemmed in one and the same way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from convrec.language.claims_lexicon import LEXICON

TokenKind = Literal["fact", "number", "word", "mark"]
_TOKEN = re.compile(
    r"⟨(?P<fact>[a-z_]+(?::[a-z0-9_]+)?)⟩"
    r"|(?P<number>\$?\d+(?:,\d{3})*(?:\.\d+)?%?)"
    r"|(?P<word>[^\W\d_]\w*(?:['’][^\W\d_]+)?)"
    r"|(?P<mark>\S)"
)
_IRREGULAR = {
    "can't": ("can", "not"), "cannot": ("can", "not"), "won't": ("will", "not"), "shan't": ("shall", "not"),
    "it's": ("it", "is"), "that's": ("that", "is"), "there's": ("there", "is"), "here's": ("here", "is"),
    "what's": ("what", "is"), "let's": ("let", "us"),
}  # fmt: skip
_ENDINGS = {"n't": "not", "'ve": "have", "'re": "are", "'ll": "will", "'d": "would", "'m": "am"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word: `low` in lower case without "'s", `stem` in the singular and in one spelling; the name of a fact token.

    `start` and `end` are offsets in the sentence; a contraction gives two tokens at one place.
    """

    kind: TokenKind
    low: str
    stem: str
    start: int
    end: int
    capital: bool = False


def tokenise(text: str) -> list[Token]:
    """Tokens in order. Hyphens and apostrophes inside a word are no tokens: "non-refillable" is "non", "refillable"."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind, raw = match.lastgroup, match[0]
        start, end = match.span()
        if kind == "fact":
            tokens.append(Token("fact", match["fact"], match["fact"], start, end))
        elif kind == "number":
            tokens.append(Token("number", raw, raw.replace(",", ""), start, end))
        elif kind == "word":
            tokens.extend(
                Token("word", low, stem(low), start, end, raw[:1].isupper())
                for low in _parts(raw.lower().replace("’", "'"))
            )
        elif not (raw == "-" and _joins(text, start)):
            tokens.append(Token("mark", raw, raw, start, end))
    return tokens


def stems(text: str) -> tuple[str, ...]:
    """The stems of a plain text (a title, a value, a description), marks left out."""
    return tuple(token.stem for token in tokenise(text) if token.kind != "mark")


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The singular in British spelling: "colors" → "colour", "boxes" → "box", "batteries" → "battery"."""
    word = LEXICON.spellings.get(word, word)
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        if word.endswith("ies") and len(word) > 4:
            word = word[:-3] + "y"
        elif word.endswith(("sses", "xes", "ches", "shes")):
            word = word[:-2]
        else:
            word = word[:-1]
    return LEXICON.spellings.get(word, word)


def number_of(token: Token) -> float | None:
    """The value of a number token or of a number word ("two"); None for other words."""
    if token.kind == "number":
        return float(token.stem.strip("$%"))
    return LEXICON.number_words.get(token.low) if token.kind == "word" else None


def _parts(word: str) -> tuple[str, ...]:
    if "'" not in word and word != "cannot":
        return (word,)
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, meaning in _ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            return (word.removesuffix(ending), meaning)
    return (word.split("'")[0],)


def _joins(text: str, at: int) -> bool:
    """Whether the hyphen at this offset stands between two characters of one word."""
    return 0 < at < len(text) - 1 and not text[at - 1].isspace() and not text[at + 1].isspace()
