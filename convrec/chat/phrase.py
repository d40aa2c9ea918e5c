"""Constraints in words, for templates: "at most $10.00", "not by Aldermark", "binders that are blue"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convrec.catalog import Catalog, format_value
from convrec.conversation import Constraint, Op

_LIMITS = {Op.AT_MOST: "at most ", Op.AT_LEAST: "at least ", Op.LESS: "less than ", Op.MORE: "more than "}


def phrase(constraint: Constraint, catalog: Catalog) -> str:
    """One constraint as a person would put it after "is": "blue", "by Aldermark", "at most 0.7 mm in tip"."""
    facet, op, value = constraint.facet, constraint.op, constraint.value
    negated = "not " if op is Op.NOT else ""
    if facet == "compatible":
        titles = listed((f"the {catalog.item(item_id).title}" for item_id in constraint.values), "or")
        return f"{negated}made to fit {titles}"
    if facet == "category":
        return f"{negated}from the {str(value).lower()}"
    if facet == "brand":
        return f"{negated}by {value}"
    if facet == "title":
        return f"{negated}with “{value}” in the name"
    if facet == "use":
        return f"{negated}for {format_value(facet, value)}"
    name = "price" if facet == "price" else catalog.facets[facet].name
    if isinstance(value, bool):
        return name if value is (op is Op.IS) else f"not {name}"
    shown, limit = format_value(facet, value), _LIMITS.get(op, "")
    if isinstance(value, str) or facet == "price":
        return f"{negated}{limit}{shown}"
    inside = "in " if catalog.facets[facet].unit else ""
    return f"{negated}{limit}{shown} {inside}{name}"


def phrases(constraints: Iterable[Constraint], catalog: Catalog) -> str:
    """Several constraints in one breath, after "is" or "something": "blue, by Aldermark and at most $10.00"."""
    return listed(dict.fromkeys(phrase(c, catalog) for c in constraints))


def wanted(constraints: Sequence[Constraint], catalog: Catalog) -> str:
    """All of a wish, after "no": "binders that are blue and at most $10.00"."""
    nouns = [str(c.value).lower() for c in constraints if c.facet == "category" and c.op is Op.IS]
    others = phrases([c for c in constraints if c.facet != "category" or c.op is Op.NOT], catalog)
    noun = listed(dict.fromkeys(nouns)) or "items"
    verb = "are" if len(set(nouns)) > 1 or noun.endswith("s") else "is"  # "copy paper that is ivory"
    return f"{noun} that {verb} {others}" if others else noun


def listed(words: Iterable[str], last: str = "and") -> str:
    """("a", "b", "c") → "a, b and c"."""
    words = list(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def counted(values: Sequence[str], most: int = 3) -> list[str]:
    """The most frequent values with their counts, ties in order of appearance: "Aldermark (4)"."""
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return [f"{value} ({n})" for value, n in sorted(counts.items(), key=lambda pair: -pair[1])[:most]]
