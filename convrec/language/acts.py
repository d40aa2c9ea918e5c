"""What a person does with a message: asks, steers, wants more, a reason, a comparison, or just says hello."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from convrec.conversation import Act
from convrec.language.lexicon import Kind, Mention, english
from convrec.language.utterance import Utterance, stems

_ORDER = ("restart", "profile", "compare", "why", "off_topic", "more", "social")

_COUNT = re.compile(
    r"(?<!\S)(?<!so )(?<!too )(?<!very )"
    r"(?P<number>[2-9]|10|couple of|couple|few|several) (?:\w+ ){0,2}?(?:options?|choices|alternatives|"
    r"suggestions?|ideas|candidates|contenders|such|recommendations|things|items|products|of them|others|ones|"
    r"different|possibilities|picks|more)(?!\S)"
    r"|(?<!\S)(?:show me|give me|gimme|show|suggest|recommend|list|find me|pick|lay out|lay|line up|put|offer me|"
    r"name me|name us|bring me|bring us|fetch me|fetch us|put out|set out|dig out|hand me|"
    r"let me see|may i see|can i see|(?:pick|choose|select) (?:from|between|among)) (?:the |your )?(?:best |"
    r"top )?(?P<asked>[2-9]|10)(?= |$)"
    r"|(?<!\S)(?:top|make it) (?P<top>[2-9]|10)(?!\S)"
    r"|(?<!\S)(?:(?P<some>[2-9]|10|couple of|couple|few|several) )(?=(?:\S+ ){0,4}?(?:to|i|we|so (?:i|we|he|she|they)) "
    r"(?:(?:can|could|may) )?(?:choose|pick|select|decide|compare|weigh)|(?:\w+ ){0,3}for (?:selection|comparison))"
)
_NEXT = [["door"], ["week"], ["month"], ["year"], ["term"], ["time"], ["to"], ["of"]]  # no next one of what is shown
_GONE = ("lose", "loses", "lost", "losing", "broke", "bought", "ordered", "had", "eat", "ate", "threw", "gave")
_FEW = ("2", "3", "4", "5")
_BEFORE = (
    "at",
    "please",
    "and",
    "plus",
    "are",
    "needs",
    "see",
    "forward",
    "me",
    "us",
    "order",
    "about",
)  # … a number of goods that are wanted
_SOME = {"couple of": 2, "couple": 2, "few": 3, "several": 3}
# "My taste runs to blue" asks nothing, "what is my taste?" does.
_ASKS = re.compile(r"(?<!\S)(?:what|which|who|know|remember|list|show|tell)(?!\S)")
# "Why is it so heavy?" asks for a lighter one, "which is why it must be blue" for no reason at all.
_BLAMES = re.compile(
    r"(?<!\S)(?:why(?:'s| is| are| does| do|s)? (?:it|this|that|they|these|those)(?: have to be)? (?:so|this|that|too) "
    r"(?!expensive|pricey|dear|costly|steep|much)|"
    r"(?:which|that|this) is why |that's why |(?:should|let me|to) explain )"
)


@cache
def _phrases() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """First stem → (act, phrase), the longest first."""
    table: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for act in _ORDER:
        for text in english()["acts"][act]:
            phrase = stems(text)
            table.setdefault(phrase[0], []).append((act, phrase))
    for entries in table.values():
        entries.sort(key=lambda entry: -len(entry[1]))
    return table


def act_phrases(utterance: Utterance) -> dict[str, list[tuple[int, int]]]:
    """Where phrases of each kind of act stand: name → [(first word, last + 1)]."""
    keys = [word.stem for word in utterance.words]
    found: dict[str, list[tuple[int, int]]] = {}
    index = 0
    while index < len(keys):
        for act, phrase in _phrases().get(keys[index], ()):
            if phrase == ("next",) and keys[index + 1 : index + 2] in _NEXT:
                continue
            if tuple(keys[index : index + len(phrase)]) == phrase:
                found.setdefault(act, []).append((index, index + len(phrase)))
                index += len(phrase)
                break
        else:
            index += 1
    return found


def settled_act(utterance: Utterance, found: dict[str, list[tuple[int, int]]], meant: set[int]) -> Act | None:
    """The act where its words alone decide it; None where what was asked for does.

    `meant` are the words that stand for something in the catalogue.
    """
    if not any(word.text[0].isalnum() for word in utterance.words):
        return Act.SOCIAL
    if "restart" in found:
        return Act.RESTART
    if "profile" in found and (not meant or _ASKS.search(utterance.line)):
        return Act.PROFILE
    why, compare, more = (found.get(act, [(len(utterance), 0)])[0][0] for act in ("why", "compare", "more"))
    if compare < why and compare < more:  # "why is it better than the others?", "two others to compare it with"
        return Act.COMPARE
    if "why" in found and utterance.line[:8] != "why not " and not (meant and _BLAMES.search(utterance.line)):
        sentence = _sentence(utterance, found["why"][0][0])
        if meant <= sentence:
            return Act.WHY
    # What was asked for before may be for anything: "a folder for my tax", not "a poem about a folder".
    if "off_topic" in found and len(meant) <= 1 and all(i > found["off_topic"][0][0] for i in meant):
        return Act.OFF_TOPIC
    return None


def number_asked(utterance: Utterance) -> tuple[int, int, int] | None:
    """How many options are asked for, after the words (first, last + 1) that say so: "three other ideas"."""
    match = _COUNT.search(utterance.line)
    if match is None:
        return None
    first = utterance.span(match)[0]
    if first and utterance.words[first - 1].text in _GONE:
        return None
    said = match["number"] or match["asked"] or match["top"] or match["some"]
    return *utterance.span(match), _SOME.get(said) or int(said)


def goods_counted(utterance: Utterance, mentions: Sequence[Mention]) -> tuple[int, int, int] | None:
    """How many goods of one kind are asked for, with the place of the number: "look at two pencil cases"."""
    wanting = {m.last for m in mentions if m.cue == "want"}
    for mention in mentions:
        place, word = mention.first - 1, utterance.words[mention.last - 1]
        named = any(sense.facet == "category" for sense in mention.of(Kind.VALUE)) and word.text != word.stem
        if place < 0 or not named or utterance.words[place].text not in _FEW:
            continue
        if utterance.text[utterance.words[place].end : utterance.words[place].end + 1] == "-":
            continue  # "3-ring binders" says what they are like
        if place == 0 or place in wanting or utterance.words[place - 1].text in _BEFORE:
            return place, place + 1, int(utterance.words[place].text)
    return None


def _sentence(utterance: Utterance, at: int) -> set[int]:
    first = max((i + 1 for i in range(at) if utterance.words[i].is_end), default=0)
    last = next((i for i in range(at, len(utterance)) if utterance.words[i].is_end), len(utterance))
    return set(range(first, last))
