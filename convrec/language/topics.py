"""Which facets and values the items talked about have, so that "light" is a roast of coffee and a weight of bags."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from convrec.catalog import FITS, SYSTEM, Catalog
from convrec.language.lexicon import Kind, Mention


class Topics:
    """Counts over one catalogue. `within`: category → how many of its items have each facet ("colour") and each value
    ("colour=blue")."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.within: dict[str, Counter[str]] = defaultdict(Counter)
        for item in catalog.items:
            for category in item.categories:
                self.within[category].update(item.attributes.keys())
                self.within[category].update(f"{key}={value}" for key, value in item.attributes.items())
                self.within[category].update(["brand", "category", "price"])

    def of(self, mentions: Sequence[Mention], base: int | None, shown: bool, meant: str = "") -> Mapping[str, int]:
        """How many of the items talked about have each facet or value: those of the categories asked for, or of the
        one `meant` though it is not named and of the base's and, where that was bought and nothing is `shown` yet,
        first its own and then its neighbours'. A word that is a facet's name too ("ink", "paper") does not say what is
        talked about."""
        found: Counter[str] = Counter()
        aside = False
        for number, mention in enumerate(mentions):
            if mention.cue or (number and mentions[number - 1].last != mention.first):
                aside = mention.cue == "for"
            asked = number == 0 or mentions[number - 1].cue == "want"  # "paper for my printer", not "thicker paper"
            for sense in () if aside or (mention.of(Kind.FACET) and not asked) else mention.of(Kind.VALUE):
                if sense.facet == "category":
                    found.update(self.within[str(sense.value)])
        named = bool(found)
        if not named and meant:
            found.update(self.within[meant])
        if not named and base is not None:
            path, first = self._catalog[base].categories, len(self._catalog)
            for category, weight in zip(path[-2:], (1, first)[-len(path) :] if path else (), strict=True):
                if weight == first or not shown:
                    found.update({key: weight * count for key, count in self.within[category].items()})
        for key in (SYSTEM, FITS):
            found.pop(key, None)
        return found
