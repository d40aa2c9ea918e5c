"""An audit of written texts by somebody who knows the catalogue and the purchases, and neither our grammar nor our
claim checker: plain text against plain facts.

In a rendered text every title, brand, category, attribute value, price and number of the catalogue is found where it
stands, and must be so: of the item the text is about, of the thing named beside it in the sentence, or of what was
bought before. The few ways of saying that things are alike, new, or bought in an order are looked for by their words.
What is found is counted too, so that silence is no way to pass. Nothing here is imported from convrec.language.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from convrec.catalog import Item

RUN = 4  # words of a title in a row that name the item
_PRICE = re.compile(r"\$(\d+(?:,\d{3})*(?:\.\d\d)?)")
_NUMBER = re.compile(r"(?<![\w$.,-])\d+(?!\w|[.,-]\d)")
_END = re.compile(r"(?<=[.!?])\s+")
_OWNED = re.compile(
    r"\byour (\x00\d+)|\b(?:own|have|bought|chose|had) the (\x00\d+)(?! in mind)|"
    r"(\x00\d+) (?:that )?you (?:own|have|bought)"
)
_SAME_MAKER = re.compile(r"same (?:maker|brand)|brand is the same|shares its maker")
_SAME_SHELF = re.compile(
    r"\blike\b|\bas with\b|\bas well\b|\bboth\b|\banother (?:one|of)\b|\bsame place\b|\bwhat .* are for|"
    r"\byou know our\b|\bchose from\b|\blooked among\b|\bbought [^,]* before, the\b|have the \x00\d+ from our|"
    r"\b(?:came|picked) [^,]*from\b|\bwhere you found\b|\bstill showing\b|\bshel(?:f|ves)\b|\bcompany\b|\bsame sort\b|"
    r"\bstayed with\b|\bagain, (?:after|as with)\b|\b(?:we're in|me to) [^,]* again\b|\bwent back\b|\bso is\b|"
    r"\byou already have one of\b|\bis one of [^,]*, too\b"
)
_NEW = re.compile(r"do not have (?:this|it)|would be new|something else")
_OTHER_SHELF = re.compile(r"nothing like|another corner|didn't want to show you")
_IDIOM = re.compile(r"\brings? a bell\b")  # names no ring
_LAST = re.compile(
    r"\b(?:latest|newest|newer|recently|lately|last (?:two|three)|(?:were|is|are) last|bought the \x00\d+ last|"
    r"last of all|your last|last time)\b",
    re.IGNORECASE,
)
_IN_ORDER = (  # the title named first was bought before (or after) the second
    (re.compile(r"^before the (\x00\d+) you bought the (\x00\d+)", re.IGNORECASE), (1, 0)),
    (re.compile(r"latest purchase is the (\x00\d+), and before it came the (\x00\d+)"), (1, 0)),
    (re.compile(r"for the (\x00\d+) after the (\x00\d+)"), (1, 0)),
    (re.compile(r"followed the (\x00\d+) with the (\x00\d+)"), (0, 1)),
    (re.compile(r"^to the (\x00\d+) you added the (\x00\d+)", re.IGNORECASE), (0, 1)),
    (re.compile(r"^first the (\x00\d+), then the (\x00\d+)", re.IGNORECASE), (0, 1)),
    (re.compile(r"the (\x00\d+) and, (?:newer|more recently), the (\x00\d+)"), (0, 1)),
    (re.compile(r"(\x00\d+)(?: on your list)?,(?: and)? (?:then|after that) the (\x00\d+)"), (0, 1)),
    (re.compile(r"the (\x00\d+)(?: and|,)(?: and)? before that,? the (\x00\d+)"), (1, 0)),
    (re.compile(r"the (\x00\d+) (?:came before|first and) the (\x00\d+)"), (0, 1)),
)
_PRAISE = re.compile(
    r"\b(?:best|perfect|great|excellent|amazing|cheapest|durable|reliable|high[- ]quality|favou?rite|guaranteed|free)\b"
)
_REFUSALS = [
    "not", "no", "never", "other", "another", "different", "else", "except", "but", "avoid", "without", "drop", "done",
    "enough", "leave", "away", "instead", "rather", "than", "over", "skip", "tired", "broke", "trouble", "disappointed",
    "already", "last", "had", "don't", "doesn't", "isn't", "won't", "can't", "dont", "doesnt", "isnt", "wont", "cant",
]  # fmt: skip
_REFUSED_BEFORE = re.compile(
    r"(?:\bnot|\bno|\bnever|\bexcept|\bavoid|\bwithout|\banything but|n[’']?t (?:want|like|buy))"
    r"(?: (?:a|an|the|from|by))?$",
    re.IGNORECASE,
)


@dataclass
class Found:
    """What an audit made of one text: how many facts it names, and what of them is not so."""

    facts: int = 0
    wrong: list[str] = field(default_factory=list)

    def say(self, holds: bool, complaint: str) -> None:
        self.facts += 1
        if not holds:
            self.wrong.append(complaint)


class Auditor:
    """Knows the items of one catalogue, by row."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self._titles = _Names(
            ((name, row) for row, item in enumerate(items) for name in {item.title, _in_short(item.title)}),
            exactly=True,
        )
        self._names = _Names((name, row) for row, item in enumerate(items) for name in _names(item))

    def leaks(self, text: str, target: int) -> bool:
        """Whether a critique names what is wanted: its id, its title, or RUN words of it in a row that are not all its
        brand's and categories'."""
        item, said = self.items[target], _words(text)
        title = _words(item.title)
        common = {word for name in (item.brand, *item.categories) for word in _words(name)}
        runs = [title[i : i + RUN] for i in range(len(title) - RUN + 1)]
        named = [title, *(run for run in runs if not set(run) <= common), _words(item.item_id)]
        return any(run and run == said[i : i + len(run)] for run in named for i in range(len(said)))

    def critique(self, text: str, target: int, source: int) -> Found:
        """Names in a critique: those of the target may be asked for, those of the source alone refused."""
        found = Found()
        for start, end, rows in self._names.find(text):
            if target in rows or set(_words(text[start:end])) <= self._words_of(target):
                asked = source in rows or not _REFUSED_BEFORE.search(text[:start].rstrip())
                found.say(asked, f"refuses {text[start:end]!r}, which the wanted item is")
            else:
                first = source in rows or set(_words(text[start:end])) <= self._words_of(source)
                refused = first and _refuses(text)
                found.say(refused, f"asks for {text[start:end]!r}, which the wanted item is not")
        return found

    def narrative(self, text: str, subject: int | None, history: Sequence[int]) -> Found:
        """A rendered narrative about the item `subject` (None: about the history alone); rows, oldest first."""
        found = Found()
        titles = self._titles.find(text)
        marked, cut = "", 0
        for number, (start, end, _) in enumerate(titles):
            marked += text[cut:start] + f"\0{number}"
            cut = end
        for sentence in _END.split(marked + text[cut:]):
            named = {f"\0{n}": titles[int(n)][2] for n in re.findall(r"\0(\d+)", sentence)}
            self._sentence(sentence, named, subject, history, found)
        return found

    def _sentence(
        self, said: str, named: dict[str, set[int]], subject: int | None, history: Sequence[int], found: Found
    ) -> None:
        about = {subject} if subject is not None else set()
        owned = {mark: rows & set(history) for mark, rows in named.items() if not rows & about}
        for rows in named.values():
            found.say(bool(rows & (about | set(history))), f"names {self._title(rows)!r}, neither the item nor owned")
        for match in _OWNED.finditer(said):
            mark = next(filter(None, match.groups()))
            found.say(bool(named[mark] & set(history)), f"{self._title(named[mark])!r} is not owned")
        if subject is None:
            self._summary(said, named, history, found)
        else:
            self._about(said, owned, subject, history, found)
        for word in _PRAISE.findall(said):
            found.say(False, f"praises: {word!r}")
        prices = [self.items[row].price for row in (*about, *history)]
        known = [p for p in prices if p is not None]
        for price in _PRICE.findall(said):
            amount = float(price.replace(",", ""))
            differences = (abs(one - other) for one in known for other in known)
            holds = any(abs(amount - price) < 0.005 for price in (*known, *differences))
            found.say(holds, f"${price} is nobody's price")

    def _about(self, said: str, owned: dict[str, set[int]], subject: int, history: Sequence[int], found: Found) -> None:
        """A sentence on the item, things owned beside it: what it names is the item's, and where a maker or a likeness
        is spoken of, theirs too."""
        item = self.items[subject]
        beside = [rows for rows in owned.values() if rows]
        plain = _IDIOM.sub("", _without_marks(said))
        if _SAME_MAKER.search(said):
            holds = bool(item.brand) and all(any(self.items[r].brand == item.brand for r in rows) for rows in beside)
            found.say(holds, "not of one maker")
        likened = bool(_SAME_SHELF.search(said))
        for start, end, rows in self._names.find(plain):
            of_maker = any(self.items[row].brand.casefold() == plain[start:end].casefold() for row in rows)
            holds = subject in rows and (not (likened or of_maker) or all(rows & other for other in beside))
            found.say(holds, f"{plain[start:end]!r} is not so of all it is said of")
        if _NEW.search(said):
            found.say(subject not in history, "said to be new and bought before")
        if match := _OTHER_SHELF.search(said):
            others = set(history) if match[0] == "nothing like" else set().union(*beside)
            found.say(all(self.items[row].leaf != item.leaf for row in others), f"said to be {match[0]} and is of one")
        for number in _NUMBER.findall(plain):
            numbers = {f"{value:g}" for value in item.attributes.values() if isinstance(value, int | float)}
            found.say(number in numbers, f"{number} is no number of the item")

    def _summary(self, said: str, named: dict[str, set[int]], history: Sequence[int], found: Found) -> None:
        """A sentence on what was bought: counts are right, names are of things bought, and the order is theirs."""
        plain = _without_marks(said)
        numbers = _NUMBER.findall(plain)
        counts = []
        for start, end, rows in self._names.find(plain):
            count = sum(row in rows for row in history)
            counts.append(str(count))
            found.say(count > 0, f"{plain[start:end]!r} was never bought")
            if "brand you bought most" in said:
                makers = Counter(self.items[row].brand for row in history if self.items[row].brand)
                found.say(count == max(makers.values(), default=0), f"{plain[start:end]!r} is not the most bought")
        for number in numbers:
            found.say(number in (*counts, str(len(history))), f"{number} is neither a count of these nor of all")
        if counts and numbers:
            found.say(any(count in numbers for count in counts), f"{numbers} and not {counts}")
        if _LAST.search(said) and named:
            within = len(named) if re.search(r"last (?:two|three)|newer", said) is None else 3
            newest = set(history[-max(within, 1) :])
            if not re.search(r"\brecently you chose|\blately\b|newer|more recently", said, re.IGNORECASE):
                first = next(iter(named.values()))
                found.say(bool(first & newest), f"{self._title(first)!r} was not bought last")
            found.say(any(history[-1] in rows for rows in named.values()), "what was bought last is not named")
        for order, (before, after) in _IN_ORDER:
            if match := order.search(said):
                places = [[i for i, row in enumerate(history) if row in named[mark]] for mark in match.groups()]
                holds = any(one < other for one in places[before] for other in places[after])
                found.say(holds, "bought in another order")

    def _words_of(self, row: int) -> set[str]:
        item = self.items[row]
        words = {word for name in (item.title, item.brand, *item.categories) for word in _words(name)}
        return words | {word.removesuffix("s") for word in words}

    def _title(self, rows: Iterable[int]) -> str:
        return self.items[min(rows)].title


class _Names:
    """Names of things: where they stand in a text, the longest first, and the rows that bear them."""

    def __init__(self, named: Iterable[tuple[str, int]], *, exactly: bool = False) -> None:
        self._fold = str if exactly else str.casefold
        self._rows: dict[str, set[int]] = defaultdict(set)
        for name, row in named:
            self._rows[self._fold(name)].add(row)
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self._rows, key=len, reverse=True):
            self._by_start[name[:2]].append(name)

    def find(self, text: str) -> list[tuple[int, int, set[int]]]:
        """(start, end, rows) of every name, none within another."""
        found, at, text = [], 0, self._fold(text)
        while at < len(text):
            starts = at == 0 or not (text[at - 1].isalnum() or text[at - 1] == "-")
            for name in self._by_start.get(text[at : at + 2], ()) if starts else ():
                end = at + len(name)
                if text.startswith(name, at) and not text[end : end + 1].isalnum():
                    found.append((at, end, self._rows[name]))
                    at = end - 1
                    break
            at += 1
        return found


def _in_short(title: str) -> str:
    """What a title says before its details, where that is more than a word."""
    short = re.split(r", | \(| [-–|] ", title)[0]
    return short if " " in short else title


def _names(item: Item) -> Iterator[str]:
    """Its brand, its categories (several or one of them) and the values it has."""
    yield from filter(None, [item.brand])
    for name in item.categories:
        yield from {name, name.removesuffix("s")}
    for value in item.attributes.values():
        for entry in value if isinstance(value, tuple) else (value,):
            if isinstance(entry, str) and len(entry) > 3:
                yield entry


def _refuses(text: str) -> bool:
    """Whether a word that turns something down stands in it, one slip of the keys allowed."""
    words = re.findall(r"[a-z’']+", text.casefold().replace("’", "'"))
    return any(get_close_matches(word, _REFUSALS, 1, 0.8) for word in words)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _without_marks(said: str) -> str:
    return re.sub(r"\0\d+", "\0", said)
