"""What a person does with a message: asks, steers, wants more, a reason, a comparison, or just says hello."""

from __future__ import annotations

from functools import cache

from convrec.conversation import Act
from convrec.language.lexicon import english
from convrec.language.utterance import Utterance, stems

_ORDER = ("restart", "profile", "compare", "why", "off_topic", "more", "social")


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
    if "profile" in found:
        return Act.PROFILE
    if "compare" in found:
        return Act.COMPARE
    if "why" in found and utterance.line[:8] != "why not ":
        sentence = _sentence(utterance, found["why"][0][0])
        if meant <= sentence:
            return Act.WHY
    if "off_topic" in found and len(meant) <= 1:
        return Act.OFF_TOPIC
    return None


def _sentence(utterance: Utterance, at: int) -> set[int]:
    first = max((i + 1 for i in range(at) if utterance.words[i].is_end), default=0)
    last = next((i for i in range(at, len(utterance)) if utterance.words[i].is_end), len(utterance))
    return set(range(first, last))
