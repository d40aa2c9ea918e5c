"""A message as words: folded, singular, with where each stood in what the user typed."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_CHARS = 8_000  # what comes later is not read
_PIECES = re.compile(
    r"(?P<url>https?://\S+)"
    r"|(?P<number>\d+(?:[.,]\d+)*)"
    r"|(?P<word>[^\W\d_]+\d+(?![^\W\d_])|[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<mark>[^\w\s]|_)"
)
_ENDS = ".!?;:\n()"
_FOLD = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": ";", "‑": "-", "−": "-"})
_UNITS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = dict(
    zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True)
)


_SHORTENED = frozenset(["max", "min", "approx", "ca", "no", "nr", "incl", "vs"])  # "max. 20" is no end of a sentence
_MEASURED = frozenset(
    [
        "litre",
        "liter",
        "mm",
        "millimetre",
        "millimeter",
        "cm",
        "kilo",
        "kg",
        "metre",
        "meter",
        "dollar",
        "buck",
        "year",
        "l",
    ]
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word, number or mark. `start` and `end` are places in the message; `stem` is the folded singular."""

    text: str
    stem: str
    start: int
    end: int

    @property
    def is_end(self) -> bool:
        return self.text in _ENDS

    @property
    def is_mark(self) -> bool:
        return not self.text[0].isalnum()

    @property
    def is_number(self) -> bool:
        return self.text[0].isdecimal()


class Utterance:
    """`text` as typed (its first 8,000 characters), `words` in order, `line`: the words joined by single spaces.

    Hyphens and slashes between words are left out ("non-refillable" is two words); number words are figures ("twelve"
    is 12, but "one" stays a word: "the second one").
    """

    def __init__(self, text: str) -> None:
        self.text = text[:MAX_CHARS]
        self.words = _words(self.text)
        self.line = " ".join(word.text for word in self.words)
        self._starts: list[int] = []
        place = 0
        for word in self.words:
            self._starts.append(place)
            place += len(word.text) + 1

    def __len__(self) -> int:
        return len(self.words)

    def said(self, first: int, last: int) -> str:
        """What the user typed from word `first` up to, not including, word `last`."""
        return self.text[self.words[first].start : self.words[last - 1].end]

    def corrected(self, corrections: Mapping[int, str]) -> Utterance:
        """The same message with other words at some places; itself where there are none."""
        if not corrections:
            return self
        text = self.text
        for index in sorted(corrections, reverse=True):
            text = text[: self.words[index].start] + corrections[index] + text[self.words[index].end :]
        return Utterance(text)

    def span(self, match: re.Match[str]) -> tuple[int, int]:
        """The words (first, last + 1) that a match in `line` covers."""
        return bisect_right(self._starts, match.start()) - 1, bisect_left(self._starts, match.end())

    def is_capital(self, index: int) -> bool:
        return self.text[self.words[index].start].isupper()


def stems(text: str) -> tuple[str, ...]:
    """The stems of a phrase, as they would stand in a message: "Gel Pens" → ("gel", "pen")."""
    return tuple(word.stem for word in _words(text) if not word.is_mark)


_SIZE = re.compile(r"[a-z]\ds")


def singular(word: str) -> str:
    """A folded word without its plural ending; the same mistake twice does no harm, since both sides make it."""
    if _SIZE.fullmatch(word):
        return word[:-1]  # "A3s"
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is", "'s")):
        return word[:-2] if word.endswith("'s") and len(word) > 3 else word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("shelves", "halves", "scarves")):
        return word[:-3] + "f"
    if word.endswith("knives"):
        return word[:-3] + "fe"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    return word[:-1]


def _words(text: str) -> list[Word]:
    # NFKC may change lengths (①, ﬁ); it is applied word by word, so that places in the text stay true.
    words: list[Word] = []
    for match in _PIECES.finditer(text.translate(_FOLD)):
        piece, start, end = match.group(), match.start(), match.end()
        if match.lastgroup == "mark":
            if piece == "/" or (piece == "-" and not _is_range(text, start)):
                if text[start - 1 : start].isspace() and text[end : end + 1].isspace():
                    words.append(Word(",", ",", start, end))  # a dash
                continue
            if piece != "." or not words or words[-1].text not in _SHORTENED:
                words.append(Word(piece, piece, start, end))
        elif match.lastgroup == "number":
            words.append(Word(_figures(piece), _figures(piece), start, end))
        else:
            folded = unicodedata.normalize("NFKC", piece).casefold()
            folded = "and" if folded == "n" else folded  # "pens n ink"
            words.append(Word(folded, singular(folded), start, end))
        if "\n" in text[end : end + 2] and text[end : end + 2].strip(" \t\r") == "\n":
            words.append(Word("\n", "\n", end, end))
    return _with_figures(words)


def _is_range(text: str, place: int) -> bool:
    """Whether the hyphen stands between two numbers or amounts: "10-20", "$10 - $20"."""
    before, after = text[:place][-3:].rstrip(), text[place + 1 : place + 4].lstrip().lstrip("$")
    return bool(before) and before[-1].isdecimal() and bool(after) and after[0].isdecimal()


def _figures(piece: str) -> str:
    """ "1,299.00" → "1299.00", "0,7" → "0.7"."""
    piece = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in piece)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", piece):
        return piece.replace(",", "")
    return re.match(r"\d+(?:[.,]\d+)?", piece).group().replace(",", ".")  # type: ignore[union-attr]


def _with_figures(words: Sequence[Word]) -> list[Word]:
    """Number words as figures: "twelve", "twenty five", "a hundred", "two hundred"."""
    out: list[Word] = []
    index = 0
    while index < len(words):
        word = words[index]
        following = words[index + 1].text if index + 1 < len(words) else ""
        if word.text == "one" and following in _MEASURED:
            out.append(Word("1", "1", word.start, word.end))
            index += 1
        elif word.text in _TENS or (_UNITS.get(word.text, 0) > 1) or word.text == "hundred":
            last, value = index, _TENS.get(word.text) or _UNITS.get(word.text) or 100
            if word.text in _TENS and 0 < _UNITS.get(following, 0) < 10:
                last, value = index + 1, value + _UNITS[following]
            elif following == "hundred":
                last, value = index + 1, value * 100
            out.append(Word(str(value), str(value), word.start, words[last].end))
            index = last + 1
        else:
            out.append(word)
            index += 1
    return out
